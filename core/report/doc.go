// Package report reads across features: the proof of the books, today's figures.
//
// Owns: read-only queries that no single feature can answer.
// Does not own: anything that is written.
// Invariants: no write; every total that it shows is computed from the same rows
// as the books, so that it ties out with them.
package report
