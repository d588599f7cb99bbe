package drivertest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

// The test's program is also the drivers: one that does everything right, and others
// that do one thing wrong each.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "driver" {
		d := &sample{fault: os.Args[2], line: make(chan struct{}, 1)}
		d.line <- struct{}{}
		if d.fault == "starts by hand" && os.Getenv(driver.Handshake.MagicCookieKey) == "" {
			os.Exit(0)
		}
		driver.Serve(d)
	}
	os.Exit(m.Run())
}

// sample prints text to a paper, opens a drawer there, shows on it, and reports what
// a scanner on a TCP port reads.
type sample struct {
	driver.Stream
	fault   string
	journal driver.Journal
	line    chan struct{}
	set     struct{ Address, Scanner string }
	away    atomic.Value
	busy    atomic.Bool
	opened  sync.Map
	leaked  []*os.File
}

func (s *sample) Info() driver.Info {
	return driver.Info{ID: "sample", Version: "1.0.0", Classes: []string{"POSPrinter", "CashDrawer", "Scanner"}}
}

func (s *sample) ConfigSchema() json.RawMessage { return json.RawMessage(`{"type":"object"}`) }

func (s *sample) Configure(_ context.Context, raw json.RawMessage) error {
	if err := json.Unmarshal(raw, &s.set); err != nil && s.fault != "takes anything" {
		return err
	}
	if s.set.Address == "" && s.fault != "takes anything" {
		return errors.New("the address is missing")
	}
	go s.look()
	go s.scan()
	return nil
}

func (s *sample) look() {
	for ; ; time.Sleep(100 * time.Millisecond) {
		c, err := net.DialTimeout("tcp", s.set.Address, time.Second)
		if err != nil {
			s.away.Store(err.Error())
			continue
		}
		s.away.Store("")
		c.Close()
	}
}

func (s *sample) scan() {
	c, err := net.Dial("tcp", s.set.Scanner)
	if err != nil {
		return
	}
	for r := bufio.NewReader(c); ; {
		code, err := r.ReadString('\n')
		if err != nil {
			return
		}
		s.Scanned("scanner", []byte(strings.TrimSpace(code)), "", "")
	}
}

func (s *sample) Events(ctx context.Context, since uint64, happened func(*driver.Event) error) error {
	if s.fault == "repeats everything" && since == 0 {
		since = 1
	}
	return s.Stream.Events(ctx, since, func(e *driver.Event) error {
		if s.fault == "skips numbers" {
			e = &driver.Event{Sequence: e.Sequence * 2, AtUnixMicro: e.AtUnixMicro, Body: e.Body}
		}
		return happened(e)
	})
}

func (s *sample) Health(ctx context.Context) driver.Health {
	for s.fault == "health waits for the device" && s.busy.Load() {
		time.Sleep(10 * time.Millisecond)
	}
	why, _ := s.away.Load().(string)
	if s.fault == "always well" {
		why = ""
	}
	return driver.Health{OK: why == "", Reason: why}
}

func (s *sample) Devices(ctx context.Context, changed func([]driver.Device) error) error {
	switch s.fault {
	case "lists nothing":
	case "leaks files":
		for range 3 {
			f, _ := os.Open(os.DevNull)
			s.leaked = append(s.leaked, f)
		}
		fallthrough
	default:
		if err := changed([]driver.Device{{ID: "1", Class: "POSPrinter", Health: driver.Health{OK: true}}}); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

func (s *sample) Open(ctx context.Context, id, _ string, _ int) error {
	if _, again := s.opened.LoadOrStore(id, true); again && s.fault != "opens twice" {
		return nil
	}
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.set.Address)
		if err == nil {
			fmt.Fprintln(c, "PULSE", id)
			return c.Close()
		}
		if s.fault != "opens late" {
			return err
		}
		ctx = context.WithoutCancel(ctx)
		time.Sleep(100 * time.Millisecond)
	}
}

func (s *sample) Show(_ context.Context, v driver.Shown) error {
	if s.fault == "shows nothing long" && len(v.Amount) > 8 {
		return errors.New("too long")
	}
	return nil
}

func (s *sample) Clear(context.Context, string) error { return nil }

func (s *sample) Submit(ctx context.Context, j driver.Job) (driver.JobStatus, error) {
	if s.fault == "prints twice" {
		return s.print(ctx, j), nil
	}
	if st, started := s.journal.Begin(j.JobKey); !started {
		return st, nil
	}
	return s.journal.Finish(j.JobKey, s.print(ctx, j)), nil
}

func (s *sample) print(ctx context.Context, j driver.Job) driver.JobStatus {
	if s.fault == "dies of a broken job" && j.Attempt > 2 {
		os.Exit(1)
	}
	<-s.line
	defer func() { s.line <- struct{}{} }()
	s.busy.Store(true)
	defer s.busy.Store(false)
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.set.Address)
	if err != nil {
		if s.fault == "says sent of anything" {
			return driver.JobStatus{State: driver.JobSent}
		}
		return driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
	}
	defer c.Close()
	if s.fault != "waits for ever" {
		defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })()
	}
	var b strings.Builder
	for _, block := range j.Document.GetBlocks() {
		b.WriteString(block.GetText().GetText() + "\n")
	}
	if s.fault != "prints twice" && !s.journal.Sending(j.JobKey) && s.fault != "prints what was cancelled" {
		return driver.JobStatus{State: driver.JobCancelled}
	}
	if _, err = io.WriteString(c, b.String()); err == nil {
		c.(*net.TCPConn).CloseWrite()
		_, err = io.Copy(io.Discard, c)
	}
	switch {
	case err == nil:
		return driver.JobStatus{State: driver.JobSent}
	case s.fault == "says failed after bytes":
		return driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
	case s.fault == "confirms blindly":
		return driver.JobStatus{State: driver.JobConfirmed}
	}
	return driver.JobStatus{State: driver.JobUncertain, Reason: err.Error()}
}

