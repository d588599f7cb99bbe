package hw

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Reasons that a print job carries (device.SplitReason). They are declared as
// faults so that the catalogues have their texts; no call returns them.
var (
	ErrPrinterUnavailable = fault.New(fault.Unavailable, "hw.printer_unavailable") // failed: the driver is not running
	ErrDocument           = fault.New(fault.Internal, "hw.document_failed")        // failed: the receipt could not be made
	ErrPrinterRefused     = fault.New(fault.Unavailable, "hw.printer_refused")     // failed: the printer took nothing
	ErrInterrupted        = fault.New(fault.Unavailable, "hw.interrupted")         // uncertain: something was sent
	ErrNoAnswer           = fault.New(fault.Unavailable, "hw.no_answer")           // uncertain: nobody can tell
	ErrShutdown           = fault.New(fault.Unavailable, "hw.shutting_down")       // failed: given back unprinted
)

// Jobs is the queue; core/device satisfies it and states its contract.
type Jobs interface {
	// Claim takes up to n jobs for a worker, under a lease.
	Claim(ctx context.Context, worker string, n int) ([]device.Job, error)
	// Advance moves a job from one state to another; it fails where the job is
	// not in from with that attempt.
	Advance(ctx context.Context, jobID, merchant id.ID, from, to device.State, attempt int, reason string) error
	// Wait returns when there may be new work.
	Wait(ctx context.Context)
}

// Documents makes the receipt of a job from its reference.
type Documents interface {
	Document(ctx context.Context, j device.Job) (receipt.Document, error)
}

// Printers hands out the printers that can take a job now, by device id.
type Printers interface {
	Printer(id string) (driver.Printer, bool)
}

// Labels makes what a job of labels prints, and how often.
type Labels interface {
	Label(ctx context.Context, j device.Job) (l *driver.Label, copies int, err error)
}

// Labelers hands out the label printers that can take a job now, by device id.
type Labelers interface {
	Labeler(id string) (driver.Labeler, bool)
}

// QueueOptions are what a queue works with. The durations have defaults.
type QueueOptions struct {
	Jobs      Jobs
	Documents Documents
	Printers  Printers
	Labels    Labels   // nil: jobs of labels fail
	Labelers  Labelers // likewise
	Log       *slog.Logger
	Worker    string // names this process; differs from every other one's

	Batch    int           // jobs a claim; default 16
	Patience time.Duration // how long a job waits for its printer to be running; default 2 s
	Submit   time.Duration // how long a printer may take; default 20 s
	Resolve  time.Duration // how long a lost answer is asked for; default 8 s; with Submit below device.Lease
}

// Queue takes print jobs and hands them to printers: one at a time for each
// device, all devices at once.
type Queue struct {
	o QueueOptions

	mu    sync.Mutex
	lanes map[id.ID]chan struct{} // wakes a device's lane
	work  map[id.ID][]device.Job  // a device's jobs in order
	busy  map[id.ID]bool          // jobs that this process has in hand
	again map[id.ID]device.Job    // claimed anew while still in hand
	wg    sync.WaitGroup
}

// NewQueue makes a queue; Run works.
func NewQueue(o QueueOptions) *Queue {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Batch == 0 {
		o.Batch = 16
	}
	if o.Patience == 0 {
		o.Patience = 2 * time.Second
	}
	if o.Submit == 0 {
		o.Submit = 20 * time.Second
	}
	if o.Resolve == 0 {
		o.Resolve = 8 * time.Second
	}
	return &Queue{o: o, lanes: map[id.ID]chan struct{}{}, work: map[id.ID][]device.Job{}, busy: map[id.ID]bool{}, again: map[id.ID]device.Job{}}
}

// poll is the rest between two questions to a driver or the database.
const poll = 50 * time.Millisecond

// Run works until ctx ends, then finishes what printers have in hand, gives
// the rest back, and returns.
func (q *Queue) Run(ctx context.Context) {
	defer q.wg.Wait()
	for ctx.Err() == nil {
		jobs, err := q.o.Jobs.Claim(ctx, q.o.Worker, q.o.Batch)
		if err != nil {
			if ctx.Err() == nil {
				q.o.Log.Error("claiming print jobs", "err", err)
			}
			rest(ctx, time.Second)
			continue
		}
		for _, j := range jobs {
			q.accept(ctx, j)
		}
		if len(jobs) == 0 {
			q.o.Jobs.Wait(ctx)
		}
	}
}

