// Package sim simulates devices, for tests and the demo.
//
// Owns: a printer in memory whose process can be made to die at any point, and
// a network printer that captures, stalls, resets, or answers status bytes.
// Does not own: anything that a shop uses; production code never imports it.
// Invariants: what is on a simulated printer's paper is exactly what a real
// one would have printed by then.
package sim
