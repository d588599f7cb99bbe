// Package acquirersim is a payment connector without a provider: it answers as it
// is told, or by the last digits of the amount as test terminals do.
//
// Owns: the answers, and the book of what it has "charged".
// Does not own: any money.
// Invariants: a reference is charged once; with a folder its book outlives the
// process, so that what a killed process has charged is still known.
package acquirersim
