package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/payment"
	"github.com/shopwright/shopwright/core/sale"
)

// ProviderPayment is a card or QR tender that a connector took, or tried to.
type ProviderPayment struct {
	ID         id.ID            `json:"id" format:"uuid"`
	SaleID     id.ID            `json:"sale_id" format:"uuid"`
	ShopID     id.ID            `json:"shop_id" format:"uuid"`
	RegisterID id.ID            `json:"register_id" format:"uuid"`
	Reference  string           `json:"reference" doc:"By which the provider knows it."`
	DeviceID   id.ID            `json:"device_id,omitzero" format:"uuid" doc:"The connector."`
	Method     string           `json:"method" enum:"card,qr"`
	Currency   string           `json:"currency"`
	Amount     Money            `json:"amount"`
	State      string           `json:"state" enum:"created,pending,unknown,refused,cancelled,paid" doc:"unknown: the provider gave no answer and is asked again."`
	Outcome    string           `json:"outcome" enum:"open,used,abandoned" doc:"What the sale made of it. What is paid and abandoned is given back."`
	ProviderID string           `json:"provider_id,omitempty"`
	Reason     string           `json:"reason,omitempty" doc:"A code of ours (payment.…), or the provider's words."`
	Refunded   Money            `json:"refunded" doc:"Asked to be given back, done or not."`
	CreatedAt  Instant          `json:"created_at"`
	PaidAt     Instant          `json:"paid_at,omitzero"`
	Refunds    []ProviderRefund `json:"refunds"`
}

// ProviderRefund is money on its way back through a connector.
type ProviderRefund struct {
	ID         id.ID   `json:"id" format:"uuid"`
	PaymentID  id.ID   `json:"payment_id" format:"uuid"`
	SaleID     id.ID   `json:"sale_id,omitzero" format:"uuid" doc:"The refund's document; none where the sale was abandoned."`
	Reference  string  `json:"reference"`
	Amount     Money   `json:"amount"`
	State      string  `json:"state" enum:"created,pending,unknown,refused,done" doc:"refused: a person has to look, and may have it tried again."`
	ProviderID string  `json:"provider_id,omitempty"`
	Reason     string  `json:"reason,omitempty"`
	Tries      int     `json:"tries"`
	CreatedAt  Instant `json:"created_at"`
}

type providerPaymentsIn struct {
	PageIn
	SaleID    id.ID  `query:"sale_id" format:"uuid"`
	ShopID    id.ID  `query:"shop_id" format:"uuid"`
	State     string `query:"state" enum:"created,pending,unknown,refused,cancelled,paid"`
	Attention bool   `query:"attention" doc:"Only those that a person has to know of: without an answer, of an abandoned sale, or with a refund that is not done."`
}

func (a *api) providerPayments() {
	add(a, route{id: "list-provider-payments", method: http.MethodGet, path: "/provider-payments", tag: "provider payments", summary: "List payments that connectors took, the newest first", any: []auth.Permission{auth.PermSell, auth.PermReports}}, a.listProviderPayments)
	add(a, route{id: "ask-payment", method: http.MethodPut, path: "/sales/{id}/payment", tag: "provider payments", summary: "Ask now what became of an open sale's payment, and go on with the sale", any: []auth.Permission{auth.PermSell}, pays: true,
		doc: "409 checkout.payment_refused where nothing was charged: the sale has ended then."},
		func(ctx context.Context, c caller, in *IDIn) (*read[Sale], error) {
			s, err := a.Desk.RecoverSale(ctx, c.Merchant, in.ID)
			if err != nil {
				return nil, err
			}
			return reads(a.saleOut(localeOf(ctx), s)), nil
		})
	add(a, route{id: "give-up-payment", method: http.MethodDelete, path: "/sales/{id}/payment", tag: "provider payments", summary: "Wait no longer for an open sale's payment", any: []auth.Permission{auth.PermSell},
		doc: "Answers the sale: completed where it was paid at the last moment, otherwise abandoned. Money that comes later is given back."}, a.giveUpPayment)
	add(a, route{id: "retry-provider-refund", method: http.MethodPut, path: "/provider-refunds/{id}/retry", tag: "provider payments", summary: "Have a refund tried again that the provider refused", any: []auth.Permission{auth.PermRefund}}, a.retryProviderRefund)
}

func (c caller) providerPayment(i payment.Intent) ProviderPayment {
	return ProviderPayment{ID: i.ID, SaleID: i.Sale, ShopID: i.Shop, RegisterID: i.Register, Reference: i.Reference, DeviceID: i.Connector, Method: i.Method, Currency: i.Currency, Amount: c.money(i.Amount), State: string(i.State),
		Outcome: string(i.Outcome), ProviderID: i.Provider, Reason: i.Reason, Refunded: c.money(i.Refunded), CreatedAt: instant(i.CreatedAt), PaidAt: instant(i.PaidAt), Refunds: []ProviderRefund{}}
}

func (c caller) providerRefund(r payment.Refund) ProviderRefund {
	return ProviderRefund{ID: r.ID, PaymentID: r.Intent, SaleID: r.Sale, Reference: r.Reference, Amount: c.money(r.Amount), State: string(r.State), ProviderID: r.Provider, Reason: r.Reason, Tries: r.Tries, CreatedAt: instant(r.CreatedAt)}
}

func (a *api) listProviderPayments(ctx context.Context, c caller, in *providerPaymentsIn) (*read[List[ProviderPayment]], error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, next, err := payment.List(ctx, a.DB, c.Merchant, payment.Filter{Sale: in.SaleID, Shop: in.ShopID, State: payment.State(in.State), Attention: in.Attention}, p)
	if err != nil {
		return nil, err
	}
	ids := make([]id.ID, len(rows))
	for k := range rows {
		ids[k] = rows[k].ID
	}
	refunds, err := payment.RefundsOf(ctx, a.DB, c.Merchant, ids)
	if err != nil {
		return nil, err
	}
	return listOf(rows, next, func(i payment.Intent) ProviderPayment {
		out := c.providerPayment(i)
		for _, r := range refunds {
			if r.Intent == i.ID {
				out.Refunds = append(out.Refunds, c.providerRefund(r))
			}
		}
		return out
	}), nil
}

func (a *api) giveUpPayment(ctx context.Context, c caller, in *IDIn) (*read[Sale], error) {
	s, err := a.Desk.GiveUp(ctx, c.Merchant, in.ID)
	if errors.Is(err, checkout.ErrPaymentRefused) {
		s, err = sale.Get(ctx, a.DB, c.Merchant, in.ID)
	}
	if err == nil {
		err = a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "payment.given_up", SubjectKind: "sale", SubjectID: in.ID.String(), Detail: map[string]any{"state": s.State}})
		})
	}
	if err != nil {
		return nil, err
	}
	return reads(a.saleOut(localeOf(ctx), s)), nil
}

func (a *api) retryProviderRefund(ctx context.Context, c caller, in *IDIn) (*read[ProviderRefund], error) {
	var r payment.Refund
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if r, err = payment.RetryRefund(ctx, tx, c.Merchant, in.ID); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "payment.refund_retried", SubjectKind: "payment_refund", SubjectID: in.ID.String()})
	})
	if err != nil {
		return nil, err
	}
	return reads(c.providerRefund(r)), nil
}
