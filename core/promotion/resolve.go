package promotion

import (
	"cmp"
	"slices"

	"github.com/shopwright/shopwright/core/money"
)

// Line is what the resolver needs of a basket line. Its position in the slice
// is the line order that settles ties in an allocation.
type Line struct {
	ID       uint32
	Kind     LineKind
	SKU      string
	Quantity money.Quantity
	Unit     money.UnitPrice
	Gross    money.Amount // unit x quantity
	Floor    money.Amount // the least net, usually 0; a unit paid with a visit takes its part of the floor away
}

// Proposal is one pack's candidates for one hook.
type Proposal struct {
	Pack       PackRef
	Candidates []Candidate
}

// Adjustment is a signed change of one line's amount with its source.
type Adjustment struct {
	Line        uint32
	Amount      money.Amount // negative lowers
	Group       uint32       // from 1, one per applied candidate, in the order of application
	Kind        CandidateKind
	Class       Class
	PackID      string
	PackVersion string
	Coupon      uint32         // Ref of the coupon used; 0 = none
	Units       money.Quantity // free units or visits taken on this line
	Note
}

// Why says what became of a candidate that was not applied.
type Why string

const (
	WhyBeaten       Why = "beaten"        // an exclusive candidate, a better price or the same coupon went before it
	WhyThreshold    Why = "threshold"     // its targets do not reach its threshold
	WhyNoUnits      Why = "no_units"      // no target has units left for it
	WhyNoAmount     Why = "no_amount"     // it would take nothing off
	WhyNotAvailable Why = "not_available" // no visits left, or not a kind that the hook applies
	WhyInvalid      Why = "invalid"       // its figures are out of range or it names a line that is not there
)

// Lost is a candidate that was not applied, or not on some of its lines.
type Lost struct {
	PackID      string
	PackVersion string
	Candidate   Candidate
	Why         Why
	ByPack      string   // the pack and the code of the candidate that beat it
	ByCode      string   // (WhyBeaten only)
	Lines       []uint32 // where it lost; empty = everywhere
}

// Result is what the resolver decided, and the trace of it.
type Result struct {
	Adjustments []Adjustment   // in the order of application
	Lost        []Lost         // in the order in which the candidates had their turn
	Net         []money.Amount // per line, in the order of the lines
}

// entry is a candidate on its way through the resolver.
type entry struct {
	*Candidate
	pack    *PackRef
	rank    int // position in the total order
	index   int // position in its pack's answer
	targets []target
	bad     bool
	blocked map[int]*entry // lines that an exclusive candidate of the category has won
}

// target is a line by position; units 0 means all.
type target struct {
	line  int
	units money.Quantity
}

// Resolve stacks, computes, rounds and allocates the candidates of the benefit
// and tender hooks by the table in the package comment. net is what each line
// costs before (nil: its gross); visits is what the member's punch cards hold
// for each SKU, shared by all lines of that SKU. Neither is changed.
func Resolve(cur money.Currency, m money.Rounding, lines []Line, net []money.Amount, visits map[string]int64, ps []Proposal) Result {
	r := newRun(cur, m, lines, net, visits)
	es := r.entries(ps)
	for from := 0; from < len(es); {
		to := from + 1
		for to < len(es) && phaseOf(es[to].Candidate) == phaseOf(es[from].Candidate) {
			to++
		}
		r.phase(phaseOf(es[from].Candidate), es[from:to])
		from = to
	}
	return r.result()
}

// The phases in their order: visits go before money.
const (
	phasePunch = iota
	phaseLine
	phaseOrder
	phaseTender
)

func phaseOf(c *Candidate) int {
	switch {
	case c.Kind == Punch:
		return phasePunch
	case c.Class == ClassOrder:
		return phaseOrder
	case c.Class == ClassTender:
		return phaseTender
	}
	return phaseLine
}

// entries puts all candidates into the one order of turns, which does not know
// in which order packs were installed or given.
func (r *run) entries(ps []Proposal) []*entry {
	n := 0
	for i := range ps {
		n += len(ps[i].Candidates)
	}
	store, es := make([]entry, n), make([]*entry, 0, n)
	for i := range ps {
		for k := range ps[i].Candidates {
			e := &store[len(es)]
			*e = entry{Candidate: &ps[i].Candidates[k], pack: &ps[i].Pack, index: k}
			e.bad = r.beyond || !sound(e.Candidate) || !r.aim(e)
			es = append(es, e)
		}
	}
	slices.SortStableFunc(es, turn)
	for i, e := range es {
		e.rank = i
	}
	return es
}

func turn(a, b *entry) int {
	return cmp.Or(
		cmp.Compare(phaseOf(a.Candidate), phaseOf(b.Candidate)),
		cmp.Compare(b.priority(), a.priority()),
		cmp.Compare(a.pack.ID, b.pack.ID),
		cmp.Compare(a.pack.Version, b.pack.Version),
		cmp.Compare(a.pack.ConfigHash, b.pack.ConfigHash),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.index, b.index),
	)
}

func (e *entry) priority() int64 { return int64(e.Priority) + int64(e.pack.Priority) }

// sound reports whether the figures are in range, so that nothing later can
// overflow. The host has checked them before; this keeps the resolver total.
func sound(c *Candidate) bool {
	if c.Class > ClassTender || c.Basis > Initial || c.Amount < 0 || c.Price < 0 || c.Units < 0 || c.Threshold < 0 || c.Cap < 0 || c.Rate < 0 || c.Rate > money.Whole {
		return false
	}
	switch c.Kind {
	case Percent, AmountOff, FixedPrice, FreeUnits:
		return true
	case Punch:
		return c.Cap == 0 && c.Class <= ClassLine // a visit pays whole units
	}
	return false
}

// aim finds the lines of the candidate's targets: one target per line, in line
// order. False where a line is not there.
func (r *run) aim(e *entry) bool {
	if len(e.Targets) == 0 {
		for i := range r.lines {
			if k := r.lines[i].Kind; k == KindGoods || k == KindService {
				e.targets = append(e.targets, target{line: i})
			}
		}
		return true
	}
	for _, t := range e.Targets {
		i, ok := r.at[t.Line]
		if !ok || t.Units < 0 {
			return false
		}
		q := r.lines[i].Quantity
		u := min(t.Units, q)
		if k := slices.IndexFunc(e.targets, func(x target) bool { return x.line == i }); k >= 0 {
			if had := e.targets[k].units; had == 0 || u == 0 {
				e.targets[k].units = 0
			} else {
				e.targets[k].units = min(had+u, q)
			}
			continue
		}
		e.targets = append(e.targets, target{i, u})
	}
	slices.SortFunc(e.targets, func(a, b target) int { return cmp.Compare(a.line, b.line) })
	return true
}
