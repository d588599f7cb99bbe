// Package rules holds complete rule packs in several languages, and tests that each
// does what its cases say when the host runs it.
//
// Owns: the examples, their built modules and bundles (those that are not Go).
// Does not own: the guest libraries (sdk/rule, sdk/rule/bindings), the host (rules).
// Invariants: every case of every example is green through rules.Host; one rule
// written in Go, C and AssemblyScript answers the same bytes; an older module works
// under a newer host and a newer one under an older host.
package rules
