//go:build !windows

package spooler

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw/drivers/dotmatrix"
	"github.com/shopwright/shopwright/hw/escpos"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

var quick = limits{ask: 10 * time.Second, put: 10 * time.Second, finish: 600 * time.Millisecond, poll: 20 * time.Millisecond, probe: time.Hour}

func setup(t *testing.T, how, more string) (*Printer, *sim.PrintQueue) {
	t.Helper()
	q, err := sim.NewPrintQueue(t.TempDir(), "till", how)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", q.Path())
	p := newPrinter(openQueue, quick)
	if err := p.Configure(t.Context(), json.RawMessage(`{"queue":"till"`+more+`}`)); err != nil {
		t.Fatal(err)
	}
	return p, q
}

var sample = receipt.Document{Blocks: []receipt.Block{receipt.Text{Text: "莲花 ¥12.50"}, receipt.Cut{}}}

func submit(t *testing.T, p *Printer, id string, attempt int) driver.JobStatus {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	st, err := p.Submit(ctx, driver.Job{JobKey: driver.JobKey{ID: id, Attempt: attempt}, Document: wire.To(sample)})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestTheQueueConfirms(t *testing.T) {
	p, q := setup(t, sim.QueuePrints, "")
	for range 3 { // the same attempt three times
		if st := submit(t, p, "a", 1); st.State != driver.JobConfirmed {
			t.Fatalf("%+v", st)
		}
	}
	submit(t, p, "a", 2)
	jobs := q.Jobs()
	want := string(escpos.Encode(sample, escpos.Profile{Columns: 48, Text: escpos.GB18030}))
	if len(jobs) != 2 || jobs[0].Data != want || jobs[0].Args != "-d till -o raw -t a #1" {
		t.Fatalf("%+v", jobs)
	}
	if h := p.Health(t.Context()); !h.OK {
		t.Errorf("%+v", h)
	}
	if st, err := p.JobStatus(t.Context(), driver.JobKey{ID: "a", Attempt: 1}); err != nil || st.State != driver.JobConfirmed {
		t.Errorf("%+v %v", st, err)
	}
	if st, _ := p.JobStatus(t.Context(), driver.JobKey{ID: "other", Attempt: 1}); st.State != driver.JobUnknown {
		t.Errorf("%+v", st)
	}
}

func TestWhatBecomesOfAJob(t *testing.T) {
	for how, want := range map[string]struct {
		state  driver.JobState
		reason string
		left   string // of the job in the queue
	}{
		sim.QueueHolds:   {driver.JobUncertain, "taken out", "canceled"},
		sim.QueueAborts:  {driver.JobUncertain, "gave it up", "aborted"},
		sim.QueueForgets: {driver.JobSent, "", "gone"},
		sim.QueueRefuses: {driver.JobFailed, "does not exist", ""},
		sim.QueueTears:   {driver.JobUncertain, "Broken pipe", "pending"},
		sim.QueueStopped: {driver.JobFailed, "is stopped: Paused by the shop", ""},
	} {
		t.Run(how, func(t *testing.T) {
			p, q := setup(t, how, "")
			st := submit(t, p, "a", 1)
			if st.State != want.state || !strings.Contains(st.Reason, want.reason) {
				t.Fatalf("%+v", st)
			}
			jobs := q.Jobs()
			if want.left == "" && len(jobs) != 0 || want.left != "" && (len(jobs) != 1 || jobs[0].State != want.left) {
				t.Fatalf("%+v", jobs)
			}
			if err := q.Behave(sim.QueuePrints); err != nil {
				t.Fatal(err)
			}
			again := submit(t, p, "a", 1)
			if n := len(q.Jobs()); want.state == driver.JobFailed && (again.State != driver.JobConfirmed || n != 1) || want.state != driver.JobFailed && (again != st || n != 1) {
				t.Errorf("asked again: %+v, %d jobs", again, n)
			}
		})
	}
}

// An lp that does not end is given up; whether the queue has the job nobody
// can tell.
func TestAHungCommandIsUncertain(t *testing.T) {
	p, _ := setup(t, sim.QueueHangs, "")
	p.lim.put = 200 * time.Millisecond
	began := time.Now()
	if st := submit(t, p, "a", 1); st.State != driver.JobUncertain || time.Since(began) > 15*time.Second {
		t.Errorf("%+v after %v", st, time.Since(began))
	}
}

func TestDrawer(t *testing.T) {
	p, q := setup(t, sim.QueuePrints, "")
	for range 3 {
		if err := p.Open(t.Context(), "k1", "", 1); err != nil {
			t.Fatal(err)
		}
	}
	if jobs := q.Jobs(); len(jobs) != 1 || jobs[0].Data != string(escpos.Kick(1)) {
		t.Errorf("%+v", jobs)
	}
	if err := q.Behave(sim.QueueHolds); err != nil {
		t.Fatal(err)
	}
	late, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	if err := p.Open(late, "k2", "", 0); err == nil {
		t.Error("a pulse that waits in the queue is no open drawer")
	}
	for _, j := range q.Jobs() {
		if j.State == sim.QueueHolds {
			t.Error("the pulse is still in the queue")
		}
	}
	labels, _ := setup(t, sim.QueuePrints, `,"language":"zpl"`)
	if err := labels.Open(t.Context(), "k", "", 0); err == nil {
		t.Error("a label printer has no drawer")
	}
}

func TestLanguages(t *testing.T) {
	p, q := setup(t, sim.QueuePrints, `,"language":"escp","form_lines":22,"columns":80,"text":"auto"`)
	if st := submit(t, p, "a", 1); st.State != driver.JobConfirmed {
		t.Fatalf("%+v", st)
	}
	if jobs := q.Jobs(); jobs[0].Data != string(dotmatrix.Encode(sample, dotmatrix.Profile{Columns: 80, Form: 22})) {
		t.Errorf("%q", jobs)
	}
	label := driver.LabelJob{JobKey: driver.JobKey{ID: "l", Attempt: 1}, Copies: 2, Label: &driver.Label{Width: 400, Height: 300,
		Items: []*hwv1.LabelItem{{Kind: &hwv1.LabelItem_Text{Text: &hwv1.LabelText{Text: "Tea"}}}}}}
	if st, err := p.PrintLabel(t.Context(), label); err != nil || st.State != driver.JobFailed {
		t.Errorf("%+v %v", st, err)
	}
	p, q = setup(t, sim.QueuePrints, `,"language":"zpl","dpi":300`)
	if st, err := p.PrintLabel(t.Context(), label); err != nil || st.State != driver.JobConfirmed {
		t.Fatalf("%+v %v", st, err)
	}
	if jobs := q.Jobs(); len(jobs) != 1 || !strings.Contains(jobs[0].Data, "^PW480") || !strings.Contains(jobs[0].Data, "^PQ2") {
		t.Errorf("%q", jobs)
	}
	if st := submit(t, p, "a", 1); st.State != driver.JobFailed {
		t.Errorf("%+v", st)
	}
	// Bytes in the printer's own language pass as they are.
	raw := []byte("^XA^XZ\x00\xff")
	if st, err := p.Submit(t.Context(), driver.Job{JobKey: driver.JobKey{ID: "r", Attempt: 1}, Raw: raw}); err != nil || st.State != driver.JobConfirmed || !bytes.Equal([]byte(q.Jobs()[1].Data), raw) {
		t.Errorf("%+v %v", st, err)
	}
}

func TestJobsKeepTheirOrderAndStayWhole(t *testing.T) {
	p, q := setup(t, sim.QueuePrints, "")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			raw := bytes.Repeat([]byte{byte('a' + i)}, 500)
			if st, err := p.Submit(context.Background(), driver.Job{JobKey: driver.JobKey{ID: fmt.Sprint(i), Attempt: 1}, Raw: raw}); err != nil || st.State != driver.JobConfirmed {
				t.Errorf("%+v %v", st, err)
			}
		})
	}
	wg.Wait()
	for _, j := range q.Jobs() {
		if len(j.Data) != 500 || strings.Count(j.Data, j.Data[:1]) != 500 {
			t.Errorf("mixed: %q", j.Data)
		}
	}
}

