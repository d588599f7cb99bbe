package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/admin/pos"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/hw"
	"github.com/shopwright/shopwright/hw/remote"
	"github.com/shopwright/shopwright/sdk/driver"
)

// counterDesk is what stands on the counters: it brings what devices tell to the
// register, and shows, opens and weighs for it.
type counterDesk struct {
	a       *app
	hub     *hw.Hub
	closing chan struct{}
	once    sync.Once

	mu      sync.Mutex
	screens *hw.Screens
	boxes   *hw.PayBoxes
	known   bool            // stand was called
	all     []device.Device // that drivers run for, the oldest first
}

func newCounterDesk(a *app) *counterDesk {
	return &counterDesk{a: a, hub: hw.NewHub(a.db.Clock(), a.log), closing: make(chan struct{})}
}

// run shows things on displays until ctx ends.
func (c *counterDesk) run(ctx context.Context) {
	s := hw.NewScreens(ctx, c.a.reach, c.a.log)
	c.mu.Lock()
	b := hw.NewPayBoxes(ctx, c.a.reach, c.a.log)
	c.screens, c.boxes = s, b
	c.mu.Unlock()
	<-ctx.Done()
	s.Wait()
	b.Wait()
}

// stand says where the devices stand that drivers run for.
func (c *counterDesk) stand(devices []device.Device) {
	places := map[string]hw.Place{}
	for _, d := range devices {
		places[d.ID.String()] = hw.Place{Register: d.Register, Device: d.ID}
	}
	c.hub.Stand(places)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known, c.all = true, devices
}

// running lists the devices that drivers run for; known is false until somebody has
// looked. The list is not to be changed.
func (c *counterDesk) running() (devices []device.Device, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all, c.known
}

func (c *counterDesk) devices(merchant, register id.ID) (out []device.Device) {
	all, _ := c.running()
	for _, d := range all {
		if d.Merchant == merchant && d.Register == register {
			out = append(out, d)
		}
	}
	return out
}

// Listen implements pos.Counter.
func (c *counterDesk) Listen(register id.ID, after uint64) (<-chan device.Input, func()) {
	return c.hub.Listen(register, after)
}

// Closing implements pos.Counter.
func (c *counterDesk) Closing() <-chan struct{} { return c.closing }

// endStreams lets the pages go that listen, so that the server can end.
func (c *counterDesk) endStreams() { c.once.Do(func() { close(c.closing) }) }

// Show implements pos.Counter.
func (c *counterDesk) Show(merchant, register id.ID, s device.Shown) {
	c.mu.Lock()
	screens := c.screens
	c.mu.Unlock()
	if screens == nil {
		return
	}
	for _, d := range c.devices(merchant, register) {
		if d.Class == "display" {
			screens.Show(d.ID.String(), s)
		}
	}
}

// Arm implements pos.Counter.
func (c *counterDesk) Arm(merchant, register, sale id.ID, amount string) {
	c.eachBox(merchant, register, func(b *hw.PayBoxes, box string) { b.Arm(box, sale.String(), amount) })
}

// Disarm implements pos.Counter.
func (c *counterDesk) Disarm(merchant, register id.ID) {
	c.eachBox(merchant, register, (*hw.PayBoxes).Disarm)
}

func (c *counterDesk) eachBox(merchant, register id.ID, do func(b *hw.PayBoxes, box string)) {
	c.mu.Lock()
	boxes := c.boxes
	c.mu.Unlock()
	if boxes == nil {
		return
	}
	for _, d := range c.devices(merchant, register) {
		if d.Class == "paybox" {
			do(boxes, d.ID.String())
		}
	}
}

// OpenDrawer implements pos.Counter: every drawer of the register, whether it is a
// device of its own or hangs on a printer.
func (c *counterDesk) OpenDrawer(merchant, register, document id.ID) {
	wished := c.a.db.Clock().Now()
	for _, d := range c.devices(merchant, register) {
		if d.Class != "drawer" && d.Class != device.ClassPrinter {
			continue
		}
		if _, opens := c.a.reach.Drawer(d.ID.String()); !opens {
			continue
		}
		go func() {
			if err := hw.OpenDrawer(context.Background(), c.a.reach, c.a.db.Clock(), d.ID, document, wished, 0); err != nil {
				c.a.log.Warn("a cash drawer was not opened", "device", d.ID, "error", err)
			}
		}()
	}
}

// weighLimit is how long the cashier waits for a scale to come to rest.
const weighLimit = 2 * time.Second

// Weigh implements pos.Counter.
func (c *counterDesk) Weigh(ctx context.Context, merchant, register id.ID) (int64, error) {
	for _, d := range c.devices(merchant, register) {
		s, ok := c.a.reach.Scale(d.ID.String())
		if !ok {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, weighLimit)
		w, err := s.Weigh(ctx, "")
		cancel()
		switch {
		case errors.Is(err, driver.ErrUnsupported):
			continue
		case err != nil:
			return 0, pos.ErrNotStable.Wrap(err)
		case !w.Stable || w.Overload:
			return 0, pos.ErrNotStable
		}
		return w.Milligrams, nil
	}
	return 0, pos.ErrNoScale
}

// isFeed tells the streams that pages and device hosts listen to.
func isFeed(r *http.Request) bool {
	return remote.IsFeed(r) || r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/pos/") && strings.HasSuffix(r.URL.Path, "/feed")
}
