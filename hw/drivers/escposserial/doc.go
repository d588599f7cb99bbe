// Package escposserial is the driver of ESC/POS printers on a serial line,
// which a USB or Bluetooth printer may also appear as.
//
// Owns: the line and its speed.
// Does not own: the job and its outcome (hw/drivers/streamprinter), what such
// printers have in common on every line (hw/drivers/thermal).
// Invariants: those of hw/drivers/streamprinter; a job is over only when the
// line has taken its last byte.
package escposserial
