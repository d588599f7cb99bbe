package checkout

import (
	"context"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/wallet"
)

// tenders settles what the member's own tenders may pay of the total: the
// merchant's settings, and below them what the packs let through. Where a pack
// fails the settings alone hold.
func (s *stage) tenders(ctx context.Context, l *loaded) {
	q := s.q
	if q.Total <= 0 || q.sellsValue() { // nobody tops up from what is topped up
		return
	}
	for _, c := range s.Tender(ctx, q.ownLimits(l)) {
		if c.Most = min(c.Most, q.Total); c.Most < q.Total || c.Step > 0 || c.Consume != promotion.ConsumeDefault {
			q.Limits = append(q.Limits, c)
		}
	}
	s.conclude(ctx)
}

// ownLimits are the limits that the merchant has set.
func (q *Quote) ownLimits(l *loaded) (out []promotion.TenderLimit) {
	rate, step, from := money.Rate(setting.PointsTenderRate.In(l.settings)), money.Amount(setting.PointsTenderStep.In(l.settings)), money.Amount(setting.PointsTenderFrom.In(l.settings))
	if rate < money.Whole || step > 0 || q.Total < from {
		most := q.Total.Times(rate, money.Down)
		if q.Total < from {
			most = 0
		}
		out = append(out, promotion.TenderLimit{Tender: promotion.TenderPoints, Most: most, Step: step})
	}
	var categories []string
	for c := range strings.SplitSeq(setting.StoredValueCategories.In(l.settings), ",") {
		if c = strings.TrimSpace(c); c != "" {
			categories = append(categories, c)
		}
	}
	if len(categories) > 0 {
		most := money.Amount(0)
		for i := range q.Lines {
			if line := &q.Lines[i]; slices.Contains(categories, line.Category) {
				most += line.Net
				if !q.Inclusive {
					most += line.Tax
				}
			}
		}
		out = append(out, promotion.TenderLimit{Tender: promotion.TenderStoredValue, Most: min(most, q.Total)})
	}
	return out
}

// LimitOf is what a tender may pay, nil where nothing limits it.
func (q *Quote) LimitOf(tender string) *promotion.TenderCap {
	for i := range q.Limits {
		if promotion.TenderName(q.Limits[i].Tender) == tender {
			return &q.Limits[i]
		}
	}
	return nil
}

// Payable lowers an amount to what the tender may pay.
func (q *Quote) Payable(tender string, a money.Amount) money.Amount {
	if c := q.LimitOf(tender); c != nil {
		if a = min(a, c.Most); c.Step > 0 {
			a -= a % c.Step
		}
	}
	return a
}

// allowed compares the tenders with their limits; several gift cards have one
// limit together. Fault: checkout.tender_not_allowed.
func (q *Quote) allowed(ts []sale.Tender) error {
	for i := range q.Limits {
		c := &q.Limits[i]
		name := promotion.TenderName(c.Tender)
		var paid money.Amount
		for _, t := range ts {
			if t.Type == name {
				paid += t.Amount
			}
		}
		if paid > 0 && !c.Allows(paid) {
			return ErrTenderLimit.On("tenders").With("tender", name).With("most", q.Currency.Format(c.Effective())).With("step", q.Currency.Format(c.Step))
		}
	}
	return nil
}

// Consumption names the order in which a tender's lots are spent, "" that of the
// lots themselves.
func (q *Quote) Consumption(tender string) string { return string(q.consumption(tender)) }

// consumption is the order in which stored value is spent, "" that of its lots.
func (q *Quote) consumption(tender string) wallet.Policy {
	if c := q.LimitOf(tender); c != nil && tender == sale.TenderStoredValue {
		switch c.Consume {
		case promotion.ConsumeProportional:
			return wallet.Proportional
		case promotion.ConsumePrincipal:
			return wallet.PrincipalFirst
		case promotion.ConsumeBonus:
			return wallet.BonusFirst
		}
	}
	return ""
}
