// Package cardserial is the driver of card readers and writers on a serial line or a
// serial server.
//
// Two protocols. "lines": a reader that sends each card as a line, magnetic tracks
// with their marks (%…?;…=…?) or a bare number. It only reads.
//
// "frames": a station that reads and writes. A frame is
//
//	STX  length  command  data…  LRC  ETX
//	 02     n       1      n-1    1    03
//
// where length counts the command and the data (1 to 255), and LRC is the exclusive
// or of length, command and data. The program asks, one question at a time:
//
//	S        is a card there?     answer s and 00 or 01
//	R tech   read the card        answer r and the card, or e
//	W tech number                 answer w and the card, or e
//
// and the station tells by itself:
//
//	P card   a card was presented
//
// tech is M (magnetic), I (IC) or R (RFID). A card is its tech, a byte with the length
// of its own identity, the identity, and behind it the number (ASCII). e carries one
// byte: 01 no card, 02 cannot be read, 03 cannot be written, 04 not supported.
//
// Owns: both protocols, the waiting for a card, the comparison after writing.
// Does not own: what is a card number (hw/drivers/cards), whose it is.
// Invariants: a question is answered within its limit or has failed; a write is sent
// at most once for an id; a write that is reported as done was read back from the same
// card with the same number; bank cards are dropped; card numbers are never logged.
package cardserial
