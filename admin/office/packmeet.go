package office

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/report"
)

// packMeet is the page of how a pack meets the others of the shop, before it is
// switched on or changed.
type packMeet struct {
	*packDetail
	m        *report.PackMeeting
	version  string
	priority string
	on       bool       // it is about to be switched on
	typed    url.Values // a whole form that is about to be saved; nil: none
}

func (f *office) packMeetPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.findPack(r, p)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	asked := pack.Asked{Version: q.Get("version")}
	if asked.Version == "" && !d.known {
		asked.Version = d.bundle.Version
	}
	if n, err := strconv.ParseInt(q.Get("priority"), 10, 32); err == nil {
		asked.Priority = new(int32(n))
	}
	v := &packMeet{packDetail: d, on: !d.act.Enabled}
	if v.m, err = f.o.Meetings.Look(r.Context(), p.Merchant.ID, p.Shop.ID, d.bundle.ID, asked); err != nil {
		return err
	}
	v.version, v.priority = v.m.Subject.Bundle.Version, strconv.Itoa(int(v.m.Subject.Priority))
	return f.show(w, r, packMeetView(p, v))
}

// packCheck shows how the typed settings would meet the others; nothing is stored.
func (f *office) packCheck(w http.ResponseWriter, r *http.Request, p *page) error {
	d, _, change, shown, err := f.typedPack(r, p)
	if err != nil {
		return err
	}
	if shown {
		if d.err == nil {
			return f.show(w, r, packView(p, d))
		}
		return f.again(w, r, d.err, packView(p, d))
	}
	v := &packMeet{packDetail: d, typed: r.PostForm, version: change.Version, priority: strconv.Itoa(int(change.Priority))}
	v.m, err = f.o.Meetings.Look(r.Context(), p.Merchant.ID, p.Shop.ID, d.bundle.ID, pack.Asked{Version: change.Version, Config: change.Config, Priority: &change.Priority})
	if err != nil {
		return err
	}
	return f.show(w, r, packMeetView(p, v))
}

// hidden are the typed fields, in order, to be sent again.
func (v *packMeet) hidden() [][2]string {
	var out [][2]string
	for _, k := range sortedKeys(v.typed) {
		for _, x := range v.typed[k] {
			out = append(out, [2]string{k, x})
		}
	}
	return out
}

func severityTone(s pack.Severity) ui.Tone {
	switch s {
	case pack.SeverityError:
		return ui.Bad
	case pack.SeverityWarn:
		return ui.Warn
	}
	return ui.Info
}

func relationTone(r pack.Relation) ui.Tone {
	switch r {
	case pack.Stacks:
		return ui.Ok
	case pack.NeverBoth:
		return ui.Bad
	}
	return ui.Warn
}

// blocked reports whether an error keeps the pack from working.
func (v *packMeet) blocked() bool {
	for _, f := range v.m.Findings {
		if f.Severity == pack.SeverityError {
			return true
		}
	}
	return false
}

// categoryName is a category for people.
func categoryName(p *page, c string) string {
	if c == "" {
		return p.T("office.packs.no_category")
	}
	return c
}

// nameOf is a pack's name, the one that is looked at or another that is on.
func (v *packMeet) nameOf(p *page, packID string) string {
	if packID == v.m.Subject.Bundle.ID {
		return v.m.Subject.Bundle.Name(p.Words)
	}
	for _, o := range v.m.Others {
		if o.Bundle.ID == packID {
			return o.Bundle.Name(p.Words)
		}
	}
	return packID
}

// groupsBy are the groups of one other pack: the columns of its matrix.
func (v *packMeet) groupsBy(packID string) []pack.Group {
	var out []pack.Group
	for _, g := range v.m.Matrix.Others {
		if g.Pack == packID {
			out = append(out, g)
		}
	}
	return out
}

// matrix is the table of one other pack: the pack's groups by the other's.
func (v *packMeet) matrix(p *page, other pack.Placed) ui.TableProps {
	t := ui.TableProps{Caption: other.Bundle.Name(p.Words), HideCaption: true, Dense: true, Columns: []ui.Column{{Title: v.m.Subject.Bundle.Name(p.Words)}}}
	columns := v.groupsBy(other.Bundle.ID)
	for _, g := range columns {
		t.Columns = append(t.Columns, ui.Column{Title: groupName(p, g)})
	}
	for _, a := range v.m.Matrix.Groups {
		cells := []any{groupName(p, a)}
		for _, b := range columns {
			m, _ := v.m.Matrix.At(a, b)
			cells = append(cells, packMeetCell(p, v, m))
		}
		t.Rows = append(t.Rows, ui.Row(cells...))
	}
	return t
}

func groupName(p *page, g pack.Group) string {
	return categoryName(p, g.Category) + " · " + p.T("office.packs.phase_"+string(g.Phase))
}

// hooksWith are the hooks that both serve and whose answers are not added up.
func (v *packMeet) hooksWith(p *page, other string) []ui.Pair {
	var out []ui.Pair
	for _, h := range v.m.Matrix.Hooks {
		if h.Other == other {
			out = append(out, ui.Pair{Key: p.T("office.hook." + h.Hook), Value: ui.Text(p.T("office.packs.rule_" + h.Rule))})
		}
	}
	return out
}

// order says who goes first and why.
func (v *packMeet) order(p *page, m pack.Meeting) string {
	if m.First == "" {
		return p.T("office.packs.first_varies")
	}
	return p.T("office.packs.first", "name", v.nameOf(p, m.First)) + ": " + p.T("office.packs.why_"+m.Why)
}
