package retail

import (
	"sort"

	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/parts"
)

// Rule is the pack's logic.
type Rule struct {
	parts.Points
	parts.Ladder
	parts.TopUps
	parts.Commissions
	coupons bool
	prices  []tierPrice
	full    fullReduction
	sets    []buyGet
}

type tierPrice struct {
	tier, category string
	rate           rule.Rate
}

type fullReduction struct {
	on, repeat bool
	category   string
	cap        rule.Amount
	steps      []fullStep
}

type fullStep struct{ spend, off rule.Amount }

type buyGet struct {
	category, sku string
	buy, free     int64
}

// buyGetPriority puts free units before reductions that look at the remaining sum.
const buyGetPriority = 500

// Configure reads the merchant's settings.
func (r *Rule) Configure(config []byte) error {
	v, err := rule.ParseConfig(config)
	if err != nil {
		return err
	}
	r.coupons = v.Bool("coupons_on", true)
	r.prices, r.sets = nil, nil
	if v.Bool("tier_prices_on", true) {
		for _, x := range v.List("tier_prices") {
			r.prices = append(r.prices, tierPrice{x.Text("tier", ""), x.Text("category", ""), x.Percent("percent", 0)})
		}
	}
	if v.Bool("buy_get_on", false) {
		for _, x := range v.List("buy_get") {
			r.sets = append(r.sets, buyGet{x.Text("category", ""), x.Text("sku", ""), x.Int("buy", 2), x.Int("free", 1)})
		}
	}
	r.full = fullReduction{
		on:       v.Bool("full_on", false),
		repeat:   v.Bool("full_repeat", true),
		category: v.Text("full_category", ""),
		cap:      v.Amount("full_cap", 0),
	}
	for _, x := range v.List("full_steps") {
		r.full.steps = append(r.full.steps, fullStep{x.Amount("spend", 0), x.Amount("off", 0)})
	}
	r.Points.Configure(v)
	r.Ladder.Configure(v, rule.FactSpend)
	r.TopUps.Configure(v)
	r.Commissions.Configure(v)
	return nil
}

// Price proposes the prices of the member's tier.
func (r *Rule) Price(in *rule.Input, out *rule.Output) error {
	if !in.Member.Present || in.Member.Tier == "" {
		return nil
	}
	for i := range r.prices {
		p := &r.prices[i]
		if p.tier != in.Member.Tier {
			continue
		}
		var ts []rule.Target
		for j := range in.Lines {
			if l := &in.Lines[j]; l.Merchandise() && r.priceOf(in.Member.Tier, l.Category) == i {
				ts = append(ts, rule.Target{Line: l.ID})
			}
		}
		parts.PercentPrice(out, ts, p.rate, rule.Note{Code: "tier_price", Arg: int64(p.rate / 10_000), Label: p.tier})
	}
	return nil
}

// priceOf is the entry that holds for a category: its own before the general one.
func (r *Rule) priceOf(tier, category string) int {
	general := -1
	for i := range r.prices {
		p := &r.prices[i]
		if p.tier != tier {
			continue
		}
		if p.category == category && category != "" {
			return i
		}
		if p.category == "" && general < 0 {
			general = i
		}
	}
	return general
}

// Benefit proposes free units, the full reduction and the coupons.
func (r *Rule) Benefit(in *rule.Input, out *rule.Output) error {
	for i := range r.sets {
		r.sets[i].propose(in, out)
	}
	if r.full.on {
		r.full.propose(in, out)
	}
	if r.coupons {
		rule.ProposeCoupons(in, out)
	}
	return nil
}

func (s *buyGet) matches(l *rule.Line) bool {
	return l.Merchandise() && (s.category == "" || l.Category == s.category) && (s.sku == "" || l.SKU == s.sku)
}

// propose makes the cheapest units free, set by set over all matching lines. An
// entry that names neither category nor SKU gives nothing: it would be the basket.
func (s *buyGet) propose(in *rule.Input, out *rule.Output) {
	if s.buy < 1 || s.free < 1 || s.category == "" && s.sku == "" {
		return
	}
	var lines []*rule.Line
	var units int64
	for i := range in.Lines {
		if l := &in.Lines[i]; s.matches(l) && l.Quantity.Whole() > 0 {
			lines = append(lines, l)
			units += l.Quantity.Whole()
		}
	}
	free := units / (s.buy + s.free) * s.free
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].Unit < lines[j].Unit })
	for _, l := range lines {
		n := min(l.Quantity.Whole(), free)
		if n <= 0 {
			return
		}
		free -= n
		q := rule.Quantity(n) * rule.One
		out.Propose(rule.Candidate{
			Kind: rule.FreeUnits, Class: rule.ClassLine, Basis: rule.Remaining,
			Targets:  []rule.Target{{Line: l.ID, Units: q}},
			Category: "buy_get", Exclusive: true, Priority: buyGetPriority, Units: q,
			Note: rule.Note{Code: "buy_get", Arg: n, Label: l.SKU, LineNo: l.ID},
		})
	}
}

// propose gives each step as a candidate; they exclude each other, and the host
// takes the best that the sum reaches.
func (f *fullReduction) propose(in *rule.Input, out *rule.Output) {
	var ts []rule.Target
	if f.category != "" {
		if ts = in.InCategory(f.category); len(ts) == 0 {
			return
		}
	}
	for _, s := range f.steps {
		if s.spend <= 0 || s.off <= 0 {
			continue
		}
		out.Propose(rule.Candidate{
			Kind: rule.AmountOff, Class: rule.ClassOrder, Basis: rule.Remaining, Targets: ts,
			Category: "full_reduction", Exclusive: true,
			Amount: s.off, Threshold: s.spend, Repeat: f.repeat, Cap: f.cap,
			Note: rule.Note{Code: "full_reduction", Arg: int64(s.spend), Money: s.off},
		})
	}
}
