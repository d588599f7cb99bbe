package office

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/till"
)

func (f *office) mountShifts() {
	f.on("GET /office/shifts", auth.PermShift, f.shiftsPage)
	f.on("POST /office/shifts", auth.PermShift, f.shiftOpen)
	f.on("GET /office/shifts/{id}", auth.PermShift, f.shiftPage)
	f.on("POST /office/shifts/{id}/close", auth.PermShift, f.shiftClose)
	f.on("POST /office/shifts/{id}/cash", auth.PermShift, f.shiftCash)
	f.mountDays()
}

type shiftList struct {
	items     []till.Shift
	registers map[id.ID]tenant.Register
	staff     map[id.ID]string
	free      []ui.Option // registers without an open shift
	now       clock.Instant
	in        form
	first     string
	next      string
}

func (f *office) readShifts(r *http.Request, p *page) (*shiftList, error) {
	at, err := pageOf(r, 30)
	if err != nil {
		return nil, err
	}
	ctx, m := r.Context(), p.Merchant.ID
	l := &shiftList{now: f.db.Now()}
	rows, err := till.List(ctx, f.db, m, id.None, at)
	if err != nil {
		return nil, err
	}
	var next string
	l.items, next = db.Cut(at, rows, func(s till.Shift) id.ID { return s.ID })
	l.first, l.next = pager(r, next)
	if l.registers, err = f.registers(ctx, m); err != nil {
		return nil, err
	}
	if l.staff, err = f.staffNames(ctx, m); err != nil {
		return nil, err
	}
	list, err := tenant.ListRegisters(ctx, f.db, m)
	for _, g := range list {
		if _, err := till.OpenShift(ctx, f.db, m, g.ID); fault.ReasonIs(err, till.ErrNoShift.Reason) && !g.Archived {
			l.free = append(l.free, ui.Option{Value: g.ID.String(), Text: p.ShopName(g.Shop) + " · " + g.Name + " " + g.Series})
		}
	}
	return l, err
}

func (f *office) shiftsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l, err := f.readShifts(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, shiftsView(p, l))
}

func (l *shiftList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.shifts.title"), HideCaption: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.shifts.shift")}, {Title: p.T("office.col.register")}, {Title: p.T("office.sales.business_date")}, {Title: p.T("office.shifts.opened")},
			{Title: p.T("office.col.state"), Key: true}, {Title: p.T("office.shifts.expected"), Numeric: true}, {Title: p.T("office.shifts.over_short"), Numeric: true}},
		Empty: ui.EmptyState{Icon: "cash", Title: p.T("office.shifts.none"), Text: p.T("office.shifts.none_text")}}
	for _, s := range l.items {
		g := l.registers[s.Register]
		expected, over := templ.Component(ui.Text("–")), templ.Component(ui.Text("–"))
		if !s.IsOpen() {
			expected, over = ui.Amount(p.Ctx, s.Expected), overShort(p, s.OverShort)
		}
		t.Rows = append(t.Rows, ui.Row(ui.Link(g.Series+" #"+itoa(s.No), "/office/shifts/"+s.ID.String()), p.ShopName(s.Shop)+" · "+g.Name, p.Date(s.BusinessDate), two(stamp(p, s.OpenedAt), l.staff[s.OpenedBy]), shiftState(p, &s, l.now), expected, over))
	}
	return t
}

// shiftState says whether a shift is open, and whether it should not be any more.
func shiftState(p *page, s *till.Shift, now clock.Instant) templ.Component {
	switch {
	case !s.IsOpen():
		return ui.Badge(ui.Neutral, p.T("office.shifts.closed"))
	case s.Overdue(zoneOf(p, s.Shop), now):
		return ui.Badge(ui.Warn, p.T("office.shifts.overdue"))
	}
	return ui.Status(ui.Ok, p.T("office.shifts.open"))
}

func zoneOf(p *page, shop id.ID) clock.Zone {
	for _, s := range p.Shops {
		if s.ID == shop {
			return s.Zone
		}
	}
	return clock.Zone{}
}

