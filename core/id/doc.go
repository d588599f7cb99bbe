// Package id makes the ids of everything: UUIDv7, so that keys grow with time
// and a row's page is near its neighbours' of the same minute.
//
// Owns: ID and its text form. Does not own: receipt numbers (core/sale).
// Invariants: ids made by one process are strictly increasing within one
// millisecond. The zero ID means "none" and is stored as NULL.
package id
