package job

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// ErrNotFound: no job of that id, or not in the state that the call needs.
var ErrNotFound = fault.New(fault.NotFound, "job.not_found")

// State is where a job stands.
type State string

const (
	Queued  State = "queued"  // waits for RunAt
	Running State = "running" // a runner has it, under a lease
	Done    State = "done"
	Failed  State = "failed" // given up; LastError says why
)

// Args is a job to be inserted.
type Args struct {
	Merchant id.ID
	Kind     string        // "report.export"
	Data     any           // marshalled; no personal data, no secrets
	RunAt    clock.Instant // 0: at once
	Dedup    string        // "": none
	Coalesce bool          // Dedup only until the job is taken up
}

// Job is a row of the queue.
type Job struct {
	Merchant  id.ID
	ID        id.ID
	Kind      string
	Data      json.RawMessage
	State     State
	RunAt     clock.Instant
	Attempts  int // claims so far, this one too
	LastError string
	CreatedAt clock.Instant
	DoneAt    clock.Instant // when it ended, done or failed
}

// Decode reads the data into v.
func (j Job) Decode(v any) error { return json.Unmarshal(j.Data, v) }

var kindForm = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$`)

// coalescing marks names that are given back when the job is taken up.
const coalescing = "~"

// Insert notes a job and wakes the runner after the commit. It panics on a
// malformed kind, a missing merchant and data that is not JSON: mistakes in the
// program.
func Insert(tx *db.Tx, a Args) {
	if a.Merchant.IsNone() || !kindForm.MatchString(a.Kind) {
		panic("job: malformed job " + a.Kind)
	}
	data := []byte("{}")
	if a.Data != nil {
		var err error
		if data, err = json.Marshal(a.Data); err != nil {
			panic("job: data that is not JSON: " + err.Error())
		}
	}
	if a.RunAt == 0 {
		a.RunAt = tx.Now
	}
	var dedup any
	if a.Dedup != "" {
		name := a.Kind + ":" + a.Dedup
		if a.Coalesce {
			name = coalescing + name
		}
		dedup = name
	}
	tx.Queue(`insert into jobs (merchant_id, id, kind, args, dedup, state, run_at, created_at) values ($1, $2, $3, $4, $5, 'queued', $6, $7)
		on conflict (merchant_id, dedup) do nothing`,
		a.Merchant, tx.NewID(), a.Kind, string(data), dedup, a.RunAt, tx.Now)
	if a.RunAt <= tx.Now {
		wakeAfter(tx)
	}
}

func wakeAfter(tx *db.Tx) {
	d := tx.DB()
	tx.AfterCommit(func() {
		if r, ok := running.Load(d); ok {
			for _, x := range r.(*runners).list() {
				x.poke()
			}
		}
	})
}

// running finds the runners of a database, so that Insert needs no more than its Tx.
var running sync.Map // *db.DB -> *runners

type runners struct {
	mu  sync.Mutex
	all []*Runner
}

func (r *runners) list() []*Runner {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*Runner(nil), r.all...)
}

func (r *runners) change(f func([]*Runner) []*Runner) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = f(r.all)
}

// Permanent marks an error after which another attempt is pointless.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

func isPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}

const cols = `merchant_id, id, kind, args, state, run_at, attempts, last_error, created_at, coalesce(done_at, 0)`

func scan(r db.Row, j *Job) error {
	var data string
	err := r.Scan(&j.Merchant, &j.ID, &j.Kind, &data, &j.State, &j.RunAt, &j.Attempts, &j.LastError, &j.CreatedAt, &j.DoneAt)
	j.Data = json.RawMessage(data)
	return err
}

// List reads a page of a merchant's jobs, newest first; state "" is any.
func List(ctx context.Context, r db.Reader, merchant id.ID, state State, p db.Page) (items []Job, next string, err error) {
	query, args := `select `+cols+` from jobs where merchant_id = $1 and (state = $2 or $2 = '')`, []any{merchant, string(state)}
	if !p.After.IsNone() {
		query += ` and id < $4`
	}
	args = append(args, p.Size()+1)
	if !p.After.IsNone() {
		args = append(args, p.After)
	}
	rows, err := db.All(ctx, r, scan, query+` order by id desc limit $3`, args...)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(p, rows, func(j Job) id.ID { return j.ID })
	return items, next, nil
}

// Retry puts a failed job back into the queue with fresh attempts. Fault: job.not_found.
func Retry(ctx context.Context, tx *db.Tx, merchant, jobID id.ID) error {
	n, err := tx.Exec(ctx, `update jobs set state = 'queued', attempts = 0, run_at = $3, lease_until = 0, done_at = null
		where merchant_id = $1 and id = $2 and state = 'failed'`, merchant, jobID, tx.Now)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	wakeAfter(tx)
	return err
}

// Keep is how long rows of ended jobs are of use: for looking at them, and as
// the memory of Dedup.
const Keep = 30 * 24 * time.Hour

// Purge notes that a merchant's jobs that ended well before the instant go away.
func Purge(tx *db.Tx, merchant id.ID, before clock.Instant) {
	tx.Queue(`delete from jobs where merchant_id = $1 and state = 'done' and done_at < $2`, merchant, before)
}
