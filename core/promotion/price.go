package promotion

import (
	"cmp"
	"math"
	"slices"

	"github.com/shopwright/shopwright/core/money"
)

// roundUp is the most by which a price that keeps a floor passes the list price.
const roundUp = 100_000

// ResolvePrice decides the price hook: on each line the lowest price wins,
// alone; at a tie the higher priority, then pack id, version, configuration
// and code. A candidate is a unit price (FixedPrice) or a share off the list
// price (Percent) for whole lines; what lowers single units belongs to the
// benefit hook and is lost here as not_available. No candidate raises a price,
// and none takes a line below its floor. A line's one adjustment is its new
// gross less its list gross, exactly. units holds the price per line that won,
// the list price where none did.
func ResolvePrice(cur money.Currency, m money.Rounding, lines []Line, ps []Proposal) (units []money.UnitPrice, res Result) {
	r := newRun(cur, m, lines, nil, nil)
	es := r.entries(ps)
	units = make([]money.UnitPrice, len(lines))
	won := make([]*entry, len(lines))
	for i := range lines {
		units[i] = lines[i].Unit
	}
	offers := make([]map[int]money.UnitPrice, len(es))
	for n, e := range es {
		var why Why
		if offers[n], why = r.offer(e); why != "" {
			r.lose(e, why, nil, nil)
			continue
		}
		for i, p := range offers[n] {
			if p < units[i] {
				units[i], won[i] = p, e
			}
		}
	}
	for n, e := range es {
		e.blocked = map[int]*entry{}
		for i := range offers[n] {
			if won[i] != e {
				e.blocked[i] = won[i]
			}
		}
		r.loseBlocked(e)
		r.bookPrices(e, units, won)
	}
	return units, r.result()
}

// offer is the unit price that a candidate would give each of its lines, where
// that is less than the list price.
func (r *run) offer(e *entry) (map[int]money.UnitPrice, Why) {
	switch {
	case e.bad:
		return nil, WhyInvalid
	case e.Kind != FixedPrice && e.Kind != Percent, e.Class > ClassLine, e.Cap > 0, slices.ContainsFunc(e.targets, r.inPart):
		return nil, WhyNotAvailable
	case r.grossSum(e) < e.Threshold:
		return nil, WhyThreshold
	}
	offers := map[int]money.UnitPrice{}
	for _, t := range e.targets {
		l := &r.lines[t.line]
		if l.Quantity <= 0 || l.Unit <= 0 || r.floor[t.line] > l.Gross || !money.Fits(int64(l.Unit)+roundUp) {
			continue
		}
		p := e.Price
		if e.Kind == Percent {
			p = money.UnitPrice(money.Amount(l.Unit).Times(money.Whole-e.Rate, r.m))
		}
		if p = max(p, r.floorPrice(t.line)); p >= l.Unit {
			continue
		}
		if g, err := r.cur.Extend(p, l.Quantity, r.m); err == nil && g < l.Gross {
			offers[t.line] = p
		}
	}
	if len(offers) == 0 {
		return nil, WhyNoAmount
	}
	return offers, ""
}

// inPart reports whether a target is less than its whole line.
func (r *run) inPart(t target) bool { return t.units > 0 && t.units < r.lines[t.line].Quantity }

func (r *run) grossSum(e *entry) (sum money.Amount) {
	for _, t := range e.targets {
		sum += max(r.lines[t.line].Gross, 0)
	}
	return sum
}

// floorPrice is the lowest unit price that keeps a line at its floor.
func (r *run) floorPrice(i int) money.UnitPrice {
	if r.floor[i] == 0 {
		return 0
	}
	scale := int64(math.Pow10(int(4-r.cur.Digits))) * int64(money.One)
	return money.UnitPrice(r.floor[i].MulDiv(scale, int64(r.lines[i].Quantity), money.Up))
}

// bookPrices books the lines that e has won: one group.
func (r *run) bookPrices(e *entry, units []money.UnitPrice, won []*entry) {
	var shares []share
	for _, t := range e.targets {
		if won[t.line] != e {
			continue
		}
		g, err := r.cur.Extend(units[t.line], r.lines[t.line].Quantity, r.m)
		if err == nil {
			shares = append(shares, share{line: t.line, amount: r.net[t.line] - g})
		}
	}
	slices.SortFunc(shares, func(a, b share) int { return cmp.Compare(a.line, b.line) })
	r.book(phaseLine, e, shares)
}
