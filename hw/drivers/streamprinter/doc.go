// Package streamprinter is the engine of the drivers of printers that take a
// stream of bytes: over the network, a serial line or a device file.
//
// Owns: the order of a job (ask, send, confirm), its outcome, the connection,
// the line that jobs queue in, a drawer's pulse, the look at an idle printer.
// Does not own: what the bytes mean (a Tongue, which a driver brings), opening
// devices (hw/port).
// Invariants: no call waits without limit; FAILED means that no byte of the job
// left: what was under way when a write ended counts as left, and such a job is
// never sent again; a printer that says that it cannot print gets no byte;
// "confirmed" is said only where the printer itself answered, after the job and
// in order, that it has processed it: that a line took the bytes proves
// nothing; an answer that an earlier job is still owed confirms no later one; a
// drawer's pulse leaves at most once for an id, and never after its caller's
// deadline.
package streamprinter
