package message

import (
	"context"
	"log/slog"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// QueueCard notes that what a member's card on the telephone shows has changed.
// sequence rises with the changes; only the newest is ever told.
func QueueCard(tx *db.Tx, m, memberID id.ID, sequence int64) {
	tx.Queue(`insert into card_updates (merchant_id, member_id, sequence, run_at) values ($1, $2, $3, $4)
		on conflict (merchant_id, member_id) do update set sequence = case when excluded.sequence > card_updates.sequence then excluded.sequence else card_updates.sequence end,
			failures = 0, run_at = excluded.run_at`, m, memberID, sequence, tx.Now)
	tx.AfterCommit(ring)
}

// CardView is what a member's card shows.
type CardView struct {
	App     string // whose card it is: an official account's id
	Subject string // the member's account there
	Code    string // the card's number
	Points  int64
	Balance string
	Tier    string
}

// CardConnector is a provider of cards on telephones that can be asked now.
type CardConnector interface {
	App() string
	// Update tells what a card shows; again says that a refusal may not last. An error
	// is no answer: the same is told again, which does no harm.
	Update(ctx context.Context, v CardView, sequence int64) (taken, again bool, reason string, err error)
}

// Cards tells members' cards what they show.
type Cards struct {
	DB  *db.DB
	Log *slog.Logger
	// Connector finds the provider of a merchant's cards.
	Connector func(merchant id.ID) (CardConnector, bool)
	// View reads what a member's card shows now; an empty Subject or Code is that the
	// member has none.
	View func(ctx context.Context, merchant, member id.ID, app string) (CardView, error)
}

type cardUpdate struct {
	merchant, member id.ID
	sequence         int64
	failures         int
}

// Run tells what is due until ctx ends.
func (c *Cards) Run(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := c.Once(ctx)
		if err != nil && ctx.Err() == nil {
			c.Log.Warn("cards were not brought up to date, it is tried again", "error", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(courierPoll):
		}
	}
}

const cardDue = `told < sequence and run_at <= $1 and lease_until <= $1`

// Once tells what is due now and answers how many cards it dealt with.
func (c *Cards) Once(ctx context.Context) (int, error) {
	work, err := db.Value[bool](ctx, c.DB, `select exists (select 1 from card_updates where `+cardDue+`)`, c.DB.Now())
	if err != nil || !work {
		return 0, err
	}
	var list []cardUpdate
	var lease clock.Instant
	err = c.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		list, lease = nil, tx.Now.Add(courierLease)
		tx.Ask(func(r db.Row) error {
			var u cardUpdate
			err := r.Scan(&u.merchant, &u.member, &u.sequence, &u.failures)
			list = append(list, u)
			return err
		}, `select merchant_id, member_id, sequence, failures from card_updates where `+cardDue+` order by run_at, merchant_id, member_id limit $2 for update skip locked`, tx.Now, courierBatch)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		for _, u := range list {
			tx.Queue(`update card_updates set lease_until = $3 where merchant_id = $1 and member_id = $2`, u.merchant, u.member, lease)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for i, u := range list {
		if err := c.tell(ctx, u, lease); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

func (c *Cards) tell(ctx context.Context, u cardUpdate, lease clock.Instant) error {
	told, rest, reason := u.sequence, time.Duration(0), ""
	k, ok := c.Connector(u.merchant)
	if !ok {
		told, rest, reason = 0, time.Minute, WhyNoConnector
	} else {
		v, err := c.View(ctx, u.merchant, u.member, k.App())
		if err != nil {
			return err
		}
		if v.Subject != "" && v.Code != "" {
			call, cancel := context.WithTimeout(ctx, sendLimit)
			taken, again, why, err := k.Update(call, v, u.sequence)
			cancel()
			switch {
			case err != nil:
				told, reason = 0, because(WhyNoAnswer, err.Error())
			case !taken:
				reason = because(WhyRefused, why)
				if again {
					told = 0
				}
			}
			if told == 0 {
				rest = at(rests, u.failures)
			}
		}
	}
	return c.DB.InTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) error {
		failures := 0
		if told == 0 {
			failures = u.failures + 1
		}
		// A change that came meanwhile has a higher sequence and is told next.
		tx.Queue(`update card_updates set told = case when $4 > told then $4 else told end, failures = $5, reason = $6, run_at = $7, lease_until = 0 where merchant_id = $1 and member_id = $2 and lease_until = $3`,
			u.merchant, u.member, lease, told, failures, reason, tx.Now.Add(rest))
		return nil
	})
}
