package demo

import (
	"context"
	"errors"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// cashierLimit is what a cashier takes off by hand; the shops allow a little more.
const cashierLimit money.Rate = 30_000

var apologies = []string{"久候致歉 kept waiting", "包装有瑕疵 dented", "新客体验 first visit"}

// paid is a way of paying that is settled before somebody comes: so much by the
// first types, all the rest by the last.
func paid(types ...string) func(*checkout.Quote) []checkout.TenderIn {
	return func(q *checkout.Quote) (out []checkout.TenderIn) {
		rest := q.Total
		for i, kind := range types {
			part := rest
			if i < len(types)-1 {
				part = rest / 2
			}
			rest -= part
			if kind == sale.TenderCash {
				part = q.CashDue(part)
			}
			if part > 0 {
				out = append(out, checkout.TenderIn{Type: kind, Amount: part})
			}
		}
		return out
	}
}

// giftCard is a card as its holder knows it.
type giftCard struct {
	number      string
	face, price money.Amount
	left        money.Amount
}

func (g *giftCard) line() checkout.LineIn {
	return checkout.LineIn{Kind: sale.LineGiftCard, Amount: g.price, Face: g.face, CardNumber: g.number}
}

// pays pays with the card as far as it goes, the rest by phone.
func (g *giftCard) pays(q *checkout.Quote) []checkout.TenderIn {
	part := min(g.left, q.Total)
	g.left -= part
	out := []checkout.TenderIn{{Type: sale.TenderGiftCard, Amount: part, Reference: g.number}}
	if rest := q.Total - part; rest > 0 {
		out = append(out, checkout.TenderIn{Type: sale.TenderQR, Amount: rest})
	}
	return out
}

// freeze stops a wallet, by the manager.
func (t *trader) freeze(p *person, reason string) error {
	return t.tx(func(ctx context.Context, tx *db.Tx) error {
		return wallet.Freeze(ctx, tx, t.m.ID, p.id, t.staff["manager"], reason)
	})
}

// hold gives a tier by hand.
func (t *trader) hold(p *person, tier string, until clock.Date, reason string) error {
	_, err := t.office().SetTier(t.as(t.ctx, "owner"), checkout.TierSet{Merchant: t.m.ID, Member: p.id, Tier: tier, Until: until, Reason: reason, Actor: t.staff["owner"]})
	return err
}

// cashOut is somebody who wants the rest of their stored value back.
func cashOut(p *person, at time.Time, reason string) visit {
	return visit{at: at, who: p, by: "manager", errand: func(ctx context.Context, l *lane) error {
		in := checkout.CashOutIn{Merchant: l.t.m.ID, Member: p.id, Register: l.register.ID, Claim: wallet.Claim{Case: wallet.CaseConsumer},
			Tender: sale.TenderQR, Reason: reason, Actor: l.t.staff["manager"], Origin: sale.OriginTill}
		q, err := l.desk.QuoteCashOut(ctx, in)
		if err != nil {
			return err
		}
		in.Expected = &q.Refund
		_, err = l.desk.CashOut(ctx, in)
		return err
	}}
}

// bringsBack is a purchase, and what is brought of it to the counter later that day.
func bringsBack(buys visit, after time.Duration, back func(ctx context.Context, l *lane, in checkout.RefundIn, s *sale.Sale) error) []visit {
	var bought *sale.Sale
	buys.then = func(s *sale.Sale) { bought = s }
	return []visit{buys, {at: buys.at.Add(after), who: buys.who, by: "manager", errand: func(ctx context.Context, l *lane) error {
		if bought == nil {
			return errors.New("nothing was bought that could come back")
		}
		return back(ctx, l, checkout.RefundIn{Merchant: l.t.m.ID, Sale: bought.ID, Register: l.register.ID, Actor: l.t.staff["manager"], Origin: sale.OriginTill}, bought)
	}}}
}

// firstLine is one piece of a sale's first line.
func firstLine(s *sale.Sale) []checkout.RefundLine {
	return []checkout.RefundLine{{Line: s.Lines[0].ID, Quantity: min(s.Lines[0].Quantity, money.One)}}
}

// refund gives back one piece, to the tenders that the plan says.
func refund(plan checkout.RefundPlan, reason string) func(context.Context, *lane, checkout.RefundIn, *sale.Sale) error {
	return func(ctx context.Context, l *lane, in checkout.RefundIn, s *sale.Sale) error {
		in.Reason, in.Lines, in.Plan = reason, firstLine(s), plan
		_, err := l.desk.Refund(ctx, in)
		return err
	}
}

// refundStated gives back one piece in stated amounts: as much as possible to the
// last tender, the rest to the first.
func refundStated(reason string) func(context.Context, *lane, checkout.RefundIn, *sale.Sale) error {
	return func(ctx context.Context, l *lane, in checkout.RefundIn, s *sale.Sale) error {
		in.Reason, in.Lines = reason, firstLine(s)
		q, err := l.desk.QuoteRefund(ctx, in)
		if err != nil {
			return err
		}
		last := s.Tenders[len(s.Tenders)-1]
		part := min(last.Amount, q.Refund.Total)
		in.Plan.Amounts = []checkout.TenderIn{{Type: last.Type, Amount: part}}
		if rest := q.Refund.Total - part; rest > 0 {
			in.Plan.Amounts = append(in.Plan.Amounts, checkout.TenderIn{Type: s.Tenders[0].Type, Amount: rest})
		}
		_, err = l.desk.Refund(ctx, in)
		return err
	}
}

// ask leaves the decision to somebody else.
func ask(reason string) func(context.Context, *lane, checkout.RefundIn, *sale.Sale) error {
	return func(ctx context.Context, l *lane, in checkout.RefundIn, s *sale.Sale) error {
		in.Reason, in.Lines, in.Actor = reason, firstLine(s), l.cashier
		_, err := l.desk.RequestRefund(ctx, in)
		return err
	}
}
