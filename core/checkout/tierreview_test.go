package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
)

// tierShop sells a cent, gives silver from 100.00 and gold from 500.00 in a window,
// and takes nothing off for tiers.
func tierShop(t *testing.T, d *db.DB, c *clock.Manual, window string, settings ...string) *shop {
	t.Helper()
	s := newShop(t, d, c, 1)
	s.activate("retail", `{"tier_prices_on": false, `+window+`, "tier_steps": [{"tier": "silver", "spend": 10000}, {"tier": "gold", "spend": 50000}]}`)
	s.sku("cent", catalog.Goods, "small", 100, 1_000_000)
	s.tx(func(_ context.Context, tx *db.Tx) error {
		for i := 0; i < len(settings); i += 2 {
			if err := setting.Set(tx, setting.Place{Merchant: s.m.ID}, settings[i], settings[i+1]); err != nil {
				return err
			}
		}
		return nil
	})
	return s
}

// buy sells so many cents to the member.
func (s *shop) buy(cents int) *sale.Sale {
	s.t.Helper()
	return s.sell(s.basket(0, true, s.line("cent", fmt.Sprint(cents))), cash(money.Amount(cents)))
}

func (s *shop) tier() string {
	s.t.Helper()
	m, err := member.Get(s.ctx, s.db, s.desk.Vault, s.m.ID, s.member)
	if err != nil {
		s.t.Fatal(err)
	}
	return m.Tier
}

func (s *shop) wantTier(want string) {
	s.t.Helper()
	if got := s.tier(); got != want {
		s.t.Fatalf("tier %q, want %q", got, want)
	}
}

func (s *shop) takeBack(of *sale.Sale, cents int) {
	s.t.Helper()
	if _, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "faulty", Lines: []checkout.RefundLine{{Line: of.Lines[0].ID, Quantity: money.Quantity(cents) * money.One}}}); err != nil {
		s.t.Fatal(err)
	}
}

// on sets the clock to eleven o'clock of a date in the shop and lets the nightly
// run do all that it has.
func (s *shop) on(date clock.Date) {
	s.t.Helper()
	s.clock.Set(date.Time().Add(3 * time.Hour))
	for rounds := 0; ; rounds++ {
		n, err := s.desk.ReviewTiers(s.ctx, s.m.ID, 2)
		if err != nil || rounds > 20 {
			s.t.Fatal("the run does not end", n, err)
		}
		if n == 0 {
			return
		}
	}
}

func TestA21_TierAtTheThreshold(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := tierShop(t, d, c, `"tier_window": "lifetime"`)
		first := s.buy(9_999)
		s.wantTier("")
		st, err := s.desk.TierStanding(s.ctx, s.m.ID, s.member)
		if err != nil || !st.Known || st.Deserved != "" || st.Next != "silver" || st.Missing != 1 || st.Need != 10_000 || !st.InMoney || st.Metric != "spend" {
			t.Fatalf("%+v %v", st, err)
		}
		cent := s.buy(1)
		s.wantTier("silver")
		s.takeBack(cent, 1) // 99.99 again: the rise goes with the sale that gave it
		s.wantTier("")
		s.buy(1)
		s.wantTier("silver")
		top := s.buy(40_000)
		s.wantTier("gold")
		if st, err := s.desk.TierStanding(s.ctx, s.m.ID, s.member); err != nil || st.Deserved != "gold" || st.Next != "" || st.Tier != "gold" {
			t.Fatalf("%+v %v", st, err)
		}
		s.takeBack(first, 1) // another sale's refund: 499.99, which gold never rested on
		s.wantTier("silver")
		s.buy(2)
		s.wantTier("gold")
		s.takeBack(top, 1) // exactly 500.00 is left
		s.wantTier("gold")
		hist, _, err := member.ListTierHistory(s.ctx, s.db, s.m.ID, s.member, db.Page{})
		if err != nil || len(hist) != 6 || hist[1].Reason != "review_undone" || hist[1].From != "gold" || hist[1].To != "silver" || hist[0].Sale.IsNone() {
			t.Fatalf("%+v %v", hist, err)
		}
	})
}

