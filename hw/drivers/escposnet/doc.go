// Package escposnet is the driver of ESC/POS printers on the network (raw TCP,
// usually port 9100).
//
// Owns: the connection, its limits, the questions to the printer.
// Does not own: the printer's language (hw/escpos).
// Invariants: no call waits without limit; a job of which a byte was accepted
// by the network is never sent again; a printer that says that it has no paper
// gets no byte; "confirmed" is said only where the printer itself answered,
// after the job and in order, that it has processed it: that the network took
// the bytes proves nothing.
package escposnet
