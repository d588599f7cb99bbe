package sim

import (
	"context"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

// Listen answers what a driver tells from now on, until ctx ends. When it returns it
// listens for certain: nothing that happens afterwards is missed.
func Listen(ctx context.Context, s *driver.Stream) <-chan *driver.Event {
	const knock = "sim-listen"
	out, hears := make(chan *driver.Event, 10_000), make(chan struct{})
	heard := false
	go func() {
		_ = s.Events(ctx, 0, func(e *driver.Event) error {
			if e.GetDevice() != knock {
				out <- e
			} else if !heard {
				heard = true
				close(hears)
			}
			return nil
		})
	}()
	for {
		s.DrawerIs(knock, false)
		select {
		case <-hears:
			return out
		case <-ctx.Done():
			return out
		case <-time.After(time.Millisecond):
		}
	}
}
