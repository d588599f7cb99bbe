// Package pos is the register's screen: scan, member, quote, pay, receipt, refund,
// shift.
//
// Owns: the basket as it travels with the page, what the one input understands,
// the sheets of the register and their keys, baskets that are parked, what a
// manager agreed to at the register.
// Does not own: prices and benefits (core/checkout quotes every change anew),
// what a sale books (core/checkout), the drawer's figures (core/till), the look
// (admin/ui), who is signed in (admin/shell), printers (Options.Devices), scanners,
// displays, drawers and scales (Options.Counter).
// Invariants: a page holds no price that is believed, only what was rung up, so a
// changed page cannot change what is due; the total that was shown goes with the
// payment and another one is shown and asked for again; a payment sheet has one
// id for the sale that it makes, so that sending it twice sells once; a code that
// is not understood changes nothing; no PIN and no password is ever sent back to
// the page, and no number of a gift card stands in an address; every step is a plain form, htmx only swaps
// #register instead of the page.
//
// # The keys
//
// F1 why this price, F2 the one input, F3 member, F4 park, F5 recall, F6 last
// sales, F7 top-up, gift and punch cards, gifts, F8 discount, F9 pay, F10 shift,
// F11 makes the bill round, Esc back to the input. In the payment sheet F5 to F8 put
// what is left onto card, QR, stored value, points, and a gift card that is scanned
// pays. Away from the basket F8 lists the refunds that wait for somebody.
//
// # What stands on the counter
//
// What devices tell comes as a stream of server-sent events (counter.go), and a code
// among it goes the way of a scan that was typed. Each drawing of the register tells
// the second screen (screen.go) and the displays what to show. None of it is needed
// to sell, and nothing waits for it but the key that weighs.
//
// # What rules give a member
//
// The member's panel checks them in, once a day, and lets the packs look at that at
// once; it hands out gifts that were given, as lines of the basket that name their
// grant, and plays the chances of a draw. A button carries how much of a chance was
// used as the page was drawn, so that sending it twice plays once. None of it is
// needed to sell: what fails is said, or left out. A refund shows what the rules of
// its sale keep before it is made, and is refused where that has changed since.
//
// # A manager at somebody else's register
//
// What the cashier may not do alone (a discount above the limit, deciding a refund,
// paying a wallet out) a manager agrees to on the spot with login and password. The
// session that proves it ends at once, and nobody but the cashier stays signed in.
// A discount that was agreed to is the manager's quote of exactly that basket: it is
// kept in memory with its reference, ends with the quote or with the sale, and is in
// the audit log. Any other basket is asked for again.
//
// # Parked baskets
//
// They are rows of core/till, so that every register of a shop can take one up, after
// a restart too; one that nobody takes up ends after till.ParkedFor. A basket is also
// in the page's address, so that a reload keeps it.
package pos