func TestEntry(t *testing.T) {
	const list = "till-1   shop  1024   now\n\tStatus: till-2\n\tAlerts: none\ntill-12  shop  1024   now\n\tAlerts: twelve\ntill-2   shop 1 now"
	for job, want := range map[string]string{"till-1": "none", "till-12": "twelve", "till-2": "shop 1"} {
		if about, ok := entry(list, job); !ok || !strings.Contains(about, want) {
			t.Errorf("%s: %q %v", job, about, ok)
		}
	}
	if about, ok := entry(list, "till-3"); ok {
		t.Error(about)
	}
}

func TestConfigure(t *testing.T) {
	q, err := sim.NewPrintQueue(t.TempDir(), "till", sim.QueuePrints)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", q.Path())
	for bad, want := range map[string]string{
		`{}`: "missing", `{"queue":"-x"}`: "no queue", `{"queue":"a b"}`: "no queue", `{"queue":"t","language":"pcl"}`: "known", `{"queue":"t","columns":33}`: "33",
		`{"queue":"t","language":"escp","columns":48}`: "48", `{"queue":"t","language":"zpl","dpi":1}`: "dots", `{"address":"t"}`: "unknown field", `[]`: "cannot",
	} {
		if err := newPrinter(openQueue, quick).Configure(t.Context(), json.RawMessage(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	var s struct{ Properties map[string]any }
	if err := json.Unmarshal(New().(driver.Configurable).ConfigSchema(), &s); err != nil || s.Properties["queue"] == nil || s.Properties["no_status"] != nil || s.Properties["dpi"] == nil {
		t.Errorf("%v %v", s.Properties, err)
	}
	other := newPrinter(openQueue, quick)
	if err := other.Configure(t.Context(), json.RawMessage(`{"queue":"other"}`)); err != nil {
		t.Fatal(err)
	}
	if st := submit(t, other, "a", 1); st.State != driver.JobFailed || !strings.Contains(st.Reason, "Invalid destination") {
		t.Errorf("%+v", st)
	}
}
