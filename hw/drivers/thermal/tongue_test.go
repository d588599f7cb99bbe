package thermal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/escpos"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

var quick = streamprinter.Limits{Ask: 300 * time.Millisecond, Write: 300 * time.Millisecond, Finish: 900 * time.Millisecond, Probe: time.Hour}

// printer is a printer on a TCP port that answers as a function says; it is
// given the number of the connection that brought anything and what came.
type printer struct {
	addr string
	mu   sync.Mutex
	got  bytes.Buffer
	n    int
}

func newPrinter(t *testing.T, answer func(conn int, in []byte) []byte) *printer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &printer{addr: l.Addr().String()}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c, answer)
		}
	}()
	return p
}

func (p *printer) serve(c net.Conn, answer func(int, []byte) []byte) {
	defer c.Close()
	buf, conn := make([]byte, 4096), 0
	for {
		k, err := c.Read(buf)
		if err != nil {
			return
		}
		p.mu.Lock()
		if conn == 0 {
			p.n++
			conn = p.n
		}
		p.got.Write(buf[:k])
		p.mu.Unlock()
		out := answer(conn, buf[:k])
		if out == nil {
			continue
		}
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

func (p *printer) printed(what string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Count(p.got.String(), what)
}

// wait fails where it is not printed exactly once, after a moment.
func (p *printer) wait(t *testing.T, what string) {
	t.Helper()
	for range 200 {
		if p.printed(what) > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if n := p.printed(what); n != 1 {
		t.Errorf("%q was printed %d times", what, n)
	}
}

var testKind = Kind{Name: "test", Address: func(s Settings) (port.Address, error) { return port.Parse(s.Address) }}

func configured(t *testing.T, address, more string) *Driver {
	t.Helper()
	d := New(testKind, quick)
	if err := d.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q%s}`, address, more))); err != nil {
		t.Fatal(err)
	}
	return d
}

func submit(t *testing.T, d *Driver, id, raw string) driver.JobStatus {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	st, err := d.Submit(ctx, driver.Job{JobKey: driver.JobKey{ID: id, Attempt: 1}, Raw: []byte(raw)})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// state answers the real-time questions of a printer that is well.
func state(in []byte) []byte {
	if bytes.HasPrefix(in, []byte{0x10, 4}) {
		return []byte{0x12}
	}
	return nil
}

// The answer that the first job is owed comes when the second has been sent,
// whose own never comes: the second is not confirmed by it.
func TestAnOwedAnswerConfirmsNoLaterJob(t *testing.T) {
	p := newPrinter(t, func(_ int, in []byte) []byte {
		if bytes.Contains(in, []byte("second")) {
			return []byte{0}
		}
		return state(in)
	})
	d := configured(t, "tcp:"+p.addr, "")
	if st := submit(t, d, "a", "first\n"); st.State != driver.JobUncertain {
		t.Fatalf("%+v", st)
	}
	if st := submit(t, d, "b", "second\n"); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	// It is not waited for as long again.
	began := time.Now()
	if st := submit(t, d, "c", "third\n"); st.State != driver.JobSent || time.Since(began) > quick.Finish+4*quick.Ask {
		t.Errorf("%+v after %v", st, time.Since(began))
	}
	p.wait(t, "first")
	p.wait(t, "second")
}

// Where the printer catches up, later jobs are confirmed again.
func TestAPrinterThatCatchesUpConfirmsAgain(t *testing.T) {
	var stuck atomic.Bool
	stuck.Store(true)
	p := newPrinter(t, func(_ int, in []byte) []byte {
		switch {
		case !bytes.Contains(in, escpos.AskDone):
			return state(in)
		case stuck.Load():
			return nil
		}
		return []byte{0}
	})
	d := configured(t, "tcp:"+p.addr, "")
	if st := submit(t, d, "a", "first\n"); st.State != driver.JobUncertain {
		t.Fatalf("%+v", st)
	}
	stuck.Store(false)
	if st := submit(t, d, "b", "second\n"); st.State != driver.JobConfirmed {
		t.Fatalf("%+v", st)
	}
}

// The four bytes of a status that is sent unasked hold one that looks like the
// answer to the question behind the job.
func TestAnAutomaticStatusIsNoAnswer(t *testing.T) {
	p := newPrinter(t, func(_ int, in []byte) []byte {
		if bytes.Contains(in, []byte("job")) {
			return []byte{0x10, 0x00, 0x00, 0x0f}
		}
		return state(in)
	})
	d := configured(t, "tcp:"+p.addr, "")
	if st := submit(t, d, "a", "job\n"); st.State != driver.JobUncertain {
		t.Fatalf("%+v", st)
	}
}

// Nor is the end of one whose beginning came with an earlier answer.
func TestHalfAnAutomaticStatusIsNoAnswer(t *testing.T) {
	p := newPrinter(t, func(_ int, in []byte) []byte {
		switch {
		case bytes.HasPrefix(in, escpos.AskPaper):
			return []byte{0x12, 0x10, 0x00} // the answer, and half a status
		case bytes.Contains(in, []byte("job")):
			return []byte{0x00, 0x0f} // the other half
		}
		return state(in)
	})
	d := configured(t, "tcp:"+p.addr, "")
	// The job takes a moment to pass, as jobs do: the half is there by then.
	if st := submit(t, d, "a", "job"+strings.Repeat(" ", 2<<20)); st.State != driver.JobUncertain {
		t.Fatalf("%+v", st)
	}
}

func TestAPrinterThatHangsUpBeforeTheJobGetsNone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	d := configured(t, "tcp:"+l.Addr().String(), "")
	if st := submit(t, d, "a", "job\n"); st.State != driver.JobFailed || st.Reason != streamprinter.ErrHungUp.Error() {
		t.Fatalf("%+v", st)
	}
	if h := d.Health(t.Context()); h.OK || h.Reason == "" {
		t.Errorf("%+v", h)
	}
}

// The paper's state is told when it changes, and only then.
func TestPaperEvents(t *testing.T) {
	var paper atomic.Int32
	paper.Store(0x12)
	p := newPrinter(t, func(_ int, in []byte) []byte {
		switch {
		case bytes.HasPrefix(in, escpos.AskPaper):
			return []byte{byte(paper.Load())}
		case bytes.Contains(in, escpos.AskDone):
			return []byte{0}
		}
		return state(in)
	})
	d := configured(t, "tcp:"+p.addr, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events := make(chan string, 10)
	listening := make(chan struct{})
	go func() {
		close(listening)
		_ = d.Events(ctx, 0, func(e *driver.Event) error {
			events <- fmt.Sprintf("%d %v %v", e.GetSequence(), e.GetPaper().GetOut(), e.GetPaper().GetLow())
			return nil
		})
	}()
	<-listening
	time.Sleep(20 * time.Millisecond)
	for i, b := range []int32{0x12, 0x12, 0x1e, 0x1e, 0x7e, 0x12} {
		paper.Store(b)
		submit(t, d, fmt.Sprint(i), "job\n")
	}
	for _, want := range []string{"1 false true", "2 true false", "3 false false"} {
		select {
		case got := <-events:
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("no event %s", want)
		}
	}
	select {
	case e := <-events:
		t.Errorf("told again: %s", e)
	default:
	}
}

// A printer that has answered before and is silent now is off: it gets no byte.
// One that never answered may be one that cannot, but for a serial line, which
// takes bytes for nobody.
func TestSilence(t *testing.T) {
	var silent atomic.Bool
	p := newPrinter(t, func(_ int, in []byte) []byte {
		switch {
		case silent.Load():
			return nil
		case bytes.Contains(in, escpos.AskDone):
			return []byte{0}
		}
		return state(in)
	})
	d := configured(t, "tcp:"+p.addr, "")
	if st := submit(t, d, "a", "first\n"); st.State != driver.JobConfirmed {
		t.Fatalf("%+v", st)
	}
	silent.Store(true)
	if st := submit(t, d, "b", "second\n"); st.State != driver.JobFailed || !strings.Contains(st.Reason, "does not answer") {
		t.Fatalf("%+v", st)
	}
	other := configured(t, "tcp:"+p.addr, "")
	if st := submit(t, other, "c", "third\n"); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	p.wait(t, "third")
	if p.printed("second") != 0 {
		t.Error("bytes went to a printer that is off")
	}
}

// A model that tells its state alone is not asked behind the job.
func TestAModelThatTellsItsStateIsSent(t *testing.T) {
	p := newPrinter(t, func(_ int, in []byte) []byte { return state(in) })
	d := configured(t, "tcp:"+p.addr, `,"profile":"xprinter-58"`)
	if st := submit(t, d, "a", "job\n"); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	p.wait(t, "job")
	if p.printed(string(escpos.AskDone)) != 0 || p.printed(string(escpos.AskPaper)) == 0 {
		t.Error("it was asked what it does not answer")
	}
}

func TestTheModelsSettings(t *testing.T) {
	for in, want := range map[string]escpos.Profile{
		`{}`:                         {Columns: 48, Text: escpos.GB18030},
		`{"profile":"xprinter-58"}`:  {Columns: 32, Text: escpos.GB18030, NoCutter: true},
		`{"profile":"epson-tm-t88"}`: {Columns: 42, Dots: 512, Text: escpos.ASCII},
		`{"profile":"epson-tm-t88","columns":48,"text":"gb18030","qr_raster":true}`: {Columns: 48, Text: escpos.GB18030, QRRaster: true},
		`{"columns":32,"no_cutter":true,"text":"raster"}`:                           {Columns: 32, Text: escpos.Raster, NoCutter: true},
		`{"columns":42,"profile":"epson-tm-t88","text":"auto"}`:                     {Columns: 42, Dots: 512, Text: escpos.ASCII},
	} {
		var s Printer
		if err := json.Unmarshal([]byte(in), &s); err != nil {
			t.Fatal(err)
		}
		if got, _, err := s.Profile(); err != nil || got != want {
			t.Errorf("%s: %+v %v", in, got, err)
		}
	}
	for in, want := range map[string]escpos.Status{`{}`: escpos.StatusFull, `{"no_status":true}`: escpos.StatusNone, `{"profile":"star-escpos"}`: escpos.StatusState} {
		var s Printer
		if err := json.Unmarshal([]byte(in), &s); err != nil {
			t.Fatal(err)
		}
		if _, got, err := s.Profile(); err != nil || got != want {
			t.Errorf("%s: %v %v", in, got, err)
		}
	}
}

// The schema offers every model, each with a title that is no key.
func TestTheSchemaOffersTheModels(t *testing.T) {
	var s struct {
		Properties map[string]struct {
			Title  string            `json:"title"`
			Titles map[string]string `json:"x-title"`
			OneOf  []struct{ Const, Title string }
		}
	}
	if err := json.Unmarshal(New(testKind, quick).ConfigSchema(), &s); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, m := range s.Properties["profile"].OneOf {
		if m.Title == "" || m.Title == m.Const {
			t.Errorf("%+v", m)
		}
		if _, ok := escpos.FindModel(m.Const); ok {
			keys = append(keys, m.Const)
		}
	}
	if len(keys) != len(escpos.Models) {
		t.Errorf("%v", keys)
	}
	for name, p := range s.Properties {
		if p.Title == "" || p.Titles["zh"] == "" || p.Titles["zh-Hant"] == "" {
			t.Errorf("%s lacks a title", name)
		}
	}
}
