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
	// Release fails claimed jobs of which nothing was sent, all at once: their device
	// is away. They are due again after device.AbsentFor. Those that are not ours any
	// more it passes over.
	Release(ctx context.Context, jobs []device.Job, reason string) error
	// Due makes the failed jobs of a device due at once that have that reason; of
	// every device where it is id.None.
	Due(ctx context.Context, dev id.ID, reason string) error
	// Renew renews the lease of a job in Sending that takes long.
	Renew(ctx context.Context, j device.Job) error
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
	Submit   time.Duration // how long a printer may take; default 2 min: a picture on a line of 9,600 baud
	Resolve  time.Duration // how long a lost answer is asked for; default 8 s; below device.Lease less renewEvery
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
		o.Submit = 2 * time.Minute
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
	q.back(ctx, id.None) // no device is known to be away yet
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

// lane works through one device's jobs. While the device is away they go back, all
// that are in hand in one step, and the lane looks out for it: a device that returns
// prints at once what it has missed, and one that does not costs the database little.
func (q *Queue) lane(ctx context.Context, dev id.ID, wake chan struct{}) {
	var away *device.Job // one of those that went back; nil: the device is there
	for {
		q.mu.Lock()
		jobs := q.work[dev]
		q.work[dev] = nil
		q.mu.Unlock()
		var unsent []device.Job
		for _, j := range jobs {
			patience := q.o.Patience
			if away != nil { // one has waited in vain: not each of those behind it as well, until no lease holds
				patience = 0
			}
			switch {
			case ctx.Err() != nil:
				unsent = append(unsent, j)
				continue
			case j.State == device.Sending: // what became of it says nothing of the device now
				q.resolve(context.WithoutCancel(ctx), j)
			case q.do(ctx, j, patience):
				away = nil
			default:
				away = &j
				unsent = append(unsent, j)
				continue
			}
			q.letGo(j)
		}
		q.giveBack(ctx, unsent)
		if len(jobs) > 0 {
			continue
		}
		look := time.Duration(1<<63 - 1)
		if away != nil {
			look = poll
		}
		t := time.NewTimer(look)
		select {
		case <-wake:
		case <-t.C:
			if _, there := q.find(*away); there {
				away = nil
				q.back(ctx, dev)
			}
		case <-ctx.Done():
			q.mu.Lock()
			left := len(q.work[dev])
			q.mu.Unlock()
			if left == 0 {
				t.Stop()
				return
			}
		}
		t.Stop()
	}
}

// back has a device that is there again take what waits for it.
func (q *Queue) back(ctx context.Context, dev id.ID) {
	if err := q.o.Jobs.Due(ctx, dev, ErrPrinterUnavailable.Reason); err != nil && ctx.Err() == nil {
		q.o.Log.Warn("what waits for a device waits on", "device", dev, "err", err)
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

// giveBack returns the jobs of a lane of which nothing was sent, because the device is
// away or the program ends, so that they need not wait for their leases to run out.
func (q *Queue) giveBack(ctx context.Context, jobs []device.Job) {
	reason := ErrPrinterUnavailable.Reason
	if ctx.Err() != nil {
		reason = ErrShutdown.Reason
	}
	var claimed []device.Job
	for _, j := range jobs {
		if j.State == device.Claimed { // one in Sending, as the program ends, keeps its lease: the next process asks for it
			claimed = append(claimed, j)
		}
	}
	if len(claimed) > 0 {
		err := q.insist(context.WithoutCancel(ctx), func(ctx context.Context) error { return q.o.Jobs.Release(ctx, claimed, reason) })
		if err != nil {
			q.o.Log.Error("print jobs were not given back", "jobs", len(claimed), "err", err)
		} else {
			q.o.Log.Warn("print jobs wait", "device", claimed[0].Device, "jobs", len(claimed), "reason", reason)
		}
	}
	for _, j := range jobs {
		q.letGo(j)
	}
}

// do prints one job. It answers false where the printer did not come within that time,
// or the program ended before.
func (q *Queue) do(ctx context.Context, j device.Job, patience time.Duration) (there bool) {
	// What is begun is finished although the program is shutting down: the
	// limits below end it.
	hold := context.WithoutCancel(ctx)
	p, ok := q.printer(ctx, j, patience)
	if !ok {
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
	leave := context.AfterFunc(ctx, func() { time.AfterFunc(closing, cancel) })
	q.wg.Go(func() { q.keep(submit, j) })
	st, err := send(submit)
	leave()
	cancel()
	if err != nil || !st.State.Final() {
		q.o.Log.Warn("lost the answer to a print job", "job", j.ID, "attempt", j.Attempt, "err", err)
		q.resolve(hold, j)
		return true
	}
	q.settle(hold, j, st)
	return true
}

// closing is how long a printer may still take when the program ends.
const closing = 20 * time.Second

// renewEvery is how often the lease of a job is renewed that is being printed.
const renewEvery = device.Lease / 3

// keep keeps a job ours for as long as its printer takes.
func (q *Queue) keep(ctx context.Context, j device.Job) {
	for rest(ctx, renewEvery); ctx.Err() == nil; rest(ctx, renewEvery) {
		if err := q.o.Jobs.Renew(ctx, j); err != nil && ctx.Err() == nil {
			q.o.Log.Warn("the lease of a print job was not renewed", "job", j.ID, "err", err)
		}
	}
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

// advance writes a step down: what is not written is asked of the driver once more
// later.
func (q *Queue) advance(ctx context.Context, j device.Job, from, to device.State, reasonKey, detail string) {
	err := q.insist(ctx, func(ctx context.Context) error {
		return q.o.Jobs.Advance(ctx, j.ID, j.Merchant, from, to, j.Attempt, device.Reason(reasonKey, detail))
	})
	if err != nil {
		q.o.Log.Error("a print job's state was not written", "job", j.ID, "to", to, "err", err)
	} else if to == device.Failed || to == device.Uncertain {
		q.o.Log.Warn("print job", "job", j.ID, "attempt", j.Attempt, "state", to, "reason", reasonKey, "detail", detail)
	}
}

// insist writes, and tries again for a while where the database is away.
func (q *Queue) insist(ctx context.Context, write func(context.Context) error) error {
	limit, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		err := write(limit)
		if err == nil {
			return nil
		}
		kind := fault.KindOf(err)
		if limit.Err() != nil || kind == fault.Conflict || kind == fault.NotFound || kind == fault.Invalid {
			return err
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
