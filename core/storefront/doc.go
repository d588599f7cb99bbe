// Package storefront is what is known of a merchant's online shops: their channels,
// what each of them sells, the orders they told of, and what became of these.
//
// Owns: channels, items (a channel's code and the SKU behind it), orders with their
// lines and versions, what has to be told to a channel, which buyer is which member.
// Does not own: the sale that an order becomes and its refunds (core/checkout), stock
// (core/stock), asking a channel (cmd joins it to the connectors).
// Invariants: an order is one row, whatever is told how often and in which order: the
// highest version wins, each version counts once; the cursor moves in the transaction
// that keeps what came before it; an order has at most one sale. Nothing that a
// channel told is dropped: what cannot be booked waits and says why. There is no
// personal data here: a buyer is a hash, and where a parcel goes is asked of the
// channel when it is packed, and shown, and not kept, so that there is nothing to
// erase and nothing to leak.
//
// The tables that are read besides its own are skus, to find an article by its code,
// and members, to forget who was erased.
package storefront
