// Package basket is one rule written three times: in Go (rule.go), C (c/rule.c)
// and AssemblyScript (as/rule.ts). It takes a percentage by tier and category, every third
// unit of a category, and an amount for each full spend.
//
// Owns: the rule, its configuration for twenty lines, the built modules of C and
// AssemblyScript.
// Does not own: the ABI (sdk/rule), the measuring (tools/rulebench).
// Invariants: the three give the same bytes for the same input; package
// examples/rules tests it.
package basket
