package payment

import (
	"context"
	"errors"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/money"
)

// giveBack gives an abandoned payment back whole.
func giveBack(tx *db.Tx, i *Intent) {
	QueueRefund(tx, i, Refund{Reference: BackOf(i.Reference), Amount: i.Rest()})
}

// QueueRefund notes that a part of a payment is to be given back, and the job that
// does it; r has its Reference, Amount and Sale. The intent is under its lock. More
// than its rest stops the transaction with payment.over_rest.
func QueueRefund(tx *db.Tx, i *Intent, r Refund) {
	r.ID = tx.NewID()
	i.Refunded += r.Amount
	tx.Queue(`insert into payment_refunds (merchant_id, id, intent_id, sale_id, reference, amount, state, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, 'created', $7, $7)`,
		i.Merchant, r.ID, i.ID, r.Sale, r.Reference, r.Amount, tx.Now)
	tx.Queue(`update payment_intents set refunded = refunded + $3 where merchant_id = $1 and id = $2`, i.Merchant, i.ID, r.Amount)
	queueJob(tx, i.Merchant, r.Reference, "")
}

func queueJob(tx *db.Tx, m id.ID, reference, again string) {
	job.Insert(tx, job.Args{Merchant: m, Kind: JobRefund, Data: Subject{Reference: reference}, Dedup: reference + again})
}

// Share is how much of one payment a refund takes.
type Share struct {
	Intent *Intent
	Amount money.Amount
}

// Divide shares what goes back by a method among a sale's payments by it, the first
// first. What is left over was not paid through a connector.
func Divide(intents []Intent, method string, amount money.Amount) (shares []Share, left money.Amount) {
	for k := range intents {
		i := &intents[k]
		if i.Method != method || i.Outcome != Used || amount <= 0 {
			continue
		}
		if part := min(i.Rest(), amount); part > 0 {
			shares = append(shares, Share{i, part})
			amount -= part
		}
	}
	return shares, amount
}

// HandRefund notes that the provider is about to be asked for a refund, and answers
// how often it was before. Faults: payment.not_found, payment.refund_state where it
// is done.
func HandRefund(ctx context.Context, tx *db.Tx, m id.ID, reference string) (Refund, error) {
	r, err := lockRefund(ctx, tx, m, reference)
	if err != nil {
		return r, err
	}
	if r.State == RefundDone || r.State == RefundRefused {
		return r, ErrRefund.With("state", string(r.State))
	}
	state := r.State
	if state == RefundCreated {
		state = RefundPending
	}
	tx.Queue(`update payment_refunds set state = $3, tries = tries + 1, updated_at = $4 where merchant_id = $1 and id = $2`, m, r.ID, string(state), tx.Now)
	return r, nil
}

// SettleRefund notes what a provider said of a refund. What is done stays done.
// Fault: payment.not_found.
func SettleRefund(ctx context.Context, tx *db.Tx, m id.ID, reference string, a RefundAnswer) (Refund, error) {
	r, err := lockRefund(ctx, tx, m, reference)
	if err != nil || r.State == RefundDone {
		return r, err
	}
	r.State, r.Reason, r.UpdatedAt = a.State, short(a.Reason), tx.Now
	if a.Provider != "" {
		r.Provider = short(a.Provider)
	}
	tx.Queue(`update payment_refunds set state = $3, provider_id = $4, reason = $5, updated_at = $6 where merchant_id = $1 and id = $2`, m, r.ID, string(r.State), r.Provider, r.Reason, tx.Now)
	return r, nil
}

// RetryRefund has a refund tried again that the provider refused. It keeps its
// reference: the provider does not give back twice. Faults: payment.not_found,
// payment.refund_state.
func RetryRefund(ctx context.Context, tx *db.Tx, m, refund id.ID) (Refund, error) {
	r, err := db.One(ctx, tx, scanRefund, `select `+refundColumns+` from payment_refunds where merchant_id = $1 and id = $2 for update`, m, refund)
	if errors.Is(err, db.ErrNoRow) {
		return r, ErrNotFound
	}
	if err != nil {
		return r, err
	}
	if r.State != RefundRefused {
		return r, ErrRefund.With("state", string(r.State))
	}
	r.State = RefundUnknown // it was asked for before: the provider is asked what became of that first
	tx.Queue(`update payment_refunds set state = 'unknown', updated_at = $3 where merchant_id = $1 and id = $2`, m, r.ID, tx.Now)
	queueJob(tx, m, r.Reference, "-"+tx.NewID().String())
	return r, nil
}

func lockRefund(ctx context.Context, tx *db.Tx, m id.ID, reference string) (Refund, error) {
	r, err := db.One(ctx, tx, scanRefund, `select `+refundColumns+` from payment_refunds where merchant_id = $1 and reference = $2 for update`, m, reference)
	if errors.Is(err, db.ErrNoRow) {
		return r, ErrNotFound
	}
	return r, err
}
