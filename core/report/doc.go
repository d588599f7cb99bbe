// Package report reads across features: the proof of the books, today's figures.
//
// Owns: read-only queries that no single feature can answer.
// Does not own: anything that is written; a proof's record is core/ledger's.
// Invariants: no write but that record (Record); every total that it shows is computed from the same rows
// as the books, so that it ties out with them.
package report
