package device

import (
	"context"
	"slices"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// What a device host has in hand stands in device_host_jobs: nobody else is given it
// and nobody reprints it until the host has told how it ended, or was shut out. A host
// tells where a job stands now, not each step, and numbers what it tells: what comes
// twice or too late changes nothing.

var (
	// ErrAtHost: a device host has the job in hand and prints it as soon as it can.
	ErrAtHost = fault.New(fault.Conflict, "device.job_at_host")
	// ErrHostGone is the reason of a job whose host was shut out with it in hand.
	ErrHostGone = fault.New(fault.Unavailable, "device.host_gone")
	// ErrSpoolLost is the reason of a job that its host does not know any more.
	ErrSpoolLost = fault.New(fault.Unavailable, "device.host_forgot")
)

// hostGrace is how long a host that was shut out may give back what it has in hand.
const hostGrace = 30 * time.Second

// hostLease never runs out: a host has its jobs until it tells.
const hostLease = lease(1 << 62)

// Standing is where a host's job stands.
type Standing struct {
	Job      id.ID
	Attempt  int
	Seq      int64 // rises with everything that the host tells of the job
	State    State // Claimed, Sending, Failed, Sent, Confirmed or Uncertain
	Failures int
	Reason   string
	Release  bool // with Failed: the host gives the job back and never prints it
}

// Held reports whether the host keeps the job.
func (s Standing) Held() bool { return !s.State.Settled() && !s.Release }

// hosted is a device of a host that prints.
const hosted = `exists (select 1 from devices d where d.merchant_id = print_jobs.merchant_id and d.id = print_jobs.device_id and d.host_id is not null)`

// held is a job that a host has in hand.
const held = `exists (select 1 from device_host_jobs h where h.merchant_id = print_jobs.merchant_id and h.job_id = print_jobs.id)`

// hostDue is what a host may be given; $1 is the time.
const hostDue = `state in ('queued', 'claimed', 'sending', 'failed') and run_at <= $1 and (state in ('queued', 'failed') or state = 'claimed' and lease_until <= $1) and kind <> 'label' and not ` + held

// HostsWithWork lists the hosts for whose devices jobs are due.
func HostsWithWork(ctx context.Context, d *db.DB) ([]id.ID, error) {
	return db.All(ctx, d, func(r db.Row, h *id.ID) error { return r.Scan(h) },
		`select distinct d.host_id from devices d join print_jobs on print_jobs.merchant_id = d.merchant_id and print_jobs.device_id = d.id
		 where d.host_id is not null and d.enabled and `+hostDue, d.Now())
}

// ClaimHostJobs gives a host up to n jobs of its devices, the oldest first. have are
// the jobs that it knows of: what it was given and does not know, because the answer
// was lost on its way, it is given again.
func ClaimHostJobs(ctx context.Context, d *db.DB, h Host, n int, have []id.ID) ([]Job, error) {
	var jobs []Job
	err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		jobs = nil
		var lost, fresh []Job
		scan := func(to *[]Job) func(db.Row) error {
			return func(r db.Row) error {
				var j Job
				err := r.Scan(j.dest()...)
				*to = append(*to, j)
				return err
			}
		}
		tx.Ask(scan(&lost), `select `+jobColumns+` from print_jobs where merchant_id = $1 and state in ('claimed', 'failed')
			and id in (select job_id from device_host_jobs where merchant_id = $1 and host_id = $2 and until = 0) order by id`, h.Merchant, h.ID)
		tx.Ask(scan(&fresh), `select `+jobColumns+` from print_jobs where `+hostDue+` and merchant_id = $2
			and device_id in (select id from devices where merchant_id = $2 and host_id = $3 and enabled) order by run_at, id limit $4 for update skip locked`, tx.Now, h.Merchant, h.ID, n)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		for _, j := range lost {
			if !slices.Contains(have, j.ID) && len(jobs) < n {
				jobs = append(jobs, j)
			}
		}
		for _, j := range fresh {
			if len(jobs) < n {
				tx.Queue(`insert into device_host_jobs (merchant_id, job_id, host_id) values ($1, $2, $3)`, j.Merchant, j.ID, h.ID)
				jobs = append(jobs, j)
			}
		}
		for i := range jobs {
			jobs[i].State = Claimed
			tx.Queue(`update print_jobs set state = $3, run_at = $4, lease_until = $4, updated_at = $5 where merchant_id = $1 and id = $2`, jobs[i].Merchant, jobs[i].ID, string(Claimed), hostLease, tx.Now)
		}
		return nil
	})
	return jobs, err
}

