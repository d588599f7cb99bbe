package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/client"
)

// TestDriverKill is the kill suite: a short one, or one of SHOPWRIGHT_KILL checkouts
// in five rounds, then on PostgreSQL too and with the goals of time.
func TestDriverKill(t *testing.T) {
	if testing.Short() {
		t.Skip("it kills processes for a while")
	}
	small := func(t *testing.T, database string) *killRun {
		k := &killRun{data: t.TempDir(), database: database, checkouts: 30, rounds: 1, hostKills: 2, pace: 20 * time.Millisecond, seed: uint64(time.Now().UnixNano())}
		shareRules(k.data)
		return k
	}
	full, err := strconv.Atoi(os.Getenv("SHOPWRIGHT_KILL"))
	if err != nil || full < 1 {
		t.Run("sqlite", func(t *testing.T) { playKill(t, small(t, ""), false) })
		return
	}
	for name, database := range map[string]string{"sqlite": "", "postgres": dbtest.PostgresURL(t)} {
		t.Run(name, func(t *testing.T) {
			k := small(t, database)
			k.checkouts, k.rounds, k.hostKills, k.pace = full, 5, 8, 100*time.Millisecond
			playKill(t, k, true)
		})
	}
}

// shareRules keeps compiled rules, which are the same for all, between tests.
func shareRules(data string) {
	if dir, err := os.UserCacheDir(); err == nil {
		dir = filepath.Join(dir, "shopwright-test-rules")
		if os.MkdirAll(dir, 0o755) == nil {
			_ = os.Symlink(dir, filepath.Join(data, "rule-cache")) // without it each has its own
		}
	}
}

