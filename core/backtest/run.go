package backtest

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
)

// JobRun is the kind of the job that goes through a run; its data is RunArgs.
const JobRun = "backtest.run"

// JobAttempts is how often it is tried before the run has failed.
const JobAttempts = 5

// RunArgs is the data of JobRun.
type RunArgs struct {
	Run id.ID `json:"backtest_id"`
}

// States of a run.
const (
	Queued    = "queued"
	Running   = "running"
	Done      = "done"
	Failed    = "failed"
	Cancelled = "cancelled"
)

// MaxWaiting is how many runs of a merchant may wait or run at once.
const MaxWaiting = 5

// Run is one try of a pack on past sales.
type Run struct {
	ID        id.ID
	Pack      string
	State     string
	Spec      Spec
	Sales     int64  // to look at; 0 until they were counted
	Done      int64  // looked at
	Reason    string // Failed: the fault
	CreatedAt clock.Instant
	By        id.ID
	StartedAt clock.Instant // 0: not yet
	EndedAt   clock.Instant // 0: not yet
}

// Over reports whether nothing more will happen to it.
func (r *Run) Over() bool { return r.State != Queued && r.State != Running }

// Create notes a run and the job that goes through it. The spec is checked
// (Service.Check), before the transaction. Fault: backtest.too_many.
func Create(ctx context.Context, tx *db.Tx, m id.ID, spec Spec, by id.ID) (Run, error) {
	waiting, err := db.Value[int](ctx, tx, `select count(*) from backtests where merchant_id = $1 and state in ('queued', 'running')`, m)
	if err != nil {
		return Run{}, err
	}
	if waiting >= MaxWaiting {
		return Run{}, ErrTooMany.With("max", MaxWaiting)
	}
	text, err := json.Marshal(spec)
	if err != nil {
		return Run{}, fault.ErrInternal.Wrap(err)
	}
	r := Run{ID: tx.NewID(), Pack: spec.Pack, State: Queued, Spec: spec, CreatedAt: tx.Now, By: by}
	tx.Queue(`insert into backtests (merchant_id, id, pack_id, state, spec, created_at, created_by) values ($1,$2,$3,$4,$5,$6,$7)`, m, r.ID, r.Pack, r.State, string(text), r.CreatedAt, r.By)
	job.Insert(tx, job.Args{Merchant: m, Kind: JobRun, Data: RunArgs{r.ID}})
	return r, nil
}

// Cancel ends a run; the process that works on it notices within a second or two.
// Faults: backtest.not_found, backtest.ended.
func Cancel(ctx context.Context, tx *db.Tx, m, run id.ID) error {
	state, err := db.Value[string](ctx, tx, `select state from backtests where merchant_id = $1 and id = $2 for no key update`, m, run)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return ErrNotFound
	case err != nil:
		return err
	case state != Queued && state != Running:
		return ErrEnded
	}
	tx.Queue(`update backtests set state = 'cancelled', partial = null, ended_at = $3 where merchant_id = $1 and id = $2`, m, run, tx.Now)
	return nil
}

// RunJob goes through a run as a job. What cannot get better is the run's own
// end; anything else is tried again and goes on from the last checkpoint.
func (s *Service) RunJob(ctx context.Context, j job.Job) error {
	var a RunArgs
	if err := j.Decode(&a); err != nil {
		return job.Permanent(err)
	}
	err := s.Run(ctx, j.Merchant, a.Run)
	if err == nil || ctx.Err() != nil && j.Attempts < JobAttempts {
		return err
	}
	if k := fault.Of(err).Kind; j.Attempts >= JobAttempts || k == fault.Invalid || k == fault.NotFound {
		return errors.Join(job.Permanent(err), s.fail(context.WithoutCancel(ctx), j.Merchant, a.Run, err))
	}
	return err
}

func (s *Service) fail(ctx context.Context, m, run id.ID, cause error) error {
	return s.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		tx.Queue(`update backtests set state = 'failed', reason = $3, partial = null, ended_at = $4 where merchant_id = $1 and id = $2 and state in ('queued', 'running')`,
			m, run, reasonOf(cause), tx.Now)
		return nil
	})
}

// checkpointEvery is how often a run writes down how far it has come.
const checkpointEvery = time.Second

// work is a run in progress.
type work struct {
	s       *Service
	m       id.ID
	run     Run
	claim   int64
	from    cursor
	figures Figures
	saved   time.Time
}

// errLost: somebody cancelled the run, or another process has taken it over.
var errLost = errors.New("backtest: the run is no longer ours")

