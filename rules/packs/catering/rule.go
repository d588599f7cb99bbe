package catering

import (
	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/parts"
)

// Rule is the pack's logic.
type Rule struct {
	parts.Points
	parts.Ladder
	parts.TopUps
	coupons bool
	combos  []combo
	slots   []slot
	days    []memberDay
}

// Configure reads the merchant's settings.
func (r *Rule) Configure(config []byte) error {
	v, err := rule.ParseConfig(config)
	if err != nil {
		return err
	}
	r.coupons = v.Bool("coupons_on", true)
	r.combos, r.slots, r.days = nil, nil, nil
	if v.Bool("combos_on", true) {
		for _, x := range v.List("combos") {
			c, ok := parseCombo(x)
			if !ok {
				return errItems
			}
			r.combos = append(r.combos, c)
		}
	}
	if v.Bool("slots_on", false) {
		for _, x := range v.List("slots") {
			s, ok := parseSlot(x)
			if !ok {
				return errTime
			}
			r.slots = append(r.slots, s)
		}
	}
	if v.Bool("member_days_on", false) {
		for _, x := range v.List("member_days") {
			r.days = append(r.days, memberDay{
				days:     daysOf(x.Text("weekday", "none")),
				monthDay: int(x.Int("day_of_month", 0)),
				category: x.Text("category", ""),
				rate:     x.Percent("percent", 0),
			})
		}
	}
	r.Points.Configure(v)
	r.Ladder.Configure(v, rule.FactSpend)
	r.TopUps.Configure(v)
	return nil
}

// Price proposes the prices of the hour and of the day.
func (r *Rule) Price(in *rule.Input, out *rule.Output) error {
	for i := range r.slots {
		if s := &r.slots[i]; s.open(int(in.Weekday), int(in.MinuteOfDay)) {
			parts.PercentPrice(out, parts.Lines(in, s.category), s.rate,
				rule.Note{Code: "slot_price", Arg: int64(s.rate / 10_000), Label: s.label})
		}
	}
	if !in.Member.Present {
		return nil
	}
	for i := range r.days {
		if d := &r.days[i]; d.is(in.Date) {
			parts.PercentPrice(out, parts.Lines(in, d.category), d.rate,
				rule.Note{Code: "member_day", Arg: int64(d.rate / 10_000)})
		}
	}
	return nil
}

// Benefit proposes combos and coupons.
func (r *Rule) Benefit(in *rule.Input, out *rule.Output) error {
	if len(r.combos) > 0 {
		left := make([]int64, len(in.Lines))
		for i := range in.Lines {
			if l := &in.Lines[i]; l.Merchandise() {
				left[i] = l.Quantity.Whole()
			}
		}
		for i := range r.combos {
			r.combos[i].propose(in, out, left)
		}
	}
	if r.coupons {
		rule.ProposeCoupons(in, out)
	}
	return nil
}
