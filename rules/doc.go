// Package rules runs rule packs: WASM modules of which nothing is trusted.
//
// Owns: what happens between the bytes of a module and an answer. Verify (size,
// sections, imports, tables, functions), instrument (fuel, call depth, globals),
// compile with a persisted cache, configure, snapshot, call on a pooled instance,
// restore, check the answer against the hook's power; translation between
// core/promotion and the records of sdk/rule.
// Does not own: which packs are on (core/pack), stacking and computing
// (core/promotion), what a sale does when a rule fails (core/checkout), the
// format of a bundle (core/pack).
//
// Invariants:
//   - The same module, configuration and input give the same bytes and the same
//     fuel, on any machine: a module has no clock, no randomness, no files, and
//     every call starts from the same memory and globals.
//   - A module is stopped by fuel, depth and memory, which are deterministic; the
//     wall-clock watchdog behind them only guards the host against itself.
//   - An instance that trapped or grew its memory is thrown away.
//   - A refusal carries its own reason (fault.go); none is a string.
//   - It never touches a database: imports neither core/db nor a feature with tables.
package rules
