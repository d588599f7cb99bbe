package loyalty_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/tenant"
)

var ctx = context.Background()

type house struct {
	t *testing.T
	d *db.DB
	c *clock.Manual
	m id.ID
	v *member.Vault
}

var start = time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC) // 11:00 in Shanghai

func each(t *testing.T, f func(h *house)) {
	c := clock.NewManual(start)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(start)
		h := &house{t: t, d: d, c: c}
		var err error
		if h.v, err = member.NewVault(make([]byte, 32)); err != nil {
			t.Fatal(err)
		}
		h.must(func(_ context.Context, tx *db.Tx) error {
			m, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "m" + tx.NewID().String()[24:], Name: "Test", Currency: "CNY"})
			h.m = m.ID
			return err
		})
		f(h)
	}, dbtest.WithClock(c))
}

func (h *house) must(f func(context.Context, *db.Tx) error) {
	h.t.Helper()
	if err := h.d.InTx(ctx, f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) member(name string) (out id.ID) {
	h.t.Helper()
	h.must(func(ctx context.Context, tx *db.Tx) error {
		mb, err := member.Create(ctx, tx, h.v, member.In{Merchant: h.m, Name: name})
		out = mb.ID
		return err
	})
	return out
}

func (h *house) gift(g loyalty.Gift) *loyalty.Gift {
	h.t.Helper()
	h.must(func(_ context.Context, tx *db.Tx) error { return loyalty.CreateGift(tx, h.m, &g) })
	return &g
}

func (h *house) read(g id.ID) loyalty.Gift {
	h.t.Helper()
	v, err := loyalty.GetGift(ctx, h.d, h.m, g)
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

func (h *house) take(g *loyalty.Gift, who id.ID, n int64) (sale, line id.ID, err error) {
	sale, line = id.New(int64(clock.Of(start))), id.New(int64(clock.Of(start)))
	return sale, line, h.d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		loyalty.QueueGiftTaken(tx, h.m, loyalty.Taking{Gift: g, Member: who, Sale: sale, Line: line, Quantity: n})
		return nil
	})
}

func (h *house) back(sale, line id.ID, n int64) error {
	return h.d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		loyalty.QueueGiftBack(tx, h.m, sale, line, n)
		return nil
	})
}

func TestGifts(t *testing.T) {
	each(t, func(h *house) {
		sku := id.New(int64(clock.Of(start)))
		mug := h.gift(loyalty.Gift{Name: " Mug ", Points: 500, Money: 990, Counted: true, OnHand: 3, PerMember: 2})
		tea := h.gift(loyalty.Gift{Name: "Tea", Points: 100, SKU: sku, ValidFrom: clock.Of(start), ValidUntil: clock.Of(start.AddDate(0, 1, 0))})
		got := h.read(mug.ID)
		if got.Name != "Mug" || got.Points != 500 || got.Money != 990 || !got.Counted || got.OnHand != 3 || got.PerMember != 2 || got.Archived || got.Version != 1 || !got.SKU.IsNone() {
			h.t.Fatalf("%+v", got)
		}
		if got := h.read(tea.ID); got.Counted || got.SKU != sku || got.ValidFrom != clock.Of(start) || got.ValidUntil != clock.Of(start.AddDate(0, 1, 0)) {
			h.t.Fatalf("%+v", got)
		}
		other := id.New(int64(clock.Of(start)))
		if _, err := loyalty.GetGift(ctx, h.d, other, mug.ID); !errors.Is(err, loyalty.ErrGiftNotFound) {
			h.t.Fatal("another merchant's gift", err)
		}
		update := func(g loyalty.Gift) error {
			return h.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return loyalty.UpdateGift(ctx, tx, h.m, &g) })
		}
		got.Points, got.Archived = 400, true
		if err := update(got); err != nil {
			h.t.Fatal(err)
		}
		if err := update(got); !errors.Is(err, loyalty.ErrGiftVersion) {
			h.t.Fatal("the second of two changes", err)
		}
		if again := h.read(mug.ID); again.Points != 400 || !again.Archived || again.Version != 2 {
			h.t.Fatalf("%+v", again)
		}
		if err := update(loyalty.Gift{ID: other, Name: "x", Points: 1}); !errors.Is(err, loyalty.ErrGiftNotFound) {
			h.t.Fatal(err)
		}
		for param, g := range map[string]loyalty.Gift{
			"name": {Points: 1}, "points": {Name: "x"}, "money": {Name: "x", Points: 1, Money: -1}, "on_hand": {Name: "x", Points: 1, OnHand: 1},
			"per_member": {Name: "x", Points: 1, PerMember: -1}, "valid_until": {Name: "x", Points: 1, ValidFrom: 2, ValidUntil: 2},
		} {
			err := h.d.InTx(ctx, func(_ context.Context, tx *db.Tx) error { return loyalty.CreateGift(tx, h.m, &g) })
			if !errors.Is(err, loyalty.ErrGift) {
				h.t.Error(param, err)
			}
		}
		some, err := loyalty.ListGifts(ctx, h.d, h.m, false)
		all, err2 := loyalty.ListGifts(ctx, h.d, h.m, true)
		if err != nil || err2 != nil || len(some) != 1 || some[0].ID != tea.ID || len(all) != 2 || all[1].ID != mug.ID {
			h.t.Fatal(some, all, err, err2)
		}
		var asked []loyalty.Gift
		if err := h.d.Batch(ctx, loyalty.AskGifts(h.m, []id.ID{mug.ID, other}, &asked)); err != nil || len(asked) != 1 || asked[0].ID != mug.ID {
			h.t.Fatal(asked, err)
		}
	})
}

