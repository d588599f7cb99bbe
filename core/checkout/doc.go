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
// quote.go prices a basket, complete.go sells it, book.go writes what a sale does
// to every book, refund.go takes it back, recover.go ends what was cut off.
//
// # Lock order
//
// idempotency key, sale_line_state, accounts (their lots with them), coupons, the
// register, stock levels. The register comes before the levels because levels are
// not read: their update carries its own check, and so holds them for the
// shortest time.
//
// # Several packs, one decision
//
// Earning is wallet's, tiers are member's, tax is a share of a line that Quote
// computes: each is a few lines, and a package for it would only pass calls on.
// They get rooms of their own with the policies that need them.
//
// Candidates of prices and benefits go through core/promotion. Of points,
// commission, top-up bonus and tier the best proposal wins per line, and none is
// added to another: two packs that both give a point a yuan give one point.
package checkout
