package staff

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

func nr(n int) id.ID { return id.ID{13: 0xfa, 14: byte(n >> 8), 15: byte(n)} }

// book is the entries and rows of a merchant in memory: what the tables hold.
type book struct {
	n       int
	rows    []LineStaff
	entries []CommissionEntry
	final   []Settlement
	plans   []Plan
}

func (b *book) id() id.ID { b.n++; return nr(1000 + b.n) }

// sell books a line at a pack's rate.
func (b *book) sell(on clock.Date, net money.Amount, q money.Quantity, rate money.Rate, shares []Share) Work {
	w := Work{Sale: b.id(), Line: b.id(), Shop: nr(7), LineKind: "service", Category: "hair", BusinessDate: on, Quantity: q, Gross: net + net/10, Net: net, Tax: net / 17, Cost: net / 3}
	b.rows = append(b.rows, w.Rows(shares)...)
	for _, e := range Entries(w, shares, Proposal{Amount: net.Times(rate, money.HalfUp), Basis: net, Rate: rate}) {
		e.ID = b.id()
		b.entries = append(b.entries, e)
	}
	return w
}

// refund takes units from..to of a line back.
func (b *book) refund(on clock.Date, w Work, from, to money.Quantity) {
	r := Returned{Work: w, OfSale: w.Sale, OfLine: w.Line, To: to, Of: w.Quantity}
	r.Sale, r.Line, r.BusinessDate, r.Quantity = b.id(), b.id(), on, to-from
	for _, f := range r.figures() {
		*f = f.MulDiv(int64(to), int64(w.Quantity), money.HalfUp) - f.MulDiv(int64(from), int64(w.Quantity), money.HalfUp)
	}
	for _, e := range ClawBack(b.entries, r) {
		e.ID = b.id()
		b.entries = append(b.entries, e)
	}
	b.rows = append(b.rows, WorkBack(b.rows, r)...)
}

// settle closes the month of a date.
func (b *book) settle(t *testing.T, on clock.Date) Report {
	t.Helper()
	w := work{period: Month, plans: b.plans}
	w.first, w.last, _ = Month.Of(on)
	for _, l := range b.rows {
		if l.BusinessDate >= w.first && l.BusinessDate <= w.last {
			w.rows = append(w.rows, l)
		}
		if l.BusinessDate < w.first && l.OfDate != l.BusinessDate {
			w.back = append(w.back, l)
		}
	}
	for _, e := range b.entries {
		if e.BusinessDate >= w.first && e.BusinessDate <= w.last {
			w.entries = append(w.entries, e)
		}
	}
	w.earlier = b.final
	rep := settle(w)
	if again := settle(w); fmt.Sprint(again) != fmt.Sprint(rep) {
		t.Fatal("the same books give another report")
	}
	s := Settlement{ID: b.id(), First: w.first, Last: w.last, State: Final, Report: rep}
	b.final = append(b.final, s)
	for _, r := range rep.Results {
		b.entries = append(b.entries, CommissionEntry{ID: b.id(), Kind: KindSettlement, Staff: r.Staff, Settlement: s.ID, Plan: r.Plan, Amount: r.Difference, BusinessDate: w.last})
	}
	return rep
}

func (b *book) month(month string, staff id.ID) (sum money.Amount) {
	for _, e := range b.entries {
		if string(e.BusinessDate[:7]) == month && e.Staff == staff {
			sum += e.Amount
		}
	}
	return sum
}

var tiers = Plan{ID: nr(500), Name: "Monthly", Period: Month, Metric: MetricAmount, LineKinds: []string{"service"}, Mode: Retroactive, Combination: Replaces, ValidFrom: "2026-01-01",
	Steps: []Step{{From: 0, Rate: 100_000}, {From: 100_000, Rate: 200_000}}}

// TestA20_ClosedPeriodsNeverMove: January reaches 20 % of 1,500.00. What is
// refunded in February goes back at those 20 %, in February, although January
// would have stayed below the tier; February's own sales earn by themselves.
func TestA20_ClosedPeriodsNeverMove(t *testing.T) {
	ann := nr(1)
	b := &book{plans: []Plan{tiers}}
	first := b.sell("2026-01-05", 90_000, 1000, 50_000, Alone(ann, ""))
	second := b.sell("2026-01-20", 60_000, 1000, 50_000, Alone(ann, ""))
	if rep := b.settle(t, "2026-01-31"); rep.Results[0].Amount != 30_000 || rep.Results[0].Booked != 7500 || rep.Results[0].Difference != 22_500 || rep.Staff[0].Total != 30_000 {
		t.Fatalf("%+v", rep)
	}
	if got := b.month("2026-01", ann); got != 30_000 {
		t.Fatal(got)
	}
	b.sell("2026-02-03", 50_000, 1000, 50_000, Alone(ann, ""))
	b.refund("2026-02-10", second, 0, 1000)
	rep := b.settle(t, "2026-02-28")
	r := rep.Results[0]
	if r.Figure != 50_000 || r.Amount != 5000 || r.BackFigure != -60_000 || r.Back != -12_000 || r.Booked != 2500-3000 || b.month("2026-02", ann) != 5000-12_000 {
		t.Fatalf("%+v %d", r, b.month("2026-02", ann))
	}
	// The difference report: 900.00 alone would have paid 10 %.
	if c := rep.Recomputed; len(c) != 1 || c[0].Figure != 150_000 || c[0].FigureNow != 90_000 || c[0].Paid != 18_000 || c[0].WouldBe != 9000 {
		t.Fatalf("%+v", c)
	}
	if got := b.month("2026-01", ann); got != 30_000 {
		t.Fatal("January moved", got)
	}
	b.refund("2026-03-01", first, 0, 1000)
	b.settle(t, "2026-03-31")
	if got := b.month("2026-03", ann); got != -18_000 {
		t.Fatal(got)
	}
	// January's sales are all back: what they paid is, too.
	if got := b.month("2026-01", ann) + b.month("2026-02", ann) + b.month("2026-03", ann); got != 5000 {
		t.Fatal(got)
	}
}