func TestGiftCheck(t *testing.T) {
	now := clock.Of(start)
	for _, c := range []struct {
		name    string
		g       loyalty.Gift
		have, n int64
		want    error
	}{
		{"any", loyalty.Gift{}, 100, 1, nil},
		{"the last", loyalty.Gift{Counted: true, OnHand: 1}, 0, 1, nil},
		{"one more than there is", loyalty.Gift{Counted: true, OnHand: 1}, 0, 2, loyalty.ErrGiftGone},
		{"up to the limit", loyalty.Gift{PerMember: 3}, 2, 1, nil},
		{"beyond it", loyalty.Gift{PerMember: 3}, 2, 2, loyalty.ErrGiftLimit},
		{"from this moment", loyalty.Gift{ValidFrom: now}, 0, 1, nil},
		{"not yet", loyalty.Gift{ValidFrom: now + 1}, 0, 1, loyalty.ErrGiftNotYet},
		{"a moment left", loyalty.Gift{ValidUntil: now + 1}, 0, 1, nil},
		{"over", loyalty.Gift{ValidUntil: now}, 0, 1, loyalty.ErrGiftOver},
		{"archived", loyalty.Gift{Archived: true}, 0, 1, loyalty.ErrGiftOver},
		{"none", loyalty.Gift{}, 0, 0, loyalty.ErrGiftCount},
	} {
		if err := c.g.Check(now, c.have, c.n); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestGiftsTakenAndBack(t *testing.T) {
	each(t, func(h *house) {
		ann, ben := h.member("Ann"), h.member("Ben")
		mug := h.gift(loyalty.Gift{Name: "Mug", Points: 500, Counted: true, OnHand: 5, PerMember: 3})
		sale, line, err := h.take(mug, ann, 3)
		if err != nil {
			h.t.Fatal(err)
		}
		if _, _, err := h.take(mug, ann, 1); !errors.Is(err, loyalty.ErrGiftLimit) {
			h.t.Fatal("over the limit", err)
		}
		if _, _, err := h.take(mug, ben, 3); !errors.Is(err, loyalty.ErrGiftGone) {
			h.t.Fatal("more than there are", err)
		}
		counts := map[id.ID]int64{}
		if err := h.d.Batch(ctx, loyalty.AskGiftCounts(h.m, ann, []id.ID{mug.ID}, &counts)); err != nil || counts[mug.ID] != 3 {
			h.t.Fatal(counts, err)
		}
		if err := h.back(sale, line, 1); err != nil {
			h.t.Fatal(err)
		}
		if g := h.read(mug.ID); g.OnHand != 3 || g.Taken != 2 {
			h.t.Fatalf("%+v", g)
		}
		if _, _, err := h.take(mug, ann, 1); err != nil {
			h.t.Fatal("what came back can be taken again", err)
		}
		if err := h.back(sale, line, 3); !errors.Is(err, loyalty.ErrGiftBack) {
			h.t.Fatal("more back than taken", err)
		}
		if err := h.back(sale, line, 2); err != nil {
			h.t.Fatal(err)
		}
		if err := h.back(id.New(int64(clock.Of(start))), line, 1); err != nil {
			h.t.Fatal("a line without gifts", err)
		}
		if g := h.read(mug.ID); g.OnHand != 4 || g.Taken != 1 {
			h.t.Fatalf("%+v", g)
		}
		list, next, err := loyalty.ListRedemptions(ctx, h.d, h.m, mug.ID, db.Page{Limit: 1})
		if err != nil || len(list) != 1 || next == "" || list[0].Quantity != 1 || list[0].Points != 500 {
			h.t.Fatalf("%+v %q %v", list, next, err)
		}
		after, _ := db.ParseCursor(next)
		for _, of := range []id.ID{mug.ID, id.None} {
			list, next, err = loyalty.ListRedemptions(ctx, h.d, h.m, of, db.Page{Limit: 1, After: after})
			if err != nil || len(list) != 1 || next != "" || list[0].Quantity != 3 || list[0].Back != 3 || list[0].Member != ann || list[0].Sale != sale {
				h.t.Fatalf("%+v %q %v", list, next, err)
			}
		}
		// A gift whose SKU's stock counts has no count here to fall below.
		tea := h.gift(loyalty.Gift{Name: "Tea", Points: 100, SKU: id.New(int64(clock.Of(start)))})
		if _, _, err := h.take(tea, ben, 50); err != nil {
			h.t.Fatal(err)
		}
		if g := h.read(tea.ID); g.Counted || g.Taken != 50 {
			h.t.Fatalf("%+v", g)
		}
	})
}

// TestTheLastGift: of 64 redemptions at once one gets it.
func TestTheLastGift(t *testing.T) {
	each(t, func(h *house) {
		mug := h.gift(loyalty.Gift{Name: "Mug", Points: 500, Counted: true, OnHand: 1})
		who := h.member("Ann")
		got, gone := h.race(mug, func(int) id.ID { return who })
		if got != 1 || gone != 63 {
			h.t.Fatalf("%d got it, %d did not", got, gone)
		}
		if g := h.read(mug.ID); g.OnHand != 0 || g.Taken != 1 {
			h.t.Fatalf("%+v", g)
		}
		one := h.gift(loyalty.Gift{Name: "One each", Points: 500, PerMember: 1})
		if got, gone := h.race(one, func(int) id.ID { return who }); got != 1 || gone != 63 {
			h.t.Fatalf("%d beyond the limit of one, %d not", got, gone)
		}
	})
}

func (h *house) race(g *loyalty.Gift, who func(int) id.ID) (got, gone int) {
	h.t.Helper()
	var wg sync.WaitGroup
	errs := make(chan error, 64)
	for i := range 64 {
		wg.Go(func() {
			_, _, err := h.take(g, who(i), 1)
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		switch {
		case err == nil:
			got++
		case errors.Is(err, loyalty.ErrGiftGone), errors.Is(err, loyalty.ErrGiftLimit):
			gone++
		default:
			h.t.Fatal(err)
		}
	}
	return got, gone
}

func TestStates(t *testing.T) {
	each(t, func(h *house) {
		z := zone(h.t)
		p := policy("next_receipt", "by_balance", "membership_year", 0)
		ann := h.member("Ann")
		enter := func(limit int) (n int) {
			h.t.Helper()
			h.must(func(ctx context.Context, tx *db.Tx) (err error) {
				n, err = loyalty.Enter(ctx, tx, h.m, p, z.BusinessDate(tx.Now), z, limit)
				return err
			})
			return n
		}
		if n := enter(10); n != 0 {
			h.t.Fatal("a member of this minute may have an older one still to be committed", n)
		}
		h.c.Set(start.Add(90 * time.Minute))
		ben := h.member("Ben")
		if n := enter(10); n != 1 {
			h.t.Fatal(n)
		}
		if n := enter(10); n != 0 {
			h.t.Fatal("twice", n)
		}
		var s loyalty.State
		read := func(who id.ID) loyalty.State {
			h.t.Helper()
			if err := h.d.Batch(ctx, loyalty.AskState(h.m, who, &s)); err != nil {
				h.t.Fatal(err)
			}
			return s
		}
		if s := read(ann); s.ReviewOn != "2027-05-20" {
			h.t.Fatalf("%+v", s)
		}
		if s := read(ben); s != (loyalty.State{}) {
			h.t.Fatalf("%+v", s)
		}
		want := loyalty.State{Proposed: "silver", BelowSince: "2026-05-20", GraceUntil: "2026-05-22", HeldUntil: "2026-12-31", ReviewOn: "2026-05-21"}
		h.must(func(_ context.Context, tx *db.Tx) error { loyalty.QueueState(tx, h.m, ben, want); return nil })
		if s := read(ben); s != want {
			h.t.Fatalf("%+v", s)
		}
		h.c.Set(start.Add(48 * time.Hour))
		if n := enter(10); n != 1 || read(ben) != want {
			h.t.Fatal("entering writes over what is known", n, s)
		}
		for today, n := range map[clock.Date]int{"2026-05-20": 0, "2026-05-21": 1, "2027-05-20": 2} {
			due, err := loyalty.ListDue(ctx, h.d, h.m, today, 10)
			if err != nil || len(due) != n || n > 0 && due[0] != ben {
				h.t.Fatal(today, due, err)
			}
		}
		for range 3 {
			h.member("More")
		}
		h.c.Set(start.Add(72 * time.Hour))
		if a, b, c := enter(2), enter(2), enter(2); a != 2 || b != 1 || c != 0 {
			h.t.Fatal(a, b, c)
		}
	})
}
