// Package web is the HTTP middleware that the API and the screens share.
//
// Owns: the request id, the access log, recovery, security headers, the body and
// time limits, who is calling (an API key or a session), the language of the
// answer, the refusal of cross-site requests, the problem document (RFC 9457)
// and the one table from faults to HTTP statuses.
// Does not own: routes, permissions of single operations (each edge names them),
// what a session or a key is (core/auth).
// Invariants: every answer carries its request id; no log line holds a query
// string, a header, a body or a name; a request that a cookie speaks for is never
// obeyed when it comes from another site; a panic is one 500 and one log line.
package web
