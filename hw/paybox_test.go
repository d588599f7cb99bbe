package hw

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

// noteBox notes what it is told; while it is stuck it answers nobody.
type noteBox struct {
	mu    sync.Mutex
	told  []string
	away  bool
	fails bool
	stuck chan struct{}
}

func (b *noteBox) PayBox(string) (driver.PayBox, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b, !b.away
}

func (b *noteBox) say(ctx context.Context, what string) error {
	b.mu.Lock()
	b.told = append(b.told, what)
	fails, stuck := b.fails, b.stuck
	b.mu.Unlock()
	if stuck != nil {
		select {
		case <-stuck:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if fails {
		return errors.New("no line")
	}
	return nil
}

func (b *noteBox) Arm(ctx context.Context, id, _, amount string) error {
	return b.say(ctx, "arm "+id+" "+amount)
}
func (b *noteBox) Disarm(ctx context.Context, id, _ string) error { return b.say(ctx, "disarm "+id) }

func (b *noteBox) set(f func()) { b.mu.Lock(); defer b.mu.Unlock(); f() }

func (b *noteBox) wait(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for range 500 {
		b.set(func() { got = slices.Clone(b.told) })
		if slices.Equal(got, want) {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("told %q, want %q", got, want)
}

func TestAPayBoxAnnouncesWhatIsToBePaid(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	log, _ := sim.NewLog()
	b := &noteBox{}
	p := NewPayBoxes(ctx, b, log)
	p.Disarm("box") // nothing was announced: it is left alone
	p.Arm("box", "sale", "12.50")
	b.wait(t, "arm sale-12.50 12.50")
	p.Arm("box", "sale", "12.50")
	p.Arm("box", "sale", "8.00")
	b.wait(t, "arm sale-12.50 12.50", "arm sale-8.00 8.00")
	p.Disarm("box")
	b.wait(t, "arm sale-12.50 12.50", "arm sale-8.00 8.00", "disarm sale-8.00")

	// While it answers nobody, nobody waits, and only the last counts.
	stuck := make(chan struct{})
	b.set(func() { b.told, b.stuck = nil, stuck })
	p.Arm("box", "a", "1.00")
	b.wait(t, "arm a-1.00 1.00")
	for range 1000 {
		p.Arm("box", "b", "2.00")
		p.Disarm("box")
	}
	p.Arm("box", "c", "3.00")
	b.set(func() { b.stuck = nil })
	close(stuck)
	b.wait(t, "arm a-1.00 1.00", "arm c-3.00 3.00")

	// What failed is announced again when it is asked for again.
	b.set(func() { b.told, b.fails = nil, true })
	p.Arm("box", "d", "4.00")
	b.wait(t, "arm d-4.00 4.00")
	b.set(func() { b.fails = false })
	p.Arm("box", "d", "4.00")
	b.wait(t, "arm d-4.00 4.00", "arm d-4.00 4.00")
	b.set(func() { b.told, b.away = nil, true })
	p.Arm("box", "e", "5.00")
	cancel()
	p.Wait()
	p.Arm("box", "f", "6.00")
	b.wait(t)
}
