package office

import (
	"bytes"
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/staff"
)

func (f *office) mountCommission() {
	f.on("GET /office/commission", auth.PermReports, f.commissionPage)
	f.on("GET /office/commission/export", auth.PermReports, f.commissionExport)
	f.on("POST /office/commission/manual", auth.PermStaff, f.commissionManual)
	f.on("GET /office/commission/plans", auth.PermReports, f.commissionPlans)
	f.on("GET /office/commission/plans/new", auth.PermStaff, f.commissionPlanNew)
	f.on("POST /office/commission/plans/new", auth.PermStaff, f.commissionPlanSave)
	f.on("GET /office/commission/plans/{id}", auth.PermStaff, f.commissionPlanOne)
	f.on("POST /office/commission/plans/{id}", auth.PermStaff, f.commissionPlanSave)
	f.on("POST /office/commission/plans/{id}/archive", auth.PermStaff, f.commissionPlanArchive)
	f.on("GET /office/commission/settlements", auth.PermReports, f.settlementsPage)
	f.on("POST /office/commission/settlements", auth.PermStaff, f.settlementDraft)
	f.on("GET /office/commission/settlements/{id}", auth.PermReports, f.settlementOne)
	f.on("POST /office/commission/settlements/{id}/finalise", auth.PermStaff, f.settlementFinalise)
}

// The views of a period.
const (
	viewCompare = ""
	viewSums    = "sums"
	viewDetail  = "detail"
)

// commissionDesk is the page of a period: the staff side by side, the sums, or
// the entries.
type commissionDesk struct {
	f           staff.Filter
	view        string
	people      []auth.Staff
	rows        []report.CommissionStaff
	groups      []staff.Group
	lines       []report.CommissionLine
	in          form
	first, next string
	pack        func(id, version string) string
	query       url.Values
}

// filterOf reads the period and what else narrows it; without dates it is the
// month of today so far.
func (f *office) filterOf(p *page, q url.Values) staff.Filter {
	out := staff.Filter{Metric: q.Get("metric")}
	if out.From, out.To = dateIn(q.Get("from")), dateIn(q.Get("to")); out.From == "" || out.To == "" {
		out.From, out.To = period(f.today(p))
	}
	out.Staff, _ = id.Parse(q.Get("staff")) // what is no id narrows nothing
	return out
}

func (f *office) readCommission(r *http.Request, p *page) (*commissionDesk, error) {
	ctx, m, q := r.Context(), p.Merchant.ID, r.URL.Query()
	d := &commissionDesk{f: f.filterOf(p, q), view: q.Get("view"), query: q, pack: func(pid, v string) string { return f.packName(p, pid, v) }}
	var err error
	if d.people, err = auth.ListStaff(ctx, f.db, m); err != nil {
		return nil, err
	}
	switch d.view {
	case viewSums:
		d.groups, err = staff.Groups(ctx, f.db, m, d.f)
	case viewDetail:
		at, perr := pageOf(r, 50)
		if perr != nil {
			return nil, perr
		}
		var next string
		d.lines, next, err = report.CommissionDetail(ctx, f.db, m, d.f, at)
		d.first, d.next = pager(r, next)
	default:
		d.view = viewCompare
		d.rows, err = report.CommissionCompare(ctx, f.db, m, d.f)
	}
	d.in = values("date", string(f.today(p)), "key", newKey())
	return d, err
}

func (f *office) commissionPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readCommission(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, commissionView(p, d))
}

// at is the address of another view of the same period.
func (d *commissionDesk) at(path string, pairs ...string) string {
	v := url.Values{}
	set := func(name, value string) {
		if value == "" {
			v.Del(name)
			return
		}
		v.Set(name, value)
	}
	set("from", string(d.f.From))
	set("to", string(d.f.To))
	set("metric", d.f.Metric)
	if !d.f.Staff.IsNone() {
		set("staff", d.f.Staff.String())
	}
	set("view", d.view)
	for i := 0; i+1 < len(pairs); i += 2 {
		set(pairs[i], pairs[i+1])
	}
	return path + "?" + v.Encode()
}

func (d *commissionDesk) tabs(p *page) []ui.Tab {
	var out []ui.Tab
	for _, v := range []struct{ view, key string }{{viewCompare, "compare"}, {viewSums, "sums"}, {viewDetail, "detail"}} {
		out = append(out, ui.Tab{Title: p.T("office.commission.view_" + v.key), Href: d.at("/office/commission", "view", v.view), Current: d.view == v.view})
	}
	return out
}

func commissionStaffOptions(people []auth.Staff, all string) []ui.Option {
	var out []ui.Option
	if all != "" {
		out = append(out, ui.Option{Text: all})
	}
	for _, s := range people {
		out = append(out, ui.Option{Value: s.ID.String(), Text: s.Name})
	}
	return out
}

