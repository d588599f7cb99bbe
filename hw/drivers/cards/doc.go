// Package cards makes member cards of what readers send.
//
// Owns: the tracks of magnetic cards, bare numbers, telling bank cards apart, and
// who gets a card that is presented: whoever waits for one, else the program.
// Does not own: where the bytes come from.
// Invariants: a bank card's number goes nowhere; of a track nothing but the number is
// handed on; a card that stays on a reader is presented once.
package cards
