package job_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/tenant"
)

func TestPeriodicKindsRunOncePerIntervalAndMerchant(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		var ms [2]id.ID
		for i := range ms {
			err := d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
				m, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: fmt.Sprint("m-", i), Name: "M", Currency: "CNY"})
				ms[i] = m.ID
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		k := job.Kind{Name: "nightly.close", Every: time.Hour, Run: func(context.Context, job.Job) error { return nil }}
		first, second := runner(t, d, job.Options{}, k), runner(t, d, job.Options{}, k)
		done := func(n int) func() bool {
			return func() bool { return len(jobs(t, d, ms[0], job.Done)) == n && len(jobs(t, d, ms[1], job.Done)) == n }
		}
		eventually(t, "the first interval", done(1))
		c.Advance(50 * time.Minute)
		time.Sleep(50 * time.Millisecond)
		if !done(1)() {
			t.Fatal("twice in one interval")
		}
		c.Advance(5 * time.Hour) // the intervals in between are not made up for
		eventually(t, "a later interval", done(2))
		stop(t, first)
		stop(t, second)
		runner(t, d, job.Options{}, k) // a restart within the interval
		time.Sleep(50 * time.Millisecond)
		if !done(2)() || len(jobs(t, d, ms[0], "")) != 2 {
			t.Fatal("the restart ran it again")
		}
	})
}

func TestStopWaitsOrPutsBack(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		m := id.New(1)
		begun := make(chan struct{}, 2)
		r := job.New(d, job.Options{Log: quiet})
		r.Register(job.Kind{Name: "a.short", Run: func(context.Context, job.Job) error {
			begun <- struct{}{}
			time.Sleep(30 * time.Millisecond)
			return nil
		}})
		r.Register(job.Kind{Name: "a.long", Run: func(ctx context.Context, _ job.Job) error {
			begun <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}})
		r.Start()
		insert(t, d, job.Args{Merchant: m, Kind: "a.short"}, job.Args{Merchant: m, Kind: "a.long"})
		<-begun
		<-begun
		short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		if err := r.Stop(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		done, back := jobs(t, d, m, job.Done), jobs(t, d, m, job.Queued)
		if len(done) != 1 || len(back) != 1 || back[0].Attempts != 0 || back[0].Kind != "a.long" {
			t.Fatalf("%+v %+v", done, back)
		}
	})
}

func TestListPagesAndPurge(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := id.New(1)
		for range 5 {
			insert(t, d, job.Args{Merchant: m, Kind: "a.b"})
		}
		var got []job.Job
		var p = db.Page{Limit: 2}
		for {
			js, next, err := job.List(ctx, d, m, job.Queued, p)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, js...)
			if next == "" {
				break
			}
			if p.After, err = db.ParseCursor(next); err != nil {
				t.Fatal(err)
			}
		}
		if len(got) != 5 {
			t.Fatalf("%d jobs", len(got))
		}
		for i := 1; i < 5; i++ {
			if !got[i].ID.Less(got[i-1].ID) {
				t.Fatal("not newest first")
			}
		}
		runner(t, d, job.Options{}, job.Kind{Name: "a.b", Run: func(context.Context, job.Job) error { return nil }})
		eventually(t, "done", func() bool { return len(jobs(t, d, m, job.Done)) == 5 })
		insert(t, d, job.Args{Merchant: m, Kind: "a.c"})
		c.Advance(job.Keep + time.Second)
		err := d.InTx(ctx, func(_ context.Context, tx *db.Tx) error { job.Purge(tx, m, tx.Now.Add(-job.Keep)); return nil })
		if js := jobs(t, d, m, ""); err != nil || len(js) != 1 || js[0].Kind != "a.c" {
			t.Fatalf("%+v %v", js, err)
		}
	})
}
