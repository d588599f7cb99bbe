package promotion

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/money"
)

func drawLines(t *rapid.T) ([]Line, []money.Amount) {
	n := rapid.IntRange(1, 6).Draw(t, "lines")
	lines, net := make([]Line, n), make([]money.Amount, n)
	for i := range lines {
		q := money.Quantity(rapid.OneOf(rapid.Int64Range(1, 9999), rapid.Map(rapid.Int64Range(1, 9), func(v int64) int64 { return v * 1000 })).Draw(t, "quantity"))
		unit := money.UnitPrice(rapid.Int64Range(0, 5_000_000).Draw(t, "unit"))
		g, err := cny.Extend(unit, q, money.HalfUp)
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = Line{
			ID: uint32(10 + i), Kind: LineKind(rapid.IntRange(1, 3).Draw(t, "kind")), SKU: rapid.SampledFrom([]string{"cut", "wash", "mask"}).Draw(t, "sku"),
			Quantity: q, Unit: unit, Gross: g, Floor: money.Amount(rapid.Int64Range(0, int64(g)).Draw(t, "floor")),
		}
		if rapid.Bool().Draw(t, "no floor") {
			lines[i].Floor = 0
		}
		net[i] = g
		if rapid.IntRange(0, 3).Draw(t, "lowered") == 0 {
			net[i] = money.Amount(rapid.Int64Range(0, int64(g)).Draw(t, "net"))
		}
	}
	return lines, net
}

func drawCandidate(t *rapid.T, lines []Line) Candidate {
	c := Candidate{
		Kind:      CandidateKind(rapid.IntRange(1, 5).Draw(t, "kind")),
		Class:     Class(rapid.IntRange(0, 3).Draw(t, "class")),
		Basis:     Basis(rapid.IntRange(0, 2).Draw(t, "basis")),
		Category:  rapid.SampledFrom([]string{"", "vip", "coupon"}).Draw(t, "category"),
		Exclusive: rapid.IntRange(0, 2).Draw(t, "exclusive") == 0,
		Priority:  int32(rapid.IntRange(-2, 2).Draw(t, "priority")),
		Rate:      money.Rate(rapid.Int64Range(0, int64(money.Whole)).Draw(t, "rate")),
		Amount:    money.Amount(rapid.Int64Range(0, 30000).Draw(t, "amount")),
		Price:     money.UnitPrice(rapid.Int64Range(0, 4_000_000).Draw(t, "price")),
		Units:     money.Quantity(rapid.Int64Range(0, 4000).Draw(t, "units")),
		Repeat:    rapid.Bool().Draw(t, "repeat"),
		Coupon:    uint32(rapid.IntRange(0, 3).Draw(t, "coupon")),
		Note:      Note{Code: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "code")},
	}
	if rapid.IntRange(0, 2).Draw(t, "with threshold") == 0 {
		c.Threshold = money.Amount(rapid.Int64Range(0, 20000).Draw(t, "threshold"))
	}
	if rapid.IntRange(0, 3).Draw(t, "with cap") == 0 && c.Kind != Punch {
		c.Cap = money.Amount(rapid.Int64Range(1, 5000).Draw(t, "cap"))
	}
	for _, l := range lines {
		if rapid.IntRange(0, 2).Draw(t, "target") == 0 {
			c.Targets = append(c.Targets, Target{l.ID, money.Quantity(rapid.Int64Range(0, 3).Draw(t, "target units")) * 1000})
		}
	}
	if c.Kind == Punch {
		c.Class = ClassLine
	}
	return c
}

func drawProposals(t *rapid.T, lines []Line) []Proposal {
	ps := make([]Proposal, rapid.IntRange(1, 4).Draw(t, "packs"))
	for i := range ps {
		ps[i].Pack = PackRef{ID: fmt.Sprint("pack", i), Version: "1", Priority: int32(rapid.IntRange(-1, 1).Draw(t, "pack priority"))}
		for range rapid.IntRange(0, 4).Draw(t, "candidates") {
			ps[i].Candidates = append(ps[i].Candidates, drawCandidate(t, lines))
		}
	}
	return ps
}

func drawMode(t *rapid.T) money.Rounding { return money.Rounding(rapid.IntRange(0, 3).Draw(t, "mode")) }

func TestPropertyBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines, net := drawLines(t)
		ps := drawProposals(t, lines)
		visits := map[string]int64{"cut": 2, "wash": 1}
		r := Resolve(cny, drawMode(t), lines, net, visits, ps)
		checkBooks(t, lines, net, visits, ps, r)
	})
}

