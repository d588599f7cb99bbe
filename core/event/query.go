package event

import (
	"context"
	"encoding/json"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const cols = `id, seq, type, occurred_at, shop_id, data`

func scan(merchant id.ID) func(db.Row, *Event) error {
	return func(r db.Row, e *Event) error {
		var data string
		err := r.Scan(&e.ID, &e.Seq, &e.Type, &e.OccurredAt, &e.Shop, &data)
		e.Merchant, e.Data = merchant, json.RawMessage(data)
		return err
	}
}

const maxAfter = 1000

// After reads the published events that follow seq, in their order; limit 1..1000
// (0: 100). A reader that goes on from the last Seq it was given misses nothing.
func After(ctx context.Context, r db.Reader, merchant id.ID, seq int64, limit int) ([]Event, error) {
	switch {
	case limit <= 0:
		limit = 100
	case limit > maxAfter:
		limit = maxAfter
	}
	return db.All(ctx, r, scan(merchant), `select `+cols+` from events where merchant_id = $1 and seq > $2 order by seq limit $3`, merchant, seq, limit)
}

// LastSeq is the number of the newest published event, 0 where there is none.
func LastSeq(ctx context.Context, r db.Reader, merchant id.ID) (int64, error) {
	return db.Value[int64](ctx, r, `select coalesce(max(seq), 0) from events where merchant_id = $1`, merchant)
}
