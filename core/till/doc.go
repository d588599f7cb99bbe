// Package till is the shift of a register: from the opening float to the Z report.
//
// Owns: shifts, cash paid in and out, the X and the Z report.
// Does not own: the sales themselves (core/sale), the money's accounts
// (core/ledger).
// Invariants: a register has one open shift at most; a shift fixes its business
// date when it opens; expected cash = float + cash tenders - cash given back +
// paid in - paid out, to the cent; a Z report is made once and then stands. The
// register's row is locked before its shift is looked at, by sales and by closing
// alike, so that no sale slips into a shift that is being closed.
package till
