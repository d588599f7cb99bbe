package parts

import "github.com/shopwright/shopwright/sdk/rule"

// PriceCategory is the category of every price candidate: the prices of several
// packs compete, and each line gets the best one.
const PriceCategory = "price"

// PercentPrice proposes a lower unit price for the targets; without targets
// nothing, since an empty list would mean every line.
func PercentPrice(out *rule.Output, targets []rule.Target, rate rule.Rate, note rule.Note) {
	if len(targets) == 0 || rate <= 0 || rate > rule.Whole {
		return
	}
	out.Propose(rule.Candidate{
		Kind: rule.Percent, Class: rule.ClassLine, Basis: rule.Initial,
		Targets: targets, Category: PriceCategory, Exclusive: true, Rate: rate, Note: note,
	})
}

// FixedPrice proposes a price per unit in minor units for the targets.
func FixedPrice(in *rule.Input, out *rule.Output, targets []rule.Target, price rule.Amount, note rule.Note) {
	if len(targets) == 0 || price < 0 {
		return
	}
	out.Propose(rule.Candidate{
		Kind: rule.FixedPrice, Class: rule.ClassLine, Basis: rule.Initial, Targets: targets, Category: PriceCategory, Exclusive: true,
		Price: unitPrice(in, price), Note: note,
	})
}

// unitPrice turns minor units into 1/10,000 of the major unit.
func unitPrice(in *rule.Input, a rule.Amount) rule.UnitPrice {
	return rule.UnitPrice(rule.MulDiv(int64(a), 10_000, in.MajorUnit(), rule.Down))
}

// TierPrices is the price of a member's tier.
//
// Settings: tier_prices_on, tier_prices (list of tier, category, percent; an
// entry with a category holds before one without). Note: tier_price.
type TierPrices struct {
	rows []tierPrice
}

type tierPrice struct {
	tier, category string
	rate           rule.Rate
}

// Configure reads the part's settings; on is what tier_prices_on is where it is
// not set.
func (t *TierPrices) Configure(v rule.Value, on bool) {
	t.rows = t.rows[:0]
	if !v.Bool("tier_prices_on", on) {
		return
	}
	for _, x := range v.List("tier_prices") {
		t.rows = append(t.rows, tierPrice{x.Text("tier", ""), x.Text("category", ""), x.Percent("percent", 0)})
	}
}

// Price proposes the prices of the member's tier.
func (t *TierPrices) Price(in *rule.Input, out *rule.Output) error {
	if !in.Member.Present || in.Member.Tier == "" {
		return nil
	}
	at := make([]int, len(in.Lines))
	for j := range in.Lines {
		at[j] = -1
		if l := &in.Lines[j]; l.Merchandise() {
			at[j] = t.of(in.Member.Tier, l.Category)
		}
	}
	for i := range t.rows {
		p := &t.rows[i]
		if p.tier != in.Member.Tier {
			continue
		}
		var ts []rule.Target
		for j := range at {
			if at[j] == i {
				ts = append(ts, rule.Target{Line: in.Lines[j].ID})
			}
		}
		PercentPrice(out, ts, p.rate, rule.Note{Code: "tier_price", Arg: percent(p.rate), Label: p.tier})
	}
	return nil
}

// of is the entry that holds for a category: its own before the general one.
func (t *TierPrices) of(tier, category string) int {
	general := -1
	for i := range t.rows {
		p := &t.rows[i]
		switch {
		case p.category == "":
			if general < 0 && same(p.tier, tier) {
				general = i
			}
		case same(p.category, category) && same(p.tier, tier):
			return i
		}
	}
	return general
}

// MemberPrices is a price for members beside the normal one.
//
// Settings: member_prices_on, member_percent (off everything for every member),
// member_prices (list of sku, price, tier, first: "" is every member, first holds
// at a member's first visit only). Notes: member_percent, member_price,
// first_price, and for a basket without a member member_saves: what it would cost
// less. Fact: the last visit, for first.
type MemberPrices struct {
	on   bool
	rate rule.Rate
	rows []memberPrice
}

