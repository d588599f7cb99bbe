package parts

import (
	"cmp"
	"slices"

	"github.com/shopwright/shopwright/sdk/rule"
)

// What several units of a thing bring stands in one category: on a line the best
// of it holds alone. It goes before reductions that look at the remaining sum.
const (
	multiBuyCategory = "buy_get"
	multiBuyPriority = 500
)

// MultiBuy is what several units of a thing bring: buy some and get the cheapest
// free, the second at half the price, a discount from so many pieces on. A row
// that names neither category nor SKU gives nothing: it would be the basket.
//
// Settings: buy_get_on, buy_get (list of category, sku, buy, free); nth_on, nth
// (category, sku, nth, percent: each nth unit, the cheapest ones); pieces_on,
// pieces (category, sku, count, percent: from so many units on all of them).
// Notes: buy_get, nth, pieces.
type MultiBuy struct {
	sets   []buyGet
	nth    []nth
	pieces []pieces
}

type buyGet struct {
	selector
	buy, free int64
}

type nth struct {
	selector
	each int64
	rate rule.Rate
}

type pieces struct {
	selector
	count int64
	rate  rule.Rate
}

// Configure reads the part's settings.
func (m *MultiBuy) Configure(v rule.Value) {
	m.sets, m.nth, m.pieces = m.sets[:0], m.nth[:0], m.pieces[:0]
	if v.Bool("buy_get_on", false) {
		for _, x := range v.List("buy_get") {
			m.sets = append(m.sets, buyGet{selectorOf(x), x.Int("buy", 2), x.Int("free", 1)})
		}
	}
	if v.Bool("nth_on", false) {
		for _, x := range v.List("nth") {
			m.nth = append(m.nth, nth{selectorOf(x), x.Int("nth", 2), x.Percent("percent", 0)})
		}
	}
	if v.Bool("pieces_on", false) {
		for _, x := range v.List("pieces") {
			m.pieces = append(m.pieces, pieces{selectorOf(x), x.Int("count", 2), x.Percent("percent", 0)})
		}
	}
}

// Benefit proposes what the units of the basket bring.
func (m *MultiBuy) Benefit(in *rule.Input, out *rule.Output) error {
	if len(m.sets)+len(m.nth)+len(m.pieces) == 0 {
		return nil
	}
	b := basketOf(in)
	for i := range m.sets {
		m.sets[i].propose(b, out)
	}
	for i := range m.nth {
		m.nth[i].propose(b, out)
	}
	for i := range m.pieces {
		m.pieces[i].propose(b, out)
	}
	return nil
}

// whole is the lines that match and hold whole units, the cheapest first, and how
// many units they hold. The order does not know how the lines stand in the basket.
func (s *selector) whole(b *basket) (lines []*rule.Line, units int64) {
	if s.empty() {
		return nil, 0
	}
	b.each(s, func(l *rule.Line) {
		if n := l.Quantity.Whole(); n > 0 {
			lines = append(lines, l)
			units += n
		}
	})
	slices.SortStableFunc(lines, func(a, b *rule.Line) int {
		if a.Unit == b.Unit && a.SKU != b.SKU {
			return cmp.Compare(a.SKU, b.SKU)
		}
		return cheaper(a, b)
	})
	return lines, units
}

// cheapest is so many of the cheapest units, as targets.
func cheapest(lines []*rule.Line, units int64) []rule.Target {
	var ts []rule.Target
	for _, l := range lines {
		n := min(l.Quantity.Whole(), units)
		if n <= 0 {
			break
		}
		units -= n
		ts = append(ts, rule.Target{Line: l.ID, Units: rule.Quantity(n) * rule.One})
	}
	return ts
}

// propose makes the cheapest units free, set by set over all matching lines.
func (s *buyGet) propose(b *basket, out *rule.Output) {
	if s.buy < 1 || s.free < 1 {
		return
	}
	lines, units := s.whole(b)
	for i, t := range cheapest(lines, units/(s.buy+s.free)*s.free) {
		out.Propose(rule.Candidate{
			Kind: rule.FreeUnits, Class: rule.ClassLine, Basis: rule.Remaining,
			Targets:  []rule.Target{t},
			Category: multiBuyCategory, Exclusive: true, Priority: multiBuyPriority, Units: t.Units,
			Note: rule.Note{Code: "buy_get", Arg: t.Units.Whole(), Label: lines[i].SKU, LineNo: t.Line},
		})
	}
}

func (s *nth) propose(b *basket, out *rule.Output) {
	if s.each < 2 || s.rate <= 0 || s.rate > rule.Whole {
		return
	}
	lines, units := s.whole(b)
	ts := cheapest(lines, units/s.each)
	if len(ts) == 0 {
		return
	}
	out.Propose(rule.Candidate{
		Kind: rule.Percent, Class: rule.ClassLine, Basis: rule.Remaining, Targets: ts,
		Category: multiBuyCategory, Exclusive: true, Priority: multiBuyPriority, Rate: s.rate,
		Note: rule.Note{Code: "nth", Arg: s.each, Label: s.rate.PercentText()},
	})
}

func (s *pieces) propose(b *basket, out *rule.Output) {
	if s.count < 1 || s.rate <= 0 || s.rate > rule.Whole {
		return
	}
	lines, units := s.whole(b)
	if units < s.count || len(lines) == 0 {
		return
	}
	ts := make([]rule.Target, len(lines))
	for i, l := range lines {
		ts[i] = rule.Target{Line: l.ID}
	}
	out.Propose(rule.Candidate{
		Kind: rule.Percent, Class: rule.ClassLine, Basis: rule.Remaining, Targets: ts,
		Category: multiBuyCategory, Exclusive: true, Priority: multiBuyPriority, Rate: s.rate,
		Note: rule.Note{Code: "pieces", Arg: s.count, Label: s.rate.PercentText()},
	})
}
