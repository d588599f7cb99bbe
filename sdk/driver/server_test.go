package driver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// dialed serves a driver in this process.
func dialed(t *testing.T, d Driver) *Client {
	t.Helper()
	l := bufconn.Listen(1 << 20)
	s := grpc.NewServer()
	Register(s, d)
	go s.Serve(l)
	t.Cleanup(s.Stop)
	c, err := grpc.NewClient("passthrough:///driver", append(CallOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return l.Dial() }))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return Dial(c)
}

type plain struct{}

func (plain) Info() Info { return Info{ID: "plain", Version: "1.0.0", Classes: []string{"Scale"}} }

// full implements everything.
type full struct {
	plain
	Journal
	settings string
	opened   []string
}

func (f *full) ConfigSchema() json.RawMessage { return json.RawMessage(`{"type":"object"}`) }
func (f *full) Configure(_ context.Context, s json.RawMessage) error {
	if f.settings = string(s); f.settings == `"bad"` {
		return errors.New("bad settings")
	}
	return nil
}
func (f *full) Health(context.Context) Health { return Health{Reason: "no paper"} }
func (f *full) Submit(_ context.Context, j Job) (JobStatus, error) {
	return JobStatus{JobConfirmed, j.ID + " " + j.Device + " " + j.Document.GetTitle() + string(j.Raw)}, nil
}
func (f *full) JobStatus(_ context.Context, k JobKey) (JobStatus, error) {
	return f.Journal.Status(k), nil
}
func (f *full) Cancel(_ context.Context, k JobKey) (JobStatus, error) {
	return f.Journal.Cancel(k), nil
}
func (f *full) Open(_ context.Context, id, dev string, pin int) error {
	if f.opened = append(f.opened, id+dev); pin > 0 {
		return errors.New("no such pin")
	}
	return nil
}
func (f *full) Devices(ctx context.Context, changed func([]Device) error) error {
	if err := changed([]Device{{ID: "1", Class: "POSPrinter", Health: Health{OK: true}}}); err != nil {
		return err
	}
	return changed([]Device{{ID: "1", Class: "POSPrinter", Health: Health{Reason: "unplugged"}}})
}
func (f *full) Events(_ context.Context, since uint64, happened func(*Event) error) error {
	return happened(&Event{Sequence: since + 1, Device: "1", Body: &hwv1.Event_Scan{Scan: &hwv1.Scan{Data: []byte("69")}}})
}

func TestOnlyWhatIsImplementedIsServed(t *testing.T) {
	c := dialed(t, plain{})
	i, err := c.Info(t.Context())
	if err != nil || i.ID != "plain" || i.Prints() || i.Kicks() {
		t.Errorf("%+v %v", i, err)
	}
	if _, err := c.Submit(t.Context(), Job{JobKey: JobKey{"a", 1}}); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
	if err := c.Open(t.Context(), "k", "", 0); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
	if h, err := c.Health(t.Context()); err != nil || !h.OK {
		t.Errorf("%+v %v", h, err)
	}
	if err := c.Configure(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if s, err := c.ConfigSchema(t.Context()); err != nil || !json.Valid(s) {
		t.Errorf("%s %v", s, err)
	}
}

func TestEverythingArrives(t *testing.T) {
	f := &full{}
	c := dialed(t, f)
	if i, err := c.Info(t.Context()); err != nil || !i.Prints() || !i.Kicks() {
		t.Errorf("%+v %v", i, err)
	}
	if err := c.Configure(t.Context(), nil); err != nil || f.settings != "{}" {
		t.Errorf("%v %q", err, f.settings)
	}
	if err := c.Configure(t.Context(), json.RawMessage(`"bad"`)); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "bad settings") {
		t.Error(err)
	}
	if h, err := c.Health(t.Context()); err != nil || h != (Health{false, "no paper"}) {
		t.Errorf("%+v %v", h, err)
	}
	st, err := c.Submit(t.Context(), Job{JobKey: JobKey{"a", 2}, Device: "d", Document: &Document{Title: "doc"}})
	if err != nil || st != (JobStatus{JobConfirmed, "a d doc"}) {
		t.Errorf("%+v %v", st, err)
	}
	if st, err = c.Submit(t.Context(), Job{JobKey: JobKey{"a", 2}, Raw: []byte("raw")}); err != nil || st.Reason != "a  raw" {
		t.Errorf("%+v %v", st, err)
	}
	for _, k := range []JobKey{{"", 1}, {"a", 0}} {
		if _, err := c.Submit(t.Context(), Job{JobKey: k}); err == nil {
			t.Errorf("%v was taken", k)
		}
	}
	f.Begin(JobKey{"b", 1})
	if st, err := c.JobStatus(t.Context(), JobKey{"b", 1}); err != nil || st.State != JobPending {
		t.Errorf("%+v %v", st, err)
	}
	if st, err := c.Cancel(t.Context(), JobKey{"b", 1}); err != nil || st.State != JobCancelled {
		t.Errorf("%+v %v", st, err)
	}
	if c.Open(t.Context(), "k", "d", 0) != nil || c.Open(t.Context(), "k", "d", 1) == nil || len(f.opened) != 2 {
		t.Errorf("%v", f.opened)
	}
	var seen []Device
	if err := c.Devices(t.Context(), func(ds []Device) error { seen = append(seen, ds...); return nil }); err != nil || len(seen) != 2 || !seen[0].Health.OK || seen[1].Health.Reason != "unplugged" {
		t.Errorf("%+v %v", seen, err)
	}
	var events []*Event
	if err := c.Events(t.Context(), 41, func(e *Event) error { events = append(events, e); return nil }); err != nil || len(events) != 1 || events[0].GetSequence() != 42 || string(events[0].GetScan().GetData()) != "69" {
		t.Errorf("%v %v", events, err)
	}
}

func TestStatesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for n := range hwv1.JobState_name {
		s := JobState(n).String()
		if s == "invalid" || seen[s] || !strings.EqualFold("JOB_STATE_"+s, hwv1.JobState_name[n]) {
			t.Errorf("%d is %q", n, s)
		}
		seen[s] = true
	}
	if JobState(99).String() != "invalid" {
		t.Error("an unknown state has a name")
	}
}

// The records have the shape that go-plugin reads.
func TestLoggerWritesWhatTheHostReads(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := logOutput
	logOutput = w
	Logger().Warn("paper is low", "left", 3)
	logOutput = old
	w.Close()
	var b bytes.Buffer
	b.ReadFrom(r)
	var rec map[string]any
	if err := json.Unmarshal(b.Bytes(), &rec); err != nil || rec["@level"] != "warn" || rec["@message"] != "paper is low" || rec["left"] != 3.0 || rec["@timestamp"] == "" {
		t.Errorf("%v %s", err, b.String())
	}
}
