package salon

import (
	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/parts"
)

// Rule is the pack's logic.
type Rule struct {
	parts.Points
	parts.Ladder
	parts.TopUps
	parts.Commissions
	punches, coupons bool
	birthday         birthday
}

// birthday is the price in the month of birth.
type birthday struct {
	on, today, goods bool
	rate             rule.Rate
	category         string
}

// punchPriority puts punch visits before everything that costs money.
const punchPriority = 1000

// Configure reads the merchant's settings.
func (r *Rule) Configure(config []byte) error {
	v, err := rule.ParseConfig(config)
	if err != nil {
		return err
	}
	r.punches, r.coupons = v.Bool("punches_on", true), v.Bool("coupons_on", true)
	r.birthday = birthday{
		on:       v.Bool("birthday_on", true),
		today:    v.Text("birthday_when", "month") == "day",
		goods:    v.Bool("birthday_goods", false),
		rate:     v.Percent("birthday_percent", 200_000),
		category: v.Text("birthday_category", ""),
	}
	r.Points.Configure(v)
	r.Ladder.Configure(v, rule.FactVisits)
	r.TopUps.Configure(v)
	r.Commissions.Configure(v)
	return nil
}

// Price proposes the birthday price.
func (r *Rule) Price(in *rule.Input, out *rule.Output) error {
	b := &r.birthday
	if !b.on || !in.Member.Present || !in.Member.BirthdayMonth || b.today && !in.Member.BirthdayToday {
		return nil
	}
	var ts []rule.Target
	for i := range in.Lines {
		l := &in.Lines[i]
		if (l.Kind == rule.KindService || b.goods && l.Kind == rule.KindGoods) && (b.category == "" || l.Category == b.category) {
			ts = append(ts, rule.Target{Line: l.ID})
		}
	}
	parts.PercentPrice(out, ts, b.rate, rule.Note{Code: "birthday_price", Arg: int64(b.rate / 10_000)})
	return nil
}

// Benefit proposes to pay services with punch visits, and the coupons.
func (r *Rule) Benefit(in *rule.Input, out *rule.Output) error {
	if r.punches {
		r.punch(in, out)
	}
	if r.coupons {
		rule.ProposeCoupons(in, out)
	}
	return nil
}

// punch uses whole units only, and no visit twice.
func (r *Rule) punch(in *rule.Input, out *rule.Output) {
	for i := range in.Punches {
		p := &in.Punches[i]
		left := p.Available
		for j := range in.Lines {
			l := &in.Lines[j]
			if left <= 0 {
				break
			}
			if l.Kind != rule.KindService || l.SKU != p.SKU {
				continue
			}
			n := min(l.Quantity.Whole(), left)
			if n <= 0 {
				continue
			}
			left -= n
			units := rule.Quantity(n) * rule.One
			out.Propose(rule.Candidate{
				Kind: rule.Punch, Class: rule.ClassLine, Basis: rule.Remaining,
				Targets:  []rule.Target{{Line: l.ID, Units: units}},
				Category: "punch", Exclusive: true, Priority: punchPriority, Units: units,
				Note: rule.Note{Code: "punch_used", Arg: n, Label: l.SKU, LineNo: l.ID},
			})
		}
	}
}
