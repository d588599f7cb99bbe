package promotion

import (
	"reflect"
	"testing"

	"github.com/shopwright/shopwright/core/money"
)

func tenOff(c, category string, exclusive bool) Candidate {
	return Candidate{Kind: Percent, Rate: 100000, Category: category, Exclusive: exclusive, Note: code(c)}
}

// The table in the package comment, row by row, for the line class and the
// order class.
func TestA16_StackingMatrix(t *testing.T) {
	fifth := Candidate{Kind: Percent, Rate: 200000, Category: "vip", Exclusive: true, Note: code("fifth")}
	never := Candidate{Kind: Percent, Rate: 900000, Category: "vip", Exclusive: true, Threshold: 1 << 40, Note: code("never")}
	cases := []struct {
		name string
		cs   []Candidate
		want money.Amount
		lost map[string]string // code -> code that beat it, "" = own reason
	}{
		{"joint only", []Candidate{tenOff("a", "vip", false), tenOff("b", "vip", false)}, 8100, nil},
		{"one exclusive and joint", []Candidate{tenOff("a", "vip", false), tenOff("x", "vip", true)}, 9000, map[string]string{"a": "x"}},
		{"an exclusive wins though the joint give more", []Candidate{tenOff("a", "vip", false), tenOff("b", "vip", false), tenOff("x", "vip", true)}, 9000, map[string]string{"a": "x", "b": "x"}},
		{"several exclusives", []Candidate{tenOff("x", "vip", true), fifth}, 8000, map[string]string{"x": "fifth"}},
		{"exclusives at a tie", []Candidate{tenOff("x", "vip", true), tenOff("w", "vip", true)}, 9000, map[string]string{"x": "w"}},
		{"an exclusive that takes nothing", []Candidate{tenOff("a", "vip", false), never}, 9000, map[string]string{"never": ""}},
		{"other categories stack", []Candidate{tenOff("x", "vip", true), tenOff("a", "coupon", false), tenOff("b", "", false)}, 7290, nil},
		{"no category is a category", []Candidate{tenOff("x", "", true), tenOff("a", "", false)}, 9000, map[string]string{"a": "x"}},
	}
	for _, class := range []Class{ClassLine, ClassOrder, ClassTender} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				cs := append([]Candidate(nil), c.cs...)
				for i := range cs {
					cs[i].Class = class
				}
				r := Resolve(cny, money.HalfUp, []Line{goods(1, 10000, 1)}, nil, nil, []Proposal{pack("p", cs...)})
				nets(t, r, c.want)
				if len(r.Lost) != len(c.lost) {
					t.Fatalf("lost %+v, want %v", r.Lost, c.lost)
				}
				for who, by := range c.lost {
					why := WhyBeaten
					if by == "" {
						why = WhyThreshold
					}
					lostAs(t, r, who, why, by)
				}
			})
		}
	}
}

func TestA16_CategoriesDoNotReachAcrossPhases(t *testing.T) {
	x := tenOff("x", "vip", true)
	o := tenOff("o", "vip", false)
	o.Class = ClassOrder
	nets(t, Resolve(cny, money.HalfUp, []Line{goods(1, 10000, 1)}, nil, nil, []Proposal{pack("p", x, o)}), 8100)
}

