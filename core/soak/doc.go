// Package soak plays a shop: several registers do at random everything that a shop
// does, to a handful of members at once who come and go, and the books are proved in
// between.
//
// Owns: the random operations (Run), what is looked at between them (the proofs and
// the invariants that no single room can see), the child process that is killed and
// started again (Supervise, Child), the tally of it all.
// Does not own: any rule of the shop. Everything goes through the flows and the
// features that the program itself uses.
// Invariants: what is drawn follows from the seed, the life and the register; with
// one register a run repeats, with several the order in which they meet does not.
// Every document that was answered is in the books once, and no other is: a
// register says what it is about to do before it does it, so that a restart sends
// again, under the same key, what was not answered. A refusal is counted when its
// reason is one that a shop meets in business; any other fault ends the run.
//
// # Where to read
//
// world.go makes the merchant, draw*.go what is tried, call.go does it, run.go is
// the loop, check.go what is looked at, supervise.go kills.
package soak
