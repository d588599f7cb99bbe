// Package hw drives the devices of registers: it takes the print jobs from the
// queue and hands them to drivers, brings what devices tell to the register that
// they stand at, shows customers what is sold, and opens cash drawers.
//
// Owns: the worker of the print queue (queue.go), the routing of what is scanned and
// presented (hub.go), the line displays (screen.go), the pay boxes (paybox.go), the drawer kick
// (drawer.go).
// Does not own: the rows of the queue and their states (core/device), what a
// receipt says (core/receipt), driver processes (plugins), printer languages
// (hw/escpos), drivers (hw/drivers), what a code means (the till).
// Invariants: a job is noted as sending before its first byte can leave; an
// attempt that may have reached paper is never sent again by this package; a
// lost answer is asked for, never guessed; a drawer is kicked at most once and
// never late; what is older than two seconds reaches no register, what is fresh
// reaches it once and in order; nobody waits for a display or
// a pay box; nothing here is called
// while a database transaction is open.
package hw