func TestA21_WindowsEnd(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := tierShop(t, d, c, `"tier_window_days": 90`, "tier.downgrade", "by_balance")
		s.buy(10_000) // on 20 May: the last day of its 90 is 17 August
		s.wantTier("silver")
		s.on("2026-05-21")
		s.on("2026-08-17")
		s.wantTier("silver")
		s.on("2026-08-18")
		s.wantTier("")
	})
}

func TestA21_GraceIsKept(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := tierShop(t, d, c, `"tier_window_days": 90`, "tier.downgrade", "by_balance", "tier.grace_days", "10")
		s.buy(10_000)
		s.on("2026-05-21")
		s.on("2026-08-18") // the first day below: grace to 27 August
		st, err := s.desk.TierStanding(s.ctx, s.m.ID, s.member)
		if err != nil || st.Tier != "silver" || st.Deserved != "" || st.State.BelowSince != "2026-08-18" || st.State.GraceUntil != "2026-08-27" {
			t.Fatalf("%+v %v", st, err)
		}
		for day := clock.Date("2026-08-19"); day <= "2026-08-27"; day = day.AddDays(1) {
			s.on(day)
			s.wantTier("silver")
		}
		s.on("2026-08-28")
		s.wantTier("")
	})
}

func TestA21_TheCalendarYear(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := tierShop(t, d, c, `"tier_window": "year"`, "tier.downgrade", "one_step", "tier.period", "year")
		s.buy(50_000)
		s.wantTier("gold")
		s.on("2026-05-21")
		s.on("2026-12-31")
		s.wantTier("gold")
		s.on("2027-01-01") // the year that ended deserves it, though the new one has nothing yet
		s.wantTier("gold")
		one := s.buy(1)
		s.takeBack(one, 1) // a refund in the year does not end it
		s.wantTier("gold")
		s.on("2028-01-03") // late: the program was off; one step in a year
		s.wantTier("silver")
		s.on("2028-02-01")
		s.wantTier("silver")
		s.on("2029-01-01")
		s.wantTier("")
	})
}

func TestA21_RisesAtThePeriodsEnd(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := tierShop(t, d, c, `"tier_window": "month"`, "tier.upgrade", "period_end", "tier.period", "month")
		s.on("2026-05-21")
		s.buy(10_000)
		s.wantTier("")
		s.on("2026-05-31")
		s.wantTier("")
		s.on("2026-06-01")
		s.wantTier("silver")
		hist, _, err := member.ListTierHistory(s.ctx, s.db, s.m.ID, s.member, db.Page{})
		if err != nil || len(hist) != 1 || hist[0].Reason != "review_risen" || hist[0].Pack != "retail" || !hist[0].Actor.IsNone() {
			t.Fatalf("%+v %v", hist, err)
		}
	})
}

// TestA21_AtOnce: the sale that reaches the step is already on the new tier's price.
func TestA21_AtOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", `{"tier_prices": [{"tier": "silver", "percent": 10}], "tier_steps": [{"tier": "silver", "spend": 5000}]}`)
		s.tx(func(_ context.Context, tx *db.Tx) error {
			return setting.Set(tx, setting.Place{Merchant: s.m.ID}, "tier.upgrade", "at_once")
		})
		got := s.sell(s.basket(0, true, s.line("soap", "2")), cash(45_00))
		if got.Total != 45_00 || got.TierAfter != "silver" {
			t.Fatalf("%d %q", got.Total, got.TierAfter)
		}
		s.wantTier("silver")
	})
}

