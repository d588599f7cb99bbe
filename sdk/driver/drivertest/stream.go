package drivertest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

// A long document is more than the system keeps for a connection that nobody reads, in
// few blocks: to take it apart must not be the work.
const (
	longLines  = 4_000
	longLetter = "a long line "
)

// long is a document of several megabytes; its first line is the job's mark, and its
// last says that it is whole.
func long(job string) *driver.Document {
	d := document(job, 1)
	cut := d.Blocks[1]
	d.Blocks = d.Blocks[:1]
	for n := range longLines {
		d.Blocks = append(d.Blocks, text(fmt.Sprintf("line %d ", n)+strings.Repeat(longLetter, 90)))
	}
	d.Blocks = append(d.Blocks, text(last(job)), cut)
	return d
}

func last(job string) string { return "end of " + job }

type answer struct {
	st  driver.JobStatus
	err error
}

// begin submits beside the check; the answer comes on the channel.
func (t *T) begin(p *proc, job string, d *driver.Document, limit time.Duration) <-chan answer {
	out := make(chan answer, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.ctx, limit)
		defer cancel()
		st, err := p.Submit(ctx, driver.Job{JobKey: driver.JobKey{ID: job, Attempt: 1}, Document: d})
		out <- answer{st, err}
	}()
	return out
}

// onPaper sets how the paper behaves until the check ends.
func (t *T) behave(how paperHow) {
	t.Paper.behave(how)
	t.cleanup(func() { t.Paper.behave(paperHow{}) })
}

// settled waits until a job whose caller has gone is not under way any more, and
// fails where the driver claims what is not so.
func (t *T) settled(p *proc, job string) driver.JobStatus {
	var st driver.JobStatus
	t.wait(10*time.Second, "a job whose caller gave up comes to an end", func() bool {
		st = t.status(p, job, 1)
		return st.State.Final() || st.State == driver.JobUnknown
	})
	t.honest(st, job)
	return st
}

// honest compares what the driver says of a long job with the paper.
func (t *T) honest(st driver.JobStatus, job string) {
	begun, whole := t.Paper.Count(job, 1) > 0, t.Paper.count(last(job)) > 0
	if unsent(st.State) && begun {
		t.errorf("it says %s (%s), and the job is on paper", st.State, st.Reason)
	}
	if st.State == driver.JobConfirmed && !whole {
		t.errorf("it says confirmed of a job that is not whole on a device that says nothing")
	}
	if st.State == driver.JobUncertain && st.Reason == "" {
		t.errorf("it does not say why a job is uncertain")
	}
}

// works fails where a small job does not come out within the limit.
func (t *T) works(p *proc, limit time.Duration) {
	job, n := newJob(), 0
	t.wait(limit, "it prints again", func() bool {
		n++
		ctx, cancel := context.WithTimeout(t.ctx, 5*time.Second)
		defer cancel()
		st, err := t.print(ctx, p, job, n)
		if err != nil || !printed(st.State) {
			time.Sleep(100 * time.Millisecond)
			return false
		}
		t.wait(5*time.Second, "what it says is printed comes out", t.out(job, n))
		return true
	})
}

// watch asks health while something else goes on.
func (t *T) watch(p *proc, while string, until <-chan answer, most time.Duration) (got answer, over bool) {
	end := time.After(most)
	for {
		select {
		case got = <-until:
			return got, true
		case <-end:
			return got, false
		case <-time.After(100 * time.Millisecond):
			t.alive(p, while)
		}
	}
}

func slowReader(t *T) {
	p, job := t.start(true), newJob()
	t.behave(paperHow{chunk: 2048, rest: 10 * time.Millisecond})
	got, over := t.watch(p, "while a slow device prints", t.begin(p, job, long(job), 2*time.Second), 10*time.Second)
	if !over {
		t.fatalf("a call with a deadline of two seconds does not end")
	}
	if got.err == nil {
		t.honest(got.st, job)
	}
	t.settled(p, job)
	t.Paper.behave(paperHow{})
	t.works(p, 20*time.Second)
}

