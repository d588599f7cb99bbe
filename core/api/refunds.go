package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// RefundRequest is a refund that waits for somebody's decision; what it will take
// back of the member is held meanwhile.
type RefundRequest struct {
	ID          id.ID   `json:"id" format:"uuid"`
	SaleID      id.ID   `json:"sale_id" format:"uuid"`
	MemberID    id.ID   `json:"member_id,omitzero" format:"uuid"`
	State       string  `json:"state" enum:"pending,approved,refused"`
	Reason      string  `json:"reason"`
	Currency    string  `json:"currency"`
	Total       Money   `json:"total" doc:"What would be given back."`
	ShortPoints int64   `json:"short_points" doc:"Earned points that were spent already and so are not held."`
	RequestedAt Instant `json:"requested_at"`
	RequestedBy id.ID   `json:"requested_by,omitzero" format:"uuid"`
	DecidedAt   Instant `json:"decided_at,omitzero"`
	DecidedBy   id.ID   `json:"decided_by,omitzero" format:"uuid"`
	Note        string  `json:"note,omitempty"`
	RefundID    id.ID   `json:"refund_id,omitzero" format:"uuid"`
}

func (c caller) refundRequest(v sale.RefundRequest) RefundRequest {
	return RefundRequest{ID: v.ID, SaleID: v.Sale, MemberID: v.Member, State: v.State, Reason: v.Reason, Currency: c.currency.Code, Total: c.money(v.Total), ShortPoints: v.ShortPoints,
		RequestedAt: instant(v.RequestedAt), RequestedBy: v.RequestedBy, DecidedAt: instant(v.DecidedAt), DecidedBy: v.DecidedBy, Note: v.Decision, RefundID: v.Refund}
}

// ExchangeIn takes lines back and sells a basket for them.
type ExchangeIn struct {
	Refund RefundIn `json:"refund"`
	Sale   SaleIn   `json:"sale" doc:"Its tenders pay what the exchange does not."`
}

// Exchange is a refund and a sale, with the gift card between them.
type Exchange struct {
	ID      id.ID  `json:"id" format:"uuid" doc:"The new sale's."`
	Refund  Sale   `json:"refund"`
	Sale    Sale   `json:"sale"`
	Voucher string `json:"voucher,omitempty" doc:"The number of the gift card that took the value over."`
}

func (a *api) exchange(ctx context.Context, c caller, in *struct {
	IDIn
	Body ExchangeIn
}) (*made[Exchange], error) {
	back, err := c.refund(in.ID, &in.Body.Refund)
	if err != nil {
		return nil, on(err, "refund."+fault.Of(err).Param)
	}
	sell, err := a.saleIn(ctx, c, &in.Body.Sale)
	if err != nil {
		return nil, on(err, "sale."+fault.Of(err).Param)
	}
	back.Idem.Key, sell.Idem.Key = c.idem.Key+"/refund", c.idem.Key+"/sale"
	x, err := a.Desk.Exchange(ctx, checkout.ExchangeIn{Refund: back, Sale: sell})
	if err != nil {
		return nil, err
	}
	l := localeOf(ctx)
	out := Exchange{ID: x.Sale.ID, Refund: a.saleOut(l, x.Refund), Sale: a.saleOut(l, x.Sale), Voucher: x.Voucher}
	return madeAt("/sales/"+x.Sale.ID.String(), out, x.Sale.Replayed), nil
}

// DecisionIn answers a refund request.
type DecisionIn struct {
	Approve bool   `json:"approve"`
	Note    string `json:"note,omitempty" maxLength:"500"`
	OnShort string `json:"on_short_points,omitempty" enum:"negative,refuse"`
}

func (a *api) refundRequests() {
	add(a, route{id: "exchange-sale", method: http.MethodPost, path: "/sales/{id}/exchanges", tag: "sales", summary: "Take lines back and sell others for them", any: []auth.Permission{auth.PermRefund}, key: mustKey, pays: true, status: http.StatusCreated,
		doc: "The value goes on a gift card that pays for the new sale; a cut between the two loses nothing, and the same key goes on."}, a.exchange)
	add(a, route{id: "request-refund", method: http.MethodPost, path: "/sales/{id}/refund-requests", tag: "sales", summary: "Ask for a refund that somebody else decides", any: []auth.Permission{auth.PermSell}, key: mustKey, status: http.StatusCreated},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body RefundIn
		}) (*made[RefundRequest], error) {
			req, err := c.refund(in.ID, &in.Body)
			if err != nil {
				return nil, err
			}
			v, err := a.Desk.RequestRefund(ctx, req)
			if err != nil {
				return nil, err
			}
			return madeAt("/refund-requests/"+v.ID.String(), c.refundRequest(v), false), nil
		})
	add(a, route{id: "list-refund-requests", method: http.MethodGet, path: "/refund-requests", tag: "sales", summary: "List refund requests, the newest first", any: []auth.Permission{auth.PermSell, auth.PermRefund}},
		func(ctx context.Context, c caller, in *struct {
			PageIn
			State string `query:"state" enum:"pending,approved,refused"`
		}) (*read[List[RefundRequest]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, err := sale.ListRequests(ctx, a.DB, c.Merchant, in.State, p)
			rows, next := db.Cut(p, rows, func(v sale.RefundRequest) id.ID { return v.ID })
			return listOf(rows, next, c.refundRequest), err
		})
	add(a, route{id: "get-refund-request", method: http.MethodGet, path: "/refund-requests/{id}", tag: "sales", summary: "Get a refund request", any: []auth.Permission{auth.PermSell, auth.PermRefund}},
		func(ctx context.Context, c caller, in *IDIn) (*read[RefundRequest], error) {
			v, err := sale.GetRequest(ctx, a.DB, c.Merchant, in.ID)
			if err != nil {
				return nil, err
			}
			return reads(c.refundRequest(v)), nil
		})
	add(a, route{id: "decide-refund-request", method: http.MethodPost, path: "/refund-requests/{id}/decision", tag: "sales", summary: "Make the refund, or let go of what is held", any: []auth.Permission{auth.PermRefund}, key: mustKey, status: http.StatusCreated},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body DecisionIn
		}) (*made[RefundRequest], error) {
			_, err := a.Desk.DecideRefund(ctx, checkout.Decide{Merchant: c.Merchant, Request: in.ID, Approve: in.Body.Approve, Note: in.Body.Note, OnShort: in.Body.OnShort, Actor: c.ID, Idem: c.idem})
			if err != nil {
				return nil, err
			}
			v, err := sale.GetRequest(ctx, a.DB, c.Merchant, in.ID)
			if err != nil {
				return nil, err
			}
			return madeAt("/refund-requests/"+v.ID.String(), c.refundRequest(v), false), nil
		})
}

