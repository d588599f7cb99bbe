// Package wire turns a receipt document into the protocol's message and back.
//
// Owns: the two conversions. Does not own: either form.
// Invariants: the message of a copy carries its mark as blocks, so that no
// driver can print a copy unmarked; From(To(d)) shows the same as d.
package wire
