// Package drivertest is the conformance suite that a driver must pass.
//
// Owns: the checks, and Paper, a device that takes a stream of bytes.
// Does not own: the drivers, and devices that say more (their simulators are the
// driver's own).
// Invariants: it speaks to the driver as the program does, as a process of its
// own, in whatever language that is written; it needs nothing of the program but
// sdk/driver; a check that cannot tell, because the Target gives it no means to or
// the system lacks them, is reported as skipped with the reason, never as passed.
package drivertest
