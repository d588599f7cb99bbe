package device

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// ErrNotOurs: another worker has the job, or it has moved on.
var ErrNotOurs = fault.New(fault.Conflict, "device.job_not_ours")

// pollEvery is how often an idle queue looks for jobs that other processes wrote.
const pollEvery = time.Second

// lease is until when a claim holds. It also is the claim's token: a job is
// given out again only after its lease, so no two claims of it have the same.
type lease clock.Instant

// PrintQueue gives the print jobs of all merchants to the worker of this
// process and keeps the contract stated in job.go. It is safe for concurrent use.
type PrintQueue struct {
	d     *db.DB
	rings <-chan struct{}
	stop  func()

	mu   sync.Mutex
	held map[id.ID]lease // by job: the claims of this process
}

// NewPrintQueue makes the queue of a process; Close ends it.
func NewPrintQueue(d *db.DB) *PrintQueue {
	q := &PrintQueue{d: d, held: map[id.ID]lease{}}
	q.rings, q.stop = Wake.Listen()
	return q
}

// Close ends listening for new jobs.
func (q *PrintQueue) Close() { q.stop() }

// due is what may be claimed here; its first condition is that of the index. What a
// device host has in hand or is to print is its own; what a worker of the server had
// in Sending when the device moved to a host is the server's to find out. Labels are the
// server's wherever their printer stands.
const due = `state in ('queued', 'claimed', 'sending', 'failed') and run_at <= $1 and (state in ('queued', 'failed') or lease_until <= $1) and not ` + held + ` and (state = 'sending' or kind = 'label' or not ` + hosted + `)`

// Claim takes up to n jobs that are due, the oldest first: queued, rested after
// a failure, or left behind by a worker whose lease ran out. What such a worker
// had in Sending stays so. The worker's name is not stored: what this process has
// claimed, its PrintQueue remembers by the lease.
func (q *PrintQueue) Claim(ctx context.Context, _ string, n int) ([]Job, error) {
	// Mostly there is nothing, and that needs no writer.
	work, err := db.Value[bool](ctx, q.d, `select exists (select 1 from print_jobs where `+due+`)`, q.d.Now())
	if err != nil || !work {
		return nil, err
	}
	var jobs []Job
	var until lease
	err = q.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		jobs, until = nil, lease(tx.Now.Add(Lease))
		tx.Ask(func(r db.Row) error {
			var j Job
			err := r.Scan(j.dest()...)
			jobs = append(jobs, j)
			return err
		}, `select `+jobColumns+` from print_jobs where `+due+` order by run_at, id limit $2 for update skip locked`, tx.Now, n)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		for i := range jobs {
			if jobs[i].State != Sending {
				jobs[i].State = Claimed
			}
			tx.Queue(`update print_jobs set state = $3, run_at = $4, lease_until = $4, updated_at = $5 where merchant_id = $1 and id = $2`,
				jobs[i].Merchant, jobs[i].ID, string(jobs[i].State), until, tx.Now)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range jobs {
		q.held[j.ID] = until
	}
	return jobs, nil
}

// Advance moves a claimed job on. Faults: device.job_state (no such step),
// device.job_not_found, device.job_not_ours.
func (q *PrintQueue) Advance(ctx context.Context, jobID, merchant id.ID, from, to State, attempt int, reason string) error {
	if !CanMove(from, to) {
		return ErrJobState.With("state", string(from))
	}
	q.mu.Lock()
	mine, held := q.held[jobID]
	q.mu.Unlock()
	var renewed lease
	var rest time.Duration
	err := q.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		j, until, err := lockJob(ctx, tx, merchant, jobID)
		if err != nil {
			return err
		}
		leased := j.State == Claimed || j.State == Sending
		if j.State != from || j.Attempt != attempt || leased && (!held || until != mine) {
			return ErrNotOurs.With("state", string(j.State))
		}
		renewed, rest = lease(tx.Now.Add(Lease)), RetryAfter(j.Failures+1)
		return step(ctx, tx, j, to, reason)
	})
	q.mu.Lock()
	defer q.mu.Unlock()
	if err != nil {
		if errors.Is(err, ErrNotOurs) && q.held[jobID] == mine {
			delete(q.held, jobID)
		}
		return err
	}
	switch to {
	case Sending:
		q.held[jobID] = renewed
	case Failed:
		delete(q.held, jobID)
		time.AfterFunc(rest, Wake.Ring)
	default:
		delete(q.held, jobID)
	}
	return nil
}

// Release fails claimed jobs in one transaction; they rest for AbsentFor. What is not
// ours any more is passed over.
func (q *PrintQueue) Release(ctx context.Context, jobs []Job, reason string) error {
	jobs = slices.SortedFunc(slices.Values(jobs), func(a, b Job) int { return slices.Compare(a.ID[:], b.ID[:]) }) // locks are taken in one order
	leases := make([]lease, len(jobs))
	q.mu.Lock()
	for i, j := range jobs {
		leases[i] = q.held[j.ID] // 0, which no claim has, where we hold it no more
	}
	q.mu.Unlock()
	err := q.d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		for i, j := range jobs {
			tx.Queue(`update print_jobs set state = 'failed', reason = $3, attempt = attempt + 1, run_at = $4, lease_until = 0, updated_at = $5
				where merchant_id = $1 and id = $2 and state = 'claimed' and copy_no = $6 and lease_until = $7`,
				j.Merchant, j.ID, reason, tx.Now.Add(AbsentFor(j.Failures+1)), tx.Now, j.Attempt, leases[i])
		}
		return nil
	})
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, j := range jobs {
		if q.held[j.ID] == leases[i] {
			delete(q.held, j.ID)
		}
	}
	return nil
}

// Due makes the jobs due that failed for a reason at a device; at every one where it
// is id.None.
func (q *PrintQueue) Due(ctx context.Context, dev id.ID, reason string) error {
	const waiting = `state in ('queued', 'claimed', 'sending', 'failed') and state = 'failed' and reason = $1 and run_at > $2 and (device_id = $3 or $4)`
	some, err := db.Value[bool](ctx, q.d, `select exists (select 1 from print_jobs where `+waiting+`)`, reason, q.d.Now(), dev, dev == id.None)
	if err != nil || !some {
		return err
	}
	return q.d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		tx.Queue(`update print_jobs set run_at = $2 where `+waiting, reason, tx.Now, dev, dev == id.None)
		tx.AfterCommit(Wake.Ring)
		return nil
	})
}

// Renew renews the lease of a job that is being printed. Fault: device.job_not_ours.
func (q *PrintQueue) Renew(ctx context.Context, j Job) error {
	q.mu.Lock()
	mine := q.held[j.ID]
	q.mu.Unlock()
	var renewed lease
	err := q.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		renewed = lease(tx.Now.Add(Lease))
		n, err := tx.Exec(ctx, `update print_jobs set run_at = $3, lease_until = $3 where merchant_id = $1 and id = $2 and state = 'sending' and copy_no = $4 and lease_until = $5`,
			j.Merchant, j.ID, renewed, j.Attempt, mine)
		if err == nil && n == 0 {
			return ErrNotOurs.With("state", string(Sending))
		}
		return err
	})
	if err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held[j.ID] == mine {
		q.held[j.ID] = renewed
	}
	return nil
}

// Wait returns when there may be new work: jobs were written, a failed one has
// rested, or some time has passed.
func (q *PrintQueue) Wait(ctx context.Context) {
	t := time.NewTimer(pollEvery)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-q.rings:
	}
}
