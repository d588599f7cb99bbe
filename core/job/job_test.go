package job_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
)

var (
	ctx   = context.Background()
	quiet = slog.New(slog.NewTextHandler(io.Discard, nil))
	start = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
)

// each runs f on both databases, with a clock that stands until f moves it.
func each(t *testing.T, f func(t *testing.T, d *db.DB, c *clock.Manual)) {
	t.Helper()
	c := clock.NewManual(start)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(start)
		f(t, d, c)
	}, dbtest.WithClock(c))
}

func insert(t *testing.T, d *db.DB, all ...job.Args) {
	t.Helper()
	err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, a := range all {
			job.Insert(tx, a)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func runner(t *testing.T, d *db.DB, o job.Options, kinds ...job.Kind) *job.Runner {
	t.Helper()
	if o.Poll == 0 {
		o.Poll = 10 * time.Millisecond
	}
	o.Log = quiet
	r := job.New(d, o)
	for _, k := range kinds {
		r.Register(k)
	}
	r.Start()
	t.Cleanup(func() { stop(t, r) })
	return r
}

func stop(t *testing.T, r *job.Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := r.Stop(ctx); err != nil {
		t.Error("Stop:", err)
	}
}

func jobs(t *testing.T, d *db.DB, m id.ID, s job.State) []job.Job {
	t.Helper()
	js, _, err := job.List(ctx, d, m, s, db.Page{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: ", what)
		}
	}
}

func TestAJobRunsAfterTheCommitAndOnlyThen(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := id.New(1)
		got := make(chan job.Job, 10)
		runner(t, d, job.Options{Poll: time.Hour}, job.Kind{Name: "a.b", Run: func(_ context.Context, j job.Job) error { got <- j; return nil }})
		broken := errors.New("no")
		err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			job.Insert(tx, job.Args{Merchant: m, Kind: "a.b", Data: "rolled back"})
			return errors.Join(tx.Flush(ctx), broken)
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		insert(t, d, job.Args{Merchant: m, Kind: "a.b", Data: map[string]int{"n": 7}})
		j := <-got // the poll is an hour away: this is the wake-up
		var data struct{ N int }
		if err := j.Decode(&data); err != nil || data.N != 7 || j.Merchant != m || j.Attempts != 1 || j.State != job.Running {
			t.Fatalf("%+v %v", j, err)
		}
		eventually(t, "done", func() bool { return len(jobs(t, d, m, job.Done)) == 1 })
		if js := jobs(t, d, m, ""); len(js) != 1 || js[0].DoneAt != c.Now() {
			t.Fatalf("%+v", js)
		}
	})
}

func TestAJobWaitsForItsTime(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := id.New(1)
		var runs atomic.Int64
		insert(t, d, job.Args{Merchant: m, Kind: "a.b", RunAt: c.Now().Add(time.Minute)}, job.Args{Merchant: m, Kind: "not.ours"})
		runner(t, d, job.Options{}, job.Kind{Name: "a.b", Run: func(context.Context, job.Job) error { runs.Add(1); return nil }})
		time.Sleep(50 * time.Millisecond)
		if runs.Load() != 0 {
			t.Fatal("too early")
		}
		c.Advance(time.Minute)
		eventually(t, "the job runs", func() bool { return len(jobs(t, d, m, job.Done)) == 1 })
		if js := jobs(t, d, m, job.Queued); len(js) != 1 || js[0].Kind != "not.ours" {
			t.Fatalf("a kind that nobody registered: %+v", js)
		}
	})
}

