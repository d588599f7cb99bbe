// Package stock is what is on the shelf: levels, movements, reservations.
//
// Owns: stock locations, levels, the append-only movements, reservations of open
// sales.
// Does not own: what a SKU is (core/catalog), when goods move (the flows).
// Invariants: a level is the sum of its movements; on hand never falls below what
// is reserved unless the level allows it, which a constraint says (the policy
// stands in the row); the demand of one document is summed per SKU before the
// check, and levels are written in the order of their keys.
package stock
