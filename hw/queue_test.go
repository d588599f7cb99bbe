package hw

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

// TestA28_KillAtEveryPoint kills the driver at every point of a job and the
// program at every step it writes, in every combination, with a printer that
// can tell what is on its paper and with one that cannot.
func TestA28_KillAtEveryPoint(t *testing.T) {
	dev := id.Derived("printer")
	for _, certain := range []bool{true, false} {
		for at := sim.Never; at < sim.NumberOfPoints; at++ {
			for crash := range 4 { // 0: the program lives
				for _, after := range []bool{false, true} {
					name := fmt.Sprintf("certain=%v/driver dies at %d/program at step %d after=%v", certain, at, crash, after)
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						s := newStore(t)
						p := &sim.Printer{Certain: certain}
						p.DieAt(at)
						printers := sim.Printers{dev.String(): p}
						j := s.add(dev)
						run(t, s.incarnate(crash, after), printers, oneReceipt{})
						run(t, s.incarnate(0, false), printers, oneReceipt{})
						check(t, s, p, j, certain)
						if !certain && s.get(j).State == device.Uncertain {
							p.DieAt(sim.Never)
							s.reprint(j)
							run(t, s.incarnate(0, false), printers, oneReceipt{})
							check(t, s, p, j, certain)
							last := p.Paper()[len(p.Paper())-1]
							if !last.Whole || !strings.Contains(last.Text, "DUPLICATE 补打 #2") {
								t.Errorf("the reprint is not marked: %+v", last)
							}
						}
					})
				}
			}
		}
	}
}

// check: never two unmarked sheets, never a job settled as printed that is
// not; and where the printer can tell, always exactly one whole receipt.
func check(t *testing.T, s *store, p *sim.Printer, j id.ID, certain bool) {
	t.Helper()
	job := s.get(j)
	unmarked, whole := 0, 0
	for _, sheet := range p.Paper() {
		if !strings.Contains(sheet.Text, "DUPLICATE") {
			unmarked++
		}
		if sheet.Whole {
			whole++
		}
	}
	if unmarked > 1 {
		t.Errorf("%d unmarked sheets: %+v", unmarked, p.Paper())
	}
	switch job.State {
	case device.Confirmed, device.Sent:
		if whole == 0 {
			t.Errorf("%s without paper", job.State)
		}
	case device.Uncertain:
		if certain {
			t.Error("uncertain although the printer can tell")
		}
	default:
		t.Errorf("left in %s", job.State)
	}
	if certain && (whole != 1 || len(p.Paper()) != 1) {
		t.Errorf("%d sheets instead of one", len(p.Paper()))
	}
}

func TestARefusedJobIsTriedAgainByItself(t *testing.T) {
	dev := id.Derived("printer")
	s := newStore(t)
	p := &sim.Printer{Confirms: true}
	p.Refuse(3)
	j := s.add(dev)
	in := s.incarnate(0, false)
	run(t, in, sim.Printers{dev.String(): p}, oneReceipt{})
	if got := s.get(j); got.State != device.Confirmed || got.Attempt != 1 || got.Failures != 3 {
		t.Errorf("%+v", got)
	}
	if sheets := p.Paper(); len(sheets) != 1 || strings.Contains(sheets[0].Text, "DUPLICATE") {
		t.Errorf("%+v", sheets)
	}
	if got := strings.Join(in.steps, " "); got != "sending failed sending failed sending failed sending confirmed" {
		t.Error(got)
	}
}

// A job that is claimed anew in the very moment it failed, before its lane has
// let go of it, is not lost.
func TestAJobClaimedWhileInHandIsNotLost(t *testing.T) {
	for range 200 {
		dev := id.Derived("printer")
		s := newStore(t)
		p := &sim.Printer{Confirms: true}
		p.Refuse(5)
		j := s.add(dev)
		run(t, s.incarnate(0, false), sim.Printers{dev.String(): p}, oneReceipt{})
		if got := s.get(j); got.State != device.Confirmed || len(p.Paper()) != 1 {
			t.Fatalf("%+v", got)
		}
	}
}

