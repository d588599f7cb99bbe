package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
)

func (f *office) mountSales() {
	f.on("GET /office/sales", auth.PermReports, f.salesPage)
	f.on("GET /office/sales/{id}", "", f.salePage) // whoever sells may ask for a refund there
	f.on("GET /office/sales/{id}/why", auth.PermReports, f.whyPage)
	f.on("POST /office/sales/{id}/print", auth.PermDevices, f.salePrint)
	f.mountRefunds()
}

const salesAtOnce = 50

type saleList struct {
	filter    sale.Filter
	items     []sale.Sale
	members   map[id.ID]string
	registers map[id.ID]tenant.Register
	member    string // name of the member that is filtered by
	first     string
	next      string
}

func (f *office) salesPage(w http.ResponseWriter, r *http.Request, p *page) error {
	at, err := pageOf(r, salesAtOnce)
	if err != nil {
		return err
	}
	ctx, m, q := r.Context(), p.Merchant.ID, r.URL.Query()
	l := saleList{filter: sale.Filter{From: dateIn(q.Get("from")), To: dateIn(q.Get("to")), Kind: q.Get("kind")}}
	for name, to := range map[string]*id.ID{"at": &l.filter.Shop, "register": &l.filter.Register, "member": &l.filter.Member, "shift": &l.filter.Shift} {
		if s := q.Get(name); s != "" {
			if *to, err = id.Parse(s); err != nil {
				return err
			}
		}
	}
	rows, err := sale.List(ctx, f.db, m, l.filter, at)
	if err != nil {
		return err
	}
	var next string
	l.items, next = db.Cut(at, rows, saleID)
	l.first, l.next = pager(r, next)
	people := []id.ID{}
	if !l.filter.Member.IsNone() {
		people = append(people, l.filter.Member)
	}
	for i := range l.items {
		if u := l.items[i].Member; !u.IsNone() {
			people = append(people, u)
		}
	}
	if l.members, err = member.Names(ctx, f.db, m, people); err != nil {
		return err
	}
	l.member = l.members[l.filter.Member]
	if l.registers, err = f.registers(ctx, m); err != nil {
		return err
	}
	return f.show(w, r, salesView(p, &l))
}

// dateIn takes a date of an address; what is none does not narrow.
func dateIn(s string) clock.Date {
	if d := clock.Date(s); !d.Time().IsZero() {
		return d
	}
	return ""
}

func (f *office) registers(ctx context.Context, m id.ID) (map[id.ID]tenant.Register, error) {
	list, err := tenant.ListRegisters(ctx, f.db, m)
	out := map[id.ID]tenant.Register{}
	for _, g := range list {
		out[g.ID] = g
	}
	return out, err
}

func (l *saleList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.sales.title"), HideCaption: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.col.receipt")}, {Title: p.T("office.col.date")}, {Title: p.T("office.col.kind")}, {Title: p.T("office.col.member")},
			{Title: p.T("office.col.register")}, {Title: p.T("office.sales.discount"), Numeric: true}, {Title: p.T("office.col.total"), Numeric: true, Key: true}},
		Empty: ui.EmptyState{Icon: "sale", Title: p.T("office.sales.none"), Text: p.T("office.sales.none_text")}}
	for i := range l.items {
		s := &l.items[i]
		who := templ.Component(ui.Text("–"))
		if !s.Member.IsNone() {
			who = ui.Link(memberName(p, l.members[s.Member]), "/office/members/"+s.Member.String())
		}
		kind := kindBadge(p, s.Kind)
		if s.Fallbacks != "" {
			kind = rowOf(kind, ui.Badge(ui.Warn, p.T("office.sales.fallback")))
		}
		t.Rows = append(t.Rows, ui.Row(saleLink(s.ReceiptNumber(), s.ID), ui.At(p.Ctx, s.OccurredAt), kind, who, dash(l.registers[s.Register].Name),
			p.Money(-s.Discount), ui.Amount(p.Ctx, money.Amount(signed(s.Kind, int64(s.Total))))))
	}
	return t
}

func (l *saleList) registerOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.sales.all_registers")}}
	byName := map[string]tenant.Register{}
	for _, g := range l.registers {
		byName[p.ShopName(g.Shop)+" · "+g.Name+" "+g.Series] = g
	}
	for _, n := range sortedKeys(byName) {
		out = append(out, ui.Option{Value: byName[n].ID.String(), Text: n})
	}
	return out
}

