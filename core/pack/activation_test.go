package pack_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
)

// fakeID is an id in the order of n.
func fakeID(n byte) id.ID { return id.ID{14: 0xfa, 15: n} }

func eachBook(t *testing.T, f func(t *testing.T, d *db.DB, c *clock.Manual)) {
	c := clock.NewManual(time.Time{})
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(time.Date(2026, 5, 10, 9, 0, 0, 0, time.UTC))
		f(t, d, c)
	}, dbtest.WithClock(c))
}

func mustTx(t *testing.T, d *db.DB, f func(context.Context, *db.Tx) error) {
	t.Helper()
	if err := d.InTx(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func set(t *testing.T, d *db.DB, c pack.Change) {
	t.Helper()
	mustTx(t, d, func(ctx context.Context, tx *db.Tx) error { return pack.Set(ctx, tx, c) })
}

func active(t *testing.T, d *db.DB, m, shop id.ID) (out []string) {
	t.Helper()
	var as []pack.Activation
	if err := d.Batch(context.Background(), pack.AskActive(m, shop, &as)); err != nil {
		t.Fatal(err)
	}
	for _, a := range as {
		out = append(out, fmt.Sprintf("%s@%s/%d%s", a.PackID, a.Version, a.Priority, a.Config))
	}
	return out
}

func TestPacksAreSetForShopsWithTheirHistory(t *testing.T) {
	eachBook(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		ctx := context.Background()
		m, a, b, boss := fakeID(1), fakeID(2), fakeID(3), fakeID(4)
		set(t, d, pack.Change{Merchant: m, Shops: []id.ID{a, b}, PackID: "salon", Enabled: true, Version: "1.0.0", Config: []byte(`{"rate":10}`), Priority: 5, Actor: boss, Reason: "opening"})
		set(t, d, pack.Change{Merchant: m, Shops: []id.ID{a}, PackID: "retail", Enabled: true, Version: "2.1.0", Priority: 9})
		set(t, d, pack.Change{Merchant: fakeID(9), Shops: []id.ID{a}, PackID: "catering", Enabled: true, Version: "1.0.0"})
		if got := fmt.Sprint(active(t, d, m, a), active(t, d, m, b)); got != `[retail@2.1.0/9{} salon@1.0.0/5{"rate":10}] [salon@1.0.0/5{"rate":10}]` {
			t.Fatal(got)
		}
		c.Advance(time.Minute)
		set(t, d, pack.Change{Merchant: m, Shops: []id.ID{a}, PackID: "salon", Enabled: true, Version: "1.1.0", Config: []byte(`{"rate":20}`), Priority: 10, Actor: boss, Reason: "May"})
		set(t, d, pack.Change{Merchant: m, Shops: []id.ID{b}, PackID: "salon", Enabled: false, Version: "1.0.0", Config: []byte(`{"rate":10}`), Priority: 5})
		if got := fmt.Sprint(active(t, d, m, a), active(t, d, m, b)); got != `[salon@1.1.0/10{"rate":20} retail@2.1.0/9{}] []` {
			t.Fatal(got)
		}
		sum := sha256.Sum256([]byte(`{"rate":20}`))
		one, err := pack.GetActivation(ctx, d, m, a, "salon")
		if err != nil || one.ConfigHash != hex.EncodeToString(sum[:]) || one.UpdatedAt != c.Now() || one.Merchant != m || one.Shop != a || one.Failures != 0 || one.Notice != "" {
			t.Fatalf("%+v %v", one, err)
		}
		if _, err = pack.GetActivation(ctx, d, m, b, "retail"); !errors.Is(err, pack.ErrNotActivated) {
			t.Fatal(err)
		}
		inA, err := pack.ListFor(ctx, d, m, a)
		all, err2 := pack.ListFor(ctx, d, m, id.None)
		if err != nil || err2 != nil || len(inA) != 2 || len(all) != 3 || all[2].Shop != b || all[2].Enabled {
			t.Fatalf("%+v %+v %v %v", inA, all, err, err2)
		}
		hist, next, err := pack.History(ctx, d, m, a, "salon", db.Page{})
		if err != nil || next != "" || len(hist) != 2 {
			t.Fatalf("%+v %v", hist, err)
		}
		if h := hist[0]; h.Version != "1.1.0" || string(h.Config) != `{"rate":20}` || h.Priority != 10 || h.Actor != boss || h.Reason != "May" || h.At != c.Now() || !h.Enabled || h.Shop != a {
			t.Fatalf("%+v", h)
		}
		first, next, err := pack.History(ctx, d, m, id.None, "salon", db.Page{Limit: 3})
		if err != nil || len(first) != 3 || first[0].Enabled {
			t.Fatalf("%+v %v", first, err)
		}
		after, err := db.ParseCursor(next)
		if err != nil {
			t.Fatal(err)
		}
		rest, next, err := pack.History(ctx, d, m, id.None, "salon", db.Page{Limit: 3, After: after})
		if err != nil || len(rest) != 1 || next != "" || rest[0].Reason != "opening" || rest[0].Version != "1.0.0" {
			t.Fatalf("%+v %v", rest, err)
		}
		for _, x := range []struct {
			c    pack.Change
			want error
		}{
			{pack.Change{Merchant: m, PackID: "p", Version: "1"}, pack.ErrNoShop},
			{pack.Change{Merchant: m, Shops: []id.ID{a, id.None}, PackID: "p", Version: "1"}, pack.ErrNoShop},
			{pack.Change{Merchant: m, Shops: []id.ID{a}, Version: "1"}, pack.ErrNoPack},
			{pack.Change{Merchant: m, Shops: []id.ID{a}, PackID: "p", Version: "1", Config: []byte(`[]`)}, pack.ErrConfigText},
			{pack.Change{Merchant: m, Shops: []id.ID{a}, PackID: "p", Version: "1", Config: []byte(`null`)}, pack.ErrConfigText},
		} {
			if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return pack.Set(ctx, tx, x.c) }); !errors.Is(err, x.want) {
				t.Errorf("want %v, got %v", x.want, err)
			}
		}
		if all, err = pack.ListFor(ctx, d, m, id.None); err != nil || len(all) != 3 {
			t.Fatal("a refused change has left something", len(all), err)
		}
	})
}

