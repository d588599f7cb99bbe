// Package gate is what connectors to payment providers have in common.
//
// Owns: reading settings, the HTTP client with its limits, keeping secrets out of
// errors, how well a provider is to be reached.
// Does not own: any provider's language.
// Invariants: no call waits without limit, whatever its context says; what a
// provider answers is bounded; an error never carries a secret.
package gate
