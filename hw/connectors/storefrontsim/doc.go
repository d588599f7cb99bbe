// Package storefrontsim is an online shop that exists only here: to try how orders
// come in and stock goes out, for the demo and for tests.
//
// Owns: the simulated shop (Mall), its small page where orders are placed, and the
// connector to it.
// Does not own: an online shop's real language (storefronthttp), what becomes of an
// order (core/storefront, core/checkout).
// Invariants: it sells no more than it was told of, less what it has sold since; what
// is asked twice with one reference happens once; with a folder it outlives its
// process.
package storefrontsim
