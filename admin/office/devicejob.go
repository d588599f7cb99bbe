package office

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/kitchen"
	"github.com/shopwright/shopwright/core/label"
	"github.com/shopwright/shopwright/core/sale"
)

type jobList struct {
	items   []device.JobRecord
	numbers map[id.ID]string // of the sales
	titles  map[id.ID]string // of what else is printed
	devices map[id.ID]string
	first   string
	next    string
}

func (f *office) readJobs(r *http.Request, p *page, filter device.JobFilter) (jobList, error) {
	l := jobList{devices: map[id.ID]string{}, numbers: map[id.ID]string{}, titles: map[id.ID]string{}}
	at, err := pageOf(r, 20)
	if err != nil {
		return l, err
	}
	ctx, m := r.Context(), p.Merchant.ID
	var next string
	if l.items, next, err = device.ListJobs(ctx, f.db, m, filter, at); err != nil {
		return l, err
	}
	l.first, l.next = pager(r, next)
	all, err := device.List(ctx, f.db, m, id.None)
	if err != nil {
		return l, err
	}
	for _, d := range all {
		l.devices[d.ID] = d.Name
	}
	heads := make([]sale.Sale, len(l.items))
	asks := make([]db.Ask, len(l.items))
	for i, j := range l.items {
		asks[i] = sale.AskWhole(m, j.Sale, &heads[i])[0]
	}
	if len(asks) > 0 {
		err = f.db.Batch(ctx, asks...)
	}
	for i := range heads {
		l.numbers[l.items[i].Sale] = heads[i].ReceiptNumber()
	}
	if err != nil {
		return l, err
	}
	return l, f.readTitles(ctx, p, &l)
}

// readTitles reads what tickets and labels are called by.
func (f *office) readTitles(ctx context.Context, p *page, l *jobList) error {
	refs := map[string][]id.ID{}
	for _, j := range l.items {
		refs[j.Kind] = append(refs[j.Kind], j.Ref)
	}
	var asks []db.Ask
	if ids := refs[device.KindKitchen]; len(ids) > 0 {
		asks = append(asks, kitchen.AskTitles(p.Merchant.ID, ids, l.titles))
	}
	var lines []label.Line
	if ids := refs[device.KindLabel]; len(ids) > 0 {
		asks = append(asks, label.AskLines(p.Merchant.ID, ids, &lines))
	}
	if len(asks) == 0 {
		return nil
	}
	if err := f.db.Batch(ctx, asks...); err != nil {
		return err
	}
	of := make([]id.ID, len(lines))
	for i := range lines {
		of[i] = lines[i].SKU
	}
	skus, err := f.skus(ctx, p.Merchant.ID, of)
	for i := range lines {
		l.titles[lines[i].ID] = itoa(int64(lines[i].Copies)) + " × " + dash(skus[lines[i].SKU].Name)
	}
	return err
}

// what a job prints.
func (l *jobList) what(p *page, j device.JobRecord) templ.Component {
	switch j.Kind {
	case device.KindKitchen:
		return ui.Text(p.T("office.devices.job.kitchen", "title", dash(l.titles[j.Ref])))
	case device.KindLabel:
		return ui.Text(p.T("office.devices.job.label", "title", dash(l.titles[j.Ref])))
	case device.KindShift:
		return ui.Text(p.T("office.devices.job.shift"))
	}
	return saleLink(l.numbers[j.Sale], j.Sale)
}

func jobTone(s device.State) ui.Tone {
	switch s {
	case device.Confirmed, device.Sent:
		return ui.Ok
	case device.Failed: // tried again by itself
		return ui.Warn
	case device.Uncertain:
		return ui.Bad
	case device.Sending, device.Claimed:
		return ui.Info
	}
	return ui.Neutral
}

// jobReason is why a job stands where it stands; "" needs no reason.
func jobReason(p *page, reason string) string {
	if reason == "" {
		return ""
	}
	key, detail := device.SplitReason(reason)
	if p.Words.Has(key) {
		key = p.T(key)
	}
	if detail != "" {
		return key + " (" + detail + ")"
	}
	return key
}

// table lists the jobs; those of many devices name each one's, and where none was
// printed again nothing is said of copies.
func (l *jobList) table(p *page, many bool) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.devices.jobs"), HideCaption: true, Dense: true, First: l.first, Next: l.next,
		Empty: ui.EmptyState{Icon: "print", Title: p.T("office.devices.no_jobs"), Text: p.T("office.devices.no_jobs_text")}}
	copies := slices.ContainsFunc(l.items, func(j device.JobRecord) bool { return j.Attempt > 1 })
	add := func(shown bool, c ui.Column) {
		if shown {
			t.Columns = append(t.Columns, c)
		}
	}
	add(true, ui.Column{Title: p.T("office.devices.printed")})
	add(many, ui.Column{Title: p.T("office.devices.device")})
	add(true, ui.Column{Title: p.T("office.col.state"), Key: true})
	add(copies, ui.Column{Title: p.T("office.devices.copy"), Numeric: true})
	add(true, ui.Column{Title: p.T("office.col.date")})
	add(true, ui.Column{Title: p.T("office.col.action"), End: true})
	for _, j := range l.items {
		cells := []any{l.what(p, j)}
		if many {
			cells = append(cells, dash(l.devices[j.Device]))
		}
		cells = append(cells, two(ui.Status(jobTone(j.State), p.T("device.job_state."+string(j.State))), jobReason(p, j.Reason)))
		if copies {
			cells = append(cells, count(p, max(j.Attempt, 1)))
		}
		t.Rows = append(t.Rows, ui.Row(append(cells, stamp2(p, j.UpdatedAt), jobActions(p, j))...))
	}
	return t
}

func (f *office) jobReprint(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.jobDo(w, r, p, "receipt.reprinted", "office.devices.reprinted", device.Reprint)
}

func (f *office) jobConfirm(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.jobDo(w, r, p, "receipt.confirmed", "office.devices.confirmed", device.ConfirmPrinted)
}

func (f *office) jobDo(w http.ResponseWriter, r *http.Request, p *page, action, key string, do func(context.Context, *db.Tx, id.ID, id.ID) error) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), action, "print_job", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		return u.String(), do(ctx, tx, p.Merchant.ID, u)
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/devices", key)
}
