package hw

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/sdk/driver"
)

// showLimit is how long a display may take: the next thing to show waits behind it.
const showLimit = 2 * time.Second

// Displays hands out the displays that can show something now, by device id.
type Displays interface {
	Display(id string) (driver.Display, bool)
}

// Screens shows things on customer displays. Nobody waits for a display: what was
// overtaken meanwhile is not shown. Safe for concurrent use.
type Screens struct {
	displays Displays
	log      *slog.Logger
	ctx      context.Context
	wg       sync.WaitGroup

	mu    sync.Mutex
	lanes map[string]chan device.Shown
}

// NewScreens works until ctx ends; Wait waits for that.
func NewScreens(ctx context.Context, displays Displays, log *slog.Logger) *Screens {
	return &Screens{displays: displays, log: log, ctx: ctx, lanes: map[string]chan device.Shown{}}
}

// Show shows something on a display, as soon as it can.
func (s *Screens) Show(display string, v device.Shown) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return
	}
	lane, ok := s.lanes[display]
	if !ok {
		lane = make(chan device.Shown, 1)
		s.lanes[display] = lane
		s.wg.Go(func() { s.work(display, lane) })
	}
	select {
	case <-lane: // overtaken
	default:
	}
	lane <- v
}

// Wait waits until nothing is being shown any more.
func (s *Screens) Wait() { s.wg.Wait() }

var showKinds = map[device.ShownKind]driver.ShowKind{device.ShownItem: driver.ShowPrice, device.ShownTotal: driver.ShowTotal, device.ShownChange: driver.ShowChange}

func (s *Screens) work(display string, lane chan device.Shown) {
	for {
		select {
		case <-s.ctx.Done():
			return
		case v := <-lane:
			d, ok := s.displays.Display(display)
			if !ok {
				continue // it does not run: nothing is kept for it
			}
			ctx, cancel := context.WithTimeout(s.ctx, showLimit)
			var err error
			if v.Kind == device.ShownNothing {
				err = d.Clear(ctx, "")
			} else {
				err = d.Show(ctx, driver.Shown{Kind: showKinds[v.Kind], Amount: v.Amount, Lines: v.Lines})
			}
			cancel()
			if err != nil && s.ctx.Err() == nil {
				s.log.Warn("a display showed nothing", "device", display, "err", err)
			}
		}
	}
}
