package promotion

import (
	"cmp"
	"slices"

	"github.com/shopwright/shopwright/core/money"
)

// run is one resolution in progress.
type run struct {
	cur     money.Currency
	m       money.Rounding
	lines   []Line
	at      map[uint32]int // line id -> position
	net     []money.Amount
	floor   []money.Amount   // what remains of each floor
	punched []money.Quantity // units paid with visits
	free    []money.Quantity // units given free
	combo   []money.Quantity // units that stand in a combo
	visits  map[string]int64
	coupons map[uint32]*entry // who used a coupon
	beyond  bool              // the basket is larger than the books accept: nothing is applied
	group   uint32
	adjs    []Adjustment
	lost    []lostAt
}

// lostAt keeps the rank beside the record, to put the trace into turn order.
type lostAt struct {
	rank int
	Lost
}

func newRun(cur money.Currency, m money.Rounding, lines []Line, net []money.Amount, visits map[string]int64) *run {
	n := len(lines)
	units := make([]money.Quantity, 3*n)
	r := &run{
		cur: cur, m: m, lines: lines,
		at:      make(map[uint32]int, n),
		net:     make([]money.Amount, n),
		floor:   make([]money.Amount, n),
		punched: units[:n:n], free: units[n : 2*n : 2*n], combo: units[2*n:],
		visits:  make(map[string]int64, len(visits)),
		coupons: map[uint32]*entry{},
	}
	var gross, sum money.Amount
	for i := range lines {
		r.at[lines[i].ID] = i
		r.net[i], r.floor[i] = lines[i].Gross, max(lines[i].Floor, 0)
		if net != nil {
			r.net[i] = net[i]
		}
		if !money.Fits(int64(lines[i].Gross)) || !money.Fits(int64(r.net[i])) {
			r.beyond = true
			continue
		}
		gross, sum = gross+lines[i].Gross.Abs(), sum+r.net[i].Abs()
		r.beyond = r.beyond || !money.Fits(int64(gross)) || !money.Fits(int64(sum))
	}
	for k, v := range visits {
		r.visits[k] = v
	}
	return r
}

// phase gives every candidate of one phase its turn. A category with exclusive
// candidates is decided when the first of its candidates has its turn.
func (r *run) phase(phase int, es []*entry) {
	rivals := map[string][]*entry{}
	for _, e := range es {
		if e.Exclusive {
			rivals[e.Category] = append(rivals[e.Category], e)
		}
	}
	for _, e := range es {
		if ex := rivals[e.Category]; ex != nil {
			rivals[e.Category] = nil
			won := r.contest(phase, ex)
			for _, j := range es {
				if !j.Exclusive && j.Category == e.Category {
					j.blocked = won
				}
			}
		}
		if !e.Exclusive {
			r.apply(phase, e)
		}
	}
}

// contest decides between the exclusive candidates of one category: on each
// line (or, above the line class, for the basket) the one that takes most off
// wins, and the earlier turn at a tie. All are measured at the same moment. It
// answers who won where; a basket-wide win is under the key -1.
func (r *run) contest(phase int, es []*entry) map[int]*entry {
	best, most := map[int]*entry{}, map[int]money.Amount{}
	bids := make([][]share, len(es))
	for n, e := range es {
		var sum money.Amount
		bids[n] = r.bid(phase, e)
		for _, s := range bids[n] {
			sum += s.amount
			if phase <= phaseLine && s.amount > most[s.line] {
				best[s.line], most[s.line] = e, s.amount
			}
		}
		if phase > phaseLine && sum > most[-1] {
			best[-1], most[-1] = e, sum
		}
	}
	won := map[int]*entry{}
	for n, e := range es {
		if len(bids[n]) == 0 {
			continue
		}
		e.blocked = map[int]*entry{}
		for k, w := range best {
			if w != e {
				e.blocked[k] = w
			}
		}
		r.loseBlocked(e)
		shares := open(e, bids[n])
		if e.blocked[-1] != nil || len(shares) == 0 {
			continue
		}
		if by := r.coupons[e.Coupon]; by != nil {
			r.lose(e, WhyBeaten, by, nil)
			continue
		}
		if phase == phasePunch { // an earlier winner may have used the visits
			shares = r.bid(phase, e)
		}
		for _, s := range shares {
			won[s.line] = e
		}
		if len(shares) > 0 && phase > phaseLine {
			won[-1] = e
		}
		r.book(phase, e, shares)
	}
	return won
}

