package drivers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw"
	"github.com/shopwright/shopwright/hw/drivers"
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/driver/drivertest"
)

// The test binary serves the drivers as the program does.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "driver-serve" {
		if err := drivers.Serve(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// names are the drivers; settings that name one must find it for ever.
var names = []string{
	"acquirer-sim",
	"alipay",
	"callerid-serial",
	"card-hid",
	"card-serial",
	"display-vfd",
	"dot-matrix",
	"escpos-net",
	"escpos-serial",
	"escpos-usb",
	"label-zpl",
	"messenger-http",
	"paybox-serial",
	"scale-serial",
	"scanner-evdev",
	"scanner-serial",
	"spooler",
	"storefront-http",
	"storefront-sim",
	"stripe",
	"virtual-printer",
	"wechat-official",
	"wechat-pay",
}

func TestNames(t *testing.T) {
	if got := drivers.Names(); !slices.Equal(got, names) {
		t.Error(got)
	}
	for _, n := range drivers.Names() {
		if !drivers.Has(n) {
			t.Error(n)
		}
	}
	if err := drivers.Serve("nothing"); !fault.ReasonIs(err, "hw.unknown_driver") || drivers.Has("nothing") {
		t.Error(err)
	}
}

// queue is the job table in memory; leases run out at once when asked.
type queue struct {
	mu     sync.Mutex
	jobs   []*device.Job
	leased map[id.ID]bool
}

func (q *queue) add(dev id.ID, n int) {
	for i := range n {
		q.jobs = append(q.jobs, &device.Job{ID: id.Derived("job", dev.String(), strconv.Itoa(i)), Merchant: id.Derived("m"), Device: dev, Kind: device.KindReceipt, Attempt: 1, State: device.Queued})
	}
}

func (q *queue) Claim(_ context.Context, _ string, n int) ([]device.Job, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []device.Job
	for _, j := range q.jobs {
		if len(out) < n && !j.State.Settled() && !q.leased[j.ID] {
			if j.State != device.Sending {
				j.State = device.Claimed
			}
			q.leased[j.ID] = true
			out = append(out, *j)
		}
	}
	return out, nil
}

func (q *queue) Advance(_ context.Context, jobID, _ id.ID, from, to device.State, attempt int, _ string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range q.jobs {
		if j.ID == jobID {
			if j.State != from || j.Attempt != attempt || !device.CanMove(from, to) {
				return fault.ErrCanceled
			}
			j.State = to
			if to != device.Sending {
				delete(q.leased, jobID)
			}
			return nil
		}
	}
	return fault.ErrInternal
}

func (q *queue) Release(ctx context.Context, jobs []device.Job, reason string) error {
	for _, j := range jobs {
		if err := q.Advance(ctx, j.ID, j.Merchant, device.Claimed, device.Failed, j.Attempt, reason); err != nil {
			return err
		}
	}
	return nil
}

func (q *queue) Due(context.Context, id.ID, string) error { return nil } // a failed job is due at once
func (q *queue) Renew(context.Context, device.Job) error  { return nil }

func (q *queue) Wait(ctx context.Context) {
	select {
	case <-time.After(10 * time.Millisecond):
	case <-ctx.Done():
	}
}

func (q *queue) count() map[device.State]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := map[device.State]int{}
	for _, j := range q.jobs {
		out[j.State]++
	}
	return out
}

type documents struct{}

func (documents) Document(_ context.Context, j device.Job) (receipt.Document, error) {
	return receipt.Document{Blocks: []receipt.Block{receipt.Text{Text: "销售 " + j.ID.String()}, receipt.QR{Content: j.ID.String()}, receipt.Cut{}}}, nil
}

