package promotion

import (
	"testing"

	"github.com/shopwright/shopwright/core/money"
)

var cny = money.MustCurrency("CNY")

// goods is a line of whole units; unit is in minor units of CNY.
func goods(id uint32, unit money.Amount, qty int64) Line {
	q := money.Quantity(qty) * money.One
	return Line{ID: id, Kind: KindGoods, SKU: string(rune('A' - 1 + id)), Quantity: q, Unit: cny.Price(unit), Gross: unit * money.Amount(qty)}
}

func pack(id string, cs ...Candidate) Proposal {
	return Proposal{Pack: PackRef{ID: id, Version: "1.0.0"}, Candidates: cs}
}

func code(c string) Note { return Note{Code: c} }

func nets(t *testing.T, got Result, want ...money.Amount) {
	t.Helper()
	if len(got.Net) != len(want) {
		t.Fatalf("net %v, want %v", got.Net, want)
	}
	for i := range want {
		if got.Net[i] != want[i] {
			t.Fatalf("net %v, want %v\nadjustments %+v\nlost %+v", got.Net, want, got.Adjustments, got.Lost)
		}
	}
}

// lostAs finds the trace record of a code.
func lostAs(t *testing.T, r Result, c string, why Why, byCode string) Lost {
	t.Helper()
	for _, l := range r.Lost {
		if l.Candidate.Code == c {
			if l.Why != why || l.ByCode != byCode {
				t.Fatalf("%s lost as %s by %q, want %s by %q", c, l.Why, l.ByCode, why, byCode)
			}
			return l
		}
	}
	t.Fatalf("%s is not in the trace: %+v", c, r.Lost)
	return Lost{}
}

func applied(r Result, c string) (n int, sum money.Amount) {
	for _, a := range r.Adjustments {
		if a.Code == c {
			n++
			sum += a.Amount
		}
	}
	return n, sum
}

// The book's example: 100 with -5, -10 % and -30 % is 59.85 one after the other
// and 58.00 where the second percentage looks at the remaining and the first at
// what the -5 left.
func TestGoldenOrderMatters(t *testing.T) {
	line := []Line{goods(1, 10000, 1)}
	five := Candidate{Kind: AmountOff, Class: ClassOrder, Amount: 500, Note: code("five")}
	ten := Candidate{Kind: Percent, Class: ClassOrder, Rate: 100000, Note: code("ten")}
	thirty := Candidate{Kind: Percent, Class: ClassOrder, Rate: 300000, Note: code("thirty")}
	five.Priority, ten.Priority, thirty.Priority = 3, 2, 1
	nets(t, Resolve(cny, money.HalfUp, line, nil, nil, []Proposal{pack("a", thirty, ten, five)}), 5985)
	five.Priority = 0
	nets(t, Resolve(cny, money.HalfUp, line, nil, nil, []Proposal{pack("a", five, ten, thirty)}), 5800)
	ten.Basis, thirty.Basis = Initial, Initial
	nets(t, Resolve(cny, money.HalfUp, line, nil, nil, []Proposal{pack("a", five, ten, thirty)}), 5500)
}

