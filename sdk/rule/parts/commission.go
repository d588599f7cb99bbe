package parts

import "github.com/shopwright/shopwright/sdk/rule"

// Commissions pays the staff of a line by its amount, by its count, or both.
//
// Settings: commission_on, commission_basis (net, gross, or margin: net less cost),
// commission_rates (list of level, kind, category, sku, from, percent, per_unit; an
// empty level, category or SKU and kind "any" stand for all),
// commission_progressive. The entry that names most of the line wins; the earlier
// one at a tie. Entries that differ in from alone are steps by the line's basis: the
// highest one reached holds for all of it, or progressively each for its part. Note:
// commission.
//
// Steps over a month look at figures of the staff that a sale does not know: they
// are those of a commission plan, settled at the end of the period.
type Commissions struct {
	on, progressive bool
	basis           string
	rates           []pay
}

type pay struct {
	level, category, sku string
	kind                 rule.LineKind // 0 = any
	from                 rule.Amount
	rate                 rule.Rate
	perUnit              rule.Amount
	below                *pay // the step under this one of the same ladder
}

// Configure reads the part's settings.
func (c *Commissions) Configure(v rule.Value) {
	c.on, c.progressive = v.Bool("commission_on", true), v.Bool("commission_progressive", false)
	c.basis = v.Text("commission_basis", "net")
	c.rates = c.rates[:0]
	for _, x := range v.List("commission_rates") {
		c.rates = append(c.rates, pay{
			level:    x.Text("level", ""),
			category: x.Text("category", ""),
			sku:      x.Text("sku", ""),
			kind:     kindOf(x.Text("kind", "any")),
			from:     x.Amount("from", 0),
			rate:     x.Percent("percent", 0),
			perUnit:  x.Amount("per_unit", 0),
		})
	}
	for i := range c.rates {
		c.rates[i].below = c.under(&c.rates[i])
	}
}

func (c *Commissions) under(p *pay) (below *pay) {
	for i := range c.rates {
		if x := &c.rates[i]; x.step(p) && x.from < p.from && (below == nil || x.from > below.from) {
			below = x
		}
	}
	return below
}

func kindOf(name string) rule.LineKind {
	switch name {
	case "goods":
		return rule.KindGoods
	case "service":
		return rule.KindService
	case "topup":
		return rule.KindTopUp
	case "punch_card":
		return rule.KindPunchCard
	case "gift_card":
		return rule.KindGiftCard
	}
	return 0
}

// Commission proposes the commission of every line with staff.
func (c *Commissions) Commission(in *rule.Input, out *rule.Output) error {
	if !c.on {
		return nil
	}
	for i := range in.Lines {
		l := &in.Lines[i]
		basis := c.of(l)
		p := c.find(l, basis)
		if p == nil {
			continue
		}
		amount := basis.Times(p.rate, in.Rounding)
		if c.progressive {
			amount = p.bands(basis, in.Rounding)
		}
		amount += rule.Amount(rule.MulDiv(int64(p.perUnit), l.Quantity.Whole(), 1, rule.Down))
		if amount <= 0 || amount > rule.Max {
			continue
		}
		out.Commissions = append(out.Commissions, rule.Commission{Line: l.ID, Amount: amount, Basis: basis, Rate: p.rate,
			Note: rule.Note{Code: "commission", Arg: int64(p.rate), Money: amount, Label: l.StaffLevel, LineNo: l.ID}})
	}
	return nil
}

// of is what commission of the line is computed on.
func (c *Commissions) of(l *rule.Line) rule.Amount {
	switch c.basis {
	case "gross":
		return max(l.Gross, 0)
	case "margin":
		return max(l.Net-l.Cost, 0)
	}
	return max(l.Net, 0)
}

// find is the entry for a line whose basis has reached it.
func (c *Commissions) find(l *rule.Line, basis rule.Amount) *pay {
	if !l.HasStaff {
		return nil
	}
	var best *pay
	score := -1
	for i := range c.rates {
		p := &c.rates[i]
		if p.from > basis {
			continue
		}
		// Two entries that name as much of a line name the same: they are steps.
		if n := p.fit(l); n > score || n == score && n >= 0 && p.from > best.from {
			best, score = p, n
		}
	}
	return best
}

// fit says how much of the line the entry names; -1 where it is not for it.
func (p *pay) fit(l *rule.Line) int {
	n := 0
	if p.sku != "" {
		if !same(p.sku, l.SKU) {
			return -1
		}
		n += 8
	}
	if p.level != "" {
		if !same(p.level, l.StaffLevel) {
			return -1
		}
		n += 4
	}
	if p.category != "" {
		if !same(p.category, l.Category) {
			return -1
		}
		n += 2
	}
	if p.kind != 0 {
		if p.kind != l.Kind {
			return -1
		}
		n++
	}
	return n
}

// step: of one ladder.
func (p *pay) step(o *pay) bool {
	return p.level == o.level && p.category == o.category && p.sku == o.sku && p.kind == o.kind
}

// bands pays each part of the basis at the rate of the step that it lies in.
func (p *pay) bands(basis rule.Amount, m rule.Rounding) (sum rule.Amount) {
	for upper := basis; p != nil; p = p.below {
		sum += (upper - p.from).Times(p.rate, m)
		upper = p.from
	}
	return sum
}
