package checkout_test

import (
	"testing"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

func pointsLimit(most, step int64) answer {
	return func(in *promotion.Input) (promotion.Output, error) {
		return promotion.Output{Tenders: []promotion.TenderLimit{{Tender: promotion.TenderPoints, Most: money.Amount(most), Step: money.Amount(step), Note: promotion.Note{Code: "cap", Money: money.Amount(most)}}}}, nil
	}
}

// pay tries to sell a soap of 25.00 with some points and the rest in cash.
func (s *shop) pay(points int64) error {
	_, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: s.basket(0, true, s.line("soap", "1")),
		Tenders: []checkout.TenderIn{{Type: sale.TenderPoints, Amount: money.Amount(points)}, cash(2500 - money.Amount(points))}})
	return err
}

func (s *shop) givePoints(n int64) {
	s.t.Helper()
	s.fake("gives", "", []promotion.Hook{promotion.HookEarn}, func(in *promotion.Input) (promotion.Output, error) {
		if in.Lines[0].SKU != "rice" {
			return promotion.Output{}, nil
		}
		return promotion.Output{Earns: []promotion.Earn{{Line: 1, Points: n, Note: promotion.Note{Code: "given", Arg: n}}}}, nil
	})
	s.sell(s.basket(0, true, s.line("rice", "1")), cash(333))
}

func TestWhatPointsMayPayIsShownAndHeld(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.givePoints(100_000)
		if q, err := s.desk.Quote(s.ctx, s.basket(0, true, s.line("soap", "1"))); err != nil || len(q.Limits) != 0 {
			t.Fatalf("limits where nobody set one: %+v %v", q.Limits, err)
		}
		s.set("points.tender_rate", "400000")
		s.fake("caps", "", []promotion.Hook{promotion.HookTender}, pointsLimit(840, 100))
		s.fake("wide", "", []promotion.Hook{promotion.HookTender}, pointsLimit(100_000, 0))
		q, err := s.desk.Quote(s.ctx, s.basket(0, true, s.line("soap", "1")))
		if err != nil {
			t.Fatal(err)
		}
		l := q.LimitOf(sale.TenderPoints)
		if l == nil || l.Effective() != 800 || l.Step != 100 || l.PackID != "caps" || len(q.Trace.Grants) != 1 || q.Trace.Grants[0].Kind != "tender_limit" || q.Trace.Grants[0].Money != 840 {
			t.Fatalf("%+v, trace %+v", l, q.Trace)
		}
		for points, want := range map[int64]bool{800: true, 100: true, 850: false, 900: false, 150: false} {
			err := s.pay(points)
			if want != (err == nil) || err != nil && !fault.ReasonIs(err, "checkout.tender_not_allowed") {
				t.Errorf("paying %d with points: %v", points, err)
			}
			if err != nil && (fault.Of(err).Args["most"] != "8.00" || fault.Of(err).Args["step"] != "1.00" || fault.Of(err).Args["tender"] != "points") {
				t.Errorf("it says %+v", fault.Of(err).Args)
			}
		}
		s.proven()
	})
}

func TestAFailingTenderRuleLeavesTheMerchantsOwnLimits(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.givePoints(100_000)
		s.set("points.tender_rate", "400000")
		s.set("points.tender_step", "50")
		s.fake("caps", "", []promotion.Hook{promotion.HookTender}, broken)
		q, err := s.desk.Quote(s.ctx, s.basket(0, true, s.line("soap", "1")))
		if err != nil || len(q.Fallbacks) != 1 || q.Fallbacks[0].Hook != "tender" || q.Fallbacks[0].Costly {
			t.Fatalf("%+v %v", q.Fallbacks, err)
		}
		if l := q.LimitOf(sale.TenderPoints); l == nil || l.Effective() != 1000 || l.Step != 50 || l.PackID != "" {
			t.Fatalf("%+v", l)
		}
		if err := s.pay(1050); !fault.ReasonIs(err, "checkout.tender_not_allowed") {
			t.Fatal(err)
		}
		if err := s.pay(1000); err != nil {
			t.Fatal(err)
		}
		s.set("points.tender_from", "2501")
		if err := s.pay(50); !fault.ReasonIs(err, "checkout.tender_not_allowed") {
			t.Fatal(err)
		}
	})
}

func TestStoredValueForSomeCategoriesAndItsOrder(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.fake("bonus", "", []promotion.Hook{promotion.HookTopUp, promotion.HookTender}, func(in *promotion.Input) (promotion.Output, error) {
			if in.Hook == promotion.HookTender {
				return promotion.Output{Tenders: []promotion.TenderLimit{{Tender: promotion.TenderStoredValue, Most: 1_000_000, Consume: promotion.ConsumeBonus, Note: promotion.Note{Code: "cap"}}}}, nil
			}
			return promotion.Output{Bonuses: []promotion.TopUpBonus{{Line: 1, Amount: 5000, Note: promotion.Note{Code: "given"}}}}, nil
		})
		s.sell(s.basket(0, true, topUp(10_000)), cash(10_000))
		s.set("stored_value.categories", "home, food")
		s.sku("shampoo", catalog.Goods, "hair", 40*perYuan, 10)
		b := s.basket(0, true, s.line("soap", "1"), s.line("shampoo", "1"))
		q, err := s.desk.Quote(s.ctx, b)
		if err != nil {
			t.Fatal(err)
		}
		if plan := q.PlanTenders(); len(plan) != 2 || plan[0].Amount != 2500 || plan[1].Amount != 4000 {
			t.Fatalf("plan %+v", plan)
		}
		if _, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: b, Tenders: []checkout.TenderIn{stored(2501), cash(3999)}}); !fault.ReasonIs(err, "checkout.tender_not_allowed") {
			t.Fatal(err)
		}
		s.sell(b, stored(2500), cash(4000))
		w := s.wallet()
		if w.Principal != 10_000 || w.Bonus != 2500 { // the given part went first
			t.Fatalf("%+v", w)
		}
		s.proven()
	})
}
