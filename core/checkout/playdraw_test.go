package checkout_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/promotion"
)

func (s *shop) prize(code string, stock int64) {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return campaign.SetPrize(tx, s.m.ID, &campaign.Prize{Shop: s.shop.ID, PackID: "wheel", Code: code, Stock: stock})
	})
}

func (s *shop) chances(n int64) campaign.Grant {
	s.t.Helper()
	g, err := s.desk.GiveChances(s.ctx, checkout.ChancesIn{Merchant: s.m.ID, Member: s.member, Shop: s.shop.ID, PackID: "wheel", Count: n, Reason: "test"})
	if err != nil {
		s.t.Fatal(err)
	}
	return g
}

// wheel answers the first prize that is left; "none" is a prize of nothing.
func wheel(in *promotion.Input) (promotion.Output, error) {
	if len(in.Prizes) == 0 {
		return promotion.Output{}, errors.New("asked without prizes")
	}
	p := in.Prizes[int(in.Seed%uint64(len(in.Prizes)))]
	return promotion.Output{Grants: []promotion.Grant{{Kind: promotion.GrantPoints, Count: 10, Prize: p.Code, Note: note("given")}}}, nil
}

func TestADrawTakesItsPrizeFromTheStock(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.fake("wheel", "", []promotion.Hook{promotion.HookDraw}, wheel)
		s.prize("cup", 3)
		if _, err := s.desk.GiveChances(s.ctx, checkout.ChancesIn{Merchant: s.m.ID, Member: s.member, Shop: s.shop.ID, PackID: "other", Count: 1, Reason: "test"}); !fault.ReasonIs(err, "campaign.no_draw") {
			t.Fatal(err)
		}
		chance := s.chances(20)
		var won, gone int
		var mu sync.Mutex
		var g sync.WaitGroup
		for range 12 {
			g.Go(func() {
				got, err := s.desk.Draw(s.ctx, checkout.DrawIn{Merchant: s.m.ID, Chance: chance.ID})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && got.Prize == "cup" && len(got.Grants) == 1 && got.Seed != 0:
					won++
				case fault.ReasonIs(err, "campaign.no_prizes"), fault.ReasonIs(err, "campaign.prize_gone"):
					gone++
				default:
					t.Errorf("%+v %v", got, err)
				}
			})
		}
		g.Wait()
		after, err := campaign.GetGrant(s.ctx, d, s.m.ID, chance.ID)
		if err != nil || won != 3 || gone != 9 || after.Used != 3 || s.wallet().Points != 30 {
			t.Fatalf("won %d, gone %d, used %d, points %d, %v", won, gone, after.Used, s.wallet().Points, err)
		}
		ps, err := campaign.ListPrizes(s.ctx, d, s.m.ID, s.shop.ID, "wheel")
		if err != nil || len(ps) != 1 || ps[0].Drawn != 3 || ps[0].Left() != 0 {
			t.Fatal(ps, err)
		}
		err = d.InTx(s.ctx, func(_ context.Context, tx *db.Tx) error {
			return campaign.SetPrize(tx, s.m.ID, &campaign.Prize{Shop: s.shop.ID, PackID: "wheel", Code: "cup", Stock: 2})
		})
		if !fault.ReasonIs(err, "campaign.prize_gone") {
			t.Fatalf("a stock below what was drawn: %v", err)
		}
		s.proven()
	})
}

func TestAChanceIsPlayedOnceAndCanBePlayedAgainFromItsRecord(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.fake("wheel", "", []promotion.Hook{promotion.HookDraw}, wheel)
		s.prize("cup", -1)
		s.prize("pen", -1)
		chance := s.chances(1)
		var won int
		var mu sync.Mutex
		var g sync.WaitGroup
		for range 8 {
			g.Go(func() {
				_, err := s.desk.Draw(s.ctx, checkout.DrawIn{Merchant: s.m.ID, Chance: chance.ID})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !fault.ReasonIs(err, "campaign.grant_used") {
					t.Error(err)
				}
			})
		}
		g.Wait()
		ds, _, err := campaign.ListDraws(s.ctx, d, s.m.ID, id.None, db.Page{Limit: 10})
		if err != nil || won != 1 || len(ds) != 1 {
			t.Fatal(won, len(ds), err)
		}
		again, err := wheel(&promotion.Input{Seed: ds[0].Seed, Prizes: []promotion.PrizeView{{Code: "cup", Left: -1}, {Code: "pen", Left: -1}}})
		if err != nil || again.Grants[0].Prize != ds[0].Prize || ds[0].Module == "" || len(ds[0].Input) == 0 {
			t.Fatalf("%+v %v", ds[0], err)
		}
		key := db.Idem{Key: "draw-1", Route: "draw", BodyHash: "x"}
		chance = s.chances(5)
		first, err := s.desk.Draw(s.ctx, checkout.DrawIn{Merchant: s.m.ID, Chance: chance.ID, Idem: key})
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.desk.Draw(s.ctx, checkout.DrawIn{Merchant: s.m.ID, Chance: chance.ID, Idem: key})
		if err != nil || second.ID != first.ID || second.Seed != first.Seed || len(second.Grants) != 1 {
			t.Fatalf("%+v %v", second, err)
		}
	})
}

func TestAFailingDrawKeepsTheChance(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.fake("wheel", "", []promotion.Hook{promotion.HookDraw}, broken)
		chance := s.chances(1)
		play := func(want string) {
			t.Helper()
			if _, err := s.desk.Draw(s.ctx, checkout.DrawIn{Merchant: s.m.ID, Chance: chance.ID}); !fault.ReasonIs(err, want) {
				t.Fatal(err)
			}
			if g, err := campaign.GetGrant(s.ctx, d, s.m.ID, chance.ID); err != nil || g.Used != 0 {
				t.Fatal(g, err)
			}
		}
		play("campaign.no_prizes")
		s.prize("cup", 1)
		play("checkout.draw_failed")
	})
}
