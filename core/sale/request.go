package sale

import (
	"context"
	"errors"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrRequestNotFound = fault.New(fault.NotFound, "sale.refund_request_not_found")
	ErrRequestPending  = fault.New(fault.Conflict, "sale.refund_request_pending") // the sale has one that waits
	ErrRequestDecided  = fault.New(fault.Conflict, "sale.refund_request_decided")
)

var _ = db.Guard("ux_refund_requests_sale_id", ErrRequestPending)

// States of a refund request.
const (
	RequestPending  = "pending"
	RequestApproved = "approved"
	RequestRefused  = "refused"
)

// RefundRequest is a refund that waits for somebody's decision. What it will take
// back of the member is held meanwhile.
type RefundRequest struct {
	ID          id.ID
	Sale        id.ID
	Member      id.ID
	Register    id.ID
	State       string
	Reason      string
	Body        string       // what was asked for, as the flow reads it again
	Total       money.Amount // what would be given back
	ShortPoints int64        // earned points that are not there any more and so are not held
	RequestedAt clock.Instant
	RequestedBy id.ID
	DecidedAt   clock.Instant // 0: it waits
	DecidedBy   id.ID
	Decision    string // what whoever decided had to say
	Refund      id.ID  // approved: the document
}

const requestColumns = `id, sale_id, member_id, register_id, state, reason, body, total, short_points, requested_at, requested_by, decided_at, decided_by, decision, refund_id`

func scanRequest(r db.Row, v *RefundRequest) error {
	var decided *int64
	err := r.Scan(&v.ID, &v.Sale, &v.Member, &v.Register, &v.State, &v.Reason, &v.Body, &v.Total, &v.ShortPoints, &v.RequestedAt, &v.RequestedBy, &decided, &v.DecidedBy, &v.Decision, &v.Refund)
	if decided != nil {
		v.DecidedAt = clock.Instant(*decided)
	}
	return err
}

// AskPendingRequest reads and locks the request of a sale that waits; no ID where
// there is none.
func AskPendingRequest(m, sale id.ID, out *RefundRequest) db.Ask {
	*out = RefundRequest{}
	return db.Ask{SQL: `select ` + requestColumns + ` from refund_requests where merchant_id = $1 and sale_id = $2 and state = 'pending' for no key update`,
		Args: []any{m, sale}, Scan: func(r db.Row) error { return scanRequest(r, out) }}
}

// GetRequest reads a request. Fault: sale.refund_request_not_found.
func GetRequest(ctx context.Context, r db.Reader, m, request id.ID) (RefundRequest, error) {
	v, err := db.One(ctx, r, scanRequest, `select `+requestColumns+` from refund_requests where merchant_id = $1 and id = $2`, m, request)
	if errors.Is(err, db.ErrNoRow) {
		return v, ErrRequestNotFound
	}
	return v, err
}

// ListRequests lists requests, newest first; state "": all.
func ListRequests(ctx context.Context, r db.Reader, m id.ID, state string, p db.Page) ([]RefundRequest, error) {
	return db.All(ctx, r, scanRequest, `select `+requestColumns+` from refund_requests where merchant_id = $1 and (state = $2 or $2 = '')
		and (id < $3 or cast($3 as text) is null) order by id desc limit $4`, m, state, p.After, p.Size()+1)
}

// QueueRequest notes a request. At the COMMIT: sale.refund_request_pending.
func QueueRequest(tx *db.Tx, m id.ID, v *RefundRequest) {
	v.State, v.RequestedAt = RequestPending, tx.Now
	tx.Queue(`insert into refund_requests (merchant_id, id, sale_id, member_id, register_id, state, reason, body, total, short_points, requested_at, requested_by)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)`,
		m, v.ID, v.Sale, v.Member, v.Register, v.State, v.Reason, v.Body, v.Total, v.ShortPoints, v.RequestedAt, v.RequestedBy)
}

// QueueDecision ends a request whose row is locked.
func QueueDecision(tx *db.Tx, m id.ID, v *RefundRequest) {
	v.DecidedAt = tx.Now
	tx.Queue(`update refund_requests set state = $3, decided_at = $4, decided_by = $5, decision = $6, refund_id = $7 where merchant_id = $1 and id = $2`,
		m, v.ID, v.State, v.DecidedAt, v.DecidedBy, v.Decision, v.Refund)
}