// TestA28_RealDriverKilledWhilePrinting prints through the process of the
// virtual printer while it is killed and frozen at random: every receipt is in
// the folder exactly once, none is marked, none is uncertain.
func TestA28_RealDriverKilledWhilePrinting(t *testing.T) {
	if _, err := exec.LookPath("kill"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no kill command")
		}
		t.Skip("needs the kill command")
	}
	const receipts = 60
	folder := t.TempDir()
	// A manual clock that moves on keeps the supervisor from quarantine: the
	// deaths here are our own.
	c := clock.NewManual(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC))
	host := plugins.NewHost(plugins.Options{Clock: c})
	defer host.Close()
	dev := id.Derived("till 1 printer")
	if err := host.Start(t.Context(), plugins.Instance{ID: dev.String(), Driver: virtualprinter.Name, Config: json.RawMessage(fmt.Sprintf(`{"folder":%q,"delay_ms":15}`, folder))}); err != nil {
		t.Fatal(err)
	}
	jobs := &queue{leased: map[id.ID]bool{}}
	jobs.add(dev, receipts)
	ctx, cancel := context.WithCancel(t.Context())
	q := hw.NewQueue(hw.QueueOptions{Jobs: jobs, Documents: documents{}, Printers: host, Worker: "test"})
	done := make(chan struct{})
	go func() { q.Run(ctx); close(done) }()
	defer func() { cancel(); <-done }()

	rng := rand.New(rand.NewPCG(1, 2))
	kills, began := 0, time.Now()
	for jobs.count()[device.Confirmed] < receipts {
		if time.Since(began) > 90*time.Second {
			t.Fatalf("after %d kills: %v, %+v", kills, jobs.count(), host.Status())
		}
		time.Sleep(time.Duration(20+rng.IntN(60)) * time.Millisecond)
		st := host.Status()[0]
		if kills >= 20 || st.PID == 0 || !st.Usable() {
			continue
		}
		name := "-KILL"
		if kills == 5 {
			name = "-STOP"
		}
		if exec.Command("kill", name, strconv.Itoa(st.PID)).Run() == nil {
			kills++
			c.Advance(11 * time.Minute)
		}
	}
	printed, err := virtualprinter.List(folder)
	if err != nil || len(printed) != receipts {
		t.Fatalf("%d receipts in the folder, %v", len(printed), err)
	}
	seen := map[string]bool{}
	for _, p := range printed {
		text, err := os.ReadFile(filepath.Join(folder, p.Text))
		if err != nil || p.Attempt != 1 || seen[p.JobID] || !strings.Contains(string(text), p.JobID) || strings.Contains(string(text), "DUPLICATE") {
			t.Errorf("%+v %v\n%s", p, err, text)
		}
		seen[p.JobID] = true
	}
	t.Logf("%d receipts, %d kills, %v", receipts, kills, time.Since(began).Round(time.Millisecond))
}

// The first-party drivers pass what vendors' drivers must pass.
func TestVirtualPrinterConforms(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	drivertest.Run(t, drivertest.Target{
		Command: []string{self, "driver-serve", virtualprinter.Name},
		Config:  json.RawMessage(fmt.Sprintf(`{"folder":%q}`, folder)),
		Wrong:   json.RawMessage(`{"folder":""}`),
		Printed: func(job string, attempt int) int {
			n := 0
			all, _ := virtualprinter.List(folder)
			for _, p := range all {
				if p.JobID == job && p.Attempt == attempt {
					n++
				}
			}
			return n
		},
	})
}

func TestEscposNetConforms(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	n, err := sim.NewNetPrinter(sim.Behaviour{Status: true})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	drivertest.Run(t, drivertest.Target{
		Command: []string{self, "driver-serve", "escpos-net"},
		Config:  json.RawMessage(fmt.Sprintf(`{"address":%q}`, n.Addr())),
		Wrong:   json.RawMessage(`{"address":"::::"}`),
		Printed: func(job string, attempt int) int {
			count := 0
			for _, b := range n.Jobs() {
				count += strings.Count(string(b), fmt.Sprintf("%s #%d", job, attempt))
			}
			return count
		},
	})
}
