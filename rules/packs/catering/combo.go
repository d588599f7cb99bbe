package catering

import (
	"errors"
	"strings"

	"github.com/shopwright/shopwright/sdk/rule"
)

var errItems = errors.New("a combo's items are not of the form SKU, SKU*2")

// combo is a set of SKUs at one price.
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

// parseCombo reads "BURGER, FRIES, COLA*2": one line that a merchant can type.
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
func (c *combo) propose(in *rule.Input, out *rule.Output, left []int64) {
	sets := int64(-1)
	for _, it := range c.items {
		var have int64
		for i := range in.Lines {
			if in.Lines[i].SKU == it.sku {
				have += left[i]
			}
		}
		if n := have / it.units; sets < 0 || n < sets {
			sets = n
		}
	}
	if sets <= 0 {
		return
	}
	var ts []rule.Target
	var apart rule.Amount
	for _, it := range c.items {
		need := it.units * sets
		for i := range in.Lines {
			l := &in.Lines[i]
			n := min(left[i], need)
			if l.SKU != it.sku || n <= 0 {
				continue
			}
			need -= n
			q := rule.Quantity(n) * rule.One
			ts = append(ts, rule.Target{Line: l.ID, Units: q})
			apart += rule.Amount(rule.MulDiv(int64(l.Net), int64(q), int64(l.Quantity), rule.Down))
		}
	}
	price := rule.Amount(rule.MulDiv(int64(c.price), sets, 1, rule.Down))
	if price >= apart {
		return
	}
	for _, t := range ts {
		for i := range in.Lines {
			if in.Lines[i].ID == t.Line {
				left[i] -= t.Units.Whole()
			}
		}
	}
	out.Propose(rule.Candidate{
		Kind: rule.FixedPrice, Class: rule.ClassOrder, Basis: rule.Remaining, Targets: ts,
		Category: "combo", Priority: comboPriority, Amount: price,
		Note: rule.Note{Code: "combo", Arg: sets, Money: price, Label: c.name},
	})
}
