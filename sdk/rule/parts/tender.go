package parts

import "github.com/shopwright/shopwright/sdk/rule"

// OwnTenders says what a member's points and stored value may pay of a sale.
// Where a setting restricts nothing there is no limit at all.
//
// Settings: points_pay_on, points_pay_percent (of what goods and services cost),
// points_pay_most (of one sale; 0 is no limit), points_pay_step (whole multiples of
// this), points_pay_min (from this sum on), points_pay_first (false: not at the
// first purchase), points_pay_tiers (tier, percent), points_pay_excluded
// (categories); stored_value_on, stored_value_percent, stored_value_excluded,
// stored_value_cards (false: not for punch cards), stored_value_order (default,
// proportional, principal, bonus). Notes: points_pay, points_pay_min,
// points_pay_first, stored_value_pay. Fact: the last visit, for points_pay_first.
type OwnTenders struct {
	points, value payLimit
	tiers         []tierRate
	first, cards  bool
	min           rule.Amount
	consume       rule.Consumption
}

type payLimit struct {
	on         bool
	rate       rule.Rate
	most, step rule.Amount
	excluded   []string
}

// Configure reads the part's settings.
func (o *OwnTenders) Configure(v rule.Value) {
	o.points = payLimit{v.Bool("points_pay_on", false), v.Percent("points_pay_percent", rule.Whole),
		v.Amount("points_pay_most", 0), v.Amount("points_pay_step", 0), texts(v, "points_pay_excluded")}
	o.value = payLimit{v.Bool("stored_value_on", false), v.Percent("stored_value_percent", rule.Whole), 0, 0, texts(v, "stored_value_excluded")}
	o.min, o.first, o.cards = v.Amount("points_pay_min", 0), v.Bool("points_pay_first", true), v.Bool("stored_value_cards", true)
	o.tiers = o.tiers[:0]
	for _, x := range v.List("points_pay_tiers") {
		o.tiers = append(o.tiers, tierRate{x.Text("tier", ""), x.Percent("percent", 0)})
	}
	o.consume = rule.ConsumeDefault
	switch v.Text("stored_value_order", "default") {
	case "proportional":
		o.consume = rule.ConsumeProportional
	case "principal":
		o.consume = rule.ConsumePrincipal
	case "bonus":
		o.consume = rule.ConsumeBonus
	}
}

// Tender proposes the limits.
func (o *OwnTenders) Tender(in *rule.Input, out *rule.Output) error {
	if !in.Member.Present {
		return nil
	}
	if o.points.on {
		o.limitPoints(in, out)
	}
	if o.value.on {
		o.limitValue(in, out)
	}
	return nil
}

func (o *OwnTenders) limitPoints(in *rule.Input, out *rule.Output) {
	p := o.points
	for i := range o.tiers {
		if o.tiers[i].tier == in.Member.Tier {
			p.rate = o.tiers[i].rate
			break
		}
	}
	base, cut := p.base(in, func(l *rule.Line) bool { return l.Merchandise() })
	n := rule.Note{Code: "points_pay", Arg: percent(p.rate)}
	switch {
	case !o.first && firstVisit(in):
		out.Limit(rule.TenderLimit{Tender: rule.TenderPoints, Note: rule.Note{Code: "points_pay_first"}})
		return
	case in.Spend() < o.min:
		out.Limit(rule.TenderLimit{Tender: rule.TenderPoints, Note: rule.Note{Code: "points_pay_min", Money: o.min}})
		return
	case p.rate >= rule.Whole && p.most == 0 && p.step == 0 && !cut:
		return
	}
	most := part(base, p.rate)
	if p.most > 0 {
		most = min(most, p.most)
	}
	if p.step > 0 {
		n.Money = most - most%p.step
	} else {
		n.Money = most
	}
	out.Limit(rule.TenderLimit{Tender: rule.TenderPoints, Most: most, Step: p.step, Note: n})
}

func (o *OwnTenders) limitValue(in *rule.Input, out *rule.Output) {
	p := o.value
	base, cut := p.base(in, func(l *rule.Line) bool {
		return l.Merchandise() || o.cards && l.Kind == rule.KindPunchCard
	})
	most := part(base, p.rate)
	if p.rate >= rule.Whole && !cut {
		if o.consume == rule.ConsumeDefault {
			return
		}
		most = rule.Max // the order alone: how much is not the pack's
	}
	n := rule.Note{Code: "stored_value_pay", Arg: percent(p.rate), Money: most}
	if most == rule.Max {
		n = rule.Note{Code: "stored_value_order"}
	}
	out.Limit(rule.TenderLimit{Tender: rule.TenderStoredValue, Consume: o.consume, Most: most, Note: n})
}

// base is what the lines cost that the tender may pay for, and whether any line is
// left out.
func (p *payLimit) base(in *rule.Input, pays func(*rule.Line) bool) (sum rule.Amount, cut bool) {
	for i := range in.Lines {
		l := &in.Lines[i]
		if !pays(l) || contains(p.excluded, l.Category) {
			cut = true
			continue
		}
		if l.Net > 0 {
			sum += l.Net
		}
	}
	return sum, cut
}
