// Package salon is the rule pack of hair, nail and beauty shops: punch cards
// before money, a price around the birthday, packages of treatments, commission by
// staff level, a top-up ladder, points, tiers by visits, coupons, terms of refunds.
//
// Owns: which parts this trade has and their defaults; the settings in
// config.schema.json.
// Does not own: the parts (sdk/rule/parts), stacking and computing
// (core/promotion), balances of punch cards (core/wallet).
// Invariants: as package sdk/rule; at most the available visits are proposed.
package salon
