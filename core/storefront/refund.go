package storefront

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Refund is a refund that the shop has made and the channel has to pay out. The
// refund's document is its reference: the channel pays it once.
type Refund struct {
	Order     id.ID
	Refund    id.ID
	State     string
	Reason    string
	CreatedAt clock.Instant
}

// The states of a refund to be paid out.
const (
	RefundDue  = "due"
	RefundDone = "done"
	RefundNot  = "refused"
)

// QueueRefund notes a refund in its own transaction.
func QueueRefund(tx *db.Tx, m, order, refund id.ID) {
	tx.Queue(`insert into online_refunds (merchant_id, order_id, refund_id, created_at) values ($1,$2,$3,$4)`, m, order, refund, tx.Now)
}

// QueueRefundState notes what a channel said of one.
func QueueRefundState(tx *db.Tx, m, order, refund id.ID, state, reason string) {
	tx.Queue(`update online_refunds set state = $4, reason = $5 where merchant_id = $1 and order_id = $2 and refund_id = $3`, m, order, refund, state, short(reason, 200))
}

// RefundsOf lists the refunds of an order that the shop made, oldest first.
func RefundsOf(ctx context.Context, r db.Reader, m, order id.ID) ([]Refund, error) {
	return db.All(ctx, r, func(s db.Row, v *Refund) error { return s.Scan(&v.Order, &v.Refund, &v.State, &v.Reason, &v.CreatedAt) },
		`select order_id, refund_id, state, reason, created_at from online_refunds where merchant_id = $1 and order_id = $2 order by refund_id`, m, order)
}
