package checkout_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
	"github.com/shopwright/shopwright/core/wallet"
)

func (s *shop) plan(p catalog.PunchPlan) catalog.PunchPlan {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		p, err = catalog.CreatePlan(ctx, tx, s.m.ID, p)
		return err
	})
	return p
}

func (s *shop) visits(member id.ID, unit id.ID) int64 {
	s.t.Helper()
	w, err := wallet.Get(s.ctx, s.db, s.m.ID, member)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range w.Punches {
		if p.SKU == unit {
			return p.Remaining
		}
	}
	return 0
}

func TestOnePunchCardForSeveralServicesSharedInAFamily(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("salon", `{"birthday_on": false, "tier_on": false}`)
		s.sku("wash", catalog.Service, "hair", 40*perYuan, 0)
		p := s.plan(catalog.PunchPlan{Name: "12 visits", Price: 100000, Visits: 10, FreeVisits: 2, ValidDays: 365, Shareable: true, Services: []id.ID{s.skus["cut"].ID, s.skus["wash"].ID}})
		card := s.sell(s.basket(0, true, checkout.LineIn{Kind: sale.LinePunchCard, Plan: p.ID}), cash(100000))
		if card.Total != 100000 || card.Lines[0].Visits != 12 || s.visits(s.member, p.ID) != 12 {
			t.Fatalf("%+v", card.Lines[0])
		}
		b := s.basket(0, true, s.line("cut", "1"), s.line("wash", "2"))
		of := s.sell(b)
		if of.Total != 0 || s.visits(s.member, p.ID) != 9 {
			t.Fatalf("total %d, left %d", of.Total, s.visits(s.member, p.ID))
		}
		// What the visits are worth is revenue: 83.33 each.
		if v := s.house("sales"); v != 3*8333 {
			t.Fatalf("revenue %d", v)
		}
		s.refund(of, checkout.RefundLine{Line: of.Lines[1].ID, Quantity: money.One})
		if s.visits(s.member, p.ID) != 10 || s.house("sales") != 2*8333 {
			t.Fatalf("left %d, revenue %d", s.visits(s.member, p.ID), s.house("sales"))
		}
		s.refund(of)

		// A member of the family uses it; a stranger does not.
		child := s.another("Li Xiao", "13800000002")
		b.Member = child
		q, err := s.desk.Quote(s.ctx, b)
		if err != nil || q.Total != 20000 {
			t.Fatal(q, err)
		}
		s.tx(func(ctx context.Context, tx *db.Tx) error { return member.JoinFamily(ctx, tx, s.m.ID, s.member, child) })
		of = s.sell(b)
		if of.Total != 0 || s.visits(s.member, p.ID) != 9 {
			t.Fatalf("total %d, left %d", of.Total, s.visits(s.member, p.ID))
		}
		s.refund(of)
		if s.visits(s.member, p.ID) != 12 {
			t.Fatal(s.visits(s.member, p.ID))
		}
		// Parent and child at once, until it is used up, on any number of tills.
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				b := s.basket(0, true, s.line("cut", "1"))
				if i%2 == 0 {
					b.Member = child
				}
				_, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: b})
				if err != nil && !errors.Is(err, wallet.ErrPunchesShort) && !errors.Is(err, checkout.ErrUnderpaid) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if left := s.visits(s.member, p.ID); left != 0 {
			t.Errorf("%d visits left", left)
		}
		s.proven()

		// The card of somebody who did not use it comes back by its case; validity ends it.
		other := s.plan(catalog.PunchPlan{Name: "3 visits", Price: 30000, Visits: 3, ValidDays: 30, Services: []id.ID{s.skus["wash"].ID}})
		card = s.sell(s.basket(0, true, checkout.LineIn{Kind: sale.LinePunchCard, Plan: other.ID}), cash(30000))
		s.sell(s.basket(0, true, s.line("wash", "1")))
		back, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: card.ID, Reason: "moves", Prepaid: wallet.Claim{Case: wallet.CasePolicy}})
		if err != nil || back.Total != 20000 || s.visits(s.member, other.ID) != 0 {
			t.Fatal(back, err)
		}
		s.sell(s.basket(0, true, checkout.LineIn{Kind: sale.LinePunchCard, Plan: other.ID}), cash(30000))
		c.Advance(32 * 24 * time.Hour)
		if q, err = s.desk.Quote(s.ctx, s.basket(0, true, s.line("wash", "1"))); err != nil || q.Total != 4000 {
			t.Fatalf("an expired card pays: %v %v", q, err)
		}
		s.expire()
		s.proven()
	})
}

