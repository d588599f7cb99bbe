// Package staff is what staff earn by their work: the commission entries and
// their sums.
//
// Owns: commission_entries.
// Does not own: who the staff are and what they may do (core/auth), how much
// commission a line gives (the rule packs; core/checkout books it).
// Invariants: an entry is never changed; a refund books entries with negative
// amounts, on its own business date and with the sale that refunds as their
// sale. So the sum of a period is what is owed for it, and a closed period
// never moves.
package staff
