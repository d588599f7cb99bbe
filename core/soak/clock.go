package soak

import (
	"sync/atomic"
	"time"

	"github.com/shopwright/shopwright/core/clock"
)

// Clock is the shop's time: it stands still but for a microsecond at each look, and
// goes on when the run says so. Safe for concurrent use.
type Clock struct{ now atomic.Int64 }

// NewClock begins at an instant; 0 is a morning in spring in a shop in Shanghai.
func NewClock(at clock.Instant) *Clock {
	if at == 0 {
		at = clock.Of(time.Date(2026, 5, 20, 1, 0, 0, 0, time.UTC))
	}
	c := &Clock{}
	c.now.Store(int64(at))
	return c
}

// Now implements clock.Clock.
func (c *Clock) Now() clock.Instant { return clock.Instant(c.now.Add(1)) }

// Set goes on to an instant; it never goes back.
func (c *Clock) Set(at clock.Instant) {
	for {
		now := c.now.Load()
		if now >= int64(at) || c.now.CompareAndSwap(now, int64(at)) {
			return
		}
	}
}

// Advance goes on by d.
func (c *Clock) Advance(d time.Duration) { c.now.Add(d.Microseconds()) }
