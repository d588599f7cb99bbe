package streamprinter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Limits are how long an engine waits.
type Limits struct {
	Ask    time.Duration // for the answer to a question that is answered at once
	Write  time.Duration // without progress while sending
	Finish time.Duration // for the answer that a job was processed
	Probe  time.Duration // between two looks at an idle printer
}

// Usual are the limits of a shop.
var Usual = Limits{Ask: 400 * time.Millisecond, Write: 8 * time.Second, Finish: 10 * time.Second, Probe: 10 * time.Second}

// Answers says what a printer answers to.
type Answers int

// From nothing to all.
const (
	Nothing   Answers = iota // it says nothing
	ItsState                 // how it is, not what became of a job
	ItsJobs                  // also, behind a job, that it was processed
	pieceSize = 4096
)

// Tongue is a printer's language as far as the engine needs it. Every call
// ends with its context.
type Tongue interface {
	// Ready asks how the printer is before a job. An error says, for people,
	// that it cannot print now; see Unheard for a question without an answer.
	Ready(ctx context.Context, c *port.Conn, ask time.Duration) (Answers, error)
	// Done waits, behind a job, for the printer's word that it was processed, and
	// gives up where nothing has moved for the limit. port.ErrSilent says that
	// the word did not come, any other error what became of the job.
	Done(ctx context.Context, c *port.Conn, limit time.Duration) error
	// Settle takes what the printer still owes answers to, so that none of
	// them is taken for a later one's. It answers false where it says nothing.
	Settle(ctx context.Context, c *port.Conn, quiet time.Duration) bool
}

// ErrHungUp: the printer ended the connection before a byte of the job left.
var ErrHungUp = errors.New("the printer hung up")

// Engine prints. It serves one printer.
type Engine struct {
	journal driver.Journal
	lim     Limits

	mu      sync.Mutex
	addr    port.Address
	tongue  Tongue
	health  driver.Health
	opened  map[string]bool // drawer ids, see Kick
	probing bool

	line chan struct{} // holds one token: a printer does one thing at a time
	// Whoever holds the token has these:
	kept   *port.Conn // lines that are no network stay open between jobs
	closed bool       // one was closed: the system may need a moment to let go of it
	owed   bool       // the printer may still owe an answer
	late   bool       // it was waited for already, in vain
}

// New makes an engine; Use must follow before anything is printed.
func New(l Limits) *Engine {
	e := &Engine{lim: l, health: driver.Health{OK: true}, opened: map[string]bool{}, line: make(chan struct{}, 1)}
	e.line <- struct{}{}
	return e
}

// Use says where the printer is and what it speaks, and begins to look at it.
func (e *Engine) Use(a port.Address, t Tongue) {
	e.mu.Lock()
	e.addr, e.tongue = a, t
	e.owed = !network(a) // a line that stays may hold answers to an earlier process
	start := !e.probing
	e.probing = true
	e.mu.Unlock()
	if start {
		go e.probe()
	}
}

// Address is where the printer is.
func (e *Engine) Address() port.Address {
	a, _ := e.printer()
	return a
}

func (e *Engine) printer() (port.Address, Tongue) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.addr, e.tongue
}

func network(a port.Address) bool { return strings.HasPrefix(a.String(), "tcp:") }

// Health implements driver.Checker, from the last contact.
func (e *Engine) Health(context.Context) driver.Health {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.health
}

func (e *Engine) note(err error) {
	h := driver.Health{OK: err == nil}
	if err != nil {
		h.Reason = err.Error()
	}
	e.mu.Lock()
	e.health = h
	e.mu.Unlock()
}

// probe looks at the idle printer for as long as the driver lives.
func (e *Engine) probe() {
	for {
		select {
		case <-e.line:
			e.note(e.look())
			e.line <- struct{}{}
		default: // it prints: that is contact enough
		}
		time.Sleep(e.lim.Probe)
	}
}

func (e *Engine) look() error {
	ctx, cancel := context.WithTimeout(context.Background(), e.lim.Finish)
	defer cancel()
	c, err := e.connect(ctx)
	if err != nil {
		return err
	}
	_, err = e.ready(ctx, c)
	e.release(c, !errors.Is(err, ErrHungUp))
	return err
}

// Submit prints a job as driver.Printer says. The bytes are asked for once the
// job is to be printed; an error there is shown, and nothing was sent.
func (e *Engine) Submit(ctx context.Context, key driver.JobKey, encode func() ([]byte, error)) (driver.JobStatus, error) {
	st, started := e.journal.Begin(key)
	if !started {
		return st, nil
	}
	out := driver.JobStatus{State: driver.JobUncertain, Reason: "interrupted"}
	defer func() { e.journal.Finish(key, out) }()
	data, err := encode()
	if err != nil {
		out = failed(err)
		return out, nil
	}
	select {
	case <-e.line:
		defer func() { e.line <- struct{}{} }()
	case <-ctx.Done():
		out = driver.JobStatus{State: driver.JobFailed, Reason: "the printer was busy"}
		return out, nil
	}
	out = e.print(ctx, key, data)
	switch out.State {
	case driver.JobConfirmed, driver.JobSent:
		e.note(nil)
	case driver.JobCancelled:
	default:
		e.note(errors.New(out.Reason))
	}
	return out, nil
}

