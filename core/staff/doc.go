// Package staff is what staff earn by their work: who worked on a line, the
// commission entries, the merchant's plans over a period and their settlement.
//
// Owns: sale_line_staff, commission_entries, commission_plans,
// commission_settlements.
// Does not own: who the staff are and what they may do (core/auth), how much
// commission a line gives at the till (the rule packs; core/checkout books it).
// Invariants: an entry is never changed. A line's entries sum to its commission
// to the last minor unit, and so do the parts of its figures. A refund books
// entries with negative amounts on its own business date, with the sale that
// refunds as their sale: they mirror the original entries staff by staff at the
// original rate and split, and any sequence of refunds that takes all of a line
// back takes exactly what it gave. A final settlement never changes, neither do
// the plans that it paid by; what is refunded later falls into the period of the
// refund. So a closed period never moves.
package staff
