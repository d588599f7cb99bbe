// Package driver is what a vendor needs to write a device driver: the
// interfaces of the capabilities, and Serve.
//
// A driver is a process. Its main is
//
//	func main() { driver.Serve(MyPrinter{}) }
//
// where MyPrinter implements Driver and the capabilities that the device has:
// Printer, Drawer, Display, Scale, PayBox, CardStation, Labeler, or Acquirer,
// Messenger, Identity, MemberCard for a connector to a provider; and Configurable, Checker, Lister, Eventful (embed
// a Stream). Only what is implemented is served. The program starts the process, asks its health every
// second, restarts it when it dies, and kills it when it hangs.
//
// Owns: the protocol (proto/shopwright/hw/v1), its Go interfaces, the author's
// side of the process (Serve) and the host's side of the calls (Dial).
// Does not own: starting, verifying and supervising processes (plugins), what
// is printed (hw).
// Invariants: imports nothing else of the program; a driver ends when the
// process that started it is gone; a job (id, attempt) that has left for the
// device is never printed a second time by the same driver.
package driver
