// Package wallet is what a member holds: stored value in principal and bonus
// lots, points, punch counts.
//
// Owns: the meaning of a member's accounts; top-up, spending by each lot's own
// policy, earning, burning, punching, giving back to the lots where it came from.
// Does not own: the book itself (core/ledger), coupons (core/coupon), when any of
// it happens (core/checkout).
// Invariants: every function here changes a ledger.Purse that is locked by its
// transaction and answers postings; nothing is spent from a lot that is not yet
// active or already expired; the principal and the bonus of one top-up are two
// lots of one group, consumed by the policy that was in force at the top-up.
package wallet