func TestTierSetByHand(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := tierShop(t, d, c, `"tier_window": "lifetime"`, "tier.downgrade", "by_balance")
		set := func(tier string, until clock.Date, reason string) error {
			_, err := s.desk.SetTier(s.ctx, checkout.TierSet{Merchant: s.m.ID, Member: s.member, Tier: tier, Until: until, Reason: reason, Actor: s.staff})
			return err
		}
		for _, bad := range []struct {
			tier   string
			until  clock.Date
			reason string
			want   error
		}{{"platinum", "", "x", member.ErrTierNotFound}, {"gold", "2026-05-19", "x", loyalty.ErrUntil}, {"gold", "x", "x", loyalty.ErrUntil}, {"gold", "", " ", checkout.ErrReason}} {
			if err := set(bad.tier, bad.until, bad.reason); !errors.Is(err, bad.want) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if _, err := s.desk.SetTier(s.ctx, checkout.TierSet{Merchant: s.m.ID, Member: id.New(1), Tier: "gold", Reason: "x"}); !errors.Is(err, checkout.ErrUnknownMember) {
			t.Fatal(err)
		}
		if err := set("gold", "2026-06-30", "our best neighbour"); err != nil {
			t.Fatal(err)
		}
		s.wantTier("gold")
		s.on("2026-06-30")
		s.wantTier("gold")
		s.on("2026-07-01")
		s.wantTier("")
		hist, _, err := member.ListTierHistory(s.ctx, s.db, s.m.ID, s.member, db.Page{})
		if err != nil || len(hist) != 2 || hist[1].Actor != s.staff || hist[1].Reason != "our best neighbour" || hist[1].HeldUntil != "2026-06-30" || hist[0].Reason != "review_fallen" {
			t.Fatalf("%+v %v", hist, err)
		}
		if err := set("", loyalty.Forever, "asked for it"); err != nil {
			t.Fatal(err)
		}
		if got := s.buy(20_000); got.TierAfter != "" { // held: a sale does not raise
			t.Fatal(got.TierAfter)
		}
		s.on("2026-12-31")
		s.wantTier("")
		if err := set("", "", "free again"); err != nil {
			t.Fatal(err)
		}
		s.on("2027-03-01")
		s.wantTier("silver")
		log, _, err := auth.ListAudit(s.ctx, s.db, s.m.ID, auth.AuditFilter{}, db.Page{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range log {
			if e.Action == "member.tier_set" {
				n++
			}
		}
		if n != 3 {
			t.Fatalf("%d records of three changes", n)
		}
	})
}

// dead is a rule host that answers nothing.
type dead struct{}

func (dead) Evaluate(context.Context, promotion.PackRef, *promotion.Input) (promotion.Answer, error) {
	return promotion.Answer{}, fault.ErrInternal
}

// TestNobodyFallsWithoutAnAnswer: a pack that fails takes no tier away, and the
// review is made up for.
func TestNobodyFallsWithoutAnAnswer(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := tierShop(t, d, c, `"tier_window_days": 90`, "tier.downgrade", "by_balance")
		s.buy(10_000)
		s.on("2026-05-21")
		alive := s.desk.Rules
		s.desk.Rules = dead{}
		s.on("2026-09-01")
		s.wantTier("silver")
		if st, err := s.desk.TierStanding(s.ctx, s.m.ID, s.member); err != nil || st.Known {
			t.Fatalf("%+v %v", st, err)
		}
		s.desk.Rules = alive
		s.on("2026-09-01")
		s.wantTier("silver") // tomorrow
		s.on("2026-09-02")
		s.wantTier("")
	})
}

// TestReviewTiersGoesThroughAll: in small steps, each member once, a member who is
// not active left alone.
func TestReviewTiersGoesThroughAll(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := tierShop(t, d, c, `"tier_window": "lifetime"`, "tier.downgrade", "by_balance")
		var all []id.ID
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			for i := range 5 {
				m, err := member.Create(ctx, tx, s.desk.Vault, member.In{Merchant: s.m.ID, Name: fmt.Sprint("m", i), Tier: "gold"})
				if err != nil {
					return err
				}
				all = append(all, m.ID)
			}
			return nil
		})
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := member.SetStatus(ctx, tx, s.desk.Vault, s.m.ID, all[0], member.Frozen, 0)
			return err
		})
		s.on("2026-05-21")
		s.on("2026-05-22")
		for i, m := range all {
			got, err := member.Get(s.ctx, s.db, s.desk.Vault, s.m.ID, m)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]string{true: "gold", false: ""}[i == 0]; got.Tier != want {
				t.Errorf("member %d: %q", i, got.Tier)
			}
		}
	})
}
