package event

import (
	"encoding/json"
	"regexp"
	"sync"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// The loser of a race between two publishers runs again and sees the winner's numbers.
var _ = db.GuardRetry("ux_events_seq")

// Event is something that happened. Its JSON form is what webhooks send.
type Event struct {
	ID         id.ID           `json:"id"`
	Merchant   id.ID           `json:"-"`
	Seq        int64           `json:"seq"`  // 0 until published
	Type       string          `json:"type"` // "sale.completed.v1"
	OccurredAt clock.Instant   `json:"occurred_at"`
	Shop       id.ID           `json:"shop_id,omitzero"`
	Data       json.RawMessage `json:"data"`
}

// Decode reads the data into v.
func (e Event) Decode(v any) error { return json.Unmarshal(e.Data, v) }

// JSON marshals an event's data. It panics where v cannot be marshalled, which
// is a mistake in the program.
func JSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("event: data that is not JSON: " + err.Error())
	}
	return b
}

var typeForm = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*\.v[1-9][0-9]*$`)

// Emit notes an event and wakes the dispatcher after the commit. ID and
// OccurredAt are the transaction's where they are not given. It panics on a type
// that is not "feature.what.v1", on a missing merchant and on data that is not
// JSON: mistakes in the program.
func Emit(tx *db.Tx, e Event) id.ID {
	if e.Merchant.IsNone() || !typeForm.MatchString(e.Type) {
		panic("event: malformed event " + e.Type)
	}
	if e.ID.IsNone() {
		e.ID = tx.NewID()
	}
	if e.OccurredAt == 0 {
		e.OccurredAt = tx.Now
	}
	if e.Data == nil {
		e.Data = json.RawMessage("{}")
	}
	if !json.Valid(e.Data) {
		panic("event: data that is not JSON in " + e.Type)
	}
	tx.Queue(`insert into events (merchant_id, id, type, occurred_at, shop_id, data) values ($1, $2, $3, $4, $5, $6)`,
		e.Merchant, e.ID, e.Type, e.OccurredAt, e.Shop, string(e.Data))
	d := tx.DB()
	tx.AfterCommit(func() { wake(d, e.Merchant) })
	return e.ID
}

// running finds the dispatcher of a database, so that Emit needs no more than its Tx.
var running sync.Map // *db.DB -> *Dispatcher

func wake(d *db.DB, merchant id.ID) {
	if x, ok := running.Load(d); ok {
		x.(*Dispatcher).due(merchant)
	}
}