func TestThresholds(t *testing.T) {
	lines := []Line{goods(1, 6000, 1), goods(2, 6000, 1)}
	half := Candidate{Kind: Percent, Class: ClassLine, Targets: []Target{{Line: 1}}, Rate: 500000, Note: code("half")}
	full := Candidate{Kind: AmountOff, Class: ClassOrder, Threshold: 10000, Amount: 2000, Note: code("full100")}
	r := Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", full, half)})
	nets(t, r, 3000, 6000)
	lostAs(t, r, "full100", WhyThreshold, "")
	full.Basis = Initial
	r = Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", full, half)})
	nets(t, r, 2333, 4667)
	full.Repeat, full.Threshold = true, 5000 // 120 holds two times 50
	nets(t, Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", full, half)}), 1667, 3333)
	full.Cap = 3000
	nets(t, Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", full, half)}), 2000, 4000)
}

func TestThresholdIsReachedExactly(t *testing.T) {
	for _, c := range []struct{ gross, want money.Amount }{{9999, 9999}, {10000, 8000}, {10001, 8001}} {
		full := Candidate{Kind: AmountOff, Class: ClassOrder, Threshold: 10000, Amount: 2000}
		nets(t, Resolve(cny, money.HalfUp, []Line{goods(1, c.gross, 1)}, nil, nil, []Proposal{pack("a", full)}), c.want)
	}
}

func TestRoundingIsOfWhatIsLeftToPay(t *testing.T) {
	tenOff := Candidate{Kind: Percent, Rate: 100000} // 0.05 x 90 % = 0.045
	for m, want := range map[money.Rounding]money.Amount{money.HalfUp: 5, money.HalfEven: 4, money.Down: 4, money.Up: 5} {
		nets(t, Resolve(cny, m, []Line{goods(1, 5, 1)}, nil, nil, []Proposal{pack("a", tenOff)}), want)
	}
}

func TestTargetUnitsAndFloors(t *testing.T) {
	l := goods(1, 1000, 3)
	on := func(u money.Quantity) []Target { return []Target{{1, u}} }
	cases := map[string]struct {
		floor money.Amount
		cs    []Candidate
		want  money.Amount
	}{
		"second at half price":            {0, []Candidate{{Kind: Percent, Targets: on(1000), Rate: 500000}}, 2500},
		"amount stays within its units":   {0, []Candidate{{Kind: AmountOff, Targets: on(1000), Amount: 5000}}, 2000},
		"a unit at a price":               {0, []Candidate{{Kind: FixedPrice, Targets: on(2000), Price: cny.Price(700)}}, 2400},
		"a price that is no better":       {0, []Candidate{{Kind: FixedPrice, Price: cny.Price(1200)}}, 3000},
		"one free":                        {0, []Candidate{{Kind: FreeUnits, Units: 1000}}, 2000},
		"units stated nowhere":            {0, []Candidate{{Kind: FreeUnits}}, 3000},
		"free twice ends at the quantity": {0, []Candidate{{Kind: FreeUnits, Units: 2000}, {Kind: FreeUnits, Units: 2000}}, 0},
		"floor":                           {2600, []Candidate{{Kind: FreeUnits, Units: 1000}}, 2600},
		"floor, percent":                  {2600, []Candidate{{Kind: Percent, Rate: 900000}}, 2600},
		"cap":                             {0, []Candidate{{Kind: Percent, Rate: 500000, Cap: 400}}, 2600},
		"percent of what is not free":     {0, []Candidate{{Kind: FreeUnits, Units: 1000, Priority: 1}, {Kind: Percent, Rate: 500000}}, 1000},
		"percent of the initial amount":   {0, []Candidate{{Kind: FreeUnits, Units: 1000, Priority: 1}, {Kind: Percent, Rate: 500000, Basis: Initial}}, 500},
		"free at the initial price":       {0, []Candidate{{Kind: Percent, Rate: 100000, Priority: 1}, {Kind: FreeUnits, Units: 1000, Basis: Initial}}, 1700},
		"free at the present price":       {0, []Candidate{{Kind: Percent, Rate: 100000, Priority: 1}, {Kind: FreeUnits, Units: 1000}}, 1800},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			l.Floor = c.floor
			nets(t, Resolve(cny, money.HalfUp, []Line{l}, nil, nil, []Proposal{pack("a", c.cs...)}), c.want)
		})
	}
}

func TestPunchesGoBeforeMoneyAndAreShared(t *testing.T) {
	lines := []Line{goods(1, 8800, 2), goods(2, 8800, 1), goods(3, 1000, 1)}
	lines[0].SKU, lines[1].SKU = "cut", "cut"
	lines[0].Floor = 12000
	punch := Candidate{Kind: Punch, Targets: []Target{{Line: 1}, {Line: 2}}, Units: 2000, Note: code("punch"), Priority: -9}
	half := Candidate{Kind: Percent, Rate: 500000, Priority: 9, Note: code("half")}
	visits := map[string]int64{"cut": 2}
	r := Resolve(cny, money.HalfUp, lines, nil, visits, []Proposal{pack("a", half), pack("z", punch)})
	nets(t, r, 0, 4400, 500) // the floor does not hold back what was paid in advance
	if visits["cut"] != 2 {
		t.Fatal("the caller's map was changed")
	}
	if a := r.Adjustments[0]; a.Kind != Punch || a.Units != 2000 || a.Amount != -17600 || a.Class != ClassLine {
		t.Fatalf("%+v", a)
	}
	visits["cut"] = 3
	nets(t, Resolve(cny, money.HalfUp, lines, nil, visits, []Proposal{pack("a", punch)}), 0, 0, 1000)
	r = Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", punch)})
	lostAs(t, r, "punch", WhyNotAvailable, "")
	lines[0].Quantity, lines[1].Quantity = 500, 999 // no whole unit to pay
	lostAs(t, Resolve(cny, money.HalfUp, lines, nil, visits, []Proposal{pack("a", punch)}), "punch", WhyNoUnits, "")
}

func TestVisitsOfExclusivePunchesAreNotSpentTwice(t *testing.T) {
	lines := []Line{goods(1, 8800, 1), goods(2, 8800, 1)}
	lines[1].SKU = lines[0].SKU
	one := Candidate{Kind: Punch, Targets: []Target{{Line: 1}}, Units: 1000, Category: "card", Exclusive: true, Note: code("one")}
	two := one
	two.Targets, two.Code = []Target{{Line: 2}}, "two"
	r := Resolve(cny, money.HalfUp, lines, nil, map[string]int64{"A": 1}, []Proposal{pack("a", two, one)})
	nets(t, r, 0, 8800)
	lostAs(t, r, "two", WhyNotAvailable, "")
}

