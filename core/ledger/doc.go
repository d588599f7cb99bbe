// Package ledger is the double-entry book under every wallet, till and shop.
//
// Owns: accounts, lots, entries with their postings, holds, seals; the check that
// recomputes all of them (Verify).
// Does not own: what an account means to a member (core/wallet), when something
// is booked (the flows).
// Invariants: an entry's postings sum to zero per unit; entries and postings are
// never changed (a seal number is set once, and is not part of what it seals);
// every debit of a member's account names the lots it took from; a member
// account's balance is the sum of its postings and, where it is not negative,
// the sum of what remains of its lots.
//
// # Signs
//
// Amounts are credit-positive: what the owner of the account may claim. A
// member's balance, revenue and tax owed are positive; what came in by cash or
// card is negative on the house's tender account. The drawer therefore holds the
// negated balance of tender:cash.
//
// # House accounts
//
// A shop's own accounts are append-only: their row carries no balance, since one
// row that every sale updates would make the sales of a shop wait for each other
// (801 against 1493 transactions a second where it was measured). Their ids are
// derived from their names, so that no sale reads them first.
package ledger