func checkBooks(t *rapid.T, lines []Line, net []money.Amount, visits map[string]int64, ps []Proposal, r Result) {
	sums := map[uint32]money.Amount{}
	units, punched := map[uint32]money.Quantity{}, map[uint32]money.Quantity{}
	groups, coupons := map[uint32]string{}, map[uint32]uint32{}
	at := map[uint32]Line{}
	used := map[string]int64{}
	for _, l := range lines {
		at[l.ID] = l
	}
	for _, a := range r.Adjustments {
		if a.Amount >= 0 {
			t.Fatalf("an adjustment that takes nothing off: %+v", a)
		}
		sums[a.Line] += a.Amount
		units[a.Line] += a.Units
		if a.Kind == Punch {
			punched[a.Line] += a.Units
			used[at[a.Line].SKU] += int64(a.Units / money.One)
			if a.Units%money.One != 0 {
				t.Fatalf("a part of a visit: %+v", a)
			}
		}
		source := fmt.Sprint(a.PackID, a.Code, a.Kind, a.Class, a.Coupon)
		if had, ok := groups[a.Group]; ok && had != source {
			t.Fatalf("group %d is of %s and of %s", a.Group, had, source)
		}
		groups[a.Group] = source
		if g, ok := coupons[a.Coupon]; ok && a.Coupon != 0 && g != a.Group {
			t.Fatalf("coupon %d was used twice", a.Coupon)
		}
		coupons[a.Coupon] = a.Group
	}
	for sku, n := range used {
		if n > visits[sku] {
			t.Fatalf("%d visits of %s were used of %d", n, sku, visits[sku])
		}
	}
	for i, l := range lines {
		if net[i]+sums[l.ID] != r.Net[i] {
			t.Fatalf("line %d: %d and adjustments of %d are not %d", l.ID, net[i], sums[l.ID], r.Net[i])
		}
		if units[l.ID] > l.Quantity {
			t.Fatalf("line %d: %s units taken of %s", l.ID, units[l.ID], l.Quantity)
		}
		floor := l.Floor
		for left, p := l.Quantity, punched[l.ID]; p > 0; p -= money.One { // the loosest way to round it down step by step
			floor = floor.MulDiv(int64(left-money.One), int64(left), money.Down)
			left -= money.One
		}
		if net[i] < l.Floor { // somebody went below the floor before
			floor = 0
			if punched[l.ID] == 0 {
				floor = net[i]
			}
		}
		if r.Net[i] < 0 || r.Net[i] < floor {
			t.Fatalf("line %d: net %d is below its floor %d", l.ID, r.Net[i], floor)
		}
	}
	capsHold(t, ps, r)
}

// capsHold: no candidate takes more than its cap.
func capsHold(t *rapid.T, ps []Proposal, r Result) {
	most := map[string]money.Amount{}
	for _, p := range ps {
		for _, c := range p.Candidates {
			k := p.Pack.ID + c.Code
			if c.Cap == 0 || most[k] < 0 {
				most[k] = -1 // a code of which one has no cap says nothing
				continue
			}
			most[k] = max(most[k], c.Cap)
		}
	}
	taken := map[uint32]money.Amount{}
	for _, a := range r.Adjustments {
		taken[a.Group] -= a.Amount
		if m := most[a.PackID+a.Code]; m > 0 && taken[a.Group] > m {
			t.Fatalf("group %d took %d, its cap is %d", a.Group, taken[a.Group], m)
		}
	}
}

// The order in which packs are given, which is the order of installation,
// changes neither an amount nor the trace.
func TestPropertyPackOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines, net := drawLines(t)
		ps := drawProposals(t, lines)
		m := drawMode(t)
		other := rapid.Permutation(ps).Draw(t, "other order")
		visits := map[string]int64{"cut": 2, "wash": 1}
		a, b := Resolve(cny, m, lines, net, visits, ps), Resolve(cny, m, lines, net, visits, other)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v\n%+v", a, b)
		}
		ua, pa := ResolvePrice(cny, m, lines, ps)
		ub, pb := ResolvePrice(cny, m, lines, other)
		if !reflect.DeepEqual(ua, ub) || !reflect.DeepEqual(pa, pb) {
			t.Fatalf("%+v\n%+v", pa, pb)
		}
	})
}

