package soak

import (
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// claim draws on what case prepaid value is given back; most often on none.
func (w *worker) claim(always bool) wallet.Claim {
	if !always && !w.one(3) {
		return wallet.Claim{}
	}
	c := wallet.Claim{Case: pick(w, wallet.Cases)}
	if c.Case == wallet.CaseAgreement {
		if w.one(2) {
			c.Share = money.Rate(1 + w.n(int(money.Whole)))
		} else {
			c.Amount = w.amount(20_000)
		}
	}
	return c
}

// giveBack draws a refund of a sale that was made before: whole or in part, by any
// plan.
func (w *worker) giveBack(ctx context.Context) (*checkout.RefundIn, error) {
	sid := w.sales.pick(w)
	if sid.IsNone() {
		return nil, nil
	}
	of, err := sale.Get(ctx, w.desk.DB, w.w.Merchant, sid)
	if err != nil {
		return nil, err
	}
	in := &checkout.RefundIn{Merchant: w.w.Merchant, Sale: sid, Reason: "soak", Actor: w.w.Staff[0], Prepaid: w.claim(false), Origin: sale.OriginTill}
	if w.one(2) {
		in.Register = w.w.Registers[w.no]
	}
	switch w.n(4) {
	case 0:
		in.OnShort = checkout.ShortNegative
	case 1:
		in.OnShort = checkout.ShortRefuse
	}
	if !w.one(3) {
		in.Lines = w.linesOf(of)
	}
	in.Plan = w.plan(of, len(in.Lines) == 0)
	return in, nil
}

// linesOf draws quantities of some lines.
func (w *worker) linesOf(of *sale.Sale) (out []checkout.RefundLine) {
	for i := range of.Lines {
		l := &of.Lines[i]
		if w.one(3) {
			continue
		}
		q := money.Quantity(1 + w.rng.Int64N(int64(l.Quantity)))
		if l.Punches > 0 || l.Quantity%money.One == 0 {
			q = max(money.One, q/money.One*money.One)
		}
		out = append(out, checkout.RefundLine{Line: l.ID, Quantity: q})
	}
	return out
}

// plan draws to which tenders a refund goes.
func (w *worker) plan(of *sale.Sale, whole bool) (p checkout.RefundPlan) {
	var kinds []string
	sums := map[string]money.Amount{}
	for _, t := range of.Tenders {
		if sums[t.Type] == 0 {
			kinds = append(kinds, t.Type)
		}
		sums[t.Type] += t.Amount
	}
	switch w.n(4) {
	case 0: // in an order, of which the rest is left open
		p.Order = slices.Clone(kinds)
		w.rng.Shuffle(len(p.Order), func(i, k int) { p.Order[i], p.Order[k] = p.Order[k], p.Order[i] })
		if len(p.Order) > 0 {
			p.Order = p.Order[:1+w.n(len(p.Order))]
		}
	case 1: // stated
		if whole {
			for _, k := range kinds {
				p.Amounts = append(p.Amounts, checkout.TenderIn{Type: k, Amount: sums[k]})
			}
		}
	}
	return p
}

func (w *worker) refund(ctx context.Context) error {
	in, err := w.giveBack(ctx)
	if err != nil || in == nil {
		return err
	}
	_, err = w.send(ctx, &Call{Kind: kindRefund, Refund: in})
	return err
}

func (w *worker) void(ctx context.Context) error {
	sid := w.sales.last(w)
	if sid.IsNone() {
		return nil
	}
	_, err := w.send(ctx, &Call{Kind: kindVoid, Refund: &checkout.RefundIn{Merchant: w.w.Merchant, Sale: sid, Reason: "soak", Actor: w.w.Staff[0], Prepaid: w.claim(false)}})
	return err
}

func (w *worker) requestRefund(ctx context.Context) error {
	in, err := w.giveBack(ctx)
	if err != nil || in == nil {
		return err
	}
	_, err = w.send(ctx, &Call{Kind: kindRequest, Refund: in})
	return err
}

// decideRefund answers a request that waits, where there is one.
func (w *worker) decideRefund(ctx context.Context) error {
	rid := w.requests.pick(w)
	if rid.IsNone() {
		return nil
	}
	in := &checkout.Decide{Merchant: w.w.Merchant, Request: rid, Approve: !w.one(3), Note: "soak", Actor: w.w.Staff[0]}
	if w.one(4) {
		in.OnShort = checkout.ShortNegative
	}
	_, err := w.send(ctx, &Call{Kind: kindDecide, Decide: in})
	return err
}

func (w *worker) cashOut(ctx context.Context) error {
	in := &checkout.CashOutIn{Merchant: w.w.Merchant, Member: w.member(), Register: w.w.Registers[w.no], Claim: w.claim(true),
		Tender: pick(w, []string{sale.TenderCash, sale.TenderCash, sale.TenderCard, sale.TenderQR}), Reason: "soak", Actor: w.w.Staff[0], Origin: sale.OriginTill}
	if w.one(4) {
		in.UsedAtList = w.amount(5_000)
	}
	st, err := w.desk.QuoteCashOut(ctx, *in)
	if err != nil {
		return err
	}
	if len(st.Payments) > 0 && !w.one(6) { // one top-up, else all of them
		p := pick(w, st.Payments)
		in.Group = p.Group
		if st, err = w.desk.QuoteCashOut(ctx, *in); err != nil {
			return err
		}
	}
	in.Expected = &st.Refund
	_, err = w.send(ctx, &Call{Kind: kindCashOut, CashOut: in})
	return err
}

// byHandOp draws what a person does to a wallet.
func (w *worker) byHandOp(ctx context.Context) error {
	op := &WalletOp{Member: w.member(), Shop: w.w.Shop, Date: w.zone.BusinessDate(w.clock.Now())}
	c := &Call{Kind: pick(w, []string{kindTransfer, kindTransfer, kindPoints, kindBonus}), Wallet: op}
	sign := int64(1)
	if w.one(3) {
		sign = -1
	}
	switch c.Kind {
	case kindTransfer:
		for op.To.IsNone() || op.To == op.Member {
			op.To = w.member()
		}
		if w.one(4) {
			op.Points = 1 + w.rng.Int64N(40)
		}
		if op.Points == 0 || w.one(2) {
			op.Amount = w.amount(6_000)
		}
	case kindPoints:
		op.Points = sign * (1 + w.rng.Int64N(80))
	case kindBonus:
		op.Amount = money.Amount(sign) * w.amount(1_000)
	}
	if sign > 0 && w.one(2) && c.Kind != kindTransfer {
		op.Until = w.clock.Now().Add(day)
	}
	_, err := w.send(ctx, c)
	return err
}

// askAgain sends a call again that any register sent before.
func (w *worker) askAgain(ctx context.Context) error {
	c := w.recent.pick(w)
	if c == nil {
		return nil
	}
	return w.same(ctx, c)
}

var noID id.ID
