// Package sale is the record of what was sold and given back.
//
// Owns: Sale with its lines, adjustments, tenders, rule runs; a refund or a void
// is a sale document of its own kind that points at the first; what of a line is
// left to refund (sale_line_state).
// Does not own: how a sale comes to be (core/checkout), money and goods that it
// moves (core/ledger, core/stock).
// Invariants: append-only; a completed sale never changes; states go forward only
// (open -> completed | abandoned); the sum of the lines is the total, the sum of
// the tenders is what was paid less the change; no line is refunded beyond its
// quantity, which a constraint says.
package sale
