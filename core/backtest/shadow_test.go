package backtest_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// published waits until every event so far has its number.
func (s *shop) published(x *event.Dispatcher) {
	s.t.Helper()
	n, err := db.Value[int64](s.ctx, s.db, `select count(*) from events where merchant_id = $1`, s.m.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := x.Wait(s.ctx, s.m.ID, n-1); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) dispatcher() *event.Dispatcher {
	s.t.Helper()
	x := event.New(s.db, event.Options{})
	x.Start()
	s.t.Cleanup(func() { _ = x.Stop(context.Background()) })
	return x
}

func (s *shop) shadow(packID, config string) (v backtest.Shadow) {
	s.t.Helper()
	set := s.variant(packID, config)
	v = backtest.Shadow{Shop: s.shop.ID, Pack: packID, Version: set.Version, Config: set.Config}
	if err := s.service.CheckShadow(s.ctx, s.m.ID, &v); err != nil {
		s.t.Fatal(err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		v, err = backtest.StartShadow(ctx, tx, s.m.ID, v)
		return err
	})
	return v
}

func (s *shop) looked(v id.ID) backtest.Shadow {
	s.t.Helper()
	got, err := backtest.GetShadow(s.ctx, s.db, s.m.ID, v)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// TestAShadowFindsWhatARunFinds: after the fact or along the way, the same sales
// come to the same figures, each sale once, whoever looks and how often.
func TestAShadowFindsWhatARunFinds(t *testing.T) {
	backtest.SmallPages(t, 5)
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		x := s.dispatcher()
		r := rand.New(rand.NewPCG(9, 9))
		s.sell(s.basket(r)) // before the shadow: not its business, also where it is told of later
		s.clock.Advance(time.Second)
		v := s.shadow("salon", "")
		s.published(x)
		if err := s.service.ShadowRound(s.ctx, s.m.ID); err != nil {
			t.Fatal(err)
		}
		if got := s.looked(v.ID); got.Figures.Sales != 0 {
			t.Fatalf("it looks at what was before it: %+v", got.Figures)
		}
		s.days(30)
		for range 3 {
			for range 6 {
				s.sell(s.basket(r))
			}
			s.published(x)
			var racing sync.WaitGroup
			for range 3 {
				racing.Go(func() {
					if err := s.service.ShadowRound(s.ctx, s.m.ID); err != nil {
						t.Error(err)
					}
				})
			}
			racing.Wait()
		}
		if err := s.service.ShadowRound(s.ctx, s.m.ID); err != nil {
			t.Fatal(err)
		}
		got := s.looked(v.ID)
		spec := s.spec("salon", "")
		spec.A = backtest.Variant{Mode: backtest.AsWas}
		want := s.tried(spec)
		if got.Figures.Sales != 18 || want.Sales != 19 || got.Figures.Unavailable != 0 || got.LookedAt == 0 {
			t.Fatalf("%+v, run %+v", got.Figures, want)
		}
		items, _, err := backtest.ListShadowDifferences(s.ctx, d, s.m.ID, v.ID, db.Page{Limit: 100})
		if err != nil || int64(len(items)) != got.Figures.Changed || got.Figures.Changed == 0 {
			t.Fatalf("%d differences of %d: %v", len(items), got.Figures.Changed, err)
		}
		byRun := map[id.ID]backtest.Difference{}
		for _, v := range want.Largest {
			byRun[v.Sale] = v
		}
		var sum money.Amount
		for _, v := range items {
			if v.Difference != byRun[v.Sale] {
				t.Errorf("the shadow saw %+v, the run %+v", v.Difference, byRun[v.Sale])
			}
			sum += v.NetB - v.NetA
		}
		if sum != got.Figures.B.Net-got.Figures.A.Net {
			t.Errorf("differences %d, figures %d", sum, got.Figures.B.Net-got.Figures.A.Net)
		}
	})
}

func TestAShadowIsBoundedAndEnds(t *testing.T) {
	backtest.FewShadowDifferences(t, 4)
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		x := s.dispatcher()
		v := s.shadow("salon", "")
		err := d.InTx(s.ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := backtest.StartShadow(ctx, tx, s.m.ID, backtest.Shadow{Shop: s.shop.ID, Pack: "salon", Version: v.Version, Config: v.Config})
			return err
		})
		if reason(err) != "backtest.shadow_on" {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(9, 9))
		round := func(n int) {
			t.Helper()
			for range n {
				s.sell(s.basket(r))
			}
			s.published(x)
			if err := s.service.ShadowRound(s.ctx, s.m.ID); err != nil {
				t.Fatal(err)
			}
		}
		round(20)
		round(10)
		items, _, err := backtest.ListShadowDifferences(s.ctx, d, s.m.ID, v.ID, db.Page{})
		if err != nil || len(items) != 4 || s.looked(v.ID).Figures.Changed < 6 {
			t.Fatalf("%d kept of %d: %v", len(items), s.looked(v.ID).Figures.Changed, err)
		}
		stop := func() error {
			return d.InTx(s.ctx, func(ctx context.Context, tx *db.Tx) error { return backtest.StopShadow(ctx, tx, s.m.ID, v.ID, "") })
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if err := stop(); reason(err) != "backtest.shadow_ended" {
			t.Error(err)
		}
		before := s.looked(v.ID)
		round(3)
		if got := s.looked(v.ID); got.Figures.Sales != before.Figures.Sales || got.On {
			t.Errorf("it went on: %+v", got)
		}
		again := s.shadow("salon", "")
		gone := *s.service
		gone.Packs = func(context.Context, id.ID) backtest.Bundles { return nothing{} }
		if err := gone.ShadowRound(s.ctx, s.m.ID); err != nil {
			t.Fatal(err)
		}
		if got := s.looked(again.ID); got.On || got.Reason != "pack.not_installed" {
			t.Errorf("its version is gone: %+v", got)
		}
		list, _, err := backtest.ListShadows(s.ctx, d, s.m.ID, s.shop.ID, "salon", db.Page{})
		if err != nil || len(list) != 2 || list[0].ID != again.ID {
			t.Errorf("%+v %v", list, err)
		}
	})
}
