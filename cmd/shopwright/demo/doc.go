// Package demo puts three merchants into business: a salon, a retail shop and a
// caterer, with sixty days behind them.
//
// Owns: what the three sell, who their people are, when somebody comes in; the
// people with stories; what demo.json says.
// Does not own: selling. Every sale, refund, void, shift, top-up and coupon goes
// through core's own flows at the time on an injected clock, so the books of the
// demo are books like any other.
// Invariants: no row is written past a feature; nothing is dated later than the
// end that is given; the plan follows from Options.Seed and the dates alone (ids,
// coupon codes and secrets are random); secrets are made at random and are in
// the Result only.
package demo
