package spooler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/escpos"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "spooler"

// limits are how long the driver waits.
type limits struct {
	ask    time.Duration // for an answer of the queue
	put    time.Duration // for the queue to take a job
	finish time.Duration // for the queue to print it
	poll   time.Duration // between two looks at a job
	probe  time.Duration // between two looks at an idle queue
}

var usual = limits{ask: 5 * time.Second, put: 15 * time.Second, finish: 30 * time.Second, poll: 200 * time.Millisecond, probe: 15 * time.Second}

// Printer is the driver. Which of its capabilities there are depends on the
// language of the printer behind the queue.
type Printer struct {
	journal driver.Journal
	lim     limits
	open    func(name string) (queue, error)

	mu      sync.Mutex
	queue   queue
	set     settings
	health  driver.Health
	opened  map[string]bool // drawer ids, see Open
	probing bool

	line chan struct{} // holds one token: jobs reach the queue in their order
}

var (
	_ driver.Driver       = (*Printer)(nil)
	_ driver.Printer      = (*Printer)(nil)
	_ driver.Drawer       = (*Printer)(nil)
	_ driver.Labeler      = (*Printer)(nil)
	_ driver.Configurable = (*Printer)(nil)
	_ driver.Checker      = (*Printer)(nil)
)

// New makes the driver.
func New() driver.Driver { return newPrinter(openQueue, usual) }

func newPrinter(open func(string) (queue, error), l limits) *Printer {
	p := &Printer{lim: l, open: open, health: driver.Health{OK: true}, opened: map[string]bool{}, line: make(chan struct{}, 1)}
	p.line <- struct{}{}
	return p
}

// Info implements driver.Driver.
func (p *Printer) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"POSPrinter", "CashDrawer", "LabelPrinter"}}
}

// Configure implements driver.Configurable.
func (p *Printer) Configure(_ context.Context, raw json.RawMessage) error {
	var s settings
	if err := link.Decode(raw, &s); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	q, err := p.open(s.Queue)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.queue, p.set = q, s
	start := !p.probing
	p.probing = true
	p.mu.Unlock()
	if start {
		go p.probe()
	}
	return nil
}

func (p *Printer) current() (queue, settings) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queue, p.set
}

// Health implements driver.Checker, from the last look at the queue.
func (p *Printer) Health(context.Context) driver.Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.health
}

func (p *Printer) note(err error) {
	h := driver.Health{OK: err == nil}
	if err != nil {
		h.Reason = err.Error()
	}
	p.mu.Lock()
	p.health = h
	p.mu.Unlock()
}

// probe looks at the queue for as long as the driver lives.
func (p *Printer) probe() {
	for {
		q, _ := p.current()
		p.note(p.ready(context.Background(), q))
		time.Sleep(p.lim.probe)
	}
}

func (p *Printer) ready(ctx context.Context, q queue) error {
	ctx, cancel := context.WithTimeout(ctx, p.lim.ask)
	defer cancel()
	return q.ready(ctx)
}

// Submit implements driver.Printer.
func (p *Printer) Submit(ctx context.Context, j driver.Job) (driver.JobStatus, error) {
	return p.submit(ctx, j.JobKey, func(s settings) ([]byte, error) {
		if j.Document == nil {
			return j.Raw, nil
		}
		return s.receipt(j.Document)
	})
}

// PrintLabel implements driver.Labeler.
func (p *Printer) PrintLabel(ctx context.Context, j driver.LabelJob) (driver.JobStatus, error) {
	return p.submit(ctx, j.JobKey, func(s settings) ([]byte, error) { return s.label(j.Label, j.Copies) })
}

func (p *Printer) submit(ctx context.Context, key driver.JobKey, encode func(settings) ([]byte, error)) (driver.JobStatus, error) {
	st, started := p.journal.Begin(key)
	if !started {
		return st, nil
	}
	out := driver.JobStatus{State: driver.JobUncertain, Reason: "interrupted"}
	defer func() { p.journal.Finish(key, out) }()
	select {
	case <-p.line:
		defer func() { p.line <- struct{}{} }()
	case <-ctx.Done():
		out = driver.JobStatus{State: driver.JobFailed, Reason: "the queue was busy"}
		return out, nil
	}
	q, s := p.current()
	data, err := encode(s)
	if err != nil {
		out = driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
		return out, nil
	}
	out = p.print(ctx, q, key, data)
	switch out.State {
	case driver.JobConfirmed, driver.JobSent:
		p.note(nil)
	case driver.JobCancelled:
	default:
		p.note(errors.New(out.Reason))
	}
	return out, nil
}

