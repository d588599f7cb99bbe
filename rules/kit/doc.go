// Package kit is what the author of a rule pack works with: the library behind
// `shopwright pack`, callable from screens, tools and tests.
//
// Owns: scaffolds, the build of a pack's folder into a bundle, running a bundle's
// golden cases, trying a basket, measuring, comparing recorded calls, saying what
// is in a bundle.
// Does not own: what a bundle is and who may vouch for it (core/pack), running
// modules (rules), resolving candidates (core/promotion), the form of recorded
// calls (core/backtest), the command line (cmd/shopwright).
// Invariants: the same folder and tools give the same bundle, byte for byte; a
// module never runs outside the rule host and its limits; a pack's folder is only
// written to where it was asked for (a scaffold, updated cases); no network but
// what a tool that it starts does itself.
package kit
