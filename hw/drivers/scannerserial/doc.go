// Package scannerserial is the driver of barcode scanners on a serial line, a virtual
// COM port, or a serial server on the network.
//
// Owns: the settings, joining the line to the codes.
// Does not own: what is a code (hw/drivers/scan), what it means.
// Invariants: every code that the scanner marks is told once, alone and in order;
// what is dropped is logged without its content.
package scannerserial
