// Package wallet is what a member holds: stored value in principal and bonus
// lots, points, punch counts; and gift cards, which are wallets without a member.
//
// Owns: the meaning of a member's accounts; top-up, spending by each lot's own
// policy, earning, burning, punching, giving back to the lots where it came from;
// what a refund of prepaid money pays (Calculate) and how it is booked (PayOut);
// gift cards with their numbers, PINs, states and ends; transfers, changes by
// hand, freezes, expiry; the limits that a law sets for prepaid value.
// Does not own: the book itself (core/ledger), coupons (core/coupon), when any of
// it happens in a sale or a refund (core/checkout).
// Invariants: every function here changes a ledger.Purse that is locked by its
// transaction and answers postings; nothing is spent from a lot that is not yet
// active or already expired, nor what an open sale holds; the principal and the
// bonus of one top-up are two lots of one group, consumed by the policy that was
// in force at the top-up; what remains of a lot is the sum of the postings that
// name it, and what an account owes is the sum of those that name none; every
// top-up is refunded on its own ratio of paid to paid and bonus, wherever its
// lots went; one frozen account stops its whole purse, so that accounts that come
// later are stopped too; a gift card past its end keeps what is on it.
//
// # Locks
//
// A purse's accounts cover its lots, and a gift card's account covers its card's
// row, which is locked after it. Several purses are locked in the order of their
// owners' ids (Ask).
package wallet
