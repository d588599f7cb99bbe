package office

import (
	"encoding/csv"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/till"
)

func cutPrefix(s, prefix string) (string, bool) { return strings.CutPrefix(s, prefix) }

func underscored(s string) string { return strings.ReplaceAll(s, ":", "_") }

func (v *dayDetail) documentTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.shifts.documents"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.kind")}, {Title: p.T("office.col.count"), Numeric: true}, {Title: p.T("office.sales.subtotal"), Numeric: true}, {Title: p.T("office.sales.discount"), Numeric: true},
			{Title: p.T("office.sales.tax"), Numeric: true}, {Title: p.T("office.sales.rounding"), Numeric: true}, {Title: p.T("office.col.total"), Numeric: true, Key: true}},
		Empty: ui.EmptyState{Icon: "sale", Title: p.T("office.days.none")}}
	for _, d := range v.d.Documents {
		t.Rows = append(t.Rows, ui.Row(kindName(p, d.Kind), p.Int(d.Count), ui.Amount(p.Ctx, d.Subtotal), p.Money(-d.Discount), ui.Amount(p.Ctx, d.Tax), p.MoneySigned(d.Rounding), ui.Amount(p.Ctx, money.Amount(signed(d.Kind, int64(d.Total))))))
	}
	return t
}

func (v *dayDetail) tenderTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.today.tenders"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.tender")}, {Title: p.T("office.col.count"), Numeric: true}, {Title: p.T("office.days.in"), Numeric: true}, {Title: p.T("office.days.out"), Numeric: true}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "cash", Title: p.T("office.days.none")}}
	var sum money.Amount
	for _, d := range v.d.Tenders {
		sum += d.Net()
		t.Rows = append(t.Rows, ui.Row(tenderName(p, d.Type), p.Int(d.Count), ui.Amount(p.Ctx, d.In), p.Money(-d.Out), ui.Amount(p.Ctx, d.Net())))
	}
	if len(t.Rows) > 1 {
		t.Foot = []templ.Component{ui.Text(p.T("office.col.total")), ui.Text(""), ui.Text(""), ui.Text(""), ui.Amount(p.Ctx, sum)}
	}
	return t
}

func (v *dayDetail) taxTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.days.taxes"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.days.rate")}, {Title: p.T("office.days.base"), Numeric: true}, {Title: p.T("office.sales.tax"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "percent", Title: p.T("office.days.none")}}
	for _, d := range v.d.Taxes {
		t.Rows = append(t.Rows, ui.Row(p.Percent(d.Rate), ui.Amount(p.Ctx, d.Base), ui.Amount(p.Ctx, d.Tax)))
	}
	return t
}

func (v *dayDetail) prepaidTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.days.prepaid"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.kind")}, {Title: p.T("office.col.count"), Numeric: true}, {Title: p.T("office.days.bonus"), Numeric: true}, {Title: p.T("office.days.given_back"), Numeric: true}, {Title: p.T("office.days.sold"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "wallet", Title: p.T("office.days.none")}}
	for _, d := range v.d.Prepaid {
		t.Rows = append(t.Rows, ui.Row(p.T("office.days.kind."+d.Kind), p.Int(d.Count), ui.Amount(p.Ctx, d.Bonus), p.Money(-d.Back), ui.Amount(p.Ctx, d.Sold)))
	}
	return t
}

// used is what was had for money and points that were paid or earned before.
func (v *dayDetail) used(p *page) []ui.Pair {
	return []ui.Pair{
		{Key: p.T("office.days.principal"), Value: ui.Amount(p.Ctx, v.d.Stored.Principal)}, {Key: p.T("office.days.bonus"), Value: ui.Amount(p.Ctx, v.d.Stored.Bonus)},
		{Key: p.T("office.days.kind.gift_card"), Value: ui.Amount(p.Ctx, v.d.Stored.GiftCards)}, {Key: p.T("office.days.visits"), Value: ui.Text(p.Int(v.d.Punches))},
		{Key: p.T("office.days.points_earned"), Value: ui.Text(p.Int(v.d.Points.Earned))}, {Key: p.T("office.days.points_redeemed"), Value: ui.Text(p.Int(v.d.Points.Redeemed))},
	}
}

