package office

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

func (f *office) mountBacktests() {
	if f.o.Backtests == nil {
		return
	}
	f.on("GET /office/packs/{pack}/backtest", auth.PermPacks, f.trialPage)
	f.on("POST /office/packs/{pack}/backtest", auth.PermPacks, f.trialDo)
	f.on("GET /office/packs/{pack}/backtest/{id}", auth.PermReports, f.backtestPage)
	f.on("POST /office/packs/{pack}/backtest/{id}/cancel", auth.PermPacks, f.backtestCancel)
	f.mountShadows()
	f.mountReplays()
}

// trial is the page that tries a pack on past sales: the form, what came of it at
// once, and what was tried before.
type trial struct {
	*packDetail
	in      form
	report  *backtestReport
	runs    []backtest.Run
	shadows []backtest.Shadow
	today   clock.Date
}

// What the buttons of the form do.
const (
	trialQuick  = "quick"
	trialStart  = "start"
	trialShadow = "shadow"
)

// readTrial fills in what is beside the form.
func (f *office) readTrial(ctx context.Context, p *page, d *packDetail) (*trial, error) {
	v := &trial{packDetail: d, today: f.today(p)}
	v.in = values("bt.from", string(v.today.AddDays(-29)), "bt.to", string(v.today), "bt.against", backtest.Off, "bt.shops", idText(p.Shop.ID))
	var err error
	if v.runs, _, err = backtest.List(ctx, f.db, p.Merchant.ID, d.bundle.ID, db.Page{Limit: 10}); err != nil {
		return nil, err
	}
	v.shadows, _, err = backtest.ListShadows(ctx, f.db, p.Merchant.ID, id.None, d.bundle.ID, db.Page{Limit: 10})
	return v, err
}

func (f *office) trialPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readPack(r, p)
	if err != nil {
		return err
	}
	v, err := f.readTrial(r.Context(), p, d)
	if err != nil {
		return err
	}
	return f.show(w, r, trialView(p, v))
}

// trialDo looks at the last days at once, starts a run, or puts the pack beside
// the live ones.
func (f *office) trialDo(w http.ResponseWriter, r *http.Request, p *page) error {
	d, in, change, shown, err := f.typedPack(r, p)
	if err != nil {
		return err
	}
	v, err := f.readTrial(r.Context(), p, d)
	if err != nil {
		return err
	}
	v.in = in
	if shown {
		if d.err != nil {
			return f.again(w, r, d.err, trialView(p, v))
		}
		return f.show(w, r, trialView(p, v))
	}
	set := backtest.Variant{Mode: backtest.Set, Version: change.Version, Config: change.Config, Priority: change.Priority}
	switch in.get("do") {
	case trialShadow:
		err = f.shadowStart(r.Context(), p, d.bundle, set)
	case trialStart:
		var run backtest.Run
		if run, err = f.backtestStart(r.Context(), p, v, set); err == nil {
			return done(w, r, p, trialPath(run.Pack, run.ID), "office.backtest.started")
		}
	default:
		err = f.backtestQuick(r.Context(), p, v, set)
		if err == nil {
			return f.show(w, r, trialView(p, v))
		}
	}
	if err == nil {
		return done(w, r, p, "/office/packs/"+d.bundle.ID+"/backtest", "office.shadow.started", "shop", p.Shop.Name)
	}
	if fault.Of(err).Kind == fault.Internal {
		return err
	}
	d.err = err
	return f.again(w, r, err, trialView(p, v))
}

// spec is what the form asks for.
func (v *trial) spec(set backtest.Variant) backtest.Spec {
	spec := backtest.Spec{Pack: v.bundle.ID, From: dateIn(v.in.get("bt.from")), To: dateIn(v.in.get("bt.to")), A: backtest.Variant{Mode: v.in.get("bt.against")}, B: set}
	if shop, err := v.in.id("bt.shops"); err == nil && !shop.IsNone() {
		spec.Shops = []id.ID{shop}
	}
	return spec
}

