package storefront

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// QueueWaiting notes that an order cannot be booked before somebody has done
// something about it.
func QueueWaiting(tx *db.Tx, o *Order, word string) {
	tx.Queue(`update online_orders set stage = 'waiting', attention = $3, due = $4, updated_at = $5 where merchant_id = $1 and id = $2 and sale_id is null`, o.Merchant, o.ID, With(o.Attention, word), false, tx.Now)
}

// QueueBooked notes the sale that an order became; its row is locked. Each line has
// its SaleLine and what it is short of. More is to be done at once: the order may
// have been given back already.
func QueueBooked(tx *db.Tx, o *Order, sale id.ID, lines []Line, attention string) {
	tx.Queue(`update online_orders set stage = 'booked', sale_id = $3, booked_at = $4, attention = $5, due = $6, tries = 0, try_at = 0, failure = '', updated_at = $4 where merchant_id = $1 and id = $2 and sale_id is null`,
		o.Merchant, o.ID, sale, tx.Now, attention, true)
	for _, l := range lines {
		tx.Queue(`update online_order_lines set sku_id = $4, sale_line_id = $5, short = $6 where merchant_id = $1 and order_id = $2 and no = $3`, o.Merchant, o.ID, l.No, l.SKU, l.SaleLine, l.Short)
	}
}

// QueueShort lowers what a line is short of.
func QueueShort(tx *db.Tx, m id.ID, l *Line) {
	tx.Queue(`update online_order_lines set short = $4 where merchant_id = $1 and order_id = $2 and no = $3`, m, l.Order, l.No, l.Short)
}

// QueueCovered takes the mark from a sale's order that is short of nothing any more.
func QueueCovered(tx *db.Tx, o *Order) {
	tx.Queue(`update online_orders set attention = $3 where merchant_id = $1 and id = $2`, o.Merchant, o.ID, Without(o.Attention, Oversold))
}

// QueueTouched has the order of a sale looked at again, where it is one: something
// was given back of it. It is written in the refund's own transaction.
func QueueTouched(tx *db.Tx, m, sale id.ID) {
	tx.Queue(`update online_orders set due = $3, try_at = 0, updated_at = $4 where merchant_id = $1 and sale_id = $2`, m, sale, true, tx.Now)
}

// Settled says how an order stands when nothing more is to be done with it for now.
type Settled struct {
	Closed    bool // all was taken back, or it was never paid for
	Attention string
}

// Settle notes that nothing more is to be done with an order, unless it has changed
// since: the version and the words of attention that were seen must still be there.
func Settle(ctx context.Context, tx *db.Tx, o *Order, s Settled) error {
	stage := o.Stage
	if s.Closed {
		stage = Closed
	}
	_, err := tx.Exec(ctx, `update online_orders set due = $5, tries = 0, try_at = 0, failure = '', stage = $6, attention = $7 where merchant_id = $1 and id = $2 and version = $3 and updated_at = $4`,
		o.Merchant, o.ID, o.Version, o.UpdatedAt, false, string(stage), s.Attention)
	return err
}

// most is how long an order waits at most before it is tried again.
const most = 10 * time.Minute

// QueueFailed has an order tried again later, each time after a longer while.
func QueueFailed(tx *db.Tx, o *Order, failure string) {
	wait := most
	if o.Tries < 10 {
		wait = min(most, time.Second<<o.Tries)
	}
	tx.Queue(`update online_orders set tries = tries + 1, try_at = $3, failure = $4 where merchant_id = $1 and id = $2`, o.Merchant, o.ID, tx.Now.Add(wait), short(failure, 200))
}

// QueueAttention sets an order's words of attention.
func QueueAttention(tx *db.Tx, o *Order, attention string) {
	tx.Queue(`update online_orders set attention = $3 where merchant_id = $1 and id = $2`, o.Merchant, o.ID, attention)
}