// An absent printer and a stalled one hold up no other printer.
func TestA28_OneAbsentDeviceBlocksNoOther(t *testing.T) {
	good, absent, stalled := id.Derived("good"), id.Derived("absent"), id.Derived("stalled")
	s := newStore(t)
	s.add(absent)
	s.add(stalled)
	var want []id.ID
	for range 20 {
		want = append(want, s.add(good))
	}
	p := &sim.Printer{Confirms: true}
	hang := &hanging{Printer: &sim.Printer{}, release: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	q := NewQueue(QueueOptions{Jobs: s.incarnate(0, false), Documents: oneReceipt{}, Patience: 50 * time.Millisecond,
		Printers: lookup{good.String(): p, stalled.String(): hang}})
	done := make(chan struct{})
	go func() { q.Run(ctx); close(done) }()
	for began := time.Now(); len(p.Paper()) < 20; time.Sleep(time.Millisecond) {
		if time.Since(began) > 3*time.Second {
			t.Fatal("the good printer waits for the others")
		}
	}
	for i, sheet := range p.Paper() {
		if sheet.ID != want[i].String() {
			t.Errorf("sheet %d is out of order", i)
		}
	}
	close(hang.release)
	cancel()
	<-done
}

type lookup map[string]driver.Printer

func (l lookup) Printer(id string) (driver.Printer, bool) { p, ok := l[id]; return p, ok }

type hanging struct {
	*sim.Printer
	release chan struct{}
}

func (h *hanging) Submit(ctx context.Context, j driver.Job) (driver.JobStatus, error) {
	select {
	case <-h.release:
	case <-ctx.Done():
	}
	return h.Printer.Submit(ctx, j)
}

// A printer that hangs for good leaves the job uncertain, or failed where the
// driver still holds it whole; it is not printed by itself later.
func TestAHungPrinterEndsUncertain(t *testing.T) {
	dev := id.Derived("printer")
	s := newStore(t)
	hang := &hanging{Printer: &sim.Printer{}, release: make(chan struct{})}
	j := s.add(dev)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	q := NewQueue(QueueOptions{Jobs: s.incarnate(0, false), Documents: oneReceipt{}, Submit: 50 * time.Millisecond, Resolve: 100 * time.Millisecond,
		Printers: lookup{dev.String(): lost{hang}}})
	go q.Run(ctx)
	for began := time.Now(); s.get(j).State != device.Uncertain; time.Sleep(time.Millisecond) {
		if time.Since(began) > 3*time.Second {
			t.Fatalf("%+v", s.get(j))
		}
	}
	if k, _ := device.SplitReason(s.reason[j]); k != "hw.no_answer" {
		t.Error(s.reason[j])
	}
}

// lost never answers.
type lost struct{ driver.Printer }

func (lost) Submit(ctx context.Context, _ driver.Job) (driver.JobStatus, error) {
	<-ctx.Done()
	return driver.JobStatus{}, ctx.Err()
}
func (lost) JobStatus(context.Context, driver.JobKey) (driver.JobStatus, error) {
	return driver.JobStatus{}, errors.New("no answer")
}
func (lost) Cancel(context.Context, driver.JobKey) (driver.JobStatus, error) {
	return driver.JobStatus{}, errors.New("no answer")
}

func TestAReceiptThatCannotBeMadeIsSaid(t *testing.T) {
	dev := id.Derived("printer")
	s := newStore(t)
	j := s.add(dev)
	in := s.incarnate(1, true) // end after the first step
	run(t, in, sim.Printers{dev.String(): &sim.Printer{}}, oneReceipt{err: fault.ErrInternal})
	if s.get(j).State != device.Failed || s.reason[j] != "hw.document_failed: internal.error" {
		t.Errorf("%+v %s", s.get(j), s.reason[j])
	}
}

func TestShutdownGivesJobsBack(t *testing.T) {
	dev := id.Derived("printer")
	s := newStore(t)
	hang := &hanging{Printer: &sim.Printer{Confirms: true}, release: make(chan struct{})}
	first, second := s.add(dev), s.add(dev)
	ctx, cancel := context.WithCancel(context.Background())
	q := NewQueue(QueueOptions{Jobs: s.incarnate(0, false), Documents: oneReceipt{}, Printers: lookup{dev.String(): hang}})
	done := make(chan struct{})
	go func() { q.Run(ctx); close(done) }()
	for s.get(first).State != device.Sending {
		time.Sleep(time.Millisecond)
	}
	cancel()
	close(hang.release)
	<-done
	if s.get(first).State != device.Confirmed || s.get(second).State != device.Failed || s.reason[second] != "hw.shutting_down" {
		t.Errorf("%+v %+v %s", s.get(first), s.get(second), s.reason[second])
	}
}

// A printer that is away is waited for once, not once for each of its jobs: behind a
// long line the leases would run out, and each job would be given out again and again.
func TestAPrinterThatIsAwayIsWaitedForOnce(t *testing.T) {
	s, dev := newStore(t), id.Derived("printer")
	const jobs = 12
	var all []id.ID
	for range jobs {
		all = append(all, s.add(dev))
	}
	ctx, cancel := context.WithCancel(t.Context())
	q := NewQueue(QueueOptions{Jobs: s.incarnate(0, false), Documents: oneReceipt{}, Printers: sim.Printers{}, Patience: 300 * time.Millisecond})
	ended := make(chan struct{})
	began := time.Now()
	go func() { defer close(ended); q.Run(ctx) }()
	for left := jobs; left > 0 && time.Since(began) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		left = 0
		for _, j := range all {
			if s.get(j).Failures == 0 {
				left++
			}
		}
	}
	took := time.Since(began)
	cancel()
	<-ended
	if took < 300*time.Millisecond || took > jobs*300*time.Millisecond/2 {
		t.Errorf("%d jobs waited %s in all", jobs, took)
	}
}

