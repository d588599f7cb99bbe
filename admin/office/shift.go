package office

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/till"
)

func (f *office) mountShifts() {
	f.on("GET /office/shifts", auth.PermShift, f.shiftsPage)
	f.on("POST /office/shifts", auth.PermShift, f.shiftOpen)
	f.on("GET /office/shifts/{id}", auth.PermShift, f.shiftPage)
	f.on("POST /office/shifts/{id}/close", auth.PermShift, f.shiftClose)
	f.on("POST /office/shifts/{id}/cash", auth.PermShift, f.shiftCash)
}

type shiftList struct {
	items     []till.Shift
	registers map[id.ID]tenant.Register
	staff     map[id.ID]string
	free      []ui.Option // registers without an open shift
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
	l := &shiftList{}
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
		state := ui.Status(ui.Ok, p.T("office.shifts.open"))
		if s.State == "closed" {
			state = ui.Badge(ui.Neutral, p.T("office.shifts.closed"))
			expected, over = ui.Amount(p.Ctx, s.Expected), overShort(p, s.OverShort)
		}
		t.Rows = append(t.Rows, ui.Row(ui.Link(g.Series+" #"+itoa(s.No), "/office/shifts/"+s.ID.String()), p.ShopName(s.Shop)+" · "+g.Name, p.Date(s.BusinessDate), two(stamp(p, s.OpenedAt), l.staff[s.OpenedBy]), state, expected, over))
	}
	return t
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
	if d.register, err = tenant.GetRegister(r.Context(), f.db, p.Merchant.ID, d.s.Register); err != nil {
		return nil, err
	}
	d.staff, err = f.staffNames(r.Context(), p.Merchant.ID)
	return d, err
}

func (f *office) shiftPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readShift(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, shiftView(p, d))
}

func (d *shiftDetail) open() bool { return d.s.State == "open" }

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
			out = append(out, ui.Pair{Key: p.T("tender.cash") + " · " + p.T("office.kind."+t.Kind), Value: ui.Amount(p.Ctx, money.Amount(signed(t.Kind, int64(t.Amount))))})
		}
	}
	out = append(out, ui.Pair{Key: p.T("office.shifts.paid_in"), Value: ui.Amount(p.Ctx, d.rep.PaidIn)}, ui.Pair{Key: p.T("office.shifts.paid_out"), Value: ui.Amount(p.Ctx, -d.rep.PaidOut)},
		ui.Pair{Key: p.T("office.shifts.expected"), Value: ui.Amount(p.Ctx, d.rep.Expected)})
	if !d.open() {
		out = append(out, ui.Pair{Key: p.T("office.shifts.counted"), Value: ui.Amount(p.Ctx, d.rep.Counted)}, ui.Pair{Key: p.T("office.shifts.over_short"), Value: overShort(p, d.rep.OverShort)})
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
		t.Rows = append(t.Rows, ui.Row(p.T("tender."+v.Tender), p.T("office.kind."+v.Kind), p.Int(v.Count), ui.Amount(p.Ctx, a)))
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
		t.Rows = append(t.Rows, ui.Row(p.T("office.kind."+s.Kind), p.Int(s.Count), ui.Amount(p.Ctx, s.Subtotal), p.Money(-s.Discount), ui.Amount(p.Ctx, s.Tax), p.Int(s.Points), ui.Amount(p.Ctx, money.Amount(signed(s.Kind, int64(s.Total))))))
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
	var counted money.Amount
	if in.get("counted_cash") == "" {
		err = till.ErrBadAmount.On("counted_cash") // an empty drawer is typed as 0
	} else {
		counted, err = amountIn(p, in.get("counted_cash"), "counted_cash")
	}
	if err == nil {
		err = f.audited(r.Context(), "shift.closed", "shift", map[string]int64{"counted": int64(counted)}, func(ctx context.Context, tx *db.Tx) (string, error) {
			_, _, err := till.Close(ctx, tx, p.Merchant.ID, d.s.ID, p.Actor.ID, counted)
			return d.s.ID.String(), err
		})
	}
	if err != nil {
		in.err, d.count = err, in
		d.count.err = err
		return f.again(w, r, err, shiftView(p, d))
	}
	return done(w, r, p, "/office/shifts/"+d.s.ID.String(), "office.shifts.closed_done")
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
			_, err := till.PayIn(ctx, tx, p.Merchant.ID, d.s.Register, p.Actor.ID, amount, in.get("reason"))
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