// saleDetail is a document with everything that belongs to it.
type saleDetail struct {
	s        *sale.Sale
	states   map[id.ID]sale.LineState
	related  []sale.Sale // refunds of it, or the sale that it refunds
	member   string
	staff    map[id.ID]string
	register tenant.Register
	paper    string // receipt.HTML, which escapes
	jobs     []device.JobRecord
	in       form
	pending  id.ID // a refund request that waits for it
	parts    saleParts
}

func (f *office) readSale(ctx context.Context, p *page, u id.ID) (*saleDetail, error) {
	m := p.Merchant.ID
	s, err := sale.Get(ctx, f.db, m, u)
	if err != nil {
		return nil, err
	}
	d := &saleDetail{s: s, states: map[id.ID]sale.LineState{}}
	var states []sale.LineState
	asks := []db.Ask{sale.AskStates(m, u, false, &states)}
	of := &sale.Sale{}
	if !s.Of.IsNone() {
		asks = append(asks, sale.AskWhole(m, s.Of, of)[0])
	}
	if err := f.db.Batch(ctx, asks...); err != nil {
		return nil, err
	}
	for _, v := range states {
		d.states[v.Line] = v
	}
	if of.ID.IsNone() {
		d.related, err = sale.List(ctx, f.db, m, sale.Filter{Of: u}, db.Page{Limit: 50})
	} else {
		d.related = []sale.Sale{*of}
	}
	if err != nil {
		return nil, err
	}
	if d.staff, err = f.staffNames(ctx, m); err != nil {
		return nil, err
	}
	if !s.Member.IsNone() {
		names, err := member.Names(ctx, f.db, m, []id.ID{s.Member})
		if err != nil {
			return nil, err
		}
		d.member = memberName(p, names[s.Member])
	}
	if d.register, err = tenant.GetRegister(ctx, f.db, m, s.Register); err != nil {
		return nil, err
	}
	if d.jobs, _, err = device.ListJobs(ctx, f.db, m, device.JobFilter{Sale: u}, db.Page{Limit: 20}); err != nil {
		return nil, err
	}
	if d.pending, err = f.pendingOf(ctx, m, u); err != nil {
		return nil, err
	}
	if d.parts, err = f.readParts(ctx, p, s); err != nil {
		return nil, err
	}
	if s.State == sale.StateCompleted {
		doc, err := f.o.Receipts.Document(ctx, m, u, p.Ctx.Locale, 0)
		if err != nil {
			return nil, err
		}
		d.paper = receipt.HTML(doc)
	}
	return d, nil
}

func (f *office) staffNames(ctx context.Context, m id.ID) (map[id.ID]string, error) {
	list, err := auth.ListStaff(ctx, f.db, m)
	out := map[id.ID]string{}
	for _, s := range list {
		out[s.ID] = s.Name
	}
	return out, err
}

func (f *office) salePage(w http.ResponseWriter, r *http.Request, p *page) error {
	if err := mayAny(r.Context(), auth.PermReports, auth.PermSell); err != nil {
		return err
	}
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	d, err := f.readSale(r.Context(), p, u)
	if err != nil {
		return err
	}
	return f.show(w, r, saleView(p, d))
}

// lineName is a line's name in the reader's language.
func lineName(p *page, l *sale.Line) string {
	switch l.Kind {
	case sale.LineTopUp:
		return p.T("office.line.top_up")
	case sale.LinePunchCard:
		return p.T("office.line.punch_card", "name", l.Name, "n", l.Visits)
	case sale.LineGiftCard:
		return p.T("office.line.gift_card", "number", maskedNumber(l.CardNumber))
	case sale.LineGift:
		return p.T("office.line.gift", "name", l.Name)
	case sale.LineCashOut:
		if l.Visits > 0 {
			return p.T("office.line.cash_out_visits", "n", l.Visits)
		}
		return p.T("office.line.cash_out")
	}
	return l.Name
}

func (d *saleDetail) lineTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.sales.lines"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.col.quantity"), Numeric: true}, {Title: p.T("office.col.price"), Numeric: true}, {Title: p.T("office.sales.gross"), Numeric: true},
			{Title: p.T("office.sales.net"), Numeric: true, Key: true}, {Title: p.T("office.sales.refunded"), Numeric: true}}}
	for i := range d.s.Lines {
		l := &d.s.Lines[i]
		sub := d.lineNotes(p, l)
		back := "–"
		if st := d.states[l.ID]; st.Refunded > 0 {
			back = st.Refunded.String()
		}
		t.Rows = append(t.Rows, ui.Row(two(ui.Text(lineName(p, l)), strings.Join(sub, " · ")), l.Quantity.String(), price(p, l.UnitPrice), ui.Amount(p.Ctx, l.Gross), ui.Amount(p.Ctx, l.Net), back))
	}
	return t
}