// TestEverythingBackIsNothing: whatever was sold, split, refunded and settled,
// by whatever plans, once all of it is given back everybody's sum is 0.
func TestEverythingBackIsNothing(t *testing.T) {
	months := []string{"2026-01", "2026-02", "2026-03", "2026-04"}
	r := rand.New(rand.NewPCG(5, 6))
	for round := range 300 {
		b := &book{}
		for i := range 1 + r.IntN(3) {
			p := tiers
			p.ID = nr(500 + i)
			p.Mode = []string{Progressive, Retroactive}[r.IntN(2)]
			p.Combination = []string{Replaces, Adds}[r.IntN(2)]
			p.Metric = Metrics()[r.IntN(3)]
			switch p.Metric {
			case MetricCount:
				p.Steps = []Step{{From: 0, Each: money.Amount(r.IntN(900))}, {From: 3000, Each: 1000}, {From: 9000, Fixed: 777}}
			default:
				p.BeforeDiscount = r.IntN(2) == 0
				p.LessTax, p.LessCost = p.Metric == MetricMargin || r.IntN(2) == 0, p.Metric == MetricMargin
				p.Steps = []Step{{From: int64(r.IntN(2000)), Rate: 70_000}, {From: 20_000, Rate: 130_000}, {From: 40_000, Fixed: 3333}}
			}
			if r.IntN(3) == 0 {
				p.Roles = []Role{Roles()[r.IntN(4)]}
			}
			b.plans = append(b.plans, p)
		}
		type open struct {
			w    Work
			done money.Quantity
		}
		var sold []*open
		back := func(on clock.Date, o *open, all bool) {
			left := o.w.Quantity - o.done
			if left == 0 {
				return
			}
			to := o.done + 1 + money.Quantity(r.Int64N(int64(left)))
			if all {
				to = o.w.Quantity
			}
			b.refund(on, o.w, o.done, to)
			o.done = to
		}
		for i, m := range months {
			for range r.IntN(6) {
				shares := []Share{{Staff: nr(1), Role: RolePerformer, Share: 700_000}, {Staff: nr(2), Role: Roles()[r.IntN(4)], Share: 300_000}}
				sold = append(sold, &open{w: b.sell(clock.Date(m+"-10"), money.Amount(1+r.Int64N(30_000)), money.Quantity(1+r.Int64N(4000)), 50_000, shares)})
			}
			for _, o := range sold {
				if r.IntN(3) == 0 || i == len(months)-1 {
					back(clock.Date(m+"-20"), o, i == len(months)-1)
				}
			}
			b.settle(t, clock.Date(m+"-01"))
		}
		sums := map[id.ID]money.Amount{}
		for _, e := range b.entries {
			sums[e.Staff] += e.Amount
		}
		for who, sum := range sums {
			if sum != 0 {
				t.Fatalf("round %d: %s keeps %d", round, who, sum)
			}
		}
	}
}

// TestLinesFollowOnePlan: a line goes to the first plan that replaces and covers
// it, whatever that plan's period; one that adds comes on top.
func TestLinesFollowOnePlan(t *testing.T) {
	ann := nr(1)
	quarterly := tiers
	quarterly.ID, quarterly.Period, quarterly.Categories = nr(500), Quarter, []string{"hair"}
	monthly := tiers
	monthly.ID = nr(501)
	extra := tiers
	extra.ID, extra.Combination, extra.Steps = nr(502), Adds, []Step{{Rate: 10_000}}
	b := &book{plans: []Plan{quarterly, monthly, extra}}
	b.sell("2026-01-05", 10_000, 1000, 50_000, Alone(ann, "")) // hair: the quarter's
	w := Work{Sale: b.id(), Line: b.id(), LineKind: "service", Category: "nails", BusinessDate: "2026-01-06", Quantity: 1000, Gross: 4000, Net: 4000}
	b.rows = append(b.rows, w.Rows(Alone(ann, ""))...)
	rep := b.settle(t, "2026-01-01")
	if len(rep.Plans) != 2 || len(rep.Results) != 2 || rep.Results[0].Plan != nr(501) || rep.Results[0].Figure != 4000 || rep.Results[0].Amount != 400 || rep.Results[0].Booked != 0 ||
		rep.Results[1].Figure != 14_000 || rep.Results[1].Difference != 140 {
		t.Fatalf("%+v", rep.Results)
	}
	if got := b.month("2026-01", ann); got != 500+400+140 {
		t.Fatal(got)
	}
	if i := slices.IndexFunc(rep.Staff[0].Groups, func(g Group) bool { return g.Category == "hair" && g.Amount == 500 && g.Kind == KindSale }); i < 0 {
		t.Fatalf("%+v", rep.Staff)
	}
}
