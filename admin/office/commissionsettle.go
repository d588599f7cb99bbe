package office

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/staff"
)

// settlementList is the page of the runs.
type settlementList struct {
	items       []staff.Settlement
	in          form
	first, next string
}

func (f *office) readSettlements(r *http.Request, p *page) (*settlementList, error) {
	at, err := pageOf(r, 30)
	if err != nil {
		return nil, err
	}
	last, _, err := staff.Month.Of(f.today(p))
	if err != nil {
		return nil, err
	}
	l := &settlementList{in: values("period", string(staff.Month), "date", string(last.AddDays(-1)))} // the last month that is over
	var next string
	l.items, next, err = staff.Settlements(r.Context(), f.db, p.Merchant.ID, at)
	l.first, l.next = pager(r, next)
	return l, err
}

func (f *office) settlementsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l, err := f.readSettlements(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, settlementsView(p, l))
}

func settlementState(p *page, s *staff.Settlement) templ.Component {
	if s.State == staff.Final {
		return ui.Badge(ui.Ok, p.T("office.commission.state_final"))
	}
	return ui.Badge(ui.Warn, p.T("office.commission.state_draft"))
}

func spanText(p *page, s *staff.Settlement) string {
	return p.T("office.staff.lead", "from", p.Date(s.First), "to", p.Date(s.Last))
}

func (l *settlementList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.commission.settlements"), HideCaption: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.commission.period")}, {Title: p.T("office.commission.difference"), Numeric: true}, {Title: p.T("office.commission.total"), Numeric: true, Key: true}, {Title: p.T("office.col.state")}},
		Empty:   ui.EmptyState{Icon: "check", Title: p.T("office.commission.no_settlements"), Text: p.T("office.commission.no_settlements_text")}}
	for i := range l.items {
		s := &l.items[i]
		difference, total := settlementSums(&s.Report)
		t.Rows = append(t.Rows, ui.Row(ui.Link(spanText(p, s), "/office/commission/settlements/"+s.ID.String()), p.T("office.commission.period_"+string(s.Period)), ui.Amount(p.Ctx, difference), ui.Amount(p.Ctx, total), settlementState(p, s)))
	}
	return t
}

func settlementSums(r *staff.Report) (difference, total money.Amount) {
	for i := range r.Staff {
		difference += r.Staff[i].Difference
		total += r.Staff[i].Total
	}
	return difference, total
}

// settlementDraft computes a period; the write audits itself.
func (f *office) settlementDraft(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	ctx, m := r.Context(), p.Merchant.ID
	var s staff.Settlement
	rep, err := staff.Settle(ctx, f.db, m, staff.Period(in.get("period")), clock.Date(in.get("date")))
	if err == nil {
		err = f.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			s, err = staff.SaveDraft(ctx, tx, m, rep)
			return err
		})
	}
	if err != nil {
		l, rerr := f.readSettlements(r, p)
		if rerr != nil {
			return rerr
		}
		in.err = err
		l.in = in
		return f.again(w, r, err, settlementsView(p, l))
	}
	return done(w, r, p, "/office/commission/settlements/"+s.ID.String(), "office.commission.computed")
}

// settlementDetail is a run with its difference report.
type settlementDetail struct {
	s      staff.Settlement
	people []auth.Staff
	err    error
}

func (f *office) readSettlement(r *http.Request, p *page) (*settlementDetail, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	d := &settlementDetail{}
	if d.s, err = staff.GetSettlement(r.Context(), f.db, p.Merchant.ID, u); err != nil {
		return nil, err
	}
	d.people, err = auth.ListStaff(r.Context(), f.db, p.Merchant.ID)
	return d, err
}

func (f *office) settlementOne(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readSettlement(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, settlementView(p, d))
}

func (f *office) settlementFinalise(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readSettlement(r, p)
	if err != nil {
		return err
	}
	ctx, m := r.Context(), p.Merchant.ID
	rep, err := staff.Settle(ctx, f.db, m, d.s.Period, d.s.First)
	if err != nil {
		return err
	}
	today, err := staff.BusinessToday(ctx, f.db, m, f.db.Now())
	if err != nil {
		return err
	}
	err = f.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := staff.Finalise(ctx, tx, m, d.s.ID, rep, today)
		return err
	})
	if err != nil {
		d.err = err
		return f.again(w, r, err, settlementView(p, d))
	}
	return done(w, r, p, "/office/commission/settlements/"+d.s.ID.String(), "office.commission.finalised")
}

