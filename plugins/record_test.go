package plugins

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

func newRecorder() *recorder {
	return &recorder{clock: clock.NewManual(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC)), scrub: scrubber{[]byte("key")}}
}

// connect serves a driver in this process and records what is said.
func connect(t *testing.T, d driver.Driver, r *recorder) *grpc.ClientConn {
	t.Helper()
	l := bufconn.Listen(1 << 20)
	s := grpc.NewServer()
	driver.Register(s, d)
	go s.Serve(l)
	t.Cleanup(s.Stop)
	o := append(driver.CallOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return l.Dial() }))
	c, err := grpc.NewClient("passthrough:///driver", append(o, r.options()...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// counterDriver reports what it is told to.
type counterDriver struct {
	testDriver
	driver.Stream
}

const (
	aCard  = "6222021234567890123"
	aPhone = "13812345678"
	aCode  = "134512345678901234"
)

func TestARecordingHoldsNoSecrets(t *testing.T) {
	d, r := &counterDriver{}, newRecorder()
	c := driver.Dial(connect(t, d, r))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := c.Configure(ctx, json.RawMessage(`{"reason":"`+aPhone+`"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Health(ctx); err != nil { // the driver's words hold a telephone number
		t.Fatal(err)
	}
	doc := &driver.Document{Title: aPhone, Blocks: []*hwv1.Block{{Kind: &hwv1.Block_Text{Text: &hwv1.Text{Text: "Wang Fang " + aPhone}}}, {Kind: &hwv1.Block_Qr{Qr: &hwv1.QR{Content: aCode}}}}}
	if _, err := c.Submit(ctx, driver.Job{JobKey: driver.JobKey{ID: "job-1", Attempt: 1}, Document: doc}); err != nil {
		t.Fatal(err)
	}
	got := make(chan *driver.Event, 3)
	go c.Events(ctx, 1, func(e *driver.Event) error { got <- e; return nil })
	d.Called("line", aPhone) // number 1, which was before
	d.Scanned("scanner", []byte(aCode), "qr", driver.ScanToPay)
	d.Presented("reader", driver.Card{Number: aCard, Technology: "magnetic", Data: []byte(aCard + "=9912")})
	d.Called("line", aPhone)
	for range 3 {
		<-got
	}
	var b bytes.Buffer
	until(t, 5*time.Second, "everything is noted", func() bool {
		b.Reset()
		if err := WriteRecording(&b, r.list()); err != nil {
			t.Fatal(err)
		}
		return strings.Count(b.String(), "Driver/Events") == 3
	})
	for _, secret := range []string{aCard, aPhone, aCode, "Wang", "9912"} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("%q is in the recording:\n%s", secret, b.String())
		}
	}
	for _, want := range []string{`"job_id":"job-1"`, `"purpose":"pay"`, `"technology":"magnetic"`, `"len":18`, `"method":"Printer/Submit"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is not in the recording:\n%s", want, b.String())
		}
	}
	again, err := ReadRecording(&b)
	if err != nil || len(again) != len(r.list()) {
		t.Errorf("%d of %d entries, %v", len(again), len(r.list()), err)
	}
}

// Every text of every message of the protocol is either named as harmless or hidden.
func TestTextsOfTheProtocolAreHiddenUnlessNamed(t *testing.T) {
	s, seen := scrubber{[]byte("key")}, map[string]bool{}
	protoregistry.GlobalTypes.RangeMessages(func(mt protoreflect.MessageType) bool {
		if !strings.HasPrefix(string(mt.Descriptor().FullName()), "shopwright.hw.v1.") {
			return true
		}
		fields := mt.Descriptor().Fields()
		for i := range fields.Len() {
			f := fields.Get(i)
			if f.Kind() != protoreflect.StringKind && f.Kind() != protoreflect.BytesKind {
				continue
			}
			name := string(mt.Descriptor().Name()) + "." + string(f.Name())
			seen[name] = true
			v := protoreflect.ValueOfString("secret")
			if f.Kind() == protoreflect.BytesKind {
				v = protoreflect.ValueOfBytes([]byte("secret"))
			}
			m := mt.New()
			if f.IsList() {
				m.Mutable(f).List().Append(v)
			} else {
				m.Set(f, v)
			}
			raw := s.message(m)
			if !json.Valid(raw) {
				t.Errorf("%s: %s", name, raw)
			}
			if shown := bytes.Contains(raw, []byte("secret")); shown != (plainText[name] || ownWords[name]) {
				t.Errorf("%s: shown is %v", name, shown)
			}
		}
		return true
	})
	for _, must := range []string{"Scan.data", "Card.number", "Card.data", "Call.number", "PaymentRequest.code", "ConfigureRequest.json", "Text.text", "QR.content", "SubmitRequest.raw"} {
		if !seen[must] || plainText[must] || ownWords[must] {
			t.Errorf("%s is not hidden", must)
		}
	}
	for name := range plainText {
		if !seen[name] {
			t.Errorf("the protocol has no %s", name)
		}
	}
	if a, b := s.hidden([]byte("1")), (scrubber{[]byte("other")}).hidden([]byte("1")); a.Hash == b.Hash || a != s.hidden([]byte("1")) {
		t.Error("hashes are of a host, and equal for the same text")
	}
	for in, want := range map[string]string{"card 6222 0212-3456 refused": "card # refused", "192.168.1.20 refuses": "192.168.1.20 refuses", "no paper": "no paper"} {
		if got := withoutNumbers(in); got != want {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}

func TestARecordingIsBounded(t *testing.T) {
	r := newRecorder()
	for i := range recordEntries + 50 {
		r.add(Entry{Kind: EntryCall, Method: "Printer/Submit", Outcome: "OK", Micros: int64(i)})
	}
	got := r.list()
	if len(got) != recordEntries || got[0].Micros != 50 {
		t.Errorf("%d entries from %d", len(got), got[0].Micros)
	}
	for range 1000 {
		r.add(Entry{Kind: EntryCall, Method: "Printer/Submit", Outcome: "OK", Request: make([]byte, 10_000)})
	}
	if got = r.list(); len(got) > recordBytes/10_000 || len(got) < 300 {
		t.Errorf("%d long entries", len(got))
	}
	for i := range 100 {
		r.add(Entry{Kind: EntryCall, Method: "Driver/Health", Outcome: "OK", Micros: int64(100 - i)})
	}
	if last := r.list()[len(r.list())-1]; last.Times != 100 || last.Micros != 100 {
		t.Errorf("%+v", last)
	}
	if _, size := r.message((&hwv1.SubmitRequest{Payload: &hwv1.SubmitRequest_Raw{Raw: make([]byte, recordMessage)}})); size != nil {
		t.Error("a long message is kept")
	}
}

func TestTheHostRecordsItsDrivers(t *testing.T) {
	h := newHost(t, Options{})
	start(t, h, Instance{ID: "p", Driver: "test"})
	ready(t, h, "p")
	p, _ := h.Printer("p")
	if _, err := p.Submit(t.Context(), driver.Job{JobKey: driver.JobKey{ID: "j", Attempt: 1}, Raw: []byte(aPhone)}); err != nil {
		t.Fatal(err)
	}
	if err := h.Kill("p"); err != nil {
		t.Fatal(err)
	}
	var said string
	until(t, 10*time.Second, "the death and the new start", func() bool {
		all, err := h.Recording("p")
		if err != nil {
			t.Fatal(err)
		}
		said = ""
		for _, e := range all {
			said += e.Kind + " " + e.Method + " " + e.Outcome + "\n"
		}
		return strings.Contains(said, "state killed plugins.killed_by_hand") && strings.Count(said, "state ready") == 2
	})
	for _, want := range []string{"call Driver/Info OK", "call Driver/Configure OK", "call Driver/Health OK", "call Printer/Submit OK", "state starting"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing:\n%s", want, said)
		}
	}
	if _, err := h.Recording("nobody"); !fault.ReasonIs(err, "plugins.unknown_instance") {
		t.Error(err)
	}
	var m bytes.Buffer
	if err := h.WriteMetrics(&m); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`shopwright_driver_state{instance="p",driver="test",state="ready"} 1`, `shopwright_driver_restarts_total{instance="p",driver="test"} 1`,
		`shopwright_driver_deaths_total{instance="p",driver="test",reason="plugins.killed_by_hand"} 1`, `shopwright_driver_health_missed_total{instance="p",driver="test"} 0`,
		"# TYPE shopwright_driver_health_seconds histogram", `le="+Inf"`,
	} {
		if !strings.Contains(m.String(), want) {
			t.Errorf("%s is missing:\n%s", want, m.String())
		}
	}
}

// What a driver did in the shop can be done again on the desk.
func TestARecordingIsReplayed(t *testing.T) {
	r := newRecorder()
	c := driver.Dial(connect(t, &testDriver{}, r))
	for n := range 3 {
		doc := &driver.Document{Title: aPhone, Lang: "zh-Hans", Blocks: []*hwv1.Block{{Kind: &hwv1.Block_Columns{Columns: &hwv1.Columns{Bold: true, Cols: []*hwv1.Column{{Width: 3, Align: hwv1.Align_ALIGN_RIGHT}}, Rows: []*hwv1.Row{{Cells: []string{"茶", aCode}}}}}}}}
		if _, err := c.Submit(t.Context(), driver.Job{JobKey: driver.JobKey{ID: fmt.Sprint("j", n), Attempt: 1}, Document: doc}); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = c.Health(t.Context())
	_ = c.Open(t.Context(), "k", "", 0) // not supported
	var b bytes.Buffer
	if err := WriteRecording(&b, r.list()); err != nil {
		t.Fatal(err)
	}
	entries, err := ReadRecording(&b)
	if err != nil {
		t.Fatal(err)
	}
	again := newRecorder()
	done, err := Replay(t.Context(), connect(t, &testDriver{}, again), entries, ReplayOptions{})
	if err != nil || done.Played != 5 || len(done.Differences) != 0 {
		t.Errorf("%+v %v", done, err)
	}
	// The messages had the same shape and sizes.
	for i, e := range again.list() {
		if e.Sent != entries[i].Sent || e.Method != entries[i].Method {
			t.Errorf("%+v, was %+v", e, entries[i])
		}
	}
	ill := &testDriver{}
	ill.journal.Begin(driver.JobKey{ID: "j1", Attempt: 1})
	ill.journal.Sending(driver.JobKey{ID: "j1", Attempt: 1})
	ill.journal.Finish(driver.JobKey{ID: "j1", Attempt: 1}, driver.JobStatus{State: driver.JobUncertain})
	done, err = Replay(t.Context(), connect(t, ill, newRecorder()), entries, ReplayOptions{Pace: 1000})
	if err != nil || len(done.Differences) != 1 || done.Differences[0].String() != "entry 1, Printer/Submit: was OK state 4, is OK state 6" {
		t.Errorf("%+v %v", done, err)
	}
	money := []Entry{{Kind: EntryCall, Method: "Acquirer/Authorise", Outcome: "OK", Request: json.RawMessage(`{}`)}}
	if done, err = Replay(t.Context(), connect(t, &testDriver{}, newRecorder()), money, ReplayOptions{}); err != nil || done.Played != 0 || done.Skipped != 1 {
		t.Errorf("money: %+v %v", done, err)
	}
	for _, bad := range []string{"{", `{"kind":"x"}`} {
		if _, err := ReadRecording(strings.NewReader(bad)); !fault.ReasonIs(err, "plugins.recording_invalid") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	unknown := []Entry{{Kind: EntryCall, Method: "Printer/Burn", Request: json.RawMessage(`{}`)}}
	if _, err := Replay(t.Context(), connect(t, &testDriver{}, newRecorder()), unknown, ReplayOptions{}); !fault.ReasonIs(err, "plugins.recording_invalid") {
		t.Error(err)
	}
}
