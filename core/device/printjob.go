package device

import (
	"context"
	"errors"
	"sync"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrJobNotFound = fault.New(fault.NotFound, "device.job_not_found")
	ErrJobState    = fault.New(fault.Conflict, "device.job_state") // {state}: it cannot go where it should from there
	ErrNoPrinter   = fault.New(fault.Conflict, "device.no_printer")
)

// Signal tells listeners that there may be work. A ring is kept for a listener
// that is busy, and many rings are one.
type Signal struct {
	mu        sync.Mutex
	listeners map[chan struct{}]struct{}
}

// Wake rings after a transaction of this process has written print jobs. Jobs
// of another process are found by the queue's own slow poll.
var Wake Signal

// Listen answers a channel of rings and the function that ends listening.
func (s *Signal) Listen() (rings <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listeners == nil {
		s.listeners = map[chan struct{}]struct{}{}
	}
	s.listeners[c] = struct{}{}
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, c)
	}
}

// Ring wakes every listener.
func (s *Signal) Ring() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.listeners {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// insertJobs writes one job for each enabled printer of a register. The ids are
// made here, as many as there may be printers; the last branch of the CASE is
// never taken and only gives the expression its type.
const insertJobs = `insert into print_jobs (merchant_id, id, device_id, register_id, sale_id, kind, state, copy_no, run_at, created_at, updated_at)
	select $1, case d.no when 1 then $5 when 2 then $6 when 3 then $7 when 4 then $8 else d.id end, d.id, $2, $3, $4, 'queued',
		1 + (select coalesce(max(j.copy_no), 0) from print_jobs j where j.merchant_id = $1 and j.sale_id = $3 and j.kind = $4), $9, $9, $9
	from (select id, row_number() over (order by id) as no from devices where merchant_id = $1 and register_id = $2 and class = 'printer' and enabled) d
	where d.no <= 4`

func jobArgs(tx *db.Tx, m, register, saleID id.ID, kind string) []any {
	return []any{m, register, saleID, kind, tx.NewID(), tx.NewID(), tx.NewID(), tx.NewID(), tx.Now}
}

// QueuePrint notes a print job for each enabled printer of a register, in the
// sale's own transaction. A register without one prints nothing. Where the sale
// has been printed before it is the next copy, which is marked as a duplicate.
func QueuePrint(tx *db.Tx, m, register, saleID id.ID, kind string) {
	tx.Queue(insertJobs, jobArgs(tx, m, register, saleID, kind)...)
	tx.AfterCommit(Wake.Ring)
}

// QueueFor notes a print job of any kind for one device, in the transaction of what
// it is of. A device that is switched off by then prints nothing.
func QueueFor(tx *db.Tx, dev id.ID, j Job) {
	tx.Queue(`insert into print_jobs (merchant_id, id, device_id, register_id, sale_id, ref_id, kind, state, copy_no, run_at, created_at, updated_at)
		select $1, $2, d.id, $4, $5, $6, $7, 'queued', 1, $8, $8, $8 from devices d where d.merchant_id = $1 and d.id = $3 and d.enabled`,
		j.Merchant, tx.NewID(), dev, j.Register, j.Sale, j.Ref, j.Kind, tx.Now)
	tx.AfterCommit(Wake.Ring)
}

// QueueAtRegister notes a print job that is of no sale for each enabled printer of a
// register.
func QueueAtRegister(tx *db.Tx, j Job) {
	tx.Queue(`insert into print_jobs (merchant_id, id, device_id, register_id, ref_id, kind, state, copy_no, run_at, created_at, updated_at)
		select $1, case d.no when 1 then $5 when 2 then $6 when 3 then $7 when 4 then $8 else d.id end, d.id, $2, $3, $4, 'queued', 1, $9, $9, $9
		from (select id, row_number() over (order by id) as no from devices where merchant_id = $1 and register_id = $2 and class = 'printer' and enabled) d where d.no <= 4`,
		j.Merchant, j.Register, j.Ref, j.Kind, tx.NewID(), tx.NewID(), tx.NewID(), tx.NewID(), tx.Now)
	tx.AfterCommit(Wake.Ring)
}

// ReprintSale prints a sale's document once more on a register's printers; the
// copies are marked as duplicates. It answers how many printers it went to.
// Fault: device.no_printer.
func ReprintSale(ctx context.Context, tx *db.Tx, m, register, saleID id.ID, kind string) (int, error) {
	n, err := tx.Exec(ctx, insertJobs, jobArgs(tx, m, register, saleID, kind)...)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, ErrNoPrinter
	}
	tx.AfterCommit(Wake.Ring)
	return int(n), nil
}

// Reprint queues one job again: as a duplicate where it may be on paper, as the
// same copy where it has failed and somebody does not want to wait. Faults:
// device.job_not_found, device.job_state, device.job_at_host.
func Reprint(ctx context.Context, tx *db.Tx, m, jobID id.ID) error {
	j, _, err := lockJob(ctx, tx, m, jobID)
	if err != nil {
		return err
	}
	if !CanMove(j.State, Queued) {
		return ErrJobState.With("state", string(j.State))
	}
	if err := atHost(ctx, tx, m, jobID); err != nil {
		return err
	}
	if err := step(ctx, tx, j, Queued, ""); err != nil {
		return err
	}
	tx.AfterCommit(Wake.Ring)
	return nil
}

// ConfirmPrinted notes that a person has seen the paper of an uncertain job.
// Faults: device.job_not_found, device.job_state.
func ConfirmPrinted(ctx context.Context, tx *db.Tx, m, jobID id.ID) error {
	j, _, err := lockJob(ctx, tx, m, jobID)
	if err != nil {
		return err
	}
	if j.State != Uncertain {
		return ErrJobState.With("state", string(j.State))
	}
	return step(ctx, tx, j, Confirmed, "")
}

// lockJob reads a job with its row locked, and until when it is leased.
func lockJob(ctx context.Context, tx *db.Tx, m, jobID id.ID) (Job, lease, error) {
	if err := tx.Flush(ctx); err != nil {
		return Job{}, 0, err
	}
	type row struct {
		Job
		until lease
	}
	r, err := db.One(ctx, tx, func(r db.Row, v *row) error { return r.Scan(append(v.dest(), &v.until)...) },
		`select `+jobColumns+`, lease_until from print_jobs where merchant_id = $1 and id = $2 for update`, m, jobID)
	if errors.Is(err, db.ErrNoRow) {
		return Job{}, 0, ErrJobNotFound
	}
	return r.Job, r.until, err
}

// step writes a move that was checked, by the contract in job.go. The columns
// are attempt for the failures of this copy and copy_no for its number.
func step(ctx context.Context, tx *db.Tx, j Job, to State, reason string) error {
	until, runAt := lease(0), tx.Now
	if IsReprint(j.State, to) {
		j.Attempt++
	}
	switch to {
	case Sending:
		runAt = tx.Now.Add(Lease)
		until = lease(runAt)
	case Failed:
		j.Failures++
		runAt = tx.Now.Add(RetryAfter(j.Failures))
	case Queued:
		j.Failures = 0
	}
	tx.Queue(`update print_jobs set state = $3, reason = $4, attempt = $5, copy_no = $6, run_at = $7, lease_until = $8, updated_at = $9 where merchant_id = $1 and id = $2`,
		j.Merchant, j.ID, string(to), reason, j.Failures, j.Attempt, runAt, until, tx.Now)
	return tx.Flush(ctx)
}
