// Package cardhid is the driver of card readers on USB that pretend to be keyboards
// (magnetic, IC and RFID number readers), on Linux through /dev/hidraw*.
//
// Owns: the settings, finding the reader.
// Does not own: the keyboard (hw/drivers/keys), what is a card (hw/drivers/cards).
// Invariants: it takes the keyboard that the kernel makes of the reader from every
// other program; bank cards are dropped; card numbers are never logged; it only reads:
// WriteCard is not supported; on other systems Configure says so and names the way
// there.
package cardhid
