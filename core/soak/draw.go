package soak

import (
	"context"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
)

// n draws from 0 to below most.
func (w *worker) n(most int) int { return w.rng.IntN(most) }

// one in so many.
func (w *worker) one(in int) bool { return w.rng.IntN(in) == 0 }

func (w *worker) amount(most money.Amount) money.Amount {
	return money.Amount(w.rng.Int64N(int64(most))) + 1
}

func pick[T any](w *worker, of []T) (v T) {
	if len(of) > 0 {
		v = of[w.rng.IntN(len(of))]
	}
	return v
}

func (w *worker) basket() checkout.Basket {
	return checkout.Basket{Merchant: w.w.Merchant, Shop: w.w.Shop, Register: w.w.Registers[w.no]}
}

// goods are one to five lines of what is on the shelf or done in the shop.
func (w *worker) goods() (lines []checkout.LineIn) {
	for range 1 + w.n(5) {
		l := checkout.LineIn{Quantity: money.Quantity(1+w.n(4)) * money.One}
		switch w.n(10) {
		case 0, 1, 2, 3:
			l.SKU = pick(w, w.w.Goods)
		case 4, 5, 6:
			l.SKU, l.Quantity = pick(w, w.w.Weighed), money.Quantity(1+w.n(9999))
		case 7:
			l.SKU = w.w.Scarce
		default:
			l.SKU, l.Quantity = pick(w, w.w.Services), money.Quantity(1+w.n(2))*money.One
		}
		switch w.n(3) {
		case 1:
			l.Staff = pick(w, w.w.Staff)
		case 2:
			share := money.Rate(1 + w.rng.Int64N(int64(money.Whole)-1))
			l.Splits = []staff.Share{{Staff: w.w.Staff[0], Role: staff.RolePerformer, Share: share}, {Staff: w.w.Staff[1], Role: staff.RoleSeller, Share: money.Whole - share}}
		}
		lines = append(lines, l)
	}
	return lines
}

// sell sells what is on the shelf, to a member or to nobody, for any tenders.
func (w *worker) sell(ctx context.Context) error {
	b := w.basket()
	b.Lines = w.goods()
	if !w.one(8) {
		b.Member = w.member()
		if w.one(8) {
			b.Lines = append(b.Lines, checkout.LineIn{Kind: sale.LineGift, Gift: pick(w, w.w.Gifts), Quantity: money.Quantity(1+w.n(2)) * money.One})
		}
	}
	if w.one(4) {
		if code := w.codes.pick(w); code != "" {
			b.Coupons = []string{code}
		}
	}
	switch w.n(10) {
	case 0:
		b.Discounts = []checkout.Discount{{Rate: money.Rate(1 + w.n(300_000)), Reason: "regular"}}
	case 1:
		b.Discounts = []checkout.Discount{{Line: 1, Amount: 1, Reason: "dented"}}
	case 2:
		if w.one(3) {
			b.Drop = 1
		}
	}
	return w.pay(ctx, b)
}

// prepaid sells what money is spent from later.
func (w *worker) topUp(ctx context.Context) error {
	b := w.basket()
	b.Member = w.member()
	b.Lines = []checkout.LineIn{{Kind: sale.LineTopUp, Amount: pick(w, []money.Amount{1, 999, 10_000, 33_333, 50_000, 100_000})}}
	if w.one(5) {
		b.Lines = append(b.Lines, checkout.LineIn{Kind: sale.LineTopUp, Amount: w.amount(20_000)})
	}
	return w.pay(ctx, b)
}

func (w *worker) sellPunches(ctx context.Context) error {
	b := w.basket()
	b.Member = w.member()
	l := checkout.LineIn{Kind: sale.LinePunchCard, Plan: pick(w, w.w.Plans)}
	if w.one(3) { // without a plan
		l = checkout.LineIn{Kind: sale.LinePunchCard, SKU: pick(w, w.w.Services), Amount: w.amount(50_000), Visits: 1 + w.rng.Int64N(7), FreeVisits: w.rng.Int64N(3)}
	}
	b.Lines = append(b.Lines, l)
	if w.one(3) {
		b.Lines = append(b.Lines, w.goods()[0])
	}
	return w.pay(ctx, b)
}

func (w *worker) sellGiftCard(ctx context.Context) error {
	b := w.basket()
	if w.one(2) {
		b.Member = w.member()
	}
	face := w.amount(40_000)
	b.Lines = []checkout.LineIn{{Kind: sale.LineGiftCard, Face: face, Amount: max(face-money.Amount(w.n(500)), 1)}}
	return w.pay(ctx, b)
}

// useService sells services alone, which punch cards pay where there are any.
func (w *worker) useService(ctx context.Context) error {
	b := w.basket()
	b.Member = w.member()
	b.Lines = []checkout.LineIn{{SKU: pick(w, w.w.Services), Quantity: money.Quantity(1+w.n(3)) * money.One, Staff: pick(w, w.w.Staff)}}
	return w.pay(ctx, b)
}

// pay prices a basket, draws tenders for it and sells it.
func (w *worker) pay(ctx context.Context, b checkout.Basket) error {
	var q *checkout.Quote
	if err := w.timed("quote", func() (err error) {
		q, err = w.desk.Quote(w.asManager(ctx), b)
		return err
	}); err != nil {
		return err
	}
	in := &checkout.SaleIn{Basket: b, QuoteRef: q.Ref, ExpectedTotal: &q.Total, Tenders: w.tenders(q), Actor: pick(w, w.w.Staff), Origin: sale.OriginTill}
	if w.one(2) {
		in.ID = id.New(int64(w.clock.Now())) // as a till does that may be cut off
	}
	_, err := w.send(ctx, &Call{Kind: kindSale, Sale: in})
	return err
}

// tenders splits a total among the means that there are.
func (w *worker) tenders(q *checkout.Quote) (out []checkout.TenderIn) {
	rest, value := q.Total, false
	points := q.Wallet.Points
	for i := range q.Lines {
		points -= q.Lines[i].PointsCost
		value = value || q.Lines[i].Kind == sale.LineTopUp || q.Lines[i].Kind == sale.LineGiftCard
	}
	add := func(kind, reference string, most money.Amount) {
		if most = min(most, rest); most > 0 {
			a := most
			if w.one(2) {
				a = w.amount(most)
			}
			out = append(out, checkout.TenderIn{Type: kind, Amount: a, Reference: reference})
			rest -= a
		}
	}
	if !value {
		if !q.Basket.Member.IsNone() && w.one(2) {
			add(sale.TenderStoredValue, "", q.Wallet.StoredValue())
		}
		if !q.Basket.Member.IsNone() && w.one(3) {
			add(sale.TenderPoints, "", q.PointsWorth(points))
		}
		if card := w.cards.pick(w); card != "" && w.one(4) {
			add(sale.TenderGiftCard, card, w.amount(8_000))
		}
	}
	if w.one(6) {
		add(sale.TenderCard, "", rest)
	}
	if w.one(8) {
		add(sale.TenderQR, "", rest)
	}
	switch due := q.CashDue(rest); {
	case rest > 0 && due <= 0: // no coin is that small
		out = append(out, checkout.TenderIn{Type: sale.TenderCard, Amount: rest})
	case rest > 0:
		out = append(out, checkout.TenderIn{Type: sale.TenderCash, Amount: due + money.Amount(w.n(3)*500)})
	}
	return out
}
