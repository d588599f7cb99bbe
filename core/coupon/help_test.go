package coupon_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
)

var (
	start = time.Date(2026, 5, 15, 4, 0, 0, 0, time.UTC) // a Friday, noon in Shanghai
	m     = fake(1)
	ann   = fake(10)
	ben   = fake(11)
	shop  = fake(20)
)

// fake is an id in the order of n, apart from those that the clock gives.
func fake(n int) id.ID { return id.ID{13: 0xfa, 14: byte(n >> 8), 15: byte(n)} }

// env is a database with its clock.
type env struct {
	*testing.T
	d *db.DB
	c *clock.Manual
}

func each(t *testing.T, f func(e env)) {
	t.Helper()
	c := clock.NewManual(start)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(start)
		f(env{t, d, c})
	}, dbtest.WithClock(c))
}

func (e env) try(f func(ctx context.Context, tx *db.Tx) error) error {
	return e.d.InTx(context.Background(), f)
}

func (e env) must(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}

func (e env) want(err, fault error) {
	e.Helper()
	if !errors.Is(err, fault) {
		e.Fatalf("got %v, want %v", err, fault)
	}
}

// cash is a design of a cash coupon, changed by f.
func (e env) cash(f func(d *coupon.Definition)) coupon.Definition {
	e.Helper()
	d := coupon.Definition{Name: "ten off", Kind: coupon.KindCash, Amount: 1000}
	if f != nil {
		f(&d)
	}
	e.must(e.try(func(_ context.Context, tx *db.Tx) error { return coupon.Define(tx, m, &d) }))
	return d
}

func (e env) issue(d coupon.Definition, to id.ID) coupon.Coupon {
	e.Helper()
	var c coupon.Coupon
	e.must(e.try(func(_ context.Context, tx *db.Tx) error { c = coupon.Issue(tx, m, &d, to, "", 0); return nil }))
	return c
}

func (e env) get(c id.ID) coupon.Coupon {
	e.Helper()
	got, err := coupon.Get(context.Background(), e.d, m, c)
	e.must(err)
	return got
}

// use is what a checkout does with a coupon in its one transaction.
func (e env) use(c, member, sale id.ID) error {
	return e.try(func(ctx context.Context, tx *db.Tx) error {
		var rows []coupon.Coupon
		if err := tx.Batch(ctx, coupon.AskLockedFor(m, []id.ID{c}, member, &rows)); err != nil {
			return err
		}
		u := e.at(member, sale)
		if err := rows[0].UsableIn(u); err != nil {
			return err
		}
		coupon.QueueUse(tx, m, &rows[0], u)
		return nil
	})
}

// hold is what a checkout does before it asks an acquirer.
func (e env) hold(c, member, sale id.ID) error {
	return e.try(func(ctx context.Context, tx *db.Tx) error {
		var rows []coupon.Coupon
		if err := tx.Batch(ctx, coupon.AskLockedFor(m, []id.ID{c}, member, &rows)); err != nil {
			return err
		}
		u := e.at(member, sale)
		if err := rows[0].UsableIn(u); err != nil {
			return err
		}
		coupon.QueueHold(tx, m, &rows[0], u)
		return nil
	})
}

func (e env) unlock(c, sale id.ID) {
	e.Helper()
	e.must(e.try(func(_ context.Context, tx *db.Tx) error {
		coupon.QueueUnlock(tx, m, sale, []id.ID{c})
		return nil
	}))
}

func (e env) restore(sale id.ID) {
	e.Helper()
	e.must(e.try(func(ctx context.Context, tx *db.Tx) error {
		var rows []coupon.Coupon
		if err := tx.Batch(ctx, coupon.AskUsedBy(m, sale, &rows)); err != nil {
			return err
		}
		for i := range rows {
			coupon.QueueRestore(tx, m, &rows[i], sale)
		}
		return nil
	}))
}

func (e env) at(member, sale id.ID) coupon.Use {
	return coupon.UseAt(shanghai(e), member, shop, sale, e.d.Now())
}

func shanghai(t testing.TB) clock.Zone {
	t.Helper()
	z, err := clock.LoadZone("Asia/Shanghai", 240)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// race runs f n times at once and counts those that went through; every other
// one must have failed with the fault.
func (e env) race(n int, fault error, f func(i int) error) int64 {
	e.Helper()
	var won atomic.Int64
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-gate
			switch err := f(i); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, fault):
				e.Errorf("%d: %v, want %v", i, err, fault)
			}
		})
	}
	close(gate)
	wg.Wait()
	return won.Load()
}
