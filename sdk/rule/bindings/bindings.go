// Package bindings holds the guest libraries for languages other than Go, for tools
// that put them beside an author's source.
//
// Owns: nothing by hand: c/sw1.h and as/sw1.ts are written by tools/abigen from
// sdk/rule/abi/sw1.json; what in them does not follow from the schema lies in
// tools/abigen/core.
// Does not own: the ABI (sdk/rule/abi), the guest library for Go (sdk/rule).
// Invariants: each library is one file without a dependency; a message written by
// one has the bytes that every other writes; both read the messages of older and
// newer hosts.
package bindings

import _ "embed"

//go:embed c/sw1.h
var c []byte

//go:embed as/sw1.ts
var assemblyScript []byte

// C is the header sw1.h: the whole library, without a C library beneath it.
func C() []byte { return append([]byte(nil), c...) }

// AssemblyScript is the module sw1.ts.
func AssemblyScript() []byte { return append([]byte(nil), assemblyScript...) }
