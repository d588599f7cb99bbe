// Package calleridserial is the driver of devices that tell who calls: modems and
// caller-id boxes on a serial line or a serial server.
//
// Three profiles:
//
//   - modem: RING, NMBR=…, +CLIP: "…" as lines; the modem is told to report numbers
//     with AT+VCID=1 (a setting), and asked with AT whether it is there.
//   - box: a box that sends the number as text, of DTMF or FSK lines: "…#", "D…C", or
//     a line whose last group of digits is the number.
//   - fsk: a box that hands on the frames of the telephone network, single (04) or
//     multiple (80) data message format, with their check sum.
//
// Owns: the three, and what is one call.
// Does not own: whose number it is.
// Invariants: one event for a call, however often its number is repeated between
// rings; a call that hides its number is no event; of a number only the last four
// digits are logged; a name that the network sends along is left out.
package calleridserial