// accept puts a job in its device's lane. One that is still in hand waits for
// that to end: either it failed and was claimed anew before its lane had let go
// of it, or its lease ran out behind a slow printer; then the step to Sending
// will be refused, because the job is further by then.
func (q *Queue) accept(ctx context.Context, j device.Job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.busy[j.ID] {
		q.again[j.ID] = j
		return
	}
	q.busy[j.ID] = true
	q.work[j.Device] = append(q.work[j.Device], j)
	wake, ok := q.lanes[j.Device]
	if !ok {
		wake = make(chan struct{}, 1)
		q.lanes[j.Device] = wake
		q.wg.Go(func() { q.lane(ctx, j.Device, wake) })
	}
	select {
	case wake <- struct{}{}:
	default:
	}
}

// lane works through one device's jobs.
func (q *Queue) lane(ctx context.Context, dev id.ID, wake chan struct{}) {
	for {
		q.mu.Lock()
		jobs := q.work[dev]
		q.work[dev] = nil
		q.mu.Unlock()
		patience := q.o.Patience
		for _, j := range jobs {
			switch {
			case ctx.Err() != nil:
				q.giveBack(j)
			case q.do(ctx, j, patience):
				patience = q.o.Patience
			default: // one has waited in vain: not each of those behind it as well, until no lease holds
				patience = 0
			}
			q.letGo(j)
		}
		if len(jobs) > 0 {
			continue
		}
		select {
		case <-wake:
		case <-ctx.Done():
			q.mu.Lock()
			left := len(q.work[dev])
			q.mu.Unlock()
			if left == 0 {
				return
			}
		}
	}
}

// letGo ends a job's time in hand, or begins the next where it was claimed anew.
func (q *Queue) letGo(j device.Job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	next, ok := q.again[j.ID]
	if !ok {
		delete(q.busy, j.ID)
		return
	}
	delete(q.again, j.ID)
	q.work[j.Device] = append(q.work[j.Device], next)
}

// giveBack returns a job of which nothing was sent, so that it need not wait
// for its lease to run out.
func (q *Queue) giveBack(j device.Job) {
	if j.State == device.Claimed {
		q.advance(context.Background(), j, device.Claimed, device.Failed, ErrShutdown.Reason, "")
	}
}

// do prints one job, or finds out what became of it. It answers false where the printer
// did not come within that time.
func (q *Queue) do(ctx context.Context, j device.Job, patience time.Duration) (there bool) {
	// What is begun is finished although the program is shutting down: the
	// limits below end it.
	hold := context.WithoutCancel(ctx)
	if j.State == device.Sending {
		q.resolve(hold, j)
		return true
	}
	p, ok := q.printer(ctx, j, patience)
	if !ok {
		if ctx.Err() != nil {
			q.giveBack(j)
			return false
		}
		q.advance(hold, j, device.Claimed, device.Failed, ErrPrinterUnavailable.Reason, "")
		return false
	}
	send, err := q.prepare(ctx, j, p)
	if err != nil {
		q.o.Log.Error("making what a print job prints", "job", j.ID, "kind", j.Kind, "err", err)
		q.advance(hold, j, device.Claimed, device.Failed, ErrDocument.Reason, fault.Of(err).Reason)
		return true
	}
	// From here on a byte may leave: noted first. Where the note fails nothing
	// is sent; another worker may have the job.
	if err := q.o.Jobs.Advance(hold, j.ID, j.Merchant, device.Claimed, device.Sending, j.Attempt, ""); err != nil {
		q.o.Log.Warn("print job was not ours any more", "job", j.ID, "err", err)
		return true
	}
	submit, cancel := context.WithTimeout(hold, q.o.Submit)
	st, err := send(submit)
	cancel()
	if err != nil || !st.State.Final() {
		q.o.Log.Warn("lost the answer to a print job", "job", j.ID, "attempt", j.Attempt, "err", err)
		q.resolve(hold, j)
		return true
	}
	q.settle(hold, j, st)
	return true
}

// resolve asks the driver what became of a job in Sending. Where it cannot
// tell, the job is uncertain; it is never sent again from here.
func (q *Queue) resolve(ctx context.Context, j device.Job) {
	limit, cancel := context.WithTimeout(ctx, q.o.Resolve)
	defer cancel()
	for limit.Err() == nil {
		if p, ok := q.find(j); ok {
			ask, done := context.WithTimeout(limit, time.Second)
			st, err := p.JobStatus(ask, key(j))
			done()
			switch {
			case errors.Is(err, driver.ErrUnsupported):
				st = driver.JobStatus{State: driver.JobUnknown}
				fallthrough
			case err == nil && (st.State.Final() || st.State == driver.JobUnknown):
				q.settle(ctx, j, st)
				return
			}
		}
		rest(limit, poll)
	}
	// The last chance for a job that still waits inside the driver.
	if p, ok := q.find(j); ok {
		ask, done := context.WithTimeout(ctx, time.Second)
		st, err := p.Cancel(ask, key(j))
		done()
		if err == nil && st.State.Final() {
			q.settle(ctx, j, st)
			return
		}
	}
	q.advance(ctx, j, device.Sending, device.Uncertain, ErrNoAnswer.Reason, "")
}

