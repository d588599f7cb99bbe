package plugins

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/sdk/driver"
)

// The test binary is also the drivers (driver-serve NAME) and a host that can
// be killed (host-run).
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "driver-serve" {
		driver.Serve(&testDriver{})
	}
	if len(os.Args) > 1 && os.Args[1] == "host-run" {
		h := NewHost(Options{})
		_ = h.Start(context.Background(), Instance{ID: "p", Driver: "test"})
		_ = h.WaitReady(context.Background(), "p")
		fmt.Println(h.Status()[0].PID)
		select {}
	}
	os.Exit(m.Run())
}

// testDriver does what its settings say.
type testDriver struct {
	set struct {
		Fail    string  `json:"fail"`    // Configure answers it
		Crash   bool    `json:"crash"`   // dies soon after it is configured
		Renew   bool    `json:"renew"`   // ends likewise, to be started with a new device
		Reason  string  `json:"reason"`  // the device is not well
		Environ bool    `json:"environ"` // the reason is the environment
		Log     string  `json:"log"`
		Reach   []reach `json:"reach"` // the reason is what of it worked
	}
	journal driver.Journal
}

func (d *testDriver) Info() driver.Info {
	return driver.Info{ID: "test", Version: "1.2.3", Classes: []string{"POSPrinter"}}
}
func (d *testDriver) ConfigSchema() json.RawMessage {
	return json.RawMessage(`{"type":"object","title":"test"}`)
}
func (d *testDriver) Configure(_ context.Context, c json.RawMessage) error {
	if err := json.Unmarshal(c, &d.set); err != nil {
		return err
	}
	if d.set.Log != "" {
		driver.Logger().Warn(d.set.Log, "figure", 7)
	}
	if d.set.Crash {
		go func() { time.Sleep(20 * time.Millisecond); os.Exit(9) }()
	}
	if d.set.Renew {
		go func() { time.Sleep(20 * time.Millisecond); os.Exit(driver.ExitRenew) }()
	}
	if d.set.Fail != "" {
		return fmt.Errorf("%s", d.set.Fail)
	}
	return nil
}
func (d *testDriver) Health(context.Context) driver.Health {
	if len(d.set.Reach) > 0 {
		return driver.Health{Reason: tryAll(d.set.Reach)}
	}
	if d.set.Environ {
		return driver.Health{Reason: strings.Join(os.Environ(), "\n")}
	}
	return driver.Health{OK: d.set.Reason == "", Reason: d.set.Reason}
}
func (d *testDriver) Submit(_ context.Context, j driver.Job) (driver.JobStatus, error) {
	if st, started := d.journal.Begin(j.JobKey); !started {
		return st, nil
	}
	d.journal.Sending(j.JobKey)
	return d.journal.Finish(j.JobKey, driver.JobStatus{State: driver.JobConfirmed, Reason: string(j.Raw)}), nil
}
func (d *testDriver) JobStatus(_ context.Context, k driver.JobKey) (driver.JobStatus, error) {
	return d.journal.Status(k), nil
}
func (d *testDriver) Cancel(_ context.Context, k driver.JobKey) (driver.JobStatus, error) {
	return d.journal.Cancel(k), nil
}

func newHost(t *testing.T, o Options) *Host {
	t.Helper()
	h := NewHost(o)
	t.Cleanup(h.Close)
	return h
}

