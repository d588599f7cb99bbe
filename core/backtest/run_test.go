package backtest_test

import (
	"math/rand/v2"
	"testing"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// side sums up what quotes come to.
type side struct {
	net        money.Amount
	points     int64
	commission money.Amount
	rises      int64
}

func (s *side) add(q *checkout.Quote) {
	for i := range q.Lines {
		s.net += q.Lines[i].Net
		s.commission += q.Lines[i].Commission
	}
	s.points += q.Points
	if q.TierAfter != q.Tier {
		s.rises++
	}
}

func of(t *testing.T, s *backtest.Sums, tiers []backtest.TierCount, b bool) side {
	t.Helper()
	out := side{net: s.Net, points: s.Points, commission: s.Commission}
	for _, v := range tiers {
		if b {
			out.rises += v.B
		} else {
			out.rises += v.A
		}
	}
	return out
}

// TestARunComesToWhatTheTillWouldHaveQuoted is the measure of everything here:
// each basket is quoted with the pack on, then sold without it; the run over the
// sales must come to the sums of both.
func TestARunComesToWhatTheTillWouldHaveQuoted(t *testing.T) {
	for _, c := range []struct{ name, upgrade string }{{"tier from the next receipt", "next_receipt"}, {"tier at once", "at_once"}} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, d *db.DB, clk *clock.Manual) {
				s := newShop(t, d, clk, "retail")
				s.set("tier.upgrade", c.upgrade)
				s.ctx = auth.WithActor(s.ctx, auth.Actor{Kind: auth.KindStaff, Merchant: s.m.ID, Role: auth.Manager})
				r := rand.New(rand.NewPCG(1, 2))
				var with, without side
				changed := int64(0)
				for n := range 40 {
					b := s.basket(r)
					if n%5 == 0 {
						b.Discounts = []checkout.Discount{{Line: r.IntN(len(b.Lines) + 1), Amount: 200, Reason: "scratched"}}
					}
					if n%7 == 0 {
						b.Discounts = append(b.Discounts, checkout.Discount{Rate: 30_000, Reason: "friend"})
					}
					s.activate("salon", "", true)
					q, err := s.desk.Quote(s.ctx, b)
					if err != nil {
						t.Fatal(err)
					}
					with.add(q)
					s.activate("salon", "", false)
					p, err := s.desk.Quote(s.ctx, b)
					if err != nil {
						t.Fatal(err)
					}
					without.add(p)
					if p.Total != q.Total || p.Points != q.Points || p.Commission != q.Commission || p.TierAfter != q.TierAfter {
						changed++
					}
					s.sell(b)
					if n%6 == 5 {
						s.days(1)
					}
				}
				got := s.tried(s.spec("salon", ""))
				if a := of(t, &got.A, got.Tiers, false); a != without {
					t.Errorf("without: %+v, quoted %+v", a, without)
				}
				if b := of(t, &got.B, got.Tiers, true); b != with {
					t.Errorf("with: %+v, quoted %+v", b, with)
				}
				if got.Sales != 40 || got.Unavailable != 0 || got.Drift != 0 || got.Changed < changed || changed == 0 {
					t.Errorf("%d sales, %d not available %+v, drift %d, changed %d, at least %d", got.Sales, got.Unavailable, got.Reasons, got.Drift, got.Changed, changed)
				}
				if with.rises == 0 || with.commission == 0 || with.net == without.net {
					t.Errorf("the sales try too little: %+v %+v", with, without)
				}
				if got.Cheaper.Amount-got.Dearer.Amount != got.A.Net-got.B.Net {
					t.Errorf("directions %+v %+v do not tie out with %d and %d", got.Cheaper, got.Dearer, got.A.Net, got.B.Net)
				}
			})
		})
	}
}

// TestBreakdownsTieOut: what changes by member, product, category, staff, day and
// sale sums to what changes in all.
func TestBreakdownsTieOut(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		r := rand.New(rand.NewPCG(3, 4))
		for range 30 {
			s.sell(s.basket(r))
		}
		got := s.tried(s.spec("salon", ""))
		want := got.B.Net - got.A.Net
		sums := map[string]money.Amount{}
		for _, v := range got.Products {
			sums["products"] += v.NetB - v.NetA
		}
		for _, v := range got.Categories {
			sums["categories"] += v.NetB - v.NetA
		}
		for _, v := range got.Days {
			sums["days"] += v.NetB - v.NetA
		}
		for _, v := range got.Largest {
			sums["sales"] += v.NetB - v.NetA
		}
		for name, sum := range sums {
			if sum != want {
				t.Errorf("%s: %d, in all %d", name, sum, want)
			}
		}
		var commission, points int64
		for _, v := range got.Staff {
			commission += int64(v.CommissionB - v.CommissionA)
		}
		for _, v := range got.Members {
			points += v.PointsB - v.PointsA
		}
		if commission != int64(got.B.Commission-got.A.Commission) || points != got.B.Points-got.A.Points {
			t.Errorf("commission %d, points %d of %+v %+v", commission, points, got.A, got.B)
		}
		if len(got.Products) == 0 || len(got.Members) == 0 || len(got.Staff) == 0 || len(got.Largest) == 0 {
			t.Errorf("nothing changed: %+v", got)
		}
	})
}