func (p *Printer) print(ctx context.Context, q queue, key driver.JobKey, data []byte) driver.JobStatus {
	if err := p.ready(ctx, q); err != nil {
		return driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
	}
	if ctx.Err() != nil {
		return driver.JobStatus{State: driver.JobFailed, Reason: "too late"}
	}
	if !p.journal.Sending(key) {
		return p.journal.Status(key) // cancelled
	}
	putting, cancel := context.WithTimeout(ctx, p.lim.put)
	job, err := q.put(putting, fmt.Sprintf("%s #%d", key.ID, key.Attempt), data)
	cancel()
	switch {
	case errors.Is(err, errNotTaken):
		return driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
	case err != nil:
		return driver.JobStatus{State: driver.JobUncertain, Reason: "the queue may have taken it: " + err.Error()}
	}
	finish, cancel := context.WithTimeout(ctx, p.lim.finish)
	defer cancel()
	switch p.follow(finish, q, job) {
	case completed:
		return driver.JobStatus{State: driver.JobConfirmed}
	case gone:
		return driver.JobStatus{State: driver.JobSent}
	case dropped:
		return driver.JobStatus{State: driver.JobUncertain, Reason: "the queue gave it up: perhaps a part was printed"}
	}
	// Its caller has perhaps gone already; the job must not stay all the same.
	if p.takeOut(q, job) == completed {
		return driver.JobStatus{State: driver.JobConfirmed}
	}
	return driver.JobStatus{State: driver.JobUncertain, Reason: "the queue had not printed it in time, and it was taken out: perhaps a part was printed"}
}

// follow looks at a job until it is no longer waiting, or ctx ends.
func (p *Printer) follow(ctx context.Context, q queue, job string) standing {
	for {
		ask, cancel := context.WithTimeout(ctx, p.lim.ask)
		st, err := q.look(ask, job)
		cancel()
		if err == nil && st != waiting {
			return st
		}
		t := time.NewTimer(p.lim.poll)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return waiting
		}
	}
}

// takeOut removes a job and answers how it stood at last.
func (p *Printer) takeOut(q queue, job string) standing {
	ctx, cancel := context.WithTimeout(context.Background(), p.lim.ask)
	defer cancel()
	_ = q.remove(ctx, job) // the look says what came of it
	st, err := q.look(ctx, job)
	if err != nil {
		return waiting
	}
	return st
}

// JobStatus implements driver.Printer. What an earlier process handed over
// nobody can tell: the answer is unknown.
func (p *Printer) JobStatus(_ context.Context, key driver.JobKey) (driver.JobStatus, error) {
	return p.journal.Status(key), nil
}

// LabelStatus implements driver.Labeler.
func (p *Printer) LabelStatus(ctx context.Context, key driver.JobKey) (driver.JobStatus, error) {
	return p.JobStatus(ctx, key)
}

// Cancel implements driver.Printer.
func (p *Printer) Cancel(_ context.Context, key driver.JobKey) (driver.JobStatus, error) {
	return p.journal.Cancel(key), nil
}

// Open implements driver.Drawer. The id is noted before the pulse is handed
// over; one that is still in the queue at the deadline is taken out.
func (p *Printer) Open(ctx context.Context, id, _ string, pin int) error {
	q, s := p.current()
	if s.Language != langESCPOS {
		return errNoDrawer
	}
	p.mu.Lock()
	done := p.opened[id]
	if len(p.opened) > 10_000 {
		clear(p.opened) // kicks are void after seconds; these are hours old
	}
	p.opened[id] = true
	p.mu.Unlock()
	if done {
		return nil
	}
	select {
	case <-p.line:
		defer func() { p.line <- struct{}{} }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := p.ready(ctx, q); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	job, err := q.put(ctx, "drawer", escpos.Kick(pin))
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, p.lim.put)
	defer cancel()
	switch p.follow(wait, q, job) {
	case completed, gone:
		return nil
	case dropped:
		return errors.New("the queue gave the pulse up")
	}
	if p.takeOut(q, job) == completed {
		return nil
	}
	return errors.New("the queue did not open the drawer in time")
}
