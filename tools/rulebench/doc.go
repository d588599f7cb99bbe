// Command rulebench measures what a rule costs: the basket of examples/rules/basket
// with twenty lines and nineteen candidates, natively, through the rule host in three
// languages, and in other engines.
//
//	go -C tools/rulebench run . [-rounds N] [-only NAME,…]
//
// Owns: the equal rule for each engine, the measuring in interleaved rounds.
// Does not own: the rule (examples/rules/basket), the host (rules).
// Invariants: an engine is measured only after its answer was compared with the
// native one; the order of the engines changes from round to round.
package main
