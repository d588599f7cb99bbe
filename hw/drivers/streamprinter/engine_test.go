package streamprinter

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

var quick = Limits{Ask: 100 * time.Millisecond, Write: 300 * time.Millisecond, Finish: 400 * time.Millisecond, Probe: time.Hour}

// tongue answers what it is told to.
type tongue struct {
	mu      sync.Mutex
	answers Answers
	ready   error
	done    error
	hold    chan struct{} // Ready waits for it
}

func (t *tongue) Ready(ctx context.Context, _ *port.Conn, _ time.Duration) (Answers, error) {
	t.mu.Lock()
	hold, answers, err := t.hold, t.answers, t.ready
	t.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
		}
	}
	return answers, err
}

func (t *tongue) Done(context.Context, *port.Conn, time.Duration) error { return t.done }

func (t *tongue) Settle(context.Context, *port.Conn, time.Duration) bool { return true }

// paper is a printer that takes everything.
type paper struct {
	mu  sync.Mutex
	got bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got.Write(b)
}

func (p *paper) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got.String()
}

func setup(t *testing.T, tg Tongue) (*Engine, *paper) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &paper{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(p, c); c.Close() }()
		}
	}()
	a, err := port.Parse("tcp:" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	e := New(quick)
	e.Use(a, tg)
	if e.Address().String() != "tcp:"+l.Addr().String() {
		t.Error(e.Address())
	}
	return e, p
}

func key(id string) driver.JobKey { return driver.JobKey{ID: id, Attempt: 1} }

func data(s string) func() ([]byte, error) { return func() ([]byte, error) { return []byte(s), nil } }

// The outcome of a job for everything that a printer can say.
func TestOutcomes(t *testing.T) {
	for name, c := range map[string]struct {
		tongue *tongue
		want   driver.JobState
		reason string
	}{
		"says nothing":       {&tongue{}, driver.JobSent, ""},
		"says its state":     {&tongue{answers: ItsState}, driver.JobSent, ""},
		"confirms":           {&tongue{answers: ItsJobs}, driver.JobConfirmed, ""},
		"is silent behind":   {&tongue{answers: ItsJobs, done: port.ErrSilent}, driver.JobUncertain, "did not answer afterwards"},
		"hangs up behind":    {&tongue{answers: ItsJobs, done: io.EOF}, driver.JobUncertain, "did not answer afterwards"},
		"ran out in the job": {&tongue{answers: ItsJobs, done: errors.New("the paper ended")}, driver.JobUncertain, "the paper ended"},
		"has no paper":       {&tongue{answers: ItsJobs, ready: errors.New("no paper")}, driver.JobFailed, "no paper"},
		"hangs up before":    {&tongue{ready: ErrHungUp}, driver.JobFailed, "hung up"},
	} {
		t.Run(name, func(t *testing.T) {
			e, p := setup(t, c.tongue)
			st, err := e.Submit(t.Context(), key("a"), data("the job"))
			if err != nil || st.State != c.want || !strings.Contains(st.Reason, c.reason) {
				t.Fatalf("%+v %v", st, err)
			}
			if h := e.Health(t.Context()); h.OK != (st.State == driver.JobSent || st.State == driver.JobConfirmed) {
				t.Errorf("%+v", h)
			}
			want := 1
			if c.want == driver.JobFailed {
				want = 0
			}
			for range 100 {
				if strings.Count(p.text(), "the job") == want {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
			if got := strings.Count(p.text(), "the job"); got != want {
				t.Errorf("it is on paper %d times", got)
			}
		})
	}
}

func TestWhatCannotBeMadeFails(t *testing.T) {
	e, p := setup(t, &tongue{})
	st, err := e.Submit(t.Context(), key("a"), func() ([]byte, error) { return nil, errors.New("no such code") })
	if err != nil || st.State != driver.JobFailed || st.Reason != "no such code" || p.text() != "" {
		t.Errorf("%+v %v", st, err)
	}
	if st, err = e.Submit(t.Context(), key("a"), data("x")); err != nil || st.State != driver.JobSent {
		t.Errorf("%+v %v", st, err)
	}
}

// While the printer is busy: what comes too late is not sent, what is
// cancelled is not, and a drawer is not opened late.
func TestABusyPrinter(t *testing.T) {
	tg := &tongue{}
	e, p := setup(t, tg)
	for !e.Health(t.Context()).OK { // the first look is over
		time.Sleep(time.Millisecond)
	}
	tg.mu.Lock()
	tg.hold = make(chan struct{})
	tg.mu.Unlock()
	first := make(chan driver.JobStatus, 1)
	go func() {
		st, _ := e.Submit(context.Background(), key("first"), data("first"))
		first <- st
	}()
	for len(e.line) > 0 {
		time.Sleep(time.Millisecond)
	}
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if st, err := e.Submit(soon, key("late"), data("late")); err != nil || st.State != driver.JobFailed || !strings.Contains(st.Reason, "busy") {
		t.Errorf("%+v %v", st, err)
	}
	if err := e.Kick(soon, "k", []byte("kick")); err == nil {
		t.Error("the drawer was opened late")
	}
	second := make(chan driver.JobStatus, 1)
	go func() {
		st, _ := e.Submit(context.Background(), key("second"), data("second"))
		second <- st
	}()
	for {
		if st, err := e.Cancel(t.Context(), key("second")); err != nil {
			t.Fatal(err)
		} else if st.State == driver.JobCancelled {
			break
		}
	}
	tg.mu.Lock()
	close(tg.hold)
	tg.hold = nil
	tg.mu.Unlock()
	if st := <-first; st.State != driver.JobSent {
		t.Errorf("%+v", st)
	}
	if st := <-second; st.State != driver.JobCancelled {
		t.Errorf("%+v", st)
	}
	if err := e.Kick(t.Context(), "k", []byte("kick")); err != nil { // the id was used: never again
		t.Error(err)
	}
	if err := e.Kick(t.Context(), "k2", []byte("kick2")); err != nil {
		t.Error(err)
	}
	for range 200 {
		if p.text() == "firstkick2" {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%q", p.text())
}

func TestAddresses(t *testing.T) {
	for in, want := range map[string]string{"/dev/usb/lp0": "file:/dev/usb/lp0", "serial:COM3?baud=19200": "serial:COM3", "tcp:h:9100": "tcp:h:9100"} {
		if a, err := ParseAddress(in); err != nil || a.String() != want {
			t.Errorf("%s: %v %v", in, a, err)
		}
	}
	for _, bad := range []string{"", "lp0", "usb:1", "tcp:h"} {
		if _, err := ParseAddress(bad); err == nil {
			t.Errorf("%q is an address", bad)
		}
	}
}
