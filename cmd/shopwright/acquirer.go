package main

import (
	"context"
	"errors"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/payment"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/hw/connectors"
	"github.com/shopwright/shopwright/sdk/driver"
)

// payDesk joins checkout's payments to the connectors' processes.
type payDesk struct {
	a        *app
	payments *checkout.Payments
	notices  chan driverNotice
}

type driverNotice struct {
	connector string
	reference string
	id        string
	status    driver.PaymentStatus
}

// noticesWaiting is how many notices wait at most; of one that is dropped the
// provider is asked all the same.
const noticesWaiting = 256

func newPayDesk(a *app) *payDesk {
	p := &payDesk{a: a, notices: make(chan driverNotice, noticesWaiting)}
	p.payments = &checkout.Payments{DB: a.db, Connectors: p, Log: a.log}
	return p
}

// For implements checkout.Connectors: the register's own connector before the
// shop's, the older before the newer. It reads nothing on the way of a sale: what is
// switched on a moment ago has no process yet either.
func (p *payDesk) For(ctx context.Context, c checkout.Charge) (id.ID, error) {
	devs, known := p.a.counter.running()
	if !known { // the first look at the devices is still to come
		var err error
		if devs, err = device.ListEnabled(ctx, p.a.db); err != nil {
			return id.None, err
		}
	}
	shops := id.None
	for _, d := range devs {
		switch {
		case d.Merchant != c.Merchant || d.Shop != c.Shop || d.Class != connectors.Class || !connectors.Takes(d.Driver, c.Type, c.Code):
		case d.Register == c.Register:
			return d.ID, nil
		case d.Register.IsNone() && shops.IsNone():
			shops = d.ID
		}
	}
	return shops, nil
}

// Provider implements checkout.Connectors.
func (p *payDesk) Provider(connector id.ID) (checkout.Provider, bool) {
	acq, ok := p.a.plugins.Acquirer(connector.String())
	if !ok {
		return nil, false
	}
	return provider{acq, p.a.db}, true
}

// event takes a notice from a connector, and does not wait.
func (p *payDesk) event(connector string, e *driver.Event) {
	n := e.GetPayment()
	if n == nil {
		return
	}
	select {
	case p.notices <- driverNotice{connector, n.GetReference(), n.GetId(), driver.PaymentOf(n.GetPayment())}:
	default:
		p.a.log.Warn("a payment's notice was dropped, the provider is asked instead", "reference", n.GetReference())
	}
}

// run takes notices until ctx ends.
func (p *payDesk) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-p.notices:
			if err := p.noticed(ctx, n); err != nil && ctx.Err() == nil {
				p.a.log.Warn("a payment's notice came to nothing", "connector", n.connector, "reference", n.reference, "error", err)
			}
		}
	}
}

func (p *payDesk) noticed(ctx context.Context, n driverNotice) error {
	connector, err := id.Parse(n.connector)
	if err != nil {
		return err
	}
	devs, _ := p.a.counter.running() // it has told something, so it runs
	merchant := id.None
	for _, d := range devs {
		if d.ID == connector && d.Class == connectors.Class {
			merchant = d.Merchant
		}
	}
	if merchant.IsNone() {
		return device.ErrNotFound
	}
	sold, err := p.payments.Notice(ctx, merchant, connector, payment.Notice{ID: n.id, Reference: n.reference, Answer: answerOf(n.status)})
	if err != nil || sold.IsNone() {
		return err
	}
	if _, err = p.a.desk.RecoverSale(ctx, merchant, sold); errors.Is(err, checkout.ErrPaymentPending) || errors.Is(err, checkout.ErrPaymentRefused) {
		return nil
	}
	return err
}

// registerPayments registers the jobs that go on with what has no answer.
func (a *app) registerPayments() {
	kind := func(name string, run func(context.Context, id.ID, payment.Subject) error) {
		a.jobs.Register(job.Kind{Name: name, MaxAttempts: payment.JobTries, Run: func(ctx context.Context, j job.Job) error {
			var s payment.Subject
			if err := j.Decode(&s); err != nil {
				return job.Permanent(err)
			}
			return run(ctx, j.Merchant, s)
		}})
	}
	kind(payment.JobFollow, a.desk.FollowPayment)
	kind(payment.JobRelease, a.pay.payments.RunRelease)
	kind(payment.JobRefund, a.pay.payments.RunRefund)
}

// provider is a connector's process as checkout sees it.
type provider struct {
	driver.Acquirer
	db *db.DB
}

var stateOf = map[driver.PaymentState]payment.State{
	driver.PaymentPending: payment.Pending, driver.PaymentPaid: payment.Paid, driver.PaymentRefused: payment.Refused, driver.PaymentCancelled: payment.Cancelled,
}

func answerOf(s driver.PaymentStatus) payment.Answer {
	a := payment.Answer{State: payment.Unknown, Provider: s.ProviderID, Reason: s.Reason, Paid: money.Amount(s.Paid), None: s.State == driver.PaymentNone}
	if known, ok := stateOf[s.State]; ok {
		a.State = known
	}
	return a
}

func answered(s driver.PaymentStatus, err error) (payment.Answer, error) { return answerOf(s), err }

// Authorise implements checkout.Provider.
func (p provider) Authorise(ctx context.Context, c checkout.Charge) (payment.Answer, error) {
	shop, err := tenant.GetShop(ctx, p.db, c.Merchant, c.Shop)
	if err != nil { // nothing was asked yet
		return payment.Answer{State: payment.Refused, Reason: payment.ErrNeverSent.Reason}, nil
	}
	return answered(p.Acquirer.Authorise(ctx, driver.Payment{Reference: c.Reference, Amount: int64(c.Amount), Currency: c.Currency, Method: c.Type, Code: c.Code, Subject: shop.Name}))
}

// Query implements checkout.Provider.
func (p provider) Query(ctx context.Context, reference string) (payment.Answer, error) {
	return answered(p.QueryPayment(ctx, reference))
}

// Cancel implements checkout.Provider.
func (p provider) Cancel(ctx context.Context, reference string) (payment.Answer, error) {
	return answered(p.CancelPayment(ctx, reference))
}

var refundStateOf = map[driver.RefundState]payment.RefundState{
	driver.RefundPending: payment.RefundPending, driver.RefundDone: payment.RefundDone, driver.RefundRefused: payment.RefundRefused,
}

func repaid(s driver.RefundStatus, err error) (payment.RefundAnswer, error) {
	a := payment.RefundAnswer{State: payment.RefundUnknown, Provider: s.ProviderID, Reason: s.Reason}
	if known, ok := refundStateOf[s.State]; ok {
		a.State = known
	}
	return a, err
}

func repaymentOf(r checkout.Repayment) driver.Repayment {
	return driver.Repayment{Reference: r.Payment.Reference, Refund: r.Refund.Reference, Amount: int64(r.Refund.Amount), Paid: int64(r.Payment.Amount), Currency: r.Payment.Currency, Reason: "refund"}
}

// Refund implements checkout.Provider.
func (p provider) Refund(ctx context.Context, r checkout.Repayment) (payment.RefundAnswer, error) {
	return repaid(p.Acquirer.Refund(ctx, repaymentOf(r)))
}

// QueryRefund implements checkout.Provider.
func (p provider) QueryRefund(ctx context.Context, r checkout.Repayment) (payment.RefundAnswer, error) {
	return repaid(p.Acquirer.QueryRefund(ctx, repaymentOf(r)))
}
