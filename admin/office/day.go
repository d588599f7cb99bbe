package office

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/till"
	"github.com/shopwright/shopwright/core/web"
)

func (f *office) mountDays() {
	f.on("GET /office/days", auth.PermReports, f.daysPage)
	f.on("GET /office/days/{date}", auth.PermReports, f.dayPage)
	f.on("GET /office/days/export/days.csv", auth.PermReports, f.daysCSV)
	f.on("GET /office/days/export/payments.csv", auth.PermReports, f.paymentsCSV)
}

const (
	daysAtOnce = 14
	allShops   = "all"
)

// spanOf reads the dates and the shop of an address: the last two weeks of the
// shop that is looked at where nothing is said.
func (f *office) spanOf(r *http.Request, p *page) (report.Span, error) {
	q := r.URL.Query()
	s := report.Span{Shop: p.Shop.ID, From: dateIn(q.Get("from")), To: dateIn(q.Get("to"))}
	if s.To == "" {
		s.To = f.today(p)
	}
	if s.From == "" {
		s.From = s.To.AddDays(1 - daysAtOnce)
	}
	switch at := q.Get("at"); at {
	case "":
	case allShops:
		s.Shop = id.None
	default:
		shop, err := id.Parse(at)
		if err != nil {
			return s, err
		}
		s.Shop = shop
	}
	return s, nil
}

// atOf is how an address names the shop of a span.
func atOf(s report.Span) string {
	if s.Shop.IsNone() {
		return allShops
	}
	return s.Shop.String()
}

func atOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: allShops, Text: p.T("office.days.all_shops")}}
	return append(out, shopOptions(p, false)...)
}

type dayList struct {
	span  report.Span
	days  []report.DayReport
	total report.DayReport
	err   error
}

func (f *office) daysPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l := &dayList{}
	var err error
	if l.span, err = f.spanOf(r, p); err != nil {
		return err
	}
	l.days, l.total, err = report.Daily(r.Context(), f.db, p.Merchant.ID, l.span)
	if fault.ReasonIs(err, report.ErrSpan.Reason) {
		l.err = err
		return f.again(w, r, err, daysView(p, l))
	}
	if err != nil {
		return err
	}
	return f.show(w, r, daysView(p, l))
}

// link is an address that keeps the span's shop.
func (l *dayList) link(path string, pairs ...string) string {
	return linkWith(path, append([]string{"at", atOf(l.span), "from", string(l.span.From), "to", string(l.span.To)}, pairs...)...)
}

// linkWith is an address with those of the parameters that say something.
func linkWith(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (l *dayList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.days.title"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.sales.business_date"), Key: true}, {Title: p.T("office.days.receipts"), Numeric: true}, {Title: p.T("office.days.sales"), Numeric: true}, {Title: p.T("office.days.given_back"), Numeric: true},
			{Title: p.T("office.days.revenue"), Numeric: true}, {Title: p.T("office.sales.tax"), Numeric: true}, {Title: p.T("office.days.prepaid"), Numeric: true}, {Title: p.T("office.shifts.over_short"), Numeric: true}},
		Empty: ui.EmptyState{Icon: "report", Title: p.T("office.days.none"), Text: p.T("office.days.none_text")}}
	row := func(first any, d *report.DayReport) ui.TableRow {
		return ui.Row(first, p.Int(d.Receipts), ui.Amount(p.Ctx, d.Document(sale.KindSale).Total), p.Money(-d.GivenBack()), ui.Amount(p.Ctx, d.Revenue), ui.Amount(p.Ctx, d.TaxTotal()), ui.Amount(p.Ctx, d.PrepaidSold()), overShort(p, d.Shifts.OverShort))
	}
	for i := range l.days {
		d := &l.days[i]
		t.Rows = append(t.Rows, row(ui.Link(p.Date(d.From), linkWith("/office/days/"+string(d.From), "at", atOf(l.span))), d))
	}
	if len(t.Rows) > 1 {
		t.Foot = row(p.T("office.col.total"), &l.total).Cells
	}
	return t
}

func dayStats(p *page, d *report.DayReport) []ui.StatProps {
	return []ui.StatProps{
		{Label: p.T("office.days.revenue"), Value: p.Money(d.Revenue), Note: p.T("office.days.revenue_note")},
		{Label: p.T("office.days.receipts"), Value: p.Int(d.Receipts), Note: p.T("office.days.average", "amount", p.Money(d.Average))},
		{Label: p.T("office.days.prepaid"), Value: p.Money(d.PrepaidSold()), Note: p.T("office.days.prepaid_note")},
		{Label: p.T("office.shifts.over_short"), Value: p.MoneySigned(d.Shifts.OverShort), Note: p.T("office.days.shifts_note", "closed", d.Shifts.Closed, "open", d.Shifts.Open)},
	}
}

// dayDetail is one date with all that belongs to it.
type dayDetail struct {
	span      report.Span
	d         report.DayReport
	ties      []report.Tie
	shifts    []till.Shift
	counts    []till.Count
	filter    report.PaymentFilter
	payments  []report.Payment
	registers map[id.ID]tenant.Register
	staff     map[id.ID]string
	now       clock.Instant
	first     string
	next      string
}

