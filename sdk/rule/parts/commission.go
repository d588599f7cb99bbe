package parts

import "github.com/shopwright/shopwright/sdk/rule"

// Commissions pays the staff of a line by its amount, by its count, or both.
//
// Settings: commission_on, commission_basis (net or gross), commission_rates
// (list of level, kind, category, percent, per_unit; an empty level or category
// and kind "any" stand for all). The entry that names most of the line wins;
// the earlier one at a tie. Note: commission.
type Commissions struct {
	on, gross bool
	rates     []pay
}

type pay struct {
	level, category string
	kind            rule.LineKind // 0 = any
	rate            rule.Rate
	perUnit         rule.Amount
}

// Configure reads the part's settings.
func (c *Commissions) Configure(v rule.Value) {
	c.on, c.gross = v.Bool("commission_on", true), v.Text("commission_basis", "net") == "gross"
	c.rates = c.rates[:0]
	for _, x := range v.List("commission_rates") {
		c.rates = append(c.rates, pay{
			level:    x.Text("level", ""),
			category: x.Text("category", ""),
			kind:     kindOf(x.Text("kind", "any")),
			rate:     x.Percent("percent", 0),
			perUnit:  x.Amount("per_unit", 0),
		})
	}
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
		p := c.find(l)
		if p == nil {
			continue
		}
		basis := l.Net
		if c.gross {
			basis = l.Gross
		}
		if basis < 0 {
			basis = 0
		}
		amount := basis.Times(p.rate, in.Rounding) + rule.Amount(rule.MulDiv(int64(p.perUnit), l.Quantity.Whole(), 1, rule.Down))
		if amount <= 0 || amount > rule.Max {
			continue
		}
		out.Commissions = append(out.Commissions, rule.Commission{Line: l.ID, Amount: amount, Basis: basis, Rate: p.rate,
			Note: rule.Note{Code: "commission", Arg: int64(p.rate), Money: amount, Label: l.StaffLevel, LineNo: l.ID}})
	}
	return nil
}

func (c *Commissions) find(l *rule.Line) *pay {
	if !l.HasStaff {
		return nil
	}
	var best *pay
	score := -1
	for i := range c.rates {
		p, n := &c.rates[i], 0
		if p.level != "" {
			n += 4
			if p.level != l.StaffLevel {
				continue
			}
		}
		if p.category != "" {
			n += 2
			if p.category != l.Category {
				continue
			}
		}
		if p.kind != 0 {
			n++
			if p.kind != l.Kind {
				continue
			}
		}
		if n > score {
			best, score = p, n
		}
	}
	return best
}
