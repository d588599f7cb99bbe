package promotion

import (
	"reflect"
	"testing"

	"github.com/shopwright/shopwright/core/money"
)

func TestPriceTheLowestWins(t *testing.T) {
	lines := []Line{goods(1, 10000, 2), goods(2, 5000, 1)}
	gold := Candidate{Kind: FixedPrice, Price: cny.Price(8000), Targets: []Target{{Line: 1}}, Note: code("gold")}
	day := Candidate{Kind: Percent, Rate: 100000, Note: code("tuesday"), Priority: 50}
	units, r := ResolvePrice(cny, money.HalfUp, lines, []Proposal{pack("b", day), pack("a", gold)})
	nets(t, r, 16000, 4500)
	if units[0] != cny.Price(8000) || units[1] != cny.Price(4500) {
		t.Fatalf("%v", units)
	}
	if l := lostAs(t, r, "tuesday", WhyBeaten, "gold"); !reflect.DeepEqual(l.Lines, []uint32{1}) {
		t.Fatalf("%+v", l)
	}
	if len(r.Adjustments) != 2 || r.Adjustments[0].Group == r.Adjustments[1].Group {
		t.Fatalf("%+v", r.Adjustments)
	}
}

func TestPriceTies(t *testing.T) {
	lines := []Line{goods(1, 10000, 1)}
	a := Candidate{Kind: FixedPrice, Price: cny.Price(8000), Note: code("a")}
	b := a
	b.Code = "b"
	_, r := ResolvePrice(cny, money.HalfUp, lines, []Proposal{pack("z", a), pack("y", b)})
	lostAs(t, r, "a", WhyBeaten, "b") // the earlier pack id
	b.Priority = -1
	_, r = ResolvePrice(cny, money.HalfUp, lines, []Proposal{pack("z", a), pack("y", b)})
	lostAs(t, r, "b", WhyBeaten, "a")
}

func TestPriceLimits(t *testing.T) {
	cases := map[string]struct {
		c     Candidate
		floor money.Amount
		unit  money.Amount
		why   Why
	}{
		"raises":         {Candidate{Kind: FixedPrice, Price: cny.Price(1100)}, 0, 1000, WhyNoAmount},
		"the same":       {Candidate{Kind: FixedPrice, Price: cny.Price(1000)}, 0, 1000, WhyNoAmount},
		"an amount":      {Candidate{Kind: AmountOff, Amount: 100}, 0, 1000, WhyNotAvailable},
		"a capped rate":  {Candidate{Kind: Percent, Rate: 100000, Cap: 1}, 0, 1000, WhyNotAvailable},
		"single units":   {Candidate{Kind: Percent, Rate: 100000, Targets: []Target{{1, 1000}}}, 0, 1000, WhyNotAvailable},
		"an order class": {Candidate{Kind: FixedPrice, Class: ClassOrder}, 0, 1000, WhyNotAvailable},
		"a threshold":    {Candidate{Kind: Percent, Rate: 100000, Threshold: 3001}, 0, 1000, WhyThreshold},
		"reached":        {Candidate{Kind: Percent, Rate: 100000, Threshold: 3000}, 0, 900, ""},
		"a floor":        {Candidate{Kind: Percent, Rate: 900000}, 2400, 800, ""},
		"for nothing":    {Candidate{Kind: FixedPrice}, 0, 0, ""},
		"out of range":   {Candidate{Kind: Percent, Rate: -5}, 0, 1000, WhyInvalid},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			l := goods(1, 1000, 3)
			l.Floor = c.floor
			c.c.Code = "c"
			units, r := ResolvePrice(cny, money.HalfUp, []Line{l}, []Proposal{pack("a", c.c)})
			if units[0] != cny.Price(c.unit) || r.Net[0] != c.unit*3 {
				t.Fatalf("unit %d, net %d, want %d", units[0], r.Net[0], c.unit)
			}
			if c.why != "" {
				lostAs(t, r, "c", c.why, "")
			} else if len(r.Lost) != 0 {
				t.Fatalf("%+v", r.Lost)
			}
		})
	}
}

// A fine price and a quantity of three decimals: the adjustment is the
// difference of the two rounded amounts, and no cent is lost.
func TestA14_PriceOfAWeighedLine(t *testing.T) {
	l := Line{ID: 1, Kind: KindGoods, Quantity: 1234, Unit: 199_900, Gross: 2467} // 1.234 x 19.99 = 24.66766
	units, r := ResolvePrice(cny, money.HalfUp, []Line{l}, []Proposal{pack("a", Candidate{Kind: Percent, Rate: 120000})})
	if units[0] != 175_912 || r.Net[0] != 2171 || r.Adjustments[0].Amount != -296 {
		t.Fatalf("%v %+v", units, r)
	}
}
