package plugins

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

// The test binary is also a driver whose device reports without end (driver-events).
func init() {
	if len(os.Args) > 1 && os.Args[1] == "driver-events" {
		d := &ticking{}
		go func() {
			for n := 1; ; n++ {
				time.Sleep(5 * time.Millisecond)
				d.Scanned(fmt.Sprint(os.Getpid()), fmt.Append(nil, n), "", "")
			}
		}()
		driver.Serve(d)
	}
}

type ticking struct{ driver.Stream }

func (*ticking) Info() driver.Info {
	return driver.Info{ID: "ticking", Version: "1.0.0", Classes: []string{"Scanner"}}
}

// heard is what Options.Events was called with, by instance.
type heard struct {
	mu sync.Mutex
	by map[string][]*driver.Event
}

func (h *heard) event(id string, e *driver.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.by == nil {
		h.by = map[string][]*driver.Event{}
	}
	h.by[id] = append(h.by[id], e)
}

func (h *heard) of(id string) []*driver.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*driver.Event(nil), h.by[id]...)
}

// ofProcess are the events of one life of a driver, which must be in order and whole.
func ofProcess(t *testing.T, all []*driver.Event, pid int) (out []*driver.Event) {
	t.Helper()
	for _, e := range all {
		if e.GetDevice() != fmt.Sprint(pid) {
			continue
		}
		if n := len(out); n > 0 && e.GetSequence() != out[n-1].GetSequence()+1 {
			t.Errorf("process %d: event %d after %d", pid, e.GetSequence(), out[n-1].GetSequence())
		}
		if string(e.GetScan().GetData()) != fmt.Sprint(e.GetSequence()) {
			t.Errorf("process %d: %v", pid, e)
		}
		out = append(out, e)
	}
	return out
}

func TestEventsReachTheHostAndGoOnAfterAKill(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var got heard
	h := newHost(t, Options{Events: got.event, Exec: func(string) (string, []string, error) { return self, []string{"driver-events"}, nil }})
	for _, id := range []string{"p", "q"} {
		start(t, h, Instance{ID: id, Driver: "ticking", Config: json.RawMessage(`{}`)})
	}
	pid, other := ready(t, h, "p").PID, ready(t, h, "q").PID
	until(t, 10*time.Second, "events of both", func() bool { return len(got.of("p")) >= 20 && len(got.of("q")) >= 20 })
	if n := len(ofProcess(t, got.of("p"), other)); n > 0 {
		t.Errorf("%d events of the one came as the other's", n)
	}

	if err := signal(pid, "KILL"); err != nil {
		t.Fatal(err)
	}
	until(t, 10*time.Second, "ready again", func() bool { s := status(h, "p"); return s.State == Ready && s.PID != pid && s.PID != 0 })
	second := status(h, "p").PID
	until(t, 10*time.Second, "events of the new process", func() bool { return len(ofProcess(t, got.of("p"), second)) >= 20 })
	all := got.of("p")
	before, after := ofProcess(t, all, pid), ofProcess(t, all, second)
	if len(before) < 20 || len(before)+len(after) != len(all) || all[len(before)].GetDevice() != fmt.Sprint(second) {
		t.Errorf("%d events of the first life and %d of the second make %d", len(before), len(after), len(all))
	}

	if err := h.Stop(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	stopped, still := len(got.of("p")), len(got.of("q"))
	until(t, 10*time.Second, "the other goes on", func() bool { return len(got.of("q")) >= still+40 })
	if n := len(got.of("p")); n != stopped {
		t.Errorf("%d events after Stop", n-stopped)
	}
	ofProcess(t, got.of("q"), other)
}
