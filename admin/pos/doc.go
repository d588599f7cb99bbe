// Package pos is the register's screen: scan, member, quote, pay, receipt, refund,
// shift.
//
// Owns: the basket as it travels with the page, what the one input understands,
// the sheets of the register and their keys, baskets that are parked.
// Does not own: prices and benefits (core/checkout quotes every change anew),
// what a sale books (core/checkout), the drawer's figures (core/till), the look
// (admin/ui), who is signed in (admin/shell), printers (Options.Devices).
// Invariants: a page holds no price that is believed, only what was rung up, so a
// changed page cannot change what is due; the total that was shown goes with the
// payment and another one is shown and asked for again; a payment sheet has one
// id for the sale that it makes, so that sending it twice sells once; a code that
// is not understood changes nothing; every step is a plain form, htmx only swaps
// #register instead of the page.
//
// # The keys
//
// F1 why this price, F2 the one input, F3 member, F4 park, F5 recall, F6 last
// sales, F7 top-up and punch cards, F9 pay, F10 shift, Esc back to the input. In
// the payment sheet F5 to F8 put what is left onto card, QR, stored value, points.
//
// # Parked baskets
//
// They are kept in memory for one shop and end after four hours or with the
// program, which the screen says. A basket is also in the page's address, so that
// a reload keeps it.
package pos
