// Package office is the back office: what owners, managers and finance look at
// and change in a browser, and the members' desk of a cashier.
//
// Owns: the pages under /office, one .go and one .templ per group.
// Does not own: the frame, sign-in and navigation (admin/shell), the components
// (admin/ui), rules of the business: each page reads through a feature's queries
// and writes through one function of a feature or a flow.
// Invariants: every page and every action names its permission; a change that a
// person makes is one transaction with its audit record; a refused form comes
// back as it was typed, with the fault beside the field; each page works without
// a script; a page shows nothing of another merchant.
package office
