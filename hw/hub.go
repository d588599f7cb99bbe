package hw

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

const (
	// InputLife is how long a scan, a card, a payment code or a call is good for:
	// later it belongs to whoever stood there before.
	InputLife = 2 * time.Second

	keptInputs = 128 // of a register, for a screen that connects again
	longest    = 512 // bytes of a code
)

// Place says where a device stands.
type Place struct {
	Register id.ID
	Device   id.ID
}

// Hub brings what devices tell to the register that they stand at. Safe for
// concurrent use.
type Hub struct {
	clock clock.Clock
	log   *slog.Logger

	mu       sync.Mutex
	places   map[string]Place
	counters map[id.ID]*counter
	heard    map[id.ID][]device.Input // by device, the newest last
}

type counter struct {
	seq       uint64
	kept      []device.Input // that belong to whoever sells, the oldest first
	listeners []*listener    // the newest last
}

type listener struct{ c chan device.Input }

// NewHub makes a hub at which nothing stands yet.
func NewHub(c clock.Clock, log *slog.Logger) *Hub {
	return &Hub{clock: c, log: log, places: map[string]Place{}, counters: map[id.ID]*counter{}, heard: map[id.ID][]device.Input{}}
}

// Stand says where every driver's devices stand, by the driver's instance.
func (h *Hub) Stand(places map[string]Place) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.places = places
}

// Happened takes a driver's event; it never waits. What is too old, or of a device at
// no register, goes nowhere.
func (h *Hub) Happened(instance string, e *driver.Event) {
	in, personal, ok := inputOf(e)
	now := h.clock.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	at, known := h.places[instance]
	if !ok || !known {
		return
	}
	in.Device = at.Device
	h.note(in)
	if at.Register.IsNone() {
		return
	}
	if age := now.Sub(in.At); personal && age > InputLife {
		h.log.Warn("a device told of something too late", "device", at.Device, "kind", in.Kind, "age", age)
		return
	}
	c := h.counter(at.Register)
	c.seq = max(c.seq+1, uint64(now)) // also above what an earlier process gave
	in.Seq = c.seq
	if !personal {
		for _, l := range slices.Clone(c.listeners) {
			c.give(l, in)
		}
		return
	}
	if len(c.kept) == keptInputs {
		c.kept = append(c.kept[:0:0], c.kept[keptInputs/2:]...)
	}
	c.kept = append(c.kept, in)
	if n := len(c.listeners); n > 0 { // two screens of one register: whoever came last sells
		c.give(c.listeners[n-1], in)
	}
}

// heardLast is how much of a device is remembered for the page that tries it.
const heardLast = 8

func (h *Hub) note(in device.Input) {
	list := h.heard[in.Device]
	if len(list) == heardLast {
		list = append(list[:0:0], list[1:]...)
	}
	h.heard[in.Device] = append(list, in)
}

// Heard answers what a device told last, the newest first, also where it stands at no
// register.
func (h *Hub) Heard(dev id.ID) []device.Input {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := slices.Clone(h.heard[dev])
	slices.Reverse(out)
	return out
}

// inputOf reads an event; personal is what belongs to the one who is served.
func inputOf(e *driver.Event) (in device.Input, personal, ok bool) {
	in.At = clock.Instant(e.GetAtUnixMicro())
	switch b := e.GetBody().(type) {
	case *hwv1.Event_Scan:
		in.Kind, in.Text = device.InputScan, string(b.Scan.GetData())
		if b.Scan.GetPurpose() == driver.ScanToPay {
			in.Kind = device.InputPay
		}
		return in, true, in.Text != "" && len(in.Text) <= longest
	case *hwv1.Event_Card:
		in.Kind, in.Text = device.InputCard, b.Card.GetNumber()
		return in, true, in.Text != "" && len(in.Text) <= longest
	case *hwv1.Event_Call:
		in.Kind, in.Text = device.InputCall, b.Call.GetNumber()
		return in, true, in.Text != "" && len(in.Text) <= longest
	case *hwv1.Event_Weight:
		in.Kind, in.Milligrams, in.Stable = device.InputWeight, b.Weight.GetMilligrams(), b.Weight.GetStable() && !b.Weight.GetOverload()
		return in, false, true
	case *hwv1.Event_Drawer:
		in.Kind, in.On = device.InputDrawer, b.Drawer.GetOpen()
		return in, false, true
	case *hwv1.Event_Paper:
		in.Kind, in.On = device.InputPaper, b.Paper.GetOut()
		return in, false, true
	}
	return in, false, false
}

func (h *Hub) counter(register id.ID) *counter {
	c, ok := h.counters[register]
	if !ok {
		c = &counter{}
		h.counters[register] = c
	}
	return c
}

// give hands an input over. A listener that does not take what it is given is cut
// off: it connects again and is given what is still good.
func (c *counter) give(l *listener, in device.Input) {
	select {
	case l.c <- in:
	default:
		c.drop(l)
	}
}

func (c *counter) drop(l *listener) {
	if i := slices.Index(c.listeners, l); i >= 0 {
		c.listeners = slices.Delete(c.listeners, i, i+1)
		close(l.c)
	}
}

// Listen answers what the devices of a register tell from now on, and before that
// what they told after the input of that number and is still good (0: nothing). The
// channel is closed where the listener is too slow, and by stop.
func (h *Hub) Listen(register id.ID, after uint64) (inputs <-chan device.Input, stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c, now := h.counter(register), h.clock.Now()
	l := &listener{c: make(chan device.Input, 2*keptInputs)}
	for _, in := range c.kept {
		if after > 0 && in.Seq > after && now.Sub(in.At) <= InputLife {
			l.c <- in
		}
	}
	c.listeners = append(c.listeners, l)
	return l.c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		c.drop(l)
	}
}
