// Package coupon keeps redeemable rights: definitions, issued coupons, their uses.
//
// Owns: a coupon's state, owner, validity, places and times, counts and limits;
// the tables coupon_definitions, coupon_terms, coupons, coupon_uses,
// coupon_members, coupon_batches, coupon_batch_members, coupon_moves.
// Does not own: its effect on a basket and the conditions on what lies in the
// basket: a rule pack proposes those (HookBenefit) from the view that this
// package gives it. Whether members, shops and SKUs exist, which callers see to.
//
// Invariants: a use is a row; the number of uses never exceeds what the coupon
// allows, nor a member's uses of a definition what its coupons allow one member,
// nor issues and claims their limits: constraints say so, so that of any number
// of transactions at once only as many win as there is room for; a use that is
// undone stays on record; a change of hands is a row; what an issued coupon
// grants never changes, because a changed definition is a new version of its
// terms (coupon_terms) and a coupon names the version it was issued in.
//
// # Limits of a member
//
// coupon_members has a row for a member and a definition, with what was used and
// what open sales hold. The row carries the ceiling of the coupon that is being
// used at that moment, and the constraint compares. What lowers a counter raises
// the ceiling, since a ceiling of another version says nothing about it.
//
// # Places and times
//
// Dates are business days of the shop where the coupon is used, so a coupon for
// several shops ends in each at that shop's day. Validity relative to the issue
// is in instants: whole days of 24 hours from the issue. Weekdays and slots are
// wall time of the shop; a slot that crosses midnight belongs to the day on which
// it begins. A coupon that an open sale holds was checked when the sale took
// hold of it and is not checked again: a payment that takes a while does not
// lose it at the end of a slot.
//
// # Locks
//
// coupons by id, then coupon_members, after the accounts. Issuing takes the
// definition's row only where its number of issues is limited.
package coupon
