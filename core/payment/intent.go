package payment

import (
	"context"
	"errors"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
)

// Begin writes an intent down, as Created. Where its reference is there already it
// answers that one, and first is false: the provider may have been asked, and is
// never asked to charge again.
func Begin(ctx context.Context, tx *db.Tx, in Intent) (i Intent, first bool, err error) {
	i, err = Lock(ctx, tx, in.Merchant, in.Reference)
	if !errors.Is(err, ErrNotFound) {
		return i, false, err
	}
	in.ID, in.State, in.Outcome, in.Provider, in.Reason, in.Refunded = tx.NewID(), Created, Open, "", "", 0
	in.CreatedAt, in.UpdatedAt, in.PaidAt = tx.Now, tx.Now, 0
	tx.Queue(`insert into payment_intents (merchant_id, id, sale_id, shop_id, register_id, tender_no, reference, connector_id, method, amount, currency, state, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
		in.Merchant, in.ID, in.Sale, in.Shop, in.Register, in.Tender, in.Reference, in.Connector, in.Method, in.Amount, in.Currency, string(in.State), tx.Now)
	return in, true, nil
}

// Hand notes that the provider is about to be asked, and reports whether it may be:
// only an intent that is Created is handed over, once.
func Hand(ctx context.Context, tx *db.Tx, m id.ID, reference string) (bool, error) {
	n, err := tx.Exec(ctx, `update payment_intents set state = 'pending', updated_at = $3 where merchant_id = $1 and reference = $2 and state = 'created' and outcome = 'open'`, m, reference, tx.Now)
	return n == 1, err
}

// Settle notes what a provider said of a payment, where that is a step forward, and
// answers how the payment stands then. A payment that becomes paid after its sale
// was abandoned is given back. Fault: payment.not_found.
func Settle(ctx context.Context, tx *db.Tx, m id.ID, reference string, a Answer) (Intent, error) {
	i, err := Lock(ctx, tx, m, reference)
	if err != nil {
		return i, err
	}
	if a.State == Paid && a.Paid != i.Amount { // not this payment: a person has to look
		a = Answer{State: Unknown, Provider: a.Provider, Reason: ErrAmount.Reason}
	}
	words := short(a.Reason)
	if !Forward(i.State, a.State) {
		if (a.State == i.State && !i.State.Settled() || words == ErrAmount.Reason) && words != i.Reason {
			i.Reason = words
			tx.Queue(`update payment_intents set reason = $3, updated_at = $4 where merchant_id = $1 and id = $2`, m, i.ID, words, tx.Now)
		}
		return i, nil
	}
	i.State, i.Reason, i.UpdatedAt = a.State, words, tx.Now
	if a.Provider != "" {
		i.Provider = short(a.Provider)
	}
	if i.State == Paid {
		i.PaidAt = tx.Now
	}
	tx.Queue(`update payment_intents set state = $3, provider_id = $4, reason = $5, updated_at = $6, paid_at = $7 where merchant_id = $1 and id = $2`,
		m, i.ID, string(i.State), i.Provider, i.Reason, i.UpdatedAt, i.PaidAt)
	if i.State == Paid && i.Outcome == Abandoned {
		giveBack(tx, &i)
	}
	return i, nil
}

// QueueUsed notes, with the sale's completion, that it used its payments. A payment
// that is not paid stops the transaction with payment.not_paid.
func QueueUsed(tx *db.Tx, m, sale id.ID) {
	tx.Queue(`update payment_intents set outcome = 'used', updated_at = $3 where merchant_id = $1 and sale_id = $2 and outcome = 'open'`, m, sale, tx.Now)
}

// QueueAbandoned notes, with the sale's end, that it came to nothing: what is paid
// of it is given back, what is not settled is ended. The intents are those of
// AskOfSale under their locks.
func QueueAbandoned(tx *db.Tx, m, sale id.ID, intents []Intent) {
	tx.Queue(`update payment_intents set outcome = 'abandoned', updated_at = $3 where merchant_id = $1 and sale_id = $2 and outcome = 'open'`, m, sale, tx.Now)
	for k := range intents {
		i := &intents[k]
		switch {
		case i.Outcome != Open:
		case i.State == Paid:
			giveBack(tx, i)
		case !i.State.Settled():
			job.Insert(tx, job.Args{Merchant: m, Kind: JobRelease, Data: Subject{Sale: sale, Reference: i.Reference}, Dedup: i.Reference})
		}
	}
}

// QueueFollow notes that somebody has to ask what became of a payment.
func QueueFollow(tx *db.Tx, i *Intent) {
	job.Insert(tx, job.Args{Merchant: i.Merchant, Kind: JobFollow, Data: Subject{Sale: i.Sale, Reference: i.Reference}, Dedup: i.Reference, RunAt: tx.Now.Add(followAfter)})
}

// Count notes a provider's notice and reports whether it is new: the same notice
// is nothing new, however often it comes. Fault: payment.not_found, where the
// reference is none of this connector's payments.
func Count(ctx context.Context, tx *db.Tx, m, connector id.ID, n Notice) (bool, error) {
	i, err := Get(ctx, tx, m, n.Reference)
	if err != nil {
		return false, err
	}
	if i.Connector != connector || n.ID == "" {
		return false, ErrNotFound
	}
	rows, err := tx.Exec(ctx, `insert into payment_notices (merchant_id, connector_id, notice_id, reference, state, at) values ($1, $2, $3, $4, $5, $6)
		on conflict (merchant_id, connector_id, notice_id) do nothing`, m, connector, short(n.ID), n.Reference, string(n.Answer.State), tx.Now)
	return rows == 1, err
}
