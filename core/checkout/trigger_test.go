package checkout_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/promotion"
)

// published waits until every event has its number.
func (s *shop) published() {
	s.t.Helper()
	p := event.New(s.db, event.Options{Poll: 5 * time.Millisecond})
	p.Start()
	defer func() { _ = p.Stop(s.ctx) }()
	for range 2000 {
		n, err := db.Value[int](s.ctx, s.db, `select count(*) from events where seq is null`)
		if err != nil {
			s.t.Fatal(err)
		}
		if n == 0 {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	s.t.Fatal("events are not published")
}

// triggered runs the triggers until nothing is left.
func (s *shop) triggered() {
	s.t.Helper()
	s.published()
	for {
		n, err := s.desk.RunTriggers(s.ctx, s.m.ID, 10)
		if err != nil {
			s.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (s *shop) runs(member id.ID) []campaign.Run {
	s.t.Helper()
	rs, _, err := campaign.ListRuns(s.ctx, s.db, s.m.ID, member, db.Page{Limit: 100})
	if err != nil {
		s.t.Fatal(err)
	}
	return rs
}

func (s *shop) ofEvent(member id.ID, kind string) (out []campaign.Run) {
	for _, r := range s.runs(member) {
		if r.Event == kind {
			out = append(out, r)
		}
	}
	return out
}

// pointsFor gives points for some kinds of event.
func pointsFor(of map[promotion.EventKind]int64) answer {
	return func(in *promotion.Input) (promotion.Output, error) {
		n := of[in.Event.Kind]
		if in.Event.Kind == promotion.EventReferral {
			n /= int64(in.Event.Level)
		}
		if in.Event.Kind == promotion.EventCheckIn {
			n *= in.Event.Value
		}
		if n == 0 {
			return promotion.Output{}, nil
		}
		return promotion.Output{Grants: []promotion.Grant{{Kind: promotion.GrantPoints, Count: n, Note: note("given")}}}, nil
	}
}

var onTrigger = []promotion.Hook{promotion.HookTrigger}

func TestEventsSetOffGrantsOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.triggered() // what lies before the first run is not made up for
		s.design(coupon.Definition{Name: "five off", Code: "WELCOME", Kind: coupon.KindCash, Amount: 500, Uses: 1})
		s.fake("news", "", onTrigger, pointsFor(map[promotion.EventKind]int64{promotion.EventJoined: 11, promotion.EventSale: 100, promotion.EventTopUp: 1000}))
		s.fake("welcome", "", onTrigger, func(in *promotion.Input) (promotion.Output, error) {
			if in.Event.Kind != promotion.EventJoined {
				return promotion.Output{}, nil
			}
			return promotion.Output{Grants: []promotion.Grant{{Kind: promotion.GrantCoupon, Ref: "WELCOME", Count: 1, Note: note("given")}, {Kind: promotion.GrantMessage, Ref: "hello", Note: note("given")},
				{Kind: promotion.GrantCoupon, Ref: "NONE", Count: 1, Note: note("given")}}}, nil
		})
		if len(s.runs(id.None)) != 0 {
			t.Fatal("an event of before was looked at")
		}
		wei := s.another("Wei", "13800000002")
		s.sell(s.basket(0, true, s.line("soap", "1"), topUp(5000)), cash(7500))
		s.triggered()
		if w := s.wallet(); w.Points != 1100 {
			t.Fatalf("points %d", w.Points)
		}
		if rs := s.ofEvent(wei, "joined"); len(rs) != 2 || rs[0].PackID == rs[1].PackID || len(s.couponsOf(wei)) != 1 {
			t.Fatalf("%+v", rs)
		} else {
			for _, r := range rs {
				if want := map[string]string{"news": "ok", "welcome": "campaign.unknown_ref"}[r.PackID]; r.Outcome != want || len(r.Input) == 0 {
					t.Errorf("%+v", r)
				}
			}
		}
		n, err := db.Value[int](s.ctx, d, `select count(*) from audit_log where merchant_id = $1 and action = 'campaign.granted'`, s.m.ID)
		if err != nil || n != 3 {
			t.Fatal(n, err)
		}
		// The same events once more: whoever delivers them, nothing is given twice.
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			tx.Queue(`update trigger_cursors set seq = 0 where merchant_id = $1`, s.m.ID)
			return nil
		})
		before := len(s.runs(wei))
		var g sync.WaitGroup
		for range 4 {
			g.Go(func() {
				for {
					n, err := s.desk.RunTriggers(s.ctx, s.m.ID, 10)
					if err != nil {
						t.Error(err)
					}
					if err != nil || n == 0 {
						return
					}
				}
			})
		}
		g.Wait()
		if w := s.wallet(); w.Points != 1111 || len(s.runs(wei)) != before || len(s.couponsOf(wei)) != 1 { // the first member's joining was never looked at
			t.Fatalf("points %d, runs %d", w.Points, len(s.runs(wei)))
		}
		s.proven()
	})
}

