package parts

import "github.com/shopwright/shopwright/sdk/rule"

// fullCategory is where full reductions compete; one that holds for a category
// of goods alone may stand beside it in its own.
const fullCategory = "full_reduction"

// FullReduction takes something off where a sum is reached: 100 less 10.
//
// Settings: full_on, full_steps (list of spend, off or percent, category),
// full_repeat (an amount once for each full sum), full_cap (the most that a step
// takes off; 0 is no limit), full_category (of rows that name none), full_joint
// (rows of different categories add up), full_members (for members only).
// Notes: full_reduction, full_percent.
type FullReduction struct {
	on, repeat, joint, members bool
	category                   string
	cap                        rule.Amount
	steps                      []fullStep
}

type fullStep struct {
	spend, off rule.Amount
	rate       rule.Rate
	category   string
}

// Configure reads the part's settings.
func (f *FullReduction) Configure(v rule.Value) {
	f.on, f.repeat = v.Bool("full_on", false), v.Bool("full_repeat", true)
	f.joint, f.members = v.Bool("full_joint", false), v.Bool("full_members", false)
	f.category, f.cap = v.Text("full_category", ""), v.Amount("full_cap", 0)
	f.steps = f.steps[:0]
	for _, x := range v.List("full_steps") {
		f.steps = append(f.steps, fullStep{x.Amount("spend", 0), x.Amount("off", 0), x.Percent("percent", 0), x.Text("category", f.category)})
	}
	for i := range f.steps {
		if f.steps[i].category == "" {
			f.steps[i].category = f.category
		}
	}
}

// Benefit gives each step as a candidate; they exclude each other, and the host
// takes the best that the sum reaches.
func (f *FullReduction) Benefit(in *rule.Input, out *rule.Output) error {
	if !f.on || f.members && !in.Member.Present {
		return nil
	}
	b := basketOf(in)
	for i := range f.steps {
		s := &f.steps[i]
		if s.spend <= 0 || s.off <= 0 && (s.rate <= 0 || s.rate > rule.Whole) {
			continue
		}
		c := rule.Candidate{
			Kind: rule.AmountOff, Class: rule.ClassOrder, Basis: rule.Remaining, Category: fullCategory, Exclusive: true,
			Amount: s.off, Threshold: s.spend, Repeat: f.repeat, Cap: f.cap,
			Note: rule.Note{Code: "full_reduction", Arg: int64(s.spend), Money: s.off},
		}
		if s.off <= 0 {
			c.Kind, c.Amount, c.Repeat, c.Rate = rule.Percent, 0, false, s.rate
			c.Note = rule.Note{Code: "full_percent", Money: s.spend, Label: s.rate.PercentText()}
		}
		if s.category != "" {
			of := selector{category: s.category}
			if c.Targets = of.targets(b); len(c.Targets) == 0 {
				continue
			}
			if f.joint {
				c.Category = within(fullCategory, s.category)
			}
		}
		out.Propose(c)
	}
	return nil
}

// within is a category of its own inside another; the host takes 64 bytes.
func within(category, name string) string {
	s := category + ":" + name
	if len(s) <= 64 {
		return s
	}
	for n := 64; ; n-- { // never in the middle of a character
		if s[n]&0xc0 != 0x80 {
			return s[:n]
		}
	}
}
