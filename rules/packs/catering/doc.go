// Package catering is the rule pack of restaurants, cafés and bars: combos,
// time-slot prices, member days, what several units bring, coupons, points that
// pay, gifts for a sum, tiers by spend, a top-up ladder, terms of refunds.
//
// Owns: which parts this trade has and their defaults; the settings in
// config.schema.json.
// Does not own: the parts (sdk/rule/parts), stacking and computing
// (core/promotion).
// Invariants: as package sdk/rule; no unit is in two combos; a combo that costs
// as much as its parts is not proposed.
package catering
