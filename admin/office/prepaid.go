package office

import (
	"context"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// prepaidPart is a prepaid line of a sale of which something was used.
type prepaidPart struct {
	name   string
	groups []wallet.Prepaid     // top-ups and visits
	card   *wallet.GiftCardView // gift cards
}

// caseView is what one case gives back.
type caseView struct {
	wallet.Case
	refund, withheld money.Amount
	payments         []wallet.Payment
	err              error // why this case cannot be chosen
}

// usedParts reads what is left of the prepaid lines of a sale that were partly used.
func (f *office) usedParts(ctx context.Context, p *page, s *sale.Sale, states map[id.ID]sale.LineState) (out []prepaidPart, err error) {
	var cards []wallet.GiftCard
	groups := make([][]wallet.Prepaid, len(s.Lines))
	asks := []db.Ask{wallet.AskGiftCardsOf(s.Merchant, s.ID, false, &cards)}
	for i := range s.Lines {
		l := &s.Lines[i]
		st := states[l.ID]
		if st.Rest() > 0 && (l.Kind == sale.LineTopUp || l.Kind == sale.LinePunchCard) {
			asks = append(asks, wallet.AskPrepaid(s.Merchant, s.Member, l.ID, &groups[i]))
		}
	}
	if err := f.db.Batch(ctx, asks...); err != nil {
		return nil, err
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		st := states[l.ID]
		switch {
		case st.Rest() <= 0:
		case len(groups[i]) > 0 && groups[i][0].Used() != 0:
			out = append(out, prepaidPart{name: lineName(p, l), groups: groups[i]})
		case l.Kind == sale.LineGiftCard:
			for k := range cards {
				if cards[k].Line != l.ID {
					continue
				}
				v, err := wallet.GetGiftCard(ctx, f.db, s.Merchant, cards[k].ID)
				if err != nil {
					return nil, err
				}
				if v.Available() < v.Face {
					out = append(out, prepaidPart{name: lineName(p, l), card: &v})
				}
			}
		}
	}
	return out, nil
}

// work computes what each case would give back of the used parts with what was
// typed.
func (v *refundView) work(p *page, now clock.Instant) error {
	if len(v.parts) == 0 {
		return nil
	}
	claim, list, err := claimIn(p, v.in)
	if err != nil {
		claim, list = wallet.Claim{}, 0 // the form says what is wrong with it
	}
	var groups []wallet.Prepaid
	var cards money.Amount
	for _, part := range v.parts {
		groups = append(groups, part.groups...)
		if c := part.card; c != nil && c.Face > 0 {
			cards += c.Price.MulDiv(int64(c.Available()), int64(c.Face), money.Down)
		}
	}
	v.cases = casesOf(claim, list, groups, now)
	for i := range v.cases { // a gift card gives its share of the price in every case
		v.cases[i].refund += cards
	}
	return nil
}

// casesOf computes every case on the same top-ups, to be compared.
func casesOf(claim wallet.Claim, list money.Amount, groups []wallet.Prepaid, now clock.Instant) []caseView {
	for i := range groups {
		groups[i].UsedAtList = list
	}
	out := make([]caseView, len(wallet.Cases))
	for i, kind := range wallet.Cases {
		c := claim
		c.Case, c.At = kind, now
		st, err := wallet.Calculate(c, groups)
		out[i] = caseView{Case: kind, refund: st.Refund, payments: st.Payments, err: err}
		for _, pay := range st.Payments {
			out[i].withheld += pay.Withheld
		}
	}
	return out
}

// claimIn reads the case with its figures. Faults: those of amounts and rates.
func claimIn(p *page, in form) (claim wallet.Claim, list money.Amount, err error) {
	claim.Case = wallet.Case(in.get("case"))
	if list, err = amountIn(p, in.get("used_at_list"), "used_at_list"); err != nil {
		return claim, 0, err
	}
	if s := in.get("share"); s != "" {
		if claim.Share, err = percent(plainNumber(s)); err != nil {
			return claim, 0, fault.Of(err).On("share")
		}
	}
	claim.Amount, err = amountIn(p, in.get("amount"), "amount")
	return claim, list, err
}

// prepaidFigure writes an amount of a top-up, or a number of visits.
func prepaidFigure(p *page, g *wallet.Prepaid, n money.Amount) string {
	if g.Visits() {
		return p.T("office.member.visits", "n", int64(n))
	}
	return p.Money(n)
}

// prepaidName says what a group is: a top-up, or visits of something.
func prepaidName(p *page, g *wallet.Prepaid, names map[id.ID]string) string {
	if !g.Visits() {
		return p.T("office.line.top_up")
	}
	unit, _ := punchSKU(g.Unit)
	return p.T("office.wallet.visits", "name", dash(names[unit]))
}

// unitNames names what visits are counted in: plans, and services of cards
// without one.
func (f *office) unitNames(ctx context.Context, m id.ID, units []id.ID) (map[id.ID]string, error) {
	out := map[id.ID]string{}
	if len(units) == 0 {
		return out, nil
	}
	skus, err := f.skus(ctx, m, units)
	if err != nil {
		return nil, err
	}
	for _, s := range skus {
		out[s.ID] = s.Name
	}
	var plans []catalog.PunchPlan
	if err := f.db.Batch(ctx, catalog.AskPlans(m, units, &plans)); err != nil {
		return nil, err
	}
	for i := range plans {
		out[plans[i].ID] = plans[i].Name
	}
	return out, nil
}

// partPairs says of a used part what was paid, what was used and what is left.
func partPairs(p *page, part *prepaidPart) []ui.Pair {
	text := func(key, value string) ui.Pair { return ui.Pair{Key: p.T(key), Value: ui.Text(value)} }
	if c := part.card; c != nil {
		return []ui.Pair{text("office.refund.paid", p.Money(c.Price)), text("office.refund.face", p.Money(c.Face)), text("office.refund.used", p.Money(c.Face-c.Available())), text("office.refund.left", p.Money(c.Available()))}
	}
	var out []ui.Pair
	for i := range part.groups {
		g := &part.groups[i]
		out = append(out, text("office.refund.paid", p.Money(g.Paid)), text("office.refund.used", prepaidFigure(p, g, g.Used())), text("office.refund.left", prepaidFigure(p, g, g.PrincipalLeft)))
		if g.Bonus != 0 {
			out = append(out, text("office.refund.bonus_left", prepaidFigure(p, g, g.BonusLeft)))
		}
	}
	return out
}
