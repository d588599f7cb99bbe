package parts

import (
	"math/bits"

	"github.com/shopwright/shopwright/sdk/rule"
)

// Points gives points, and a part of the price back as bonus money, for what a
// member pays for goods and services.
//
// Settings: points_on, points_per_unit (points for one whole unit of the
// currency, two decimals), points_categories and points_products (lists of
// category or sku and times; a product's holds before its category's),
// points_tiers (tier, times), points_days (weekday or day_of_month, times),
// points_birthday (times in the month of birth), points_combine (best or
// multiply: how tier, day and birthday go together), points_min_spend,
// points_most (for one sale; 0 is no limit), rebate_percent, rebate_tiers (tier,
// percent). Notes: points, points_multiplied, points_tier, points_day,
// points_birthday, points_times, rebate.
//
// What the part of a sale that points or stored value pays for earns is the
// merchant's setting and not the pack's: it is not known yet who pays.
type Points struct {
	rebate   rule.Rate
	rebates  []tierRate
	on       bool
	per      int64 // hundredths of a point for one whole unit
	times    []factor
	tiers    []tierTimes
	days     []dayTimes
	birthday int64 // hundredths
	multiply bool
	least    rule.Amount
	most     int64
}

// factor is hundredths for a category or a product.
type factor struct {
	selector
	times int64
}

type tierTimes struct {
	tier  string
	times int64
}

type dayTimes struct {
	day
	times int64
}

type tierRate struct {
	tier string
	rate rule.Rate
}

// Configure reads the part's settings.
func (p *Points) Configure(v rule.Value) {
	p.on = v.Bool("points_on", true)
	p.per = v.Scaled("points_per_unit", 2, 100)
	p.rebate = v.Percent("rebate_percent", 0)
	p.birthday = v.Scaled("points_birthday", 2, 100)
	p.multiply = v.Text("points_combine", "best") == "multiply"
	p.least, p.most = v.Amount("points_min_spend", 0), v.Int("points_most", 0)
	p.times, p.tiers, p.days, p.rebates = p.times[:0], p.tiers[:0], p.days[:0], p.rebates[:0]
	for _, key := range [...]string{"points_products", "points_categories"} {
		for _, x := range v.List(key) {
			p.times = append(p.times, factor{selectorOf(x), x.Scaled("times", 2, 100)})
		}
	}
	for _, x := range v.List("points_tiers") {
		p.tiers = append(p.tiers, tierTimes{x.Text("tier", ""), x.Scaled("times", 2, 100)})
	}
	for _, x := range v.List("points_days") {
		p.days = append(p.days, dayTimes{dayOf(x), x.Scaled("times", 2, 100)})
	}
	for _, x := range v.List("rebate_tiers") {
		p.rebates = append(p.rebates, tierRate{x.Text("tier", ""), x.Percent("percent", 0)})
	}
}

// Earn proposes points line by line, so that a partial refund takes back what
// its lines earned. Fractions are carried from line to line: the sum is that of
// the whole sale, cut off once, whatever the order of the lines.
func (p *Points) Earn(in *rule.Input, out *rule.Output) error {
	p.giveBack(in, out)
	if !p.on || !in.Member.Present || p.per <= 0 || p.least > 0 && in.Spend() < p.least {
		return nil
	}
	extra, note := p.extra(in)
	if extra <= 0 {
		return nil
	}
	one := uint64(in.MajorUnit()) * 1_000_000 // of points: per, times and extra are hundredths
	var hi, lo uint64
	var given int64
	for i := range in.Lines {
		l := &in.Lines[i]
		if !l.Merchandise() || l.Net <= 0 {
			continue
		}
		times, label := p.factor(l)
		h, w := bits.Mul64(uint64(l.Net), uint64(p.per*times)*uint64(extra))
		var carry uint64
		lo, carry = bits.Add64(lo, w, 0)
		hi, _ = bits.Add64(hi, h, carry)
		total := int64(rule.Max)
		if hi < one {
			q, _ := bits.Div64(hi, lo, one)
			total = int64(min(q, rule.Max))
		}
		if p.most > 0 {
			total = min(total, p.most)
		}
		n := total - given
		if n <= 0 {
			continue
		}
		given += n
		say := rule.Note{Code: note.Code, Arg: n, Money: l.Net, Label: note.Label, LineNo: l.ID}
		if times != 100 && extra == 100 {
			say.Code, say.Label = "points_multiplied", label
		}
		out.Earns = append(out.Earns, rule.Earn{Line: l.ID, Points: n, Note: say})
	}
	return nil
}

// extra is the factor of the member and the day in hundredths, and what a line's
// note says of it. A tier that earns nothing earns nothing on any day.
func (p *Points) extra(in *rule.Input) (int64, rule.Note) {
	all, best := int64(100), int64(100)
	note := rule.Note{Code: "points"}
	take := func(times int64, code, label string) {
		if times == 100 {
			return
		}
		all = min(all*times/100, maxTimes)
		if times > best || code == "points_tier" {
			best, note = times, rule.Note{Code: code, Label: label}
		}
	}
	for i := range p.tiers {
		if t := &p.tiers[i]; t.tier == in.Member.Tier {
			if take(t.times, "points_tier", t.tier); t.times == 0 {
				return 0, note
			}
			break
		}
	}
	for i := range p.days {
		if d := &p.days[i]; d.is(in.Date) {
			take(d.times, "points_day", "")
		}
	}
	if in.Member.BirthdayMonth {
		take(p.birthday, "points_birthday", "")
	}
	if !p.multiply {
		return best, note
	}
	if all != best {
		note = rule.Note{Code: "points_times", Label: hundredths(all)}
	}
	return all, note
}

// maxTimes is 1,000 times, in hundredths.
const maxTimes = 100_000

// hundredths writes 250 as "2.5".
func hundredths(n int64) string { return (rule.Rate(n) * 100).PercentText() }

// factor is that of the product before that of its category, with the code of what
// it is for.
func (p *Points) factor(l *rule.Line) (int64, string) {
	for i := range p.times {
		if f := &p.times[i]; !f.empty() && f.matches(l) {
			return f.times, f.sku + f.category
		}
	}
	return 100, ""
}

// giveBack gives a part of each line's price back, rounded down.
func (p *Points) giveBack(in *rule.Input, out *rule.Output) {
	rate := p.rebate
	for i := range p.rebates {
		if r := &p.rebates[i]; r.tier == in.Member.Tier {
			rate = r.rate
			break
		}
	}
	if rate <= 0 || !in.Member.Present {
		return
	}
	for i := range in.Lines {
		l := &in.Lines[i]
		if !l.Merchandise() {
			continue
		}
		if a := part(l.Net, rate); a > 0 {
			out.Bonuses = append(out.Bonuses, rule.Bonus{Line: l.ID, Amount: a, Note: rule.Note{Code: "rebate", Money: a, LineNo: l.ID}})
		}
	}
}
