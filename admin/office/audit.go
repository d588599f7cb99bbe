package office

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
)

func (f *office) mountAudit() {
	f.on("GET /office/audit", auth.PermAudit, f.auditPage)
}

type auditList struct {
	items  []auth.AuditEntry
	staff  map[id.ID]string
	keys   map[id.ID]string
	action string
	actor  id.ID
	from   clock.Date
	to     clock.Date
	first  string
	next   string
}

func (f *office) auditPage(w http.ResponseWriter, r *http.Request, p *page) error {
	at, err := pageOf(r, 50)
	if err != nil {
		return err
	}
	ctx, m, q := r.Context(), p.Merchant.ID, r.URL.Query()
	l := auditList{action: q.Get("action"), from: dateIn(q.Get("from")), to: dateIn(q.Get("to"))}
	if s := q.Get("actor"); s != "" {
		if l.actor, err = id.Parse(s); err != nil {
			return err
		}
	}
	filter := auth.AuditFilter{Action: l.action, Actor: l.actor, From: midnight(p, l.from)}
	if l.to != "" {
		filter.Until = midnight(p, l.to.AddDays(1))
	}
	var next string
	if l.items, next, err = auth.ListAudit(ctx, f.db, m, filter, at); err != nil {
		return err
	}
	l.first, l.next = pager(r, next)
	if l.staff, err = f.staffNames(ctx, m); err != nil {
		return err
	}
	keys, err := auth.ListKeys(ctx, f.db, m)
	if err != nil {
		return err
	}
	l.keys = map[id.ID]string{}
	for _, k := range keys {
		l.keys[k.ID] = k.Name
	}
	return f.show(w, r, auditView(p, &l))
}

// midnight is the beginning of a calendar date in the shop's time.
func midnight(p *page, d clock.Date) clock.Instant {
	t := d.Time()
	if t.IsZero() {
		return 0
	}
	loc := p.Zone
	if loc == nil {
		loc = time.UTC
	}
	return clock.Of(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, loc))
}

func (l *auditList) who(p *page, e auth.AuditEntry) string {
	switch e.ActorKind {
	case auth.KindStaff:
		return dash(l.staff[e.ActorID])
	case auth.KindAPIKey:
		return p.T("office.audit.key", "name", dash(l.keys[e.ActorID]))
	}
	return p.T("office.audit.program")
}

// auditGroups are the kinds of actions to filter by.
var auditGroups = []string{"api_key", "category", "coupon", "device", "edition", "gift", "member", "pack", "pack_key", "receipt", "sale", "session", "settings", "shift", "sku", "staff", "stock", "tier"}

func (l *auditList) groupOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.audit.all")}}
	for _, g := range auditGroups {
		out = append(out, ui.Option{Value: g + ".", Text: p.T("office.audit_group." + g)})
	}
	return out
}

func (l *auditList) actorOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.audit.everybody")}}
	byName := map[string]string{}
	for u, n := range l.staff {
		byName[n+"\x00"+u.String()] = u.String()
	}
	for _, n := range sortedKeys(byName) {
		name, _, _ := strings.Cut(n, "\x00")
		out = append(out, ui.Option{Value: byName[n], Text: name})
	}
	return out
}

// subjects leads to what an entry is about, where it has a page.
var subjects = map[string]string{"staff": "/office/staff/", "member": "/office/members/", "sale": "/office/sales/", "sku": "/office/catalog/", "pack": "/office/packs/", "shift": "/office/shifts/", "device": "/office/devices/"}

func subject(p *page, e auth.AuditEntry) templ.Component {
	text := e.SubjectKind
	if key := "office.subject." + e.SubjectKind; p.Words.Has(key) {
		text = p.T(key)
	}
	if to, ok := subjects[e.SubjectKind]; ok && e.SubjectID != "" {
		return ui.Link(text, to+e.SubjectID)
	}
	return ui.Text(text)
}

// detail is the entry's figures in one line.
func detail(raw json.RawMessage) string {
	s := string(raw)
	if s == "{}" || s == "null" {
		return ""
	}
	return s
}

func (l *auditList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.audit.title"), HideCaption: true, Dense: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.audit.who")}, {Title: p.T("office.audit.action"), Key: true}, {Title: p.T("office.audit.subject")}, {Title: p.T("office.audit.detail")}, {Title: p.T("office.audit.hash")}},
		Empty:   ui.EmptyState{Icon: "audit", Title: p.T("office.audit.none")}}
	for _, e := range l.items {
		t.Rows = append(t.Rows, ui.Row(stamp(p, e.At), l.who(p, e), code(e.Action), subject(p, e), code(detail(e.Detail)), code(e.Hash[:min(len(e.Hash), 10)])))
	}
	return t
}
