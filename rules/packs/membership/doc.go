// Package membership is the rule pack for members of any trade: tiers, gifts for
// joining, for birthdays, for checking in, for bringing others and for coming back,
// coupons for what a sale comes to, and draws with prizes.
//
// Owns: which parts it has and their defaults; the settings in
// config.schema.json.
// Does not own: the parts (sdk/rule/parts), when an event happens and how often
// it is answered, the stock of prizes (the host).
// Invariants: as package sdk/rule; nothing is given that the merchant has not
// entered; referrals go no further than two levels.
package membership
