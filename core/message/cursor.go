package message

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Cursor is how far what happens at a merchant was looked at.
type Cursor struct {
	Seq     int64         // of the last event
	Coupons clock.Instant // until when coupons were looked for
	Born    clock.Date    // the last date whose birthdays were
	Found   bool
}

// GetCursor reads it; Found is false while messages were never on.
func GetCursor(ctx context.Context, r db.Reader, m id.ID) (c Cursor, err error) {
	cs, err := db.All(ctx, r, func(row db.Row, v *Cursor) error { v.Found = true; return row.Scan(&v.Seq, &v.Coupons, &v.Born) },
		`select seq, coupons_at, born_on from message_cursors where merchant_id = $1`, m)
	if err == nil && len(cs) > 0 {
		c = cs[0]
	}
	return c, err
}

// QueueCursor moves it, never back.
func QueueCursor(tx *db.Tx, m id.ID, c Cursor) {
	tx.Queue(`insert into message_cursors (merchant_id, seq, coupons_at, born_on) values ($1, $2, $3, $4)
		on conflict (merchant_id) do update set seq = case when excluded.seq > message_cursors.seq then excluded.seq else message_cursors.seq end,
			coupons_at = case when excluded.coupons_at > message_cursors.coupons_at then excluded.coupons_at else message_cursors.coupons_at end,
			born_on = case when excluded.born_on > message_cursors.born_on then excluded.born_on else message_cursors.born_on end`, m, c.Seq, c.Coupons, string(c.Born))
}

// DropCursor forgets it: what happens while everything is off is never told.
func DropCursor(tx *db.Tx, m id.ID) {
	tx.Queue(`delete from message_cursors where merchant_id = $1`, m)
}
