// Package db opens the database and holds the one transaction type.
//
// Owns: DB, Tx, Reader; the queue of a transaction's statements; the writer of
// SQLite; the map from constraints to faults; migrations; idempotency keys;
// cursor pages.
// Does not own: any SQL of a feature (that stands in the feature's package).
// Invariants: only InTx writes; inside it a read through the pool panics; one
// Now per transaction; guards are constraints, so that a batch may carry its own
// COMMIT.
//
// # One SQL text for both databases
//
// Features write PostgreSQL's dialect with $1 parameters. On SQLite the text is
// rewritten once and remembered: row locks ("for update", "for share") fall away,
// since there is one writer, and "in_ids($1)" / "in_texts($1)" become what each
// database has for "one of this list". Instants are BIGINT microseconds, ids are
// uuid or TEXT, JSON is TEXT in both.
//
// # Two trips
//
// Queue and Ask only note a statement; Flush sends all of them in one network
// trip (a pgx batch), and the last Flush carries the COMMIT. BEGIN travels with
// the first. So a transaction that asks once and writes once is two trips
// whatever its number of rows. On SQLite the same calls run one after another.
package db
