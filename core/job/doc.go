// Package job runs work in the background: later, again after a failure, or
// every so often.
//
// Owns: the table jobs, inserting into it within a flow's transaction, the Runner
// that claims and runs jobs, retries, the schedule of periodic kinds.
// Does not own: what a job does (its kind is registered in cmd), who it acts as
// (cmd puts the actor into the context).
// Invariants: a job is a row of the transaction that wants it; a job is held by
// one runner at a time, under a lease that the runner renews, so that a runner
// that dies gives its jobs back; a runner whose lease ran out cannot end the job
// any more (every claim raises attempts, and ending names the attempt).
//
// A job runs at least once: a process that dies after the work and before the
// job is marked done runs it again. Handlers are therefore written so that a
// second run does no harm. Leases compare the clocks of the machines that share
// a database; these must agree to well below the lease.
//
// # Deduplication
//
// Of two jobs of a merchant with the same Dedup the second is not inserted, as
// long as the first one's row exists (Purge removes rows of ended jobs). With
// Coalesce the name is free again as soon as a runner takes the job up: a wish
// that comes while the work is being done leads to one more run, ten wishes
// before it to one.
package job
