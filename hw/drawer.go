package hw

import (
	"context"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/sdk/driver"
)

// KickLife is how long the wish to open a drawer is good for: later, nobody
// stands before it any more.
const KickLife = 2 * time.Second

// Faults of a drawer kick.
var (
	ErrKickVoid   = fault.New(fault.Unavailable, "hw.drawer_kick_void")   // it came too late and was not sent
	ErrNoDrawer   = fault.New(fault.Unavailable, "hw.drawer_unavailable") // no driver that can open it runs
	ErrKickFailed = fault.New(fault.Unavailable, "hw.drawer_kick_failed") // it was tried once; it may have opened
)

// Drawers hands out the drawers that can be opened now, by device id.
type Drawers interface {
	Drawer(id string) (driver.Drawer, bool)
}

// OpenDrawer opens a drawer: tried once, never late, never repeated. wish names
// this wish and makes a second call for it harmless; at is when it was made.
// Faults: hw.drawer_kick_void, hw.drawer_unavailable, hw.drawer_kick_failed.
func OpenDrawer(ctx context.Context, drawers Drawers, c clock.Clock, dev, wish id.ID, at clock.Instant, pin int) error {
	left := KickLife - c.Now().Sub(at)
	if left <= 0 {
		return ErrKickVoid
	}
	d, ok := drawers.Drawer(dev.String())
	if !ok {
		return ErrNoDrawer
	}
	ctx, cancel := context.WithTimeout(ctx, min(left, KickLife))
	defer cancel()
	if err := d.Open(ctx, wish.String(), "", pin); err != nil {
		return ErrKickFailed.Wrap(err)
	}
	return nil
}
