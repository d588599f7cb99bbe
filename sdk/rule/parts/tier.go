package parts

import "github.com/shopwright/shopwright/sdk/rule"

// Ladder says which tier a member's figures deserve: the highest whose step they
// reach in the window, at a sale together with that sale.
//
// Settings: tier_on, tier_metric (spend, visits, points), tier_window (a name of
// Windows, or rolling), tier_window_days (of rolling; 0 is the whole life),
// tier_steps (list of tier and the pack's own measure), tier_steps_spend,
// tier_steps_visits, tier_steps_points (the same for the other measures),
// tier_topups (list of tier and amount: whoever has topped up so much altogether
// deserves the tier, whatever the measure says).
// Notes: tier_up, tier_down (with _<metric> where it is not the pack's own, with
// _topups where top-ups decided), tier_stays, tier_none, and for what is missing
// tier_next_<metric>, at a review also tier_from_<metric>.
// Facts: the measure in the window; for visits also the last visit; for tier_topups
// the money topped up in the whole life.
//
// Points count once they are booked: those of a sale with the next one or with a
// review, because what pays for the sale is not known yet.
type Ladder struct {
	on     bool
	kind   rule.FactKind
	metric string
	suffix string // of codes that speak of another measure than the pack's own
	window uint32
	steps  []step
	topUps []step
}

type step struct {
	tier string
	at   int64
}

// Windows are the names of tier_window with what a fact of them is asked by.
var Windows = []struct {
	Name string
	Days uint32
}{
	{"lifetime", 0}, {"month", rule.WindowMonth}, {"quarter", rule.WindowQuarter}, {"year", rule.WindowYear}, {"last_year", rule.WindowLastYear},
	{"membership_year", rule.WindowMembershipYear}, {"months_12", rule.WindowMonths + 12},
}

var metrics = [...]struct {
	name string
	kind rule.FactKind
}{{"spend", rule.FactSpend}, {"visits", rule.FactVisits}, {"points", rule.FactPoints}}

// Configure reads the part's settings; kind is the measure of tier_steps and what
// tier_metric is where it is not set.
func (t *Ladder) Configure(v rule.Value, kind rule.FactKind) {
	t.on, t.kind = v.Bool("tier_on", true), kind
	t.suffix = ""
	steps := "tier_steps"
	for _, m := range metrics {
		if m.kind == kind && v.Text("tier_metric", m.name) == m.name {
			t.metric = m.name
		}
	}
	for _, m := range metrics {
		if m.kind != kind && v.Text("tier_metric", "") == m.name {
			t.kind, t.metric, t.suffix, steps = m.kind, m.name, "_"+m.name, "tier_steps_"+m.name
		}
	}
	t.window = uint32(v.Int("tier_window_days", 365))
	for _, w := range Windows {
		if v.Text("tier_window", "rolling") == w.Name {
			t.window = w.Days
		}
	}
	t.steps = t.steps[:0]
	for _, x := range v.List(steps) {
		t.steps = append(t.steps, step{x.Text("tier", ""), x.Int(t.metric, 0)})
	}
	t.topUps = t.topUps[:0]
	for _, x := range v.List("tier_topups") {
		t.topUps = append(t.topUps, step{x.Text("tier", ""), x.Int("amount", 0)})
	}
}

// Tier proposes a higher tier than the member's at a sale; at a review, an input
// without lines, the tier that is deserved, whichever the member has. Whether and
// when anybody rises or falls is the host's policy.
func (t *Ladder) Tier(in *rule.Input, out *rule.Output) error {
	if !t.on || !in.Member.Present || len(t.steps) == 0 && len(t.topUps) == 0 {
		return nil
	}
	value, ok := in.Fact(t.kind, t.window)
	if !ok && len(t.steps) > 0 {
		return nil // without the fact there is no opinion
	}
	review := len(in.Lines) == 0
	if !review {
		value += t.thisSale(in)
	}
	best, next := around(in, t.steps, value)
	if next != nil {
		out.Say(t.note("tier_next_"+t.metric, next.at-value, next.tier))
		if review {
			out.Say(t.note("tier_from_"+t.metric, next.at, next.tier))
		}
	}
	suffix, note := t.suffix, t.note
	if paid, top := t.paid(in); top != nil && (best == nil || higher(in, top.tier, best.tier)) {
		best, value, suffix, note = top, paid, "_topups", moneyNote
	}
	current, has := in.Rank(in.Member.Tier)
	switch {
	case best == nil:
		if review {
			out.Tier = rule.TierProposal{Note: t.note("tier_none", value, "")}
		}
	case best.tier == in.Member.Tier:
		if review {
			out.Tier = rule.TierProposal{Tier: best.tier, Note: note("tier_stays", value, best.tier)}
		}
	default:
		code := "tier_up"
		if rank, _ := in.Rank(best.tier); has && rank < current {
			if !review {
				return nil
			}
			code = "tier_down"
		}
		out.Tier = rule.TierProposal{Tier: best.tier, Note: note(code+suffix, value, best.tier)}
	}
	return nil
}

// paid is the money topped up, this sale included, and the tier that it deserves.
func (t *Ladder) paid(in *rule.Input) (int64, *step) {
	sum, ok := in.Fact(rule.FactTopUps, 0)
	if !ok || len(t.topUps) == 0 {
		return 0, nil
	}
	for i := range in.Lines {
		if l := &in.Lines[i]; l.Kind == rule.KindTopUp {
			sum += int64(l.Gross)
		}
	}
	best, _ := around(in, t.topUps, sum)
	return sum, best
}

func higher(in *rule.Input, a, b string) bool {
	x, _ := in.Rank(a)
	y, _ := in.Rank(b)
	return x > y
}

func moneyNote(code string, value int64, tier string) rule.Note {
	return rule.Note{Code: code, Arg: value, Money: rule.Amount(value), Label: tier}
}

// around finds the highest tier whose step the value reaches and the nearest step
// above the value of a better tier than that. Tiers that the merchant does not
// have are passed over.
func around(in *rule.Input, steps []step, value int64) (best, next *step) {
	var rank, above int32
	for i := range steps {
		s := &steps[i]
		if r, known := in.Rank(s.tier); known && value >= s.at && (best == nil || r > rank) {
			best, rank = s, r
		}
	}
	for i := range steps {
		s := &steps[i]
		r, known := in.Rank(s.tier)
		if !known || value >= s.at || best != nil && r <= rank {
			continue
		}
		if next == nil || s.at < next.at || s.at == next.at && r > above {
			next, above = s, r
		}
	}
	return best, next
}

func (t *Ladder) note(code string, value int64, tier string) rule.Note {
	n := rule.Note{Code: code, Arg: value, Label: tier}
	if t.kind == rule.FactSpend {
		n.Money = rule.Amount(value)
	}
	return n
}

// thisSale is what the sale adds to the fact, which is as of before it. A second
// sale on one day is the same visit.
func (t *Ladder) thisSale(in *rule.Input) int64 {
	switch t.kind {
	case rule.FactSpend:
		return int64(in.Spend())
	case rule.FactPoints:
		return 0
	}
	if !hasMerchandise(in) {
		return 0 // a top-up alone is no visit
	}
	if days, ok := in.Fact(rule.FactLastVisit, 0); ok && days == 0 {
		return 0
	}
	return 1
}

func hasMerchandise(in *rule.Input) bool {
	for i := range in.Lines {
		if in.Lines[i].Merchandise() {
			return true
		}
	}
	return false
}