func TestFailuresBackOffAndEndAsFailed(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := id.New(1)
		var runs atomic.Int64
		runner(t, d, job.Options{Backoff: 10 * time.Second}, job.Kind{Name: "a.b", MaxAttempts: 3, Run: func(context.Context, job.Job) error {
			if runs.Add(1) == 2 {
				panic("broken")
			}
			return errors.New("out of paper")
		}})
		insert(t, d, job.Args{Merchant: m, Kind: "a.b"})
		eventually(t, "first failure", func() bool { js := jobs(t, d, m, job.Queued); return len(js) == 1 && js[0].Attempts == 1 })
		j := jobs(t, d, m, job.Queued)[0]
		if wait := j.RunAt.Sub(c.Now()); wait < 9*time.Second || wait > 11*time.Second || j.LastError != "out of paper" {
			t.Fatalf("%v %+v", wait, j)
		}
		c.Advance(11 * time.Second)
		eventually(t, "second failure", func() bool { js := jobs(t, d, m, job.Queued); return len(js) == 1 && js[0].Attempts == 2 })
		j = jobs(t, d, m, job.Queued)[0]
		if wait := j.RunAt.Sub(c.Now()); wait < 18*time.Second || wait > 22*time.Second || !strings.HasPrefix(j.LastError, "panic: broken") {
			t.Fatalf("%v %+v", wait, j)
		}
		c.Advance(22 * time.Second)
		eventually(t, "given up", func() bool { return len(jobs(t, d, m, job.Failed)) == 1 })
		c.Advance(time.Hour)
		time.Sleep(50 * time.Millisecond)
		if runs.Load() != 3 {
			t.Fatalf("%d runs", runs.Load())
		}
		if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return job.Retry(ctx, tx, m, j.ID) }); err != nil {
			t.Fatal(err)
		}
		eventually(t, "run again", func() bool { return runs.Load() == 4 })
		err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return job.Retry(ctx, tx, id.New(1), j.ID) })
		if !errors.Is(err, job.ErrNotFound) {
			t.Fatalf("another merchant's job: %v", err)
		}
	})
}

func TestAPermanentErrorIsNotTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		m := id.New(1)
		runner(t, d, job.Options{}, job.Kind{Name: "a.b", Run: func(context.Context, job.Job) error {
			return fmt.Errorf("export: %w", job.Permanent(errors.New(strings.Repeat("谢", 900))))
		}})
		insert(t, d, job.Args{Merchant: m, Kind: "a.b"})
		eventually(t, "failed", func() bool { return len(jobs(t, d, m, job.Failed)) == 1 })
		if j := jobs(t, d, m, job.Failed)[0]; j.Attempts != 1 || len(j.LastError) > 1000 || !strings.HasPrefix(j.LastError, "export: 谢") {
			t.Fatalf("%+v", j)
		}
	})
}

func TestTwoRunnersNeverRunOneJobTwice(t *testing.T) {
	run := func(t *testing.T, dbs [2]*db.DB) {
		const n = 150
		m := id.New(1)
		var mu sync.Mutex
		seen := map[id.ID]int{}
		k := job.Kind{Name: "a.b", Run: func(_ context.Context, j job.Job) error {
			mu.Lock()
			defer mu.Unlock()
			seen[j.ID]++
			return nil
		}}
		for _, d := range dbs {
			runner(t, d, job.Options{Workers: 8, Poll: time.Millisecond}, k)
		}
		for i := range n {
			insert(t, dbs[i%2], job.Args{Merchant: m, Kind: "a.b"})
		}
		eventually(t, "all done", func() bool { return len(jobs(t, dbs[0], m, job.Done)) == n })
		mu.Lock()
		defer mu.Unlock()
		if len(seen) != n {
			t.Fatalf("%d jobs ran", len(seen))
		}
		for _, times := range seen {
			if times != 1 {
				t.Fatalf("a job ran %d times", times)
			}
		}
	}
	open := func(t *testing.T, url string) (dbs [2]*db.DB) {
		for i := range dbs {
			d, err := db.Open(ctx, url, db.Options{Log: quiet, NoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.Close() })
			dbs[i] = d
		}
		return dbs
	}
	t.Run("sqlite", func(t *testing.T) { run(t, open(t, "sqlite:"+dbtest.SQLite(t).File())) }) // two processes on one file
	t.Run("postgres", func(t *testing.T) { run(t, open(t, dbtest.PostgresURL(t))) })
}