// playKill plays a suite. Times are judged where asked: a short one on a machine that
// does other things as well says nothing about them.
func playKill(t *testing.T, k *killRun, times bool) {
	var out bytes.Buffer
	k.out = &out
	rows, err := k.run(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	writeGoals(&out, rows)
	t.Logf("\n%s", &out)
	for _, r := range rows {
		if r.missed && (times || r.wanted == "0") {
			t.Errorf("%s: %s", r.what, r.is)
		}
	}
	if want := k.checkouts*3 + 10; len(k.sales) < want {
		t.Errorf("only %d sales were made, not %d", len(k.sales), want)
	}
	if k.done["kills of the program"] != k.hostKills || k.done["drivers killed"] == 0 {
		t.Errorf("little was done to it: %v", k.done)
	}
}

// killJudged is a small truth: two sales, one printer, all well.
func killJudged() (e *killEvidence, printer id.ID) {
	printer = id.New(1)
	e = &killEvidence{register: "R", printers: []id.ID{printer}}
	for i := range 2 {
		s := client.Sale{ID: id.New(int64(10 + i)).String(), Number: fmt.Sprint("A-", i), Total: "1.00", State: "completed", RegisterID: "R"}
		sale, _ := id.Parse(s.ID)
		told := s
		e.booked = append(e.booked, s)
		e.sales = append(e.sales, &killSale{key: fmt.Sprint(i), register: "R", told: &told})
		e.jobs = append(e.jobs, device.JobRecord{Job: device.Job{Sale: sale, Device: printer, Attempt: 1, State: device.Confirmed}})
		e.papers = append(e.papers, killPaper{printer, s.Number, 1, true})
	}
	return e, printer
}

// Each thing that can be wrong is seen, in its own line, and nothing else is.
func TestTheKillJudge(t *testing.T) {
	for name, spoil := range map[string]func(e *killEvidence){
		"": func(*killEvidence) {},
		"sales lost": func(e *killEvidence) {
			e.booked, e.jobs = e.booked[:1], e.jobs[:1]
		},
		"sales doubled, or made by nobody": func(e *killEvidence) {
			e.booked = append(e.booked, client.Sale{ID: id.New(99).String(), Number: "A-9", RegisterID: "elsewhere"})
		},
		"sales booked otherwise than answered":                 func(e *killEvidence) { e.booked[0].Total = "2.00" },
		"sales never answered, or refused":                     func(e *killEvidence) { e.sales = append(e.sales, &killSale{key: "x"}) },
		"receipts without a print job, or with two":            func(e *killEvidence) { e.jobs = e.jobs[:1] },
		"receipts told as printed, and not on paper":           func(e *killEvidence) { e.papers[0].whole = false },
		"receipts that still wait after everything was mended": func(e *killEvidence) { e.jobs[0].State = device.Failed },
		"receipts twice without the mark":                      func(e *killEvidence) { e.papers = append(e.papers, e.papers[0]) },
		"differences in the books":                             func(e *killEvidence) { e.proved = 3 },
	} {
		e, _ := killJudged()
		spoil(e)
		for _, r := range e.judge() {
			if r.missed != (r.what == name) {
				t.Errorf("%q: %+v, notes %v", name, r, e.notes)
			}
		}
	}
	// Torn, then printed again with its mark: all is well.
	e, printer := killJudged()
	e.papers[0].whole, e.jobs[0].Attempt = false, 2
	e.papers = append(e.papers, killPaper{printer, "A-0", 2, true})
	for _, r := range e.judge() {
		if r.missed {
			t.Errorf("a marked copy: %+v %v", r, e.notes)
		}
	}
	// The same copy twice is no better for its mark.
	e.papers = append(e.papers, killPaper{printer, "A-0", 2, false})
	if got := fmt.Sprint(e.judge()); !strings.Contains(got, "receipts twice without the mark 0 1 true") {
		t.Error(got)
	}
}

func TestReadingTheKillersPaper(t *testing.T) {
	dev, numbers := id.New(1), map[string]bool{"A-1": true, "A-2": true}
	cut := "\x1dV\x42\x00"
	streams := [][]byte{
		[]byte("\x1b@No.  A-1\ntor"),                         // torn by the line
		[]byte("\x1b@No. A-1 and no"),                        // torn by the driver's death, and on the same line
		[]byte("\x1b@*** DUPLICATE #2 ***\nNo. A-1\n" + cut), // the copy
		[]byte("\x1bp\x00\x19\x78"),                          // a drawer
		[]byte("\x1b@No. A-2\n\x1b@No. A-2\n" + cut),
	}
	got := fmt.Sprint(readStreams(dev, streams, numbers))
	want := fmt.Sprint([]killPaper{{dev, "A-1", 1, false}, {dev, "A-1", 1, false}, {dev, "A-1", 2, true}, {dev, "A-2", 1, false}, {dev, "A-2", 1, true}})
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// A call to a driver is seen on a checkout's trace, by its context or by its stack.
func TestTheTraceSeesCallsToDrivers(t *testing.T) {
	var tr killTrace
	h := plugins.NewHost(plugins.Options{Called: tr.called})
	t.Cleanup(h.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := h.Start(ctx, plugins.Instance{ID: "a", Driver: benchDriverName}); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitReady(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	d, ok := h.Display("a")
	if !ok {
		t.Fatal("no display")
	}
	if err := d.Clear(ctx, ""); err != nil || tr.wrong.Load() != 0 || tr.calls.Load() == 0 {
		t.Fatalf("%v, %+v", err, tr.goal())
	}
	if err := d.Clear(context.WithValue(ctx, ofCheckout{}, true), ""); err != nil || tr.wrong.Load() != 1 || !tr.goal().missed {
		t.Fatalf("%v, %+v", err, tr.goal())
	}
	if stackHas("/core/checkout.") || !stackHas("TheTraceSees") {
		t.Error("the stack is not read")
	}
}

// The checkout, the API and whatever they import know nothing that leads to a driver.
func TestNothingThatSellsKnowsDrivers(t *testing.T) {
	need(t, "go")
	cmd := exec.Command("go", "list", "-deps", "github.com/shopwright/shopwright/core/checkout", "github.com/shopwright/shopwright/core/api")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 50 {
		t.Fatalf("only %d packages", len(packages))
	}
	for _, p := range packages {
		rest, ours := strings.CutPrefix(p, "github.com/shopwright/shopwright/")
		if ours && (strings.HasPrefix(rest, "plugins") || strings.HasPrefix(rest, "hw") || strings.HasPrefix(rest, "sdk/driver")) {
			t.Errorf("what sells imports %s", p)
		}
	}
}

// The list of driver processes finds those of a host, and no others.
func TestDriverProcesses(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux lists processes")
	}
	h := plugins.NewHost(plugins.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := h.Start(ctx, plugins.Instance{ID: "a", Driver: benchDriverName}); err != nil {
		t.Fatal(err)
	}
	if err := h.WaitReady(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	pid := h.Status()[0].PID
	if pids, err := driverProcesses(os.Getpid()); err != nil || fmt.Sprint(pids) != fmt.Sprint([]int{pid}) {
		t.Errorf("%v %v, want %d", pids, err, pid)
	}
	h.Close()
	if pids, err := driverProcesses(os.Getpid()); err != nil || len(pids) != 0 {
		t.Errorf("%v %v after the end", pids, err)
	}
}
