// Package rulecase is the form of case files: golden inputs of a rule with the
// outputs that they must give.
//
// A case file is a JSON array of {name, config, input, want}; field names are
// those of the ABI in snake_case, enumerations are written by name ("price",
// "amount_off"), what is zero may be left out. config is all that the rule's
// Configure receives: the defaults of a pack's form are not filled in.
//
// Owns: reading and writing case files, the native run of one case.
// Does not own: the test around it (ruletest), the run as a module (the pack
// command).
// Invariants: a field that the ABI does not have is an error; what is written is
// read back the same; nothing of package testing reaches a program that reads
// cases.
package rulecase
