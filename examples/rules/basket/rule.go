package basket

import "github.com/shopwright/shopwright/sdk/rule"

// Rule is the logic in Go.
type Rule struct {
	prices   []price
	category string
	spend    int64
	off, cap rule.Amount
}

type price struct {
	tier, category string
	rate           rule.Rate
}

// Configure reads the settings.
func (r *Rule) Configure(config []byte) error {
	v, err := rule.ParseConfig(config)
	if err != nil {
		return err
	}
	r.prices = nil
	for _, p := range v.List("prices") {
		r.prices = append(r.prices, price{p.Text("tier", ""), p.Text("category", ""), p.Percent("percent", 0)})
	}
	r.category = v.Text("third_free", "")
	r.spend, r.off, r.cap = v.Int("spend", 0), v.Amount("off", 0), v.Amount("cap", 0)
	return nil
}

// Benefit proposes the tier's percentage line by line, the free units, and the
// amount off for each full spend.
func (r *Rule) Benefit(in *rule.Input, out *rule.Output) error {
	total := int64(0)
	for i := range in.Lines {
		l := &in.Lines[i]
		if !l.Merchandise() {
			continue
		}
		total += int64(l.Gross)
		if rate := r.rate(in.Member.Tier, l.Category); rate > 0 {
			out.Propose(rule.Candidate{Kind: rule.Percent, Class: rule.ClassLine, Basis: rule.Remaining, Category: "price", Exclusive: true,
				Targets: []rule.Target{{Line: l.ID}}, Rate: rate,
				Note: rule.Note{Code: "tier_price", Label: in.Member.Tier, Arg: int64(rate / 10_000), LineNo: l.ID}})
		}
		if free := l.Quantity.Whole() / 3; l.Category == r.category && free > 0 {
			units := rule.Quantity(free) * rule.One
			out.Propose(rule.Candidate{Kind: rule.FreeUnits, Class: rule.ClassLine, Basis: rule.Remaining, Category: "third_free",
				Targets: []rule.Target{{Line: l.ID}}, Units: units,
				Note: rule.Note{Code: "third_free", Label: l.SKU, Arg: free, LineNo: l.ID}})
		}
	}
	if r.spend > 0 && total >= r.spend {
		out.Propose(rule.Candidate{Kind: rule.AmountOff, Class: rule.ClassOrder, Basis: rule.Remaining, Category: "full_reduction",
			Amount: r.off, Threshold: rule.Amount(r.spend), Repeat: true, Cap: r.cap,
			Note: rule.Note{Code: "full_reduction", Arg: total / r.spend, Money: r.off}})
	}
	return nil
}

func (r *Rule) rate(tier, category string) rule.Rate {
	for i := range r.prices {
		if p := &r.prices[i]; p.tier == tier && p.category == category {
			return p.rate
		}
	}
	return 0
}
