package checkout_test

import (
	"context"
	"testing"

	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

func (s *shop) design(d coupon.Definition) coupon.Definition {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error { return coupon.Define(tx, s.m.ID, &d) })
	return d
}

func (s *shop) gift(code string, onHand int64) loyalty.Gift {
	s.t.Helper()
	g := loyalty.Gift{Name: code, Code: code, Points: 1000, Counted: true, OnHand: onHand}
	s.tx(func(_ context.Context, tx *db.Tx) error { return loyalty.CreateGift(tx, s.m.ID, &g) })
	return g
}

func (s *shop) granted(source id.ID) map[string]campaign.Grant {
	s.t.Helper()
	gs, err := campaign.ListGrantsOf(s.ctx, s.db, s.m.ID, source)
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]campaign.Grant{}
	for _, g := range gs {
		out[g.Kind] = g
	}
	return out
}

func (s *shop) couponsOf(member id.ID) []coupon.Coupon {
	s.t.Helper()
	cs, err := coupon.List(s.ctx, s.db, s.m.ID, member, "", db.Page{Limit: 50})
	if err != nil {
		s.t.Fatal(err)
	}
	return cs
}

func (s *shop) back(of *sale.Sale) *sale.Sale {
	s.t.Helper()
	got, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "test"})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func note(code string) promotion.Note { return promotion.Note{Code: code, Arg: 1} }

// everything is a pack whose earn hook gives one of each kind for a sale of soap.
func everything(in *promotion.Input) (promotion.Output, error) {
	if in.Lines[0].SKU != "soap" {
		return promotion.Output{}, nil
	}
	return promotion.Output{Grants: []promotion.Grant{
		{Kind: promotion.GrantPoints, Count: 7, Note: note("given")},
		{Kind: promotion.GrantMoney, Amount: 150, Note: note("given")},
		{Kind: promotion.GrantCoupon, Ref: "WELCOME", Count: 2, ValidDays: 10, Note: note("given")},
		{Kind: promotion.GrantVisits, Ref: "cut", Count: 3, Note: note("given")},
		{Kind: promotion.GrantGift, Ref: "cup", Count: 2, Note: note("given")},
		{Kind: promotion.GrantMessage, Ref: "thanks", Note: note("given")},
		{Kind: promotion.GrantChances, Count: 1, Note: note("given")},
	}}, nil
}

func TestASaleGivesMoreThanMoneyAndItsRefundTakesItBack(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.design(coupon.Definition{Name: "five off", Code: "WELCOME", Kind: coupon.KindCash, Amount: 500, Uses: 1})
		g := s.gift("cup", 5)
		s.fake("all", "", []promotion.Hook{promotion.HookEarn, promotion.HookDraw}, everything)
		before := s.state()
		sold := s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
		got := s.granted(sold.ID)
		if len(got) != 5 || got["coupon"].Count != 2 || got["visits"].Count != 3 || got["gift"].Count != 2 || got["chances"].Ref != "all" || got["message"].Ref != "thanks" {
			t.Fatalf("%+v", got)
		}
		w := s.wallet()
		if w.Points != 7 || w.Bonus != 150 || len(w.Punches) != 1 || w.Punches[0].Remaining != 3 {
			t.Fatalf("%+v", w)
		}
		if cs := s.couponsOf(s.member); len(cs) != 2 || cs[0].Definition.Code != "WELCOME" || cs[0].ValidUntil == 0 {
			t.Fatalf("%+v", cs)
		}
		n, err := db.Value[int](s.ctx, d, `select count(*) from events where merchant_id = $1 and type = 'message.due.v1'`, s.m.ID)
		if err != nil || n != 1 {
			t.Fatal(n, err)
		}
		_, trace, err := s.desk.Explain(s.ctx, s.m.ID, sold.ID)
		if err != nil || len(trace.Grants) != 7 || trace.Grants[2].Kind != "grant_coupon" || trace.Grants[2].Ref != "WELCOME" || trace.Grants[2].Code != "given" {
			t.Fatalf("%+v %v", trace.Grants, err)
		}
		s.proven()
		back := s.back(sold)
		if after := s.state(); after != before {
			t.Fatalf("not as before:\n%s\n%s", before, after)
		}
		if trace, err := checkout.ParseTrace(back.Trace); err != nil || len(trace.Grants) != 4 || trace.Grants[0].Kind != "taken_back_coupon" || trace.Grants[0].Amount != 2 {
			t.Fatalf("%+v %v", trace.Grants, err)
		}
		if _, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: s.basket(0, true, s.fetch(g, got["gift"].ID)), Tenders: nil}); !fault.ReasonIs(err, "campaign.grant_used") {
			t.Fatal(err)
		}
		s.proven()
	})
}

func (s *shop) fetch(g loyalty.Gift, grant id.ID) checkout.LineIn {
	return checkout.LineIn{Kind: sale.LineGift, Gift: g.ID, Grant: grant, Quantity: money.One}
}

