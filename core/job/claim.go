package job

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
)

// due are jobs whose time has come, and jobs whose runner let its lease run out.
const due = `kind in_texts($1) and run_at <= $2 and (state = 'queued' or (state = 'running' and lease_until < $2))`

// claim takes up to n jobs. Two runners never get the same one: PostgreSQL locks
// the rows that it picks and skips those that another has locked, SQLite has one
// writer. "materialized" keeps the pick from being evaluated twice.
func (r *Runner) claim(ctx context.Context, n int) ([]Job, error) {
	// A cheap look first: an idle runner must not open writing transactions.
	_, err := db.Value[int](ctx, r.d, `select 1 from jobs where `+due+` limit 1`, r.names, r.d.Now())
	if errors.Is(err, db.ErrNoRow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var jobs []Job
	err = r.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		jobs = jobs[:0]
		tx.Ask(func(row db.Row) error {
			var j Job
			err := scan(row, &j)
			jobs = append(jobs, j)
			return err
		}, `with picked as materialized (
		      select merchant_id as m, id as i from jobs where `+due+` order by run_at, id limit $3 for update skip locked)
		    update jobs set state = 'running', attempts = attempts + 1, lease_until = $4,
		      dedup = case when dedup like '`+coalescing+`%' then null else dedup end
		    from picked where merchant_id = m and id = i
		    returning `+cols, r.names, tx.Now, n, tx.Now.Add(r.opts.Lease))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return jobs, nil
}

// renew prolongs the lease until the job ends; a job whose lease is lost is told to stop.
func (r *Runner) renew(j Job, ended <-chan struct{}, lost context.CancelFunc) {
	tick := time.NewTicker(r.opts.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		n, err := r.change(func(tx *db.Tx) (string, []any) {
			return `update jobs set lease_until = $4`, []any{tx.Now.Add(r.opts.Lease)}
		}, j)
		if err != nil {
			r.opts.Log.Warn("renewing a job's lease failed", "kind", j.Kind, "job", j.ID, "error", err)
		} else if n == 0 {
			r.opts.Log.Warn("a job's lease is lost", "kind", j.Kind, "job", j.ID)
			lost()
			return
		}
	}
}

// change writes to a job that this claim still holds; parameters 1 to 3 name it.
func (r *Runner) change(what func(*db.Tx) (set string, args []any), j Job) (n int64, err error) {
	err = r.d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		set, args := what(tx)
		n, err = tx.Exec(ctx, set+` where merchant_id = $1 and id = $2 and state = 'running' and attempts = $3`,
			append([]any{j.Merchant, j.ID, j.Attempts}, args...)...)
		return err
	})
	return n, err
}

// settle writes how an attempt ended.
func (r *Runner) settle(j Job, failure error) {
	k := r.kinds[j.Kind]
	log := r.opts.Log.With("kind", j.Kind, "job", j.ID, "merchant", j.Merchant, "attempt", j.Attempts)
	n, err := r.change(func(tx *db.Tx) (string, []any) {
		switch {
		case failure == nil:
			return `update jobs set state = 'done', done_at = $4, lease_until = 0, last_error = ''`, []any{tx.Now}
		case r.aborted.Err() != nil && !isPermanent(failure): // we told it to stop: not its fault
			return `update jobs set state = 'queued', attempts = attempts - 1, lease_until = 0, run_at = $4`, []any{tx.Now}
		case isPermanent(failure) || j.Attempts >= k.MaxAttempts:
			return `update jobs set state = 'failed', done_at = $4, lease_until = 0, last_error = $5`, []any{tx.Now, short(failure)}
		}
		return `update jobs set state = 'queued', run_at = $4, lease_until = 0, last_error = $5`,
			[]any{tx.Now.Add(r.backoff(j.Attempts)), short(failure)}
	}, j)
	switch {
	case err != nil: // the lease runs out and the job runs again
		log.Error("a job's end could not be written", "error", err)
	case n == 0:
		log.Warn("a job ended after its lease was lost")
	case failure != nil:
		log.Warn("a job failed", "error", failure)
	}
}

const maxBackoff = time.Hour

// backoff doubles with every attempt and varies by a fifth, so that jobs that
// failed together do not come back together.
func (r *Runner) backoff(attempts int) time.Duration {
	d := maxBackoff
	if attempts < 20 {
		d = min(r.opts.Backoff<<(attempts-1), maxBackoff)
	}
	return d - d/10 + rand.N(d/5+1)
}

// short keeps the head of an error's text.
func short(err error) string {
	s := err.Error()
	if len(s) <= 1000 {
		return s
	}
	s = s[:1000]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}

// schedule inserts the jobs of periodic kinds whose interval has begun. Several
// processes may do so: the job's name is that of the interval.
func (r *Runner) schedule(ctx context.Context) {
	now := r.d.Now()
	begun := map[string]int64{}
	for _, name := range r.names {
		if every := r.kinds[name].Every; every > 0 {
			if slot := int64(now) / every.Microseconds(); slot != r.slots[name] {
				begun[name] = slot
			}
		}
	}
	if len(begun) == 0 {
		return
	}
	err := r.scheduleAll(ctx, begun)
	if err != nil {
		if ctx.Err() == nil {
			r.opts.Log.Error("scheduling periodic jobs failed; trying again at the next look", "error", err)
		}
		return
	}
	for name, slot := range begun {
		r.slots[name] = slot
	}
}

// chunk bounds how long one scheduling transaction holds SQLite's writer.
const chunk = 200

func (r *Runner) scheduleAll(ctx context.Context, begun map[string]int64) error {
	merchants, err := tenant.ListMerchants(ctx, r.d)
	if err != nil {
		return err
	}
	type want struct {
		m    id.ID
		kind string
	}
	var all []want
	for _, m := range merchants {
		for name := range begun {
			all = append(all, want{m.ID, name})
		}
	}
	for len(all) > 0 {
		part := all[:min(chunk, len(all))]
		all = all[len(part):]
		err := r.d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			for _, w := range part {
				at := clock.Instant(begun[w.kind] * r.kinds[w.kind].Every.Microseconds())
				Insert(tx, Args{Merchant: w.m, Kind: w.kind, RunAt: at, Dedup: "at " + at.String()})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
