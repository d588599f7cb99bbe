package checkout

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/payment"
)

// Provider moves money: a connector's process, as the flow sees it. An error means
// that the call failed and nothing is known.
type Provider interface {
	Authorise(ctx context.Context, c Charge) (payment.Answer, error)
	Query(ctx context.Context, reference string) (payment.Answer, error)
	// Cancel ends a payment that is not paid; one that is, is given back whole.
	Cancel(ctx context.Context, reference string) (payment.Answer, error)
	Refund(ctx context.Context, r Repayment) (payment.RefundAnswer, error)
	QueryRefund(ctx context.Context, r Repayment) (payment.RefundAnswer, error)
}

// Repayment is money to be given back of a payment.
type Repayment struct {
	Payment payment.Intent
	Refund  payment.Refund
}

// Connectors finds who takes a payment.
type Connectors interface {
	// For answers the connector that takes the tender at its register, none where it
	// is the cashier's own affair.
	For(ctx context.Context, c Charge) (id.ID, error)
	// Provider answers a connector that can be called now.
	Provider(connector id.ID) (Provider, bool)
}

// Patience is how long Payments waits for whom. The zero value is right for a till.
type Patience struct {
	Answer time.Duration // for a payment, while the customer stands there; default 22 s
	Call   time.Duration // for one answer to a question; default 8 s
	First  time.Duration // before the first question, growing by half each time; default 700 ms
	Most   time.Duration // the longest rest; default 4 s
	Lost   time.Duration // a payment that the provider has never heard of is given up after it; default 3 minutes
}

func (p Patience) orDefault() Patience {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&p.Answer, 22*time.Second)
	set(&p.Call, 8*time.Second)
	set(&p.First, 700*time.Millisecond)
	set(&p.Most, 4*time.Second)
	set(&p.Lost, 3*time.Minute)
	return p
}

// Payments is the Acquirer that goes through connectors and remembers: it writes an
// intent down before it calls anybody, asks again while an answer is missing, and
// gives back what a sale could not use. No call is made inside a transaction. Its
// methods are safe for concurrent use.
type Payments struct {
	DB         *db.DB
	Connectors Connectors
	Log        *slog.Logger
	Patience   Patience
}

var _ Acquirer = (*Payments)(nil)

// outcomes are the port's words for how a payment stands.
var outcomes = map[payment.State]Outcome{payment.Paid: Paid, payment.Refused: Refused, payment.Cancelled: Refused}

func outcomeOf(i payment.Intent) Outcome {
	if o, ok := outcomes[i.State]; ok {
		return o
	}
	return Unknown
}

// Takes implements Acquirer.
func (p *Payments) Takes(ctx context.Context, c Charge) bool {
	connector, err := p.Connectors.For(ctx, c)
	if err != nil {
		p.Log.WarnContext(ctx, "the connectors could not be read", "sale", c.Sale, "error", err)
		return true // not to be taken for a payment by hand: Authorise fails for the same reason
	}
	return !connector.IsNone()
}

// Authorise implements Acquirer: it charges, and asks until the answer is known or
// the patience ends.
func (p *Payments) Authorise(ctx context.Context, c Charge) (Outcome, error) {
	connector, err := p.Connectors.For(ctx, c)
	if err != nil {
		return Unknown, err
	}
	books := context.WithoutCancel(ctx) // what a provider said is written down, whoever waits for it
	_, first, err := p.begin(books, c, connector)
	if err != nil {
		return Unknown, err
	}
	if !first { // it was handed over by somebody else
		return p.Query(ctx, c)
	}
	provider, ready := p.Connectors.Provider(connector)
	if !ready {
		i, err := p.settle(books, c.Merchant, c.Reference, payment.Answer{State: payment.Refused, Reason: payment.ErrAway.Reason})
		return outcomeOf(i), err
	}
	handed := false
	if err = p.DB.InTx(books, func(ctx context.Context, tx *db.Tx) (err error) {
		handed, err = payment.Hand(ctx, tx, c.Merchant, c.Reference)
		return err
	}); err != nil {
		return Unknown, err
	}
	if !handed {
		return p.Query(ctx, c)
	}
	waits, cancel := context.WithTimeout(ctx, p.Patience.orDefault().Answer)
	defer cancel()
	a, err := provider.Authorise(waits, c)
	i, err := p.note(books, c.Merchant, c.Reference, a, err)
	if err != nil {
		return Unknown, err
	}
	return p.wait(waits, i)
}

func (p *Payments) begin(ctx context.Context, c Charge, connector id.ID) (i payment.Intent, first bool, err error) {
	err = p.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		i, first, err = payment.Begin(ctx, tx, payment.Intent{Merchant: c.Merchant, Sale: c.Sale, Shop: c.Shop, Register: c.Register, Tender: c.Tender,
			Reference: c.Reference, Connector: connector, Method: c.Type, Amount: c.Amount, Currency: c.Currency})
		return err
	})
	return i, first, err
}