func TestWhatWasUsedMeanwhileStaysAndTheRefundSaysSo(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.design(coupon.Definition{Name: "five off", Code: "WELCOME", Kind: coupon.KindCash, Amount: 500, Uses: 1})
		g := s.gift("cup", 5)
		s.activate("salon", "")
		s.fake("all", "", []promotion.Hook{promotion.HookEarn, promotion.HookDraw, promotion.HookBenefit}, func(in *promotion.Input) (promotion.Output, error) {
			if in.Hook == promotion.HookEarn {
				return everything(in)
			}
			var out promotion.Output
			for _, v := range in.Coupons {
				out.Candidates = append(out.Candidates, promotion.Candidate{Kind: promotion.AmountOff, Class: promotion.ClassOrder, Basis: promotion.Remaining, Amount: v.Amount, Coupon: v.Ref, Note: note("given")})
			}
			for _, v := range in.Punches {
				out.Candidates = append(out.Candidates, promotion.Candidate{Kind: promotion.Punch, Class: promotion.ClassLine, Basis: promotion.Remaining, Targets: []promotion.Target{{Line: 1}}, Units: money.Quantity(v.Available) * money.One, Note: note("given")})
			}
			return out, nil
		})
		sold := s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
		got := s.granted(sold.ID)
		b := s.basket(0, true, s.line("tea", "1"), s.fetch(g, got["gift"].ID))
		b.Coupons = []string{s.couponsOf(s.member)[0].Code}
		q, err := s.desk.Quote(s.ctx, b)
		if err != nil {
			t.Fatal(err)
		}
		second := s.sell(b, cash(q.Total))
		if second.Lines[1].PointsCost != 0 || second.Lines[1].Gross != 0 {
			t.Fatalf("a gift that was given costs something: %+v", second.Lines[1])
		}
		third := s.sell(s.basket(0, true, s.line("cut", "1")))
		if third.Total != 0 || third.Lines[0].Punches != 1 {
			t.Fatalf("%+v", third.Lines[0])
		}
		back := s.back(sold)
		trace, err := checkout.ParseTrace(back.Trace)
		if err != nil {
			t.Fatal(err)
		}
		kept := map[string]int64{}
		for _, v := range trace.Grants {
			kept[v.Kind] = v.Amount
		}
		for kind, n := range map[string]int64{"kept_coupon": 1, "taken_back_coupon": 1, "kept_gift": 1, "taken_back_gift": 1, "kept_visits": 1, "taken_back_visits": 2, "taken_back_chances": 1} {
			if kept[kind] != n {
				t.Errorf("%s: %d, want %d", kind, kept[kind], n)
			}
		}
		s.back(second) // the gift comes back to the grant that the refund has ended
		if v := s.granted(sold.ID)["gift"]; v.Used != 0 || v.TakenBack != 1 {
			t.Fatalf("%+v", v)
		}
		s.back(third)
		s.proven()
	})
}

func TestAGrantOfALineGoesWithItsLine(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.design(coupon.Definition{Name: "five off", Code: "WELCOME", Kind: coupon.KindCash, Amount: 500, Uses: 1})
		s.fake("line", "", []promotion.Hook{promotion.HookTopUp, promotion.HookEarn}, func(in *promotion.Input) (promotion.Output, error) {
			if in.Hook == promotion.HookTopUp {
				return promotion.Output{Grants: []promotion.Grant{{Kind: promotion.GrantCoupon, Line: 2, Ref: "WELCOME", Count: 1, Note: note("given")}, {Kind: promotion.GrantPoints, Count: 30, Note: note("given")}}}, nil
			}
			return promotion.Output{}, nil
		})
		sold := s.sell(s.basket(0, true, s.line("soap", "2"), topUp(10_000)), cash(15_000))
		if sold.Lines[1].Points != 30 {
			t.Fatalf("%+v", sold.Lines[1])
		}
		refund := func(line int, q money.Quantity) {
			t.Helper()
			if _, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: sold.ID, Reason: "test", Lines: []checkout.RefundLine{{Line: sold.Lines[line].ID, Quantity: q}}}); err != nil {
				t.Fatal(err)
			}
		}
		refund(0, money.One)
		if g := s.granted(sold.ID)["coupon"]; g.TakenBack != 0 {
			t.Fatalf("taken back with another line: %+v", g)
		}
		refund(1, money.One)
		if g := s.granted(sold.ID)["coupon"]; g.TakenBack != 1 || s.couponsOf(s.member)[0].State != coupon.StateVoid || s.wallet().Points != 0 {
			t.Fatalf("%+v", g)
		}
		refund(0, money.One)
		s.proven()
	})
}

func TestAGrantThatCannotBeGivenStopsNoSale(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.design(coupon.Definition{Name: "few", Code: "FEW", Kind: coupon.KindCash, Amount: 500, Uses: 1, IssueLimit: 2})
		s.fake("gives", "", []promotion.Hook{promotion.HookEarn}, func(in *promotion.Input) (promotion.Output, error) {
			return promotion.Output{Grants: []promotion.Grant{{Kind: promotion.GrantCoupon, Ref: "FEW", Count: 1, Note: note("given")}, {Kind: promotion.GrantCoupon, Ref: "NONE", Count: 1, Note: note("given")},
				{Kind: promotion.GrantChances, Count: 1, Note: note("given")}}}, nil
		})
		var quotes []*checkout.Quote
		for range 3 {
			q, err := s.desk.Quote(s.ctx, s.basket(0, true, s.line("soap", "1")))
			if err != nil || len(q.Gives) != 1 || len(q.Warnings) != 2 || len(q.Trace.Grants) != 1 {
				t.Fatalf("%+v %+v %v", q.Gives, q.Warnings, err)
			}
			quotes = append(quotes, q)
		}
		for i, q := range quotes { // the third binds too, though the coupons are gone
			got, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: q.Basket, QuoteRef: q.Ref, Tenders: []checkout.TenderIn{cash(2500)}})
			if err != nil {
				t.Fatal(i, err)
			}
			if n := len(s.granted(got.ID)); n != min(1, 2-i) {
				t.Errorf("sale %d gave %d", i, n)
			}
		}
		if _, err := s.desk.Quote(s.ctx, s.basket(0, false, s.line("soap", "1"))); err != nil {
			t.Fatal(err)
		}
		s.proven()
	})
}
