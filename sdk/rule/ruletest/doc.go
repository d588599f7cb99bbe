// Package ruletest runs a rule natively against case files: golden inputs with
// the outputs that they must give.
//
//	func TestCases(t *testing.T) {
//		ruletest.Run(t, func() rule.Rule { return &salon.Rule{} }, "cases")
//	}
//
// rulecase says what a case file looks like. Run with -update writes the outputs
// that the rule gives; look at the difference before it is committed.
//
// Owns: the native run as a test.
// Does not own: the form of case files (rulecase), the run as a module (package
// rules, and the pack command).
// Invariants: each case runs twice, in both orders, and must give the same bytes.
package ruletest
