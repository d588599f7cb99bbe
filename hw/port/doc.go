// Package port reaches devices that speak in bytes: on a serial line, on the
// network, or through a device file.
//
// Owns: addresses, opening, reading and writing under limits, connecting again.
// Does not own: what the bytes mean (hw/escpos and the drivers).
// Invariants: nothing here waits without limit; a write that did not end counts
// the bytes that were under way as sent, because they may have left; a port that
// stalled is closed, never reused.
package port
