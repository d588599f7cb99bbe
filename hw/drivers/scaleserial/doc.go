// Package scaleserial is the driver of scales on a serial line or a serial server.
//
// Three profiles:
//
//   - toledo8217: asked with "W"; answers STX, the weight with or without its point,
//     CR; or STX, "?", a status byte (bit 0 moving, 1 over its capacity, 2 below
//     zero), CR. "Z" sets it to zero. Usually 9600 baud, 7 bits, even parity.
//   - continuous: speaks by itself, as CAS and A&D do: "ST,GS,+  1.250kg"; ST is
//     stable, US is moving, OL is over its capacity. "Z" CR LF sets it to zero.
//   - generic: a regular expression with the group weight and, where the scale says
//     so, unit, sign, stable (or moving) and overload, which are told by their being
//     there. Without stable and moving three equal readings in a row are stable.
//
// Owns: the profiles, units, when a weight is stable.
// Does not own: what is weighed, its price, its tare in the shop's list.
// Invariants: a weight is whole milligrams, computed without a floating point; a
// moving weight is never said to be stable; Weigh answers a weight that was measured
// after the call; a scale that says nothing for three seconds is not well.
package scaleserial
