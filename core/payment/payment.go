package payment

import (
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrNotFound = fault.New(fault.NotFound, "payment.not_found")
	ErrNotPaid  = fault.New(fault.Conflict, "payment.not_paid")  // a sale would use a payment that nobody has made
	ErrOverpaid = fault.New(fault.Conflict, "payment.over_rest") // more would be given back than was paid
	ErrRefund   = fault.New(fault.Conflict, "payment.refund_state")
	ErrState    = fault.New(fault.Invalid, "payment.unknown_state")
	// ErrAway is the reason of a payment whose connector was not there to take it.
	ErrAway = fault.New(fault.Unavailable, "payment.connector_away")
	// ErrNeverSent is the reason of a payment that was cut off before it was asked for.
	ErrNeverSent = fault.New(fault.Conflict, "payment.never_sent")
	// ErrAmount is the reason of a payment of which the provider names another amount.
	ErrAmount = fault.New(fault.Conflict, "payment.other_amount")
)

var (
	_ = db.Guard("ck_payment_intents_used", ErrNotPaid)
	_ = db.Guard("ck_payment_intents_refunded", ErrOverpaid)
	_ = db.GuardRetry("ux_payment_intents_reference")
	_ = db.GuardRetry("ux_payment_refunds_reference")
)

// State is where a payment stands.
type State string

// The states of a payment.
const (
	Created   State = "created"   // written down, nobody was asked
	Pending   State = "pending"   // handed to the provider; the customer may have to do something
	Unknown   State = "unknown"   // handed to the provider, which gave no answer: it is asked again
	Refused   State = "refused"   // nothing was charged
	Cancelled State = "cancelled" // likewise, or given back whole
	Paid      State = "paid"
)

// rank orders the states: a payment never goes back.
var rank = map[State]int{Created: 0, Pending: 1, Unknown: 1, Refused: 2, Cancelled: 2, Paid: 3}

// Forward reports whether a payment may step from one state to the other: towards
// an end, between the two that are none, and from a refusal to a late success.
// Between refused and cancelled the first stands.
func Forward(from, to State) bool {
	f, known := rank[from]
	t, also := rank[to]
	return known && also && (t > f || t == f && f == 1 && from != to)
}

// Settled reports whether nobody has to be asked any more.
func (s State) Settled() bool { return rank[s] >= 2 }

// Outcome is what the payment's sale made of it.
type Outcome string

// The outcomes.
const (
	Open      Outcome = "open"      // the sale waits
	Used      Outcome = "used"      // the sale is completed: the money is in the books
	Abandoned Outcome = "abandoned" // the sale came to nothing: what is paid is given back
)

// Intent is one payment: of one tender of one sale.
type Intent struct {
	Merchant  id.ID
	ID        id.ID
	Sale      id.ID
	Shop      id.ID
	Register  id.ID
	Tender    int    // from 0
	Reference string // what the provider knows it by; unique
	Connector id.ID  // the device whose driver takes it; none: there was none
	Method    string // "card", "qr"
	Amount    money.Amount
	Currency  string
	State     State
	Outcome   Outcome
	Provider  string // the provider's own id
	Reason    string // a fault's reason, or the provider's words
	Refunded  money.Amount
	CreatedAt clock.Instant
	UpdatedAt clock.Instant
	PaidAt    clock.Instant // 0: it is not
}

// Rest is what can still be given back.
func (i *Intent) Rest() money.Amount {
	if i.State != Paid {
		return 0
	}
	return i.Amount - i.Refunded
}

// Answer is what a provider said.
type Answer struct {
	State    State
	Provider string
	Reason   string
	Paid     money.Amount // of Paid
	// None: the provider has never heard of the payment. State is Unknown then,
	// because a call may still be under way.
	None bool
}

// RefundState is where a refund stands.
type RefundState string

// The states of a refund.
const (
	RefundCreated RefundState = "created" // written down, nobody was asked
	RefundPending RefundState = "pending" // handed to the provider, or taken on by it
	RefundUnknown RefundState = "unknown" // handed to the provider, which gave no answer
	RefundRefused RefundState = "refused" // a person has to look
	RefundDone    RefundState = "done"
)

// Refund is money on its way back to a customer.
type Refund struct {
	Merchant  id.ID
	ID        id.ID
	Intent    id.ID
	Sale      id.ID  // the refund's document; none: the sale was abandoned
	Reference string // never given back twice
	Amount    money.Amount
	State     RefundState
	Provider  string
	Reason    string
	Tries     int
	CreatedAt clock.Instant
	UpdatedAt clock.Instant
}

// RefundAnswer is what a provider said of a refund.
type RefundAnswer struct {
	State    RefundState
	Provider string
	Reason   string
}

// Notice is what a provider told by itself.
type Notice struct {
	ID        string // the provider's; it counts once
	Reference string
	Answer    Answer
}

// The kinds of jobs.
const (
	JobFollow  = "payment.follow"  // asks what became of a payment, and goes on with its sale
	JobRelease = "payment.release" // ends a payment whose sale was abandoned
	JobRefund  = "payment.refund"  // gives back
	JobTries   = 100               // with the runner's growing rest: days
)

// Subject is what a job's data names.
type Subject struct {
	Sale      id.ID  `json:"sale,omitzero"`
	Reference string `json:"reference"` // of the payment, or of the refund
}

var text = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// Reference is the name of a document's n-th payment with its provider: 28 letters
// and digits, which every provider takes.
func Reference(document id.ID, n int) string {
	return text.EncodeToString(document[:]) + fmt.Sprintf("%02d", n)
}

// BackOf is the reference of the refund that gives an abandoned payment back.
func BackOf(reference string) string { return reference + "b" }

// maxReason bounds what is kept of a provider's words.
const maxReason = 300

func short(s string) string {
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "")
	if r := []rune(s); len(r) > maxReason {
		s = string(r[:maxReason])
	}
	return strings.ReplaceAll(s, "\x00", "")
}

// followAfter is when a payment without an answer is asked for again by itself.
const followAfter = 2 * time.Second