// TestTwoConfigurations compares the pack of the receipts with itself under
// another configuration.
func TestTwoConfigurations(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail", "salon")
		r := rand.New(rand.NewPCG(5, 6))
		for range 12 {
			s.sell(s.basket(r))
		}
		spec := s.spec("salon", `{"commission_on":false}`)
		spec.A = backtest.Variant{Mode: backtest.AsWas}
		got := s.tried(spec)
		if got.Unavailable != 0 || got.Drift != 0 || got.A.Commission == 0 || got.B.Commission != 0 || got.A.Net != got.B.Net {
			t.Errorf("%+v", got)
		}
		same := s.spec("salon", "")
		same.A = backtest.Variant{Mode: backtest.AsWas}
		if got := s.tried(same); got.Changed != 0 || got.A.Fuel == 0 || got.A != got.B {
			t.Errorf("the same pack changes something: %+v", got)
		}
		same.A = backtest.Variant{Mode: backtest.Off}
		if got := s.tried(same); got.A.Calls != 0 || got.B.Calls == 0 || got.Changed == 0 {
			t.Errorf("without it nothing is different: %+v", got)
		}
	})
}

// TestAPackIsTriedOnSalesOfBeforeIt: sales made while no pack was on keep the facts
// of their moment, so that a merchant can try a first pack on them. A sale that
// kept none cannot be tried by a pack that needs them, and says so.
func TestAPackIsTriedOnSalesOfBeforeIt(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c)
		b := checkout.Basket{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.register.ID, Lines: []checkout.LineIn{s.line("soap", 2*money.One)}}
		s.sell(b)
		b.Member = s.members[0]
		s.sell(b)
		got := s.tried(s.spec("retail", ""))
		if got.Sales != 2 || got.Unavailable != 0 || got.A.Points != 0 || got.B.Points == 0 || got.Drift != 0 {
			t.Errorf("no pack was on: %+v", got)
		}
		s.desk.Encode = nil
		s.sell(b)
		if got := s.tried(s.spec("retail", "")); got.Sales != 3 || got.Unavailable != 1 || len(got.Reasons) != 1 || got.Reasons[0].Code != backtest.ReasonFact || got.Reasons[0].Arg == "" {
			t.Errorf("without the facts: %+v", got)
		}
		s.activate("catering", "", true) // declares other facts than salon, but the till reads all that any pack wants
		s.sell(b)
		if got := s.tried(s.spec("retail", "")); got.Sales != 4 || got.Unavailable != 1 {
			t.Errorf("beside another pack: %+v", got)
		}
	})
}

func TestASaleWithoutAnInputIsPutTogether(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c)
		b := checkout.Basket{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.register.ID, Lines: []checkout.LineIn{s.line("cut", money.One), s.line("tea", 3*money.One)}}
		b.Lines[0].Staff = s.staff
		s.activate("salon", "", true)
		q, err := s.desk.Quote(s.ctx, b)
		if err != nil {
			t.Fatal(err)
		}
		s.activate("salon", "", false)
		s.sell(b)
		got := s.tried(s.spec("salon", ""))
		if got.Unavailable != 0 || got.B.Net != q.Total || got.B.Commission != q.Commission || q.Commission == 0 {
			t.Errorf("%+v, quoted %d %d", got, q.Total, q.Commission)
		}
	})
}

func TestACheckedSpec(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c)
		good := func() backtest.Spec { return s.spec("retail", "") }
		for name, bad := range map[string]func(*backtest.Spec){
			"backtest.bad_period":   func(v *backtest.Spec) { v.From = "2026-07-01" },
			"backtest.bad_variant":  func(v *backtest.Spec) { v.A.Mode = "sometimes" },
			"backtest.same_sides":   func(v *backtest.Spec) { v.A = v.B },
			"tenant.shop_not_found": func(v *backtest.Spec) { v.Shops = []id.ID{s.m.ID} },
			"pack.not_installed":    func(v *backtest.Spec) { v.B.Version = "9.9.9" },
			"pack.config_invalid":   func(v *backtest.Spec) { v.B.Config = []byte(`{"no_such_thing":1}`) },
		} {
			spec := good()
			bad(&spec)
			if err := s.service.Check(s.ctx, s.m.ID, &spec); reason(err) != name {
				t.Errorf("%s: %v", name, err)
			}
		}
		spec := good()
		spec.From, spec.To = "2024-01-01", "2026-12-31"
		if err := s.service.Check(s.ctx, s.m.ID, &spec); reason(err) != "backtest.bad_period" {
			t.Error(err)
		}
	})
}