// overShort marks what is missing or too much.
func overShort(p *page, a money.Amount) templ.Component {
	switch {
	case a == 0:
		return ui.Badge(ui.Ok, p.Money(0))
	case a < 0:
		return ui.Badge(ui.Bad, p.Money(a))
	}
	return ui.Badge(ui.Warn, p.MoneySigned(a))
}

func (f *office) shiftOpen(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	var opened till.Shift
	register, err := in.id("register")
	if err == nil {
		opened, err = f.openShift(r.Context(), p, register, in.get("float"))
	}
	if err != nil {
		l, readErr := f.readShifts(r, p)
		if readErr != nil {
			return readErr
		}
		in.err, l.in = err, in
		l.in.err = err
		return f.again(w, r, err, shiftsView(p, l))
	}
	return done(w, r, p, "/office/shifts/"+opened.ID.String(), "office.shifts.opened_done")
}

func (f *office) openShift(ctx context.Context, p *page, register id.ID, typed string) (till.Shift, error) {
	float, err := amountIn(p, typed, "float")
	if err != nil {
		return till.Shift{}, err
	}
	g, err := tenant.GetRegister(ctx, f.db, p.Merchant.ID, register)
	if err != nil {
		return till.Shift{}, err
	}
	shop, err := tenant.GetShop(ctx, f.db, p.Merchant.ID, g.Shop)
	if err != nil {
		return till.Shift{}, err
	}
	var s till.Shift
	err = f.audited(ctx, "shift.opened", "shift", map[string]int64{"float": int64(float)}, func(ctx context.Context, tx *db.Tx) (string, error) {
		var err error
		s, err = till.Open(ctx, tx, p.Merchant.ID, register, p.Actor.ID, shop.Zone, float)
		return s.ID.String(), err
	})
	return s, err
}

// amountIn reads a typed amount; nothing typed is nothing.
func amountIn(p *page, typed, field string) (money.Amount, error) {
	if typed == "" {
		return 0, nil
	}
	a, err := ui.ParseMoney(p.Currency, typed)
	if err != nil {
		return 0, fault.Of(err).On(field)
	}
	return a, nil
}

type shiftDetail struct {
	s        till.Shift
	rep      till.Report
	register tenant.Register
	staff    map[id.ID]string
	moves    []till.Move
	overdue  bool
	count    form
	cash     form
}

func (f *office) readShift(r *http.Request, p *page) (*shiftDetail, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	d := &shiftDetail{}
	if d.rep, d.s, err = till.X(r.Context(), f.db, p.Merchant.ID, u); err != nil {
		return nil, err
	}
	if d.rep, err = f.maybeBlind(r.Context(), p, d.rep, &d.s); err != nil {
		return nil, err
	}
	if d.moves, err = till.Moves(r.Context(), f.db, p.Merchant.ID, u); err != nil {
		return nil, err
	}
	if d.register, err = tenant.GetRegister(r.Context(), f.db, p.Merchant.ID, d.s.Register); err != nil {
		return nil, err
	}
	d.overdue = d.s.Overdue(zoneOf(p, d.s.Shop), f.db.Now())
	d.staff, err = f.staffNames(r.Context(), p.Merchant.ID)
	return d, err
}

// maybeBlind hides what is expected from whoever is to count the drawer blind:
// everybody who may not see the reports anyway.
func (f *office) maybeBlind(ctx context.Context, p *page, rep till.Report, s *till.Shift) (till.Report, error) {
	if rep.Final || p.Actor.May(auth.PermReports) {
		return rep, nil
	}
	settings, err := setting.All(ctx, f.db, p.Merchant.ID, s.Shop, s.Register)
	if err == nil && setting.TillBlindCount.In(settings) {
		return rep.Blind(), nil
	}
	return rep, err
}

func (f *office) shiftPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readShift(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, shiftView(p, d))
}

func (d *shiftDetail) open() bool { return d.s.IsOpen() }

func (d *shiftDetail) title(p *page) string {
	key := "office.shifts.x"
	if !d.open() {
		key = "office.shifts.z"
	}
	return p.T(key) + " " + d.register.Series + " #" + itoa(d.s.No)
}