func (f *office) dayPage(w http.ResponseWriter, r *http.Request, p *page) error {
	date := dateIn(r.PathValue("date"))
	if date == "" {
		return web.ErrNoRoute
	}
	span, err := f.spanOf(r, p)
	if err != nil {
		return err
	}
	v := &dayDetail{span: report.Span{Shop: span.Shop, From: date, To: date}, now: f.db.Now()}
	if v.filter, err = paymentFilter(r, v.span); err != nil {
		return err
	}
	if err := f.readDay(r.Context(), p.Merchant.ID, v); err != nil {
		return err
	}
	at, err := report.ParsePaymentCursor(r.URL.Query().Get("after"), 50)
	if err != nil {
		return err
	}
	var next string
	if v.payments, next, err = report.Payments(r.Context(), f.db, p.Merchant.ID, v.filter, at); err != nil {
		return err
	}
	v.first, v.next = pager(r, next)
	return f.show(w, r, dayView(p, v))
}

func (f *office) readDay(ctx context.Context, m id.ID, v *dayDetail) error {
	var err error
	if _, v.d, err = report.Daily(ctx, f.db, m, v.span); err != nil {
		return err
	}
	if v.ties, err = report.Ties(ctx, f.db, m, v.span); err != nil {
		return err
	}
	if v.shifts, err = report.ShiftsOf(ctx, f.db, m, v.span); err != nil {
		return err
	}
	if v.counts, err = till.Counts(ctx, f.db, m, v.span.Shop, v.span.From, v.span.To); err != nil {
		return err
	}
	if v.registers, err = f.registers(ctx, m); err != nil {
		return err
	}
	v.staff, err = f.staffNames(ctx, m)
	return err
}

// paymentFilter reads what the payments of a span are narrowed by.
func paymentFilter(r *http.Request, s report.Span) (report.PaymentFilter, error) {
	q := r.URL.Query()
	out := report.PaymentFilter{Shop: s.Shop, From: s.From, To: s.To, Type: q.Get("type"), Kind: q.Get("kind")}
	for name, to := range map[string]*id.ID{"register": &out.Register, "shift": &out.Shift, "staff": &out.Staff} {
		if text := q.Get(name); text != "" {
			u, err := id.Parse(text)
			if err != nil {
				return out, err
			}
			*to = u
		}
	}
	return out, nil
}

func idText(u id.ID) string {
	if u.IsNone() {
		return ""
	}
	return u.String()
}

func (v *dayDetail) csv() string {
	return linkWith("/office/days/export/payments.csv", "at", atOf(v.span), "from", string(v.span.From), "to", string(v.span.To), "type", v.filter.Type, "kind", v.filter.Kind,
		"register", idText(v.filter.Register), "shift", idText(v.filter.Shift), "staff", idText(v.filter.Staff))
}

func (v *dayDetail) broken() (n int) {
	for _, t := range v.ties {
		if !t.Holds() {
			n++
		}
	}
	return n
}

func (v *dayDetail) shopName(p *page) string {
	if v.span.Shop.IsNone() {
		return p.T("office.days.all_shops")
	}
	return p.ShopName(v.span.Shop)
}

// tenderName is what a way of paying is called, also where it says which of its kind:
// "online:mall".
func tenderName(p *page, kind string) string {
	base, _, _ := strings.Cut(kind, ":")
	if p.Words.Has("tender." + base) {
		return p.T("tender." + kind)
	}
	return kind
}

func kindName(p *page, kind string) string {
	if key := "office.kind." + kind; p.Words.Has(key) {
		return p.T(key)
	}
	return kind
}

// payOptions are the choices of the payments' filter.
func (v *dayDetail) payOptions(p *page) (types, registers, staff, shifts []ui.Option) {
	types = []ui.Option{{Value: "", Text: p.T("office.days.all_tenders")}}
	for _, t := range v.d.Tenders {
		types = append(types, ui.Option{Value: t.Type, Text: tenderName(p, t.Type)})
	}
	registers = []ui.Option{{Value: "", Text: p.T("office.sales.all_registers")}}
	seen := map[id.ID]bool{}
	shifts = []ui.Option{{Value: "", Text: p.T("office.days.all_shifts")}}
	for _, s := range v.shifts {
		g := v.registers[s.Register]
		shifts = append(shifts, ui.Option{Value: s.ID.String(), Text: g.Series + " #" + itoa(s.No)})
		if !seen[g.ID] {
			seen[g.ID] = true
			registers = append(registers, ui.Option{Value: g.ID.String(), Text: p.ShopName(g.Shop) + " · " + g.Name})
		}
	}
	staff = []ui.Option{{Value: "", Text: p.T("office.days.all_staff")}}
	names := map[string]id.ID{}
	for u, name := range v.staff {
		names[name+"\x00"+u.String()] = u
	}
	for _, n := range sortedKeys(names) {
		staff = append(staff, ui.Option{Value: names[n].String(), Text: v.staff[names[n]]})
	}
	return types, registers, staff, shifts
}

// tieFigure is a figure of a tie: money, or a plain number for points and visits.
func tieFigure(p *page, name string, n int64) string {
	switch name {
	case "points_issued", "points_redeemed", "punches_redeemed", "shift:date":
		return p.Int(n)
	}
	return p.Money(money.Amount(n))
}

// tieName is what a figure is called: tenders by their own name.
func tieName(p *page, name string) templ.Component {
	if kind, found := cutPrefix(name, "tender:"); found {
		return ui.Text(tenderName(p, kind))
	}
	if key := "office.days.tie." + underscored(name); p.Words.Has(key) {
		return ui.Text(p.T(key))
	}
	return code(name)
}
