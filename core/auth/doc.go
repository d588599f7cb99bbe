// Package auth says who is calling and what they may do.
//
// Owns: Actor, roles and permissions, staff with their passwords, sessions, API
// keys, the audit log; the tables staff, sessions, api_keys, audit_log.
// Does not own: what a permission protects (the edges call Require), staff's
// commission (core/staff), cookies and headers (core/web).
// Invariants: a secret is stored only as a hash (passwords argon2id, tokens and
// keys SHA-256 of 32 random bytes) and shown once; a wrong password and an
// unknown login answer the same fault after the same work; nobody gives a role
// that may more than they may themselves; a merchant always has an active owner;
// the audit log of a merchant is one chain of hashes without personal data or
// secrets.
//
// # Tokens begin with the merchant
//
// A session token and an API key carry the merchant's id before their random
// part, so that finding them is a look-up by a key that begins with the
// merchant, like every other. The id in a token is no secret and proves nothing.
//
// # The cache
//
// Service remembers verified tokens for up to five seconds, so that most
// requests need no trip to authenticate. A revocation in this process takes
// effect at once; one by another process when the five seconds are over.
package auth
