// Package spooler is the driver of printers that the operating system keeps a
// queue for: CUPS on Linux and macOS, the spooler of Windows. It is the way to
// printers on USB where there is no device file, and to shared ones.
//
// Owns: handing raw bytes to a queue, following them there, taking them out
// again.
// Does not own: what the bytes are (hw/escpos, hw/drivers/dotmatrix,
// hw/drivers/labelzpl), the queue itself.
// Invariants: no call waits without limit; FAILED means that the queue has
// nothing of the job: where that cannot be seen the job is uncertain;
// "confirmed" is said where the queue says that it completed the job, "sent"
// where the job is gone from it without a word; what the queue has not printed
// in time is taken out of it, so that no receipt appears hours later; a
// drawer's pulse that has not left by its caller's deadline is taken out too.
package spooler