func (d *commissionDesk) staffValue() string {
	if d.f.Staff.IsNone() {
		return ""
	}
	return d.f.Staff.String()
}

func metricOptions(p *page, all string) []ui.Option {
	var out []ui.Option
	if all != "" {
		out = append(out, ui.Option{Text: all})
	}
	for _, m := range staff.Metrics() {
		out = append(out, ui.Option{Value: m, Text: p.T("office.commission.metric_" + m)})
	}
	return out
}

func (d *commissionDesk) name(staffID id.ID) string {
	for _, s := range d.people {
		if s.ID == staffID {
			return s.Name
		}
	}
	return "–"
}

func lineKindText(p *page, kind string) string {
	if kind == "" {
		return "–"
	}
	for _, k := range staff.LineKinds() {
		if k == kind {
			return p.T("office.commission.line_" + kind)
		}
	}
	return kind
}

func (d *commissionDesk) chart(p *page) ui.ChartProps {
	c := ui.ChartProps{ID: "commission", Title: p.T("office.commission.chart"), Desc: p.T("office.commission.chart_desc"), Kind: "bar", Wide: true,
		Format: func(v int64) string { return p.Money(money.Amount(v)) }, Series: []ui.Series{{Name: p.T("office.commission.turnover")}, {Name: p.T("office.commission.total")}}}
	for i := range d.rows {
		c.Labels = append(c.Labels, d.rows[i].Name)
		c.Series[0].Values = append(c.Series[0].Values, int64(d.rows[i].Work.Net))
		c.Series[1].Values = append(c.Series[1].Values, int64(d.rows[i].Amount))
	}
	return c
}

func (d *commissionDesk) compareTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.commission.title"), HideCaption: true, Empty: ui.EmptyState{Icon: "staff", Title: p.T("office.staff.no_commission"), Text: p.T("office.commission.none_text")},
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.commission.turnover"), Numeric: true}, {Title: p.T("office.commission.lines"), Numeric: true}, {Title: p.T("office.commission.earned"), Numeric: true},
			{Title: p.T("office.commission.clawed_back"), Numeric: true}, {Title: p.T("office.commission.settled"), Numeric: true}, {Title: p.T("office.commission.manual"), Numeric: true}, {Title: p.T("office.commission.total"), Numeric: true, Key: true}}}
	var sum report.CommissionStaff
	for i := range d.rows {
		s := &d.rows[i]
		t.Rows = append(t.Rows, ui.Row(ui.Link(s.Name, d.at("/office/commission", "staff", s.Staff.String(), "view", viewDetail)), ui.Amount(p.Ctx, s.Work.Net), p.Int(s.Work.Lines), ui.Amount(p.Ctx, s.Earned),
			ui.Amount(p.Ctx, s.ClawedBack), ui.Amount(p.Ctx, s.Settled), ui.Amount(p.Ctx, s.Manual), ui.Amount(p.Ctx, s.Amount)))
		sum.Work.Net += s.Work.Net
		sum.Work.Lines += s.Work.Lines
		sum.Earned, sum.ClawedBack, sum.Settled, sum.Manual, sum.Amount = sum.Earned+s.Earned, sum.ClawedBack+s.ClawedBack, sum.Settled+s.Settled, sum.Manual+s.Manual, sum.Amount+s.Amount
	}
	if len(t.Rows) > 1 {
		t.Foot = []templ.Component{ui.Text(p.T("office.col.total")), ui.Amount(p.Ctx, sum.Work.Net), ui.Text(p.Int(sum.Work.Lines)), ui.Amount(p.Ctx, sum.Earned), ui.Amount(p.Ctx, sum.ClawedBack),
			ui.Amount(p.Ctx, sum.Settled), ui.Amount(p.Ctx, sum.Manual), ui.Amount(p.Ctx, sum.Amount)}
	}
	return t
}

func (d *commissionDesk) sumTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.commission.view_sums"), HideCaption: true, Dense: true, Empty: ui.EmptyState{Icon: "staff", Title: p.T("office.staff.no_commission"), Text: p.T("office.commission.none_text")},
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.commission.metric")}, {Title: p.T("office.col.kind")}, {Title: p.T("office.commission.line_kind")}, {Title: p.T("office.col.category")},
			{Title: p.T("office.commission.entries"), Numeric: true}, {Title: p.T("office.col.quantity"), Numeric: true}, {Title: p.T("office.staff.basis"), Numeric: true}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}}}
	var sum money.Amount
	for _, g := range d.groups {
		sum += g.Amount
		t.Rows = append(t.Rows, ui.Row(d.name(g.Staff), p.T("office.commission.metric_"+g.Metric), p.T("office.commission.kind_"+g.Kind), lineKindText(p, g.LineKind), dash(g.Category),
			p.Int(g.Entries), g.Quantity.String(), ui.Amount(p.Ctx, g.Basis), ui.Amount(p.Ctx, g.Amount)))
	}
	if len(t.Rows) > 1 {
		t.Foot = []templ.Component{ui.Text(p.T("office.col.total")), ui.Text(""), ui.Text(""), ui.Text(""), ui.Text(""), ui.Text(""), ui.Text(""), ui.Text(""), ui.Amount(p.Ctx, sum)}
	}
	return t
}

