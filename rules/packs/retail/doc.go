// Package retail is the rule pack of shops that sell goods: tier prices,
// full-reduction steps, buy-n-get-n in a category, multiplied points, commission,
// a top-up ladder, tiers by spend, coupons.
//
// Owns: what this trade does differently; the settings in config.schema.json.
// Does not own: stacking and computing (core/promotion).
// Invariants: as package sdk/rule; a line gets one tier price, the one whose
// entry names most of it; the free units of a set are its cheapest.
package retail
