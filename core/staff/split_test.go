package staff_test

import (
	"math/rand/v2"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/staff"
)

func TestSplitIsExact(t *testing.T) {
	third := []staff.Share{{Staff: fake(1), Role: staff.RolePerformer, Share: 333_333}, {Staff: fake(2), Role: staff.RoleAssistant, Share: 333_333}, {Staff: fake(3), Role: staff.RoleSeller, Share: 333_334}}
	for amount, want := range map[money.Amount][3]money.Amount{100: {33, 33, 34}, -100: {-33, -33, -34}, 1: {0, 0, 1}, 0: {}, 2: {1, 0, 1}} {
		got := staff.Split(amount, third)
		if [3]money.Amount(got) != want {
			t.Errorf("%d: %v, want %v", amount, got, want)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		shares := randomShares(r)
		if err := staff.CheckShares(shares); err != nil {
			t.Fatal(err, shares)
		}
		amount := money.Amount(r.Int64N(2_000_000) - 1_000_000)
		var sum money.Amount
		for i, part := range staff.Split(amount, shares) {
			sum += part
			exact := float64(amount) * float64(shares[i].Share) / float64(money.Whole)
			if d := float64(part) - exact; d <= -1 || d >= 1 {
				t.Fatalf("%d of %d by %v", part, amount, shares[i].Share)
			}
		}
		if sum != amount {
			t.Fatalf("%d became %d by %v", amount, sum, shares)
		}
	}
}

func TestSharesThatCannotBe(t *testing.T) {
	a, b := fake(1), fake(2)
	for name, c := range map[string]struct {
		shares []staff.Share
		want   *fault.Fault
	}{
		"none":      {nil, staff.ErrShares},
		"too few":   {[]staff.Share{{a, staff.RoleSeller, "", 999_999}}, staff.ErrShares},
		"too many":  {[]staff.Share{{a, staff.RoleSeller, "", 600_000}, {b, staff.RoleSeller, "", 600_000}}, staff.ErrShares},
		"negative":  {[]staff.Share{{a, staff.RoleSeller, "", -1}, {b, staff.RoleSeller, "", 1_000_000}}, staff.ErrShare},
		"no person": {[]staff.Share{{id.None, staff.RoleSeller, "", 1_000_000}}, staff.ErrShare},
		"no role":   {[]staff.Share{{a, "boss", "", 1_000_000}}, staff.ErrRole},
		"twice":     {[]staff.Share{{a, staff.RoleSeller, "", 500_000}, {a, staff.RoleSeller, "", 500_000}}, staff.ErrNamedTwice},
	} {
		if err := staff.CheckShares(c.shares); !fault.ReasonIs(err, c.want.Reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := staff.CheckShares([]staff.Share{{a, staff.RoleSeller, "", 500_000}, {a, staff.RolePerformer, "", 500_000}}); err != nil {
		t.Error("one person in two roles:", err)
	}
}

func randomShares(r *rand.Rand) (out []staff.Share) {
	left, n := int64(money.Whole), 1+r.IntN(4)
	for i := range n {
		s := staff.Share{Staff: fake(100 + i), Role: staff.Roles()[r.IntN(4)], Level: "l", Share: money.Rate(left)}
		if i < n-1 {
			s.Share = money.Rate(1 + r.Int64N(left-int64(n-i)+1))
		}
		left -= int64(s.Share)
		out = append(out, s)
	}
	return out
}

func randomWork(r *rand.Rand, sale, line id.ID) staff.Work {
	w := staff.Work{Sale: sale, Line: line, Shop: fake(7), LineKind: "service", SKUCode: "cut", Category: "hair", BusinessDate: "2026-05-10", Quantity: money.Quantity(1 + r.Int64N(5000))}
	w.Gross = money.Amount(r.Int64N(100_000))
	w.Net = money.Amount(r.Int64N(int64(w.Gross) + 1))
	w.Tax = money.Amount(r.Int64N(int64(w.Net)/5 + 1))
	w.Cost = money.Amount(r.Int64N(50_000))
	w.Worth = money.Amount(r.Int64N(1000))
	w.Prepaid = money.Amount(r.Int64N(int64(w.Net) + 1))
	return w
}

// part mirrors what core/checkout gives back of a figure.
func part(whole money.Amount, from, to, of money.Quantity) money.Amount {
	return whole.MulDiv(int64(to), int64(of), money.HalfUp) - whole.MulDiv(int64(from), int64(of), money.HalfUp)
}

// TestRefundsAddUpToTheWhole: whatever the sizes of the refunds and the split,
// every entry and every row comes to nothing in the end, nobody ever gives back
// more than was given, and each refund takes what the line's own figures say.
func TestRefundsAddUpToTheWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 1500 {
		sale, line := fake(1000), fake(1001)
		w, shares := randomWork(r, sale, line), randomShares(r)
		amount := money.Amount(r.Int64N(20_000))
		entries := staff.Entries(w, shares, staff.Proposal{Amount: amount, Basis: w.Net, Rate: 100_000, PackID: "salon", PackVersion: "1.0.0", Code: "by_level"})
		for i := range entries {
			entries[i].ID = fake(2000 + i)
		}
		rows := w.Rows(shares)
		if staff.TotalOf(entries) != amount {
			t.Fatal("the split lost something", entries)
		}
		original := len(entries)
		for from := money.Quantity(0); from < w.Quantity; {
			to := from + 1 + money.Quantity(r.Int64N(int64(w.Quantity-from)))
			back := staff.Returned{Work: w, OfSale: sale, OfLine: line, To: to, Of: w.Quantity}
			back.Sale, back.Line, back.BusinessDate, back.Quantity = fake(3000+int(from)), fake(3001+int(from)), "2026-06-02", to-from
			for _, f := range []*money.Amount{&back.Gross, &back.Net, &back.Tax, &back.Cost, &back.Worth, &back.Prepaid} {
				*f = part(*f, from, to, w.Quantity)
			}
			got := staff.ClawBack(entries, back)
			if d := -staff.TotalOf(got); d != part(amount, from, to, w.Quantity) {
				t.Fatalf("round %d: %d taken back of %d for %s..%s of %s", round, d, amount, from, to, w.Quantity)
			}
			for i := range got {
				e := &got[i]
				if e.Kind != staff.KindClawBack || e.Amount > 0 || e.Sale != back.Sale || e.OfSale != sale || e.BusinessDate != "2026-06-02" || e.Rate != 100_000 || e.PackID != "salon" {
					t.Fatalf("round %d: %+v", round, e)
				}
				e.ID = fake(9000 + len(entries) + i)
			}
			entries = append(entries, got...)
			given := staff.WorkBack(rows, back)
			var net money.Amount
			for _, g := range given {
				net -= g.Net
				if g.OfDate != "2026-05-10" || g.Level != "l" || g.OfLine != line {
					t.Fatalf("round %d: %+v", round, g)
				}
			}
			if net != back.Net {
				t.Fatalf("round %d: %d of %d", round, net, back.Net)
			}
			rows = append(rows, given...)
			from = to
		}
		for i := range entries[:original] {
			e := entries[i]
			for _, b := range entries[original:] {
				if b.OfEntry == e.ID {
					if b.Staff != e.Staff || b.Role != e.Role || b.Share != e.Share {
						t.Fatalf("round %d: %+v is not the mirror of %+v", round, b, e)
					}
					e.Amount, e.Basis, e.Quantity, e.Margin = e.Amount+b.Amount, e.Basis+b.Basis, e.Quantity+b.Quantity, e.Margin+b.Margin
					if e.Amount < 0 {
						t.Fatalf("round %d: more than was given", round)
					}
				}
			}
			if e.Amount != 0 || e.Basis != 0 || e.Quantity != 0 || e.Margin != 0 {
				t.Fatalf("round %d: left over %+v", round, e)
			}
		}
		sums := map[string]staff.LineStaff{}
		for _, l := range rows {
			k := l.Staff.String() + string(l.Role)
			s := sums[k]
			s.Quantity, s.Gross, s.Net, s.Tax, s.Cost, s.Worth, s.Prepaid = s.Quantity+l.Quantity, s.Gross+l.Gross, s.Net+l.Net, s.Tax+l.Tax, s.Cost+l.Cost, s.Worth+l.Worth, s.Prepaid+l.Prepaid
			sums[k] = s
		}
		for k, s := range sums {
			if s != (staff.LineStaff{}) {
				t.Fatalf("round %d: %s left over %+v", round, k, s)
			}
		}
	}
}

func TestClawBackLeavesOtherLinesAlone(t *testing.T) {
	sale := fake(1)
	entries := []staff.CommissionEntry{
		{ID: fake(11), Kind: staff.KindSale, Sale: sale, Line: fake(2), Staff: fake(5), Amount: 100},
		{ID: fake(12), Kind: staff.KindSale, Sale: sale, Line: fake(3), Staff: fake(5), Amount: 70},
		{ID: fake(13), Kind: staff.KindClawBack, Sale: fake(9), Line: fake(8), OfSale: sale, OfEntry: fake(12), Staff: fake(5), Amount: -30},
	}
	got := staff.ClawBack(entries, staff.Returned{Work: staff.Work{Sale: fake(20), Line: fake(21)}, OfSale: sale, OfLine: fake(3), To: 2000, Of: 2000})
	if len(got) != 1 || got[0].Amount != -40 || got[0].OfEntry != fake(12) {
		t.Fatalf("%+v", got)
	}
	if got := staff.ClawBack(entries, staff.Returned{OfSale: sale, OfLine: fake(77), To: 1, Of: 1}); got != nil {
		t.Fatalf("%+v", got)
	}
}
