package hw

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
)

// store is the queue's table in memory, with the contract of core/device.
type store struct {
	mu     sync.Mutex
	t      *testing.T
	jobs   map[id.ID]*device.Job
	leased map[id.ID]bool
	reason map[id.ID]string
	// resting are jobs that Release took, until Due.
	resting map[id.ID]bool
	wake    chan struct{}
	order   []id.ID
}

func newStore(t *testing.T) *store {
	return &store{t: t, jobs: map[id.ID]*device.Job{}, leased: map[id.ID]bool{}, reason: map[id.ID]string{}, resting: map[id.ID]bool{}, wake: make(chan struct{}, 1)}
}

func (s *store) add(dev id.ID) id.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := &device.Job{Merchant: id.Derived("m"), ID: id.Derived("job", fmt.Sprint(len(s.jobs))), Device: dev, Sale: id.Derived("sale"), Kind: device.KindReceipt, Attempt: 1, State: device.Queued}
	s.jobs[j.ID] = j
	s.order = append(s.order, j.ID)
	s.nudge()
	return j.ID
}

func (s *store) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *store) get(j id.ID) device.Job { s.mu.Lock(); defer s.mu.Unlock(); return *s.jobs[j] }

func (s *store) reprint(j id.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !device.IsReprint(s.jobs[j].State, device.Queued) {
		s.t.Errorf("%s cannot be reprinted", s.jobs[j].State)
	}
	s.jobs[j].State, s.jobs[j].Failures = device.Queued, 0
	s.jobs[j].Attempt++
	s.nudge()
}

// incarnation is the store as one process sees it; at its nth Advance the
// process dies, before or after the step is written.
type incarnation struct {
	*store
	mu     sync.Mutex
	dieAt  int
	after  bool
	dead   chan struct{}
	nth    int
	steps  []string
	isDead bool
}

var errDead = fault.New(fault.Conflict, "test.process_is_dead")

func (s *store) incarnate(dieAt int, after bool) *incarnation {
	s.mu.Lock()
	clear(s.leased) // the leases of the process before have run out
	clear(s.resting)
	s.mu.Unlock()
	return &incarnation{store: s, dieAt: dieAt, after: after, dead: make(chan struct{})}
}

func (i *incarnation) Claim(_ context.Context, _ string, n int) ([]device.Job, error) {
	i.mu.Lock()
	dead := i.isDead
	i.mu.Unlock()
	if dead {
		return nil, errDead
	}
	s := i.store
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []device.Job
	for _, k := range s.order {
		j := s.jobs[k]
		if len(out) == n || j.State.Settled() || s.leased[k] || s.resting[k] {
			continue
		}
		if j.State != device.Sending {
			if !device.CanMove(j.State, device.Claimed) {
				s.t.Errorf("claimed from %s", j.State)
			}
			j.State = device.Claimed
		}
		s.leased[k] = true
		out = append(out, *j)
	}
	return out, nil
}

func (i *incarnation) Advance(_ context.Context, jobID, merchant id.ID, from, to device.State, attempt int, reason string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.isDead {
		return errDead
	}
	i.nth++
	die := i.nth == i.dieAt
	if die {
		i.isDead = true
		close(i.dead)
		if !i.after {
			return errDead
		}
	}
	s := i.store
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[jobID]
	if j.State != from || j.Attempt != attempt || j.Merchant != merchant {
		return fault.ErrCanceled
	}
	if !device.CanMove(from, to) {
		s.t.Errorf("%s -> %s is no step", from, to)
	}
	j.State = to
	s.reason[jobID] = reason
	i.steps = append(i.steps, string(to))
	switch to {
	case device.Failed:
		j.Failures++
		delete(s.leased, jobID)
		s.nudge()
	case device.Sending:
	default:
		delete(s.leased, jobID)
	}
	if die {
		return errDead
	}
	return nil
}

// Release and Due: a released job rests until its device returns.
func (i *incarnation) Release(ctx context.Context, jobs []device.Job, reason string) error {
	for _, j := range jobs {
		i.store.mu.Lock()
		i.store.resting[j.ID] = true
		i.store.mu.Unlock()
		if err := i.Advance(ctx, j.ID, j.Merchant, device.Claimed, device.Failed, j.Attempt, reason); err != nil {
			return err
		}
	}
	return nil
}

func (i *incarnation) Due(_ context.Context, dev id.ID, reason string) error {
	s := i.store
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.resting {
		if s.reason[k] == reason && (dev.IsNone() || s.jobs[k].Device == dev) {
			delete(s.resting, k)
			s.nudge()
		}
	}
	return nil
}

func (i *incarnation) Renew(context.Context, device.Job) error { return nil }

func (i *incarnation) Wait(ctx context.Context) {
	select {
	case <-i.wake:
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond):
	}
}

type oneReceipt struct{ err error }

func (o oneReceipt) Document(_ context.Context, j device.Job) (receipt.Document, error) {
	return receipt.Document{Blocks: []receipt.Block{receipt.Text{Text: "job " + j.ID.String()}}}, o.err
}

// run works until every job is settled or the process dies.
func run(t *testing.T, jobs *incarnation, printers Printers, docs Documents) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	q := NewQueue(QueueOptions{Jobs: jobs, Documents: docs, Printers: printers, Worker: "w",
		Patience: 300 * time.Millisecond, Submit: time.Second, Resolve: 2 * time.Second})
	done := make(chan struct{})
	go func() { q.Run(ctx); close(done) }()
	limit := time.After(10 * time.Second)
wait:
	for {
		select {
		case <-jobs.dead:
			break wait
		case <-limit:
			t.Error("the queue did not settle")
			break wait
		case <-time.After(2 * time.Millisecond):
			open := false
			jobs.store.mu.Lock()
			for _, j := range jobs.jobs {
				open = open || !j.State.Settled()
			}
			jobs.store.mu.Unlock()
			if !open {
				break wait
			}
		}
	}
	cancel()
	<-done
}