func TestADeadRunnersJobIsTakenOver(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := id.New(1)
		insert(t, d, job.Args{Merchant: m, Kind: "a.b"}, job.Args{Merchant: m, Kind: "a.b"})
		// A runner that claimed them and then died: one for the first time, one as its last attempt.
		js := jobs(t, d, m, "")
		err := d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			for i, attempts := range []int{1, 3} {
				tx.Queue(`update jobs set state = 'running', attempts = $3, lease_until = $4 where merchant_id = $1 and id = $2`,
					m, js[i].ID, attempts, tx.Now.Add(time.Minute))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var runs atomic.Int64
		runner(t, d, job.Options{}, job.Kind{Name: "a.b", MaxAttempts: 3, Run: func(_ context.Context, j job.Job) error {
			if j.Attempts != 2 {
				t.Errorf("%+v", j)
			}
			runs.Add(1)
			return nil
		}})
		c.Advance(59 * time.Second)
		time.Sleep(50 * time.Millisecond)
		if runs.Load() != 0 {
			t.Fatal("its lease had not run out")
		}
		c.Advance(2 * time.Second)
		eventually(t, "both ended", func() bool {
			return len(jobs(t, d, m, job.Done)) == 1 && len(jobs(t, d, m, job.Failed)) == 1
		})
		if runs.Load() != 1 {
			t.Fatalf("%d runs: a job that kills its runner must not run for ever", runs.Load())
		}
	})
}

func TestALeaseIsRenewedAndALostOneEndsTheHandler(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := id.New(1)
		began, ended := make(chan job.Job, 1), make(chan error, 1)
		runner(t, d, job.Options{Lease: 30 * time.Millisecond}, job.Kind{Name: "a.b", Run: func(ctx context.Context, j job.Job) error {
			began <- j
			<-ctx.Done()
			ended <- ctx.Err()
			return nil
		}})
		lease := func() (l int64) {
			l, err := db.Value[int64](ctx, d, `select lease_until from jobs where merchant_id = $1`, m)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		insert(t, d, job.Args{Merchant: m, Kind: "a.b"})
		j := <-began
		before := lease()
		c.Advance(20 * time.Millisecond)
		eventually(t, "renewed", func() bool { return lease() > before })
		// Another runner takes the job over: this one's claim is void.
		err := d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update jobs set attempts = 9, lease_until = $3 where merchant_id = $1 and id = $2`, m, j.ID, tx.Now.Add(time.Hour))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Millisecond)
		if js := jobs(t, d, m, ""); js[0].State != job.Running || js[0].Attempts != 9 {
			t.Fatalf("the loser ended the winner's job: %+v", js[0])
		}
	})
}

func TestDedup(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		m, other := id.New(1), id.New(1)
		once := job.Args{Merchant: m, Kind: "a.once", Dedup: "2026-03"}
		wish := job.Args{Merchant: m, Kind: "a.wish", Dedup: "member 1", Coalesce: true}
		insert(t, d, once, wish, once, wish, wish)
		insert(t, d, once, wish, job.Args{Merchant: other, Kind: "a.once", Dedup: "2026-03"}, job.Args{Merchant: m, Kind: "a.free", Dedup: "2026-03"})
		if n, k := len(jobs(t, d, m, "")), len(jobs(t, d, other, "")); n != 3 || k != 1 {
			t.Fatalf("%d and %d jobs", n, k)
		}
		held, release := make(chan struct{}), make(chan struct{})
		var wishes atomic.Int64
		runner(t, d, job.Options{}, job.Kind{Name: "a.once", Run: func(context.Context, job.Job) error { return nil }},
			job.Kind{Name: "a.free", Run: func(context.Context, job.Job) error { return nil }},
			job.Kind{Name: "a.wish", Run: func(context.Context, job.Job) error {
				if wishes.Add(1) == 1 {
					close(held)
					<-release
				}
				return nil
			}})
		<-held
		insert(t, d, once, wish, wish) // while it runs: one more wish, nothing more of the other
		close(release)
		eventually(t, "all done", func() bool { return len(jobs(t, d, m, job.Done)) == 4 })
		if wishes.Load() != 2 {
			t.Fatalf("%d wishes", wishes.Load())
		}
	})
}
