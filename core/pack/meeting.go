package pack

import (
	"cmp"
	"slices"

	"github.com/shopwright/shopwright/core/promotion"
)

// Relation is how the candidates of two groups meet.
type Relation string

const (
	Stacks    Relation = "stacks"     // both apply, one after the other
	BestWins  Relation = "best_wins"  // they compete: the one that gives most is taken
	NeverBoth Relation = "never_both" // the exclusive one applies and the other is dropped
)

// Reasons why one goes before the other, in the order in which they count.
const (
	WhyPhase    = "phase"    // its phase comes before
	WhyPriority = "priority" // its priority is higher
	WhyID       = "id"       // priorities are equal: the pack's id decides
	WhyVaries   = "varies"   // by candidate: their priorities overlap
)

// Meeting is how a group of the pack that is looked at meets a group of another.
type Meeting struct {
	A, B     Group
	Relation Relation
	First    string // the id of the pack that has its turn first; "" where it varies
	Why      string
	Assumed  bool // nothing of one of them was seen: read from the manifests alone
	Seen     Encounter
}

// HookMeeting is how two packs meet in a hook whose answers do not stack.
type HookMeeting struct {
	Hook  string
	Other string
	Rule  string // "whole": the better answer wins whole; "line": the better of each line; "highest"
}

// Matrix is how a pack meets the others that are on.
type Matrix struct {
	Groups   []Group // of the pack
	Others   []Group // of the others
	Meetings []Meeting
	Hooks    []HookMeeting
}

// hookRules says who wins in the hooks whose answers are no candidates.
var hookRules = map[promotion.Hook]string{promotion.HookEarn: "whole", promotion.HookTopUp: "line", promotion.HookTier: "highest", promotion.HookCommission: "line"}

// MatrixOf compares a pack with the others, by what was observed and, where
// nothing was, by what the manifests declare.
func MatrixOf(subject Placed, others []Placed, o *Observation) Matrix {
	m := Matrix{Groups: groupsOf(subject, o)}
	for _, other := range others {
		theirs := groupsOf(other, o)
		m.Others = append(m.Others, theirs...)
		for _, a := range m.Groups {
			for _, b := range theirs {
				m.Meetings = append(m.Meetings, meeting(subject, other, a, b, o))
			}
		}
		for h := promotion.HookPrice; h <= promotion.HookReturn; h++ {
			if rule := hookRules[h]; rule != "" && subject.Bundle.Serves(h) && other.Bundle.Serves(h) {
				m.Hooks = append(m.Hooks, HookMeeting{h.String(), other.Bundle.ID, rule})
			}
		}
	}
	return m
}

// groupsOf are the groups that were seen of a pack, and its declared categories of
// which nothing was.
func groupsOf(p Placed, o *Observation) []Group {
	var out []Group
	seen := map[string]bool{}
	for g := range o.Traits {
		if g.Pack == p.Bundle.ID {
			out = append(out, g)
			seen[g.Category] = true
		}
	}
	for _, c := range p.Bundle.Categories {
		if !seen[c] {
			out = append(out, Group{p.Bundle.ID, c, PhaseAny})
		}
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(slices.Index(phases, a.Phase), slices.Index(phases, b.Phase)), cmp.Compare(a.Category, b.Category))
	})
	return out
}

func meeting(pa, pb Placed, a, b Group, o *Observation) Meeting {
	m := Meeting{A: a, B: b, Relation: Stacks}
	ta, tb := o.Traits[a], o.Traits[b]
	m.Assumed = ta == nil || tb == nil
	together := a.Phase == b.Phase || a.Phase == PhaseAny || b.Phase == PhaseAny
	switch {
	case a.Phase == PhasePrice && b.Phase == PhasePrice: // one price wins a line, whatever its category
		m.Relation = BestWins
	case !together || a.Category != b.Category:
	case m.Assumed:
		m.Relation = BestWins
	case ta.Exclusive && tb.Exclusive:
		m.Relation = BestWins
	case ta.Exclusive || tb.Exclusive:
		m.Relation = NeverBoth
	}
	m.First, m.Why = first(pa, pb, a, b, ta, tb)
	m.Seen = o.encounter(a, b)
	return m
}

// first says who has its turn before the other, as the resolver orders them.
func first(pa, pb Placed, a, b Group, ta, tb *Trait) (packID, why string) {
	if a.Phase != b.Phase && a.Phase != PhaseAny && b.Phase != PhaseAny {
		if slices.Index(phases, a.Phase) < slices.Index(phases, b.Phase) {
			return a.Pack, WhyPhase
		}
		return b.Pack, WhyPhase
	}
	lowA, highA, lowB, highB := int64(pa.Priority), int64(pa.Priority), int64(pb.Priority), int64(pb.Priority)
	if ta != nil {
		lowA, highA = ta.Lowest, ta.Highest
	}
	if tb != nil {
		lowB, highB = tb.Lowest, tb.Highest
	}
	switch {
	case lowA > highB:
		return a.Pack, WhyPriority
	case lowB > highA:
		return b.Pack, WhyPriority
	case lowA == highA && lowB == highB && lowA == lowB:
		return min(a.Pack, b.Pack), WhyID
	}
	return "", WhyVaries
}

// encounter is what was seen of two groups, from the side of the first.
func (o *Observation) encounter(a, b Group) Encounter {
	if e := o.Met[[2]Group{a, b}]; e != nil {
		return *e
	}
	if e := o.Met[[2]Group{b, a}]; e != nil {
		turned := *e
		turned.Won[0], turned.Won[1] = e.Won[1], e.Won[0]
		return turned
	}
	return Encounter{}
}

// At finds a meeting of the matrix.
func (m *Matrix) At(a, b Group) (Meeting, bool) {
	for i := range m.Meetings {
		if m.Meetings[i].A == a && m.Meetings[i].B == b {
			return m.Meetings[i], true
		}
	}
	return Meeting{}, false
}
