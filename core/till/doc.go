// Package till is the shift of a register: from the opening float to the Z report.
//
// Owns: shifts, cash paid in and out, the count of the drawer by denomination,
// the X and the Z report, the notes and coins of each currency; baskets that were set
// aside.
// Does not own: the sales themselves (core/sale), the money's accounts
// (core/ledger), what a whole day comes to (core/report).
// Invariants: a register has one open shift at most; a shift fixes its business
// date when it opens and keeps it, however long it stays open; expected cash =
// float + cash tenders - cash given back + paid in - paid out, to the cent; a Z
// report is made once and then stands. The register's row is locked before its
// shift is looked at, by sales and by closing alike, so that no sale slips into a
// shift that is being closed.
//
// # Cash that was rounded
//
// A cash tender is what was really taken or given, after the rounding to the
// coins in use (a document's tenders are its total and its cash rounding). The
// expected cash adds up these tenders, so the drawer ties to the cent whatever the
// rounding; the rounding itself is a figure of the report's summaries.
//
// # The count
//
// The drawer is counted in pieces of each note and coin, or as one figure; where
// both are given they have to agree. With the setting till.blind_count whoever
// counts is not told what is expected before the count is in (Report.Blind): not
// the figure, and nothing that it could be worked out from. Where the drawer is
// off by more than till.over_short_tolerance, a reason has to be given. It is a
// reason and not a manager's permission: a cashier who closes at night has nobody
// to ask, and the reason stands on the Z report under the name of who closed.
//
// # Numbers
//
// The shifts of a register are numbered 1, 2, 3 …, and each ends in exactly one Z
// report, so the shift's number is the Z report's number: no gaps, no repetition.
//
// # Open sales
//
// A sale that waits for an acquirer's answer is neither taken nor given up. The
// setting till.open_sales says what closing does: "refuse" keeps the shift open
// until they have ended; "carry" closes it, names them on the Z report, and they
// belong to the shift in which they end. Parked baskets (parked.go) are no sales: they
// hold no money and no stock, and do not concern a shift.
//
// # Overdue
//
// A shift that is still open when its business date is over (at the shop's cut-off)
// is overdue. It goes on selling on its own date, shows itself as overdue, and is
// closed at the register or, where nobody comes back, in the office by whoever may
// close shifts, a manager for one.
package till
