package hw

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

// armLimit is how long a pay box may take: what comes next waits behind it.
const armLimit = 2 * time.Second

// Boxes hands out the pay boxes that can announce something now, by device id.
type Boxes interface {
	PayBox(id string) (driver.PayBox, bool)
}

// PayBoxes announces amounts on pay boxes and takes them back. Nobody waits for a box:
// what was overtaken meanwhile is not announced. Safe for concurrent use.
type PayBoxes struct {
	boxes Boxes
	log   *slog.Logger
	ctx   context.Context
	wg    sync.WaitGroup

	mu    sync.Mutex
	lanes map[string]chan announcement
}

// announcement is an amount under an id; without an id nothing is announced.
type announcement struct{ id, amount string }

// NewPayBoxes works until ctx ends; Wait waits for that.
func NewPayBoxes(ctx context.Context, boxes Boxes, log *slog.Logger) *PayBoxes {
	return &PayBoxes{boxes: boxes, log: log, ctx: ctx, lanes: map[string]chan announcement{}}
}

// Arm announces an amount ("12.50") under an id, in place of any other, as soon as the
// box can. The same again announces nothing anew.
func (p *PayBoxes) Arm(box, id, amount string) { p.send(box, announcement{id, amount}) }

// Disarm takes back what is announced.
func (p *PayBoxes) Disarm(box string) { p.send(box, announcement{}) }

func (p *PayBoxes) send(box string, a announcement) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() != nil {
		return
	}
	lane, ok := p.lanes[box]
	if !ok {
		if a.id == "" {
			return // it never announced anything
		}
		lane = make(chan announcement, 1)
		p.lanes[box] = lane
		p.wg.Go(func() { p.work(box, lane) })
	}
	select {
	case <-lane: // overtaken
	default:
	}
	lane <- a
}

// Wait waits until the boxes are left alone.
func (p *PayBoxes) Wait() { p.wg.Wait() }

func (p *PayBoxes) work(box string, lane chan announcement) {
	var now announcement
	for {
		select {
		case <-p.ctx.Done():
			return
		case a := <-lane:
			if a == now {
				continue
			}
			b, ok := p.boxes.PayBox(box)
			if !ok {
				now = announcement{} // a driver that starts anew announces nothing
				continue
			}
			ctx, cancel := context.WithTimeout(p.ctx, armLimit)
			var err error
			if a.id == "" {
				err = b.Disarm(ctx, now.name(), "")
			} else {
				err = b.Arm(ctx, a.name(), "", a.amount)
			}
			cancel()
			now = a
			if err == nil {
				continue
			}
			now = announcement{}
			if p.ctx.Err() == nil {
				p.log.Warn("a pay box did not do as it was told", "device", box, "err", err)
			}
		}
	}
}

// name is that of an announcement for the box, which takes each name once: another
// amount of the same sale is another announcement.
func (a announcement) name() string { return a.id + "-" + a.amount }
