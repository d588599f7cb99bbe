package scannerserial

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

// setup joins a driver to a simulated scanner.
func setup(t *testing.T, more string) (*Scanner, *sim.Scanner, <-chan *driver.Event, *sim.Log) {
	t.Helper()
	dev, err := sim.NewScanner()
	if err != nil {
		t.Fatal(err)
	}
	s := New().(*Scanner)
	var log *sim.Log
	s.log, log = sim.NewLog()
	t.Cleanup(func() { s.line.Close(); dev.Close() })
	if err := s.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q%s}`, dev.Address(), more))); err != nil {
		t.Fatal(err)
	}
	until(t, "connected", func() bool { return dev.Connected() == 1 && s.Health(t.Context()).OK })
	return s, dev, sim.Listen(t.Context(), &s.Stream), log
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

func silent(t *testing.T, events <-chan *driver.Event) {
	t.Helper()
	select {
	case e := <-events:
		t.Errorf("an event: %v", e)
	case <-time.After(150 * time.Millisecond):
	}
}

func TestTwentyScansASecondArriveAloneAndInOrder(t *testing.T) {
	_, dev, events, _ := setup(t, "")
	const scans = 40
	go func() {
		for i := range scans {
			dev.Scan(fmt.Sprintf("]E0690%010d", i))
			time.Sleep(50 * time.Millisecond)
		}
	}()
	for i := range scans {
		e := next(t, events)
		if got := e.GetScan(); string(got.GetData()) != fmt.Sprintf("690%010d", i) || got.GetSymbology() != "ean13" || got.GetPurpose() != "" || e.GetAtUnixMicro() == 0 {
			t.Fatalf("scan %d: %v", i, e)
		}
	}
}

func TestABurstIsNeitherLostNorJoined(t *testing.T) {
	_, dev, events, _ := setup(t, "")
	var all strings.Builder
	for i := range 500 {
		fmt.Fprintf(&all, "%06d\r\n", i)
	}
	dev.Say([]byte(all.String()))
	for i := range 500 {
		if got := string(next(t, events).GetScan().GetData()); got != fmt.Sprintf("%06d", i) {
			t.Fatalf("scan %d: %q", i, got)
		}
	}
}

func TestAPauseEndsACode(t *testing.T) {
	_, dev, events, _ := setup(t, `,"end":"none","pause_ms":60,"prefix":"\\x02"`)
	for _, code := range []string{"first", "second"} {
		dev.Say([]byte("\x02" + code))
		if got := string(next(t, events).GetScan().GetData()); got != code {
			t.Errorf("%q", got)
		}
	}
}

func TestWhatIsDroppedIsLoggedByItsLengthAlone(t *testing.T) {
	_, dev, events, log := setup(t, `,"longest":20`)
	dev.Scan(strings.Repeat("4006381333931", 3))
	dev.Scan("\x00\x01SECRET")
	dev.Scan("good")
	if got := string(next(t, events).GetScan().GetData()); got != "good" {
		t.Errorf("%q", got)
	}
	silent(t, events)
	text := log.String()
	if strings.Count(text, "dropped") != 2 || !strings.Contains(text, "bytes=39") || strings.Contains(text, "SECRET") || strings.Contains(text, "4006") || strings.Contains(text, "good") {
		t.Error(text)
	}
}

func TestHalfACodeOfAPulledPlugIsNoCode(t *testing.T) {
	s, dev, events, _ := setup(t, `,"pause_ms":2000`)
	dev.Say([]byte("123"))
	time.Sleep(30 * time.Millisecond)
	dev.HangUp()
	until(t, "it is noticed", func() bool { return !s.Health(t.Context()).OK })
	until(t, "connected again", func() bool { return dev.Connected() == 1 && s.Health(t.Context()).OK })
	dev.Scan("456")
	if got := string(next(t, events).GetScan().GetData()); got != "456" {
		t.Errorf("%q", got)
	}
}

func TestWrongSettings(t *testing.T) {
	for _, bad := range []string{`{}`, `{"address":"x"}`, `{"address":"tcp:h:1","end":"q"}`, `{"address":"tcp:h:1","pause_ms":1}`, `{"address":"tcp:h:1","colour":1}`, `{"address":"serial:COM3?baud=7"}`} {
		if err := New().(*Scanner).Configure(t.Context(), json.RawMessage(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
