package tax

import (
	"slices"

	"github.com/shopwright/shopwright/core/money"
)

// Rounding says where tax is rounded.
type Rounding uint8

const (
	RoundLines Rounding = iota // each line by itself
	RoundTotal                 // once per rate, on the sum of its lines
)

// Policy is how a shop computes tax.
type Policy struct {
	Inclusive bool           // prices contain the tax
	At        Rounding       // where it is rounded
	Mode      money.Rounding // how
}

// Line is what the tax of a line depends on.
type Line struct {
	Net     money.Amount // after every discount
	Rate    money.Rate
	Name    string // of the rate, as receipts print it
	Prepaid bool   // not taxed, and in no breakdown
}

// Share is what a document's lines of one rate amount to. Base + Tax is what is
// paid for them.
type Share struct {
	Name string
	Rate money.Rate
	Base money.Amount // without tax
	Tax  money.Amount
}

// Result is the tax of a document.
type Result struct {
	Lines  []money.Amount // per line, in their order
	Rates  []Share        // highest rate first, then by name
	Tax    money.Amount
	Base   money.Amount // of all taxed lines, without tax
	Amount money.Amount // what the document comes to: all lines, tax included
}

// Compute taxes the lines of a document. A line of rate zero has no tax; it stands
// in the breakdown where its rate has a name ("zero-rated"). Fault: money.overflow.
func Compute(p Policy, lines []Line) (Result, error) {
	out := Result{Lines: make([]money.Amount, len(lines))}
	var err error
	switch p.At {
	case RoundTotal:
		err = taxTotals(p, lines, out.Lines)
	default:
		for i, l := range lines {
			if l.taxed() {
				if !money.Fits(int64(l.Net)) {
					return Result{}, money.ErrOverflow
				}
				out.Lines[i] = l.Net.MulDiv(int64(l.Rate), l.per(p), p.Mode)
			}
		}
	}
	if err != nil {
		return Result{}, err
	}
	stored := make([]Stored, len(lines))
	nets := make([]money.Amount, len(lines))
	for i, l := range lines {
		stored[i] = Stored{Line: l, Tax: out.Lines[i]}
		nets[i] = l.Net
	}
	out.Rates = Breakdown(p.Inclusive, stored)
	for _, s := range out.Rates {
		out.Tax += s.Tax
		out.Base += s.Base
	}
	if out.Amount, err = money.Sum(nets...); err != nil {
		return Result{}, err
	}
	if !p.Inclusive {
		out.Amount, err = money.Sum(out.Amount, out.Tax)
	}
	return out, err
}

func (l *Line) taxed() bool { return l.Rate > 0 && !l.Prepaid }

// shown reports whether the line belongs to a row of the breakdown.
func (l *Line) shown() bool { return !l.Prepaid && (l.Rate > 0 || l.Name != "") }

// per is what the net amount is divided by, after it was multiplied by the rate.
func (l *Line) per(p Policy) int64 {
	if p.Inclusive {
		return int64(money.Whole + l.Rate)
	}
	return int64(money.Whole)
}

// key is what makes lines one row of the breakdown.
type key struct {
	rate money.Rate
	name string
}

// taxTotals rounds once per rate and name, and gives the lines their shares.
func taxTotals(p Policy, lines []Line, out []money.Amount) error {
	groups := map[key][]int{}
	for i := range lines {
		if l := &lines[i]; l.taxed() {
			k := key{l.Rate, l.Name}
			groups[k] = append(groups[k], i)
		}
	}
	for k, of := range groups {
		nets := make([]money.Amount, len(of))
		for j, i := range of {
			nets[j] = lines[i].Net
		}
		shares, _, err := money.Spread(nets, int64(k.rate), lines[of[0]].per(p), p.Mode)
		if err != nil {
			return err
		}
		for j, i := range of {
			out[i] = shares[j]
		}
	}
	return nil
}

// Stored is a line with the tax that it was given when it was sold.
type Stored struct {
	Line
	Tax money.Amount
}

// Breakdown sums stored lines up per rate: of a sale what Compute answered, of a
// refund the portions that it gives back.
func Breakdown(inclusive bool, lines []Stored) []Share {
	at := map[key]int{}
	var out []Share
	for i := range lines {
		l := &lines[i]
		if !l.shown() {
			continue
		}
		k := key{l.Rate, l.Name}
		n, known := at[k]
		if !known {
			n, at[k] = len(out), len(out)
			out = append(out, Share{Name: l.Name, Rate: l.Rate})
		}
		out[n].Tax += l.Tax
		out[n].Base += l.Net
		if inclusive {
			out[n].Base -= l.Tax
		}
	}
	slices.SortStableFunc(out, func(a, b Share) int {
		if a.Rate != b.Rate {
			return int(b.Rate - a.Rate)
		}
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}
