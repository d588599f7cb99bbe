package device

import (
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/id"
)

// State is where a print job stands.
type State string

// The states of a print job. Before Sending no byte has left the program;
// after it the paper has to be asked.
const (
	Queued    State = "queued"    // written with the sale, nobody has taken it
	Claimed   State = "claimed"   // a worker has it, under a lease; nothing was sent
	Sending   State = "sending"   // handed to the driver; set before the first byte can leave
	Sent      State = "sent"      // every byte was handed over; the device cannot say more
	Confirmed State = "confirmed" // the device says that it is printed
	Failed    State = "failed"    // before the first byte: tried again by itself
	Uncertain State = "uncertain" // after the first byte: never tried again by itself
)

// A store of jobs keeps this contract, which hw.Queue relies on:
//
//   - Claim answers jobs that are queued, or failed and rested (RetryAfter of
//     Failures), or claimed with a lease that ran out, all as Claimed with a new
//     lease; and jobs in Sending whose lease ran out, still as Sending with a
//     new lease: the worker asks the device what became of them.
//   - Advance moves a job only where it stands in from with that attempt, and
//     answers a fault otherwise; entering Sending renews the lease; entering
//     Failed raises Failures and sets when it is due again; entering Queued
//     sets Failures to zero, and raises the attempt where IsReprint.
//   - Release does the step from Claimed to Failed for many, which are due again
//     after AbsentFor of Failures (another process may reach the device), or as
//     soon as Due says that their device has returned.

// Kinds of print job.
const (
	KindReceipt = "receipt" // of a sale or refund
	KindKitchen = "kitchen" // Ref is the ticket, Sale its sale where there is one yet
	KindLabel   = "label"   // Ref is the line of labels; its device is of ClassLabel
	KindShift   = "shift"   // Ref is the shift that was closed
)

const (
	// Lease is how long a claim holds. A worker that has not moved its job by
	// then is taken for dead and the job is given out again.
	Lease = 30 * time.Second

	retryFirst  = 250 * time.Millisecond
	absentFirst = 2 * time.Second
	retryMost   = 30 * time.Second
)

// Job is one document to be printed on one device.
//
// Attempt is the number of the copy, from 1. An automatic retry keeps it,
// because nothing was printed; a reprint asked for by a person raises it, and
// every attempt above 1 is marked as a duplicate on paper.
type Job struct {
	Merchant id.ID
	ID       id.ID
	Register id.ID
	Device   id.ID
	Sale     id.ID  // none: it is of no sale
	Ref      id.ID  // what else it is of, by Kind
	Kind     string // KindReceipt, …
	Attempt  int
	Failures int // consecutive failures of this attempt; RetryAfter reads it
	State    State
}

// moves lists every allowed step.
var moves = map[State][]State{
	Queued:    {Claimed},
	Claimed:   {Claimed, Sending, Failed},           // claimed again: its lease ran out
	Sending:   {Sent, Confirmed, Failed, Uncertain}, // failed: the driver is sure that nothing left
	Sent:      {Confirmed, Uncertain, Queued},       // queued: a reprint
	Confirmed: {Queued},                             // a reprint
	Failed:    {Claimed, Queued},                    // queued: a person does not want to wait
	Uncertain: {Confirmed, Queued},                  // confirmed: a person saw the paper
}

// CanMove reports whether a job may step from one state to the other.
func CanMove(from, to State) bool {
	for _, s := range moves[from] {
		if s == to {
			return true
		}
	}
	return false
}

// IsReprint reports whether the step is a reprint, which needs the next
// attempt number: the earlier one may be on paper.
func IsReprint(from, to State) bool {
	return to == Queued && (from == Sent || from == Confirmed || from == Uncertain)
}

// Settled reports whether a job needs no worker any more.
func (s State) Settled() bool { return s == Sent || s == Confirmed || s == Uncertain }

// RetryAfter is how long a failed job rests after that many consecutive
// failures: 250 ms, doubling to 30 s.
func RetryAfter(failures int) time.Duration { return doubled(retryFirst, failures) }

// AbsentFor is how long a job rests that found its device away that often: 2 s,
// doubling to 30 s.
func AbsentFor(failures int) time.Duration { return doubled(absentFirst, failures) }

func doubled(d time.Duration, times int) time.Duration {
	for i := 1; i < times && d < retryMost; i++ {
		d *= 2
	}
	return min(d, retryMost)
}

// Reason joins the stable key of a reason with its details.
func Reason(key, detail string) string {
	if detail == "" {
		return key
	}
	return key + ": " + detail
}

// SplitReason parts what Reason joined: the key has a text in the catalogue,
// the detail is the device's own words.
func SplitReason(reason string) (key, detail string) {
	key, detail, _ = strings.Cut(reason, ": ")
	return key, detail
}
