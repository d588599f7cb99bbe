package parts

import "github.com/shopwright/shopwright/sdk/rule"

// PriceCategory is the category of every price candidate: the prices of several
// packs compete, and each line gets the best one.
const PriceCategory = "price"

// PercentPrice proposes a lower unit price for the targets; without targets
// nothing, since an empty list would mean every line.
func PercentPrice(out *rule.Output, targets []rule.Target, rate rule.Rate, note rule.Note) {
	if len(targets) == 0 || rate <= 0 || rate > rule.Whole {
		return
	}
	out.Propose(rule.Candidate{
		Kind: rule.Percent, Class: rule.ClassLine, Basis: rule.Initial,
		Targets: targets, Category: PriceCategory, Exclusive: true, Rate: rate, Note: note,
	})
}

// Lines is every line of goods and services in the category; "" is any.
func Lines(in *rule.Input, category string) []rule.Target {
	if category != "" {
		return in.InCategory(category)
	}
	var ts []rule.Target
	for i := range in.Lines {
		if in.Lines[i].Merchandise() {
			ts = append(ts, rule.Target{Line: in.Lines[i].ID})
		}
	}
	return ts
}
