package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/till"
)

// lane is a register with whoever stands at it. Each has a clock of its own, so
// that the registers of a day can work at once and wait for one commit together.
type lane struct {
	t        *trader
	register tenant.Register
	cashier  id.ID
	clock    *clock.Manual
	db       *db.DB
	desk     *checkout.Desk
	shift    id.ID
}

// visit is one customer at a register.
type visit struct {
	at      time.Time
	lane    int
	who     *person // nil: nobody knows
	lines   []checkout.LineIn
	coupons []*voucher
	worth   money.Amount // about, at list prices
	seed    uint64       // of what is decided when the price is known
	plain   bool         // pays with nothing of the wallet
	back    back
	after   time.Duration // until it is brought back

	by        string                                    // login of whoever rings it up; "": the cashier
	discounts []checkout.Discount                       // given by hand
	even      bool                                      // what is below a yuan is dropped
	gift      *loyalty.Gift                             // taken where the points are there
	pays      func(*checkout.Quote) []checkout.TenderIn // nil: as people do
	then      func(*sale.Sale)                          // hears of the sale
	errand    func(context.Context, *lane) error        // instead of a sale
}

// back is what becomes of a sale afterwards.
type back uint8

const (
	keeps back = iota
	voided
	returnsOne
	returnsAll
)

// undo is a sale that will be brought back.
type undo struct {
	at   time.Time
	sale *sale.Sale
	how  back
}

func (t *trader) newLane(r tenant.Register, cashier id.ID) *lane {
	c := clock.NewManual(t.opts.End)
	view := t.DB.WithClock(c)
	return &lane{t: t, register: r, cashier: cashier, clock: c, db: view,
		desk: &checkout.Desk{DB: view, Rules: t.Rules, Packs: t.Packs, Vault: t.Vault, Log: t.Log}}
}

// work is the register's day: float, customers, count.
func (l *lane) work(ctx context.Context, open, shut time.Time, visits []visit, closes bool) error {
	r := rand.New(rand.NewPCG(l.t.opts.Seed, uint64(open.UnixMicro())+uint64(l.register.Series[len(l.register.Series)-1])))
	l.clock.Set(open.Add(-5 * time.Minute))
	err := l.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		s, err := till.Open(ctx, tx, l.t.m.ID, l.register.ID, l.cashier, l.t.zone, 30000)
		l.shift = s.ID
		return err
	})
	if err != nil {
		return err
	}
	var pending []undo
	for i := range visits {
		for len(pending) > 0 && pending[0].at.Before(visits[i].at) {
			if err := l.takeBack(ctx, pending[0]); err != nil {
				return err
			}
			pending = pending[1:]
		}
		if errand := visits[i].errand; errand != nil {
			l.clock.Set(visits[i].at)
			if err := errand(l.as(ctx, visits[i].by), l); err != nil {
				return fmt.Errorf("%s at %s: %w", l.register.Name, visits[i].at.Format(time.DateTime), err)
			}
			l.t.tick()
			continue
		}
		s, err := l.serve(l.as(ctx, visits[i].by), &visits[i])
		if err != nil {
			return fmt.Errorf("%s at %s: %w", l.register.Name, visits[i].at.Format(time.DateTime), err)
		}
		if b := visits[i].back; b != keeps {
			if at := visits[i].at.Add(visits[i].after); at.Before(shut) {
				pending = append(pending, undo{at, s, b})
			}
		}
	}
	for _, u := range pending {
		if err := l.takeBack(ctx, u); err != nil {
			return err
		}
	}
	if !closes {
		return nil
	}
	return l.close(ctx, r, shut)
}

// as makes somebody the actor; "" leaves it to the cashier, who needs no name to
// do what everybody may.
func (l *lane) as(ctx context.Context, login string) context.Context {
	if login == "" {
		return ctx
	}
	return l.t.as(ctx, login)
}

// serve rings up and takes the money, as the register's screen does: a quote
// first, then the sale on that quote.
func (l *lane) serve(ctx context.Context, v *visit) (*sale.Sale, error) {
	l.clock.Set(v.at)
	b := checkout.Basket{Merchant: l.t.m.ID, Shop: l.t.shop.ID, Register: l.register.ID, Lines: v.lines, Discounts: v.discounts}
	if v.who != nil {
		b.Member = v.who.id
	}
	for _, c := range v.coupons {
		b.Coupons = append(b.Coupons, c.code)
	}
	q, err := l.desk.Quote(ctx, b)
	if err != nil {
		return nil, err
	}
	if again := l.amend(&b, q, v); again {
		if q, err = l.desk.Quote(ctx, b); err != nil {
			return nil, err
		}
	}
	if len(q.Fallbacks) > 0 {
		return nil, fmt.Errorf("a rule failed: %+v", q.Fallbacks[0])
	}
	r := rand.New(rand.NewPCG(v.seed, 7))
	l.clock.Advance(time.Duration(20+r.IntN(60)) * time.Second)
	pays := v.pays
	if pays == nil {
		pays = func(q *checkout.Quote) []checkout.TenderIn { return l.tenders(q, v, r) }
	}
	s, err := l.desk.Complete(ctx, checkout.SaleIn{Basket: q.Basket, QuoteRef: q.Ref, ExpectedTotal: &q.Total, Tenders: pays(q), Actor: l.cashier, Origin: sale.OriginTill})
	if err != nil {
		return nil, err
	}
	if v.then != nil {
		v.then(s)
	}
	l.t.tick()
	return s, nil
}

