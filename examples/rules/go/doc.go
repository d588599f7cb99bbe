// Package secondhalf is an example of a rule pack in Go: of every two units the
// second costs less.
//
// Owns: the pack's logic, settings, texts and cases.
// Does not own: the computing of the percentage (the host).
// Invariants: the dearer unit of a pair is paid in full; parts of units (weighed
// goods) make no pair.
package secondhalf
