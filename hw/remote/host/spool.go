package host

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw"
	"github.com/shopwright/shopwright/hw/remote"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

// ErrSpool: the host's disk takes nothing; nothing is printed then.
var ErrSpool = fault.New(fault.Unavailable, "hw.spool_failed")

// Spool keeps the host's print jobs on its disk. It is the queue that hw.Queue works
// on here: the host alone has these jobs, so it needs no leases. Safe for concurrent
// use.
type Spool struct {
	file string

	mu    sync.Mutex
	f     *os.File
	size  int64
	jobs  map[id.ID]*entry
	order []id.ID // as they came
	here  func(dev id.ID) bool
	rings chan struct{} // the queue: there may be work
	news  chan struct{} // the reporter: there is something to tell
}

// entry is a job as it lies on the disk.
type entry struct {
	remote.Job
	At device.Standing `json:"at"`

	told  int64     // the server has written this Seq down
	taken bool      // the queue of this process has it in hand
	due   time.Time // of a failed one
}

// Put takes jobs from the server; they are on the disk when it answers. A job that is
// known already stays as it is.
func (s *Spool) Put(jobs []remote.Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var recs []record
	for _, j := range jobs {
		if was := s.jobs[j.Job.ID]; was != nil && was.At.Attempt >= j.Job.Attempt {
			continue
		}
		recs = append(recs, record{Put: &entry{Job: j, At: device.Standing{Job: j.Job.ID, Attempt: j.Job.Attempt, State: device.Claimed, Failures: j.Job.Failures}}})
	}
	if len(recs) == 0 {
		return nil
	}
	if err := s.write(recs...); err != nil {
		return err
	}
	for _, rec := range recs {
		s.add(rec.Put)
	}
	ring(s.rings)
	return nil
}

// Have lists the jobs that the host knows of.
func (s *Spool) Have() []id.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.order)
}

// Claim implements hw.Jobs.
func (s *Spool) Claim(_ context.Context, _ string, n int) ([]device.Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []device.Job
	now := time.Now()
	for _, k := range s.order {
		e := s.jobs[k]
		if len(out) == n {
			break
		}
		if e.taken || !e.At.Held() || e.At.State == device.Failed && now.Before(e.due) {
			continue
		}
		if e.At.State == device.Failed {
			e.At.State = device.Claimed // in memory alone: after a kill it is a failed one again
		}
		e.taken = true
		j := e.Job.Job
		j.State, j.Failures = e.At.State, e.At.Failures
		out = append(out, j)
	}
	return out, nil
}

// Advance implements hw.Jobs; the step is on the disk when it answers.
func (s *Spool) Advance(_ context.Context, jobID, _ id.ID, from, to device.State, attempt int, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.jobs[jobID]
	if e == nil || e.At.State != from || e.At.Attempt != attempt || !device.CanMove(from, to) {
		return device.ErrNotOurs.With("state", string(from))
	}
	at := e.At
	at.State, at.Reason = to, reason
	at.Seq++
	if to == device.Failed {
		at.Failures++
		at.Release = s.elsewhere(e)
	}
	if err := s.write(record{At: &at}); err != nil {
		if to == device.Sending { // nothing is sent; it is tried again when the disk may have recovered
			e.At.State, e.taken, e.due = device.Failed, false, time.Now().Add(time.Second)
			return err
		}
		// After a kill the driver is asked what became of it; until then it is known here.
		at.Release = false
	}
	e.At = at
	if to == device.Failed {
		rest := device.RetryAfter(at.Failures)
		e.taken, e.due = false, time.Now().Add(rest)
		time.AfterFunc(rest, func() { ring(s.rings) })
	}
	ring(s.news)
	return nil
}

// elsewhere reports whether a job's device is at this host no more.
func (s *Spool) elsewhere(e *entry) bool { return s.here != nil && !s.here(e.Job.Job.Device) }

// Release implements hw.Jobs. What the end of the program gives back waits here for the
// next start.
func (s *Spool) Release(_ context.Context, jobs []device.Job, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var recs []record
	var free []*entry
	for _, j := range jobs {
		e := s.jobs[j.ID]
		if e == nil || e.At.State != device.Claimed || e.At.Attempt != j.Attempt {
			continue
		}
		if reason == hw.ErrShutdown.Reason {
			e.taken = false
			continue
		}
		at := e.At
		at.State, at.Reason, at.Release = device.Failed, reason, s.elsewhere(e)
		at.Seq++
		at.Failures++
		recs, free = append(recs, record{At: &at}), append(free, e)
	}
	if len(recs) == 0 {
		return nil
	}
	if err := s.write(recs...); err != nil {
		return err
	}
	for i, e := range free {
		rest := device.AbsentFor(recs[i].At.Failures)
		e.At, e.taken, e.due = *recs[i].At, false, time.Now().Add(rest)
	} // Wait looks for what has rested
	ring(s.news)
	return nil
}

