package escposnet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/drivers/thermal"
	"github.com/shopwright/shopwright/hw/escpos"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

var quick = streamprinter.Limits{Ask: 250 * time.Millisecond, Write: 300 * time.Millisecond, Finish: 900 * time.Millisecond, Probe: time.Hour}

func setup(t *testing.T, how sim.Behaviour, more string) (*thermal.Driver, *sim.NetPrinter) {
	t.Helper()
	return within(t, quick, how, more)
}

func within(t *testing.T, l streamprinter.Limits, how sim.Behaviour, more string) (*thermal.Driver, *sim.NetPrinter) {
	t.Helper()
	n, err := sim.NewNetPrinter(how)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	p := newPrinter(l)
	if err := p.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q%s}`, n.Addr(), more))); err != nil {
		t.Fatal(err)
	}
	return p, n
}

func doc() *driver.Document {
	return wire.To(receipt.Document{Blocks: []receipt.Block{receipt.Text{Text: "莲花 ¥12.50"}, receipt.Cut{}}})
}

func submit(t *testing.T, p *thermal.Driver, id string, attempt int, raw []byte) driver.JobStatus {
	t.Helper()
	j := driver.Job{JobKey: driver.JobKey{ID: id, Attempt: attempt}, Raw: raw}
	if raw == nil {
		j.Document = doc()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	st, err := p.Submit(ctx, j)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestAPrinterWithStatusConfirms(t *testing.T) {
	p, n := setup(t, sim.Behaviour{Status: true}, "")
	for range 3 { // the same attempt three times
		if st := submit(t, p, "a", 1, nil); st.State != driver.JobConfirmed {
			t.Fatalf("%+v", st)
		}
	}
	submit(t, p, "a", 2, nil)
	want := escpos.Encode(wire.From(doc()), escpos.Profile{})
	if jobs := n.Jobs(); len(jobs) != 2 || !bytes.Equal(jobs[0], want) {
		t.Errorf("%d jobs, first %x", len(jobs), jobs[0])
	}
	if h := p.Health(t.Context()); !h.OK {
		t.Errorf("%+v", h)
	}
	st, err := p.JobStatus(t.Context(), driver.JobKey{ID: "a", Attempt: 1})
	if err != nil || st.State != driver.JobConfirmed {
		t.Errorf("%+v %v", st, err)
	}
	if st, _ := p.JobStatus(t.Context(), driver.JobKey{ID: "of an earlier process", Attempt: 1}); st.State != driver.JobUnknown {
		t.Errorf("%+v", st)
	}
}

func TestAPrinterWithoutStatusIsSentOnly(t *testing.T) {
	p, n := setup(t, sim.Behaviour{}, "")
	if st := submit(t, p, "a", 1, nil); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	p2, _ := setup(t, sim.Behaviour{Status: true}, `,"no_status":true`)
	if st := submit(t, p2, "a", 1, nil); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	if len(n.Jobs()) != 1 {
		t.Error("not printed")
	}
}

func TestBeforeTheFirstByteItFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	p := newPrinter(quick)
	if err := p.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q}`, addr))); err != nil {
		t.Fatal(err)
	}
	if st := submit(t, p, "a", 1, nil); st.State != driver.JobFailed || !strings.Contains(st.Reason, "no connection") {
		t.Errorf("nobody listens: %+v", st)
	}
	if h := p.Health(t.Context()); h.OK || h.Reason == "" {
		t.Errorf("%+v", h)
	}
	for name, how := range map[string]sim.Behaviour{"paper": {Status: true, PaperOut: true}, "offline": {Status: true, Offline: true}} {
		p, n := setup(t, how, "")
		if st := submit(t, p, "a", 1, nil); st.State != driver.JobFailed || !strings.Contains(st.Reason, name) {
			t.Errorf("%s: %+v", name, st)
		}
		if len(n.Jobs()) != 0 {
			t.Errorf("%s: bytes were sent", name)
		}
		// The same attempt goes out once the trouble is over.
		n.Behave(sim.Behaviour{Status: true})
		if st := submit(t, p, "a", 1, nil); st.State != driver.JobConfirmed || len(n.Jobs()) != 1 {
			t.Errorf("%s: %+v", name, st)
		}
	}
}

func TestAfterTheFirstByteItIsUncertainAndNeverSentAgain(t *testing.T) {
	big := bytes.Repeat([]byte("a long receipt \n"), 1<<19) // 8 MB: more than the network holds
	for name, how := range map[string]sim.Behaviour{
		"deaf":            {Deaf: true},
		"stalls":          {Status: true, StallAt: 1000},
		"resets":          {Status: true, ResetAt: 1000},
		"mute afterwards": {Status: true, Mute: true},
	} {
		t.Run(name, func(t *testing.T) {
			p, n := setup(t, how, "")
			data := big
			if how.Mute {
				data = []byte("short\n")
			}
			st := submit(t, p, "a", 1, data)
			if st.State != driver.JobUncertain || st.Reason == "" {
				t.Fatalf("%+v", st)
			}
			n.Behave(sim.Behaviour{Status: true})
			before := len(n.Jobs())
			if again := submit(t, p, "a", 1, data); again != st || len(n.Jobs()) != before {
				t.Errorf("it was sent again: %+v", again)
			}
			if re := submit(t, p, "a", 2, []byte("short\n")); re.State != driver.JobConfirmed {
				t.Errorf("the reprint: %+v", re)
			}
		})
	}
}