func (v *dayDetail) drawer(p *page) []ui.Pair {
	out := []ui.Pair{{Key: p.T("office.shifts.paid_in"), Value: ui.Amount(p.Ctx, v.d.Shifts.PaidIn)}, {Key: p.T("office.shifts.paid_out"), Value: ui.Amount(p.Ctx, -v.d.Shifts.PaidOut)},
		{Key: p.T("office.sales.rounding"), Value: ui.Text(p.MoneySigned(v.d.Rounding))}, {Key: p.T("office.shifts.over_short"), Value: overShort(p, v.d.Shifts.OverShort)}}
	for _, n := range v.counts {
		out = append(out, ui.Pair{Key: p.Money(n.Value) + " × " + p.Int(n.Pieces), Value: ui.Amount(p.Ctx, n.Amount())})
	}
	return out
}

func (v *dayDetail) tieTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.days.ties"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.days.figure")}, {Title: p.T("office.days.in_documents"), Numeric: true}, {Title: p.T("office.days.in_books"), Numeric: true}, {Title: p.T("office.col.state"), Key: true}}}
	for _, d := range v.ties {
		state := ui.Badge(ui.Ok, p.T("office.days.agrees"))
		if !d.Holds() {
			state = ui.Badge(ui.Bad, tieFigure(p, d.Name, d.Books-d.Documents))
		}
		t.Rows = append(t.Rows, ui.Row(tieName(p, d.Name), tieFigure(p, d.Name, d.Documents), tieFigure(p, d.Name, d.Books), state))
	}
	return t
}

func (v *dayDetail) shiftTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.shifts.title"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.shifts.shift"), Key: true}, {Title: p.T("office.col.register")}, {Title: p.T("office.shifts.opened")}, {Title: p.T("office.shifts.closed_at")}, {Title: p.T("office.shifts.expected"), Numeric: true}, {Title: p.T("office.shifts.over_short"), Numeric: true}},
		Empty:   ui.EmptyState{Icon: "cash", Title: p.T("office.shifts.none")}}
	for i := range v.shifts {
		s := &v.shifts[i]
		g := v.registers[s.Register]
		name := templ.Component(ui.Text(g.Series + " #" + itoa(s.No)))
		if p.Actor.May("shift") {
			name = ui.Link(g.Series+" #"+itoa(s.No), "/office/shifts/"+s.ID.String())
		}
		ends, expected, over := templ.Component(shiftState(p, s, v.now)), templ.Component(ui.Text("–")), templ.Component(ui.Text("–"))
		if !s.IsOpen() {
			ends, expected, over = two(stamp(p, s.ClosedAt), v.staff[s.ClosedBy]), ui.Amount(p.Ctx, s.Expected), two(overShort(p, s.OverShort), s.OffReason)
		}
		t.Rows = append(t.Rows, ui.Row(name, p.ShopName(s.Shop)+" · "+g.Name, two(stamp(p, s.OpenedAt), v.staff[s.OpenedBy]), ends, expected, over))
	}
	return t
}

func (v *dayDetail) paymentTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.days.payments"), HideCaption: true, First: v.first, Next: v.next,
		Columns: []ui.Column{{Title: p.T("office.col.receipt")}, {Title: p.T("office.col.date")}, {Title: p.T("office.col.kind")}, {Title: p.T("office.col.register")}, {Title: p.T("office.sales.cashier")}, {Title: p.T("office.col.tender")}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "cash", Title: p.T("office.days.no_payments")}}
	for i := range v.payments {
		d := &v.payments[i]
		t.Rows = append(t.Rows, ui.Row(saleLink(d.Receipt(), d.Sale), stamp(p, d.At), kindName(p, d.Kind), dash(v.registers[d.Register].Name), dash(v.staff[d.Staff]), two(ui.Text(tenderName(p, d.Type)), d.Reference), ui.Amount(p.Ctx, d.Amount)))
	}
	return t
}

