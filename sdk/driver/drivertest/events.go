package drivertest

import (
	"context"
	"sync"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

// ear collects what a driver reports.
type ear struct {
	mu     sync.Mutex
	events []*driver.Event
	done   chan error // the stream's end
	hush   context.CancelFunc
}

func (t *T) listen(p *proc, since uint64) *ear {
	ctx, cancel := context.WithCancel(t.ctx)
	t.cleanup(cancel)
	e := &ear{done: make(chan error, 1), hush: cancel}
	c := driver.Dial(t.dial(p)) // a connection of its own
	go func() {
		e.done <- c.Events(ctx, since, func(ev *driver.Event) error {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.events = append(e.events, ev)
			return nil
		})
	}()
	return e
}

func (e *ear) heard() []*driver.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]*driver.Event(nil), e.events...)
}

func (e *ear) last() uint64 {
	h := e.heard()
	if len(h) == 0 {
		return 0
	}
	return h[len(h)-1].GetSequence()
}

// awake has things happen until every ear hears: a stream "from now on" begins at a
// moment that nobody is told, and a driver may have to reach its device first.
func (t *T) awake(ears ...*ear) {
	var last uint64
	for range 100 {
		t.Happen()
		time.Sleep(100 * time.Millisecond)
		all := true
		for _, e := range ears {
			all = all && e.last() > 0
			last = max(last, e.last())
		}
		if all {
			t.wait(5*time.Second, "every listener hears the same events", func() bool {
				for _, e := range ears {
					if e.last() != ears[0].last() {
						return false
					}
				}
				return true
			})
			return
		}
	}
	t.fatalf("nothing is reported within ten seconds (last number %d)", last)
}

func (t *T) inOrder(got []*driver.Event) {
	for i, e := range got {
		if e.GetSequence() == 0 || i > 0 && e.GetSequence() != got[i-1].GetSequence()+1 {
			t.errorf("event %d has number %d after %d", i, e.GetSequence(), got[max(i-1, 0)].GetSequence())
		}
		if e.GetBody() == nil {
			t.errorf("event %d says nothing", e.GetSequence())
		}
		if at := time.UnixMicro(e.GetAtUnixMicro()); time.Since(at).Abs() > 10*time.Minute {
			t.errorf("event %d is of %v", e.GetSequence(), at)
		}
	}
}

func numbered(t *T) {
	p := t.start(true)
	e := t.listen(p, 0)
	t.awake(e)
	before := e.last()
	for n := range 20 {
		t.Happen()
		t.wait(5*time.Second, "an event is reported", func() bool { return e.last() >= before+uint64(n)+1 })
	}
	t.inOrder(e.heard())
	t.alive(p, "after events")
	e.hush()
	select {
	case <-e.done:
	case <-time.After(3 * time.Second):
		t.errorf("a stream whose listener has gone does not end")
	}
}

func repeats(t *T) {
	p := t.start(true)
	e := t.listen(p, 0)
	t.awake(e)
	for range 6 {
		before := e.last()
		t.Happen()
		t.wait(5*time.Second, "an event is reported", func() bool { return e.last() > before })
	}
	newest := e.last()
	again := t.listen(p, newest-5)
	t.wait(5*time.Second, "what came after a number is repeated", func() bool { return again.last() >= newest })
	got := again.heard()
	t.inOrder(got)
	if got[0].GetSequence() != newest-4 {
		t.errorf("since %d the first event is %d", newest-5, got[0].GetSequence())
	}
	fresh := t.listen(p, 0)
	time.Sleep(300 * time.Millisecond)
	if old := fresh.heard(); len(old) > 0 && old[0].GetSequence() <= newest {
		t.errorf("since 0 is from now on, and event %d of before is reported", old[0].GetSequence())
	}
}

func listeners(t *T) {
	p := t.start(true)
	a, b := t.listen(p, 0), t.listen(p, 0)
	t.awake(a, b)
	before := a.last()
	for range 10 {
		t.Happen()
		time.Sleep(20 * time.Millisecond)
	}
	both := func() bool { return a.last() >= before+10 && b.last() >= before+10 }
	t.wait(10*time.Second, "both listeners hear ten events", both)
	t.inOrder(a.heard())
	t.inOrder(b.heard())
	b.hush()
	before = a.last()
	t.Happen()
	t.wait(5*time.Second, "one listens on when the other has gone", func() bool { return a.last() > before })
}