// A short job to a peer that resets at once: the write itself reports nothing.
func TestASilentResetIsNoticed(t *testing.T) {
	p, _ := setup(t, sim.Behaviour{ResetAt: 1}, `,"no_status":true`)
	if st := submit(t, p, "a", 1, nil); st.State != driver.JobUncertain {
		t.Errorf("%+v", st)
	}
}

func TestTheCallersDeadlineEndsAStall(t *testing.T) {
	patient := quick
	patient.Write = time.Hour
	p, _ := within(t, patient, sim.Behaviour{Deaf: true}, `,"no_status":true`)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	st, err := p.Submit(ctx, driver.Job{JobKey: driver.JobKey{ID: "a", Attempt: 1}, Raw: make([]byte, 16<<20)})
	if err != nil || st.State != driver.JobUncertain || time.Since(began) > 2*time.Second {
		t.Errorf("%+v %v after %v", st, err, time.Since(began))
	}
}

func TestTenJobsAtOnceStayWhole(t *testing.T) {
	p, n := setup(t, sim.Behaviour{Status: true, ReadSizes: 7}, "")
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			raw := bytes.Repeat([]byte{byte('a' + i)}, 500)
			if st, err := p.Submit(context.Background(), driver.Job{JobKey: driver.JobKey{ID: fmt.Sprint(i), Attempt: 1}, Raw: raw}); err != nil || st.State != driver.JobConfirmed {
				t.Errorf("%+v %v", st, err)
			}
		})
	}
	wg.Wait()
	jobs := n.Jobs()
	if len(jobs) != 10 {
		t.Fatalf("%d jobs", len(jobs))
	}
	for _, j := range jobs {
		if len(j) != 500 || bytes.Count(j, j[:1]) != 500 {
			t.Errorf("mixed: %q", j)
		}
	}
}

func TestCancelBeforeTheFirstByte(t *testing.T) {
	p, n := setup(t, sim.Behaviour{Status: true, StallAt: 1}, "")
	busy := make(chan bool)
	go func() {
		_, _ = p.Submit(context.Background(), driver.Job{JobKey: driver.JobKey{ID: "before", Attempt: 1}, Raw: make([]byte, 8<<20)})
		close(busy)
	}()
	for len(n.Jobs()) == 0 {
		time.Sleep(time.Millisecond)
	}
	done := make(chan driver.JobStatus)
	go func() {
		st, _ := p.Submit(context.Background(), driver.Job{JobKey: driver.JobKey{ID: "a", Attempt: 1}, Raw: []byte("x")})
		done <- st
	}()
	for {
		st, _ := p.Cancel(t.Context(), driver.JobKey{ID: "a", Attempt: 1})
		if st.State == driver.JobCancelled {
			break
		}
		if st.State == driver.JobSent || st.State == driver.JobConfirmed {
			t.Fatalf("it went out behind a printer that hangs: %+v", st)
		}
	}
	n.Behave(sim.Behaviour{Status: true}) // what hangs ends
	<-busy
	if st := <-done; st.State != driver.JobCancelled || len(n.Jobs()) != 1 {
		t.Errorf("%+v, %d jobs", st, len(n.Jobs()))
	}
}

func TestDrawerOpensAtMostOnce(t *testing.T) {
	p, n := setup(t, sim.Behaviour{}, "")
	for range 3 {
		if err := p.Open(t.Context(), "k1", "", 0); err != nil {
			t.Fatal(err)
		}
	}
	late, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Open(late, "k2", "", 0); err == nil {
		t.Error("a late kick went out")
	}
	for range 100 {
		if len(n.Jobs()) > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if jobs := n.Jobs(); len(jobs) != 1 || !bytes.Equal(jobs[0], escpos.Kick(0)) {
		t.Errorf("%x", jobs)
	}
}

func TestConfigure(t *testing.T) {
	for bad, want := range map[string]string{
		`{}`: "address", `{"address":"x:y"}`: "no address", `{"address":"p","columns":40}`: "40", `{"address":"p","text":"x"}`: "known", `{"address":"::::"}`: "no address", `{"address":"tcp://p"}`: "no address", `{"adress":"p"}`: "unknown field", `{"address":"p","profile":"x"}`: "known", `{"address":"p","baud":9600}`: "serial", `[]`: "cannot",
	} {
		if err := newPrinter(quick).Configure(t.Context(), json.RawMessage(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	p := newPrinter(quick)
	if err := p.Configure(t.Context(), json.RawMessage(`{"address":"printer.invalid"}`)); err != nil || p.Address().String() != "tcp:printer.invalid:9100" {
		t.Errorf("%v %v", err, p.Address())
	}
	if !json.Valid(p.ConfigSchema()) {
		t.Error("the schema is no JSON")
	}
}