// What waits for a printer that is away goes back in one step, costs nothing while it
// waits, and is printed as soon as the printer returns, in its order.
func TestAPrinterThatReturnsPrintsAtOnceWhatItMissed(t *testing.T) {
	s, dev := newStore(t), id.Derived("printer")
	in := s.incarnate(0, false)
	p := &sim.Printer{Confirms: true}
	printers := &coming{printers: sim.Printers{dev.String(): p}}
	ctx, cancel := context.WithCancel(t.Context())
	q := NewQueue(QueueOptions{Jobs: in, Documents: oneReceipt{}, Printers: printers, Patience: 50 * time.Millisecond})
	ended := make(chan struct{})
	go func() { defer close(ended); q.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	steps := func() string { in.mu.Lock(); defer in.mu.Unlock(); return strings.Join(in.steps, " ") }
	soon := func(what string, so func() bool) {
		t.Helper()
		for began := time.Now(); !so(); time.Sleep(time.Millisecond) {
			if time.Since(began) > 5*time.Second {
				t.Fatal(what, steps())
			}
		}
	}
	var want []string
	for range 3 {
		want = append(want, s.add(dev).String())
	}
	soon("they wait", func() bool { return steps() == "failed failed failed" })
	time.Sleep(4 * poll)
	if got := steps(); got != "failed failed failed" {
		t.Fatal("something was done for an absent printer: ", got)
	}
	want = append(want, s.add(dev).String()) // it is known to be away
	soon("the next one waits too", func() bool { return steps() == "failed failed failed failed" })
	printers.here.Store(true)
	soon("they are printed", func() bool { return len(p.Paper()) == 4 })
	for i, sheet := range p.Paper() {
		if sheet.ID != want[i] || strings.Contains(sheet.Text, "DUPLICATE") {
			t.Errorf("%d: %+v", i, sheet)
		}
	}
}

// coming are printers that are away until they are here.
type coming struct {
	printers sim.Printers
	here     atomic.Bool
}

func (c *coming) Printer(id string) (driver.Printer, bool) {
	if !c.here.Load() {
		return nil, false
	}
	return c.printers.Printer(id)
}