type memberPrice struct {
	sku, tier string
	price     rule.Amount
	first     bool
}

// Configure reads the part's settings.
func (m *MemberPrices) Configure(v rule.Value) {
	m.on, m.rate = v.Bool("member_prices_on", false), v.Percent("member_percent", 0)
	m.rows = m.rows[:0]
	for _, x := range v.List("member_prices") {
		m.rows = append(m.rows, memberPrice{x.Text("sku", ""), x.Text("tier", ""), x.Amount("price", 0), x.Bool("first", false)})
	}
}

// Price proposes the members' prices, or says what a member would save.
func (m *MemberPrices) Price(in *rule.Input, out *rule.Output) error {
	if !m.on {
		return nil
	}
	if !in.Member.Present {
		if saves := m.saves(in); saves > 0 {
			out.Say(rule.Note{Code: "member_saves", Money: saves})
		}
		return nil
	}
	PercentPrice(out, Lines(in, ""), m.rate, rule.Note{Code: "member_percent", Arg: percent(m.rate)})
	b := basketOf(in)
	for i := range m.rows {
		r := &m.rows[i]
		if r.sku == "" || r.tier != "" && r.tier != in.Member.Tier || r.first && !firstVisit(in) {
			continue
		}
		code := "member_price"
		if r.first {
			code = "first_price"
		}
		s := selector{sku: r.sku}
		FixedPrice(in, out, s.targets(b), r.price, rule.Note{Code: code, Money: r.price, Label: r.sku})
	}
	return nil
}

// saves is what the prices for every member would take off, about.
func (m *MemberPrices) saves(in *rule.Input) (sum rule.Amount) {
	for i := range in.Lines {
		l := &in.Lines[i]
		if !l.Merchandise() || l.Quantity <= 0 {
			continue
		}
		best := part(l.Gross, m.rate)
		for j := range m.rows {
			if r := &m.rows[j]; r.tier == "" && !r.first && same(r.sku, l.SKU) {
				best = max(best, l.Gross-rule.Amount(rule.MulDiv(int64(r.price), int64(l.Quantity), int64(rule.One), rule.Up)))
			}
		}
		sum += best
	}
	return sum
}

// firstVisit reports whether the member has never bought anything; false where
// the host does not say.
func firstVisit(in *rule.Input) bool {
	days, ok := in.Fact(rule.FactLastVisit, 0)
	return ok && days < 0 && in.Member.Present
}

// Birthday is a price around a member's birthday.
//
// Settings: birthday_on, birthday_percent, birthday_when (month or day),
// birthday_goods (for goods, too), birthday_category. Note: birthday_price.
type Birthday struct {
	on, today, goods bool
	rate             rule.Rate
	category         string
}

// Configure reads the part's settings; on and rate are what birthday_on and
// birthday_percent are where they are not set.
func (b *Birthday) Configure(v rule.Value, on bool, rate rule.Rate) {
	*b = Birthday{
		on:       v.Bool("birthday_on", on),
		today:    v.Text("birthday_when", "month") == "day",
		goods:    v.Bool("birthday_goods", false),
		rate:     v.Percent("birthday_percent", rate),
		category: v.Text("birthday_category", ""),
	}
}

// Price proposes the birthday price.
func (b *Birthday) Price(in *rule.Input, out *rule.Output) error {
	if !b.on || !in.Member.Present || !in.Member.BirthdayMonth || b.today && !in.Member.BirthdayToday {
		return nil
	}
	var ts []rule.Target
	for i := range in.Lines {
		l := &in.Lines[i]
		if (l.Kind == rule.KindService || b.goods && l.Kind == rule.KindGoods) && (b.category == "" || l.Category == b.category) {
			ts = append(ts, rule.Target{Line: l.ID})
		}
	}
	PercentPrice(out, ts, b.rate, rule.Note{Code: "birthday_price", Arg: percent(b.rate)})
	return nil
}