// Retry has an order tried again now. Fault: storefront.order_not_found.
func Retry(ctx context.Context, tx *db.Tx, m, order id.ID) error {
	n, err := tx.Exec(ctx, `update online_orders set due = $3, tries = 0, try_at = 0, failure = '', updated_at = $4 where merchant_id = $1 and id = $2`, m, order, true, tx.Now)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// Seen takes the words of attention from an order that a person has looked at, and
// keeps those that something has to be done about. Fault: storefront.order_not_found.
func Seen(ctx context.Context, tx *db.Tx, m, order id.ID) error {
	o, err := Lock(ctx, tx, m, order)
	if err != nil {
		return err
	}
	for _, w := range []string{Differs, Changed, Conflict, RefundDiffers, RefundRefused, ShipRefused} {
		o.Attention = Without(o.Attention, w)
	}
	QueueAttention(tx, &o, o.Attention)
	return tx.Flush(ctx)
}

// Pack notes that an order's parcel is packed. Faults: storefront.order_not_found,
// storefront.not_booked.
func Pack(ctx context.Context, tx *db.Tx, m, order id.ID) error {
	o, err := Lock(ctx, tx, m, order)
	if err != nil {
		return err
	}
	if o.Stage != Booked || o.PackedAt != 0 {
		return ErrNotBooked
	}
	tx.Queue(`update online_orders set packed_at = $3, updated_at = $3 where merchant_id = $1 and id = $2`, m, order, tx.Now)
	return tx.Flush(ctx)
}

// Ship notes that an order is on its way, or mends the number of its parcel; the
// channel is told. Faults: storefront.order_not_found, storefront.not_booked,
// storefront.tracking_invalid.
func Ship(ctx context.Context, tx *db.Tx, m, order id.ID, carrier, tracking string) error {
	carrier, tracking = strings.TrimSpace(carrier), strings.TrimSpace(tracking)
	if carrier == "" || tracking == "" || utf8.RuneCountInString(carrier) > 60 || utf8.RuneCountInString(tracking) > 80 || short(carrier+tracking, 200) != carrier+tracking {
		return ErrTracking.On("tracking")
	}
	o, err := Lock(ctx, tx, m, order)
	if err != nil {
		return err
	}
	if o.Stage != Booked && o.Stage != Shipped {
		return ErrNotBooked
	}
	if o.Carrier == carrier && o.Tracking == tracking {
		return nil
	}
	shipped, packed := o.ShippedAt, o.PackedAt
	if shipped == 0 {
		shipped = tx.Now
	}
	if packed == 0 {
		packed = tx.Now
	}
	tx.Queue(`update online_orders set stage = 'shipped', carrier = $3, tracking = $4, shipped_at = $5, packed_at = $6, ship_pushed = $7, due = $8, tries = 0, try_at = 0, attention = $9, updated_at = $10 where merchant_id = $1 and id = $2`,
		m, order, carrier, tracking, shipped, packed, false, true, Without(o.Attention, ShipRefused), tx.Now)
	return tx.Flush(ctx)
}

// QueueShipPushed notes that the channel knows of a parcel, unless its number has
// been mended meanwhile.
func QueueShipPushed(tx *db.Tx, o *Order) {
	tx.Queue(`update online_orders set ship_pushed = $5 where merchant_id = $1 and id = $2 and carrier = $3 and tracking = $4`, o.Merchant, o.ID, o.Carrier, o.Tracking, true)
}

// Refuse refuses a buyer's request for a refund; the channel is told. A request is
// granted by refunding the sale. Faults: storefront.order_not_found,
// storefront.no_refund_request.
func Refuse(ctx context.Context, tx *db.Tx, m, order id.ID) error {
	o, err := Lock(ctx, tx, m, order)
	if err != nil {
		return err
	}
	if o.Told != RefundRequested {
		return ErrNoRequest
	}
	tx.Queue(`update online_orders set decision = 'refused', decision_pushed = $3, due = $4, tries = 0, try_at = 0, attention = $5, updated_at = $6 where merchant_id = $1 and id = $2`,
		m, order, false, true, Without(o.Attention, Asked), tx.Now)
	return tx.Flush(ctx)
}

// QueueDecisionPushed notes that the channel knows of a decision.
func QueueDecisionPushed(tx *db.Tx, o *Order) {
	tx.Queue(`update online_orders set decision_pushed = $3 where merchant_id = $1 and id = $2`, o.Merchant, o.ID, true)
}
