package staff

import (
	"cmp"
	"slices"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Report is what a settlement run found: the difference between what was booked
// and what the plans give. It is stored as it was.
type Report struct {
	Period     Period       `json:"period"`
	First      clock.Date   `json:"first"`
	Last       clock.Date   `json:"last"`
	Plans      []Plan       `json:"plans"` // in force, of this period, as they were
	Results    []Result     `json:"results"`
	Staff      []StaffTotal `json:"staff"`
	Recomputed []Recomputed `json:"recomputed"`

	state string // of plans and settlements when it was computed
}

// Result is what one plan gives one member of staff.
type Result struct {
	Plan       id.ID        `json:"plan_id"`
	Staff      id.ID        `json:"staff_id"`
	Figure     int64        `json:"figure"` // minor units, or thousandths of a piece
	Amount     money.Amount `json:"amount"` // what the plan gives for it
	Bands      []Band       `json:"bands"`
	BackFigure int64        `json:"back_figure"` // of refunds of earlier periods' sales, negative
	Back       money.Amount `json:"back"`        // what they take back at what those periods paid
	Booked     money.Amount `json:"booked"`      // the packs' entries that the plan replaces
	Difference money.Amount `json:"difference"`  // what the settlement books
}

// StaffTotal is one member of staff's period: what was booked, by groups, and
// what the plans change.
type StaffTotal struct {
	Staff      id.ID        `json:"staff_id"`
	Groups     []Group      `json:"groups"`
	Earned     money.Amount `json:"earned"`
	ClawedBack money.Amount `json:"clawed_back"`
	Manual     money.Amount `json:"manual"`
	Difference money.Amount `json:"difference"`
	Total      money.Amount `json:"total"`
}

// Recomputed says what an earlier period would have given had it known of the
// refunds since. It is for information: that period does not move.
type Recomputed struct {
	Settlement id.ID        `json:"settlement_id"`
	Plan       id.ID        `json:"plan_id"`
	Staff      id.ID        `json:"staff_id"`
	Figure     int64        `json:"figure"`
	FigureNow  int64        `json:"figure_now"`
	Paid       money.Amount `json:"paid"` // less what refunds took back, this period's too
	WouldBe    money.Amount `json:"would_be"`
}

// work is what a settlement is computed from.
type work struct {
	period      Period
	first, last clock.Date
	plans       []Plan            // all, in their order
	rows        []LineStaff       // of the period
	entries     []CommissionEntry // of the period
	earlier     []Settlement      // final ones of this period's length, before it
	back        []LineStaff       // refunds made before the period on a later day than the sale's
}

type payee struct {
	plan  int
	staff id.ID
}

type backKey struct {
	settlement int
	payee
}

type partKey struct {
	sale, line, staff id.ID
	role              Role
}

// settle computes a run: nothing of it is written.
func settle(w work) Report {
	rep := Report{Period: w.period, First: w.first, Last: w.last, Plans: []Plan{}, Results: []Result{}, Staff: []StaffTotal{}, Recomputed: []Recomputed{}}
	for _, p := range w.plans {
		if p.Period == w.period && p.ValidFrom <= w.last && (p.ValidUntil == "" || p.ValidUntil >= w.first) {
			p.Archived, p.CreatedAt, p.UpdatedAt = false, 0, 0 // what is no part of the rule is not kept
			rep.Plans = append(rep.Plans, p)
		}
	}
	results := map[payee]*Result{}
	backs := map[backKey]int64{}
	replaced := map[partKey]payee{}
	for i := range w.rows {
		l := &w.rows[i]
		w.each(l, func(k payee) {
			p, s := &w.plans[k.plan], -1
			if dateOf(*l) < w.first {
				if s = w.settled(dateOf(*l)); s < 0 || w.earlier[s].Report.result(p.ID, k.staff) == nil {
					return // that period paid nothing by the plan, so there is nothing to take back
				}
			}
			r := results[k]
			if r == nil {
				r = &Result{Plan: p.ID, Staff: k.staff, Bands: []Band{}}
				results[k] = r
			}
			if s < 0 {
				r.Figure += p.Figure(l)
			} else {
				r.BackFigure += p.Figure(l)
				backs[backKey{s, k}] += p.Figure(l)
			}
			if p.Combination == Replaces {
				replaced[partKey{l.Sale, l.Line, l.Staff, l.Role}] = k
			}
		})
	}
	for i := range w.entries {
		e := &w.entries[i]
		if k, ok := replaced[partKey{e.Sale, e.Line, e.Staff, e.Role}]; ok && (e.Kind == KindSale || e.Kind == KindClawBack) {
			results[k].Booked += e.Amount
		}
	}
	for k, figure := range backs {
		rep.Recomputed = append(rep.Recomputed, w.takeBack(k, figure, results[k.payee]))
	}
	for k, r := range results {
		var bands []Band
		if r.Amount, bands = Compute(&w.plans[k.plan], r.Figure); len(bands) > 0 {
			r.Bands = bands
		}
		r.Difference = r.Amount + r.Back - r.Booked
		rep.Results = append(rep.Results, *r)
	}
	slices.SortFunc(rep.Results, func(a, b Result) int { return cmp.Or(compareIDs(a.Staff, b.Staff), compareIDs(a.Plan, b.Plan)) })
	slices.SortFunc(rep.Recomputed, func(a, b Recomputed) int {
		return cmp.Or(compareIDs(a.Staff, b.Staff), compareIDs(a.Plan, b.Plan), compareIDs(a.Settlement, b.Settlement))
	})
	rep.Staff = w.totals(rep.Results)
	return rep
}

// each calls f for every plan of the period that a row counts for.
func (w *work) each(l *LineStaff, f func(payee)) {
	own := owner(w.plans, l)
	for i := range w.plans {
		p := &w.plans[i]
		if p.Period == w.period && (i == own || p.Combination == Adds && p.Covers(l)) {
			f(payee{i, l.Staff})
		}
	}
}

// settled is the earlier settlement that covers a date, -1 where there is none.
func (w *work) settled(on clock.Date) int {
	return slices.IndexFunc(w.earlier, func(s Settlement) bool { return s.First <= on && on <= s.Last })
}

func (r *Report) result(plan, staff id.ID) *Result {
	for i := range r.Results {
		if r.Results[i].Plan == plan && r.Results[i].Staff == staff {
			return &r.Results[i]
		}
	}
	return nil
}

// takeBack takes back what refunds of this period's make of an earlier period's
// result: the part that the figure given back so far has of the figure then, so
// that refunds of everything take all of it.
func (w *work) takeBack(k backKey, figure int64, r *Result) Recomputed {
	s := &w.earlier[k.settlement]
	p := &w.plans[k.plan]
	then := s.Report.result(p.ID, k.staff)
	var before int64
	for i := range w.back {
		l := &w.back[i]
		if d := dateOf(*l); l.Staff != k.staff || d < s.First || d > s.Last || l.BusinessDate <= s.Last || l.BusinessDate >= w.first {
			continue
		}
		w.each(l, func(of payee) {
			if of == k.payee {
				before -= p.Figure(l)
			}
		})
	}
	after := before - figure
	part := func(given int64) money.Amount {
		given = min(max(given, 0), then.Figure)
		if given <= 0 {
			return 0
		}
		return then.Amount.MulDiv(given, then.Figure, money.HalfUp)
	}
	r.Back -= part(after) - part(before)
	would, _ := Compute(p, then.Figure-after)
	return Recomputed{Settlement: s.ID, Plan: p.ID, Staff: k.staff, Figure: then.Figure, FigureNow: then.Figure - after, Paid: then.Amount - part(after), WouldBe: would}
}

// totals puts the period together for each member of staff.
func (w *work) totals(results []Result) []StaffTotal {
	of := map[id.ID]*StaffTotal{}
	at := func(staff id.ID) *StaffTotal {
		if of[staff] == nil {
			of[staff] = &StaffTotal{Staff: staff, Groups: []Group{}}
		}
		return of[staff]
	}
	type key struct{ metric, kind, lineKind, category string }
	groups := map[id.ID]map[key]*Group{}
	for i := range w.entries {
		e := &w.entries[i]
		t := at(e.Staff)
		switch e.Kind {
		case KindSale:
			t.Earned += e.Amount
		case KindClawBack:
			t.ClawedBack += e.Amount
		case KindManual:
			t.Manual += e.Amount
		default: // another settlement's: it is not this one's to show
			continue
		}
		if groups[e.Staff] == nil {
			groups[e.Staff] = map[key]*Group{}
		}
		k := key{e.Metric, e.Kind, e.LineKind, e.Category}
		g := groups[e.Staff][k]
		if g == nil {
			g = &Group{Staff: e.Staff, Metric: e.Metric, Kind: e.Kind, LineKind: e.LineKind, Category: e.Category}
			groups[e.Staff][k] = g
		}
		g.Amount += e.Amount
		g.Basis += e.Basis
		g.Quantity += e.Quantity
		g.Entries++
	}
	for i := range results {
		at(results[i].Staff).Difference += results[i].Difference
	}
	out := []StaffTotal{}
	for staff, t := range of {
		for _, g := range groups[staff] {
			t.Groups = append(t.Groups, *g)
		}
		slices.SortFunc(t.Groups, func(a, b Group) int {
			return cmp.Or(cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.LineKind, b.LineKind), cmp.Compare(a.Category, b.Category))
		})
		t.Total = t.Earned + t.ClawedBack + t.Manual + t.Difference
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b StaffTotal) int { return compareIDs(a.Staff, b.Staff) })
	return out
}

func compareIDs(a, b id.ID) int {
	switch {
	case a.Less(b):
		return -1
	case b.Less(a):
		return 1
	}
	return 0
}
