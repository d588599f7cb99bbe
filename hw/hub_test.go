package hw

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// counterTop is a hub with a scanner at a register.
func counterTop(t *testing.T) (*Hub, *clock.Manual, id.ID) {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC))
	h := NewHub(c, slog.New(slog.DiscardHandler))
	register, reserve := id.New(1), id.New(2)
	h.Stand(map[string]Place{"scanner": {Register: register, Device: id.New(3)}, "spare": {Device: reserve}})
	return h, c, register
}

func scanAt(at clock.Instant, text, purpose string) *driver.Event {
	return &driver.Event{AtUnixMicro: int64(at), Body: &hwv1.Event_Scan{Scan: &hwv1.Scan{Data: []byte(text), Purpose: purpose}}}
}

func texts(t *testing.T, c <-chan device.Input, n int) (out []string) {
	t.Helper()
	for range n {
		select {
		case in, ok := <-c:
			if !ok {
				t.Fatalf("the channel was closed after %q", out)
			}
			out = append(out, string(in.Kind)+" "+in.Text)
		case <-time.After(5 * time.Second):
			t.Fatalf("nothing more came after %q", out)
		}
	}
	return out
}

func nothing(t *testing.T, c <-chan device.Input) {
	t.Helper()
	select {
	case in, ok := <-c:
		t.Errorf("%+v %v", in, ok)
	default:
	}
}

func TestInputsReachTheirRegisterAlone(t *testing.T) {
	h, c, register := counterTop(t)
	here, stop := h.Listen(register, 0)
	defer stop()
	there, stopThere := h.Listen(id.New(9), 0)
	defer stopThere()
	now := c.Now()
	h.Happened("scanner", scanAt(now, "6901", ""))
	h.Happened("scanner", scanAt(now, "28763443825664394", driver.ScanToPay))
	h.Happened("scanner", &driver.Event{AtUnixMicro: int64(now), Body: &hwv1.Event_Card{Card: &hwv1.Card{Number: "M-1"}}})
	h.Happened("scanner", &driver.Event{AtUnixMicro: int64(now), Body: &hwv1.Event_Call{Call: &hwv1.Call{Number: "13800000002"}}})
	h.Happened("spare", scanAt(now, "lost", ""))  // at no register
	h.Happened("stolen", scanAt(now, "lost", "")) // of no device
	h.Happened("scanner", scanAt(now, "", ""))
	h.Happened("scanner", scanAt(now, string(make([]byte, longest+1)), ""))
	h.Happened("scanner", &driver.Event{AtUnixMicro: int64(now)})
	got := fmt.Sprint(texts(t, here, 4))
	if want := "[scan 6901 pay 28763443825664394 card M-1 call 13800000002]"; got != want {
		t.Errorf("%s", got)
	}
	nothing(t, here)
	nothing(t, there)
}

func TestWhatIsTooOldNeverEntersABasket(t *testing.T) {
	h, c, register := counterTop(t)
	here, stop := h.Listen(register, 0)
	defer stop()
	old := c.Now()
	c.Advance(InputLife)
	h.Happened("scanner", scanAt(old, "just", ""))
	c.Advance(time.Microsecond)
	h.Happened("scanner", scanAt(old, "late", ""))
	h.Happened("scanner", &driver.Event{AtUnixMicro: int64(old), Body: &hwv1.Event_Paper{Paper: &hwv1.Paper{Out: true}}}) // how something is does not age
	if got := fmt.Sprint(texts(t, here, 2)); got != "[scan just paper ]" {
		t.Errorf("%s", got)
	}
	nothing(t, here)
}

