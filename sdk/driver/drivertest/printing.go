package drivertest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

func text(s string) *hwv1.Block {
	return &hwv1.Block{Kind: &hwv1.Block_Text{Text: &hwv1.Text{Text: s}}}
}

func mark(job string, attempt int) string { return fmt.Sprintf("%s #%d", job, attempt) }

func document(job string, attempt int) *driver.Document {
	return &driver.Document{Blocks: []*hwv1.Block{text(mark(job, attempt)), {Kind: &hwv1.Block_Cut{Cut: &hwv1.Cut{}}}}}
}

// print hands a small job to whichever of Printer and Labeler the driver serves.
func (t *T) print(ctx context.Context, p *proc, job string, attempt int) (driver.JobStatus, error) {
	key := driver.JobKey{ID: job, Attempt: attempt}
	if t.info.Prints() {
		return p.Submit(ctx, driver.Job{JobKey: key, Document: document(job, attempt)})
	}
	return p.PrintLabel(ctx, driver.LabelJob{JobKey: key, Copies: 1, Label: &driver.Label{Width: 500, Height: 300,
		Items: []*hwv1.LabelItem{{X: 20, Y: 20, Kind: &hwv1.LabelItem_Text{Text: &hwv1.LabelText{Text: mark(job, attempt), Height: 30}}}}}})
}

func (t *T) status(p *proc, job string, attempt int) driver.JobStatus {
	key, ask := driver.JobKey{ID: job, Attempt: attempt}, p.JobStatus
	if !t.info.Prints() {
		ask = p.LabelStatus
	}
	ctx, cancel := context.WithTimeout(t.ctx, 5*time.Second)
	defer cancel()
	st, err := ask(ctx, key)
	if err != nil {
		t.fatalf("it does not say how a job stands: %v", err)
	}
	return st
}

func (t *T) submit(p *proc, job string, attempt int) driver.JobStatus {
	ctx, cancel := context.WithTimeout(t.ctx, 20*time.Second)
	defer cancel()
	st, err := t.print(ctx, p, job, attempt)
	if err != nil {
		t.fatalf("a job answers %v", err)
	}
	return st
}

func (t *T) out(job string, attempt int) func() bool {
	return func() bool { return t.Printed(job, attempt) > 0 }
}

func printed(s driver.JobState) bool { return s == driver.JobSent || s == driver.JobConfirmed }
func unsent(s driver.JobState) bool  { return s == driver.JobFailed || s == driver.JobCancelled }

func replay(t *T) {
	p, job := t.start(true), newJob()
	first := t.submit(p, job, 1)
	if !printed(first.State) {
		t.fatalf("a job becomes %+v", first)
	}
	for range 5 {
		if again := t.submit(p, job, 1); again.State != first.State {
			t.errorf("asked again it says %s, first %s", again.State, first.State)
		}
	}
	if st := t.status(p, job, 1); st.State != first.State {
		t.errorf("its status is %s, the answer was %s", st.State, first.State)
	}
	t.wait(5*time.Second, "it came out", t.out(job, 1))
	time.Sleep(50 * time.Millisecond)
	if n := t.Printed(job, 1); n != 1 {
		t.errorf("it came out %d times", n)
	}
}

func concurrent(t *T) {
	p, job := t.start(true), newJob()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.ctx, 20*time.Second)
			defer cancel()
			if st, err := t.print(ctx, p, job, 1); err != nil || !printed(st.State) {
				t.errorf("one of sixteen answers %+v %v", st, err)
			}
		})
	}
	wg.Wait()
	t.wait(5*time.Second, "it came out", t.out(job, 1))
	time.Sleep(50 * time.Millisecond)
	if n := t.Printed(job, 1); n != 1 {
		t.errorf("it came out %d times", n)
	}
}

func reprint(t *T) {
	p, job := t.start(true), newJob()
	for attempt := 1; attempt <= 3; attempt++ {
		if st := t.submit(p, job, attempt); !printed(st.State) {
			t.fatalf("attempt %d becomes %+v", attempt, st)
		}
		t.wait(5*time.Second, "it came out", func() bool { return t.Printed(job, attempt) == 1 })
	}
}

// killed: a new process may say of an old job that it is printed, or that it
// cannot tell; it may say that nothing was printed only where that is so.
func killed(t *T) {
	for round := range 8 {
		p, job := t.start(true), newJob()
		done := make(chan struct{})
		go func() {
			defer close(done)
			ctx, cancel := context.WithTimeout(t.ctx, 20*time.Second)
			defer cancel()
			_, _ = t.print(ctx, p, job, 1)
		}()
		time.Sleep(time.Duration(round) * 2 * time.Millisecond)
		t.kill(p)
		<-done
		time.Sleep(20 * time.Millisecond) // what has left arrives
		q := t.start(true)
		st, n := t.status(q, job, 1), t.Printed(job, 1)
		switch {
		case n > 1:
			t.errorf("it came out %d times", n)
		case printed(st.State) && n != 1:
			t.errorf("a new process says %s, and nothing came out", st.State)
		case unsent(st.State) && n != 0:
			t.errorf("a new process says %s, and it came out", st.State)
		case st.State == driver.JobPending || st.State == driver.JobSending:
			t.errorf("a new process says %s of a dead process's job", st.State)
		}
		q.client.Kill()
	}
}

func cancelled(t *T) {
	p, job := t.start(true), newJob()
	first := t.submit(p, job, 1)
	st, err := p.Cancel(t.timeout(5*time.Second), driver.JobKey{ID: job, Attempt: 1})
	if err != nil || st.State != first.State {
		t.errorf("cancelled after it was printed it becomes %+v %v", st, err)
	}
	st, err = p.Cancel(t.timeout(5*time.Second), driver.JobKey{ID: newJob(), Attempt: 1})
	if err != nil || printed(st.State) || st.State == driver.JobUncertain {
		t.errorf("a job that never was becomes %+v %v", st, err)
	}
}

func nameless(t *T) {
	p := t.start(true)
	printer := hwv1.NewPrinterClient(t.dial(p))
	for _, in := range []*hwv1.SubmitRequest{{}, {JobId: "x"}, {JobId: "x", Attempt: -1}} {
		in.Payload = &hwv1.SubmitRequest_Document{Document: document("nameless", 1)}
		if r, err := printer.Submit(t.timeout(5*time.Second), in); err == nil && r.GetState() != hwv1.JobState_JOB_STATE_FAILED {
			t.errorf("a job with id %q and attempt %d is taken: %v", in.GetJobId(), in.GetAttempt(), r)
		}
	}
}
