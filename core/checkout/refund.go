package checkout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/staff"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

// RefundIn asks for lines of a sale to be taken back; no lines: all that is left.
type RefundIn struct {
	Merchant id.ID
	Sale     id.ID
	Reason   string
	Lines    []RefundLine
	Register id.ID // where the money is given back; none: where the sale was made
	Actor    id.ID
	Idem     db.Idem
	Origin   string
}

// RefundLine is a quantity of a line.
type RefundLine struct {
	Line     id.ID
	Quantity money.Quantity
}

// Refund takes lines back. The allocation that was stored with the sale decides
// every share, never today's prices; the refund that takes the rest of a line
// takes exactly what is left of it. Faults: sale.not_found,
// sale.line_not_found, sale.refund_exceeds_rest, checkout.nothing_left_to_refund,
// checkout.not_a_sale, wallet.top_up_spent, wallet.punch_card_used.
func (d *Desk) Refund(ctx context.Context, in RefundIn) (*sale.Sale, error) {
	return d.takeBack(ctx, in, sale.KindRefund)
}

// Void takes a whole sale back within its own shift. Faults: those of Refund,
// checkout.void_after_shift, checkout.void_after_refund.
func (d *Desk) Void(ctx context.Context, in RefundIn) (*sale.Sale, error) {
	in.Lines, in.Register = nil, id.None
	return d.takeBack(ctx, in, sale.KindVoid)
}

func (d *Desk) takeBack(ctx context.Context, in RefundIn, kind string) (*sale.Sale, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	if in.Reason == "" || utf8.RuneCountInString(in.Reason) > 500 {
		return nil, ErrReason.On("reason")
	}
	of, err := sale.Get(ctx, d.DB, in.Merchant, in.Sale)
	if err != nil {
		return nil, err
	}
	if of.Kind != sale.KindSale || of.State != sale.StateCompleted {
		return nil, ErrNotASale
	}
	if in.Register.IsNone() {
		in.Register = of.Register
	}
	var desk tenant.Desk
	var settings setting.Values
	if err := d.DB.Batch(ctx, tenant.AskDesk(in.Merchant, in.Register, &desk), setting.AskAll(in.Merchant, of.Shop, in.Register, &settings)); err != nil {
		return nil, err
	}
	if err := desk.Check(); err != nil {
		return nil, err
	}
	q := &Quote{Desk: desk, Currency: of.Currency, StrictShift: setting.StrictShift.In(settings), AllowNegative: setting.StockAllowNegative.In(settings), Inclusive: !addsTax(of)}
	var back *sale.Sale
	err = d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		back = &sale.Sale{Merchant: in.Merchant, Kind: kind, Of: of.ID, Reason: in.Reason, Shop: desk.Shop.ID, Register: in.Register, Member: of.Member, Actor: in.Actor, Currency: of.Currency, Origin: in.Origin}
		claim := tx.ClaimKey(in.Merchant, in.Idem)
		r := &returning{booking: newBooking(d, tx, q, back), of: of}
		r.ask()
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if err := priorOf(claim); err != nil {
			return err
		}
		if err := r.choose(in.Lines); err != nil {
			return err
		}
		if kind == sale.KindVoid {
			if err := r.mayVoid(); err != nil {
				return err
			}
		}
		if err := r.write(); err != nil {
			return err
		}
		tx.SettleKey(in.Merchant, in.Idem, back.ID)
		return nil
	})
	var again replay
	if errors.As(err, &again) {
		return d.replayed(ctx, in.Merchant, again.sale)
	}
	if err != nil {
		return nil, err
	}
	return back, nil
}

// addsTax reports whether tax came on top of the lines.
func addsTax(s *sale.Sale) bool { return s.Tax != 0 && s.Total == s.Subtotal-s.Discount+s.Tax }

// returning is one transaction's work on a refund.
type returning struct {
	*booking
	of       *sale.Sale
	states   []sale.LineState
	refunded map[string]sale.Tender
	taken    []wallet.Taken
	back     []sale.LineState // per line of the refund: what it gives back
	last     bool             // nothing is left after it
}

func (r *returning) ask() {
	r.tx.AskAll(sale.AskStates(r.of.Merchant, r.of.ID, true, &r.states), sale.AskRefundedTenders(r.of.Merchant, r.of.ID, &r.refunded))
	if r.purse != nil {
		r.purse.Ask(r.tx, r.of.ID)
		r.tx.AskAll(wallet.AskTaken(r.of.Merchant, r.of.ID, r.of.Member, &r.taken))
	}
	r.tx.AskAll(coupon.AskUsedBy(r.of.Merchant, r.of.ID, &r.coupons.rows))
	r.counter.Ask(r.tx, r.of.Merchant, r.s.Register)
}

