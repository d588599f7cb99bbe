// Package promotion turns what rule packs propose into what a sale records.
//
// Owns: the vocabulary between the core and the rule host (Hook, Input, Output,
// Candidate) and the resolver, which alone stacks, computes, rounds and
// allocates.
// Does not own: tables (it has none), the modules (rules), which packs are on
// (core/pack).
// Invariants: pure, so the same input gives the same result whatever the order
// of installation; no line below zero or its floor; every candidate that did not
// win is in the trace with the one that beat it; the shares of an order-level
// amount sum to it.
//
// # The price hook (ResolvePrice)
//
// One price wins per line: the lowest, and at a tie the earlier turn. No
// candidate raises a price. A price is never below the line's floor.
//
// # The benefit and tender hooks (Resolve)
//
// Candidates have their turns one after another; each sees what those before it
// have left. The order of turns is total and knows nothing of the order in
// which packs were installed:
//
//	1  phase              visits (Punch), then class line, order, tender
//	2  priority           candidate's + pack's, higher first
//	3  pack id, version, configuration hash
//	4  code
//	5  position in the pack's answer
//
// # Stacking
//
// Candidates of one phase and one category compete ("" is a category like any
// other). Where they meet is the slot: in the phases visits and line each line
// for itself, in order and tender the whole basket.
//
//	the category has in this phase        in each slot
//	------------------------------------  ----------------------------------------
//	joint candidates only                 all of them apply, in turn
//	one exclusive that takes something    it alone; the joint ones are beaten
//	several exclusives                    the one that takes most off, at a tie the
//	                                      earlier turn; all others are beaten
//	exclusives that take nothing          they are lost for their own reason, and
//	(threshold, no units, no amount)      the joint ones apply
//	candidates of other categories        not touched: categories stack
//
// A category that has an exclusive candidate is decided when the first of its
// candidates, exclusive or joint, has its turn: all exclusive ones are measured
// at that moment, and the winners apply at once. A candidate that loses some of
// its lines keeps what it was measured at on the others; what it would have
// taken on the lost ones falls away. A coupon stands for one candidate: a second
// one of the same coupon is beaten.
//
// # What a candidate takes
//
//	kind        class line                               class order and tender
//	----------  ---------------------------------------  -------------------------------------
//	Percent     Rate off each target, each rounded       Rate off the sum, rounded once, shared
//	AmountOff   Amount off the targets together, shared  the same
//	FixedPrice  each target's units cost Price           a combo: the units together cost Amount,
//	                                                     once, with Repeat as often as it fits;
//	                                                     a unit stands in one combo only
//	FreeUnits   units of each target cost nothing        the same
//	Punch       whole units are paid with visits         - (a phase of its own)
//
// A basis is Remaining (what the target's units cost now) or Initial (the gross
// of the target's units). A unit paid with a visit is in neither; a free unit is
// in Initial alone. Thresholds look at the basis of the targets together. Rounding
// is applied to what is left to pay, so Down never charges more than the exact
// amount. Shares go by what the targets cost now, with the largest remainder, ties
// to the earlier line; a share never passes what its units cost nor the floor of
// its line, and what the limits refuse goes to the other targets. Cap is the most
// that a candidate takes in all. FreeUnits and Punch take Candidate.Units of each
// target and at most Target.Units; where neither is stated they take none.
//
// A visit takes its units' part of the floor away: what was paid in advance is
// not sold below its floor.
package promotion
