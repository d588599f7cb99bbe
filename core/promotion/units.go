package promotion

import (
	"math"

	"github.com/shopwright/shopwright/core/money"
)

// wanted is how many units of a target the candidate asks for. Units that are
// stated nowhere are none: silence must not give a whole line away.
func wanted(e *entry, t target) money.Quantity {
	switch {
	case e.Units == 0:
		return t.units
	case t.units == 0:
		return e.Units
	}
	return min(e.Units, t.units)
}

// freeUnits gives units of each target free.
func (r *run) freeUnits(e *entry) ([]share, Why) {
	var shares []share
	why := WhyNoUnits
	for _, t := range e.targets {
		u := min(wanted(e, t), r.rest(t.line))
		if u <= 0 {
			continue
		}
		why = ""
		a := r.value(t.line, u)
		if e.Basis == Initial {
			a = r.gross(t.line, u)
		}
		if a = min(a, r.head(t.line)); a > 0 {
			shares = append(shares, share{t.line, a, u})
		}
	}
	return capped(e, shares), why
}

// punches pays whole units with visits, as far as the cards reach. Lines of one
// SKU share its visits, and the earlier line comes first. A floor does not hold
// a visit back: the unit was paid when the card was bought.
func (r *run) punches(e *entry) ([]share, Why) {
	var shares []share
	used := map[string]int64{}
	why := WhyNoUnits
	for _, t := range e.targets {
		if e.blocked[t.line] != nil {
			continue
		}
		sku := r.lines[t.line].SKU
		u := min(wanted(e, t), r.rest(t.line)) / money.One
		if u <= 0 {
			continue
		}
		if why == WhyNoUnits {
			why = WhyNotAvailable
		}
		n := min(int64(u), r.visits[sku]-used[sku])
		if n <= 0 {
			continue
		}
		why = ""
		u = money.Quantity(n) * money.One
		a := r.value(t.line, u)
		if r.net[t.line] >= r.floor[t.line] {
			a = min(a, r.net[t.line]-r.floorAfter(t.line, u)) // rounding must not pass what the floor keeps
		}
		if a > 0 {
			used[sku] += n
			shares = append(shares, share{t.line, a, u})
		}
	}
	return shares, why
}

// floorAfter is what remains of a line's floor once u more units are paid with
// visits.
func (r *run) floorAfter(i int, u money.Quantity) money.Amount {
	left := r.lines[i].Quantity - r.punched[i]
	return r.floor[i].MulDiv(int64(left-u), int64(left), money.Down)
}

// combos lets the targets' units together cost the candidate's amount, once or,
// with Repeat, as often as whole combos fit. A unit stands in one combo only.
func (r *run) combos(e *entry) ([]share, Why) {
	n := int64(1)
	if e.Repeat {
		n = math.MaxInt64
	}
	per := make([]money.Quantity, len(e.targets))
	for k, t := range e.targets {
		have := r.rest(t.line) - r.combo[t.line]
		per[k] = t.units
		if t.units == 0 {
			per[k] = have
		}
		if per[k] <= 0 || have < per[k] {
			return nil, WhyNoUnits
		}
		n = min(n, int64(have/per[k]))
	}
	var worth money.Amount
	weights, caps := make([]money.Amount, len(per)), make([]money.Amount, len(per))
	for k, t := range e.targets {
		u := per[k] * money.Quantity(n)
		weights[k] = r.value(t.line, u)
		caps[k] = min(r.head(t.line), weights[k])
		if e.Basis == Initial {
			worth += r.gross(t.line, u)
		} else {
			worth += weights[k]
		}
	}
	if e.Amount > worth/money.Amount(n) {
		return nil, WhyNoAmount
	}
	cut := worth - e.Amount*money.Amount(n)
	if e.Cap > 0 {
		cut = min(cut, e.Cap)
	}
	parts, rest := money.Allocate(cut, weights, caps)
	if cut == rest {
		return nil, WhyNoAmount
	}
	shares := make([]share, len(per))
	for k, t := range e.targets {
		shares[k] = share{t.line, parts[k], per[k] * money.Quantity(n)}
	}
	return shares, ""
}
