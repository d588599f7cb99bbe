// Package labelzpl is the driver of label printers that speak ZPL II, as
// Zebra's do and many others.
//
// Owns: the commands of a label, what the printer says of itself (~HS).
// Does not own: the job and its outcome (hw/drivers/streamprinter), the
// pictures of letters (core/receipt).
// Invariants: the same label gives the same bytes; no text can carry a
// command; text beyond ASCII goes as a picture; a code that would not fit the
// label, or that the printer could not make, is refused before the first byte;
// a printer that does not answer, which such printers do when they are open or
// have no labels, gets no byte.
package labelzpl
