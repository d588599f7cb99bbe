// Command abigen writes everything that follows from the schema of the rule
// ABI, sdk/rule/abi/sw1.json: the Go types and the codec in sdk/rule, the guest
// libraries for C and AssemblyScript in sdk/rule/bindings, the lock file beside the
// schema, and the reference page docs/rules/reference.md.
//
//	go run ./tools/abigen           # write
//	go run ./tools/abigen -check    # exit 1 where a file is not current
//	go run ./tools/abigen -past DIR # bindings of an earlier version, for tests; -future DIR of a later
//
// Owns: the layout of records (offsets, sizes, alignment) and the lock that
// keeps it; in core, what of the guest libraries and of the page does not follow from
// the schema.
// Does not own: the meaning of the fields (the schema's doc texts), the bounds
// checks of the codec's core (sdk/rule/wire.go).
// Invariants: a field that was published keeps its offset, type and default for
// ever, else abigen refuses; every record is a multiple of eight bytes without
// hidden holes, so that an appended field never lies inside a size that an
// older guest already writes.
package main
