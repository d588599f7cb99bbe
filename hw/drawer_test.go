package hw

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/sdk/driver"
)

type drawers map[string]driver.Drawer

func (d drawers) Drawer(id string) (driver.Drawer, bool) { v, ok := d[id]; return v, ok }

type drawer struct {
	opened []string
	err    error
}

func (d *drawer) Open(_ context.Context, id, _ string, _ int) error {
	d.opened = append(d.opened, id)
	return d.err
}

func TestDrawerKickIsNeverLate(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC))
	dev, wish := id.Derived("drawer"), id.Derived("wish")
	d := &drawer{}
	ds := drawers{dev.String(): d}
	at := c.Now()
	c.Advance(1900 * time.Millisecond)
	if err := OpenDrawer(t.Context(), ds, c, dev, wish, at, 0); err != nil || len(d.opened) != 1 || d.opened[0] != wish.String() {
		t.Fatalf("%v %v", err, d.opened)
	}
	c.Advance(100 * time.Millisecond)
	if err := OpenDrawer(t.Context(), ds, c, dev, wish, at, 0); !errors.Is(err, ErrKickVoid) || len(d.opened) != 1 {
		t.Errorf("%v %v", err, d.opened)
	}
	if err := OpenDrawer(t.Context(), ds, c, wish, wish, c.Now(), 0); !errors.Is(err, ErrNoDrawer) {
		t.Error(err)
	}
	d.err = errors.New("unplugged")
	if err := OpenDrawer(t.Context(), ds, c, dev, wish, c.Now(), 0); !errors.Is(err, ErrKickFailed) || len(d.opened) != 2 {
		t.Errorf("%v %v", err, d.opened)
	}
}
