// Package api is the HTTP API: one huma operation for each thing a program may
// ask, one file for each feature.
//
// Owns: routes, request and response documents, the rendering of faults as
// problem documents, the idempotency key of each booking request, the OpenAPI
// document and its page.
// Does not own: any rule of the business. A handler decodes, makes one call, and
// encodes.
// Invariants: money is a string with the document's one currency, a quantity a
// string with up to three decimals, points an integer; a list answers
// {items, next_cursor}; an unknown field is an error; each operation names who
// may call it; an id of another merchant does not exist; the merchant comes from
// the caller's key or session and never from the request; a repeated request with
// the same key answers what the first one answered.
//
// # Idempotency
//
// The key is claimed in the transaction that books. A key that was used for the
// same route and the same body gives the first result, marked by the header
// Idempotency-Replayed; another body is a conflict. Work that failed left nothing
// behind and may be sent again with its key.
package api
