// Package event is the transactional outbox: what happened, told after it is durable.
//
// Owns: Event, the table events, the numbering of a merchant's events (seq), the
// delivery to the program's own subscribers, reading on from a cursor.
// Does not own: what an event's data looks like (the feature that emits it), the
// sending to others (webhooks read on with After).
// Invariants: an event is a row of the transaction that caused it, so it exists
// if and only if that happened; seq is given at publication, without gaps, in
// the order of publication, and never before the row is committed, so that a
// reader who remembers the last seq misses nothing, not even a transaction that
// began earlier and committed later; data only ever grows by fields; no personal
// data in it.
//
// # Delivery
//
// Subscribers inside the program are called once, in order, by the process that
// published the event. They are for what may be lost with the process: waking a
// printer, refreshing a screen, inserting a job early. What must happen is a job
// in the flow's own transaction (core/job), or a reader with a stored cursor that
// goes on with After.
//
// Two processes may publish for one merchant: both try the same numbers, the
// unique key (merchant, seq) lets one of them win and the other runs again.
package event
