package cards

import (
	"context"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/sdk/driver"
)

// rests is how long a reader may be silent about a card that lies on it: the same
// number again within that time is the same card, not taken away.
const rests = 1500 * time.Millisecond

// Desk hands on the cards that are presented: to whoever waits for one, else to
// Unasked. Safe for concurrent use.
type Desk struct {
	Clock   clock.Clock
	Unasked func(driver.Card)

	mu      sync.Mutex
	waiting []chan driver.Card
	last    string
	seen    clock.Instant
}

// Present takes a card that was read.
func (d *Desk) Present(c driver.Card) {
	now := d.Clock.Now()
	d.mu.Lock()
	same := c.Number == d.last && now.Sub(d.seen) < rests
	d.last, d.seen = c.Number, now
	waiting := d.waiting
	d.waiting = nil
	d.mu.Unlock()
	for _, w := range waiting {
		w <- c // each holds one
	}
	if len(waiting) == 0 && !same {
		d.Unasked(c)
	}
}

// Wait answers the next card, or ctx's error.
func (d *Desk) Wait(ctx context.Context) (driver.Card, error) {
	w := make(chan driver.Card, 1)
	d.mu.Lock()
	d.waiting = append(d.waiting, w)
	d.mu.Unlock()
	select {
	case c := <-w:
		return c, nil
	case <-ctx.Done():
	}
	d.mu.Lock()
	for i, other := range d.waiting {
		if other == w {
			d.waiting = append(d.waiting[:i:i], d.waiting[i+1:]...)
			break
		}
	}
	d.mu.Unlock()
	select {
	case c := <-w: // it came at the last moment
		return c, nil
	default:
		return driver.Card{}, ctx.Err()
	}
}
