package payboxserial

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

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

func setup(t *testing.T, armed time.Duration, more string) (*Box, *sim.PayBox, <-chan *driver.Event, *sim.Log) {
	t.Helper()
	dev, err := sim.NewPayBox()
	if err != nil {
		t.Fatal(err)
	}
	p := newBox(armed)
	var log *sim.Log
	p.log, log = sim.NewLog()
	t.Cleanup(func() { p.line.Close(); dev.Close() })
	if err := p.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q%s}`, dev.Address(), more))); err != nil {
		t.Fatal(err)
	}
	until(t, "connected", func() bool { return dev.Connected() == 1 && p.Health(t.Context()).OK })
	return p, dev, sim.Listen(t.Context(), &p.Stream), log
}

func paid(t *testing.T, events <-chan *driver.Event) string {
	t.Helper()
	select {
	case e := <-events:
		if e.GetScan().GetPurpose() != driver.ScanToPay {
			t.Errorf("%v is no payment", e)
		}
		return string(e.GetScan().GetData())
	case <-time.After(10 * time.Second):
		t.Fatal("no code")
		return ""
	}
}

func none(t *testing.T, events <-chan *driver.Event) {
	t.Helper()
	select {
	case e := <-events:
		t.Errorf("a code was handed on: %v", e)
	case <-time.After(150 * time.Millisecond):
	}
}

func arm(t *testing.T, p *Box, dev *sim.PayBox, id, amount string) {
	t.Helper()
	if err := p.Arm(t.Context(), id, "", amount); err != nil {
		t.Fatal(err)
	}
	until(t, "it shows "+amount, func() bool { return dev.Shows() == amount })
}

func TestACodeIsAPaymentWhileArmed(t *testing.T) {
	p, dev, events, log := setup(t, time.Minute, "")
	dev.Pay("284001000000000001")
	none(t, events)
	arm(t, p, dev, "a", "12.50")
	dev.Pay("284001000000000002")
	if got := paid(t, events); got != "284001000000000002" {
		t.Errorf("%q", got)
	}
	dev.Pay("284001000000000002") // the telephone is still held before it
	none(t, events)
	dev.Pay("284001000000000003") // the first was refused
	if got := paid(t, events); got != "284001000000000003" {
		t.Errorf("%q", got)
	}
	if err := p.Disarm(t.Context(), "a", ""); err != nil {
		t.Fatal(err)
	}
	dev.Pay("284001000000000004")
	none(t, events)
	until(t, "it shows nothing", func() bool { return dev.Shows() == "" })
	if text := log.String(); strings.Contains(text, "2840") || strings.Contains(text, "12.5") || strings.Count(text, "dropped") != 3 {
		t.Error(text)
	}
}

func TestALaterAnnouncementTakesTheFirstsPlace(t *testing.T) {
	p, dev, events, _ := setup(t, time.Minute, "")
	arm(t, p, dev, "a", "1.00")
	arm(t, p, dev, "b", "2.00")
	if err := p.Disarm(t.Context(), "a", ""); err != nil { // another one's stays
		t.Fatal(err)
	}
	dev.Pay("1")
	if got := paid(t, events); got != "1" || dev.Shows() != "2.00" {
		t.Errorf("%q %q", got, dev.Shows())
	}
	for range 3 { // a repeated call announces nothing again
		if err := p.Arm(t.Context(), "b", "", "2.00"); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Disarm(t.Context(), "b", ""); err != nil {
		t.Fatal(err)
	}
	if err := p.Arm(t.Context(), "a", "", "1.00"); err != nil { // late, and over
		t.Fatal(err)
	}
	dev.Pay("2")
	none(t, events)
	if got := strings.Join(dev.Told(), "|"); got != "AMOUNT 1.00|AMOUNT 2.00|CANCEL" {
		t.Error(got)
	}
}

func TestAnAnnouncementRunsOut(t *testing.T) {
	if armedFor != 2*time.Minute {
		t.Error(armedFor)
	}
	p, dev, events, _ := setup(t, 200*time.Millisecond, "")
	arm(t, p, dev, "a", "1.00")
	until(t, "it shows nothing", func() bool { return dev.Shows() == "" })
	dev.Pay("1")
	none(t, events)
}

func TestAnnouncedAgainAfterAReconnection(t *testing.T) {
	p, dev, events, _ := setup(t, time.Minute, "")
	arm(t, p, dev, "a", "1.00")
	dev.HangUp()
	until(t, "announced again", func() bool { return len(dev.Told()) == 2 })
	dev.Pay("1")
	if got := paid(t, events); got != "1" {
		t.Errorf("%q", got)
	}
}

func TestABoxThatIsAwayIsNotArmed(t *testing.T) {
	p, dev, _, _ := setup(t, time.Minute, "")
	dev.Close()
	until(t, "it is noticed", func() bool { return !p.Health(t.Context()).OK })
	if err := p.Arm(t.Context(), "a", "", "1.00"); err == nil {
		t.Error("it announced to nobody")
	}
	if p.mu.Lock(); p.armed != nil || len(p.ids) != 0 {
		t.Error("it is armed")
	}
	p.mu.Unlock()
}

func TestTheTemplateIsTheBoxes(t *testing.T) {
	var mu sync.Mutex
	var got []byte
	dev, err := sim.NewDevice(func(b []byte) { mu.Lock(); got = append(got, b...); mu.Unlock() })
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	p := newBox(time.Minute)
	defer p.line.Close()
	if err := p.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q,"arm":"\\x02P{amount}|{amount}\\x03","disarm":""}`, dev.Address()))); err != nil {
		t.Fatal(err)
	}
	until(t, "connected", func() bool { return p.Health(t.Context()).OK })
	for _, bad := range []string{"", "12,50", "1\r\nX", "-1", "1.23456", "NaN"} {
		if err := p.Arm(t.Context(), "x"+bad, "", bad); err == nil {
			t.Errorf("%q was announced", bad)
		}
	}
	if p.Arm(t.Context(), "", "", "1") == nil {
		t.Error("an announcement without an id")
	}
	if err := p.Arm(t.Context(), "a", "", "8"); err != nil {
		t.Fatal(err)
	}
	if err := p.Disarm(t.Context(), "a", ""); err != nil {
		t.Fatal(err)
	}
	until(t, "the frame", func() bool { mu.Lock(); defer mu.Unlock(); return string(got) == "\x02P8|8\x03" })
}

func TestWrongSettings(t *testing.T) {
	for _, bad := range []string{`{}`, `{"address":"tcp:h:1","arm":"AMOUNT"}`, `{"address":"tcp:h:1","arm":"{amount}\\q"}`, `{"address":"tcp:h:1","disarm":"\\q"}`, `{"address":"tcp:h:1","end":"q"}`, `{"address":"tcp:h:1","colour":1}`} {
		if err := New().(*Box).Configure(t.Context(), json.RawMessage(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