// Due implements hw.Jobs.
func (s *Spool) Due(_ context.Context, dev id.ID, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.jobs {
		if e.At.State == device.Failed && e.At.Reason == reason && (e.Job.Job.Device == dev || dev.IsNone()) {
			e.due = time.Time{}
		}
	}
	ring(s.rings)
	return nil
}

// Renew implements hw.Jobs: here nobody else asks for a job.
func (s *Spool) Renew(context.Context, device.Job) error { return nil }

// Wait implements hw.Jobs.
func (s *Spool) Wait(ctx context.Context) {
	t := time.NewTimer(time.Second)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-s.rings:
	case <-t.C:
	}
}

// Document implements hw.Documents.
func (s *Spool) Document(_ context.Context, j device.Job) (receipt.Document, error) {
	s.mu.Lock()
	e := s.jobs[j.ID]
	s.mu.Unlock()
	if e == nil {
		return receipt.Document{}, device.ErrJobNotFound
	}
	var m driver.Document
	if err := proto.Unmarshal(e.Job.Document, &m); err != nil {
		return receipt.Document{}, fault.ErrInternal.Wrap(err)
	}
	d := wire.From(&m)
	d.CopyMark = e.CopyMark
	return d, nil
}

// Label implements hw.Labels.
func (s *Spool) Label(_ context.Context, j device.Job) (*driver.Label, int, error) {
	s.mu.Lock()
	e := s.jobs[j.ID]
	s.mu.Unlock()
	if e == nil || e.Copies < 1 {
		return nil, 0, device.ErrJobNotFound
	}
	l := &driver.Label{}
	if err := proto.Unmarshal(e.Job.Label, l); err != nil {
		return nil, 0, fault.ErrInternal.Wrap(err)
	}
	return l, e.Copies, nil
}

// Stand says which devices are at this host. The jobs of others are given back where
// nothing of them was sent.
func (s *Spool) Stand(here func(dev id.ID) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.here = here
	return s.release(func(e *entry) bool { return !here(e.Job.Job.Device) }, hw.ErrPrinterUnavailable.Reason)
}

// GiveBack gives every job back of which nothing was sent; none of them is printed
// here any more. The queue has ended.
func (s *Spool) GiveBack() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.jobs {
		e.taken = false
	}
	return s.release(func(*entry) bool { return true }, hw.ErrShutdown.Reason)
}

func (s *Spool) release(which func(*entry) bool, reason string) error {
	var recs []record
	var free []*entry
	for _, k := range s.order {
		e := s.jobs[k]
		if e.taken || !e.At.Held() || e.At.State == device.Sending || !which(e) {
			continue
		}
		at := e.At
		at.State, at.Reason, at.Release = device.Failed, reason, true
		at.Seq++
		recs, free = append(recs, record{At: &at}), append(free, e)
	}
	if len(recs) == 0 {
		return nil
	}
	if err := s.write(recs...); err != nil {
		return err
	}
	for i, e := range free {
		e.At = *recs[i].At
	}
	ring(s.news)
	return nil
}

// Untold lists what the server has not written down yet, the oldest job first.
func (s *Spool) Untold(n int) []device.Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []device.Standing
	for _, k := range s.order {
		e := s.jobs[k]
		if e.At.Seq > e.told && len(out) < n {
			at := e.At
			if at.State == device.Claimed { // a failed one that is being tried again
				at.State = device.Failed
			}
			out = append(out, at)
		}
	}
	return out
}

// Told notes what the server has written down; what is over is forgotten.
func (s *Spool) Told(list []device.Standing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var over []id.ID
	for _, at := range list {
		e := s.jobs[at.Job]
		if e == nil || e.At.Attempt != at.Attempt {
			continue
		}
		e.told = max(e.told, at.Seq)
		if e.told == e.At.Seq && !e.At.Held() {
			over = append(over, at.Job)
		}
	}
	if len(over) == 0 {
		return nil
	}
	if err := s.write(record{Drop: over}); err != nil {
		return err
	}
	s.remove(over)
	if err := s.tidy(); err != nil {
		return ErrSpool.Wrap(err)
	}
	return nil
}

// Close ends the spool.
func (s *Spool) Close() error { return s.f.Close() }

func ring(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
