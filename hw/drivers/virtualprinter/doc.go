// Package virtualprinter is the driver of a printer that prints into a folder:
// each receipt as a picture and as text. It serves shops that want to try the
// program, the demo, and tests.
//
// Owns: the folder's layout. Does not own: how a receipt looks (core/receipt).
// Invariants: a receipt is on "paper" exactly when its picture is in the
// folder, where it appears whole or not at all; so the driver can say for
// certain, after any crash, whether an attempt was printed; an attempt is
// never printed twice.
package virtualprinter
