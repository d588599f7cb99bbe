package promotion

import (
	"math"

	"github.com/shopwright/shopwright/core/money"
)

// share is what a candidate takes on one line: amount is positive.
type share struct {
	line   int
	amount money.Amount
	units  money.Quantity
}

// measure says what a candidate would take off at this moment, and why nothing
// where it is nothing. It changes nothing.
func (r *run) measure(phase int, e *entry) ([]share, Why) {
	if e.bad {
		return nil, WhyInvalid
	}
	if len(e.targets) == 0 {
		return nil, WhyNoUnits
	}
	sum := r.basisSum(e)
	if sum < e.Threshold {
		return nil, WhyThreshold
	}
	var shares []share
	var why Why
	switch e.Kind {
	case Percent:
		if phase == phaseLine {
			shares = r.eachTarget(e, r.percentOf)
		} else {
			shares = r.allot(e, sum-sum.Times(money.Whole-e.Rate, r.m))
		}
	case AmountOff:
		shares = r.allot(e, r.amountOff(e, sum))
	case FixedPrice:
		if phase == phaseLine {
			shares = r.eachTarget(e, r.fixedOf)
		} else {
			shares, why = r.combos(e)
		}
	case FreeUnits:
		shares, why = r.freeUnits(e)
	case Punch:
		shares, why = r.punches(e)
	}
	if shares = open(e, shares); len(shares) == 0 && why == "" {
		why = WhyNoAmount
	}
	return shares, why
}

// open leaves out the lines that the candidate has lost to an exclusive one.
// What it would have taken there falls away; it does not move to other lines.
func open(e *entry, shares []share) []share {
	if len(e.blocked) == 0 {
		return shares
	}
	kept := shares[:0]
	for _, s := range shares {
		if e.blocked[s.line] == nil {
			kept = append(kept, s)
		}
	}
	return kept
}

// rest is the units of a line that are neither free nor paid with visits.
func (r *run) rest(i int) money.Quantity { return r.lines[i].Quantity - r.punched[i] - r.free[i] }

// head is what may still be taken off a line.
func (r *run) head(i int) money.Amount { return max(r.net[i]-r.floor[i], 0) }

// value is what so many of a line's remaining units cost now.
func (r *run) value(i int, u money.Quantity) money.Amount {
	rest := r.rest(i)
	switch {
	case rest <= 0 || r.net[i] <= 0 || u <= 0:
		return 0
	case u >= rest:
		return r.net[i]
	}
	return r.net[i].MulDiv(int64(u), int64(rest), r.m)
}

// gross is what so many of a line's units cost before all benefits.
func (r *run) gross(i int, u money.Quantity) money.Amount {
	l := &r.lines[i]
	switch {
	case l.Quantity <= 0 || l.Gross <= 0 || u <= 0:
		return 0
	case u >= l.Quantity:
		return l.Gross
	}
	return l.Gross.MulDiv(int64(u), int64(l.Quantity), r.m)
}

// units is how many units of a target a basis looks at. A unit that a visit
// pays for is not bought with money, so neither basis sees it; a free unit is
// part of the initial amount and not of the remaining one.
func (r *run) units(b Basis, t target) money.Quantity {
	u := r.rest(t.line)
	if b == Initial {
		u = r.lines[t.line].Quantity - r.punched[t.line]
	}
	if t.units > 0 {
		u = min(u, t.units)
	}
	return u
}

func (r *run) basis(b Basis, t target) money.Amount {
	if b == Initial {
		return r.gross(t.line, r.units(b, t))
	}
	return r.value(t.line, r.units(b, t))
}

func (r *run) basisSum(e *entry) (sum money.Amount) {
	for _, t := range e.targets {
		sum += r.basis(e.Basis, t)
	}
	return sum
}

// limit is the most that can be taken off a target: what its units cost now,
// and never below the line's floor.
func (r *run) limit(t target) money.Amount {
	return min(r.head(t.line), r.value(t.line, r.units(Remaining, t)))
}

// percentOf rounds what is left to pay, not what is taken off, so that "Down"
// never charges more than the exact price.
func (r *run) percentOf(e *entry, t target) money.Amount {
	b := r.basis(e.Basis, t)
	return b - b.Times(money.Whole-e.Rate, r.m)
}

func (r *run) fixedOf(e *entry, t target) money.Amount {
	cost, err := r.cur.Extend(e.Price, r.units(e.Basis, t), r.m)
	if err != nil {
		return 0
	}
	return r.basis(e.Basis, t) - cost
}

// eachTarget takes an amount of its own off every target, together at most the
// cap.
func (r *run) eachTarget(e *entry, cut func(*entry, target) money.Amount) []share {
	var shares []share
	for _, t := range e.targets {
		if a := min(cut(e, t), r.limit(t)); a > 0 {
			shares = append(shares, share{line: t.line, amount: a})
		}
	}
	return capped(e, shares)
}

// amountOff is the amount, once or for each full threshold.
func (r *run) amountOff(e *entry, sum money.Amount) money.Amount {
	times := money.Amount(1)
	if e.Repeat && e.Threshold > 0 {
		times = sum / e.Threshold
	}
	if times > 1 && e.Amount > math.MaxInt64/times {
		return math.MaxInt64 // the limits of the lines say the rest
	}
	return e.Amount * times
}

// allot spreads one amount over the targets by what they cost now.
func (r *run) allot(e *entry, total money.Amount) []share {
	if e.Cap > 0 {
		total = min(total, e.Cap)
	}
	weights, caps := make([]money.Amount, len(e.targets)), make([]money.Amount, len(e.targets))
	var room money.Amount
	for k, t := range e.targets {
		weights[k], caps[k] = r.value(t.line, r.units(Remaining, t)), r.limit(t)
		room += caps[k]
	}
	if total = min(total, room); total <= 0 {
		return nil
	}
	parts, _ := money.Allocate(total, weights, caps)
	var shares []share
	for k, t := range e.targets {
		if parts[k] > 0 {
			shares = append(shares, share{line: t.line, amount: parts[k]})
		}
	}
	return shares
}

// capped lowers shares in proportion where together they pass the cap.
func capped(e *entry, shares []share) []share {
	amounts := make([]money.Amount, len(shares))
	var sum money.Amount
	for k, s := range shares {
		amounts[k] = s.amount
		sum += s.amount
	}
	if e.Cap == 0 || sum <= e.Cap {
		return shares
	}
	parts, _ := money.Allocate(e.Cap, amounts, amounts)
	kept := shares[:0]
	for k, s := range shares {
		if s.amount = parts[k]; s.amount > 0 || s.units > 0 {
			kept = append(kept, s)
		}
	}
	return kept
}