func TestCheckInsCountInARow(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.triggered()
		s.fake("daily", "", onTrigger, pointsFor(map[promotion.EventKind]int64{promotion.EventCheckIn: 5}))
		for _, want := range []int64{1, 2, 3} {
			got, err := s.desk.CheckIn(s.ctx, checkout.CheckInIn{Merchant: s.m.ID, Member: s.member, Shop: s.shop.ID})
			if err != nil || got.Streak != want {
				t.Fatal(got, err)
			}
			if _, err := s.desk.CheckIn(s.ctx, checkout.CheckInIn{Merchant: s.m.ID, Member: s.member, Shop: s.shop.ID}); !fault.ReasonIs(err, "campaign.checked_in_today") {
				t.Fatal(err)
			}
			c.Advance(24 * time.Hour)
		}
		c.Advance(24 * time.Hour) // a day is left out
		var ok, not int
		var mu sync.Mutex
		var g sync.WaitGroup
		for range 8 {
			g.Go(func() {
				_, err := s.desk.CheckIn(s.ctx, checkout.CheckInIn{Merchant: s.m.ID, Member: s.member, Shop: s.shop.ID})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					ok++
				case fault.ReasonIs(err, "campaign.checked_in_today"):
					not++
				default:
					t.Error(err)
				}
			})
		}
		g.Wait()
		if ok != 1 || not != 7 {
			t.Fatal(ok, not)
		}
		if last, err := campaign.Latest(s.ctx, d, s.m.ID, s.member); err != nil || last.Streak != 1 {
			t.Fatal(last, err)
		}
		s.triggered()
		if w := s.wallet(); w.Points != 5*(1+2+3+1) {
			t.Fatalf("points %d", w.Points)
		}
	})
}

