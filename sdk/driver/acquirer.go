package driver

import (
	"context"

	"google.golang.org/grpc"

	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// Payment is money to be charged by a payment provider.
type Payment struct {
	Reference string // the shop's own; never charged twice
	Amount    int64  // minor units
	Currency  string
	Method    string // "card", "qr"
	Code      string // what was read from the customer's telephone
	Subject   string // what the customer's statement says
	Shop      string // the shop's name with the provider, where it has several
}

// PaymentState is how a payment stands with its provider.
type PaymentState = hwv1.PaymentState

// The states of a payment.
const (
	PaymentUnknown   = hwv1.PaymentState_PAYMENT_STATE_UNKNOWN   // ask again
	PaymentPending   = hwv1.PaymentState_PAYMENT_STATE_PENDING   // the customer has to do something
	PaymentPaid      = hwv1.PaymentState_PAYMENT_STATE_PAID      // charged
	PaymentRefused   = hwv1.PaymentState_PAYMENT_STATE_REFUSED   // nothing was and nothing will be charged
	PaymentCancelled = hwv1.PaymentState_PAYMENT_STATE_CANCELLED // likewise, or given back whole
	PaymentNone      = hwv1.PaymentState_PAYMENT_STATE_NONE      // the provider has never heard of it
)

// PaymentStatus is a state with what the provider says.
type PaymentStatus struct {
	State      PaymentState
	ProviderID string
	Reason     string // for people
	Paid       int64  // minor units; of PaymentPaid
}

// Repayment is money to be given back of a payment.
type Repayment struct {
	Reference string // of the payment
	Refund    string // the refund's own; never given back twice
	Amount    int64  // minor units
	Paid      int64  // of the payment, in minor units
	Currency  string
	Reason    string
}

// RefundState is how a refund stands with its provider.
type RefundState = hwv1.RefundState

// The states of a refund.
const (
	RefundUnknown = hwv1.RefundState_REFUND_STATE_UNKNOWN
	RefundPending = hwv1.RefundState_REFUND_STATE_PENDING // taken on
	RefundDone    = hwv1.RefundState_REFUND_STATE_DONE
	RefundRefused = hwv1.RefundState_REFUND_STATE_REFUSED
)

// RefundStatus is a state with what the provider says.
type RefundStatus struct {
	State      RefundState
	ProviderID string
	Reason     string
}

// Acquirer is implemented by connectors to payment providers. An error means that
// the call failed and nothing is known: the caller asks QueryPayment.
type Acquirer interface {
	// Authorise charges, and answers by ctx's end.
	Authorise(ctx context.Context, p Payment) (PaymentStatus, error)
	// QueryPayment answers how a payment stands.
	QueryPayment(ctx context.Context, reference string) (PaymentStatus, error)
	// CancelPayment ends a payment that is not paid; one that is, is given back whole.
	CancelPayment(ctx context.Context, reference string) (PaymentStatus, error)
	// Refund gives back.
	Refund(ctx context.Context, r Repayment) (RefundStatus, error)
	// QueryRefund answers how a refund stands.
	QueryRefund(ctx context.Context, r Repayment) (RefundStatus, error)
}

var _ Acquirer = (*Client)(nil)

func registerAcquirer(s *grpc.Server, d Driver) []string {
	v, ok := d.(Acquirer)
	if !ok {
		return nil
	}
	hwv1.RegisterAcquirerServer(s, acquirerServer{impl: v})
	return []string{hwv1.Acquirer_ServiceDesc.ServiceName}
}

type acquirerServer struct {
	hwv1.UnimplementedAcquirerServer
	impl Acquirer
}

func (s acquirerServer) Authorise(ctx context.Context, in *hwv1.PaymentRequest) (*hwv1.PaymentReply, error) {
	if in.GetReference() == "" || in.GetAmount() <= 0 {
		return nil, errPayment
	}
	return paymentOut(s.impl.Authorise(ctx, Payment{in.GetReference(), in.GetAmount(), in.GetCurrency(), in.GetMethod(), in.GetCode(), in.GetSubject(), in.GetShop()}))
}

func (s acquirerServer) Query(ctx context.Context, in *hwv1.PaymentQuery) (*hwv1.PaymentReply, error) {
	return paymentOut(s.impl.QueryPayment(ctx, in.GetReference()))
}

func (s acquirerServer) CancelPayment(ctx context.Context, in *hwv1.PaymentQuery) (*hwv1.PaymentReply, error) {
	return paymentOut(s.impl.CancelPayment(ctx, in.GetReference()))
}

func (s acquirerServer) Refund(ctx context.Context, in *hwv1.RefundRequest) (*hwv1.RefundReply, error) {
	if in.GetReference() == "" || in.GetRefund() == "" || in.GetAmount() <= 0 {
		return nil, errPayment
	}
	return refundOut(s.impl.Refund(ctx, repaymentIn(in)))
}

func (s acquirerServer) QueryRefund(ctx context.Context, in *hwv1.RefundRequest) (*hwv1.RefundReply, error) {
	return refundOut(s.impl.QueryRefund(ctx, repaymentIn(in)))
}

func repaymentIn(in *hwv1.RefundRequest) Repayment {
	return Repayment{in.GetReference(), in.GetRefund(), in.GetAmount(), in.GetPaid(), in.GetCurrency(), in.GetReason()}
}

func repaymentOut(r Repayment) *hwv1.RefundRequest {
	return &hwv1.RefundRequest{Reference: r.Reference, Refund: r.Refund, Amount: r.Amount, Paid: r.Paid, Currency: r.Currency, Reason: r.Reason}
}

func paymentOut(p PaymentStatus, err error) (*hwv1.PaymentReply, error) {
	return answer(PaymentMessage(p), err)
}

// PaymentMessage is a status as a PaymentNotice event carries it.
func PaymentMessage(p PaymentStatus) *hwv1.PaymentReply {
	return &hwv1.PaymentReply{State: p.State, ProviderId: p.ProviderID, Reason: p.Reason, Paid: p.Paid}
}

// PaymentOf reads what a PaymentNotice event carries.
func PaymentOf(r *hwv1.PaymentReply) PaymentStatus {
	return PaymentStatus{r.GetState(), r.GetProviderId(), r.GetReason(), r.GetPaid()}
}

func refundOut(r RefundStatus, err error) (*hwv1.RefundReply, error) {
	return answer(&hwv1.RefundReply{State: r.State, ProviderId: r.ProviderID, Reason: r.Reason}, err)
}

// Authorise charges.
func (c *Client) Authorise(ctx context.Context, p Payment) (PaymentStatus, error) {
	r, err := c.acquirer.Authorise(ctx, &hwv1.PaymentRequest{Reference: p.Reference, Amount: p.Amount, Currency: p.Currency, Method: p.Method, Code: p.Code, Subject: p.Subject, Shop: p.Shop})
	return PaymentOf(r), errorIn(err)
}

// QueryPayment asks how a payment stands.
func (c *Client) QueryPayment(ctx context.Context, reference string) (PaymentStatus, error) {
	r, err := c.acquirer.Query(ctx, &hwv1.PaymentQuery{Reference: reference})
	return PaymentOf(r), errorIn(err)
}

// CancelPayment ends a payment.
func (c *Client) CancelPayment(ctx context.Context, reference string) (PaymentStatus, error) {
	r, err := c.acquirer.CancelPayment(ctx, &hwv1.PaymentQuery{Reference: reference})
	return PaymentOf(r), errorIn(err)
}

// Refund gives back.
func (c *Client) Refund(ctx context.Context, p Repayment) (RefundStatus, error) {
	return refundIn(c.acquirer.Refund(ctx, repaymentOut(p)))
}

// QueryRefund asks how a refund stands.
func (c *Client) QueryRefund(ctx context.Context, p Repayment) (RefundStatus, error) {
	return refundIn(c.acquirer.QueryRefund(ctx, repaymentOut(p)))
}

func refundIn(r *hwv1.RefundReply, err error) (RefundStatus, error) {
	return RefundStatus{r.GetState(), r.GetProviderId(), r.GetReason()}, errorIn(err)
}
