package parts

import "github.com/shopwright/shopwright/sdk/rule"

// Points gives points, and a part of the price back as bonus money, for what a
// member pays for goods and services.
//
// Settings: points_on, points_per_unit (points for one whole unit of the
// currency, two decimals), points_categories (list of category and times),
// rebate_percent. Notes: points, points_multiplied, rebate.
type Points struct {
	rebate rule.Rate
	on     bool
	per    int64 // hundredths of a point for one whole unit
	times  []factor
}

type factor struct {
	category string
	times    int64 // hundredths
}

// Configure reads the part's settings.
func (p *Points) Configure(v rule.Value) {
	p.on = v.Bool("points_on", true)
	p.per = v.Scaled("points_per_unit", 2, 100)
	p.rebate = v.Percent("rebate_percent", 0)
	p.times = p.times[:0]
	for _, x := range v.List("points_categories") {
		p.times = append(p.times, factor{x.Text("category", ""), x.Scaled("times", 2, 100)})
	}
}

// Earn proposes points line by line, so that a partial refund takes back what
// its lines earned. Fractions are carried from line to line: the sum is that of
// the whole sale, cut off once.
func (p *Points) Earn(in *rule.Input, out *rule.Output) error {
	p.rebates(in, out)
	if !p.on || !in.Member.Present || p.per <= 0 {
		return nil
	}
	one := in.MajorUnit() * 100 * 100
	var weight, given int64
	for i := range in.Lines {
		l := &in.Lines[i]
		if !l.Merchandise() || l.Net <= 0 {
			continue
		}
		times := p.factor(l.Category)
		weight += rule.MulDiv(int64(l.Net), p.per*times, 1, rule.Down)
		if weight > rule.Max {
			weight = rule.Max
		}
		n := weight/one - given
		if n <= 0 {
			continue
		}
		given += n
		note := rule.Note{Code: "points", Arg: n, Money: l.Net, LineNo: l.ID}
		if times != 100 {
			note.Code, note.Label = "points_multiplied", l.Category
		}
		out.Earns = append(out.Earns, rule.Earn{Line: l.ID, Points: n, Note: note})
	}
	return nil
}

// rebates gives a part of each line's price back, rounded down.
func (p *Points) rebates(in *rule.Input, out *rule.Output) {
	if p.rebate <= 0 || !in.Member.Present {
		return
	}
	for i := range in.Lines {
		l := &in.Lines[i]
		if !l.Merchandise() || l.Net <= 0 {
			continue
		}
		if a := rule.Amount(rule.MulDiv(int64(l.Net), int64(p.rebate), int64(rule.Whole), rule.Down)); a > 0 {
			out.Bonuses = append(out.Bonuses, rule.Bonus{Line: l.ID, Amount: a, Note: rule.Note{Code: "rebate", Money: a, LineNo: l.ID}})
		}
	}
}

func (p *Points) factor(category string) int64 {
	for i := range p.times {
		if p.times[i].category == category {
			return p.times[i].times
		}
	}
	return 100
}
