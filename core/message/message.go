package message

import (
	"encoding/json"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrNotFound = fault.New(fault.NotFound, "message.not_found")
	ErrState    = fault.New(fault.Conflict, "message.state") // {state}: it cannot be sent again from there
)

// State is where a message stands.
type State string

// The states of a message.
const (
	Queued    State = "queued"    // written with its cause
	Held      State = "held"      // waits for the end of quiet hours
	Claimed   State = "claimed"   // a worker has it, under a lease; nothing was sent
	Sending   State = "sending"   // set before the connector is called
	Accepted  State = "accepted"  // the provider has taken it on
	Delivered State = "delivered" // the provider says that it has arrived
	Failed    State = "failed"    // refused for good, or it did not arrive
	Uncertain State = "uncertain" // may have been sent: asked, never sent again by itself
	Skipped   State = "skipped"   // not sent, and why
)

// States lists them.
func States() []State {
	return []State{Queued, Held, Claimed, Sending, Accepted, Delivered, Failed, Uncertain, Skipped}
}

// Why a message was skipped, held or failed: keys of the catalogue. What a provider
// says stands after ": ".
const (
	WhyOff         = "message.why.off"
	WhyGone        = "message.why.member_gone"
	WhyOptedOut    = "message.why.opted_out"
	WhyNoConsent   = "message.why.no_consent"
	WhyNoWay       = "message.why.no_way" // no number, no account, no words for the channel
	WhyCap         = "message.why.cap"
	WhyLimit       = "message.why.month_limit"
	WhyLate        = "message.why.too_late"
	WhyQuiet       = "message.why.quiet_hours"
	WhyNoConnector = "message.why.no_connector"
	WhyRefused     = "message.why.refused"
	WhyNotArrived  = "message.why.not_arrived"
	WhyNoAnswer    = "message.why.no_answer"
	WhyNever       = "message.why.never_heard"
)

// Message is one thing said, or to be said, to a member.
type Message struct {
	Merchant  id.ID
	ID        id.ID
	Member    id.ID
	Shop      id.ID // none: of no shop
	Kind      string
	Code      string
	Origin    string // what it is about; once
	Params    map[string]string
	State     State
	Reason    string
	Channel   string // "" until it was decided
	Connector id.ID
	Provider  string // the provider's name of it
	Attempt   int
	Asked     int // how often the provider was asked in this state
	Segments  int
	Cost      money.Amount
	RunAt     clock.Instant
	ExpiresAt clock.Instant
	SentAt    clock.Instant
	CreatedAt clock.Instant
	UpdatedAt clock.Instant

	lease clock.Instant
}

// New is a message to be written.
type New struct {
	Merchant id.ID
	Member   id.ID
	Shop     id.ID
	Kind     string
	Code     string
	Origin   string            // what it is about: the same is written once
	Params   map[string]string // no personal data
}

// goodFor is until when a message is worth being sent.
func goodFor(kind string) time.Duration {
	k, _ := KindOf(kind)
	switch {
	case kind == KindVerification:
		return CodeLife
	case k.Marketing:
		return 72 * time.Hour
	}
	return 24 * time.Hour
}

// Queue writes a message in the transaction of its cause and wakes the courier
// after the commit. What is written already stays. It panics on a kind that is none.
func Queue(tx *db.Tx, n New) id.ID {
	if _, ok := KindOf(n.Kind); !ok || n.Origin == "" || n.Member.IsNone() {
		panic("message: malformed message of kind " + n.Kind)
	}
	params, err := json.Marshal(n.Params)
	if err != nil {
		panic(err) // strings always marshal
	}
	mid := tx.NewID()
	tx.Queue(`insert into messages (merchant_id, id, member_id, shop_id, kind, code, origin, params, state, run_at, expires_at, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10, $9, $9) on conflict (merchant_id, origin) do nothing`,
		n.Merchant, mid, n.Member, n.Shop, n.Kind, n.Code, n.Origin, string(params), tx.Now, tx.Now.Add(goodFor(n.Kind)))
	tx.AfterCommit(ring)
	return mid
}

// wake is rung after messages were written; many rings are one.
var wake = make(chan struct{}, 1)

func ring() {
	select {
	case wake <- struct{}{}:
	default:
	}
}
