package client

import (
	"context"
	"time"
)

// ProviderPayments lists payments that connectors took or tried to take, the newest first.
func (c *Client) ProviderPayments(ctx context.Context, f ProviderPaymentFilter, p Page) (List[ProviderPayment], error) {
	attention := ""
	if f.Attention {
		attention = "true"
	}
	return get[List[ProviderPayment]](ctx, c, "/provider-payments", p.query("sale_id", f.SaleID, "shop_id", f.ShopID, "state", f.State, "attention", attention))
}

// ProviderPaymentFilter narrows a list; the zero value is all.
type ProviderPaymentFilter struct {
	SaleID, ShopID, State string
	Attention             bool // only those that a person has to know of
}

// AskPayment asks now what became of an open sale's payment and goes on with the
// sale. While nothing is known the error is a *Pending. Faults: sale.not_found,
// checkout.payment_refused.
func (c *Client) AskPayment(ctx context.Context, sale string) (Sale, error) {
	return put[Sale](ctx, c, at("sales", sale, "payment"), nil)
}

// GiveUpPayment waits no longer for an open sale's payment. The sale is completed
// where it was paid at the last moment, otherwise abandoned. Fault: sale.not_found.
func (c *Client) GiveUpPayment(ctx context.Context, sale string) (Sale, error) {
	return remove[Sale](ctx, c, at("sales", sale, "payment"))
}

// RetryProviderRefund has a refund tried again that the provider refused. Faults:
// payment.not_found, payment.refund_state.
func (c *Client) RetryProviderRefund(ctx context.Context, id string) (ProviderRefund, error) {
	return put[ProviderRefund](ctx, c, at("provider-refunds", id, "retry"), nil)
}

// ProviderPayment is a card or QR tender that a connector took, or tried to.
type ProviderPayment struct {
	ID         string           `json:"id"`
	SaleID     string           `json:"sale_id"`
	ShopID     string           `json:"shop_id"`
	RegisterID string           `json:"register_id"`
	Amount     string           `json:"amount"`
	CreatedAt  time.Time        `json:"created_at"`
	Currency   string           `json:"currency"`
	DeviceID   string           `json:"device_id"` // The connector
	Method     string           `json:"method"`    // One of card, qr
	Outcome    string           `json:"outcome"`   // What the sale made of it. What is paid and abandoned is given back. One of open, used, abandoned
	PaidAt     time.Time        `json:"paid_at"`
	ProviderID string           `json:"provider_id"`
	Reason     string           `json:"reason"`    // A code of ours (payment.…), or the provider's words
	Reference  string           `json:"reference"` // By which the provider knows it
	Refunded   string           `json:"refunded"`  // Asked to be given back, done or not
	Refunds    []ProviderRefund `json:"refunds"`
	State      string           `json:"state"` // unknown: the provider gave no answer and is asked again. One of created, pending, unknown, refused, cancelled, paid
}

// ProviderRefund is money on its way back through a connector.
type ProviderRefund struct {
	ID         string    `json:"id"`
	PaymentID  string    `json:"payment_id"`
	SaleID     string    `json:"sale_id"` // The refund's document; none where the sale was abandoned
	Amount     string    `json:"amount"`
	CreatedAt  time.Time `json:"created_at"`
	ProviderID string    `json:"provider_id"`
	Reason     string    `json:"reason"`
	Reference  string    `json:"reference"`
	State      string    `json:"state"` // refused: a person has to look, and may have it tried again. One of created, pending, unknown, refused, done
	Tries      int       `json:"tries"`
}