func start(t *testing.T, h *Host, in Instance) {
	t.Helper()
	if err := h.Start(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

func ready(t *testing.T, h *Host, id string) Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if err := h.WaitReady(ctx, id); err != nil {
		t.Fatalf("%v: %+v", err, h.Status())
	}
	return status(h, id)
}

func status(h *Host, id string) Status {
	for _, s := range h.Status() {
		if s.ID == id {
			return s
		}
	}
	return Status{}
}

// until polls a condition; polling is honest here, the other side is a process.
func until(t *testing.T, limit time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > limit {
			t.Fatalf("not within %v: %s", limit, what)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return time.Since(began)
}

func TestDriverRunsAndPrints(t *testing.T) {
	h := newHost(t, Options{})
	start(t, h, Instance{ID: "p", Driver: "test"})
	st := ready(t, h, "p")
	if st.State != Ready || st.Version != "1.2.3" || st.PID == 0 || st.Restarts != 0 {
		t.Errorf("%+v", st)
	}
	p, ok := h.Printer("p")
	if !ok {
		t.Fatal("no printer")
	}
	got, err := p.Submit(t.Context(), driver.Job{JobKey: driver.JobKey{ID: "j", Attempt: 1}, Raw: []byte("first")})
	if err != nil || got.State != driver.JobConfirmed || got.Reason != "first" {
		t.Fatalf("%+v %v", got, err)
	}
	got, err = p.Submit(t.Context(), driver.Job{JobKey: driver.JobKey{ID: "j", Attempt: 1}, Raw: []byte("second")})
	if err != nil || got.Reason != "first" {
		t.Errorf("the same attempt was printed again: %+v %v", got, err)
	}
	if _, ok := h.Drawer("p"); ok {
		t.Error("a driver without a drawer hands one out")
	}
	if err := h.Start(t.Context(), Instance{ID: "p", Driver: "test"}); !fault.ReasonIs(err, "plugins.already_started") {
		t.Errorf("%v", err)
	}
	s, err := h.Schema(t.Context(), "test", "", Trust{})
	if err != nil || !strings.Contains(string(s), "title") {
		t.Errorf("%s %v", s, err)
	}
	if err := h.Stop(t.Context(), "p"); err != nil || len(h.Status()) != 0 {
		t.Errorf("%v %v", err, h.Status())
	}
	until(t, 3*time.Second, "the process is gone", func() bool { return !lives(st.PID) })
}

func TestKilledDriverIsReadyAgain(t *testing.T) {
	h := newHost(t, Options{})
	start(t, h, Instance{ID: "p", Driver: "test"})
	for n := 1; n <= 3; n++ {
		pid := ready(t, h, "p").PID
		if err := signal(pid, "KILL"); err != nil {
			t.Fatal(err)
		}
		took := until(t, 5*time.Second, "ready again", func() bool {
			s := status(h, "p")
			return s.State == Ready && s.PID != pid && s.PID != 0
		})
		t.Logf("kill -9 to Ready: %v", took.Round(time.Millisecond))
		if s := status(h, "p"); s.Restarts != n {
			t.Errorf("restarts %d, want %d", s.Restarts, n)
		}
	}
	if _, ok := h.Printer("p"); !ok {
		t.Error("no printer after the restart")
	}
}

func TestHungDriverIsReplaced(t *testing.T) {
	h := newHost(t, Options{})
	start(t, h, Instance{ID: "p", Driver: "test"})
	pid := ready(t, h, "p").PID
	if err := signal(pid, "STOP"); err != nil {
		t.Fatal(err)
	}
	took := until(t, 3*time.Second, "replaced", func() bool { s := status(h, "p"); return s.State == Ready && s.PID != pid && s.PID != 0 })
	t.Logf("SIGSTOP to Ready: %v", took.Round(time.Millisecond))
	if lives(pid) {
		t.Error("the hung process still lives beside its successor")
	}
}

func TestHungDriverDoesNotHoldUpStopping(t *testing.T) {
	h := NewHost(Options{HealthEvery: time.Hour})
	start(t, h, Instance{ID: "p", Driver: "test"})
	pid := ready(t, h, "p").PID
	if err := signal(pid, "STOP"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	h.Close()
	if took := time.Since(began); took > 4*time.Second || lives(pid) {
		t.Errorf("closing took %v, alive: %v", took, lives(pid))
	}
}

// A driver that ends because its device was plugged in again is started again, however
// often that is; only one that does nothing else is taken for ill in the end.
func TestADriverThatWantsToBeStartedAgainIsNotIll(t *testing.T) {
	h := newHost(t, Options{RenewRest: 5 * time.Millisecond})
	start(t, h, Instance{ID: "p", Driver: "test", Config: json.RawMessage(`{"renew":true}`)})
	until(t, 20*time.Second, "often started", func() bool { return status(h, "p").Restarts > crashLimit+2 })
	if st := status(h, "p"); st.State == Quarantined {
		t.Errorf("%+v", st)
	}
	until(t, 60*time.Second, "taken for ill", func() bool { return status(h, "p").State == Quarantined })
	if st := status(h, "p"); st.Restarts != renewMost+crashLimit-1 {
		t.Errorf("%+v", st)
	}
}

func TestFiveDeathsAreQuarantine(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC))
	h := newHost(t, Options{Clock: c})
	start(t, h, Instance{ID: "p", Driver: "test", Config: json.RawMessage(`{"crash":true}`)})
	until(t, 20*time.Second, "quarantined", func() bool { return status(h, "p").State == Quarantined })
	st := status(h, "p")
	if st.Restarts != 4 || st.Reason != "plugins.crashed_too_often" || !strings.Contains(st.Detail, "exit status 9") || st.PID != 0 {
		t.Errorf("%+v", st)
	}
	if _, ok := h.Printer("p"); ok {
		t.Error("a quarantined driver hands out a printer")
	}
	if err := h.WaitReady(t.Context(), "p"); !fault.ReasonIs(err, "plugins.not_ready") {
		t.Error(err)
	}
	if err := h.Restart("p"); err != nil {
		t.Fatal(err)
	}
	until(t, 10*time.Second, "started anew", func() bool { return status(h, "p").Restarts > 4 })
}

func TestDeathsLongAgoDoNotCount(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC))
	h := newHost(t, Options{Clock: c})
	start(t, h, Instance{ID: "p", Driver: "test"})
	for n := 1; n <= 6; n++ {
		pid := ready(t, h, "p").PID
		c.Advance(3 * time.Minute)
		if err := h.Kill("p"); err != nil {
			t.Fatal(err)
		}
		until(t, 10*time.Second, "ready again", func() bool { s := status(h, "p"); return s.State == Ready && s.PID != pid && s.PID != 0 })
	}
}

