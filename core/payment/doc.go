// Package payment is the record of payments that a connector takes: what was asked
// of a provider, what became of it, what was given back.
//
// Owns: payment_intents, payment_notices, payment_refunds, the states they can be
// in, the jobs that go on with what is not settled.
// Does not own: calling a provider (core/checkout does, outside any transaction,
// through its port), the sale, the books.
// Invariants: an intent is written before its provider is called, and is handed to
// it at most once, so that one intent is never two charges; states only move
// forward (Forward): what is paid stays paid, and a success that comes late turns a
// refusal into a payment; the intent knows in the sale's own transaction whether
// the sale used it or was abandoned, and a payment that is paid and abandoned is
// given back by a refund of its own; a provider's notice counts once; refunds never
// exceed the payment.
package payment
