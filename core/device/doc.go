// Package device holds the devices of a shop, their assignment to registers,
// the print jobs, and the words for what a device tells and shows.
//
// Owns: devices, assignments, print jobs and the states a job can be in, Input and
// Shown (counter.go).
// Does not own: talking to a device (hw), starting a driver (plugins), what a
// receipt looks like (core/receipt).
// Invariants: a print job is a row written in the sale's own transaction and
// names the sale, never a person; a job moves only along CanMove; an attempt
// that may have reached paper is never sent again by itself.
package device