// amend puts in what is decided when the price is on the screen: a gift for the
// points that are there, the bill made round.
func (l *lane) amend(b *checkout.Basket, q *checkout.Quote, v *visit) (again bool) {
	if g := v.gift; g != nil && q.Wallet.Points >= g.Points {
		b.Lines = append(slices.Clone(b.Lines), checkout.LineIn{Kind: sale.LineGift, Gift: g.ID, Quantity: money.One})
		again = true
	}
	if odd := q.Total % 100; v.even && odd > 0 && q.Total > 1000 {
		b.Drop, again = odd, true
	}
	return again
}

// tenders is how somebody pays: from their wallet first where they like to, then
// by phone, card or cash; some split what is left.
func (l *lane) tenders(q *checkout.Quote, v *visit, r *rand.Rand) []checkout.TenderIn {
	var out []checkout.TenderIn
	due := q.Total
	pay := func(kind string, a money.Amount) {
		if a > 0 {
			out = append(out, checkout.TenderIn{Type: kind, Amount: a})
			due -= min(a, due)
		}
	}
	prepays := false
	for i := range q.Lines {
		prepays = prepays || q.Lines[i].Kind == sale.LineTopUp || q.Lines[i].Kind == sale.LinePunchCard
	}
	if v.who != nil && !v.plain && !prepays {
		if stored := q.Wallet.StoredValue(); stored > 0 && r.Float64() < 0.8 {
			pay(sale.TenderStoredValue, min(stored, due))
		} else if yuan := min(q.Wallet.Points/q.PointsPerUnit, int64(due)/100); yuan >= 3 && v.gift == nil && r.Float64() < 0.3 {
			pay(sale.TenderPoints, money.Amount(yuan*100))
		}
	}
	if due == 0 {
		return out
	}
	x := r.Float64()
	if q.CashDue(due) == 0 {
		x = 0 // there is no coin for it
	}
	switch {
	case x < 0.60:
		pay(sale.TenderQR, due)
	case x < 0.74:
		pay(sale.TenderCard, due)
	case x < 0.78 && due > 4000:
		pay(sale.TenderQR, due/2/100*100)
		pay(sale.TenderCash, handed(q.CashDue(due), r))
	default:
		pay(sale.TenderCash, handed(q.CashDue(due), r))
	}
	return out
}

// handed is what is put on the counter: exact, or a note that covers it.
func handed(due money.Amount, r *rand.Rand) money.Amount {
	steps := []money.Amount{1, 1000, 2000, 5000, 10000}
	step := steps[r.IntN(len(steps))]
	return (due + step - 1) / step * step
}

var reasons = []string{"尺寸不合 wrong size", "买错了 bought by mistake", "包装破损 damaged", "不想要了 changed their mind"}

// takeBack voids or refunds a sale.
func (l *lane) takeBack(ctx context.Context, u undo) error {
	l.clock.Set(u.at)
	in := checkout.RefundIn{Merchant: l.t.m.ID, Sale: u.sale.ID, Reason: reasons[int(u.sale.Number)%len(reasons)], Register: l.register.ID, Actor: l.cashier, Origin: sale.OriginTill}
	var err error
	switch u.how {
	case voided:
		in.Reason = "输入有误 rung up wrongly"
		_, err = l.desk.Void(ctx, in)
	case returnsOne:
		line := &u.sale.Lines[0]
		in.Lines = []checkout.RefundLine{{Line: line.ID, Quantity: min(line.Quantity, money.One)}}
		_, err = l.desk.Refund(ctx, in)
	case returnsAll:
		_, err = l.desk.Refund(ctx, in)
	}
	if err == nil {
		l.t.tick()
	}
	return err
}

// close counts the drawer. A count is not always right.
func (l *lane) close(ctx context.Context, r *rand.Rand, shut time.Time) error {
	l.clock.Set(shut.Add(5 * time.Minute))
	if r.Float64() < 0.15 {
		err := l.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := till.Pay(ctx, tx, l.t.m.ID, l.register.ID, till.Move{Amount: -money.Amount(1000 * (1 + r.IntN(6))), Category: till.OutSupplies, Reason: "桶装水 drinking water", Actor: l.cashier})
			return err
		})
		if err != nil {
			return err
		}
	}
	rep, _, err := till.X(ctx, l.db, l.t.m.ID, l.shift)
	if err != nil {
		return err
	}
	if rep.Final {
		return errors.New("the shift was closed by somebody else")
	}
	counted := rep.Expected
	if r.Float64() < 0.18 {
		counted = max(0, counted+money.Amount([]int{-1000, -500, -200, -100, 100, 200, 500}[r.IntN(7)]))
	}
	l.clock.Advance(4 * time.Minute)
	return l.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		in := till.Closing{Shift: l.shift, Actor: l.cashier, Currency: l.t.m.Currency, Counted: &counted, Counts: pieces(l.t.m.Currency, counted)}
		if counted != rep.Expected {
			in.Reason = "找零有误 wrong change given"
		}
		_, _, err := till.CloseWith(ctx, tx, l.t.m.ID, in)
		return err
	})
}

// pieces is a drawer's content in notes and coins, nil where there is no coin for
// its last cents: then it is counted as a sum.
func pieces(c money.Currency, sum money.Amount) (out []till.Count) {
	for _, d := range till.Denominations(c) {
		if n := int64(sum / d.Value); n > 0 {
			out = append(out, till.Count{Value: d.Value, Pieces: n})
			sum -= d.Value * money.Amount(n)
		}
	}
	if sum != 0 {
		return nil
	}
	return out
}