// note settles by an answer, or by its absence.
func (p *Payments) note(ctx context.Context, m id.ID, reference string, a payment.Answer, failed error) (payment.Intent, error) {
	if failed != nil {
		p.Log.WarnContext(ctx, "a payment has no answer", "reference", reference, "error", failed)
		a = payment.Answer{State: payment.Unknown, Reason: failed.Error()}
	}
	return p.settle(ctx, m, reference, a)
}

func (p *Payments) settle(ctx context.Context, m id.ID, reference string, a payment.Answer) (i payment.Intent, err error) {
	if a.None {
		a.State = payment.Unknown
	}
	err = p.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		i, err = payment.Settle(ctx, tx, m, reference, a)
		return err
	})
	return i, err
}

// wait asks with a growing rest until the payment is settled or ctx ends; then a
// job goes on asking. Another may settle it meanwhile: a notice, a cashier who gave
// up.
func (p *Payments) wait(ctx context.Context, i payment.Intent) (Outcome, error) {
	books, pat := context.WithoutCancel(ctx), p.Patience.orDefault()
	for rest := pat.First; !i.State.Settled(); rest = min(rest*3/2, pat.Most) {
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			err := p.DB.InTx(books, func(_ context.Context, tx *db.Tx) error { payment.QueueFollow(tx, &i); return nil })
			return Unknown, err
		}
		now, err := payment.Get(books, p.DB, i.Merchant, i.Reference)
		if err != nil {
			return Unknown, err
		}
		if i = now; i.State.Settled() {
			break
		}
		if i, err = p.look(ctx, i); err != nil { // by the process that runs now: the first may have died
			return Unknown, err
		}
	}
	return outcomeOf(i), nil
}

func (p *Payments) query(ctx context.Context, provider Provider, reference string) (payment.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Patience.orDefault().Call)
	defer cancel()
	return provider.Query(ctx, reference)
}

// Query implements Acquirer: it asks once. An intent that was never handed over is
// ended here, so that it never will be.
func (p *Payments) Query(ctx context.Context, c Charge) (Outcome, error) {
	books := context.WithoutCancel(ctx)
	i, err := payment.Get(books, p.DB, c.Merchant, c.Reference)
	if errors.Is(err, payment.ErrNotFound) { // cut off before it was written down
		i, _, err = p.begin(books, c, id.None)
	}
	if err == nil && i.State == payment.Created && !p.young(i, p.Patience.orDefault().Call) {
		i, err = p.settleWhere(books, i, payment.Created, payment.Answer{State: payment.Refused, Reason: payment.ErrNeverSent.Reason})
	}
	if err != nil || i.State.Settled() {
		return outcomeOf(i), err
	}
	i, err = p.look(ctx, i)
	return outcomeOf(i), err
}

func (p *Payments) young(i payment.Intent, d time.Duration) bool {
	return !i.Connector.IsNone() && p.DB.Now() < i.CreatedAt.Add(d)
}

// settleWhere settles a payment that still stands in a state.
func (p *Payments) settleWhere(ctx context.Context, i payment.Intent, from payment.State, a payment.Answer) (now payment.Intent, err error) {
	err = p.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if now, err = payment.Lock(ctx, tx, i.Merchant, i.Reference); err != nil || now.State != from {
			return err
		}
		now, err = payment.Settle(ctx, tx, i.Merchant, i.Reference, a)
		return err
	})
	return now, err
}

// look asks the provider once what became of a payment that was handed over.
func (p *Payments) look(ctx context.Context, i payment.Intent) (payment.Intent, error) {
	provider, ready := p.Connectors.Provider(i.Connector)
	if !ready || i.State == payment.Created {
		return i, nil
	}
	a, err := p.query(ctx, provider, i.Reference)
	if err == nil && a.None && !p.young(i, p.Patience.orDefault().Lost) {
		return p.end(ctx, provider, i) // the call never arrived; it is made sure that it never will
	}
	return p.note(context.WithoutCancel(ctx), i.Merchant, i.Reference, a, err)
}

// end asks the provider to end a payment and notes what came of it.
func (p *Payments) end(ctx context.Context, provider Provider, i payment.Intent) (payment.Intent, error) {
	call, cancel := context.WithTimeout(ctx, p.Patience.orDefault().Call)
	defer cancel()
	a, err := provider.Cancel(call, i.Reference)
	if err == nil && a.None {
		a.State, a.None = payment.Cancelled, false
		return p.settle(context.WithoutCancel(ctx), i.Merchant, i.Reference, a)
	}
	return p.note(context.WithoutCancel(ctx), i.Merchant, i.Reference, a, err)
}

// Release implements Acquirer.
func (p *Payments) Release(ctx context.Context, c Charge) error {
	return p.release(ctx, c.Merchant, c.Reference)
}

// ErrUnsettled: a payment or a refund has no answer yet; it is asked for again.
var ErrUnsettled = fault.New(fault.Unavailable, "payment.unsettled")
