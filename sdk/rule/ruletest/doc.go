// Package ruletest runs a rule natively against case files: golden inputs with
// the outputs that they must give.
//
//	func TestCases(t *testing.T) {
//		ruletest.Run(t, func() rule.Rule { return &salon.Rule{} }, "cases")
//	}
//
// A case file is a JSON array of {name, config, input, want}; field names are
// those of the ABI in snake_case, enumerations are written by name ("price",
// "amount_off"), what is zero may be left out. Run with -update writes the
// outputs that the rule gives; look at the difference before it is committed.
//
// Owns: the form of case files, the native run.
// Does not own: the run as a module (package rules, and the pack command).
// Invariants: each case runs twice, in both orders, and must give the same
// bytes; a field that the ABI does not have is an error.
package ruletest