func (d *shiftDetail) head(p *page) []ui.Pair {
	out := []ui.Pair{
		{Key: p.T("office.shop"), Value: ui.Text(dash(p.ShopName(d.s.Shop)))}, {Key: p.T("office.col.register"), Value: ui.Text(d.register.Name)},
		{Key: p.T("office.sales.business_date"), Value: ui.Text(p.Date(d.s.BusinessDate))},
		{Key: p.T("office.shifts.opened"), Value: two(ui.At(p.Ctx, d.s.OpenedAt), d.staff[d.s.OpenedBy])},
	}
	if !d.open() {
		out = append(out, ui.Pair{Key: p.T("office.shifts.closed_at"), Value: two(ui.At(p.Ctx, d.s.ClosedAt), d.staff[d.s.ClosedBy])})
	}
	return out
}

func (d *shiftDetail) cashPairs(p *page) []ui.Pair {
	out := []ui.Pair{{Key: p.T("office.shifts.float"), Value: ui.Amount(p.Ctx, d.rep.Float)}}
	for _, t := range d.rep.Tenders {
		if t.Tender == sale.TenderCash {
			out = append(out, ui.Pair{Key: p.T("tender.cash") + " · " + kindName(p, t.Kind), Value: ui.Amount(p.Ctx, money.Amount(signed(t.Kind, int64(t.Amount))))})
		}
	}
	out = append(out, ui.Pair{Key: p.T("office.shifts.paid_in"), Value: ui.Amount(p.Ctx, d.rep.PaidIn)}, ui.Pair{Key: p.T("office.shifts.paid_out"), Value: ui.Amount(p.Ctx, -d.rep.PaidOut)})
	if !d.rep.Hidden {
		out = append(out, ui.Pair{Key: p.T("office.shifts.expected"), Value: ui.Amount(p.Ctx, d.rep.Expected)})
	}
	if !d.open() {
		for _, n := range d.rep.Counts {
			out = append(out, ui.Pair{Key: p.Money(n.Value) + " × " + p.Int(n.Pieces), Value: ui.Amount(p.Ctx, n.Amount())})
		}
		out = append(out, ui.Pair{Key: p.T("office.shifts.counted"), Value: ui.Amount(p.Ctx, d.rep.Counted)}, ui.Pair{Key: p.T("office.shifts.over_short"), Value: two(overShort(p, d.rep.OverShort), d.rep.OffReason)})
	}
	return out
}

// openText says what becomes of the sales that have not ended.
func (d *shiftDetail) openText(p *page) string {
	key := "office.shifts.open_sales"
	if !d.open() {
		key = "office.shifts.carried"
	}
	return p.T(key, "count", d.rep.Open.Count, "amount", p.Money(d.rep.Open.Amount))
}

func (d *shiftDetail) moveTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.shifts.cash_move"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.shifts.out_for")}, {Title: p.T("office.col.reason")}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}}}
	for _, v := range d.moves {
		what := "–"
		if v.Category != "" {
			what = p.T("till.category." + v.Category)
		}
		t.Rows = append(t.Rows, ui.Row(two(stamp(p, v.At), d.staff[v.Actor]), what, v.Reason, ui.Amount(p.Ctx, v.Amount)))
	}
	return t
}

func categoryChoices(p *page) []ui.Option {
	var out []ui.Option
	for _, c := range till.Categories() {
		out = append(out, ui.Option{Value: c, Text: p.T("till.category." + c)})
	}
	return out
}

func (d *shiftDetail) tenderTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.today.tenders"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.col.tender")}, {Title: p.T("office.col.kind")}, {Title: p.T("office.col.count"), Numeric: true}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "sale", Title: p.T("office.shifts.no_sales")}}
	var sum money.Amount
	for _, v := range d.rep.Tenders {
		a := money.Amount(signed(v.Kind, int64(v.Amount)))
		sum += a
		t.Rows = append(t.Rows, ui.Row(tenderName(p, v.Tender), kindName(p, v.Kind), p.Int(v.Count), ui.Amount(p.Ctx, a)))
	}
	if len(t.Rows) > 1 {
		t.Foot = []templ.Component{ui.Text(p.T("office.col.total")), ui.Text(""), ui.Text(""), ui.Amount(p.Ctx, sum)}
	}
	return t
}

