package cardserial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

var quick = limits{answer: 300 * time.Millisecond, write: 300 * time.Millisecond, look: 10 * time.Millisecond, probe: 50 * time.Millisecond, pause: 50 * time.Millisecond}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for n := 0; !ok(); n++ {
		if n > 2000 {
			t.Fatalf("not within ten seconds: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func joined(t *testing.T, dev *sim.Device, more string) (*Station, <-chan *driver.Event, *sim.Log) {
	t.Helper()
	s := newStation(quick)
	var log *sim.Log
	s.log, log = sim.NewLog()
	t.Cleanup(func() { s.line.Close(); dev.Close() })
	if err := s.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q%s}`, dev.Address(), more))); err != nil {
		t.Fatal(err)
	}
	until(t, "connected", func() bool { return dev.Connected() == 1 && s.Health(t.Context()).OK })
	return s, sim.Listen(t.Context(), &s.Stream), log
}

func setup(t *testing.T) (*Station, *sim.CardStation, <-chan *driver.Event, *sim.Log) {
	t.Helper()
	dev, err := sim.NewCardStation()
	if err != nil {
		t.Fatal(err)
	}
	s, events, log := joined(t, dev.Device, `,"protocol":"frames"`)
	return s, dev, events, log
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

func none(t *testing.T, events <-chan *driver.Event) {
	t.Helper()
	select {
	case e := <-events:
		t.Errorf("an event: %v", e)
	case <-time.After(100 * time.Millisecond):
	}
}

func limit(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func blank() sim.SimCard { return sim.SimCard{Technology: "rfid", UID: []byte{4, 0xa1, 0xb2, 0xc3}} }

func TestLines(t *testing.T) {
	dev, err := sim.NewCardReader()
	if err != nil {
		t.Fatal(err)
	}
	s, events, log := joined(t, dev.Device, `,"technology":"ic"`)
	dev.Swipe("%VIP0012?;0012345678=99?")
	if c := next(t, events).GetCard(); c.GetNumber() != "0012345678" || c.GetTechnology() != "magnetic" {
		t.Errorf("%v", c)
	}
	dev.Say([]byte("\x02" + "0087654321" + "\x03\r\n"))
	if c := next(t, events).GetCard(); c.GetNumber() != "0087654321" || c.GetTechnology() != "ic" {
		t.Errorf("%v", c)
	}
	dev.Swipe(";4111111111111111=30122010000?")
	none(t, events)
	go func() { time.Sleep(50 * time.Millisecond); dev.Swipe("777") }()
	if c, err := s.ReadCard(limit(t, 5*time.Second), ""); err != nil || c.Number != "777" {
		t.Errorf("%+v %v", c, err)
	}
	none(t, events)
	if _, err := s.WriteCard(t.Context(), "w", "", driver.Card{Number: "1"}); !errors.Is(err, driver.ErrUnsupported) {
		t.Error(err)
	}
	if text := log.String(); !strings.Contains(text, "a bank card") || strings.Contains(text, "4111") || strings.Contains(text, "0012345678") {
		t.Error(text)
	}
}

func TestPresentedCardsAreEvents(t *testing.T) {
	_, dev, events, log := setup(t)
	c := blank()
	c.Number = "0012345678"
	dev.Put(c)
	if got := next(t, events).GetCard(); got.GetNumber() != c.Number || got.GetTechnology() != "rfid" || string(got.GetData()) != string(c.UID) {
		t.Errorf("%v", got)
	}
	dev.Put(blank()) // new: it has no number to tell
	none(t, events)
	dev.Say([]byte{2, 3, 'P', 'R', 0, 99, 3}) // damaged
	none(t, events)
	if strings.Contains(log.String(), "0012345678") {
		t.Error(log.String())
	}
}

func TestReadCardWaitsForACard(t *testing.T) {
	s, dev, events, _ := setup(t)
	c := blank()
	c.Number = "0012345678"
	go func() { time.Sleep(100 * time.Millisecond); dev.Put(c) }()
	got, err := s.ReadCard(limit(t, 5*time.Second), "")
	if err != nil || got.Number != c.Number || string(got.Data) != string(c.UID) {
		t.Errorf("%+v %v", got, err)
	}
	none(t, events) // it was asked for
	if got, err = s.ReadCard(limit(t, 5*time.Second), ""); err != nil || got.Number != c.Number {
		t.Errorf("the card that lies there: %+v %v", got, err)
	}
	dev.Take()
	if _, err := s.ReadCard(limit(t, 100*time.Millisecond), ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestWriteCardReadsBack(t *testing.T) {
	s, dev, events, log := setup(t)
	go func() { time.Sleep(100 * time.Millisecond); dev.Put(blank()) }()
	uid, err := s.WriteCard(limit(t, 5*time.Second), "w1", "", driver.Card{Number: "0012345678"})
	if err != nil || uid != "04a1b2c3" {
		t.Fatalf("%q %v", uid, err)
	}
	var wg sync.WaitGroup
	for range 5 { // the same id writes once
		wg.Go(func() {
			if again, err := s.WriteCard(context.Background(), "w1", "", driver.Card{Number: "0012345678"}); err != nil || again != uid {
				t.Errorf("%q %v", again, err)
			}
		})
	}
	wg.Wait()
	if c, _ := dev.Take(); c.Number != "0012345678" || dev.Writes() != 1 {
		t.Errorf("%+v after %d writes", c, dev.Writes())
	}
	none(t, events)
	if strings.Contains(log.String(), "0012345678") {
		t.Error(log.String())
	}
}

func TestAWriteThatWentWrongIsNotDone(t *testing.T) {
	s, dev, _, _ := setup(t)
	write := func(id string) error {
		_, err := s.WriteCard(limit(t, 5*time.Second), id, "", driver.Card{Number: "0012345678"})
		return err
	}
	dev.Put(blank())
	dev.Spoil(true)
	if err := write("a"); !errors.Is(err, errCompare) {
		t.Error(err)
	}
	dev.Spoil(false)
	if err := write("a"); !errors.Is(err, errCompare) || dev.Writes() != 1 {
		t.Errorf("the same id wrote again: %v", err)
	}
	other := blank()
	other.UID = []byte{9}
	other.Number = "0012345678"
	dev.AfterWrite(func() { dev.Swap(other) })
	if err := write("b"); !errors.Is(err, errSwapped) {
		t.Error(err)
	}
	locked := blank()
	locked.ReadOnly = true
	dev.Put(locked)
	if err := write("c"); !errors.Is(err, reasons[3]) {
		t.Error(err)
	}
	dev.Put(blank())
	dev.LoseWriteAnswers(true) // the card tells that it is written
	if err := write("d"); err != nil {
		t.Error(err)
	}
	if dev.Writes() != 4 {
		t.Errorf("%d writes", dev.Writes())
	}
}

func TestWithoutACardNothingIsSent(t *testing.T) {
	s, dev, _, _ := setup(t)
	ctx := limit(t, 300*time.Millisecond)
	if _, err := s.WriteCard(ctx, "a", "", driver.Card{Number: "1"}); !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil || dev.Writes() != 0 {
		t.Errorf("%v, %d writes", err, dev.Writes())
	}
	dev.Put(blank())
	if _, err := s.WriteCard(limit(t, 5*time.Second), "a", "", driver.Card{Number: "1"}); err != nil { // the id is free
		t.Error(err)
	}
	for _, bad := range []driver.Card{{}, {Number: "a b"}, {Number: strings.Repeat("1", 65)}, {Number: "1", Technology: "x"}, {Number: "12a", Technology: "magnetic"}} {
		if _, err := s.WriteCard(t.Context(), "b", "", bad); !errors.Is(err, errNumber) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestASilentStationIsNotWell(t *testing.T) {
	s, dev, _, _ := setup(t)
	dev.Deaf(true)
	until(t, "not well", func() bool { return s.Health(t.Context()).Reason == errSilent.Error() })
	if _, err := s.ReadCard(t.Context(), ""); !errors.Is(err, errSilent) {
		t.Error(err)
	}
	dev.Deaf(false)
	until(t, "well", func() bool { return s.Health(t.Context()).OK })
	dev.HangUp()
	until(t, "connected again", func() bool { return dev.Connected() == 1 && s.Health(t.Context()).OK })
}

func TestWrongSettings(t *testing.T) {
	for _, bad := range []string{`{}`, `{"address":"tcp:h:1","protocol":"q"}`, `{"address":"tcp:h:1","technology":"q"}`, `{"address":"x"}`, `{"address":"tcp:h:1","colour":1}`} {
		if err := New().(*Station).Configure(t.Context(), json.RawMessage(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
