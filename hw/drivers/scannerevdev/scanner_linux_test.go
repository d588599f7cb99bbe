package scannerevdev

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/shopwright/shopwright/hw/drivers/keys"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

// scanner is a named pipe in the place of a device file: it takes the kernel's frames.
type scanner struct {
	t    *testing.T
	pipe *os.File
}

func newScanner(t *testing.T, path string) *scanner {
	t.Helper()
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &scanner{t, f}
}

// The kernel's codes of the keys of the tests.
var codes = map[byte]uint16{'1': 2, '2': 3, '3': 4, '4': 5, '5': 6, '6': 7, '7': 8, '8': 9, '9': 10, '0': 11, 'a': 30, 'b': 48, ']': 27, 'e': 18, '-': 12, '\r': 28}

// types writes the frames of a text; capitals with shift.
func (s *scanner) types(text string) {
	s.t.Helper()
	var b []byte
	key := func(code uint16, value int32) {
		b = append(b, keys.Event{Type: 4, Code: 4, Value: int32(code)}.Bytes()...)
		b = append(b, keys.Event{Type: 1, Code: code, Value: value}.Bytes()...)
		b = append(b, keys.Event{}.Bytes()...)
	}
	for i := range len(text) {
		c := text[i]
		capital := c >= 'A' && c <= 'Z'
		if capital {
			c += 'a' - 'A'
			key(42, 1)
		}
		if codes[c] == 0 {
			s.t.Fatalf("no key for %q", c)
		}
		key(codes[c], 1)
		key(codes[c], 0)
		if capital {
			key(42, 0)
		}
	}
	if _, err := s.pipe.Write(b); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scanner) event(e keys.Event) {
	if _, err := s.pipe.Write(e.Bytes()); err != nil {
		s.t.Fatal(err)
	}
}

func setup(t *testing.T, device string) (*Scanner, <-chan *driver.Event, *sim.Log) {
	t.Helper()
	s := New().(*Scanner)
	var log *sim.Log
	s.log, log = sim.NewLog()
	s.dir = filepath.Dir(device)
	if strings.HasSuffix(device, "-event-kbd") {
		device = strings.TrimSuffix(filepath.Base(device), "-event-kbd")
	}
	t.Cleanup(s.line.Close)
	if err := s.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"device":%q}`, device))); err != nil {
		t.Fatal(err)
	}
	return s, sim.Listen(t.Context(), &s.Stream), log
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for n := 0; !ok(); n++ {
		if n > 2000 {
			t.Fatalf("not within ten seconds: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
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

func TestKeysBecomeScans(t *testing.T) {
	dev := newScanner(t, filepath.Join(t.TempDir(), "event0"))
	s, events, _ := setup(t, dev.pipe.Name())
	until(t, "connected", func() bool { return s.Health(t.Context()).OK })
	for i := range 200 {
		dev.types(fmt.Sprintf("]E0690%d-Ab\r", i))
	}
	for i := range 200 {
		if got := next(t, events).GetScan(); string(got.GetData()) != fmt.Sprintf("690%d-Ab", i) || got.GetSymbology() != "ean13" {
			t.Fatalf("%v", got)
		}
	}
}

func TestFoundByNameAndPluggedInLater(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usb-Honeywell_1900-event-kbd")
	s, events, _ := setup(t, path)
	until(t, "it is missing", func() bool {
		h := s.Health(t.Context())
		return !h.OK && strings.Contains(h.Reason, "none is plugged in")
	})
	dev := newScanner(t, path)
	until(t, "connected", func() bool { return s.Health(t.Context()).OK })
	dev.types("123\r")
	if got := string(next(t, events).GetScan().GetData()); got != "123" {
		t.Errorf("%q", got)
	}
}

func TestAScanOfWhichEventsWereDroppedIsDroppedWhole(t *testing.T) {
	dev := newScanner(t, filepath.Join(t.TempDir(), "event0"))
	_, events, log := setup(t, dev.pipe.Name())
	dev.types("12345")
	dev.event(keys.Event{Type: 0, Code: 3})
	dev.types("789\r456\r")
	if got := string(next(t, events).GetScan().GetData()); got != "456" {
		t.Errorf("%q", got)
	}
	if text := log.String(); !strings.Contains(text, "not whole") || strings.Contains(text, "12345") || strings.Contains(text, "789") {
		t.Error(text)
	}
}

func TestAFileThatIsNoKeyboardIsToldSo(t *testing.T) {
	for path, want := range map[string]string{"/dev/null": "is no keyboard", "/dev/absent": "no device"} {
		s, _, _ := setup(t, path)
		until(t, "it is told", func() bool { return strings.Contains(s.Health(t.Context()).Reason, want) })
	}
}

func TestWrongSettings(t *testing.T) {
	for _, bad := range []string{`{}`, `{"device":""}`, `{"device":"x","end":"q"}`, `{"device":"x","colour":1}`} {
		if err := New().(*Scanner).Configure(t.Context(), json.RawMessage(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
