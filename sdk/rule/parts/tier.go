package parts

import "github.com/shopwright/shopwright/sdk/rule"

// Ladder raises a member's tier by what the window and this sale hold together.
//
// Settings: tier_on, tier_window_days (0 = the whole life), tier_downgrade,
// tier_steps (list of tier and the measure: visits or spend).
// Notes: tier_up, tier_down. Facts: the measure in the window; for visits also
// the last visit.
type Ladder struct {
	on, down bool
	kind     rule.FactKind
	window   uint32
	steps    []step
}

type step struct {
	tier string
	at   int64
}

// Configure reads the part's settings; kind is rule.FactVisits or rule.FactSpend.
func (t *Ladder) Configure(v rule.Value, kind rule.FactKind) {
	measure := "spend"
	if kind == rule.FactVisits {
		measure = "visits"
	}
	t.on, t.down, t.kind = v.Bool("tier_on", true), v.Bool("tier_downgrade", false), kind
	t.window = uint32(v.Int("tier_window_days", 365))
	t.steps = t.steps[:0]
	for _, x := range v.List("tier_steps") {
		t.steps = append(t.steps, step{x.Text("tier", ""), x.Int(measure, 0)})
	}
}

// Tier proposes the highest tier whose step is reached, where it is another than
// the member's; a lower one only where the merchant lets members fall.
func (t *Ladder) Tier(in *rule.Input, out *rule.Output) error {
	if !t.on || !in.Member.Present || len(t.steps) == 0 {
		return nil
	}
	value, ok := in.Fact(t.kind, t.window)
	if !ok {
		return nil // without the fact there is no opinion
	}
	value += t.thisSale(in)
	var best *step
	var rank int32
	for i := range t.steps {
		s := &t.steps[i]
		if r, known := in.Rank(s.tier); known && value >= s.at && (best == nil || r > rank) {
			best, rank = s, r
		}
	}
	if best == nil || best.tier == in.Member.Tier {
		return nil
	}
	code := "tier_up"
	if current, has := in.Rank(in.Member.Tier); has && rank < current {
		if !t.down {
			return nil
		}
		code = "tier_down"
	}
	note := rule.Note{Code: code, Arg: value, Label: best.tier}
	if t.kind == rule.FactSpend {
		note.Money = rule.Amount(value)
	}
	out.Tier = rule.TierProposal{Tier: best.tier, Note: note}
	return nil
}

// thisSale is what the sale adds to the fact, which is as of before it. A second
// sale on one day is the same visit.
func (t *Ladder) thisSale(in *rule.Input) int64 {
	if t.kind == rule.FactSpend {
		return int64(in.Spend())
	}
	if days, ok := in.Fact(rule.FactLastVisit, 0); ok && days == 0 {
		return 0
	}
	return 1
}
