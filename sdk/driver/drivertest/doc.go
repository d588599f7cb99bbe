// Package drivertest is the conformance suite that a driver must pass.
//
// Owns: the checks. Does not own: the drivers.
// Invariants: it speaks to the driver as the program does, as a process of its
// own; it needs nothing of the program but sdk/driver; a check that cannot
// tell says so by failing, never by passing.
package drivertest
