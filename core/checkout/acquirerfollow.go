package checkout

import (
	"context"
	"errors"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/payment"
)

// FollowPayment is the job payment.follow: it asks what became of a sale's payments
// and goes on with the sale. Fault: payment.unsettled, after which it is run again.
func (d *Desk) FollowPayment(ctx context.Context, m id.ID, s payment.Subject) error {
	_, err := d.RecoverSale(ctx, m, s.Sale)
	switch {
	case errors.Is(err, ErrPaymentRefused):
		return nil
	case errors.Is(err, ErrPaymentPending):
		return ErrUnsettled.Wrap(err)
	}
	return err
}

// RunRelease is the job payment.release. Fault: payment.unsettled, after which it
// is run again.
func (p *Payments) RunRelease(ctx context.Context, m id.ID, s payment.Subject) error {
	return p.release(ctx, m, s.Reference)
}

// release ends a payment whose sale was abandoned. One that is paid is given back by
// the refund that was written down with it.
func (p *Payments) release(ctx context.Context, m id.ID, reference string) error {
	i, err := payment.Get(ctx, p.DB, m, reference)
	if errors.Is(err, payment.ErrNotFound) { // it was never begun
		return nil
	}
	if err != nil || i.State.Settled() || i.Outcome != payment.Abandoned {
		return err
	}
	if i.State == payment.Created {
		i, err = p.settleWhere(ctx, i, payment.Created, payment.Answer{State: payment.Cancelled, Reason: payment.ErrNeverSent.Reason})
		if err != nil || i.State.Settled() {
			return err
		}
	}
	provider, ready := p.Connectors.Provider(i.Connector)
	if !ready {
		return payment.ErrAway
	}
	if i, err = p.end(ctx, provider, i); err == nil && !i.State.Settled() {
		err = ErrUnsettled
	}
	return err
}

// Notice takes what a provider told by itself, as an answer to Query would be; the
// same notice counts once. It answers the payment's sale, to be gone on with, none
// where the notice is nothing new. Fault: payment.not_found.
func (p *Payments) Notice(ctx context.Context, m, connector id.ID, n payment.Notice) (id.ID, error) {
	var i payment.Intent
	fresh, doubtful := false, false
	err := p.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if fresh, err = payment.Count(ctx, tx, m, connector, n); err != nil || !fresh {
			return err
		}
		if i, err = payment.Lock(ctx, tx, m, n.Reference); err != nil {
			return err
		}
		// A success may have been told before the payment was cancelled: the provider is asked.
		if doubtful = i.State == payment.Cancelled && n.Answer.State == payment.Paid; doubtful {
			return nil
		}
		i, err = payment.Settle(ctx, tx, m, n.Reference, n.Answer)
		return err
	})
	if err != nil || !fresh {
		return id.None, err
	}
	if provider, ready := p.Connectors.Provider(connector); doubtful && ready {
		a, err := p.query(ctx, provider, n.Reference)
		if _, err = p.note(context.WithoutCancel(ctx), m, n.Reference, a, err); err != nil {
			return id.None, err
		}
	}
	return i.Sale, nil
}

// RunRefund is the job payment.refund: it gives back what is written down. A refund
// that was asked for before is looked for first, and asked for again under the same
// reference. Faults: payment.unsettled and payment.connector_away, after which it is
// run again.
func (p *Payments) RunRefund(ctx context.Context, m id.ID, s payment.Subject) error {
	r, err := payment.GetRefund(ctx, p.DB, m, s.Reference)
	if err != nil || r.State == payment.RefundDone || r.State == payment.RefundRefused {
		return err
	}
	i, err := payment.GetID(ctx, p.DB, m, r.Intent)
	if err != nil {
		return err
	}
	provider, ready := p.Connectors.Provider(i.Connector)
	if !ready {
		return payment.ErrAway
	}
	if err = p.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		r, err = payment.HandRefund(ctx, tx, m, s.Reference)
		return err
	}); err != nil {
		if errors.Is(err, payment.ErrRefund) { // another has ended it
			return nil
		}
		return err
	}
	a, err := p.giveBack(ctx, provider, Repayment{i, r})
	if err != nil {
		p.Log.WarnContext(ctx, "a refund has no answer", "reference", r.Reference, "error", err)
		a = payment.RefundAnswer{State: payment.RefundUnknown, Reason: err.Error()}
	}
	err = p.DB.InTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) (err error) {
		r, err = payment.SettleRefund(ctx, tx, m, s.Reference, a)
		return err
	})
	if err == nil && r.State != payment.RefundDone && r.State != payment.RefundRefused {
		err = ErrUnsettled
	}
	return err
}

func (p *Payments) giveBack(ctx context.Context, provider Provider, r Repayment) (payment.RefundAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Patience.orDefault().Answer)
	defer cancel()
	if r.Refund.Tries > 0 {
		a, err := provider.QueryRefund(ctx, r)
		if err != nil || a.State == payment.RefundDone || a.State == payment.RefundPending {
			return a, err
		}
	}
	return provider.Refund(ctx, r)
}

// repay writes down, with the refund, what goes back through connectors; jobs do it.
// What was taken by hand is given back by hand.
func (r *returning) repay() {
	n := 0
	for _, t := range r.s.Tenders {
		shares, _ := payment.Divide(r.payments, t.Type, t.Amount)
		for _, part := range shares {
			payment.QueueRefund(r.tx, part.Intent, payment.Refund{Reference: payment.Reference(r.s.ID, n), Sale: r.s.ID, Amount: part.Amount})
			n++
		}
	}
}
