// Package rule is what a rule pack is written with.
//
// A pack is a type with a Configure method and one method for each hook that it
// serves; the same code runs natively under go test and, built with
// GOOS=wasip1 GOARCH=wasm -buildmode=c-shared, as a WASM module:
//
//	type happyHour struct{ rate rule.Rate }
//
//	func (h *happyHour) Configure(config []byte) error {
//		v, err := rule.ParseConfig(config)
//		h.rate = v.Percent("percent", 0)
//		return err
//	}
//
//	func (h *happyHour) Price(in *rule.Input, out *rule.Output) error { … }
//
//	func init() { rule.Main(&happyHour{}) }
//	func main() {}
//
// Owns: the types and the codec of the ABI (generated from abi/sw1.json), the
// exports of a module, a small JSON reader for configurations, coupon candidates
// that every pack proposes alike.
// Does not own: stacking, computing and rounding of what is sold (the host),
// the sandbox (package rules).
// Invariants: imports the standard library only, and neither fmt nor
// encoding/json, which would double the size of a guest; a decoder never reads
// outside of its message and never panics; fields of the ABI are only appended;
// a rule answers the same bytes for the same input, so it keeps no state between
// calls other than its configuration.
package rule