func TestCombo(t *testing.T) {
	lines := []Line{goods(1, 2000, 5), goods(2, 1000, 4), goods(3, 500, 1)}
	meal := Candidate{Kind: FixedPrice, Class: ClassOrder, Targets: []Target{{1, 2000}, {2, 1000}}, Amount: 4000, Note: code("meal")}
	r := Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", meal)})
	nets(t, r, 9200, 3800, 500)
	meal.Repeat = true // two fit: 2 x (50 - 40)
	nets(t, Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", meal)}), 8400, 3600, 500)
	other := meal
	other.Code, other.Targets, other.Amount = "other", []Target{{1, 1000}, {2, 3000}}, 1 // needs 3 of line 2: two are in a meal
	r = Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", meal, other)})
	nets(t, r, 8400, 3600, 500)
	lostAs(t, r, "other", WhyNoUnits, "")
	dear := meal
	dear.Amount = 5000
	lostAs(t, Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", dear)}), "meal", WhyNoAmount, "")
}

func TestSumsStayInRange(t *testing.T) {
	huge := goods(1, 1, 1)
	huge.Gross = 900_000_000_000_000
	all := []Candidate{
		{Kind: Percent, Class: ClassOrder, Rate: 100000, Note: code("percent")},
		{Kind: AmountOff, Class: ClassOrder, Amount: 1 << 62, Threshold: 1, Repeat: true, Note: code("amount")},
		{Kind: FixedPrice, Price: 1 << 62, Note: code("fixed")},
		{Kind: FreeUnits, Units: 1 << 62, Targets: []Target{{1, 1 << 62}, {1, 1 << 62}}, Note: code("free")},
		{Kind: FixedPrice, Class: ClassOrder, Amount: 1 << 62, Repeat: true, Note: code("combo")},
	}
	nets(t, Resolve(cny, money.HalfUp, []Line{huge}, nil, nil, []Proposal{pack("a", all...)}), 0)
	two := huge
	two.ID = 2
	r := Resolve(cny, money.HalfUp, []Line{huge, two}, nil, nil, []Proposal{pack("a", all...)})
	nets(t, r, huge.Gross, huge.Gross)
	lostAs(t, r, "percent", WhyInvalid, "")
}

func TestInvalidCandidates(t *testing.T) {
	bad := []Candidate{
		{Kind: Percent, Rate: -1}, {Kind: Percent, Rate: money.Whole + 1}, {Kind: AmountOff, Amount: -1}, {Kind: 99, Amount: 1}, {Amount: 1},
		{Kind: FixedPrice, Price: -1}, {Kind: FreeUnits, Units: -1}, {Kind: Percent, Rate: 1, Class: 9}, {Kind: Percent, Rate: 1, Basis: 9},
		{Kind: Percent, Rate: 1, Cap: -1}, {Kind: Percent, Rate: 1, Threshold: -1}, {Kind: Percent, Rate: 1, Targets: []Target{{9, 0}}},
		{Kind: Percent, Rate: 1, Targets: []Target{{1, -1}}}, {Kind: Punch, Units: 1000, Cap: 1}, {Kind: Punch, Units: 1000, Class: ClassOrder},
	}
	for _, c := range bad {
		c.Code = "bad"
		r := Resolve(cny, money.HalfUp, []Line{goods(1, 1000, 1)}, nil, map[string]int64{"A": 9}, []Proposal{pack("a", c)})
		nets(t, r, 1000)
		lostAs(t, r, "bad", WhyInvalid, "")
	}
}

func TestTopUpsAreDiscountedOnlyByName(t *testing.T) {
	top := goods(1, 10000, 1)
	top.Kind = KindTopUp
	ten := Candidate{Kind: Percent, Rate: 100000, Note: code("ten")}
	r := Resolve(cny, money.HalfUp, []Line{top}, nil, nil, []Proposal{pack("a", ten)})
	nets(t, r, 10000)
	lostAs(t, r, "ten", WhyNoUnits, "")
	ten.Targets = []Target{{Line: 1}}
	nets(t, Resolve(cny, money.HalfUp, []Line{top}, nil, nil, []Proposal{pack("a", ten)}), 9000)
}

func TestNetBeforeIsRespected(t *testing.T) {
	ten := Candidate{Kind: Percent, Rate: 100000}
	nets(t, Resolve(cny, money.HalfUp, []Line{goods(1, 10000, 1)}, []money.Amount{8000}, nil, []Proposal{pack("a", ten)}), 7200)
	ten.Basis = Initial
	nets(t, Resolve(cny, money.HalfUp, []Line{goods(1, 10000, 1)}, []money.Amount{8000}, nil, []Proposal{pack("a", ten)}), 7000)
}
