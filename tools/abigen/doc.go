// Command abigen writes everything that follows from the schema of the rule
// ABI, sdk/rule/abi/sw1.json: the Go types and the codec in sdk/rule, the C
// header and the lock file beside the schema, and the reference page
// rules/ABI.md.
//
//	go run ./tools/abigen           # write
//	go run ./tools/abigen -check    # exit 1 where a file is not current
//
// Owns: the layout of records (offsets, sizes, alignment) and the lock that
// keeps it.
// Does not own: the meaning of the fields (the schema's doc texts), the bounds
// checks of the codec's core (sdk/rule/wire.go).
// Invariants: a field that was published keeps its offset, type and default for
// ever, else abigen refuses; every record is a multiple of eight bytes without
// hidden holes, so that an appended field never lies inside a size that an
// older guest already writes.
package main
