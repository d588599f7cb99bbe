// Package escpos encodes receipt documents in ESC/POS, the language of nearly
// all thermal printers.
//
// Owns: the commands, GB18030 text with its traps, the pictures of lines that
// the printer's font cannot show.
// Does not own: the connection (hw/drivers), the layout and the pictures
// (core/receipt).
// Invariants: the same document and profile give the same bytes; no text can
// carry a command; a character that the printer's font may lack is never sent
// as text: its line goes as a picture with the same columns.
package escpos
