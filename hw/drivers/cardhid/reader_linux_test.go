package cardhid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

// usages are the HID keys of the tests; those above 0x80 are with shift.
var usages = map[byte]byte{'1': 0x1e, '2': 0x1f, '3': 0x20, '4': 0x21, '5': 0x22, '6': 0x23, '7': 0x24, '8': 0x25, '9': 0x26, '0': 0x27, ';': 0x33, '=': 0x2e, '?': 0x38 | 0x80, '\r': 0x28}

// types writes the reports of a text as a reader does, one a write.
func types(t *testing.T, f *os.File, text string) {
	t.Helper()
	for i := range len(text) {
		u := usages[text[i]]
		if u == 0 {
			t.Fatalf("no key for %q", text[i])
		}
		shift := byte(0)
		if u&0x80 != 0 {
			shift = 2
		}
		for _, r := range [][]byte{{shift, 0, u &^ 0x80, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0}} {
			if _, err := f.Write(r); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func setup(t *testing.T, more string) (*Reader, *os.File, <-chan *driver.Event, *sim.Log) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hidraw0")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := New().(*Reader)
	var log *sim.Log
	r.log, log = sim.NewLog()
	r.sys = t.TempDir()
	t.Cleanup(func() { r.line.Close(); f.Close() })
	if err := r.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"device":%q%s}`, path, more))); err != nil {
		t.Fatal(err)
	}
	for n := 0; !r.Health(t.Context()).OK; n++ {
		if n > 1000 {
			t.Fatal(r.Health(t.Context()))
		}
		time.Sleep(5 * time.Millisecond)
	}
	return r, f, sim.Listen(t.Context(), &r.Stream), log
}

func next(t *testing.T, events <-chan *driver.Event) *driver.Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("no event")
		return nil
	}
}

func TestCardsArePresented(t *testing.T) {
	_, f, events, log := setup(t, `,"technology":"ic"`)
	types(t, f, ";0012345678=99?\r")
	if c := next(t, events).GetCard(); c.GetNumber() != "0012345678" || c.GetTechnology() != "magnetic" || len(c.GetData()) != 0 {
		t.Errorf("%v", c)
	}
	types(t, f, "0087654321") // no Enter: the pause ends it
	if c := next(t, events).GetCard(); c.GetNumber() != "0087654321" || c.GetTechnology() != "ic" {
		t.Errorf("%v", c)
	}
	types(t, f, ";4111111111111111=30122010000?\r;1234?\r")
	if c := next(t, events).GetCard(); c.GetNumber() != "1234" {
		t.Errorf("a bank card: %v", c.GetNumber())
	}
	if text := log.String(); !strings.Contains(text, "a bank card") || strings.Contains(text, "4111") || strings.Contains(text, "1234") || strings.Contains(text, "8765") {
		t.Error(text)
	}
}

func TestWhoWaitsGetsTheCard(t *testing.T) {
	r, f, events, _ := setup(t, "")
	got := make(chan driver.Card)
	go func() {
		c, err := r.ReadCard(context.Background(), "")
		if err != nil {
			t.Error(err)
		}
		got <- c
	}()
	time.Sleep(50 * time.Millisecond)
	types(t, f, "111\r")
	if c := <-got; c.Number != "111" || c.Technology != "rfid" {
		t.Errorf("%+v", c)
	}
	types(t, f, "222\r")
	if c := next(t, events).GetCard(); c.GetNumber() != "222" {
		t.Errorf("what was asked for came as an event too: %v", c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := r.ReadCard(ctx, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err := r.WriteCard(t.Context(), "id", "", driver.Card{Number: "1"}); !errors.Is(err, driver.ErrUnsupported) {
		t.Error(err)
	}
}

func TestFoundByNameInTheSystemsList(t *testing.T) {
	r := New().(*Reader)
	r.sys = t.TempDir()
	defer r.line.Close()
	if err := r.Configure(t.Context(), json.RawMessage(`{"device":"sycreader"}`)); err != nil {
		t.Fatal(err)
	}
	for n := 0; !strings.Contains(r.Health(t.Context()).Reason, "none is plugged in"); n++ {
		if n > 1000 {
			t.Fatal(r.Health(t.Context()))
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err := os.MkdirAll(filepath.Join(r.sys, "hidraw77", "device"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.sys, "hidraw77", "device", "uevent"), []byte("HID_NAME=Sycreader RFID\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for n := 0; !strings.Contains(r.Health(t.Context()).Reason, "/dev/hidraw77"); n++ { // found, and not there
		if n > 1000 {
			t.Fatal(r.Health(t.Context()))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// The keyboard that the kernel makes of a reader is taken with it; where that fails
// the reader is not used, because its cards would be typed into other programs.
func TestTheReadersKeyboardIsTakenWithIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hidraw0")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	r := New().(*Reader)
	r.sys = t.TempDir()
	defer r.line.Close()
	if err := os.MkdirAll(filepath.Join(r.sys, "hidraw0", "device", "input", "input7", "event99999"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := r.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"device":%q}`, path))); err != nil {
		t.Fatal(err)
	}
	for n := 0; !strings.Contains(r.Health(t.Context()).Reason, "/dev/input/event99999"); n++ {
		if n > 1000 {
			t.Fatal(r.Health(t.Context()))
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestWrongSettings(t *testing.T) {
	for _, bad := range []string{`{}`, `{"device":"x","technology":"q"}`, `{"device":"x","pause_ms":1}`, `{"device":"x","colour":1}`} {
		if err := New().(*Reader).Configure(t.Context(), json.RawMessage(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
