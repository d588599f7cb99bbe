// Package ledger is the double-entry book under every wallet, till and shop.
//
// Owns: accounts, lots, entries with their postings, holds, seals, checkpoints of
// accounts, statements; the checks that recompute all of them (VerifyAll,
// VerifyIncremental) and the record of their runs.
// Does not own: what an account means to a member (core/wallet), when something
// is booked (the flows).
// Invariants: an entry's postings sum to zero per unit; entries and postings are
// never changed (a seal number is set once, and is not part of what it seals);
// every debit of a member's account that lots cover names them; what remains of a
// lot is the sum of the postings that name it; a member account's balance is the
// sum of its postings, and so what remains of its lots plus the postings that name
// none, which are a debt: their sum is never positive.
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
//
// # Checkpoints and proofs
//
// The sealer notes what each account it touches stands at (account_checkpoints), so
// that a proof can start from the last seal that an earlier one covers and read
// only what came after. A clean proof drops the checkpoints that nothing starts
// from any more: one or two rows an account remain. What a proof covered, found and
// took is a row of proofs, with the hash of the last seal: a chain that was written
// anew from the beginning does not pass.
package ledger