// Run goes through a run to its end, from where it stands. A run that is over is
// left alone. Where ctx ends, what was found is kept for the next call.
func (s *Service) Run(ctx context.Context, m, run id.ID) error {
	w := &work{s: s, m: m}
	err := w.take(ctx, run)
	if err == nil {
		err = w.through(ctx)
	}
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}

// take claims the run and reads what was found so far.
func (w *work) take(ctx context.Context, run id.ID) error {
	return w.s.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var partial []byte
		var err error
		w.run, err = db.One(ctx, tx, func(r db.Row, v *Run) error {
			return scanRun(more{r, []any{&w.claim, &w.from.Day, &w.from.After, &partial}}, v)
		}, `select `+runColumns+`, claim, day, after_id, partial from backtests where merchant_id = $1 and id = $2 for no key update`, w.m, run)
		switch {
		case errors.Is(err, db.ErrNoRow):
			return ErrNotFound
		case err != nil:
			return err
		case w.run.Over():
			return errLost
		}
		w.figures = Figures{}
		if partial != nil {
			if err := unpack(partial, &w.figures); err != nil {
				w.figures, w.from, w.run.Done = Figures{}, cursor{}, 0 // written by another version: from the start
			}
		}
		w.claim++
		tx.Queue(`update backtests set state = 'running', claim = $3, started_at = case when started_at = 0 then $4 else started_at end where merchant_id = $1 and id = $2`, w.m, run, w.claim, tx.Now)
		return nil
	})
}

// more scans further columns behind those that a scan function knows.
type more struct {
	row  db.Row
	dest []any
}

func (m more) Scan(dest ...any) error { return m.row.Scan(append(dest, m.dest...)...) }

func (w *work) through(ctx context.Context) error {
	spec := &w.run.Spec
	p, err := w.s.plan(ctx, w.m, spec.Pack, spec.A, spec.B)
	if err != nil {
		return err
	}
	if w.run.Sales, err = w.s.count(ctx, w.s.DB, w.m, spec); err != nil {
		return err
	}
	if err := w.save(ctx, w.from); err != nil {
		return err
	}
	at := w.from
	err = p.sweep(ctx, spec, w.from, &w.figures, nil, func(c cursor) (bool, error) {
		at = c
		w.run.Done = w.figures.Sales
		if time.Since(w.saved) < checkpointEvery {
			return false, nil
		}
		return false, w.save(ctx, c)
	})
	switch {
	case errors.Is(err, errLost):
		return err
	case err != nil && w.figures.Sales > 0: // the work so far is kept, also where the program stops
		return errors.Join(err, w.save(context.WithoutCancel(ctx), at))
	case err != nil:
		return err
	}
	return w.finish(ctx)
}

// save writes a checkpoint.
func (w *work) save(ctx context.Context, at cursor) error {
	partial, err := packed(&w.figures)
	if err != nil {
		return err
	}
	err = w.owned(ctx, `update backtests set sales = $4, done = $5, day = $6, after_id = $7, partial = $8 where merchant_id = $1 and id = $2 and claim = $3 and state = 'running'`,
		w.run.Sales, w.run.Done, at.Day, at.After, partial)
	w.saved = time.Now()
	return err
}

func (w *work) finish(ctx context.Context) error {
	result, err := packed(w.figures.Report())
	if err != nil {
		return err
	}
	return w.owned(ctx, `update backtests set state = 'done', sales = $4, done = $4, partial = null, result = $5, ended_at = $6 where merchant_id = $1 and id = $2 and claim = $3 and state = 'running'`,
		w.figures.Sales, result, w.s.DB.Now())
}

// owned writes to the run as long as it is ours.
func (w *work) owned(ctx context.Context, query string, args ...any) error {
	return w.s.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, query, append([]any{w.m, w.run.ID, w.claim}, args...)...)
		if err == nil && n == 0 {
			return errLost
		}
		return err
	})
}

// packed is a value as compressed JSON.
func packed(v any) ([]byte, error) {
	var out bytes.Buffer
	z, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, fault.ErrInternal.Wrap(err)
	}
	if err := json.NewEncoder(z).Encode(v); err != nil {
		return nil, fault.ErrInternal.Wrap(err)
	}
	if err := z.Close(); err != nil {
		return nil, fault.ErrInternal.Wrap(err)
	}
	return out.Bytes(), nil
}

func unpack(b []byte, v any) error {
	return json.NewDecoder(io.LimitReader(flate.NewReader(bytes.NewReader(b)), 1<<30)).Decode(v)
}
