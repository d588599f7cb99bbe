// Package link is what the drivers of devices that speak in bytes have in common.
//
// Owns: reading settings, the texts of settings that several drivers have, one
// connection that is kept, and the health that follows from it.
// Does not own: opening (hw/port), what the bytes mean (the drivers).
// Invariants: nothing waits without limit; health answers at once from what is
// known; a connection on which a write failed is closed, never reused.
package link
