// Package retail is the rule pack of shops that sell goods: prices by tier and for
// members, full reduction, what several units bring, coupons, points that pay,
// gifts for a sum, commission, a top-up ladder, tiers by spend, terms of refunds.
//
// Owns: which parts this trade has and their defaults; the settings in
// config.schema.json.
// Does not own: the parts (sdk/rule/parts), stacking and computing
// (core/promotion).
// Invariants: as package sdk/rule; a line gets one tier price, the one whose
// entry names most of it; the free units of a set are its cheapest.
package retail
