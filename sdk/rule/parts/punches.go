package parts

import (
	"slices"

	"github.com/shopwright/shopwright/sdk/rule"
)

// punchPriority puts punch visits before everything that costs money.
const punchPriority = 1000

// Punches pays services with the visits of the member's punch cards: whole units
// only, the dearest first, and no visit twice.
//
// Settings: punches_on, punch_hours_on, punch_hours (list of sku, days, from, to:
// visits of this service are used at these hours only), punches_most (visits of a
// service in one basket; 0 is no limit), punch_daily (a member who was here today
// uses none). Notes: punch_used, punch_closed, punch_today. Fact: the last visit,
// for punch_daily.
type Punches struct {
	on, timed, daily bool
	most             int64
	open             []punchHours
}

type punchHours struct {
	hours
	sku string
}

// Configure reads the part's settings; an error says that a time is none.
func (p *Punches) Configure(v rule.Value) error {
	p.on, p.timed, p.daily = v.Bool("punches_on", true), v.Bool("punch_hours_on", false), v.Bool("punch_daily", false)
	p.most = v.Int("punches_most", 0)
	p.open = p.open[:0]
	for _, x := range v.List("punch_hours") {
		h, err := hoursOf(x)
		if err != nil {
			return err
		}
		p.open = append(p.open, punchHours{h, x.Text("sku", "")})
	}
	return nil
}

// Benefit proposes to pay services with visits.
func (p *Punches) Benefit(in *rule.Input, out *rule.Output) error {
	if !p.on {
		return nil
	}
	if p.daily && len(in.Punches) > 0 {
		if days, ok := in.Fact(rule.FactLastVisit, 0); ok && days == 0 {
			out.Say(rule.Note{Code: "punch_today"})
			return nil
		}
	}
	for i := range in.Punches {
		b := &in.Punches[i]
		if at := p.closed(in, b.SKU); at != nil {
			if sold(in, b.SKU) {
				out.Say(rule.Note{Code: "punch_closed", Label: b.SKU})
			}
			continue
		}
		left := b.Available
		if p.most > 0 {
			left = min(left, p.most)
		}
		p.use(in, out, b.SKU, left)
	}
	return nil
}

// closed is the last of the hours of a service where it has some and none of them
// is now.
func (p *Punches) closed(in *rule.Input, sku string) (at *punchHours) {
	if !p.timed {
		return nil
	}
	for i := range p.open {
		h := &p.open[i]
		if h.sku != "" && !same(h.sku, sku) {
			continue
		}
		if h.hours.open(in) {
			return nil
		}
		at = h
	}
	return at
}

func sold(in *rule.Input, sku string) bool {
	for i := range in.Lines {
		if l := &in.Lines[i]; l.Kind == rule.KindService && l.SKU == sku {
			return true
		}
	}
	return false
}

// use spends so many visits on the lines of a service, the dearest first. Without
// enough of them for all it must not matter which was rung up first.
func (p *Punches) use(in *rule.Input, out *rule.Output, sku string, left int64) {
	var lines []*rule.Line
	for j := range in.Lines {
		if l := &in.Lines[j]; l.Kind == rule.KindService && l.SKU == sku && l.Quantity >= rule.One {
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(a, b *rule.Line) int { return cheaper(b, a) })
	for _, l := range lines {
		n := min(l.Quantity.Whole(), left)
		if n <= 0 {
			return
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