// house is what a house account of the shop holds.
func (s *shop) house(class string) money.Amount {
	s.t.Helper()
	v, err := db.Value[int64](s.ctx, s.db, `select cast(coalesce(sum(p.amount), 0) as bigint) from postings p join accounts a on a.merchant_id = p.merchant_id and a.id = p.account_id
		where p.merchant_id = $1 and a.owner_kind = 'house' and a.class = $2`, s.m.ID, class)
	if err != nil {
		s.t.Fatal(err)
	}
	return money.Amount(v)
}

func TestGiftsForPoints(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 4)
		s.activate("retail", pointAYuan)
		g := loyalty.Gift{Name: "a cup", Points: 300, Counted: true, OnHand: 5}
		soap := loyalty.Gift{Name: "soap", Points: 200, Money: 500, SKU: s.skus["soap"].ID}
		s.tx(func(_ context.Context, tx *db.Tx) error {
			if err := loyalty.CreateGift(tx, s.m.ID, &g); err != nil {
				return err
			}
			return loyalty.CreateGift(tx, s.m.ID, &soap)
		})
		s.sell(s.basket(0, true, s.line("soap", "160")), cash(400000)) // 4,000 points
		hand := s.onHand("soap")
		of := s.sell(s.basket(0, true, checkout.LineIn{Kind: sale.LineGift, Gift: g.ID, Quantity: 2 * money.One}, checkout.LineIn{Kind: sale.LineGift, Gift: soap.ID}), cash(500))
		if w := s.wallet(); of.Total != 500 || w.Points != 3200 || s.onHand("soap") != hand-money.One {
			t.Fatalf("total %d, points %d", of.Total, w.Points)
		}
		s.refund(of)
		if w := s.wallet(); w.Points != 4000 || s.onHand("soap") != hand {
			t.Fatalf("points %d", w.Points)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for i := range 16 {
			wg.Go(func() {
				_, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: s.basket(i%4, true, checkout.LineIn{Kind: sale.LineGift, Gift: g.ID})})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.Is(err, loyalty.ErrGiftGone) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if w := s.wallet(); won != 5 || w.Points != 4000-5*300 {
			t.Fatalf("%d of 5 gifts handed out, points %d", won, w.Points)
		}
		s.proven()
	})
}

// A sale takes points twice, as a tender and for a gift, and a lot that another
// sale took from has room for more than this one took: the refund gives each lot
// exactly what it lost, so that the other sale can still be refunded.
func TestPointsOfATenderAndAGiftGoBackToTheirOwnLots(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", pointAYuan)
		g := loyalty.Gift{Name: "a cup", Points: 10}
		s.tx(func(_ context.Context, tx *db.Tx) error { return loyalty.CreateGift(tx, s.m.ID, &g) })
		for _, n := range []string{"4", "2", "3"} { // 100, 50 and 75 points
			s.sell(s.basket(0, true, s.line("soap", n)), cash(100000))
			c.Advance(time.Hour)
		}
		first := s.sell(s.basket(0, true, s.line("soap", "1")), points(60), cash(2440))
		before := s.pointLots()
		second := s.sell(s.basket(0, true, s.line("soap", "1"), checkout.LineIn{Kind: sale.LineGift, Gift: g.ID}), points(120), cash(2380))
		s.refund(second)
		if after := s.pointLots(); !slices.Equal(after[:3], before[:3]) {
			t.Errorf("lots %v before, %v after", before, after)
		}
		s.refund(first)
		if lots := s.pointLots(); !slices.Equal(lots[:3], []int64{100, 50, 75}) {
			t.Errorf("lots %v at the end", lots)
		}
		s.proven()
	})
}