// choose computes what comes back of each line.
func (r *returning) choose(want []RefundLine) error {
	quantity := map[id.ID]money.Quantity{}
	for i, w := range want {
		at := fmt.Sprintf("lines[%d]", i)
		st := r.state(w.Line)
		if st == nil {
			return sale.ErrLineNotFound.On(at + ".line_id")
		}
		quantity[w.Line] += w.Quantity
		if w.Quantity <= 0 {
			return ErrQuantity.On(at + ".quantity")
		}
		if quantity[w.Line] > st.Rest() {
			return sale.ErrOverRefund.On(at+".quantity").With("rest", st.Rest().String())
		}
	}
	r.last = true
	for i := range r.of.Lines {
		l := &r.of.Lines[i]
		st := r.state(l.ID)
		q := st.Rest()
		if len(want) > 0 {
			q = quantity[l.ID]
		}
		if q < st.Rest() {
			r.last = false
		}
		if q > 0 {
			r.add(l, st, q)
		}
	}
	if len(r.s.Lines) == 0 {
		return ErrNothingLeft
	}
	return nil
}

func (r *returning) state(line id.ID) *sale.LineState {
	for i := range r.states {
		if r.states[i].Line == line {
			return &r.states[i]
		}
	}
	return nil
}

// part is what belongs to the units from refunded to refunded+q of a figure of
// the whole line: computed from the start each time, so that any sequence of
// refunds adds up to the whole.
func part(whole money.Amount, st *sale.LineState, q money.Quantity) money.Amount {
	upTo := func(n money.Quantity) money.Amount { return whole.MulDiv(int64(n), int64(st.Quantity), money.HalfUp) }
	return upTo(st.Refunded+q) - upTo(st.Refunded)
}

func (r *returning) add(l *sale.Line, st *sale.LineState, q money.Quantity) {
	b := sale.LineState{Line: l.ID, Refunded: q, NetBack: part(st.Net, st, q), PointsBack: int64(part(money.Amount(st.Points), st, q)),
		PunchesBack: int64(part(money.Amount(st.Punches), st, q)), CommissionBack: part(st.Commission, st, q), TaxBack: part(st.Tax, st, q)}
	s := r.s
	line := sale.Line{ID: r.tx.NewID(), No: len(s.Lines) + 1, Kind: l.Kind, SKU: l.SKU, SKUCode: l.SKUCode, Name: l.Name, Category: l.Category, Quantity: q, UnitPrice: l.UnitPrice,
		Gross: part(l.Gross, st, q), Net: b.NetBack, TaxRate: l.TaxRate, Tax: b.TaxBack, Cost: part(l.Cost, st, q), Staff: l.Staff, Of: l.ID, Stocked: l.Stocked,
		Points: b.PointsBack, Commission: b.CommissionBack, Punches: b.PunchesBack, Visits: l.Visits, Bonus: l.Bonus}
	s.Lines = append(s.Lines, line)
	r.back = append(r.back, b)
	s.Subtotal += line.Gross
	s.Total += line.Net
	s.Tax += line.Tax
	s.Points += line.Points
	s.Commission += line.Commission
	s.Discount = s.Subtotal - s.Total
}

func (r *returning) mayVoid() error {
	if r.counter.Shift.ID.IsNone() || r.counter.Shift.ID != r.of.Shift {
		return ErrVoidLate
	}
	for i := range r.states {
		if r.states[i].Refunded > 0 {
			return ErrVoidPartial
		}
	}
	return nil
}

func (r *returning) write() error {
	s, tx, m := r.s, r.tx, r.s.Merchant
	if !r.q.Inclusive {
		s.Total += s.Tax
	}
	r.planTenders()
	if err := r.number(); err != nil {
		return err
	}
	sale.QueueInsert(tx, s)
	for _, b := range r.back {
		sale.QueueRefunded(tx, m, r.of.ID, b)
	}
	e := ledger.Entry{Shop: s.Shop, BusinessDate: s.BusinessDate, Kind: s.Kind, Sale: s.ID, Actor: s.Actor}
	if err := r.post(&e); err != nil {
		return err
	}
	if err := r.d.book.Post(tx, m, &e); err != nil {
		return err
	}
	if r.purse != nil {
		r.purse.Queue(tx)
	}
	if r.last {
		for i := range r.coupons.rows {
			coupon.QueueRestore(tx, m, &r.coupons.rows[i], r.of.ID)
		}
	}
	stock.Queue(tx, stock.Document{Merchant: m, Location: stock.Floor(m, r.of.Shop), Kind: stock.KindReturn, Sale: s.ID, Actor: s.Actor, Reason: s.Reason, AllowNegative: r.q.AllowNegative}, stockMoves(s, 1))
	r.uncredit()
	device.QueuePrint(tx, m, s.Register, s.ID, device.KindReceipt)
	emitSale(r.booking, "sale.refunded.v1")
	return nil
}

