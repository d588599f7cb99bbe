// Package salon is the rule pack of hair, nail and beauty shops: punch cards
// before money, a price in the month of birth, commission by staff level, a
// top-up ladder, points, tiers by visits, coupons.
//
// Owns: what this trade does differently; the settings in config.schema.json.
// Does not own: stacking and computing (core/promotion), balances of punch cards
// (core/wallet).
// Invariants: as package sdk/rule; at most the available visits are proposed.
package salon
