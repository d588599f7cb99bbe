package parts

import (
	"cmp"

	"github.com/shopwright/shopwright/sdk/rule"
)

// selector says which lines a row of a setting is for: those of a category, of
// an SKU, or of both; empty is every line of goods and services.
type selector struct{ category, sku string }

func selectorOf(v rule.Value) selector { return selector{v.Text("category", ""), v.Text("sku", "")} }

func (s *selector) empty() bool { return s.category == "" && s.sku == "" }

func (s *selector) matches(l *rule.Line) bool {
	return (s.category == "" || same(l.Category, s.category)) && (s.sku == "" || same(l.SKU, s.sku)) && l.Merchandise()
}

// same is a == b. Codes of one shop are often of one length and differ at their
// end: looking there first makes long lists of rows cheap.
func same(a, b string) bool {
	n := len(a)
	return n == len(b) && (n == 0 || a[n-1] == b[n-1] && a == b)
}

// targets is every line that matches, as targets.
func (s *selector) targets(b *basket) []rule.Target {
	n := 0
	b.each(s, func(*rule.Line) { n++ })
	if n == 0 {
		return nil
	}
	ts := make([]rule.Target, 0, n)
	b.each(s, func(l *rule.Line) { ts = append(ts, rule.Target{Line: l.ID}) })
	return ts
}

// Lines is every line of goods and services in the category; "" is any.
func Lines(in *rule.Input, category string) []rule.Target {
	s := selector{category: category}
	return s.targets(&basket{in: in})
}

// basket is the lines as the rows of a setting look for them: it finds those of a
// category or an SKU without looking at all of them. Without chains it looks.
type basket struct {
	in               *rule.Input
	categories, skus chains
}

// chains holds the positions of lines whose key has the same hash, one more than
// the position; 0 ends a chain.
type chains struct {
	head [64]int32
	next []int32
}

func (c *chains) put(key string, i int) {
	h := hash(key)
	c.next[i], c.head[h] = c.head[h], int32(i)+1
}

// hash looks at the end of a key, where codes differ.
func hash(s string) int {
	n := len(s)
	switch n {
	case 0:
		return 0
	case 1:
		return int(s[0]) & 63
	}
	return (int(s[n-1]) + 10*int(s[n-2]) + n) & 63
}

func basketOf(in *rule.Input) *basket {
	b := &basket{in: in}
	next := make([]int32, 2*len(in.Lines))
	b.categories.next, b.skus.next = next[:len(in.Lines)], next[len(in.Lines):]
	for i := len(in.Lines) - 1; i >= 0; i-- {
		b.categories.put(in.Lines[i].Category, i)
		b.skus.put(in.Lines[i].SKU, i)
	}
	return b
}

// dearestFirst is a basket whose of hands over the lines of an SKU from the dearest
// to the cheapest: the exact reverse of cheaper's order, alike lines included.
func dearestFirst(in *rule.Input) *basket {
	b := &basket{in: in}
	next := make([]int32, len(in.Lines))
	b.skus.next = next
	for i := range in.Lines {
		l := &in.Lines[i]
		at := &b.skus.head[hash(l.SKU)]
		for *at > 0 && cheaper(l, &in.Lines[*at-1]) < 0 {
			at = &next[*at-1]
		}
		next[i], *at = *at, int32(i)+1
	}
	return b
}

// cheaper orders the lines of an SKU by what they are, the cheaper and of those the
// shorter one first; negative where a goes before b. Where a part must choose among
// lines this says which, so that it does not matter which was rung up first: lines
// that are alike in all of it are interchangeable.
func cheaper(a, b *rule.Line) int {
	switch {
	case a.Unit < b.Unit:
		return -1
	case a.Unit > b.Unit:
		return 1
	case a.Quantity < b.Quantity:
		return -1
	case a.Quantity > b.Quantity:
		return 1
	case a.HasStaff != b.HasStaff:
		if b.HasStaff {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.StaffLevel, b.StaffLevel)
}

// each hands over the lines that match, in their order.
func (b *basket) each(s *selector, take func(*rule.Line)) {
	c, key := &b.categories, s.category
	switch {
	case s.empty():
		for i := range b.in.Lines {
			if l := &b.in.Lines[i]; l.Merchandise() {
				take(l)
			}
		}
		return
	case b.skus.next == nil: // not worth an index
		for i := range b.in.Lines {
			if l := &b.in.Lines[i]; s.matches(l) {
				take(l)
			}
		}
		return
	case s.sku != "":
		c, key = &b.skus, s.sku
	}
	for i := c.head[hash(key)]; i > 0; i = c.next[i-1] {
		if l := &b.in.Lines[i-1]; s.matches(l) {
			take(l)
		}
	}
}

// of hands over the lines of an SKU with their positions, in the order in which
// the basket was indexed.
func (b *basket) of(sku string, take func(int, *rule.Line)) {
	for i := b.skus.head[hash(sku)]; i > 0; i = b.skus.next[i-1] {
		if l := &b.in.Lines[i-1]; same(l.SKU, sku) {
			take(int(i-1), l)
		}
	}
}

// texts are the strings of a list under key.
func texts(v rule.Value, key string) []string {
	var all []string
	for _, x := range v.List(key) {
		if s := x.Str(); s != "" {
			all = append(all, s)
		}
	}
	return all
}

func contains(list []string, s string) bool {
	for i := range list {
		if list[i] == s {
			return true
		}
	}
	return false
}

// part is a share of an amount, rounded down; the rate lies between 0 and 100 %.
func part(a rule.Amount, r rule.Rate) rule.Amount {
	if a <= 0 || r <= 0 {
		return 0
	}
	return a.Times(min(r, rule.Whole), rule.Down)
}

// percent is a rate as whole percent, for the argument of a note.
func percent(r rule.Rate) int64 { return int64(r / 10_000) }

// All asks several parts for one hook, one after another; the first error ends it.
func All(in *rule.Input, out *rule.Output, parts ...func(*rule.Input, *rule.Output) error) error {
	for _, f := range parts {
		if err := f(in, out); err != nil {
			return err
		}
	}
	return nil
}