func TestAPackThatKeepsFailingIsSwitchedOff(t *testing.T) {
	eachBook(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		ctx := context.Background()
		m, shop, other := fakeID(1), fakeID(2), fakeID(3)
		on := pack.Change{Merchant: m, Shops: []id.ID{shop, other}, PackID: "salon", Enabled: true, Version: "1.0.0"}
		set(t, d, on)
		fail := func() (off bool) {
			t.Helper()
			mustTx(t, d, func(ctx context.Context, tx *db.Tx) error {
				var err error
				off, err = pack.RecordFailure(ctx, tx, m, shop, "salon", "rules.out_of_fuel")
				return err
			})
			return off
		}
		times := func(n int) {
			t.Helper()
			for i := range n {
				if fail() {
					t.Fatal("switched off at failure", i+1)
				}
			}
		}
		times(pack.MaxFailures - 1)
		mustTx(t, d, func(_ context.Context, tx *db.Tx) error {
			pack.ClearFailures(tx, m, shop)
			pack.ClearFailures(tx, m, shop, "retail", "salon")
			return nil
		})
		times(pack.MaxFailures - 1)
		if !fail() {
			t.Fatal("still on")
		}
		a, err := pack.GetActivation(ctx, d, m, shop, "salon")
		if err != nil || a.Enabled || a.Failures != pack.MaxFailures || a.Notice != "rules.out_of_fuel" {
			t.Fatalf("%+v %v", a, err)
		}
		if fail() || len(active(t, d, m, shop)) != 0 || len(active(t, d, m, other)) != 1 {
			t.Fatal("off twice, or in another shop too")
		}
		hist, _, err := pack.History(ctx, d, m, shop, "salon", db.Page{})
		if err != nil || len(hist) != 2 || hist[0].Enabled || hist[0].Reason != "rules.out_of_fuel" || !hist[0].Actor.IsNone() {
			t.Fatalf("%+v %v", hist, err)
		}
		set(t, d, on)
		if a, err = pack.GetActivation(ctx, d, m, shop, "salon"); err != nil || !a.Enabled || a.Failures != 0 || a.Notice != "" {
			t.Fatalf("%+v %v", a, err)
		}
	})
}