// TellHostJobs writes down where jobs of a host stand. What the host does not hold any
// more, and what it has told before, is passed over. Fault: device.job_state for a
// state that no host can tell.
func TellHostJobs(ctx context.Context, d *db.DB, h Host, told []Standing) error {
	ids := make([]id.ID, len(told))
	for i, s := range told {
		ids[i] = s.Job
		if s.State == Queued || !s.State.Settled() && moves[s.State] == nil || s.Release && s.State != Failed {
			return ErrJobState.With("state", string(s.State))
		}
	}
	return d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		type holding struct {
			attempt int
			seq     int64
		}
		has := map[id.ID]holding{}
		tx.Ask(func(r db.Row) error { var j id.ID; return r.Scan(&j) }, // the rows are locked in their order before they are read
			`select id from print_jobs where merchant_id = $1 and id in_ids($2) order by id for update`, h.Merchant, ids)
		tx.Ask(func(r db.Row) error {
			var j id.ID
			var v holding
			err := r.Scan(&j, &v.attempt, &v.seq)
			has[j] = v
			return err
		}, `select j.id, j.copy_no, h.seq from device_host_jobs h join print_jobs j on j.merchant_id = h.merchant_id and j.id = h.job_id
			where h.merchant_id = $1 and h.host_id = $2 and h.job_id in_ids($3)`, h.Merchant, h.ID, ids)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		for _, s := range told {
			v, ok := has[s.Job]
			if !ok || v.attempt != s.Attempt || s.Seq <= v.seq {
				continue
			}
			until, runAt := lease(0), tx.Now
			switch {
			case s.Release:
				tx.AfterCommit(Wake.Ring)
			case s.State == Failed:
				runAt = tx.Now.Add(RetryAfter(s.Failures))
			case !s.State.Settled():
				until, runAt = hostLease, clock.Instant(hostLease)
			}
			tx.Queue(`update print_jobs set state = $3, reason = $4, attempt = $5, run_at = $6, lease_until = $7, updated_at = $8 where merchant_id = $1 and id = $2`,
				h.Merchant, s.Job, string(s.State), clip(s.Reason, 400), max(s.Failures, 0), runAt, until, tx.Now)
			if s.Held() {
				tx.Queue(`update device_host_jobs set seq = $3 where merchant_id = $1 and job_id = $2`, h.Merchant, s.Job, s.Seq)
				has[s.Job] = holding{v.attempt, s.Seq}
				continue
			}
			tx.Queue(`delete from device_host_jobs where merchant_id = $1 and job_id = $2`, h.Merchant, s.Job)
			delete(has, s.Job)
		}
		return nil
	})
}

// HostStarted takes what a host that has just started knows of. What it was printing
// when it was last heard and knows nothing of any more is uncertain; what it had not
// begun it is given again by ClaimHostJobs.
func HostStarted(ctx context.Context, d *db.DB, h Host, have []id.ID) error {
	return d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var lost []id.ID
		tx.Ask(func(r db.Row) error {
			var j id.ID
			err := r.Scan(&j)
			if !slices.Contains(have, j) {
				lost = append(lost, j)
			}
			return err
		}, `select id from print_jobs where merchant_id = $1 and state = 'sending'
			and id in (select job_id from device_host_jobs where merchant_id = $1 and host_id = $2) for update`, h.Merchant, h.ID)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		for _, j := range lost {
			endHostJob(tx, h.Merchant, j, ErrSpoolLost.Reason)
		}
		return nil
	})
}

// EndHostJobs ends the jobs of hosts that were shut out and have not given them back
// in time: they may be on paper, so they are uncertain. It answers how many they were.
func EndHostJobs(ctx context.Context, d *db.DB) (int, error) {
	const over = `exists (select 1 from device_host_jobs where until > 0 and until <= $1)`
	some, err := db.Value[bool](ctx, d, `select `+over, d.Now())
	if err != nil || !some {
		return 0, err
	}
	n := 0
	err = d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var keys [][2]id.ID
		tx.Ask(func(r db.Row) error {
			var k [2]id.ID
			err := r.Scan(&k[0], &k[1])
			keys = append(keys, k)
			return err
		}, `select merchant_id, job_id from device_host_jobs where until > 0 and until <= $1 order by merchant_id, job_id for update`, tx.Now)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		n = len(keys)
		for _, k := range keys {
			endHostJob(tx, k[0], k[1], ErrHostGone.Reason)
		}
		return nil
	})
	return n, err
}

func endHostJob(tx *db.Tx, merchant, j id.ID, reason string) {
	tx.Queue(`update print_jobs set state = 'uncertain', reason = $3, lease_until = 0, updated_at = $4 where merchant_id = $1 and id = $2`, merchant, j, reason, tx.Now)
	tx.Queue(`delete from device_host_jobs where merchant_id = $1 and job_id = $2`, merchant, j)
}

// atHost refuses what a host has in hand.
func atHost(ctx context.Context, tx *db.Tx, merchant, j id.ID) error {
	has, err := db.Value[bool](ctx, tx, `select exists (select 1 from device_host_jobs where merchant_id = $1 and job_id = $2)`, merchant, j)
	if err == nil && has {
		return ErrAtHost
	}
	return err
}
