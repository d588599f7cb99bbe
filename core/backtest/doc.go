// Package backtest tries rule packs on sales that were made: before a pack is
// switched on (a run over past sales), beside the packs that are on (a shadow),
// and after the fact (the nightly replay of recorded calls).
//
// Owns: the tables backtests, shadows, shadow_differences, rule_replays and
// rule_replay_differences; the form in which recorded calls leave the house
// (export.go).
// Does not own: how packs are asked and settled (core/promotion.Pipeline), the
// sales and their stored inputs (core/sale), which packs are on (core/pack), the
// modules (rules, behind the port Rules).
// Invariants: nothing is applied, a past sale never changes; no rule is called
// while a transaction is open; a fact that a pack declares and a sale did not
// record counts the sale as not available, by that fact, and never as zero; the
// same sales give the same figures whatever the number of workers and however
// often a run was cut off; what is stored names members by id alone.
//
// # Two sides
//
// A run prices every sale twice: side A and side B differ in one pack alone (off,
// as the receipt had it, or a version with a configuration and a priority). All
// other packs are those that the receipt names, in their version, configuration
// and priority of that time. The basket is the stored input at list price, what
// staff gave by hand is given again, and the merchant's settings are today's.
//
// # What is not called again
//
// A rule is pure: the same module, configuration and input give the same bytes.
// So a call whose input is, byte by byte, one that the sale has recorded is
// answered from the record; the nightly replay proves that this may be done.
//
// # Not available
//
// A sale is left out, and counted by the reason, where it cannot be priced as it
// was: see the Reason constants. A member's sale that asked no pack keeps the input
// that one would have had, with the facts that any installed pack wanted then. A
// sale without a stored input (nobody's, or imported) is put together from its
// lines, the member's tier at that time, the books (points) and the member's
// record (birthday, joining); history facts are not, because the days behind them
// have moved on.
package backtest
