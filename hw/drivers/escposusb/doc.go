// Package escposusb is the driver of ESC/POS printers on USB that the system
// shows as a device file (/dev/usb/lp0 on Linux).
//
// Owns: the device file's path.
// Does not own: the job and its outcome (hw/drivers/streamprinter), what such
// printers have in common on every line (hw/drivers/thermal), printers that the
// system shows as a queue, as Windows and macOS do (hw/drivers/spooler).
// Invariants: those of hw/drivers/streamprinter; on a system without such
// device files the settings are refused with the way that there is.
package escposusb