func TestReferralsAreOffAndReachTwoLevels(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.triggered()
		s.fake("brings", "", onTrigger, pointsFor(map[promotion.EventKind]int64{promotion.EventReferral: 100}))
		var chain []id.ID
		for i := range 5 {
			chain = append(chain, s.another(fmt.Sprint("M", i), fmt.Sprintf("1390000000%d", i)))
		}
		refer := func(member, referrer id.ID) error {
			return d.InTx(s.ctx, func(ctx context.Context, tx *db.Tx) error { return campaign.Refer(ctx, tx, s.m.ID, member, referrer) })
		}
		for i := range 4 {
			if err := refer(chain[i+1], chain[i]); err != nil {
				t.Fatal(err)
			}
		}
		for _, wrong := range []struct {
			member, by id.ID
			reason     string
		}{{chain[0], chain[0], "campaign.bad_referrer"}, {chain[0], chain[4], "campaign.bad_referrer"}, {chain[2], s.member, "campaign.referred_before"}} {
			if err := refer(wrong.member, wrong.by); !fault.ReasonIs(err, wrong.reason) {
				t.Errorf("%v, want %s", err, wrong.reason)
			}
		}
		buy := func(member id.ID) {
			t.Helper()
			b := s.basket(0, true, s.line("soap", "1"))
			b.Member = member
			s.sell(b, cash(2500))
			s.triggered()
		}
		buy(chain[1]) // off: nobody gets anything, and it is not made up for
		s.set("referral.levels", "2")
		buy(chain[1])
		if n := len(s.runs(id.None)); n != 7 { // five who joined, two sales
			t.Fatal(n)
		}
		buy(chain[4])
		for i, want := range []int{0, 0, 1, 1, 0} {
			if rs := s.ofEvent(chain[i], "referral"); len(rs) != want {
				t.Errorf("member %d: %d runs", i, len(rs))
			}
		}
		buy(chain[4])
		if len(s.ofEvent(chain[3], "referral")) != 1 {
			t.Error("a second purchase was rewarded")
		}
		if err := refer(chain[0], s.member); err != nil {
			t.Fatal(err)
		}
		if err := refer(s.member, chain[4]); !fault.ReasonIs(err, "campaign.bad_referrer") { // 4 is below 0, which is below the member
			t.Fatal(err)
		}
		s.proven()
	})
}

func TestBirthdaysAndLapsesComeOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.fake("dates", "", onTrigger, pointsFor(map[promotion.EventKind]int64{promotion.EventBirthday: 50, promotion.EventLapsed: 3}))
		s.set("trigger.lapse_days", "2, 30")
		dates := func() {
			t.Helper()
			for range 2 {
				if err := s.desk.RunTriggerDates(s.ctx, s.m.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		c.Set(time.Date(2026, 5, 15, 3, 0, 0, 0, time.UTC))
		s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
		dates()
		c.Advance(24 * time.Hour)
		dates()
		if rs := s.runs(s.member); len(rs) != 0 {
			t.Fatalf("%+v", rs)
		}
		c.Advance(3 * 24 * time.Hour) // the program stood still on the 17th, the birthday, and two days after the purchase
		dates()
		if b, l := s.ofEvent(s.member, "birthday"), s.ofEvent(s.member, "lapsed"); len(b) != 1 || len(l) != 1 || b[0].Grants != 1 {
			t.Fatalf("%+v %+v", b, l)
		}
		c.Advance(365 * 24 * time.Hour)
		dates()
		if n := len(s.ofEvent(s.member, "birthday")); n != 2 {
			t.Fatal(n)
		}
		s.proven()
	})
}

func TestTriggersStayWithinTheirLimitsAndAFailingOneStopsNothing(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.triggered()
		s.set("trigger.member_day_limit", "2")
		s.fake("gives", "", onTrigger, pointsFor(map[promotion.EventKind]int64{promotion.EventSale: 10}))
		s.fake("breaks", "", onTrigger, broken)
		for range 3 {
			s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
		}
		s.triggered()
		outcomes := map[string]int{}
		for _, r := range s.ofEvent(s.member, "sale") {
			outcomes[r.PackID+" "+r.Outcome]++
		}
		if outcomes["gives ok"] != 2 || outcomes["gives limited"] != 1 || outcomes["breaks checkouttest.rule_broken"] != 3 || s.wallet().Points != 20 {
			t.Fatalf("%v, points %d", outcomes, s.wallet().Points)
		}
		n, err := db.Value[int](s.ctx, d, `select count(*) from events where merchant_id = $1 and type = 'pack.failed.v1'`, s.m.ID)
		if err != nil || n != 3 {
			t.Fatal(n, err)
		}
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := member.SetStatus(ctx, tx, s.desk.Vault, s.m.ID, s.member, member.Frozen, 0)
			return err
		})
		c.Advance(24 * time.Hour)
		s.triggered()
		s.proven()
	})
}
