package job

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/db"
)

// Kind is a kind of job and how it is run.
type Kind struct {
	Name string
	Run  func(context.Context, Job) error
	// Every makes the kind periodic: one job for each merchant and each interval
	// of that length, counted from 1970; intervals that pass while no runner is up
	// are not made up for. 0: only on Insert.
	Every       time.Duration
	MaxAttempts int           // default 10
	Timeout     time.Duration // of one attempt; default 10 minutes
}

// Options tunes a runner; the zero value is right for a shop.
type Options struct {
	Log     *slog.Logger  // default slog.Default()
	Workers int           // jobs at once; default 2
	Poll    time.Duration // how often it looks without being woken; default 2 s
	Lease   time.Duration // a runner that is silent for so long is dead; default 1 minute
	Backoff time.Duration // before the second attempt, doubling up to an hour; default 5 s
	// Context makes a job's context, with the actor it runs as.
	Context func(context.Context, Job) context.Context
}

// Runner claims and runs the jobs of all merchants. One runs in a process.
type Runner struct {
	d     *db.DB
	opts  Options
	kinds map[string]Kind
	names []string

	wake    chan struct{}
	ended   chan struct{}
	stop    context.CancelFunc // no more claims
	abort   context.CancelFunc // the handlers' contexts
	aborted context.Context
	working sync.WaitGroup
	free    chan struct{}    // a token for each worker that has nothing to do
	slots   map[string]int64 // the last interval scheduled, by kind; the loop's own
}

// New makes a runner that is not yet running.
func New(d *db.DB, o Options) *Runner {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Workers <= 0 {
		o.Workers = 2
	}
	if o.Poll <= 0 {
		o.Poll = 2 * time.Second
	}
	if o.Lease <= 0 {
		o.Lease = time.Minute
	}
	if o.Backoff <= 0 {
		o.Backoff = 5 * time.Second
	}
	r := &Runner{d: d, opts: o, kinds: map[string]Kind{}, wake: make(chan struct{}, 1), ended: make(chan struct{}),
		free: make(chan struct{}, o.Workers), slots: map[string]int64{}}
	for range o.Workers {
		r.free <- struct{}{}
	}
	return r
}

// Register adds a kind; call it before Start. It panics on a kind that is
// malformed or registered already.
func (r *Runner) Register(k Kind) {
	if _, dup := r.kinds[k.Name]; dup || !kindForm.MatchString(k.Name) || k.Run == nil {
		panic("job: malformed or double kind " + k.Name)
	}
	if k.MaxAttempts <= 0 {
		k.MaxAttempts = 10
	}
	if k.Timeout <= 0 {
		k.Timeout = 10 * time.Minute
	}
	r.kinds[k.Name] = k
	r.names = append(r.names, k.Name)
}

// Start begins to run jobs. Kinds that are not registered stay in the queue for
// a process that knows them.
func (r *Runner) Start() {
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	r.aborted, r.abort = context.WithCancel(context.Background())
	x, _ := running.LoadOrStore(r.d, &runners{})
	x.(*runners).change(func(all []*Runner) []*Runner { return append(all, r) })
	go r.run(ctx)
}

// Stop claims nothing more and waits for the jobs that run. Where ctx ends
// first, their contexts end, and those that return an error go back into the
// queue as if they had not been tried; ctx's error is the answer.
func (r *Runner) Stop(ctx context.Context) error {
	if x, ok := running.Load(r.d); ok {
		x.(*runners).change(func(all []*Runner) []*Runner {
			return slices.DeleteFunc(all, func(o *Runner) bool { return o == r })
		})
	}
	r.stop()
	done := make(chan struct{})
	go func() {
		<-r.ended
		r.working.Wait()
		close(done)
	}()
	defer r.abort()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	r.abort()
	select { // a moment to put the jobs back
	case <-done:
	case <-time.After(2 * time.Second):
	}
	return ctx.Err()
}

func (r *Runner) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *Runner) run(ctx context.Context) {
	defer close(r.ended)
	tick := time.NewTicker(r.opts.Poll)
	defer tick.Stop()
	for {
		r.schedule(ctx)
		r.drain(ctx)
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-tick.C:
		}
	}
}

// drain claims as long as there are jobs due and workers free.
func (r *Runner) drain(ctx context.Context) {
	for ctx.Err() == nil {
		n := 0
		for n < r.opts.Workers {
			select {
			case <-r.free:
				n++
				continue
			default:
			}
			break
		}
		if n == 0 {
			return // whoever ends a job pokes us
		}
		jobs, err := r.claim(ctx, n)
		for range n - len(jobs) {
			r.free <- struct{}{}
		}
		for _, j := range jobs {
			r.working.Go(func() {
				defer func() {
					r.free <- struct{}{}
					r.poke()
				}()
				r.work(j)
			})
		}
		if err != nil && ctx.Err() == nil {
			r.opts.Log.Error("claiming jobs failed; trying again at the next look", "error", err)
		}
		if err != nil || len(jobs) < n {
			return
		}
	}
}

// work runs one claimed job to its end.
func (r *Runner) work(j Job) {
	k := r.kinds[j.Kind]
	if j.Attempts > k.MaxAttempts { // its runners died of it, every time
		r.settle(j, Permanent(fmt.Errorf("%d runners ended while running it; last error: %s", j.Attempts-1, j.LastError)))
		return
	}
	ctx := r.aborted
	if r.opts.Context != nil {
		ctx = r.opts.Context(ctx, j)
	}
	ctx, cancel := context.WithTimeout(ctx, k.Timeout)
	defer cancel()
	ended := make(chan struct{})
	var renewing sync.WaitGroup
	renewing.Go(func() { r.renew(j, ended, cancel) })
	err := call(ctx, k, j)
	close(ended)
	renewing.Wait()
	r.settle(j, err)
}

// call contains a panic: the job fails, the process goes on.
func call(ctx context.Context, k Kind, j Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return k.Run(ctx, j)
}
