package parts

import (
	"cmp"
	"slices"

	"github.com/shopwright/shopwright/sdk/rule"
)

// Coupons says which of the coupons presented with a basket apply and how they
// stand together. Whose a coupon is, whether it is valid and used up is the core's.
//
// Settings: coupons_on, coupons_mode (as_issued: by the stacking category of the
// coupon; one: a single one; one_of_kind: one percentage, one amount, one
// product), coupons_most (in one basket; 0 is no limit), coupons_cap (the most that
// a percentage takes off), coupons_excluded (categories on which none applies),
// coupons_beside_full (false: where a full reduction takes more, no coupon).
// Notes: those of rule.ProposeCoupons, coupon_excluded, coupon_limit.
type Coupons struct {
	on, beside bool
	mode       string
	most       int64
	cap        rule.Amount
	excluded   []string
}

// Configure reads the part's settings.
func (c *Coupons) Configure(v rule.Value) {
	c.on, c.beside = v.Bool("coupons_on", true), v.Bool("coupons_beside_full", true)
	c.mode = v.Text("coupons_mode", "as_issued")
	c.most, c.cap = v.Int("coupons_most", 0), v.Amount("coupons_cap", 0)
	c.excluded = texts(v, "coupons_excluded")
	if c.mode == "one" {
		c.most = 1
	}
}

// Benefit proposes the coupons.
func (c *Coupons) Benefit(in *rule.Input, out *rule.Output) error {
	if !c.on || len(in.Coupons) == 0 {
		return nil
	}
	from := len(out.Candidates)
	rule.ProposeCoupons(in, out)
	kept := out.Candidates[:from]
	for _, x := range out.Candidates[from:] {
		if !c.exclude(in, &x) {
			out.Say(rule.Note{Code: "coupon_excluded", Arg: int64(x.Coupon)})
			continue
		}
		if x.Kind == rule.Percent {
			x.Cap = c.cap
		}
		switch {
		case !c.beside && x.Class == rule.ClassOrder:
			x.Category = fullCategory
		case c.mode == "one_of_kind":
			x.Category = kindCategory(x.Kind)
		}
		kept = append(kept, x)
	}
	out.Candidates = kept
	if c.most > 0 {
		c.limit(in, out, from)
	}
	return nil
}

func kindCategory(k rule.CandidateKind) string {
	switch k {
	case rule.Percent:
		return "coupon.percent"
	case rule.AmountOff:
		return "coupon.cash"
	}
	return "coupon.product"
}

// exclude takes the lines of excluded categories out of the targets; false where
// none is left.
func (c *Coupons) exclude(in *rule.Input, x *rule.Candidate) bool {
	hit := false
	for i := range in.Lines {
		hit = hit || contains(c.excluded, in.Lines[i].Category)
	}
	if !hit {
		return true
	}
	if len(x.Targets) == 0 {
		x.Targets = Lines(in, "")
	}
	kept := x.Targets[:0]
	for _, t := range x.Targets {
		if l := lineOf(in, t.Line); l != nil && !contains(c.excluded, l.Category) {
			kept = append(kept, t)
		}
	}
	x.Targets = kept
	return len(kept) > 0
}

// lineOf finds a line; usually they are numbered from one.
func lineOf(in *rule.Input, id uint32) *rule.Line {
	if i := int(id) - 1; i >= 0 && i < len(in.Lines) && in.Lines[i].ID == id {
		return &in.Lines[i]
	}
	for i := range in.Lines {
		if in.Lines[i].ID == id {
			return &in.Lines[i]
		}
	}
	return nil
}

// limit keeps the coupons that are worth most here, the earlier one at a tie; of
// those that exclude each other only one counts.
func (c *Coupons) limit(in *rule.Input, out *rule.Output, from int) {
	all := out.Candidates[from:]
	order := make([]int, len(all))
	worth := make([]rule.Amount, len(all))
	for i := range all {
		order[i], worth[i] = i, worthOf(in, &all[i])
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(worth[b], worth[a]) })
	taken := make([]bool, len(all))
	var names []string
	for _, i := range order {
		if len(names) < int(c.most) && !contains(names, all[i].Category) {
			names = append(names, all[i].Category)
			taken[i] = true
		}
	}
	kept := out.Candidates[:from]
	for i := range all {
		if x := all[i]; taken[i] {
			kept = append(kept, x)
		} else {
			out.Say(rule.Note{Code: "coupon_limit", Arg: c.most, Label: x.Label})
		}
	}
	out.Candidates = kept
}

// worthOf is about what a coupon takes off: what it will really take depends on
// the benefits before it, which the host applies.
func worthOf(in *rule.Input, x *rule.Candidate) rule.Amount {
	var sum rule.Amount
	if len(x.Targets) == 0 {
		sum = in.Spend()
	}
	for _, t := range x.Targets {
		l := lineOf(in, t.Line)
		if l == nil || l.Net <= 0 || l.Quantity <= 0 {
			continue
		}
		if t.Units > 0 && t.Units < l.Quantity {
			sum += rule.Amount(rule.MulDiv(int64(l.Net), int64(t.Units), int64(l.Quantity), rule.Down))
		} else {
			sum += l.Net
		}
	}
	if sum < x.Threshold {
		return 0
	}
	switch x.Kind {
	case rule.Percent:
		sum = part(sum, x.Rate)
	case rule.AmountOff:
		sum = min(sum, x.Amount)
	}
	if x.Cap > 0 {
		sum = min(sum, x.Cap)
	}
	return sum
}
