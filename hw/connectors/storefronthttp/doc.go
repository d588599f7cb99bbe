// Package storefronthttp is the connector to an online shop that speaks the plain
// JSON language of docs/drivers/storefront.md: a mall or mini-program that its own
// developer attaches.
//
// Owns: that language, the signing of both directions.
// Does not own: the shop at the other end, what becomes of an order.
// Invariants: nothing unsigned is sent or believed; no call waits without limit; no
// error has the secret in it.
package storefronthttp