// commissionSource says where an entry comes from.
func commissionSource(p *page, e *staff.CommissionEntry, plan string, pack func(id, version string) string) string {
	switch {
	case e.Kind == staff.KindClawBack:
		return p.T("office.staff.taken_back")
	case e.Kind == staff.KindManual:
		return p.T("office.commission.by_hand", "reason", e.Reason)
	case e.Kind == staff.KindSettlement && plan != "":
		return p.T("office.commission.by_plan", "plan", plan)
	case e.Kind == staff.KindSettlement:
		return p.T("office.commission.kind_settlement")
	}
	return pack(e.PackID, e.PackVersion)
}

func rateText(p *page, r money.Rate) string {
	if r == 0 {
		return "–"
	}
	return p.Percent(r)
}

func (d *commissionDesk) lineTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.commission.view_detail"), HideCaption: true, Dense: true, First: d.first, Next: d.next,
		Empty: ui.EmptyState{Icon: "staff", Title: p.T("office.staff.no_commission"), Text: p.T("office.commission.none_text")},
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.col.receipt")}, {Title: p.T("office.commission.staff")}, {Title: p.T("office.commission.role")}, {Title: p.T("office.commission.line")}, {Title: p.T("office.commission.source")},
			{Title: p.T("office.col.quantity"), Numeric: true}, {Title: p.T("office.staff.basis"), Numeric: true}, {Title: p.T("office.staff.rate"), Numeric: true}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}}}
	for i := range d.lines {
		l := &d.lines[i]
		role := p.T("office.commission.role_" + string(l.Role))
		if l.Share != money.Whole {
			role += " " + p.Percent(l.Share)
		}
		if l.Sale.IsNone() {
			role = "–"
		}
		t.Rows = append(t.Rows, ui.Row(p.Date(l.BusinessDate), saleLink(l.Number, l.Sale), l.StaffName, role, dash(l.Name), commissionSource(p, &l.CommissionEntry, l.PlanName, d.pack),
			l.Quantity.String(), ui.Amount(p.Ctx, l.Basis), rateText(p, l.Rate), ui.Amount(p.Ctx, l.Amount)))
	}
	return t
}

// commissionExport answers the period as a file: its entries, or their sums.
func (f *office) commissionExport(w http.ResponseWriter, r *http.Request, p *page) error {
	q := r.URL.Query()
	filter := f.filterOf(p, q)
	write, name := report.WriteCommissions, "commission"
	if q.Get("view") == viewSums {
		write, name = report.WriteCommissionSummary, "commission-sums"
	}
	var b bytes.Buffer // whole before the first byte goes out: half a file must not look like a whole one
	b.WriteString(report.BOM)
	if err := write(r.Context(), f.db, p.Merchant.ID, filter, p.Currency, &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+"-"+string(filter.From)+"-"+string(filter.To)+`.csv"`)
	_, err := w.Write(b.Bytes())
	return err
}

func (f *office) commissionManual(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	err = f.addManual(r.Context(), p, in)
	if err != nil {
		d, rerr := f.readCommission(r, p)
		if rerr != nil {
			return rerr
		}
		in.err = err
		d.in = in
		return f.again(w, r, err, commissionView(p, d))
	}
	return done(w, r, p, "/office/commission", "office.commission.booked")
}

// addManual books what the form says, once however often it is sent.
func (f *office) addManual(ctx context.Context, p *page, in form) error {
	who, err := in.id("staff_id")
	if err != nil {
		return err
	}
	amount, err := amountIn(p, in.get("amount"), "amount")
	if err != nil {
		return err
	}
	key := formKey(in, "POST /office/commission/manual")
	return f.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if key.Key != "" {
			claim := tx.ClaimKey(p.Merchant.ID, key)
			if err := tx.Flush(ctx); err != nil {
				return err
			}
			if _, _, found, err := claim.Prior(); err != nil || found {
				return err
			}
		}
		e, err := staff.AddManual(ctx, tx, p.Merchant.ID, staff.Manual{Staff: who, Amount: amount, Reason: in.get("reason"), Date: clock.Date(in.get("date"))})
		if err == nil && key.Key != "" {
			tx.SettleKey(p.Merchant.ID, key, e.ID)
		}
		return err
	})
}