func TestSpendingAsksForThePIN(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.sell(s.basket(0, true, topUp(100000)), cash(100000))
		hash, err := member.HashPIN(s.ctx, auth.CheapHash, "4827")
		if err != nil {
			t.Fatal(err)
		}
		s.tx(func(ctx context.Context, tx *db.Tx) error { return member.SetPIN(ctx, tx, s.m.ID, s.member, hash) })
		pay := func(pin string) error {
			_, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: s.basket(0, true, s.line("soap", "1")), Tenders: []checkout.TenderIn{{Type: sale.TenderStoredValue, Amount: 2500, PIN: pin}}})
			return err
		}
		if err := pay(""); !errors.Is(err, member.ErrPINRequired) {
			t.Fatal(err)
		}
		if err := pay("4827"); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if err := pay("1111"); !errors.Is(err, member.ErrPINWrong) {
				t.Fatal(err)
			}
		}
		if err := pay("4827"); !errors.Is(err, member.ErrPINLocked) {
			t.Fatal(err)
		}
		c.Advance(16 * time.Minute)
		if err := pay("4827"); err != nil {
			t.Fatal(err)
		}
		s.set("stored_value.pin", "never")
		if err := pay(""); err != nil {
			t.Fatal(err)
		}
		if w := s.wallet(); w.StoredValue() != 100000-3*2500 {
			t.Fatal(w)
		}
		s.proven()
	})
}

func (s *shop) commissions() (out []staff.CommissionEntry) {
	s.t.Helper()
	out, _, err := staff.ListCommission(s.ctx, s.db, s.m.ID, id.None, "0001-01-01", "9999-12-31", db.Page{Limit: 200})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestA20_CommissionIsTakenBackInThePeriodOfTheRefund(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("salon", `{"birthday_on": false, "tier_on": false}`) // 10 % for seniors
		var second id.ID
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			st, err := auth.CreateStaff(ctx, tx, s.m.ID, auth.NewStaff{Profile: auth.Profile{Name: "Wei", Role: auth.Cashier}, Login: "wei"})
			second = st.ID
			return err
		})
		l := s.line("cut", "3")
		l.Splits = []staff.Share{{Staff: s.staff, Role: staff.RolePerformer, Share: 666667}, {Staff: second, Role: staff.RoleAssistant, Share: 333333}}
		of := s.sell(s.basket(0, true, l), cash(36000))
		es := s.commissions()
		if len(es) != 2 || es[0].Amount+es[1].Amount != 3600 || of.Commission != 3600 {
			t.Fatalf("%+v", es)
		}
		c.Advance(40 * 24 * time.Hour)
		s.activate("salon", `{"commission_on": false}`) // other rates today change nothing
		s.refund(of, units(of, 0, 1))
		s.refund(of, units(of, 0, 1))
		last := s.refund(of)
		var sum money.Amount
		per := map[id.ID]money.Amount{}
		for _, e := range s.commissions() {
			sum += e.Amount
			per[e.Staff] += e.Amount
			if e.Amount < 0 && (e.Kind != staff.KindClawBack || e.BusinessDate != last.BusinessDate || e.Rate != es[0].Rate) {
				t.Errorf("%+v", e)
			}
		}
		if sum != 0 || per[s.staff] != 0 || per[second] != 0 {
			t.Fatalf("left %d: %v", sum, per)
		}
		s.proven()
	})
}

func TestA21_TheTierAtItsThreshold(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", `{"topup_on": false, "tier_prices_on": false, "tier_steps": [{"tier": "silver", "spend": 100000}, {"tier": "gold", "spend": 500000}]}`)
		s.sku("cent", catalog.Goods, "x", 100, 1_000_000)
		tier := func() string {
			m, err := member.Get(s.ctx, s.db, nil, s.m.ID, s.member)
			if err != nil {
				t.Fatal(err)
			}
			return m.Tier
		}
		first := s.sell(s.basket(0, true, s.line("soap", "39"), s.line("cent", "2499")), cash(99999))
		if tier() != "" {
			t.Fatal("a cent below the threshold")
		}
		s.sell(s.basket(0, true, s.line("cent", "1")), cash(1))
		if tier() != "silver" {
			t.Fatalf("at the threshold: %q", tier())
		}
		s.refund(first, checkout.RefundLine{Line: first.Lines[1].ID, Quantity: money.One})
		if tier() != "" {
			t.Fatalf("the refund took the figures below it: %q", tier())
		}
		big := s.sell(s.basket(0, true, s.line("soap", "200")), cash(500000))
		if tier() != "gold" {
			t.Fatalf("the first tier is skipped: %q", tier())
		}
		s.refund(big)
		if tier() == "gold" {
			t.Fatal("gold without the figures")
		}
		s.proven()
	})
}
