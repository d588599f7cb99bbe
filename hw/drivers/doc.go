// Package drivers names the first-party device drivers. The program starts
// them from itself ("driver-serve NAME"); a release ships each as a small
// binary as well (its cmd folder).
//
// Owns: the list. Does not own: the drivers (the packages below), starting
// them (plugins).
// Invariants: a name is the driver's Info().ID and never changes.
package drivers