func hanging(t *T) {
	p, job := t.start(true), newJob()
	t.behave(paperHow{stuck: true})
	if _, over := t.watch(p, "while its device hangs", t.begin(p, job, long(job), 2*time.Second), 10*time.Second); !over {
		t.fatalf("a call with a deadline of two seconds does not end")
	}
	before := t.settled(p, job)
	t.Paper.behave(paperHow{}) // now arrives what the system holds
	time.Sleep(200 * time.Millisecond)
	t.honest(before, job)
	t.works(p, 20*time.Second)
}

func cutOff(t *T) {
	p, job := t.start(true), newJob()
	t.behave(paperHow{cut: 1000})
	got, over := t.watch(p, "when its device is cut off", t.begin(p, job, long(job), 10*time.Second), 15*time.Second)
	if !over {
		t.fatalf("it does not notice that its device has hung up")
	}
	if got.err == nil && got.st.State != driver.JobUncertain {
		t.errorf("a job that was cut off after 1000 bytes becomes %+v; wanted uncertain", got.st)
	}
	if st := t.settled(p, job); st.State != driver.JobUncertain && st.State != driver.JobUnknown {
		t.errorf("the status of a job that was cut off is %+v", st)
	}
	t.Paper.behave(paperHow{})
	t.works(p, 20*time.Second)
}

func pluggedIn(t *T) {
	p := t.start(true)
	t.works(p, 10*time.Second)
	t.Paper.Unplug()
	t.cleanup(t.Paper.Plug)
	time.Sleep(300 * time.Millisecond)
	job := newJob()
	got, over := t.watch(p, "while its device is away", t.begin(p, job, document(job, 1), 5*time.Second), 10*time.Second)
	switch {
	case !over:
		t.fatalf("a call with a deadline of five seconds does not end")
	case got.err == nil && printed(got.st.State):
		t.errorf("it says %s of a job for a device that is away", got.st.State)
	case got.err == nil && got.st.Reason == "":
		t.errorf("it does not say why a job is %s", got.st.State)
	}
	t.Paper.Plug()
	t.works(p, 30*time.Second)
}

// cancelWaiting: while one job holds the device, another is cancelled.
func cancelWaiting(t *T) {
	p, first, second := t.start(true), newJob(), newJob()
	t.behave(paperHow{stuck: true})
	a := t.begin(p, first, long(first), 5*time.Second)
	time.Sleep(300 * time.Millisecond)
	b := t.begin(p, second, document(second, 1), 15*time.Second)
	time.Sleep(300 * time.Millisecond)
	st, err := p.Cancel(t.timeout(5*time.Second), driver.JobKey{ID: second, Attempt: 1})
	if err != nil {
		t.fatalf("Cancel answers %v", err)
	}
	t.Paper.behave(paperHow{})
	<-a
	got := <-b
	time.Sleep(300 * time.Millisecond)
	n := t.Printed(second, 1)
	if st.State == driver.JobCancelled && (n > 0 || got.err == nil && got.st.State != driver.JobCancelled) {
		t.errorf("a cancelled job ends as %+v %v and came out %d times", got.st, got.err, n)
	}
	if n > 1 {
		t.errorf("it came out %d times", n)
	}
	t.works(p, 20*time.Second)
}

// killedAt kills the process when the device has taken k bytes.
func killedAt(t *T) {
	for _, k := range []int{1, 100, 1_000, 20_000, 200_000} {
		p, job := t.start(true), newJob()
		reached := make(chan struct{})
		t.behave(paperHow{at: k, on: func() { close(reached) }, chunk: 1024})
		done := t.begin(p, job, long(job), 20*time.Second)
		select {
		case <-reached:
		case <-time.After(20 * time.Second):
			t.fatalf("%d bytes do not arrive within 20 s", k)
		}
		t.kill(p)
		<-done
		t.Paper.behave(paperHow{})
		time.Sleep(300 * time.Millisecond) // what the system holds arrives
		q := t.start(true)
		st := t.status(q, job, 1)
		t.honest(st, job)
		if whole := t.Paper.count(last(job)) > 0; printed(st.State) && !whole {
			t.errorf("killed after %d bytes, a new process says %s of half a job", k, st.State)
		}
		if !st.State.Final() && st.State != driver.JobUnknown {
			t.errorf("killed after %d bytes, a new process says that the job is %s", k, st.State)
		}
		q.client.Kill()
	}
}
