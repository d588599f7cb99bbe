package secondhalf

import (
	"slices"

	"github.com/shopwright/shopwright/sdk/rule"
)

// Rule is the pack's logic.
type Rule struct {
	category string
	rate     rule.Rate
	same     bool
}

// Configure reads the merchant's settings.
func (r *Rule) Configure(config []byte) error {
	v, err := rule.ParseConfig(config)
	if err != nil {
		return err
	}
	r.category, r.rate, r.same = v.Text("category", ""), v.Percent("percent", 500_000), v.Bool("same_item", false)
	return nil
}

// Benefit pairs whole units from the dearest down, and proposes the percentage for
// the second of each pair, which is never the dearer one.
func (r *Rule) Benefit(in *rule.Input, out *rule.Output) error {
	var lines []*rule.Line
	for i := range in.Lines {
		if l := &in.Lines[i]; l.Merchandise() && (r.category == "" || l.Category == r.category) && l.Quantity >= rule.One {
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(a, b *rule.Line) int {
		switch {
		case r.same && a.SKU < b.SKU, a.Unit > b.Unit && (!r.same || a.SKU == b.SKU):
			return -1
		case r.same && a.SKU > b.SKU, a.Unit < b.Unit && (!r.same || a.SKU == b.SKU):
			return 1
		}
		return 0
	})
	first := true // the next unit is the first of a pair
	for i, l := range lines {
		if r.same && i > 0 && lines[i-1].SKU != l.SKU {
			first = true
		}
		n := l.Quantity.Whole()
		second := n / 2
		if !first {
			second = (n + 1) / 2
		}
		first = first == (n%2 == 0)
		if second == 0 {
			continue
		}
		out.Propose(rule.Candidate{
			Kind: rule.Percent, Class: rule.ClassLine, Basis: rule.Remaining, Category: "second_half", Exclusive: true, Rate: r.rate,
			Targets: []rule.Target{{Line: l.ID, Units: rule.Quantity(second) * rule.One}},
			Note:    rule.Note{Code: "second_half", Arg: second, Label: r.rate.PercentText(), LineNo: l.ID},
		})
	}
	return nil
}