// planTenders spreads the refund over the sale's tenders in proportion to what is
// left of each, so that the last refund gives back all of every tender.
func (r *returning) planTenders() {
	var types []string
	whole := map[string]sale.Tender{}
	for _, t := range r.of.Tenders {
		w, seen := whole[t.Type]
		if !seen {
			types = append(types, t.Type)
		}
		whole[t.Type] = sale.Tender{Type: t.Type, Amount: w.Amount + t.Amount, Points: w.Points + t.Points}
	}
	rest := make([]money.Amount, len(types))
	for i, ty := range types {
		rest[i] = whole[ty].Amount - r.refunded[ty].Amount
	}
	shares, _ := money.Allocate(r.s.Total, rest, rest)
	for i, ty := range types {
		if shares[i] == 0 {
			continue
		}
		t := sale.Tender{Type: ty, Amount: shares[i], Tendered: shares[i], State: "paid"}
		if ty == sale.TenderPoints {
			t.Points = whole[ty].Points - r.refunded[ty].Points
			if shares[i] < rest[i] {
				t.Points = int64(money.Amount(t.Points).MulDiv(int64(shares[i]), int64(rest[i]), money.Down))
			}
		}
		r.s.Tenders = append(r.s.Tenders, t)
		r.s.Paid += t.Amount
	}
}

// post makes the refund's entry, the mirror of the sale's.
func (r *returning) post(e *ledger.Entry) error {
	s, ccy := r.s, r.s.Currency.Code
	for _, t := range s.Tenders {
		switch t.Type {
		case sale.TenderStoredValue:
			wallet.GiveBack(r.purse, e, r.taken, ccy, []string{ledger.ClassPrincipal, ledger.ClassBonus}, t.Amount)
		case sale.TenderPoints:
			wallet.GiveBack(r.purse, e, r.taken, ledger.UnitPoints, []string{ledger.ClassPoints}, money.Amount(t.Points))
			e.Add(house(s, ledger.UnitPoints, "points_redeemed"), -money.Amount(t.Points), nil)
			e.Add(house(s, ccy, "tender:points"), t.Amount, nil)
		default:
			e.Add(house(s, ccy, "tender:"+t.Type), t.Amount, nil)
		}
	}
	var revenue, tax money.Amount
	for i := range s.Lines {
		l := &s.Lines[i]
		o := wallet.Origin{Shop: s.Shop, Sale: r.of.ID, Line: l.Of}
		switch l.Kind {
		case sale.LineTopUp:
			if err := wallet.TakeBackTopUp(r.purse, e, o, ccy); err != nil {
				return err
			}
		case sale.LinePunchCard:
			if err := wallet.TakeBackPunches(r.purse, e, o); err != nil {
				return err
			}
			e.Add(house(s, ccy, "deferred:punches"), -l.Net, nil)
		default:
			revenue += l.Net
			tax += l.Tax
			if r.q.Inclusive {
				revenue -= l.Tax
			}
			if l.Punches > 0 {
				unit := ledger.PunchUnit(l.SKU)
				worth := wallet.WorthBack(r.purse, r.taken, unit, money.Amount(l.Punches))
				wallet.GiveBack(r.purse, e, r.taken, unit, []string{ledger.ClassPunch}, money.Amount(l.Punches))
				e.Add(house(s, unit, "punches_redeemed"), -money.Amount(l.Punches), nil)
				e.Add(house(s, ccy, "deferred:punches"), worth, nil)
				revenue += worth
			}
		}
	}
	e.Add(house(s, ccy, "sales"), -revenue, nil)
	e.Add(house(s, ccy, "tax"), -tax, nil)
	if r.purse != nil && s.Points > 0 {
		wallet.TakeBackPoints(r.tx, r.purse, e, r.of.ID, s.Points)
		e.Add(house(s, ledger.UnitPoints, "points_issued"), money.Amount(s.Points), nil)
	}
	return nil
}

// uncredit lowers the sale's own day and takes commission back as lines of its own.
func (r *returning) uncredit() {
	s, tx, m := r.s, r.tx, r.s.Merchant
	if _, visit := spendOf(r.of); visit && !s.Member.IsNone() {
		visits := int64(0)
		if r.last {
			visits = -1
		}
		spend, _ := spendOf(s)
		member.QueueDay(tx, m, s.Member, r.of.BusinessDate, r.of.Shop, -spend, visits, -s.Points)
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.Commission != 0 {
			staff.QueueCommission(tx, m, staff.CommissionEntry{Staff: l.Staff, Sale: s.ID, Line: l.ID, Amount: -l.Commission, Basis: -l.Net, Code: "claw_back", BusinessDate: s.BusinessDate})
		}
	}
}
