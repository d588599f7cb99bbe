package office

import (
	"context"
	"net/http"
	"time"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/pack"
)

// packBack takes up an earlier state again: version, configuration, priority, on or
// off, from the next quote on.
func (f *office) packBack(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.findPack(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	want, err := in.id("record")
	if err != nil {
		return err
	}
	h, err := pack.GetRecord(r.Context(), f.db, p.Merchant.ID, want)
	if err == nil && (h.PackID != d.bundle.ID || h.Shop != p.Shop.ID) {
		err = pack.ErrNoRecord
	}
	if err != nil {
		return err
	}
	change, err := p.Packs.Back(h)
	if err != nil {
		return err
	}
	change.Actor, change.Reason = p.Actor.ID, p.T("office.packs.back_reason", "at", p.DateTime(h.At))
	err = f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		if err := pack.Set(ctx, tx, change); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, pack.AuditBack(p.Merchant.ID, h, change.Reason))
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/packs/"+h.PackID, "office.packs.went_back", "at", p.DateTime(h.At))
}

// who is the person behind a record of the history.
func (d *packDetail) who(p *page, h pack.Record) string {
	if h.Actor.IsNone() {
		return p.T("office.packs.program")
	}
	return dash(d.staff[h.Actor])
}

// because is the reason of a record: a person's words, or the program's notice.
func because(p *page, h pack.Record) string {
	if h.Actor.IsNone() && h.Reason != "" && !h.Enabled {
		return noticeText(p, h.Reason, 0)
	}
	return h.Reason
}

// shownChanges is how many differing settings of a record are listed.
const shownChanges = 6

// changes says what differs from the state before, one line each.
func (d *packDetail) changes(p *page, h pack.Record) []string {
	before, ok := d.before[h.ID]
	if !ok {
		return nil
	}
	var out []string
	all := pack.DiffConfigs(before.Config, h.Config)
	for i, c := range all {
		if i == shownChanges {
			out = append(out, p.T("office.packs.more_changes", "n", len(all)-i))
			break
		}
		out = append(out, p.T("office.packs.was", "pointer", c.Pointer, "before", shortJSON(c.Before), "after", shortJSON(c.After)))
	}
	if before.Priority != h.Priority {
		out = append(out, p.T("office.packs.was", "pointer", p.T("office.packs.priority"), "before", p.Int(int64(before.Priority)), "after", p.Int(int64(h.Priority))))
	}
	return out
}

// shortJSON is a value in a line; nothing is a dash.
func shortJSON(b []byte) string {
	const most = 80
	switch r := []rune(string(b)); {
	case len(r) == 0:
		return "–"
	case len(r) > most:
		return string(r[:most]) + "…"
	}
	return string(b)
}

func historyTone(on bool) string {
	if on {
		return "ok"
	}
	return ""
}

// costTable is what each hook of this version has cost.
func (d *packDetail) costTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.packs.cost"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.packs.cost_hook")}, {Title: p.T("office.packs.cost_calls"), Numeric: true}, {Title: p.T("office.packs.cost_failed"), Numeric: true},
			{Title: p.T("office.packs.cost_fuel"), Numeric: true}, {Title: p.T("office.packs.cost_typical"), Numeric: true, Key: true}, {Title: p.T("office.packs.cost_slow"), Numeric: true}}}
	for _, c := range d.costs {
		fuel := int64(0)
		if c.Calls > 0 {
			fuel = c.Fuel / c.Calls
		}
		t.Rows = append(t.Rows, ui.Row(p.T("office.hook."+c.Hook), p.Int(c.Calls), p.Int(c.Failed()), p.Int(fuel), microsOf(p, c.P50), microsOf(p, c.P99)))
	}
	return t
}

// microsOf is a duration of a call.
func microsOf(p *page, d time.Duration) string {
	return p.Int(int64((d+500*time.Nanosecond)/time.Microsecond)) + " µs"
}
