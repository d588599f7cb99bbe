package salon

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
	parts.ReturnTerms
	points   parts.Points
	spend    parts.SpendGifts
	birthday parts.Birthday
	days     parts.MemberDays
	slots    parts.Slots
	tiers    parts.TierPrices
	members  parts.MemberPrices
	punches  parts.Punches
	combos   parts.Combos
	multi    parts.MultiBuy
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
	r.birthday.Configure(v, true, 200_000)
	r.days.Configure(v)
	r.tiers.Configure(v, false)
	r.members.Configure(v)
	r.multi.Configure(v)
	r.full.Configure(v)
	r.coupons.Configure(v)
	r.OwnTenders.Configure(v)
	r.points.Configure(v)
	r.spend.Configure(v)
	r.Ladder.Configure(v, rule.FactVisits)
	r.TopUps.Configure(v)
	r.Commissions.Configure(v)
	r.ReturnTerms.Configure(v)
	return nil
}

// Price proposes the prices of the birthday, the day, the hour and the member.
func (r *Rule) Price(in *rule.Input, out *rule.Output) error {
	return parts.All(in, out, r.birthday.Price, r.days.Price, r.slots.Price, r.tiers.Price, r.members.Price)
}

// Benefit proposes to pay services with punch visits, packages, what several units
// bring, the full reduction, and the coupons.
func (r *Rule) Benefit(in *rule.Input, out *rule.Output) error {
	return parts.All(in, out, r.punches.Benefit, r.combos.Benefit, r.multi.Benefit, r.full.Benefit, r.coupons.Benefit)
}

// Earn proposes points, rebates and the gifts of the sum.
func (r *Rule) Earn(in *rule.Input, out *rule.Output) error {
	return parts.All(in, out, r.points.Earn, r.spend.Earn)
}