// CashOutIn asks for prepaid value to be paid out.
type CashOutIn struct {
	RegisterID id.ID     `json:"register_id" format:"uuid"`
	LineID     id.ID     `json:"line_id,omitzero" format:"uuid" doc:"The line that sold it; default: all that is prepaid."`
	Prepaid    PrepaidIn `json:"prepaid"`
	Tender     string    `json:"tender,omitempty" enum:"cash,card,qr" doc:"Default: cash."`
	Expected   Money     `json:"expected_total,omitempty" doc:"What was shown; 409 checkout.total_changed where it is another."`
	Reason     string    `json:"reason,omitempty" maxLength:"500"`
}

// CashOutQuote is what would be paid out.
type CashOutQuote struct {
	Currency string        `json:"currency"`
	Total    Money         `json:"total"`
	Parts    []CashOutPart `json:"parts"`
}

// CashOutPart is what is paid out of one top-up or punch card.
type CashOutPart struct {
	LineID        id.ID   `json:"line_id" format:"uuid" doc:"That sold it."`
	SaleID        id.ID   `json:"sale_id,omitzero" format:"uuid"`
	BoughtAt      Instant `json:"bought_at"`
	Paid          Money   `json:"paid"`
	Left          string  `json:"left" doc:"Principal, or visits."`
	BonusLeft     string  `json:"bonus_left"`
	UsedCountedAt Money   `json:"used_counted_at"`
	Refund        Money   `json:"refund"`
	Withheld      Money   `json:"withheld" doc:"Left of what was paid, and not paid out."`
}

func (c caller) cashOut(m id.ID, in *CashOutIn) (req checkout.CashOutIn, err error) {
	req = checkout.CashOutIn{Merchant: c.Merchant, Member: m, Register: in.RegisterID, Group: in.LineID, Tender: in.Tender, Reason: in.Reason, Actor: c.ID, Idem: c.idem, Origin: sale.OriginAPI}
	if req.Tender == "" {
		req.Tender = sale.TenderCash
	}
	if in.Expected != "" {
		total, err := c.amount(in.Expected, "expected_total")
		if err != nil {
			return req, err
		}
		req.Expected = &total
	}
	req.Claim, req.UsedAtList, err = c.claim(&in.Prepaid)
	return req, err
}

func (a *api) cashOuts() {
	add(a, route{id: "quote-cash-out", method: http.MethodPost, path: "/members/{id}/cash-out-quotes", tag: "members", summary: "Compute what would be paid out of a wallet", doc: "Writes nothing.", any: []auth.Permission{auth.PermSell}},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body CashOutIn
		}) (*read[CashOutQuote], error) {
			req, err := c.cashOut(in.ID, &in.Body)
			if err != nil {
				return nil, err
			}
			st, err := a.Desk.QuoteCashOut(ctx, req)
			if err != nil {
				return nil, err
			}
			out := CashOutQuote{Currency: c.currency.Code, Total: c.money(st.Refund), Parts: []CashOutPart{}}
			for i := range st.Payments {
				out.Parts = append(out.Parts, c.cashOutPart(&st.Payments[i]))
			}
			return reads(out), nil
		})
	add(a, route{id: "cash-out", method: http.MethodPost, path: "/members/{id}/cash-outs", tag: "members", summary: "Pay prepaid value out", any: []auth.Permission{auth.PermRefund}, key: mustKey, status: http.StatusCreated},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body CashOutIn
		}) (*made[Sale], error) {
			req, err := c.cashOut(in.ID, &in.Body)
			if err != nil {
				return nil, err
			}
			return a.document(ctx)(a.Desk.CashOut(ctx, req))
		})
}

func (c caller) cashOutPart(p *wallet.Payment) CashOutPart {
	count := func(v money.Amount) string { return string(c.money(v)) }
	if p.Visits() {
		count = func(v money.Amount) string { return money.Quantity(v * money.Amount(money.One)).String() }
	}
	return CashOutPart{LineID: p.Group, SaleID: p.Sale, BoughtAt: instant(p.BoughtAt), Paid: c.money(p.Paid), Left: count(p.PrincipalLeft), BonusLeft: count(p.BonusLeft),
		UsedCountedAt: c.money(p.Counted), Refund: c.money(p.Refund), Withheld: c.money(p.Withheld)}
}
