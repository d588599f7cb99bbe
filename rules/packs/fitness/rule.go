package fitness

import (
	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/parts"
)

// Rule is the pack's logic.
type Rule struct {
	parts.Ladder
	parts.TopUps
	parts.Commissions
	parts.OwnTenders
	parts.Events
	parts.ReturnTerms
	points   parts.Points
	spend    parts.SpendGifts
	slots    parts.Slots
	days     parts.MemberDays
	tiers    parts.TierPrices
	members  parts.MemberPrices
	birthday parts.Birthday
	punches  parts.Punches
	combos   parts.Combos
	full     parts.FullReduction
	coupons  parts.Coupons
}

// Configure reads the merchant's settings.
func (r *Rule) Configure(config []byte) error {
	v, err := rule.ParseConfig(config)
	if err != nil {
		return err
	}
	if err := r.punches.Configure(v); err != nil {
		return err
	}
	if err := r.slots.Configure(v); err != nil {
		return err
	}
	if err := r.combos.Configure(v, false); err != nil {
		return err
	}
	r.days.Configure(v)
	r.tiers.Configure(v, true)
	r.members.Configure(v)
	r.birthday.Configure(v, false, 100_000)
	r.full.Configure(v)
	r.coupons.Configure(v)
	r.OwnTenders.Configure(v)
	r.points.Configure(v)
	r.spend.Configure(v)
	r.Ladder.Configure(v, rule.FactVisits)
	r.TopUps.Configure(v)
	r.Commissions.Configure(v)
	r.Events.Configure(v)
	r.ReturnTerms.Configure(v)
	return nil
}

// Price proposes the prices of the hour, the day and the member, the trial among
// them.
func (r *Rule) Price(in *rule.Input, out *rule.Output) error {
	return parts.All(in, out, r.slots.Price, r.days.Price, r.tiers.Price, r.members.Price, r.birthday.Price)
}

// Benefit proposes to pay classes with visits at their hours, packages, the full
// reduction and the coupons.
func (r *Rule) Benefit(in *rule.Input, out *rule.Output) error {
	return parts.All(in, out, r.punches.Benefit, r.combos.Benefit, r.full.Benefit, r.coupons.Benefit)
}

// Earn proposes points, rebates and the gifts of the sum.
func (r *Rule) Earn(in *rule.Input, out *rule.Output) error {
	return parts.All(in, out, r.points.Earn, r.spend.Earn)
}
