package rules

import (
	"fmt"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/sdk/rule"
)

// ErrStored: bytes that were kept as a rule's input and are none.
var ErrStored = fault.New(fault.Invalid, "rules.stored_input_malformed")

// DecodeInput reads stored input bytes: what a module saw, with the defaults of
// the fields that the message is too old to have. Fault:
// rules.stored_input_malformed.
func DecodeInput(b []byte) (promotion.Input, error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	if err := rule.DecodeInput(b, string(b), &s.in); err != nil {
		return promotion.Input{}, ErrStored.Wrap(err)
	}
	return fromInput(&s.in), nil
}

// fromInput is the reverse of toInput.
func fromInput(r *rule.Input) promotion.Input {
	m := &r.Member
	in := promotion.Input{
		Hook: promotion.Hook(r.Hook), Now: clock.Instant(r.Now), Date: dateText(r.Date), Weekday: int(r.Weekday), MinuteOfDay: int(r.MinuteOfDay), Seed: r.Seed,
		Currency: money.Currency{Code: r.Currency, Digits: int32(r.CurrencyDigits)}, Rounding: money.Rounding(r.Rounding), Shop: r.Shop,
		Member: promotion.MemberView{Present: m.Present, Tier: m.Tier, BirthdayMonth: m.BirthdayMonth, BirthdayToday: m.BirthdayToday, JoinedDays: int(m.JoinedDays), Points: m.Points},
		Lines: mapped(r.Lines, func(l *rule.Line) promotion.LineView {
			return promotion.LineView{ID: l.ID, Kind: promotion.LineKind(l.Kind), SKU: l.SKU, Category: l.Category, Quantity: money.Quantity(l.Quantity),
				Unit: money.UnitPrice(l.Unit), Gross: money.Amount(l.Gross), Net: money.Amount(l.Net), Cost: money.Amount(l.Cost),
				HasStaff: l.HasStaff, StaffLevel: l.StaffLevel, Visits: l.Visits, Bonus: money.Amount(l.Bonus), Points: l.Points}
		}),
		Coupons: mapped(r.Coupons, func(c *rule.Coupon) promotion.CouponView {
			return promotion.CouponView{Ref: c.Ref, Kind: promotion.CouponKind(c.Kind), Rate: money.Rate(c.Rate), Amount: money.Amount(c.Amount),
				SKU: c.SKU, Category: c.Category, MinSpend: money.Amount(c.MinSpend), Stacking: c.Stacking}
		}),
		Punches: mapped(r.Punches, func(p *rule.PunchBalance) promotion.PunchView {
			return promotion.PunchView{SKU: p.SKU, Available: p.Available}
		}),
		Facts: mapped(r.Facts, func(f *rule.Fact) promotion.FactValue {
			return promotion.FactValue{FactRef: promotion.FactRef{Kind: promotion.FactKind(f.Kind), WindowDays: int(f.WindowDays), Shop: f.Scope == rule.ScopeShop}, Value: f.Value}
		}),
		Tiers: mapped(r.Tiers, func(t *rule.Tier) promotion.TierView {
			return promotion.TierView{Code: t.Code, Rank: int(t.Rank)}
		}),
		Prizes: mapped(r.Prizes, func(p *rule.Prize) promotion.PrizeView {
			return promotion.PrizeView{Code: p.Code, Left: p.Left}
		}),
	}
	v := &r.Event
	in.Event = promotion.EventView{Kind: promotion.EventKind(v.Kind), Level: int(v.Level), Value: v.Value, Amount: money.Amount(v.Amount), At: clock.Instant(v.At), Label: v.Label}
	if b := &r.Refund; *b != (rule.Refund{}) {
		in.Refund = promotion.RefundView{Present: true, Days: int(b.Days), Full: b.Full, Amount: money.Amount(b.Amount), Points: b.Points}
	}
	return in
}

// dateText is the reverse of dateNumber.
func dateText(d rule.Date) clock.Date {
	if d == 0 {
		return ""
	}
	return clock.Date(fmt.Sprintf("%04d-%02d-%02d", d/10000, d/100%100, d%100))
}
