// Package keys reads devices that pretend to be keyboards: scanners and card
// readers on USB.
//
// Owns: the US key map, the state of shift and its like, the kernel's input events,
// HID keyboard reports, and taking a device from other programs.
// Does not own: what was typed (scan, cards).
// Invariants: a character that cannot be told for certain becomes a byte that no code
// holds, so that the whole code is dropped rather than read wrong; opening and
// grabbing is Linux's, everything else is the same on every system.
package keys