func TestBackoff(t *testing.T) {
	for n, want := range map[int]time.Duration{1: 0, 2: 50 * time.Millisecond, 3: 100 * time.Millisecond, 4: 200 * time.Millisecond, 50: 10 * time.Second} {
		if got := backoff(n); got != want {
			t.Errorf("backoff(%d) = %v, want %v", n, got, want)
		}
	}
}

func TestEnvironmentDoesNotLeak(t *testing.T) {
	t.Setenv("SHOPWRIGHT_DATABASE_PASSWORD", "hunter2")
	h := newHost(t, Options{})
	start(t, h, Instance{ID: "p", Driver: "test", Config: json.RawMessage(`{"environ":true}`)})
	st := ready(t, h, "p")
	if st.State != Degraded || st.Reason != "plugins.device_not_ready" || !strings.Contains(st.Detail, driver.Handshake.MagicCookieKey) {
		t.Fatalf("%+v", st)
	}
	for _, line := range strings.Split(st.Detail, "\n") {
		name, _, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(name, "PLUGIN_") && !strings.HasPrefix(name, "SHOPWRIGHT_DRIVER") && name != "SYSTEMROOT" {
			t.Errorf("the driver sees %s", line)
		}
	}
}

func TestWrongSettingsAreShown(t *testing.T) {
	h := newHost(t, Options{})
	start(t, h, Instance{ID: "p", Driver: "test", Config: json.RawMessage(`{"fail":"no such port"}`)})
	until(t, 20*time.Second, "quarantined", func() bool { return status(h, "p").State == Quarantined })
	if st := status(h, "p"); !strings.Contains(st.Detail, "no such port") || st.Reason != "plugins.wrong_settings" || st.Restarts != 0 { // another start would be refused likewise
		t.Errorf("%+v", st)
	}
}

func TestUnknownDriverIsQuarantined(t *testing.T) {
	h := newHost(t, Options{Exec: func(name string) (string, []string, error) { return "", nil, ErrNoDriver.With("driver", name) }})
	start(t, h, Instance{ID: "p", Driver: "nothing"})
	until(t, 5*time.Second, "quarantined", func() bool { return status(h, "p").State == Quarantined })
	if st := status(h, "p"); st.Reason != "plugins.unknown_driver" {
		t.Errorf("%+v", st)
	}
	h2 := newHost(t, Options{Exec: func(string) (string, []string, error) { return filepath.Join(t.TempDir(), "absent"), nil, nil }})
	start(t, h2, Instance{ID: "p", Driver: "absent"})
	until(t, 10*time.Second, "quarantined", func() bool { return status(h2, "p").State == Quarantined })
}

func TestNoOrphanAfterTheHostIsKilled(t *testing.T) {
	self, _ := os.Executable()
	host := exec.Command(self, "host-run")
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	defer host.Process.Kill()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || !lives(pid) {
		t.Fatalf("no driver: %q", line)
	}
	host.Process.Kill()
	host.Wait()
	until(t, 3*time.Second, "the driver died with its host", func() bool { return !lives(pid) })
}

func TestDriverLogsReachTheHost(t *testing.T) {
	var b syncBuffer
	h := newHost(t, Options{Log: slog.New(slog.NewTextHandler(&b, nil))})
	start(t, h, Instance{ID: "p", Driver: "test", Config: json.RawMessage(`{"log":"paper is low"}`)})
	ready(t, h, "p")
	until(t, 5*time.Second, "the record", func() bool { return strings.Contains(b.String(), "paper is low") })
	for _, want := range []string{"level=WARN", "figure=7", "instance=p"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is missing in %s", want, b.String())
		}
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *syncBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }
