// Package message says things to members: what, in which words, by which way, when,
// how it stands and what it cost.
//
// Owns: the tables messages, message_templates, message_optouts, message_cursors,
// message_codes and card_updates; the kinds of message and their variables, the words,
// quiet hours, opt-outs, the cap of offers, the month's limit, the count of a text
// message's parts, verification codes, and the courier that hands messages over.
// Does not own: what is worth a message (core/notice reads the events), who the member
// is and how to reach them (core/member), the providers (connectors, joined by cmd).
// Invariants:
//   - A row has no recipient, no name and no text. They are read and made at the moment
//     of sending, so that an opt-out, a new number or an erasure counts until then.
//   - A message is written once for what it is about (origin).
//   - What may have been sent is never sent again by itself: a call without an answer
//     is uncertain, and the provider is asked. Only a refusal that says so, or a
//     provider that has never heard of it, leads to another attempt.
//   - No connector is called while a transaction is open.
//   - A claim holds under a lease; a worker that lost it changes nothing.
//   - The month's limit and the cap are looked at when a message is sent; codes are
//     sent beyond the limit.
package message