func (f *office) backtestStart(ctx context.Context, p *page, v *trial, set backtest.Variant) (run backtest.Run, err error) {
	spec := v.spec(set)
	if err := f.o.Backtests.Check(ctx, p.Merchant.ID, &spec); err != nil {
		return run, err
	}
	err = f.audited(ctx, "backtest.started", "backtest", map[string]any{"pack": spec.Pack, "from": spec.From, "to": spec.To}, func(ctx context.Context, tx *db.Tx) (string, error) {
		run, err = backtest.Create(ctx, tx, p.Merchant.ID, spec, p.Actor.ID)
		return run.ID.String(), err
	})
	return run, err
}

func (f *office) backtestQuick(ctx context.Context, p *page, v *trial, set backtest.Variant) error {
	spec := v.spec(set)
	spec.From, spec.To = v.today.AddDays(1-backtest.QuickDays), v.today
	if err := f.o.Backtests.Check(ctx, p.Merchant.ID, &spec); err != nil {
		return err
	}
	r, err := f.o.Backtests.Quick(ctx, p.Merchant.ID, spec)
	if err != nil {
		return err
	}
	v.report, err = f.backtestNames(ctx, p, r)
	return err
}

// backtestNames adds the names that a report does not store.
func (f *office) backtestNames(ctx context.Context, p *page, r *backtest.Report) (*backtestReport, error) {
	v := &backtestReport{Report: r}
	var ids []id.ID
	for _, m := range r.Members {
		ids = append(ids, m.Member)
	}
	for _, d := range r.Largest {
		if !d.Member.IsNone() && !slices.Contains(ids, d.Member) {
			ids = append(ids, d.Member)
		}
	}
	var err error
	if v.members, err = member.Names(ctx, f.db, p.Merchant.ID, ids); err != nil {
		return nil, err
	}
	if v.tiers, err = f.tierNames(ctx, p.Merchant.ID); err != nil {
		return nil, err
	}
	v.staff, err = f.staffNames(ctx, p.Merchant.ID)
	return v, err
}

// backtestDetail is one run.
type backtestDetail struct {
	run    backtest.Run
	name   string // the pack's
	report *backtestReport
	staff  map[id.ID]string
}

func trialPath(packID string, run id.ID) string {
	return "/office/packs/" + packID + "/backtest/" + run.String()
}

func (v *backtestDetail) path() string { return trialPath(v.run.Pack, v.run.ID) }

func (f *office) backtestPage(w http.ResponseWriter, r *http.Request, p *page) error {
	run, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return backtest.ErrNotFound
	}
	ctx := r.Context()
	v := &backtestDetail{}
	if v.run, err = backtest.Get(ctx, f.db, p.Merchant.ID, run); err != nil {
		return err
	}
	if v.run.Pack != r.PathValue("pack") {
		return backtest.ErrNotFound
	}
	v.name = f.packName(p, v.run.Pack, v.run.Spec.B.Version)
	if v.staff, err = f.staffNames(ctx, p.Merchant.ID); err != nil {
		return err
	}
	if v.run.State == backtest.Done {
		report, err := backtest.ReportOf(ctx, f.db, p.Merchant.ID, run)
		if err != nil {
			return err
		}
		if v.report, err = f.backtestNames(ctx, p, report); err != nil {
			return err
		}
	}
	return f.show(w, r, backtestView(p, v))
}

func (f *office) backtestCancel(w http.ResponseWriter, r *http.Request, p *page) error {
	run, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return backtest.ErrNotFound
	}
	err = f.audited(r.Context(), "backtest.cancelled", "backtest", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		return run.String(), backtest.Cancel(ctx, tx, p.Merchant.ID, run)
	})
	if err != nil && !fault.ReasonIs(err, backtest.ErrEnded.Reason) {
		return err
	}
	return done(w, r, p, trialPath(r.PathValue("pack"), run), "office.backtest.cancelled")
}

