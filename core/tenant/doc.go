// Package tenant says who and where: the merchant that owns the data, its shops
// and their registers.
//
// Owns: Merchant, Shop, Register, and Desk, the three of them as a register's
// request needs them; the tables merchants, shops, registers but for the
// register's number counter.
// Does not own: staff and keys (core/auth), settings (core/setting), the next
// receipt number (core/sale reads and moves registers.next_number).
// Invariants: a handle is unique among all merchants, a series among the
// registers of one merchant, so that a receipt number is unique for the merchant;
// a merchant's currency and a register's series never change, because documents
// carry them; a time zone that is stored resolves on every machine, since the
// zone database is embedded.
package tenant
