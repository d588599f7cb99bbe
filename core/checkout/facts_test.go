package checkout_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/tenant"
)

func TestFactsOfCheckInsReferralsAndTopUps(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		var far tenant.Shop
		s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			far, err = tenant.CreateShop(ctx, tx, s.m.ID, tenant.NewShop{Name: "Far", TimeZone: "Asia/Shanghai", CutOff: 240})
			return err
		})
		wei := s.another("Wei", "13800000002")
		s.tx(func(ctx context.Context, tx *db.Tx) error { return campaign.Refer(ctx, tx, s.m.ID, wei, s.member) })
		refs := []promotion.FactRef{{Kind: promotion.FactCheckIns}, {Kind: promotion.FactCheckIns, WindowDays: 3}, {Kind: promotion.FactStreak}, {Kind: promotion.FactStreak, Shop: true},
			{Kind: promotion.FactReferrals}, {Kind: promotion.FactTopUps}, {Kind: promotion.FactTopUps, WindowDays: 1}, {Kind: promotion.FactSpend}, {Kind: promotion.FactSpend, Shop: true},
			{Kind: promotion.FactLastVisit, Shop: true}, {Kind: promotion.FactCheckIns, WindowDays: promotion.WindowMembershipYear}}
		facts := func(shop id.ID) (out []int64) {
			t.Helper()
			var vs []promotion.FactValue
			if err := d.Batch(s.ctx, member.AskFactsAt(s.shop.Zone, s.m.ID, s.member, shop, s.shop.Zone.BusinessDate(d.Now()), refs, &vs)...); err != nil {
				t.Fatal(err)
			}
			for i, v := range vs {
				if v.FactRef != refs[i] {
					t.Fatalf("%+v at %d", v, i)
				}
				out = append(out, v.Value)
			}
			return out
		}
		want := func(shop id.ID, want ...int64) {
			t.Helper()
			got := facts(shop)
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%v, want %v", got, want)
					return
				}
			}
		}
		want(s.shop.ID, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0)
		checkIn := func(shop id.ID) {
			t.Helper()
			if _, err := s.desk.CheckIn(s.ctx, checkout.CheckInIn{Merchant: s.m.ID, Member: s.member, Shop: shop}); err != nil {
				t.Fatal(err)
			}
		}
		checkIn(s.shop.ID)
		first := s.sell(s.basket(0, true, s.line("soap", "1"), topUp(5000)), cash(7500))
		c.Advance(24 * time.Hour)
		checkIn(far.ID)
		s.sell(s.basket(0, true, topUp(3000)), cash(3000))
		c.Advance(24 * time.Hour)
		want(s.shop.ID, 2, 2, 2, 0, 0, 8000, 0, 2500, 2500, 2, 2) // today's check-in may still come; the shop's own streak is broken
		want(far.ID, 2, 2, 2, 1, 0, 8000, 0, 2500, 0, -1, 2)
		checkIn(s.shop.ID)
		want(s.shop.ID, 3, 3, 3, 1, 0, 8000)
		b := s.basket(0, true, s.line("soap", "1"))
		b.Member = wei
		s.fake("any", "", onTrigger, pointsFor(nil))
		s.triggered()
		s.sell(b, cash(2500))
		s.triggered()
		want(s.shop.ID, 3, 3, 3, 1, 1)
		s.back(first)
		want(s.shop.ID, 3, 3, 3, 1, 1, 3000, 0, 0, 0)
		c.Advance(48 * time.Hour)
		want(s.shop.ID, 3, 1, 0, 0, 1)
	})
}
