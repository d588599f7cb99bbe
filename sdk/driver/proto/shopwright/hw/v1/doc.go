// Package hwv1 is the generated Go code of the driver protocol, version 1.
//
// Owns: the messages and services of the .proto files beside it, which are
// the protocol's only definition. Does not own: the Go interfaces that driver
// authors implement (sdk/driver).
// Invariants: generated files are never edited (sdk/driver/proto/gen.sh makes
// them); the major version is in the package name, and fields and methods are
// only ever added.
package hwv1