// trialTabs are the tabs that this file adds to a pack's pages.
func (f *office) trialTabs(p *page, base string) []ui.Tab {
	if f.o.Backtests == nil {
		return nil
	}
	return []ui.Tab{{Title: p.T("office.backtest.title"), Href: base + "/backtest"}}
}

// sideText says in words how a side has the pack.
func sideText(p *page, v backtest.Variant) string {
	switch v.Mode {
	case backtest.Off:
		return p.T("office.backtest.side_off")
	case backtest.AsWas:
		return p.T("office.backtest.side_as_was")
	}
	return p.T("office.backtest.side_set", "version", v.Version, "priority", p.Int(int64(v.Priority)))
}

func (v *trial) againstOptions(p *page) []ui.Option {
	return []ui.Option{{Value: backtest.Off, Text: p.T("office.backtest.side_off")}, {Value: backtest.AsWas, Text: p.T("office.backtest.side_as_was")}}
}

func trialShops(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.backtest.all_shops")}}
	for _, s := range p.Shops {
		out = append(out, ui.Option{Value: s.ID.String(), Text: s.Name})
	}
	return out
}

var runTones = map[string]ui.Tone{backtest.Queued: ui.Info, backtest.Running: ui.Info, backtest.Done: ui.Ok, backtest.Failed: ui.Bad, backtest.Cancelled: ui.Neutral}

func runState(p *page, state string) templ.Component {
	return ui.Badge(runTones[state], p.T("office.backtest.state_"+state))
}

// runTable lists earlier runs.
func (v *trial) runTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.backtest.runs"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.backtest.period")}, {Title: p.T("office.backtest.tried")}, {Title: p.T("office.backtest.sales"), Numeric: true}, {Title: p.T("office.col.state"), Key: true}},
		Empty:   ui.EmptyState{Icon: "report", Title: p.T("office.backtest.no_runs"), Text: p.T("office.backtest.no_runs_text")}}
	for i := range v.runs {
		r := &v.runs[i]
		t.Rows = append(t.Rows, ui.Row(ui.Link(p.DateTime(r.CreatedAt), trialPath(r.Pack, r.ID)), periodText(p, r.Spec.From, r.Spec.To), sideText(p, r.Spec.B), p.Int(r.Sales), runState(p, r.State)))
	}
	return t
}

func periodText(p *page, from, to clock.Date) string {
	if from == to {
		return p.Date(from)
	}
	return p.Date(from) + " – " + p.Date(to)
}

func (v *backtestDetail) facts(p *page) []ui.Pair {
	s := &v.run.Spec
	shops := p.T("office.backtest.all_shops")
	for i, shop := range s.Shops {
		if i == 0 {
			shops = ""
		} else {
			shops += ", "
		}
		shops += dash(p.ShopName(shop))
	}
	out := []ui.Pair{
		{Key: p.T("office.backtest.period"), Value: ui.Text(periodText(p, s.From, s.To))}, {Key: p.T("office.shop"), Value: ui.Text(shops)},
		{Key: p.T("office.backtest.side_a"), Value: ui.Text(sideText(p, s.A))}, {Key: p.T("office.backtest.side_b"), Value: ui.Text(sideText(p, s.B))},
		{Key: p.T("office.col.state"), Value: runState(p, v.run.State)},
		{Key: p.T("office.backtest.started_by"), Value: ui.Text(dash(v.staff[v.run.By]))}, {Key: p.T("office.col.date"), Value: ui.At(p.Ctx, v.run.CreatedAt)},
	}
	if v.run.Reason != "" {
		out = append(out, ui.Pair{Key: p.T("office.col.reason"), Value: ui.Text(trialFault(p, v.run.Reason, v.run.Pack, s.B.Version))})
	}
	return out
}

// trialFault is the text of a fault's reason that was stored without its figures,
// or the code where the catalogue has none.
func trialFault(p *page, reason, packID, version string) string {
	if !p.Words.Has(reason) {
		return reason
	}
	return p.T(reason, "id", packID, "version", version)
}
