package message

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
)

// Parcel is a message as a connector gets it.
type Parcel struct {
	Key       string // the message's id
	Attempt   int    // from 1
	Channel   string
	Recipient string
	Template  string
	Params    []Param
	Text      string
	Sender    string
	Link      string
}

// Answer is what a connector says of a message.
type Answer struct {
	State    AnswerState
	Provider string // the provider's name of it
	Reason   string // for people; never with the recipient in it
	Again    bool   // of AnswerRefused: later it may be taken
	Cost     money.Amount
	Currency string // "": no cost was told
	Segments int    // 0: not told
}

// AnswerState is how a message stands with its provider.
type AnswerState string

// The states.
const (
	AnswerUnknown   AnswerState = "unknown"
	AnswerAccepted  AnswerState = "accepted"
	AnswerDelivered AnswerState = "delivered"
	AnswerFailed    AnswerState = "failed"  // taken on, and will not arrive
	AnswerRefused   AnswerState = "refused" // nothing was sent and nothing will be
	AnswerNone      AnswerState = "none"    // the provider has never heard of it
)

// Question names a message that was handed over.
type Question struct {
	Key, Provider, Recipient string
	Sent                     clock.Instant
}

// Connector is a provider that can be asked now. An error is no answer.
type Connector interface {
	ID() id.ID
	App() string // whose accounts the members' are (an official account's id); "" for telephone numbers
	Send(ctx context.Context, p Parcel) (Answer, error)
	Ask(ctx context.Context, q Question) (Answer, error)
}

// Connectors finds connectors by their place and by their id.
type Connectors interface {
	For(merchant, shop id.ID, channel string) (Connector, bool)
	Running(connector id.ID) (Connector, bool)
}

// Courier hands messages over. Run works until its context ends; several processes
// may have one each.
type Courier struct {
	DB         *db.DB
	Vault      *member.Vault
	Connectors Connectors
	Log        *slog.Logger
}

const (
	courierPoll  = time.Second
	courierLease = 2 * time.Minute // longer than a call may take
	sendLimit    = 30 * time.Second
	courierBatch = 16

	maxAttempts = 6
	never       = clock.Instant(math.MaxInt64)
)

// rests are the pauses after a refusal that said "later", by the attempt.
var rests = []time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour}

// asks are the pauses before the provider is asked how a message stands.
var asks = []time.Duration{10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour}

func at(pauses []time.Duration, n int) time.Duration { return pauses[min(n, len(pauses)-1)] }

// Run hands over what is due until ctx ends.
func (c *Courier) Run(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := c.Once(ctx)
		if err != nil && ctx.Err() == nil {
			c.Log.Warn("messages were not handed over, it is tried again", "error", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(courierPoll):
		}
	}
}

// Once takes what is due now and answers how many messages it dealt with.
func (c *Courier) Once(ctx context.Context) (int, error) {
	list, err := c.claim(ctx)
	if err != nil {
		return 0, err
	}
	for i := range list {
		if err := c.deal(ctx, &list[i]); err != nil && !errors.Is(err, errLost) {
			if ctx.Err() != nil {
				return i, ctx.Err()
			}
			c.Log.Warn("a message was not dealt with", "message", list[i].ID, "error", err)
		}
	}
	return len(list), nil
}

const due = `state in ('queued', 'claimed', 'sending', 'accepted', 'uncertain', 'held') and run_at <= $1 and lease_until <= $1`

func (c *Courier) claim(ctx context.Context) ([]Message, error) {
	// Mostly there is nothing, and that needs no writer.
	work, err := db.Value[bool](ctx, c.DB, `select exists (select 1 from messages where `+due+`)`, c.DB.Now())
	if err != nil || !work {
		return nil, err
	}
	var list []Message
	err = c.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		list = nil
		tx.Ask(func(r db.Row) error {
			var v Message
			err := scan(r, &v)
			list = append(list, v)
			return err
		}, `select `+columns+` from messages where `+due+` order by run_at, id limit $2 for update skip locked`, tx.Now, courierBatch)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		for i := range list {
			v := &list[i]
			if v.State == Queued || v.State == Held {
				v.State = Claimed
			}
			v.lease = tx.Now.Add(courierLease)
			tx.Queue(`update messages set state = $3, lease_until = $4, updated_at = $5 where merchant_id = $1 and id = $2`, v.Merchant, v.ID, string(v.State), v.lease, tx.Now)
		}
		return nil
	})
	return list, err
}