// The best for the customer is found per line, and the trace says where a
// candidate lost.
func TestA16_BestPerLine(t *testing.T) {
	lines := []Line{goods(1, 10000, 1), goods(2, 10000, 1), goods(3, 10000, 1)}
	ten := tenOff("ten", "vip", true)
	fifth := Candidate{Kind: Percent, Rate: 200000, Targets: []Target{{Line: 2}}, Category: "vip", Exclusive: true, Note: code("fifth")}
	joint := tenOff("joint", "vip", false)
	r := Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", joint, ten), pack("b", fifth)})
	nets(t, r, 9000, 8000, 9000)
	if l := lostAs(t, r, "ten", WhyBeaten, "fifth"); !reflect.DeepEqual(l.Lines, []uint32{2}) || l.ByPack != "b" {
		t.Fatalf("%+v", l)
	}
	if n, _ := applied(r, "joint"); n != 0 {
		t.Fatal("a joint candidate applied beside an exclusive one")
	}
	ten.Targets = []Target{{Line: 1}} // line 3 is nobody's now: the joint one has it
	nets(t, Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", joint, ten), pack("b", fifth)}), 9000, 8000, 9000)
}

// What an exclusive candidate loses does not move to its other lines.
func TestA16_LostSharesFallAway(t *testing.T) {
	lines := []Line{goods(1, 10000, 1), goods(2, 10000, 1)}
	spread := Candidate{Kind: AmountOff, Amount: 2000, Category: "vip", Exclusive: true, Note: code("spread")}
	fifth := Candidate{Kind: Percent, Rate: 200000, Targets: []Target{{Line: 2}}, Category: "vip", Exclusive: true, Note: code("fifth")}
	nets(t, Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", spread, fifth)}), 9000, 8000)
}

// One coupon, presented once, is used once, whichever packs speak for it.
func TestA16_CouponIsUsedOnce(t *testing.T) {
	mine := Candidate{Kind: AmountOff, Class: ClassOrder, Amount: 1000, Coupon: 1, Note: code("mine")}
	theirs := mine
	theirs.Code = "theirs"
	second := mine
	second.Code, second.Coupon = "second", 2
	r := Resolve(cny, money.HalfUp, []Line{goods(1, 10000, 1)}, nil, nil, []Proposal{pack("z", theirs), pack("a", mine, second)})
	nets(t, r, 8000)
	l := lostAs(t, r, "theirs", WhyBeaten, "mine")
	if l.ByPack != "a" {
		t.Fatalf("%+v", l)
	}
	for _, a := range r.Adjustments {
		if a.Code == "mine" && a.Coupon != 1 {
			t.Fatalf("%+v", a)
		}
	}
	mine.Category, theirs.Category, mine.Exclusive, theirs.Exclusive = "c", "c", true, true
	mine.Class, theirs.Class = ClassLine, ClassLine
	mine.Targets, theirs.Targets = []Target{{Line: 1}}, []Target{{Line: 2}}
	r = Resolve(cny, money.HalfUp, []Line{goods(1, 10000, 1), goods(2, 10000, 1)}, nil, nil, []Proposal{pack("z", theirs), pack("a", mine)})
	nets(t, r, 9000, 10000)
	lostAs(t, r, "theirs", WhyBeaten, "mine")
}

// A rule that stands twice in two packs' proposals and is exclusive in one
// category is applied once.
func TestA16_DiscountIsNotAppliedTwice(t *testing.T) {
	x := tenOff("x", "member", true)
	r := Resolve(cny, money.HalfUp, []Line{goods(1, 10000, 1)}, nil, nil, []Proposal{pack("b", x), pack("a", x)})
	nets(t, r, 9000)
	if l := lostAs(t, r, "x", WhyBeaten, "x"); l.PackID != "b" || l.ByPack != "a" {
		t.Fatalf("%+v", l)
	}
}

// The order of packs changes nothing unless a priority declares it.
func TestA16_OrderOfPacksIsDeclared(t *testing.T) {
	five := Candidate{Kind: AmountOff, Class: ClassOrder, Amount: 500, Note: code("five")}
	ten := Candidate{Kind: Percent, Class: ClassOrder, Rate: 100000, Note: code("ten")}
	a, b := pack("a", ten), pack("b", five)
	line := []Line{goods(1, 10000, 1)}
	first := Resolve(cny, money.HalfUp, line, nil, nil, []Proposal{a, b})
	nets(t, first, 8500)
	if second := Resolve(cny, money.HalfUp, line, nil, nil, []Proposal{b, a}); !reflect.DeepEqual(first, second) {
		t.Fatalf("%+v\n%+v", first, second)
	}
	b.Pack.Priority = 1
	nets(t, Resolve(cny, money.HalfUp, line, nil, nil, []Proposal{a, b}), 8550)
}

// The stored allocation of an order discount: refunding the 150 of 150 + 60 at
// 20 % off gives back 120.00.
func TestA13_OrderDiscountIsAllocated(t *testing.T) {
	lines := []Line{goods(1, 15000, 1), goods(2, 6000, 1)}
	off := Candidate{Kind: Percent, Class: ClassOrder, Rate: 200000, Note: code("off")}
	r := Resolve(cny, money.HalfUp, lines, nil, nil, []Proposal{pack("a", off)})
	nets(t, r, 12000, 4800)
	if r.Adjustments[0].Amount != -3000 || r.Adjustments[1].Amount != -1200 || r.Adjustments[0].Group != r.Adjustments[1].Group {
		t.Fatalf("%+v", r.Adjustments)
	}
}

// In every rounding policy and with quantities of three decimals the lines sum
// to the total: one cent is never made or lost.
func TestA14_LinesSumToTheTotal(t *testing.T) {
	for _, m := range []money.Rounding{money.HalfUp, money.HalfEven, money.Down, money.Up} {
		var lines []Line
		var total money.Amount
		for i, q := range []money.Quantity{333, 1667, 2001, 999} {
			g, err := cny.Extend(199_900, q, m)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, Line{ID: uint32(i + 1), Kind: KindGoods, Quantity: q, Unit: 199_900, Gross: g})
			total += g
		}
		off := Candidate{Kind: Percent, Class: ClassOrder, Rate: 333333, Note: code("off")}
		want := total.Times(money.Whole-off.Rate, m)
		r := Resolve(cny, m, lines, nil, nil, []Proposal{pack("a", off)})
		var sum money.Amount
		for _, n := range r.Net {
			sum += n
		}
		if sum != want {
			t.Fatalf("mode %d: the lines sum to %d, the total is %d", m, sum, want)
		}
	}
}