func TestAScreenThatConnectsAgainMissesNothingFresh(t *testing.T) {
	h, c, register := counterTop(t)
	here, stop := h.Listen(register, 0)
	h.Happened("scanner", scanAt(c.Now(), "a", ""))
	last := (<-here).Seq
	h.Happened("scanner", scanAt(c.Now(), "b", ""))
	stop() // b was not taken
	c.Advance(time.Second)
	h.Happened("scanner", scanAt(c.Now(), "c", "")) // nobody listens
	again, stop := h.Listen(register, last)
	if got := fmt.Sprint(texts(t, again, 2)); got != "[scan b scan c]" {
		t.Errorf("%s", got)
	}
	stop()
	c.Advance(1500 * time.Millisecond)
	again, stop = h.Listen(register, last)
	defer stop()
	if got := fmt.Sprint(texts(t, again, 1)); got != "[scan c]" { // b is too old by now
		t.Errorf("%s", got)
	}
	first, stopFirst := h.Listen(register, 0)
	defer stopFirst()
	nothing(t, first) // a screen that is new begins with now
}

// TestA27_EveryScanArrivesOnceAndInOrder: 200 scans, with two screens open, of which
// the one that came last sells.
func TestA27_EveryScanArrivesOnceAndInOrder(t *testing.T) {
	h, c, register := counterTop(t)
	other, stopOther := h.Listen(register, 0)
	defer stopOther()
	here, stop := h.Listen(register, 0)
	defer stop()
	for i := range 200 {
		h.Happened("scanner", scanAt(c.Now(), fmt.Sprintf("code-%03d", i), ""))
		c.Advance(50 * time.Millisecond)
	}
	for i, got := range texts(t, here, 200) {
		if want := fmt.Sprintf("scan code-%03d", i); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
	nothing(t, other)
	for range 2*keptInputs + 1 { // nobody takes them any more: it is cut off rather than held up
		h.Happened("scanner", scanAt(c.Now(), "x", ""))
	}
	n := 0
	for range here {
		n++
	}
	if n != 2*keptInputs {
		t.Errorf("%d", n)
	}
	h.Happened("scanner", scanAt(c.Now(), "next", ""))
	if got := fmt.Sprint(texts(t, other, 1)); got != "[scan next]" {
		t.Errorf("%s", got)
	}
	stop() // twice is no harm
}

// slowDisplay takes its time, or fails.
type slowDisplay struct {
	mu    sync.Mutex
	shown []string
	gate  chan struct{}
	err   error
}

func (d *slowDisplay) Display(id string) (driver.Display, bool) { return d, id == "here" }

func (d *slowDisplay) Show(ctx context.Context, s driver.Shown) error {
	select {
	case <-d.gate:
	case <-ctx.Done():
		return ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shown = append(d.shown, s.Kind.String()+" "+s.Amount)
	return d.err
}

func (d *slowDisplay) Clear(ctx context.Context, _ string) error {
	return d.Show(ctx, driver.Shown{Amount: "dark"})
}

func (d *slowDisplay) list() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.shown...)
}

func TestNobodyWaitsForADisplay(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := &slowDisplay{gate: make(chan struct{}), err: errors.New("dead")}
	s := NewScreens(ctx, d, slog.New(slog.DiscardHandler))
	began := time.Now()
	s.Show("away", device.Shown{Kind: device.ShownItem, Amount: "1"})
	for i := range 1000 {
		s.Show("here", device.Shown{Kind: device.ShownItem, Amount: fmt.Sprint(i)})
	}
	s.Show("here", device.Shown{Kind: device.ShownTotal, Amount: "sum"})
	if took := time.Since(began); took > time.Second {
		t.Errorf("the till waited %s", took)
	}
	d.gate <- struct{}{}
	for len(d.list()) == 0 {
		time.Sleep(time.Millisecond)
	}
	if got := d.list()[0]; got != "SHOW_KIND_TOTAL sum" { // the newest, or the first one that was under way
		d.gate <- struct{}{}
		for len(d.list()) == 1 {
			time.Sleep(time.Millisecond)
		}
		if got := d.list(); got[1] != "SHOW_KIND_TOTAL sum" {
			t.Errorf("%q", got)
		}
	}
	s.Show("here", device.Shown{})
	d.gate <- struct{}{}
	for l := d.list(); l[len(l)-1] != "SHOW_KIND_TEXT dark"; l = d.list() {
		time.Sleep(time.Millisecond)
	}
	s.Show("here", device.Shown{Kind: device.ShownChange}) // hangs in the display
	cancel()
	s.Wait()
}