func (d *saleDetail) sums(p *page) []ui.Pair {
	s := d.s
	out := []ui.Pair{{Key: p.T("office.sales.subtotal"), Value: ui.Amount(p.Ctx, s.Subtotal)}}
	add := func(key string, a money.Amount) {
		if a != 0 {
			out = append(out, ui.Pair{Key: p.T(key), Value: ui.Amount(p.Ctx, a)})
		}
	}
	if s.Discount != 0 {
		out = append(out, ui.Pair{Key: p.T("office.sales.discount"), Value: ui.Text(p.Money(-s.Discount))})
	}
	out = append(out, d.taxPairs(p)...)
	add("office.sales.rounding", s.CashRounding)
	out = append(out, ui.Pair{Key: p.T("office.col.total"), Value: ui.Amount(p.Ctx, s.Total)})
	for _, t := range s.Tenders {
		out = append(out, ui.Pair{Key: p.T("tender." + t.Type), Value: tenderCell(p, t)})
	}
	add("office.sales.change", s.Change)
	return out
}

func tenderCell(p *page, t sale.Tender) templ.Component {
	note := t.Reference
	if t.Points > 0 {
		note = p.T("office.sales.points", "n", t.Points)
	}
	return two(ui.Amount(p.Ctx, t.Tendered), note)
}

func (d *saleDetail) facts(p *page) []ui.Pair {
	s := d.s
	out := []ui.Pair{
		{Key: p.T("office.col.date"), Value: ui.At(p.Ctx, s.OccurredAt)},
		{Key: p.T("office.sales.business_date"), Value: ui.Text(p.Date(s.BusinessDate))},
		{Key: p.T("office.shop"), Value: ui.Text(dash(p.ShopName(s.Shop)))},
		{Key: p.T("office.col.register"), Value: ui.Text(d.register.Name)},
		{Key: p.T("office.sales.cashier"), Value: ui.Text(dash(d.staff[s.Actor]))},
	}
	if d.member != "" {
		out = append(out, ui.Pair{Key: p.T("office.col.member"), Value: ui.Link(d.member, "/office/members/"+s.Member.String())})
	}
	if s.Reason != "" {
		out = append(out, ui.Pair{Key: p.T("office.col.reason"), Value: ui.Text(s.Reason)})
	}
	if s.Points != 0 {
		out = append(out, ui.Pair{Key: p.T("office.col.points"), Value: ui.Text(p.Int(signed(s.Kind, s.Points)))})
	}
	if s.Commission != 0 && p.Actor.May(auth.PermReports) {
		out = append(out, ui.Pair{Key: p.T("office.sales.commission"), Value: ui.Amount(p.Ctx, money.Amount(signed(s.Kind, int64(s.Commission))))})
	}
	if s.TierAfter != s.TierBefore {
		out = append(out, ui.Pair{Key: p.T("office.col.tier"), Value: ui.Text(dash(s.TierBefore) + " → " + dash(s.TierAfter))})
	}
	return out
}

// refundable reports whether anything of the sale is left.
func (d *saleDetail) refundable() bool {
	if d.s.Kind != sale.KindSale || d.s.State != sale.StateCompleted {
		return false
	}
	for _, st := range d.states {
		if st.Rest() > 0 {
			return true
		}
	}
	return false
}

func (d *saleDetail) untouched() bool { return d.refundable() && len(d.related) == 0 }

func (d *saleDetail) relatedSteps(p *page) []ui.Step {
	var out []ui.Step
	for i := range d.related {
		s := &d.related[i]
		tone := ui.Bad
		if s.Kind == sale.KindSale {
			tone = ui.Ok
		}
		out = append(out, ui.Step{Tone: tone, Title: p.T("office.kind."+s.Kind) + " " + s.ReceiptNumber(), Text: s.Reason,
			Time: rowOf(ui.At(p.Ctx, s.OccurredAt), ui.Link(p.T("office.open"), "/office/sales/"+s.ID.String())), Amount: p.Money(money.Amount(signed(s.Kind, int64(s.Total))))})
	}
	return out
}

// salePrint prints the document once more, marked as a duplicate.
func (f *office) salePrint(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	s, err := sale.Get(r.Context(), f.db, p.Merchant.ID, u)
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "receipt.reprinted", "sale", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		_, err := device.ReprintSale(ctx, tx, p.Merchant.ID, s.Register, s.ID, device.KindReceipt)
		return u.String(), err
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/sales/"+u.String(), "office.sales.reprinted")
}

func relatedTitle(d *saleDetail) string {
	if d.s.Kind == sale.KindSale {
		return "office.sales.refunds"
	}
	return "office.sales.original"
}