// sheet answers a table as a file that spreadsheets open: UTF-8 with a mark that
// says so, and no cell that would be taken for a formula.
func sheet(w http.ResponseWriter, name string, head []string) (write func(...string) error, done func() error) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write([]byte("\xef\xbb\xbf"))
	out := csv.NewWriter(w)
	write = func(cells ...string) error {
		for i, c := range cells {
			cells[i] = plainCell(c)
		}
		return out.Write(cells)
	}
	_ = write(head...)
	return write, func() error { out.Flush(); return out.Error() }
}

// plainCell keeps a text that begins like a formula from being one; numbers stay.
func plainCell(s string) string {
	if s == "" || !strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return s
	}
	if strings.Trim(s[1:], "0123456789.") == "" && s[0] == '-' && len(s) > 1 {
		return s
	}
	return "'" + s
}

func (f *office) paymentsCSV(w http.ResponseWriter, r *http.Request, p *page) error {
	span, err := f.spanOf(r, p)
	if err == nil {
		err = span.Check()
	}
	if err != nil {
		return err
	}
	filter, err := paymentFilter(r, span)
	if err != nil {
		return err
	}
	v := &dayDetail{}
	if v.registers, err = f.registers(r.Context(), p.Merchant.ID); err != nil {
		return err
	}
	if v.staff, err = f.staffNames(r.Context(), p.Merchant.ID); err != nil {
		return err
	}
	write, done := sheet(w, "payments-"+string(span.From)+"-"+string(span.To)+".csv", []string{p.T("office.col.receipt"), p.T("office.sales.business_date"), p.T("office.col.date"), p.T("office.col.kind"), p.T("office.shop"), p.T("office.col.register"),
		p.T("office.shifts.shift"), p.T("office.sales.cashier"), p.T("office.col.tender"), p.T("office.col.amount"), p.T("office.col.points"), p.T("office.days.reference")})
	err = report.EachPayment(r.Context(), f.db, p.Merchant.ID, filter, func(d *report.Payment) error {
		return write(d.Receipt(), string(d.Date), stampText(p, d.At), kindName(p, d.Kind), p.ShopName(d.Shop), v.registers[d.Register].Name, itoa(d.ShiftNo), v.staff[d.Staff], tenderName(p, d.Type), p.Currency.Format(d.Amount), itoa(d.Points), d.Reference)
	})
	if err != nil { // the answer has begun: what is missing cannot be said any more but in the log
		f.o.Log.ErrorContext(r.Context(), "a download broke off", "error", err)
	}
	return done()
}

func (f *office) daysCSV(w http.ResponseWriter, r *http.Request, p *page) error {
	span, err := f.spanOf(r, p)
	if err != nil {
		return err
	}
	days, _, err := report.Daily(r.Context(), f.db, p.Merchant.ID, span)
	if err != nil {
		return err
	}
	write, done := sheet(w, "days-"+string(span.From)+"-"+string(span.To)+".csv", []string{p.T("office.sales.business_date"), p.T("office.days.receipts"), p.T("office.days.sales"), p.T("office.days.given_back"), p.T("office.sales.discount"), p.T("office.days.revenue"), p.T("office.sales.tax"),
		p.T("office.days.prepaid"), p.T("office.sales.rounding"), p.T("office.shifts.paid_in"), p.T("office.shifts.paid_out"), p.T("office.shifts.over_short")})
	money := p.Currency.Format
	for i := range days {
		d := &days[i]
		sold := d.Document("sale")
		if err := write(string(d.From), itoa(d.Receipts), money(sold.Total), money(d.GivenBack()), money(sold.Discount), money(d.Revenue), money(d.TaxTotal()), money(d.PrepaidSold()), money(d.Rounding), money(d.Shifts.PaidIn), money(d.Shifts.PaidOut), money(d.Shifts.OverShort)); err != nil {
			return err
		}
	}
	return done()
}

// countFields are the inputs for the pieces of each note and coin.
func countFields(p *page, in form) []ui.FieldProps {
	var out []ui.FieldProps
	for _, n := range till.Denominations(p.Currency) {
		f := in.field("n"+itoa(int64(n.Value)), p.Money(n.Value))
		f.InputMode, f.Numeric, f.Placeholder = "numeric", true, "0"
		out = append(out, f)
	}
	return out
}