func (s *sample) JobStatus(_ context.Context, k driver.JobKey) (driver.JobStatus, error) {
	st := s.journal.Status(k)
	if s.fault == "guesses" && st.State == driver.JobUnknown {
		st.State = driver.JobFailed
	}
	return st, nil
}

func (s *sample) Cancel(_ context.Context, k driver.JobKey) (driver.JobStatus, error) {
	if s.fault == "prints what was cancelled" {
		s.journal.Cancel(k)
		return driver.JobStatus{State: driver.JobCancelled}, nil
	}
	return s.journal.Cancel(k), nil
}

// target is a sample with that fault, on a paper and with a scanner of its own.
func target(t *testing.T, fault string) Target {
	t.Helper()
	paper, err := NewPaper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(paper.Close)
	scanner, err := NewSource()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(scanner.Close)
	return Target{
		Command: []string{os.Args[0], "driver", fault},
		Config:  json.RawMessage(fmt.Sprintf(`{"address":%q,"scanner":%q}`, paper.Addr(), scanner.Addr())),
		Wrong:   json.RawMessage(`{}`),
		Paper:   paper,
		Pulses:  func() int { return paper.count("PULSE") },
		Happen:  func() { scanner.Send("6901234567892\n") },
	}
}

func TestADriverThatDoesEverythingRightPasses(t *testing.T) {
	made := 0
	if !Suite(t.Context(), target(t, ""), func(r Result) {
		for _, f := range r.Failures {
			t.Errorf("%s: %s", r.Name, f)
		}
		if r.Skipped == "" {
			made++
		}
	}) {
		t.Error("it did not pass")
	}
	if made < 28 {
		t.Errorf("only %d checks were made", made)
	}
}

func TestEveryFaultIsFound(t *testing.T) {
	for fault, by := range map[string]string{
		"starts by hand":              "is not run by hand",
		"takes anything":              "refuses wrong settings",
		"lists nothing":               "lists its devices at once",
		"leaks files":                 "leaks nothing",
		"always well":                 "knows when its device is away",
		"prints twice":                "prints an attempt once",
		"dies of a broken job":        "prints the next attempt",
		"guesses":                     "never guesses after a kill at byte k",
		"prints what was cancelled":   "cancels what waits",
		"health waits for the device": "gives up on a device that hangs",
		"waits for ever":              "gives up on a device that hangs",
		"says failed after bytes":     "tells what was cut off",
		"confirms blindly":            "tells what was cut off",
		"says sent of anything":       "prints again when plugged in again",
		"skips numbers":               "numbers its events",
		"repeats everything":          "repeats events after a number",
		"opens twice":                 "opens a drawer once",
		"opens late":                  "never opens a drawer late",
		"shows nothing long":          "shows what it is told",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel() // they wait, most of the time
			s := newSuite(target(t, fault))
			for _, c := range checks {
				if c.name != by {
					continue
				}
				if r := s.do(t.Context(), c); len(r.Failures) == 0 {
					t.Errorf("%s: %+v", by, r)
				} else {
					t.Log(r.Failures[0])
				}
				return
			}
			t.Fatalf("there is no check %q", by)
		})
	}
}

func TestWhatDoesNotStart(t *testing.T) {
	passed := Suite(t.Context(), Target{Command: []string{os.Args[0], "-test.run=^$"}}, func(r Result) {
		if (r.Name == checks[0].name) != (len(r.Failures) > 0) {
			t.Errorf("%+v", r)
		}
	})
	if passed {
		t.Error("it passed")
	}
}

func TestInProcess(t *testing.T) {
	p, err := NewPaper()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := &sample{line: make(chan struct{}, 1)}
	s.line <- struct{}{}
	c := InProcess(t, s)
	if err := c.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q}`, p.Addr()))); err != nil {
		t.Fatal(err)
	}
	if st, err := c.Submit(t.Context(), driver.Job{JobKey: driver.JobKey{ID: "a", Attempt: 1}, Document: document("a", 1)}); err != nil || st.State != driver.JobSent || p.Count("a", 1) != 1 {
		t.Errorf("%+v %v %d", st, err, p.Count("a", 1))
	}
}

// The page for other languages names every check, and none that is not.
func TestTheHandshakesPageNamesTheChecks(t *testing.T) {
	raw, err := os.ReadFile("../../../docs/drivers/handshake.md")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Join(strings.Fields(string(raw)), " ")
	known := map[string]bool{}
	for _, c := range checks {
		known[c.name] = true
	}
	named := map[string]bool{}
	for rest := page; ; {
		_, after, ok := strings.Cut(rest, "*[")
		if !ok {
			break
		}
		list, more, _ := strings.Cut(after, "]*")
		for name := range strings.SplitSeq(list, ";") {
			name, _, _ = strings.Cut(strings.TrimSpace(name), ":")
			if named[name] = true; !known[name] {
				t.Errorf("there is no check %q", name)
			}
		}
		rest = more
	}
	for _, c := range checks {
		if !named[c.name] && c.name != "prints to a slow reader" {
			t.Errorf("the page does not name %q", c.name)
		}
	}
	for _, word := range []string{driver.Handshake.MagicCookieKey, driver.Handshake.MagicCookieValue, driver.ParentEnv, driver.ConfineEnv} {
		if !strings.Contains(page, word) {
			t.Errorf("the page does not name %s", word)
		}
	}
}
