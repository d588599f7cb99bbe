// Package escposnet is the driver of ESC/POS printers on the network (raw TCP,
// usually port 9100).
//
// Owns: the printer's address on the network.
// Does not own: the job and its outcome (hw/drivers/streamprinter), what such
// printers have in common on every line (hw/drivers/thermal), the printer's
// language (hw/escpos).
// Invariants: those of hw/drivers/streamprinter; the settings of earlier
// versions mean what they meant.
package escposnet
