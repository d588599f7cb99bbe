package checkout

import (
	"context"
	"fmt"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tax"
)

// Kinds of adjustment that a person makes.
const (
	adjustManual = "manual" // a discount by hand
	adjustDrop   = "drop"   // the bill made round
)

// byHand takes off what a person gives, after the packs and before points, tier
// and commission, which look at what is really paid. Whoever may adjust gives
// what they like, anybody else up to the shop's limits. Faults:
// checkout.discount_needs_manager, checkout.bad_discount.
func (s *stage) byHand(ctx context.Context, l *loaded) error {
	b := &s.q.Basket
	free := auth.Require(ctx, auth.PermAdjust) == nil
	limit := money.Rate(setting.DiscountLimit.In(l.settings))
	for i, d := range b.Discounts {
		at := fmt.Sprintf("discounts[%d]", i)
		lines, net := s.discounted(d.Line)
		base := total(net)
		off := d.Amount
		if d.Rate > 0 {
			off = base.Times(d.Rate, setting.Rounding(l.settings))
		}
		if off > base {
			return ErrDiscount.On(at + ".amount")
		}
		if !free && off > base.Times(limit, money.Down) {
			return ErrNeedsManager.On(at).With("limit", limit.String())
		}
		s.takeOff(lines, net, off, sale.Adjustment{Kind: adjustManual, Code: adjustManual, Label: d.Reason, Arg: int64(d.Rate)})
	}
	if b.Drop == 0 {
		return nil
	}
	lines, net := s.discounted(0)
	switch {
	case b.Drop > total(net) || !s.q.Inclusive && s.taxed(l, lines): // tax that comes on top would make it odd again
		return ErrDiscount.On("drop")
	case !free && int64(b.Drop) > setting.DropLimit.In(l.settings):
		return ErrNeedsManager.On("drop").With("limit", s.q.Currency.Format(money.Amount(setting.DropLimit.In(l.settings))))
	}
	s.takeOff(lines, net, b.Drop, sale.Adjustment{Kind: adjustDrop, Code: adjustDrop})
	return nil
}

// taxed reports whether any of the lines is taxed.
func (s *stage) taxed(l *loaded, lines []int) bool {
	def := tax.Default{Rate: setting.DefaultTaxRate(l.settings)}
	for _, i := range lines {
		if rate, _ := l.rates.For(s.q.Lines[i].TaxCategory, s.In.Date, def); rate > 0 {
			return true
		}
	}
	return false
}

// discounted lists the lines that a discount by hand lowers (of = 0: the bill),
// with what is left of each. Prepaid lines are never sold below their price.
func (s *stage) discounted(of int) (lines []int, net []money.Amount) {
	for i := range s.q.Lines {
		if k := s.q.Lines[i].Kind; (of == 0 || of == i+1) && (k == sale.LineGoods || k == sale.LineService) {
			lines, net = append(lines, i), append(net, s.In.Lines[i].Net)
		}
	}
	return lines, net
}

func total(as []money.Amount) (t money.Amount) {
	for _, a := range as {
		t += a
	}
	return t
}

// takeOff allocates an amount to lines, as any order-level benefit.
func (s *stage) takeOff(lines []int, net []money.Amount, off money.Amount, adj sale.Adjustment) {
	shares, _ := money.Allocate(off, net, net)
	for _, a := range s.q.Adjustments {
		adj.Group = max(adj.Group, a.Group)
	}
	adj.Group++
	for k, i := range lines {
		if shares[k] == 0 {
			continue
		}
		adj.Line, adj.Amount = s.q.Lines[i].ID, -shares[k]
		s.q.Adjustments = append(s.q.Adjustments, adj)
		s.q.Lines[i].Net -= shares[k]
		s.TakeOff(uint32(i+1), shares[k])
	}
}
