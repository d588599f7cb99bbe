// Package clock is the only place that reads the wall clock.
//
// Owns: Instant (UTC microseconds, the form in both databases), Clock, the
// business date of a shop from its time zone and cut-off.
// Invariants: nothing else in the program calls time.Now; tests and the demo's
// seed inject Manual. The time zone database is embedded, so that a till on
// Windows has it too.
package clock
