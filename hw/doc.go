// Package hw drives the devices of registers: it takes the print jobs from the
// queue, hands them to drivers, and opens cash drawers.
//
// Owns: the worker of the print queue, the drawer kick.
// Does not own: the rows of the queue and their states (core/device), what a
// receipt says (core/receipt), driver processes (plugins), printer languages
// (hw/escpos), drivers (hw/drivers).
// Invariants: a job is noted as sending before its first byte can leave; an
// attempt that may have reached paper is never sent again by this package; a
// lost answer is asked for, never guessed; a drawer is kicked at most once and
// never late; nothing here is called while a database transaction is open.
package hw