func (d *settlementDetail) name(staffID id.ID) string {
	return (&commissionDesk{people: d.people}).name(staffID)
}

func (d *settlementDetail) plan(plan id.ID) (name, metric string) {
	for i := range d.s.Report.Plans {
		if v := &d.s.Report.Plans[i]; v.ID == plan {
			return v.Name, v.Metric
		}
	}
	return "–", staff.MetricAmount
}

func (d *settlementDetail) stats(p *page) []ui.StatProps {
	difference, total := settlementSums(&d.s.Report)
	return []ui.StatProps{{Label: p.T("office.commission.total"), Value: p.Money(total)}, {Label: p.T("office.commission.difference"), Value: p.Money(difference)},
		{Label: p.T("office.commission.people"), Value: count(p, len(d.s.Report.Staff))}}
}

// resultTable is the difference report: what the plans give against what was booked.
func (d *settlementDetail) resultTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.commission.report"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.commission.staff")}, {Title: p.T("office.commission.plan")}, {Title: p.T("office.commission.figure"), Numeric: true}, {Title: p.T("office.commission.steps")}, {Title: p.T("office.commission.gives"), Numeric: true},
			{Title: p.T("office.commission.back"), Numeric: true}, {Title: p.T("office.commission.replaced"), Numeric: true}, {Title: p.T("office.commission.difference"), Numeric: true, Key: true}},
		Empty: ui.EmptyState{Icon: "percent", Title: p.T("office.commission.no_results"), Text: p.T("office.commission.no_results_text")}}
	for i := range d.s.Report.Results {
		r := &d.s.Report.Results[i]
		name, metric := d.plan(r.Plan)
		bands := ""
		for k, b := range r.Bands {
			if k > 0 {
				bands += " · "
			}
			bands += p.T("office.commission.band", "figure", figureText(p, metric, b.Figure), "amount", p.Money(b.Amount))
		}
		t.Rows = append(t.Rows, ui.Row(d.name(r.Staff), name, figureText(p, metric, r.Figure), dash(bands), ui.Amount(p.Ctx, r.Amount), ui.Amount(p.Ctx, r.Back), ui.Amount(p.Ctx, r.Booked), ui.Amount(p.Ctx, r.Difference)))
	}
	return t
}

func (d *settlementDetail) staffTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.commission.by_staff"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.commission.staff")}, {Title: p.T("office.commission.metric")}, {Title: p.T("office.col.kind")}, {Title: p.T("office.commission.line_kind")}, {Title: p.T("office.col.category")}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "staff", Title: p.T("office.staff.no_commission")}}
	for i := range d.s.Report.Staff {
		s := &d.s.Report.Staff[i]
		for _, g := range s.Groups {
			t.Rows = append(t.Rows, ui.Row(d.name(s.Staff), p.T("office.commission.metric_"+g.Metric), p.T("office.commission.kind_"+g.Kind), lineKindText(p, g.LineKind), dash(g.Category), ui.Amount(p.Ctx, g.Amount)))
		}
		if s.Difference != 0 {
			t.Rows = append(t.Rows, ui.Row(d.name(s.Staff), "–", p.T("office.commission.kind_settlement"), "–", "–", ui.Amount(p.Ctx, s.Difference)))
		}
		t.Rows = append(t.Rows, ui.Row(d.name(s.Staff), p.T("office.col.total"), "", "", "", ui.Amount(p.Ctx, s.Total)))
	}
	return t
}

// recomputedTable says what earlier periods would have given had they known.
func (d *settlementDetail) recomputedTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.commission.recomputed"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.commission.staff")}, {Title: p.T("office.commission.plan")}, {Title: p.T("office.commission.figure"), Numeric: true}, {Title: p.T("office.commission.figure_now"), Numeric: true},
			{Title: p.T("office.commission.paid"), Numeric: true}, {Title: p.T("office.commission.would_be"), Numeric: true, Key: true}}}
	for _, r := range d.s.Report.Recomputed {
		name, metric := d.plan(r.Plan)
		t.Rows = append(t.Rows, ui.Row(ui.Link(d.name(r.Staff), "/office/commission/settlements/"+r.Settlement.String()), name, figureText(p, metric, r.Figure), figureText(p, metric, r.FigureNow), ui.Amount(p.Ctx, r.Paid), ui.Amount(p.Ctx, r.WouldBe)))
	}
	return t
}
