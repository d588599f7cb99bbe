// Package checkout is the flow of a sale: quote, complete, refund, void, recover.
//
// Owns: the order of things. It owns no table.
// Does not own: what a member, a SKU, a wallet is (the features), the decisions of
// rule packs (Rules) and acquirers (Acquirer), which are called here and never
// while a transaction is open.
// Invariants: a quote reads once, writes nothing and binds for fifteen minutes; a
// sale whose tenders are immediate is one transaction of two trips; no customer
// pays what the screen did not show; a rule that fails never stops a sale; the
// only way on for a sale that was cut off is Recover.
//
// # Where to read
//
// quote.go prices a basket (load.go reads, weighed.go reads weight codes, rules.go
// asks the packs, byhand.go takes off what a person gives), complete.go sells it
// (tender.go pays, pin.go asks for the PIN), book.go writes what a sale does to every book (prepaid.go for what is
// sold to be spent later, draws.go for punch cards, law.go for what a law says of
// it). refund.go takes a sale back: returning.go is its transaction, refundplan.go
// divides it among the tenders, refundrequest.go lets somebody else decide,
// refundquote.go shows it before; exchange.go joins a refund and a sale, cashout.go
// pays prepaid value out. acquirer.go is the sale that waits for a card, and Recover
// what ends it: the sale ends first, its payments after it; acquirerpay.go (Payments)
// asks connectors and remembers, acquirerrecover.go takes open sales up, acquirerfollow.go goes on with what has no answer,
// takes notices and gives back. tierreview.go looks at tiers between sales.
//
// What rules do beyond prices and points: tenderlimit.go says what the member's own
// tenders may pay, grants.go gives coupons, visits, gifts and chances with a sale
// (refundgrants.go takes them back), returnterms.go asks the packs of a sale about
// its refund, trigger.go and triggergive.go look at what has happened since,
// playdraw.go plays a chance, checkin.go notes who is there. The packs themselves
// are asked by promotion.Pipeline.
//
// # Lock order
//
// idempotency key, sale_line_state, refund request, accounts by their owners (their
// lots with them; purses.go keeps the order), coupons, gift cards, the register,
// payments, stock levels. The register comes before the levels because levels are not read:
// their update carries its own check, and so holds them for the shortest time.
//
// # Several packs, one decision
//
// Candidates of prices and benefits go through core/promotion. Of points,
// rebates, commission, top-up bonus and tier the best proposal wins, and none is
// added to another: two packs that both give a point a yuan give one point.
//
// # What a refund gives back
//
// The sale's own stored allocation decides every share; the last refund takes what
// is left. Where something happened in between on the same accounts, the
// difference stands in the books as a line of its own: points that were spent are a
// debt (or stop the refund), points that expired come back as points.refund_expired
// says, prepaid value that was used is counted by its legal case with what is
// withheld, a rebate that was spent is the shop's loss, cents that no coin pays are
// cash_rounding.
package checkout
