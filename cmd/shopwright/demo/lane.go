package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
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
		s, err := l.serve(ctx, &visits[i])
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

// serve rings up and takes the money, as the register's screen does: a quote
// first, then the sale on that quote.
func (l *lane) serve(ctx context.Context, v *visit) (*sale.Sale, error) {
	l.clock.Set(v.at)
	b := checkout.Basket{Merchant: l.t.m.ID, Shop: l.t.shop.ID, Register: l.register.ID, Lines: v.lines}
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
	if len(q.Fallbacks) > 0 {
		return nil, fmt.Errorf("a rule failed: %+v", q.Fallbacks[0])
	}
	r := rand.New(rand.NewPCG(v.seed, 7))
	l.clock.Advance(time.Duration(20+r.IntN(60)) * time.Second)
	s, err := l.desk.Complete(ctx, checkout.SaleIn{Basket: q.Basket, QuoteRef: q.Ref, ExpectedTotal: &q.Total, Tenders: l.tenders(q, v, r), Actor: l.cashier, Origin: sale.OriginTill})
	if err != nil {
		return nil, err
	}
	l.t.tick()
	return s, nil
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
		} else if yuan := min(q.Wallet.Points/q.PointsPerUnit, int64(due)/100); yuan >= 3 && r.Float64() < 0.3 {
			pay(sale.TenderPoints, money.Amount(yuan*100))
		}
	}
	if due == 0 {
		return out
	}
	switch x := r.Float64(); {
	case x < 0.60:
		pay(sale.TenderQR, due)
	case x < 0.74:
		pay(sale.TenderCard, due)
	case x < 0.78 && due > 4000:
		pay(sale.TenderQR, due/2/100*100)
		pay(sale.TenderCash, handed(due, r))
	default:
		pay(sale.TenderCash, handed(due, r))
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
			_, err := till.PayIn(ctx, tx, l.t.m.ID, l.register.ID, l.cashier, -money.Amount(1000*(1+r.IntN(6))), "桶装水 drinking water")
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
		_, _, err := till.Close(ctx, tx, l.t.m.ID, l.shift, l.cashier, counted)
		return err
	})
}