// settle writes down what the driver says of a job in Sending.
func (q *Queue) settle(ctx context.Context, j device.Job, st driver.JobStatus) {
	switch st.State {
	case driver.JobConfirmed:
		q.advance(ctx, j, device.Sending, device.Confirmed, "", "")
	case driver.JobSent:
		q.advance(ctx, j, device.Sending, device.Sent, "", "")
	case driver.JobFailed, driver.JobCancelled:
		q.advance(ctx, j, device.Sending, device.Failed, ErrPrinterRefused.Reason, st.Reason)
	case driver.JobUncertain:
		q.advance(ctx, j, device.Sending, device.Uncertain, ErrInterrupted.Reason, st.Reason)
	default:
		q.advance(ctx, j, device.Sending, device.Uncertain, ErrNoAnswer.Reason, st.Reason)
	}
}

// advance writes a step down, and tries again for a while where the database
// is away: what is not written is asked of the driver once more later.
func (q *Queue) advance(ctx context.Context, j device.Job, from, to device.State, reasonKey, detail string) {
	limit, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		err := q.o.Jobs.Advance(limit, j.ID, j.Merchant, from, to, j.Attempt, device.Reason(reasonKey, detail))
		if err == nil {
			if to == device.Failed || to == device.Uncertain {
				q.o.Log.Warn("print job", "job", j.ID, "attempt", j.Attempt, "state", to, "reason", reasonKey, "detail", detail)
			}
			return
		}
		kind := fault.KindOf(err)
		if limit.Err() != nil || kind == fault.Conflict || kind == fault.NotFound || kind == fault.Invalid {
			q.o.Log.Error("a print job's state was not written", "job", j.ID, "to", to, "err", err)
			return
		}
		rest(limit, poll)
	}
}

// printer waits a little for a printer that is being restarted.
func (q *Queue) printer(ctx context.Context, j device.Job, patience time.Duration) (driver.Printer, bool) {
	limit, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if p, ok := q.find(j); ok {
			return p, true
		}
		if limit.Err() != nil {
			return nil, false
		}
		rest(limit, poll)
	}
}

// find answers the printer of a job that can take it now; a label printer in the
// printer's place for labels.
func (q *Queue) find(j device.Job) (driver.Printer, bool) {
	if j.Kind != device.KindLabel {
		return q.o.Printers.Printer(j.Device.String())
	}
	if q.o.Labelers == nil || q.o.Labels == nil {
		return nil, false
	}
	l, ok := q.o.Labelers.Labeler(j.Device.String())
	return labels{l}, ok
}

// prepare makes what a job prints; the answer sends it.
func (q *Queue) prepare(ctx context.Context, j device.Job, p driver.Printer) (func(context.Context) (driver.JobStatus, error), error) {
	if l, ok := p.(labels); ok {
		what, copies, err := q.o.Labels.Label(ctx, j)
		return func(ctx context.Context) (driver.JobStatus, error) {
			return l.PrintLabel(ctx, driver.LabelJob{JobKey: key(j), Label: what, Copies: copies})
		}, err
	}
	doc, err := q.o.Documents.Document(ctx, j)
	doc.Copy = j.Attempt // marked where it is not the first
	message := wire.To(doc)
	return func(ctx context.Context) (driver.JobStatus, error) {
		return p.Submit(ctx, driver.Job{JobKey: key(j), Document: message})
	}, err
}

// labels is a label printer as the queue asks one: it cannot take a job back, and a
// job that it does not know of may be on paper.
type labels struct{ driver.Labeler }

func (l labels) Submit(context.Context, driver.Job) (driver.JobStatus, error) {
	return driver.JobStatus{}, driver.ErrUnsupported
}

func (l labels) JobStatus(ctx context.Context, key driver.JobKey) (driver.JobStatus, error) {
	return l.LabelStatus(ctx, key)
}

func (l labels) Cancel(context.Context, driver.JobKey) (driver.JobStatus, error) {
	return driver.JobStatus{}, driver.ErrUnsupported
}

func key(j device.Job) driver.JobKey {
	return driver.JobKey{ID: j.ID.String(), Attempt: j.Attempt}
}

// rest sleeps, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
