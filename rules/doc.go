// Package rules runs rule packs: WASM modules of which nothing is trusted.
//
// Owns: what happens between the bytes of a module and an answer. Verify (size,
// sections, imports, tables, functions), instrument (fuel, call depth, globals),
// compile (in a process of its own with bounded time and memory, where the program
// asks for it) into a cache whose entries are sealed, configure, snapshot, call on a pooled instance,
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
//   - Nothing that the verifier let through is decoded, compiled or run at a cost that
//     the module chooses: every length is looked at before the runtime allocates for
//     it, and an instruction costs fuel by the time it takes at worst.
//   - Machine code is run only where it is byte for byte what this program, on this
//     kind of machine, compiled (see store).
//   - An instance that trapped, grew its memory or was cut off is thrown away.
//   - What configurations of a module share is held once (its memory after
//     _initialize); a configuration holds the pages that it changed. Images are
//     dropped by bytes, those used longest ago first; instances are made when needed.
//   - A call into an answer that its caller owns allocates nothing.
//   - A refusal carries its own reason (fault.go); none is a string.
//   - It never touches a database: imports neither core/db nor a feature with tables.
package rules
