// Package notice is the flow from what has happened to what members are told of it.
//
// Owns: which event makes which message, its figures, the look for coupons and
// birthdays, a text of the staff's to a group of members; no table.
// Does not own: the words, the sending and its limits (core/message), the events.
// Invariants:
//   - The events are the outbox: rows of the transaction that booked. They are read on
//     from a cursor, so that nothing that is committed is missed, and a sale writes
//     nothing for a message and waits for none, whether messages are on or off.
//   - A message's origin names its event: reading one twice writes nothing twice.
//   - While everything is off there is no cursor; switched on, it begins with what
//     happens from then on.
//   - Balances are those of the moment at which the message is written, a second or so
//     after the booking.
package notice
