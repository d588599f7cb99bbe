// Package coupon keeps redeemable rights: definitions, issued coupons, their uses.
//
// Owns: a coupon's state, owner, validity and number of uses.
// Does not own: its effect on a basket and the conditions on it: a rule pack
// proposes those (HookBenefit) from the view that this package gives it.
// Invariants: a use is a row; the number of uses never exceeds what the coupon
// allows, which a constraint says, so that of any number of sales at once only as
// many win as there are uses; a use that is undone stays on record.
package coupon