// errLost: the lease ran out and somebody else has the message.
var errLost = errors.New("message: the lease was lost")

// put writes a claimed message as it stands now, if it still is ours.
func (c *Courier) put(ctx context.Context, v *Message, from State, lease clock.Instant) error {
	return c.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return put(ctx, tx, v, from, lease) })
}

func put(ctx context.Context, tx *db.Tx, v *Message, from State, lease clock.Instant) error {
	n, err := tx.Exec(ctx, `update messages set state = $5, reason = $6, channel = $7, connector_id = $8, provider_id = $9, attempt = $10, asked = $11, segments = $12, cost = $13,
		run_at = $14, lease_until = $15, sent_at = $16, updated_at = $17 where merchant_id = $1 and id = $2 and state = $3 and lease_until = $4`,
		v.Merchant, v.ID, string(from), v.lease, string(v.State), v.Reason, v.Channel, v.Connector, v.Provider, v.Attempt, v.Asked, v.Segments, int64(v.Cost), v.RunAt, lease, v.SentAt, tx.Now)
	if err == nil && n == 0 {
		err = errLost
	}
	if err == nil {
		v.lease, v.UpdatedAt = lease, tx.Now
	}
	return err
}

func (c *Courier) deal(ctx context.Context, v *Message) error {
	if v.State != Claimed {
		return c.follow(ctx, v)
	}
	d, err := c.decide(ctx, v)
	if err != nil {
		return err
	}
	if d.to != Sending {
		v.State, v.Reason, v.RunAt = d.to, d.why, d.at
		return c.put(ctx, v, Claimed, 0)
	}
	v.State, v.Reason, v.Channel, v.Connector, v.Segments, v.Cost = Sending, "", d.parcel.Channel, d.connector.ID(), d.segments, d.cost
	v.Attempt++
	v.SentAt, v.Asked = c.DB.Now(), 0
	if err := c.put(ctx, v, Claimed, c.DB.Now().Add(courierLease)); err != nil {
		return err
	}
	d.parcel.Attempt = v.Attempt
	call, cancel := context.WithTimeout(ctx, sendLimit)
	a, err := d.connector.Send(call, d.parcel)
	cancel()
	if err != nil {
		a = Answer{State: AnswerUnknown, Reason: err.Error()}
	}
	c.sent(v, a, d.currency)
	// What came of it is written down even where the program is about to end.
	return c.put(context.WithoutCancel(ctx), v, Sending, 0)
}

// sent takes what the connector answered to Send.
func (c *Courier) sent(v *Message, a Answer, currency string) {
	now := c.DB.Now()
	if a.Provider != "" {
		v.Provider = a.Provider
	}
	if a.Segments > 0 {
		v.Segments = a.Segments
	}
	if a.Currency != "" && a.Currency == currency && a.Cost >= 0 {
		v.Cost = a.Cost
	}
	switch a.State {
	case AnswerAccepted:
		v.State, v.Reason, v.RunAt = Accepted, "", now.Add(at(asks, 0))
	case AnswerDelivered:
		v.State, v.Reason = Delivered, ""
	case AnswerFailed:
		v.State, v.Reason = Failed, because(WhyNotArrived, a.Reason)
	case AnswerRefused:
		v.SentAt, v.Cost = 0, 0
		v.Reason = because(WhyRefused, a.Reason)
		if v.State = Failed; a.Again && v.Attempt < maxAttempts {
			v.State, v.RunAt = Queued, now.Add(at(rests, v.Attempt-1))
		}
	default:
		v.State, v.Reason, v.RunAt = Uncertain, because(WhyNoAnswer, a.Reason), now.Add(at(asks, 0))
	}
}

// because joins the key of a reason with the provider's words.
func because(key, detail string) string {
	if detail == "" {
		return key
	}
	if r := []rune(detail); len(r) > 200 {
		detail = string(r[:200])
	}
	return key + ": " + detail
}

