// Package stripe is the connector to Stripe: cards at a Terminal reader that is
// driven through Stripe's servers, or a payment method that somebody else has made.
// It speaks plain HTTPS.
//
// Owns: that interface's language, idempotency keys, the check of webhooks'
// signatures, what its states mean for the money.
// Does not own: when it is asked (the program does).
// Invariants: a payment is refused only after its PaymentIntent is cancelled, so that
// no reader can charge it any more; the keys are in no error and no log; a webhook
// without a right and recent signature is none.
package stripe
