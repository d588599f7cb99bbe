package db

import "github.com/shopwright/shopwright/core/clock"

// WithClock is the same database at another clock's time: several pasts can be
// written side by side. It shares everything else, so only the original is closed.
func (d *DB) WithClock(c clock.Clock) *DB {
	v := *d
	v.clock = c
	return &v
}