// follow asks how a message stands that may have been sent.
func (c *Courier) follow(ctx context.Context, v *Message) error {
	from := v.State
	a := Answer{State: AnswerUnknown}
	if k, ok := c.Connectors.Running(v.Connector); ok {
		to, _, err := c.recipient(ctx, v, v.Channel, k.App())
		if err != nil {
			return err
		}
		call, cancel := context.WithTimeout(ctx, sendLimit)
		a, err = k.Ask(call, Question{v.ID.String(), v.Provider, to, v.SentAt})
		cancel()
		if err != nil {
			a = Answer{State: AnswerUnknown, Reason: err.Error()}
		}
	}
	m, err := c.merchant(ctx, v.Merchant)
	if err != nil {
		return err
	}
	c.told(v, a, m.Currency.Code)
	return c.put(context.WithoutCancel(ctx), v, from, 0)
}

// told takes what the provider says of a message later on.
func (c *Courier) told(v *Message, a Answer, currency string) {
	now := c.DB.Now()
	if a.Provider != "" && v.Provider == "" {
		v.Provider = a.Provider
	}
	if a.Segments > 0 {
		v.Segments = a.Segments
	}
	if a.Currency != "" && a.Currency == currency && a.Cost >= 0 {
		v.Cost = a.Cost
	}
	next := func() clock.Instant {
		v.Asked++
		if v.Asked >= len(asks) {
			return never // it stays as it is; a notice may still change it
		}
		return now.Add(at(asks, v.Asked))
	}
	switch a.State {
	case AnswerDelivered:
		v.State, v.Reason = Delivered, ""
	case AnswerFailed, AnswerRefused:
		v.State, v.Reason = Failed, because(WhyNotArrived, a.Reason)
	case AnswerAccepted:
		v.State, v.Reason, v.RunAt = Accepted, "", next()
	case AnswerNone:
		// A provider may take a moment to know of what it was given; what it has
		// accepted by its own word is not sent again.
		switch {
		case v.State == Accepted || now < v.SentAt.Add(time.Minute):
			v.RunAt = next()
		case v.Attempt >= maxAttempts:
			v.State, v.Reason = Failed, WhyNever
		default:
			v.State, v.Reason, v.RunAt, v.SentAt, v.Cost, v.Asked = Queued, WhyNever, now, 0, 0, 0
		}
		if v.State == Sending {
			v.State, v.Reason = Uncertain, WhyNoAnswer
		}
	default:
		if v.State == Sending {
			v.State = Uncertain
		}
		if v.State == Uncertain {
			v.Reason = because(WhyNoAnswer, a.Reason)
		}
		v.RunAt = next()
	}
}

// Notice takes what a provider tells by itself, by our key or by its own name of the
// message. Late or repeated notices change nothing. It answers whether one was meant.
func (c *Courier) Notice(ctx context.Context, m, connector id.ID, key string, a Answer) (bool, error) {
	met := false
	merchant, err := c.merchant(ctx, m)
	if err != nil {
		return false, err
	}
	err = c.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		met = false
		var v Message
		var err error
		if mid, bad := id.Parse(key); bad == nil {
			v, err = db.One(ctx, tx, scan, `select `+columns+` from messages where merchant_id = $1 and id = $2 and connector_id = $3 for update`, m, mid, connector)
		} else if a.Provider != "" {
			v, err = db.One(ctx, tx, scan, `select `+columns+` from messages where merchant_id = $1 and provider_id = $2 and connector_id = $3 for update`, m, a.Provider, connector)
		} else {
			return nil
		}
		if errors.Is(err, db.ErrNoRow) {
			return nil
		}
		if err != nil {
			return err
		}
		met = true
		// What a worker is about to hear by itself is left to it; it asks again.
		if v.State != Accepted && v.State != Uncertain || a.State != AnswerDelivered && a.State != AnswerFailed {
			return nil
		}
		from := v.State
		c.told(&v, a, merchant.Currency.Code)
		return put(ctx, tx, &v, from, 0)
	})
	return met, err
}