// Every candidate is accounted for: it has a group or it is in the trace.
func TestPropertyTraceIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines, net := drawLines(t)
		ps := drawProposals(t, lines)
		n := 0
		for i := range ps {
			for k := range ps[i].Candidates {
				ps[i].Candidates[k].Code = fmt.Sprint("c", n)
				n++
			}
		}
		seen := map[string]bool{}
		r := Resolve(cny, money.HalfUp, lines, net, map[string]int64{"cut": 3}, ps)
		for _, a := range r.Adjustments {
			seen[a.Code] = true
		}
		for _, l := range r.Lost {
			if seen[l.Candidate.Code] && len(l.Lines) == 0 {
				t.Fatalf("%s was applied and is lost everywhere: %+v", l.Candidate.Code, l)
			}
			if (l.Why == WhyBeaten) != (l.ByPack != "") {
				t.Fatalf("the trace does not name the winner: %+v", l)
			}
		}
		for _, l := range r.Lost {
			seen[l.Candidate.Code] = true
		}
		if len(seen) != n {
			t.Fatalf("%d of %d candidates are accounted for", len(seen), n)
		}
	})
}

// The order of the lines does not change the total where no allocation tie can
// reach a later step: line candidates that treat each line by itself, then
// amounts off the whole basket. (With partial targets after an allocation a tie
// of one cent goes to the earlier line and later steps may see it.)
func TestPropertyLineOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines, _ := drawLines(t)
		m := drawMode(t)
		var cs []Candidate
		for range rapid.IntRange(1, 4).Draw(t, "line candidates") {
			c := drawCandidate(t, lines)
			c.Class, c.Cap, c.Threshold = ClassLine, 0, 0
			if c.Kind == Punch || c.Kind == AmountOff {
				c.Kind = Percent
			}
			cs = append(cs, c)
		}
		for range rapid.IntRange(1, 3).Draw(t, "order candidates") {
			c := drawCandidate(t, lines)
			c.Class, c.Targets = ClassOrder, nil
			if c.Kind != AmountOff {
				c.Kind = Percent
			}
			cs = append(cs, c)
		}
		a := Resolve(cny, m, lines, nil, nil, []Proposal{pack("p", cs...)})
		b := Resolve(cny, m, rapid.Permutation(lines).Draw(t, "other order"), nil, nil, []Proposal{pack("p", cs...)})
		if x, y := total(a.Net), total(b.Net); x != y {
			t.Fatalf("%d and %d", x, y)
		}
	})
}

func total(as []money.Amount) (sum money.Amount) {
	for _, a := range as {
		sum += a
	}
	return sum
}

func TestPropertyPrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines, _ := drawLines(t)
		ps := drawProposals(t, lines)
		units, r := ResolvePrice(cny, money.HalfUp, lines, ps)
		var sums = map[uint32]money.Amount{}
		for _, a := range r.Adjustments {
			if sums[a.Line] != 0 {
				t.Fatalf("two prices for line %d", a.Line)
			}
			sums[a.Line] = a.Amount
		}
		for i, l := range lines {
			g, err := cny.Extend(units[i], l.Quantity, money.HalfUp)
			if err != nil || g != r.Net[i] || l.Gross+sums[l.ID] != g || units[i] > l.Unit || r.Net[i] < l.Floor {
				t.Fatalf("line %+v: unit %d, net %d, adjustment %d (%v)", l, units[i], r.Net[i], sums[l.ID], err)
			}
		}
	})
}

func FuzzResolve(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		lines, net := drawLines(t)
		ps := drawProposals(t, lines)
		r := Resolve(cny, drawMode(t), lines, net, nil, ps)
		checkBooks(t, lines, net, nil, ps, r)
	}))
}

func BenchmarkResolve(b *testing.B) {
	var lines []Line
	for i := range uint32(20) {
		lines = append(lines, goods(i+1, 1990, 2))
	}
	var cs []Candidate
	for i := range uint32(18) {
		cs = append(cs, Candidate{Kind: Percent, Targets: []Target{{Line: i + 1}}, Rate: 120000, Note: code("tier")})
	}
	cs = append(cs, Candidate{Kind: AmountOff, Class: ClassOrder, Threshold: 10000, Amount: 2000, Note: code("full")})
	ps := []Proposal{pack("a", cs...)}
	b.ReportAllocs()
	for b.Loop() {
		Resolve(cny, money.HalfUp, lines, nil, nil, ps)
	}
}
