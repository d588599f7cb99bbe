package calleridserial

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for n := 0; !ok(); n++ {
		if n > 2000 {
			t.Fatalf("not within ten seconds: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func called(t *testing.T, events <-chan *driver.Event) string {
	t.Helper()
	select {
	case e := <-events:
		return e.GetCall().GetNumber()
	case <-time.After(10 * time.Second):
		t.Fatal("no call")
		return ""
	}
}

func quiet(t *testing.T, events <-chan *driver.Event) {
	t.Helper()
	select {
	case e := <-events:
		t.Errorf("a call more: %v", e)
	case <-time.After(150 * time.Millisecond):
	}
}

func setup(t *testing.T, dev *sim.Device, more string) (*Receiver, *clock.Manual, <-chan *driver.Event, *sim.Log) {
	t.Helper()
	r := New().(*Receiver)
	now := clock.NewManual(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC))
	r.clock, r.lim = now, limits{call: 10 * time.Second, probe: 200 * time.Millisecond, sit: 200 * time.Millisecond, pause: 50 * time.Millisecond}
	var log *sim.Log
	r.log, log = sim.NewLog()
	t.Cleanup(func() { r.line.Close(); dev.Close() })
	if err := r.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q%s}`, dev.Address(), more))); err != nil {
		t.Fatal(err)
	}
	until(t, "connected", func() bool { return dev.Connected() == 1 && r.Health(t.Context()).OK })
	return r, now, sim.Listen(t.Context(), &r.Stream), log
}

func TestOneEventForACall(t *testing.T) {
	modem, err := sim.NewModem()
	if err != nil {
		t.Fatal(err)
	}
	box, err := sim.NewCallerBox()
	if err != nil {
		t.Fatal(err)
	}
	fsk, err := sim.NewFSKBox()
	if err != nil {
		t.Fatal(err)
	}
	for name, dev := range map[string]*sim.Caller{"modem": modem, "box": box, "fsk": fsk} {
		t.Run(name, func(t *testing.T) {
			_, now, events, log := setup(t, dev.Device, fmt.Sprintf(`,"profile":%q`, name))
			for range 4 { // rings with the number each time
				dev.Ring("13800138000")
				time.Sleep(20 * time.Millisecond)
				now.Advance(5 * time.Second)
			}
			if got := called(t, events); got != "13800138000" {
				t.Errorf("%q", got)
			}
			quiet(t, events)
			dev.Ring("01088886666") // another, put through while it rings
			if got := called(t, events); got != "01088886666" {
				t.Errorf("%q", got)
			}
			now.Advance(11 * time.Second)
			dev.Ring("01088886666") // the same person calls again
			if got := called(t, events); got != "01088886666" {
				t.Errorf("%q", got)
			}
			now.Advance(11 * time.Second)
			dev.Ring("")
			quiet(t, events)
			text := log.String()
			if strings.Contains(text, "138001") || strings.Contains(text, "8886666") || strings.Contains(text, "PERSON") || strings.Count(text, "…8000") != 1 || strings.Count(text, "…6666") != 2 {
				t.Error(text)
			}
		})
	}
}

func TestARingWithoutANumberKeepsTheCallAlive(t *testing.T) {
	dev, err := sim.NewModem()
	if err != nil {
		t.Fatal(err)
	}
	_, now, events, _ := setup(t, dev.Device, "")
	dev.Say([]byte("RING\r\nNMBR=13800138000\r\n"))
	if got := called(t, events); got != "13800138000" {
		t.Errorf("%q", got)
	}
	for range 5 {
		now.Advance(6 * time.Second)
		dev.Say([]byte("RING\r\n"))
		time.Sleep(20 * time.Millisecond)
	}
	dev.Say([]byte("NMBR=13800138000\r\n"))
	quiet(t, events)
}

func TestFramesOfTheNetwork(t *testing.T) {
	dev, err := sim.NewDevice(func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	_, _, events, _ := setup(t, dev, `,"profile":"fsk"`)
	f := sealed(single, "0901090013800138000")
	dev.Say(f[:7])
	time.Sleep(150 * time.Millisecond) // it does not go on
	dev.Say(append([]byte{0x55}, f...))
	if got := called(t, events); got != "13800138000" {
		t.Errorf("%q", got)
	}
}

func TestABoxWithoutAnEndMark(t *testing.T) {
	dev, err := sim.NewDevice(func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	_, _, events, _ := setup(t, dev, `,"profile":"box"`)
	dev.Say([]byte("13800138000"))
	if got := called(t, events); got != "13800138000" {
		t.Errorf("%q", got)
	}
}

func TestAModemThatDoesNotAnswerIsNotWell(t *testing.T) {
	dev, err := sim.NewDevice(func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	r, _, events, _ := setup(t, dev, "")
	until(t, "not well", func() bool { return r.Health(t.Context()).Reason == errModem.Error() })
	dev.Say([]byte("RING\r\nNMBR=13800138000\r\n")) // and yet it tells
	if got := called(t, events); got != "13800138000" {
		t.Errorf("%q", got)
	}
	until(t, "well", func() bool { return r.Health(t.Context()).OK })
}

func TestWrongSettings(t *testing.T) {
	for _, bad := range []string{`{}`, `{"address":"tcp:h:1","profile":"q"}`, `{"address":"tcp:h:1","init":"AT\r"}`, `{"address":"x"}`, `{"address":"tcp:h:1","colour":1}`} {
		if err := New().(*Receiver).Configure(t.Context(), json.RawMessage(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
