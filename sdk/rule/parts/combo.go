package parts

import (
	"errors"
	"strings"

	"github.com/shopwright/shopwright/sdk/rule"
)

var errItems = errors.New("a combo's items are not of the form SKU, SKU*2")

// Combos are sets of SKUs at one price: a meal, a package of treatments. Of several
// lines of an SKU a set takes the dearest units, which costs the customer least,
// and of equal ones those of the longest line: what several units bring (MultiBuy)
// takes from the other end, so that the two want the same unit last.
//
// Settings: combos_on, combos (list of name, price, items; items as a merchant
// types them: BURGER, FRIES, COLA*2). Note: combo.
type Combos struct {
	rows []combo
}

type combo struct {
	name  string
	price rule.Amount
	items []item
}

type item struct {
	sku   string
	units int64
}

// comboPriority puts combos before reductions that look at the remaining sum.
const comboPriority = 500

// Configure reads the part's settings; on is what combos_on is where it is not
// set. An error says that the items of a combo cannot be read.
func (c *Combos) Configure(v rule.Value, on bool) error {
	c.rows = c.rows[:0]
	if !v.Bool("combos_on", on) {
		return nil
	}
	for _, x := range v.List("combos") {
		r, ok := parseCombo(x)
		if !ok {
			return errItems
		}
		c.rows = append(c.rows, r)
	}
	return nil
}

// Benefit proposes the combos, the earlier ones first: a unit is part of one.
func (c *Combos) Benefit(in *rule.Input, out *rule.Output) error {
	if len(c.rows) == 0 {
		return nil
	}
	b, left := dearestFirst(in), make([]int64, len(in.Lines))
	for i := range in.Lines {
		if l := &in.Lines[i]; l.Merchandise() {
			left[i] = l.Quantity.Whole()
		}
	}
	for i := range c.rows {
		c.rows[i].propose(b, out, left)
	}
	return nil
}

func parseCombo(v rule.Value) (combo, bool) {
	c := combo{name: v.Text("name", ""), price: v.Amount("price", 0)}
	for _, part := range strings.Split(v.Text("items", ""), ",") {
		sku, count, has := strings.Cut(strings.TrimSpace(part), "*")
		n := int64(1)
		if has {
			n = 0
			for _, d := range []byte(strings.TrimSpace(count)) {
				if d < '0' || d > '9' || n > 999 {
					return c, false
				}
				n = n*10 + int64(d-'0')
			}
		}
		if sku = strings.TrimSpace(sku); sku == "" || n < 1 {
			return c, false
		}
		c.items = c.add(sku, n)
	}
	return c, true
}

// add merges an SKU that is named twice.
func (c *combo) add(sku string, n int64) []item {
	for i := range c.items {
		if c.items[i].sku == sku {
			c.items[i].units += n
			return c.items
		}
	}
	return append(c.items, item{sku, n})
}

// propose takes as many whole sets as the units left allow, and takes them away.
func (c *combo) propose(b *basket, out *rule.Output, left []int64) {
	sets := int64(-1)
	for _, it := range c.items {
		var have int64
		b.of(it.sku, func(i int, _ *rule.Line) { have += left[i] })
		if n := have / it.units; sets < 0 || n < sets {
			sets = n
		}
		if sets == 0 {
			return
		}
	}
	if sets <= 0 {
		return
	}
	var ts []rule.Target
	var at []int // where the targets stand
	var apart rule.Amount
	for _, it := range c.items {
		need := it.units * sets
		b.of(it.sku, func(i int, l *rule.Line) {
			n := min(left[i], need)
			if n <= 0 {
				return
			}
			need -= n
			q := rule.Quantity(n) * rule.One
			ts, at = append(ts, rule.Target{Line: l.ID, Units: q}), append(at, i)
			apart += rule.Amount(rule.MulDiv(int64(l.Net), int64(q), int64(l.Quantity), rule.Down))
		})
	}
	price := rule.Amount(rule.MulDiv(int64(c.price), sets, 1, rule.Down))
	if price >= apart {
		return
	}
	for n, i := range at {
		left[i] -= ts[n].Units.Whole()
	}
	out.Propose(rule.Candidate{
		Kind: rule.FixedPrice, Class: rule.ClassOrder, Basis: rule.Remaining, Targets: ts,
		Category: "combo", Priority: comboPriority, Amount: price,
		Note: rule.Note{Code: "combo", Arg: sets, Money: price, Label: c.name},
	})
}
