// Package client is a Go client of Shopwright's HTTP API, of the standard library
// alone.
//
//	c := client.New("https://shop.example", "swk_…")
//	q, err := c.Quote(ctx, basket)
//	…
//	s, err := c.Sell(ctx, client.SaleIn{BasketIn: basket, QuoteRef: q.QuoteRef, ExpectedTotal: q.Total})
//	if client.IsCode(err, "checkout.total_changed") { … }
//
// Owns: the requests, their repetition, the Go forms of the API's documents.
// Does not own: what the documents mean; see the API's page at /docs.
// Invariants: money and quantities stay the texts that they are on the wire, so
// that no binary fraction creeps in, points and visits are whole numbers; each
// operation and each document of the API is here; a request that books has an
// idempotency key and is sent again with the same one where no answer came, so that
// it is booked once; what changes something and has no key is sent once; an unknown
// field of an answer is no error, since documents grow.
//
// Amounts are in the currency of their document ("12.50"), quantities have up to
// three decimals ("1.5"), rates up to six ("0.15" is fifteen per cent), business
// dates are "2026-05-17". The zero value of a filter is all. Every fault is a
// *Problem; the comments name the codes that a program may want to go by.
package client