func failed(err error) driver.JobStatus {
	return driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
}

func (e *Engine) print(ctx context.Context, key driver.JobKey, data []byte) driver.JobStatus {
	_, tongue := e.printer()
	c, err := e.connect(ctx)
	if err != nil {
		return failed(err)
	}
	whole := false // the line is as it was
	defer func() { e.release(c, whole) }()
	answers, err := e.ready(ctx, c)
	if err != nil {
		whole = !errors.Is(err, ErrHungUp)
		return failed(err)
	}
	if answers == ItsJobs && e.owed {
		limit := e.lim.Finish
		if e.late { // perhaps it never says anything of its jobs
			limit = e.lim.Ask
		}
		settle, cancel := context.WithTimeout(ctx, limit)
		e.late = !tongue.Settle(settle, c, e.lim.Ask)
		cancel()
		e.owed = e.late
		if e.late {
			answers = ItsState // what comes later could be an earlier job's
		}
	}
	if ctx.Err() != nil {
		whole = true
		return driver.JobStatus{State: driver.JobFailed, Reason: "too late"}
	}
	if !e.journal.Sending(key) {
		whole = true
		return e.journal.Status(key) // cancelled
	}
	if sent, err := e.send(ctx, c, data); err != nil {
		if sent == 0 {
			return failed(err)
		}
		return driver.JobStatus{State: driver.JobUncertain, Reason: fmt.Sprintf("stopped after %d of %d bytes: %v", sent, len(data), err)}
	}
	st := e.confirm(ctx, c, tongue, answers)
	whole = st.State != driver.JobUncertain
	return st
}

// send writes in pieces, so that the limit is one of progress, not of length.
// It answers how many bytes may have left.
func (e *Engine) send(ctx context.Context, c *port.Conn, data []byte) (sent int, err error) {
	for sent < len(data) {
		piece, cancel := context.WithTimeout(ctx, e.lim.Write)
		n, err := c.Write(piece, data[sent:min(sent+pieceSize, len(data))])
		cancel()
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// confirm asks, behind the job, whether it was processed. A printer that
// answered before and does not now leaves the job uncertain; one that never
// answers leaves it sent, unless it resets the connection.
func (e *Engine) confirm(ctx context.Context, c *port.Conn, t Tongue, answers Answers) driver.JobStatus {
	uncertain := func(reason string) driver.JobStatus {
		return driver.JobStatus{State: driver.JobUncertain, Reason: reason}
	}
	drain, cancel := context.WithTimeout(ctx, e.lim.Write)
	err := c.Drain(drain)
	cancel()
	if err != nil {
		return uncertain(err.Error())
	}
	if answers == ItsJobs {
		e.owed = true
		err := t.Done(ctx, c, e.lim.Finish)
		switch {
		case err == nil:
			e.owed = false
			return driver.JobStatus{State: driver.JobConfirmed}
		case ended(err):
			return uncertain("the printer took the job and did not answer afterwards")
		}
		e.owed = false
		return uncertain(err.Error())
	}
	a, _ := e.printer()
	if !network(a) {
		return driver.JobStatus{State: driver.JobSent}
	}
	quiet, cancel := context.WithTimeout(ctx, e.lim.Ask)
	defer cancel()
	if _, err := c.Read(quiet); err != nil && !harmless(err) {
		return uncertain(err.Error())
	}
	return driver.JobStatus{State: driver.JobSent}
}

// JobStatus implements driver.Printer. What an earlier process sent nobody can
// tell: the answer is unknown.
func (e *Engine) JobStatus(_ context.Context, key driver.JobKey) (driver.JobStatus, error) {
	return e.journal.Status(key), nil
}

// Cancel implements driver.Printer.
func (e *Engine) Cancel(_ context.Context, key driver.JobKey) (driver.JobStatus, error) {
	return e.journal.Cancel(key), nil
}

// Kick sends a drawer's pulse. The id is noted before it leaves: a second call
// never kicks again, whatever became of the first.
func (e *Engine) Kick(ctx context.Context, id string, pulse []byte) error {
	e.mu.Lock()
	done := e.opened[id]
	if len(e.opened) > 10_000 {
		clear(e.opened) // kicks are void after seconds; these are hours old
	}
	e.opened[id] = true
	e.mu.Unlock()
	if done {
		return nil
	}
	select {
	case <-e.line:
		defer func() { e.line <- struct{}{} }()
	case <-ctx.Done():
		return ctx.Err()
	}
	c, err := e.connect(ctx)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		e.release(c, true)
		return err
	}
	ask, cancel := context.WithTimeout(ctx, e.lim.Ask)
	defer cancel()
	_, err = c.Write(ask, pulse)
	e.release(c, err == nil)
	return err
}
