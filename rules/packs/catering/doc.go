// Package catering is the rule pack of restaurants, cafés and bars: combos,
// time-slot prices, member days, points, tiers by spend, a top-up ladder, coupons.
//
// Owns: what this trade does differently; the settings in config.schema.json.
// Does not own: stacking and computing (core/promotion).
// Invariants: as package sdk/rule; no unit is in two combos; a combo that costs
// as much as its parts is not proposed.
package catering
