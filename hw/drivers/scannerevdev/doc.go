// Package scannerevdev is the driver of USB scanners that pretend to be keyboards, on
// Linux: it takes the scanner from every other program, so that a scan is never typed
// into whatever window is in front.
//
// Owns: the settings, finding the scanner's device file.
// Does not own: the keyboard and its key map (hw/drivers/keys), what is a code
// (hw/drivers/scan).
// Invariants: while it is connected no other program gets the scanner's keys; a scan
// of which the kernel dropped events is dropped whole; on other systems Configure
// says so and names the way there.
package scannerevdev
