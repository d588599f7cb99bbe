package db

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrKeyReused   = fault.New(fault.Conflict, "idempotency.key_reused")   // same key, another request
	ErrKeyInFlight = fault.New(fault.Conflict, "idempotency.in_flight")    // the first request has not ended
	ErrKeyMissing  = fault.New(fault.Invalid, "idempotency.key_required")  // a booking POST without one
	ErrKeyTooLong  = fault.New(fault.Invalid, "idempotency.key_malformed") // over 255 bytes or not printable
)

// Idem is a caller's idempotency key with what it was sent for. The zero value
// claims nothing: for flows that the program itself starts.
type Idem struct {
	Key      string
	Route    string
	BodyHash string
}

// Check validates the key's form. Faults: idempotency.key_required, idempotency.key_malformed.
func (k Idem) Check() error {
	if k.Key == "" {
		return ErrKeyMissing
	}
	if len(k.Key) > 255 {
		return ErrKeyTooLong
	}
	for i := 0; i < len(k.Key); i++ {
		if k.Key[i] < 0x20 || k.Key[i] > 0x7e {
			return ErrKeyTooLong
		}
	}
	return nil
}

// Claim is a noted attempt to be the first with a key.
type Claim struct {
	idem     Idem
	fresh    bool
	route    string
	bodyHash string
	state    string
	resource id.ID
}

// ClaimKey notes the claim; ask it after the next Flush. On PostgreSQL the flush
// waits for a running transaction with the same key; on SQLite the writer does.
func (t *Tx) ClaimKey(m id.ID, k Idem) *Claim {
	c := &Claim{idem: k, fresh: true}
	if k.Key == "" {
		return c
	}
	inserted := false
	t.QueueCount(func(n int64) { inserted = n == 1 },
		`insert into idempotency (merchant_id, key, route, body_hash, state, created_at)
		 values ($1, $2, $3, $4, 'open', $5) on conflict (merchant_id, key) do nothing`,
		m, k.Key, k.Route, k.BodyHash, t.Now)
	ask := c.ask(m)
	t.Ask(func(r Row) error {
		err := ask.Scan(r)
		c.fresh = inserted
		return err
	}, ask.SQL, ask.Args...)
	return c
}

// FindKey reads an earlier request's claim outside a transaction, for a repetition
// that fails before it comes to claim the key itself.
func FindKey(ctx context.Context, r Reader, m id.ID, k Idem) (*Claim, error) {
	c := &Claim{idem: k, fresh: true}
	if k.Key == "" {
		return c, nil
	}
	return c, r.Batch(ctx, c.ask(m))
}

// ask reads the claim's row; one that is there was not claimed by us.
func (c *Claim) ask(m id.ID) Ask {
	return Ask{SQL: `select route, body_hash, state, resource_id from idempotency where merchant_id = $1 and key = $2`, Args: []any{m, c.idem.Key},
		Scan: func(r Row) error {
			c.fresh = false
			return r.Scan(&c.route, &c.bodyHash, &c.state, &c.resource)
		}}
}

// PurgeKeys forgets the keys of requests that ended before an instant.
func PurgeKeys(tx *Tx, m id.ID, before clock.Instant) {
	tx.Queue(`delete from idempotency where merchant_id = $1 and created_at < $2 and state = 'done'`, m, before)
}

// Prior answers the resource of the first request where there was one, and
// whether that request has ended. Fault: idempotency.key_reused.
func (c *Claim) Prior() (resource id.ID, ended, found bool, err error) {
	if c.fresh {
		return id.None, false, false, nil
	}
	if c.route != c.idem.Route || c.bodyHash != c.idem.BodyHash {
		return id.None, false, true, ErrKeyReused
	}
	return c.resource, c.state == "done", true, nil
}

// SettleKey notes that the key's request ended with this resource.
func (t *Tx) SettleKey(m id.ID, k Idem, resource id.ID) { t.markKey(m, k, resource, "done") }

// NameKey notes the resource of a request that goes on in a later transaction.
func (t *Tx) NameKey(m id.ID, k Idem, resource id.ID) { t.markKey(m, k, resource, "open") }

func (t *Tx) markKey(m id.ID, k Idem, resource id.ID, state string) {
	if k.Key == "" {
		return
	}
	t.Queue(`update idempotency set state = $3, resource_id = $4 where merchant_id = $1 and key = $2`, m, k.Key, state, resource)
}

// ForgetKey notes that the request came to nothing, so that the key may be used again.
func (t *Tx) ForgetKey(m id.ID, k Idem) {
	if k.Key != "" {
		t.Queue(`delete from idempotency where merchant_id = $1 and key = $2`, m, k.Key)
	}
}
