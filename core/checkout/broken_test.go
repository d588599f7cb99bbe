package checkout_test

import (
	"context"
	"errors"
	"testing"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
)

var errBroken = fault.New(fault.Internal, "checkouttest.rule_broken")

// brokenRules fails wherever retail is asked.
type brokenRules struct{ checkout.Rules }

func (b brokenRules) Evaluate(ctx context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	if p.ID == "retail" {
		return promotion.Answer{}, errBroken
	}
	return b.Rules.Evaluate(ctx, p, in)
}

func TestARuleThatFailsNeverStopsASaleAndIsSwitchedOff(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1, "retail", "catering")
		good := s.desk.Rules
		s.desk.Rules = brokenRules{good}
		q, err := s.desk.Quote(s.ctx, s.basket(0, true, s.line("soap", "1")))
		if err != nil || len(q.Fallbacks) == 0 || !q.Fallbacks[0].Costly || q.Fallbacks[0].Reason != "checkouttest.rule_broken" {
			t.Fatalf("the screen would not know: %+v %v", q, err)
		}
		if q.Points != 25 { // the other pack still gives its points
			t.Fatalf("points %d", q.Points)
		}
		active := func() (out []pack.Activation) {
			t.Helper()
			if err := d.Batch(s.ctx, pack.AskActive(s.m.ID, s.shop.ID, &out)); err != nil {
				t.Fatal(err)
			}
			return out
		}
		for range pack.MaxFailures - 1 {
			got := s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
			if got.Fallbacks == "" {
				t.Fatal("the sale does not say that a rule failed")
			}
		}
		if len(active()) != 2 {
			t.Fatal("switched off too early")
		}
		s.desk.Rules = good
		s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500)) // one that works: counted anew
		s.desk.Rules = brokenRules{good}
		for range pack.MaxFailures {
			s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
		}
		if on := active(); len(on) != 1 || on[0].PackID != "catering" {
			t.Fatalf("still on: %+v", on)
		}
		all, err := pack.ListFor(s.ctx, d, s.m.ID, s.shop.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			if a.PackID == "retail" && (a.Enabled || a.Notice != "checkouttest.rule_broken") {
				t.Fatalf("no notice: %+v", a)
			}
		}
		n, err := db.Value[int](s.ctx, d, `select count(*) from events where merchant_id = $1 and type = 'pack.switched_off.v1'`, s.m.ID)
		if err != nil || n != 1 {
			t.Fatal(n, err)
		}
		if s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500)).Fallbacks != "" {
			t.Fatal("a pack that is off was asked")
		}
		s.proven()
	})
}

func TestACallersCancellationIsNoRuleFailure(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1, "retail")
		ctx, cancel := context.WithCancel(s.ctx)
		cancel()
		_, err := s.desk.Complete(ctx, checkout.SaleIn{Basket: s.basket(0, true, s.line("soap", "1")), Tenders: []checkout.TenderIn{cash(2500)}})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		n, err := db.Value[int](s.ctx, d, `select count(*) from sales where merchant_id = $1`, s.m.ID)
		if err != nil || n != 0 {
			t.Fatal(n, err)
		}
	})
}
