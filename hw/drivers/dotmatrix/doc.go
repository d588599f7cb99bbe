// Package dotmatrix is the driver of 24-pin dot matrix printers (ESC/P), which
// print on forms of several parts.
//
// Owns: the commands of ESC/P with its Chinese mode, the forms: their length,
// where they are torn off.
// Does not own: the job and its outcome (hw/drivers/streamprinter), the layout
// and the pictures (core/receipt), the Chinese characters that every font has
// (hw/escpos).
// Invariants: the same document and profile give the same bytes; no text can
// carry a command; columns stand where they stand on every printer, whatever
// its Chinese font is spaced by: each run of text is placed by itself; a form
// ends at its end, so that the next job begins on the next one.
//
// These printers answer no questions that can be relied on: what they took is
// "sent", never "confirmed". They cut nothing: a cut ends the form, or moves
// paper without forms on to where it is torn off.
package dotmatrix
