package rules

import (
	"context"
	"sync"
	"time"
)

// watchdog ends a call that fuel should have ended long before. It takes the
// call's fuel away, so that the module traps at its next check, at a loop head or
// a function entry.
//
// This is sound though the module runs at that moment: the global is one aligned
// word, which processors with compiled code load and store whole; the code loads
// it anew at every check; and where the module's own count overwrites the
// watchdog's, the watchdog bites again a moment later. The mutex orders its writes
// with all that Go code reads and writes before and after the call. With a single
// processor nothing can run beside the module: there fuel alone ends the call.
type watchdog struct {
	mu     sync.Mutex
	on     *instance // whose call runs
	until  time.Time
	theirs bool  // until is the caller's deadline
	cut    error // why the call was cut off
	timer  *time.Timer
}

const (
	biteAgain = time.Millisecond // how long a bite has time to work
	noFuel    = 1<<64 - 1<<62    // far below zero, and far from where it would wrap
)

func newWatchdog() *watchdog {
	w := &watchdog{}
	w.timer = time.AfterFunc(time.Hour, w.bite)
	w.timer.Stop()
	return w
}

// watch begins a call, which ends by the wall clock or the caller's own deadline.
func (w *watchdog) watch(ctx context.Context, in *instance, now time.Time, wall time.Duration) {
	until, theirs := now.Add(wall), false
	if d, ok := ctx.Deadline(); ok && d.Before(until) {
		until, theirs = d, true
	}
	w.mu.Lock()
	w.on, w.until, w.theirs, w.cut = in, until, theirs, nil
	w.mu.Unlock()
	w.timer.Reset(until.Sub(now))
}

// rest ends a call; asked again it says the same. Fault: rules.too_slow, or the
// error of the caller's context, where the call was cut off.
func (w *watchdog) rest() error {
	w.timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on = nil
	return w.cut
}

func (w *watchdog) bite() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.on == nil || time.Now().Before(w.until) { // a late bite meant for a call before
		return
	}
	w.cut = ErrTooSlow
	if w.theirs {
		w.cut = context.DeadlineExceeded
	}
	w.on.fuel.Set(noFuel)
	w.timer.Reset(biteAgain)
}