func (d *shiftDetail) sumTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.shifts.documents"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.col.kind")}, {Title: p.T("office.col.count"), Numeric: true}, {Title: p.T("office.sales.subtotal"), Numeric: true}, {Title: p.T("office.sales.discount"), Numeric: true},
			{Title: p.T("office.sales.tax"), Numeric: true}, {Title: p.T("office.col.points"), Numeric: true}, {Title: p.T("office.col.total"), Numeric: true, Key: true}},
		Empty: ui.EmptyState{Icon: "sale", Title: p.T("office.shifts.no_sales")}}
	for _, s := range d.rep.Summaries {
		t.Rows = append(t.Rows, ui.Row(kindName(p, s.Kind), p.Int(s.Count), ui.Amount(p.Ctx, s.Subtotal), p.Money(-s.Discount), ui.Amount(p.Ctx, s.Tax), p.Int(s.Points), ui.Amount(p.Ctx, money.Amount(signed(s.Kind, int64(s.Total))))))
	}
	return t
}

func (f *office) shiftClose(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readShift(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	closing, err := closingOf(p, in, d.s.ID)
	if err == nil {
		var rep till.Report
		counted := map[string]int64{}
		err = f.audited(r.Context(), "shift.closed", "shift", counted, func(ctx context.Context, tx *db.Tx) (string, error) {
			var err error
			var closed till.Shift
			if rep, closed, err = till.CloseWith(ctx, tx, p.Merchant.ID, closing); err == nil {
				err = checkout.PrintShift(ctx, tx, p.Merchant.ID, closed)
			}
			counted["counted"], counted["over_short"] = int64(rep.Counted), int64(rep.OverShort)
			return d.s.ID.String(), err
		})
	}
	if err != nil {
		if err := fault.Of(err); err.Param == "reason" {
			in.err = err.On("reason_off")
		}
		if in.err == nil {
			in.err = err
		}
		d.count = in
		return f.again(w, r, err, shiftView(p, d))
	}
	return done(w, r, p, "/office/shifts/"+d.s.ID.String(), "office.shifts.closed_done")
}

// closingOf reads the count: pieces, a sum, or both where they agree.
func closingOf(p *page, in form, shift id.ID) (till.Closing, error) {
	out := till.Closing{Shift: shift, Actor: p.Actor.ID, Currency: p.Currency, Reason: in.get("reason_off")}
	for _, n := range till.Denominations(p.Currency) {
		name := "n" + itoa(int64(n.Value))
		typed := in.get(name)
		if typed == "" {
			continue
		}
		pieces, err := strconv.ParseInt(typed, 10, 64)
		if err != nil {
			return out, till.ErrPieces.On(name).With("value", p.Currency.Format(n.Value)).With("limit", int64(till.MaxPieces))
		}
		out.Counts = append(out.Counts, till.Count{Value: n.Value, Pieces: pieces})
	}
	if typed := in.get("counted_cash"); typed != "" {
		counted, err := amountIn(p, typed, "counted_cash")
		if err != nil {
			return out, err
		}
		out.Counted = &counted
	}
	return out, nil // an empty drawer is typed as 0
}

// shiftCash books cash put in or taken out.
func (f *office) shiftCash(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readShift(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	amount, err := amountIn(p, in.get("amount"), "amount")
	if err == nil && amount < 0 {
		err = till.ErrBadAmount.On("amount") // the direction is chosen, not typed
	}
	if in.get("direction") == "out" {
		amount = -amount
	}
	if err == nil {
		err = f.audited(r.Context(), "shift.cash_moved", "shift", map[string]int64{"amount": int64(amount)}, func(ctx context.Context, tx *db.Tx) (string, error) {
			_, err := till.Pay(ctx, tx, p.Merchant.ID, d.s.Register, till.Move{Shift: d.s.ID, Amount: amount, Category: in.get("category"), Reason: in.get("reason"), Actor: p.Actor.ID})
			return d.s.ID.String(), err
		})
	}
	if err != nil {
		in.err, d.cash = err, in
		d.cash.err = err
		return f.again(w, r, err, shiftView(p, d))
	}
	return done(w, r, p, "/office/shifts/"+d.s.ID.String(), "office.saved")
}