// apply gives a candidate that competes with none its turn.
func (r *run) apply(phase int, e *entry) {
	if !e.bad && r.loseBlocked(e) {
		return
	}
	r.book(phase, e, r.bid(phase, e))
}

// bid measures a candidate and records why it takes nothing, where it does.
func (r *run) bid(phase int, e *entry) []share {
	if by := r.coupons[e.Coupon]; by != nil {
		r.lose(e, WhyBeaten, by, nil)
		return nil
	}
	shares, why := r.measure(phase, e)
	if why != "" && !(why == WhyNoAmount && e.hit()) {
		r.lose(e, why, nil, nil)
	}
	return shares
}

// hit reports whether e has lost any of its lines, which is in the trace then.
func (e *entry) hit() bool {
	for _, t := range e.targets {
		if e.blocked[t.line] != nil {
			return true
		}
	}
	return false
}

// book applies the shares of one candidate: one group.
func (r *run) book(phase int, e *entry, shares []share) {
	if len(shares) == 0 {
		return
	}
	if e.Coupon != 0 {
		r.coupons[e.Coupon] = e
	}
	r.group++
	for _, s := range shares {
		r.take(phase, e, s)
	}
}

// take books one share.
func (r *run) take(phase int, e *entry, s share) {
	l := &r.lines[s.line]
	r.net[s.line] -= s.amount
	switch {
	case e.Kind == Punch:
		r.visits[l.SKU] -= int64(s.units / money.One)
		r.floor[s.line] = r.floorAfter(s.line, s.units)
		r.punched[s.line] += s.units
	case e.Kind == FreeUnits:
		r.free[s.line] += s.units
	case e.Kind == FixedPrice && phase > phaseLine:
		r.combo[s.line] += s.units
		s.units = 0 // they are bought, at another price
	}
	if s.amount == 0 {
		return // a combo's line that bears none of the reduction
	}
	class := e.Class
	if class == 0 {
		class = ClassLine
	}
	r.adjs = append(r.adjs, Adjustment{
		Line: l.ID, Amount: -s.amount, Group: r.group, Kind: e.Kind, Class: class,
		PackID: e.pack.ID, PackVersion: e.pack.Version, Coupon: e.Coupon, Units: s.units, Note: e.Note,
	})
}

// loseBlocked records, once per winner, where an exclusive candidate of its
// category has beaten e. True where nothing is left for it.
func (r *run) loseBlocked(e *entry) bool {
	if w := e.blocked[-1]; w != nil {
		r.lose(e, WhyBeaten, w, nil)
		return true
	}
	by := map[*entry][]uint32{}
	var order []*entry
	n := 0
	for _, t := range e.targets {
		if w := e.blocked[t.line]; w != nil {
			if by[w] == nil {
				order = append(order, w)
			}
			by[w] = append(by[w], r.lines[t.line].ID)
			n++
		}
	}
	for _, w := range order {
		r.lose(e, WhyBeaten, w, by[w])
	}
	return n > 0 && n == len(e.targets)
}

func (r *run) lose(e *entry, why Why, by *entry, lines []uint32) {
	l := Lost{PackID: e.pack.ID, PackVersion: e.pack.Version, Candidate: *e.Candidate, Why: why}
	if by != nil {
		l.ByPack, l.ByCode = by.pack.ID, by.Code
	}
	if len(lines) < len(e.targets) {
		l.Lines = lines
	}
	r.lost = append(r.lost, lostAt{e.rank, l})
}

func (r *run) result() Result {
	slices.SortStableFunc(r.lost, func(a, b lostAt) int { return cmp.Compare(a.rank, b.rank) })
	res := Result{Adjustments: r.adjs, Net: r.net}
	for i := range r.lost {
		res.Lost = append(res.Lost, r.lost[i].Lost)
	}
	return res
}
