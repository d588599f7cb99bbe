// Package fitness is the rule pack of gyms and studios: class visits at their
// hours, off-peak prices, trial classes, rewards for checking in day after day,
// birthday and win-back gifts, commission by the trainer's level, tiers by visits.
//
// Owns: which parts this trade has and their defaults; the settings in
// config.schema.json.
// Does not own: the parts (sdk/rule/parts), stacking and computing
// (core/promotion), visits and their validity (core/wallet), check-ins.
// Invariants: as package sdk/rule; at most the available visits are proposed.
package fitness
