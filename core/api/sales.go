package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
	"github.com/shopwright/shopwright/core/web"
)

// SaleIn is a basket that is paid.
type SaleIn struct {
	BasketIn
	ID            id.ID   `json:"id,omitzero" format:"uuid" doc:"Made by the caller, a UUIDv7; without it one is made here."`
	QuoteRef      string  `json:"quote_ref,omitempty" maxLength:"100" doc:"The quote that the customer saw."`
	ExpectedTotal Money   `json:"expected_total,omitempty" doc:"What the customer saw; 409 checkout.total_changed where it is another."`
	OccurredAt    Instant `json:"occurred_at,omitzero" doc:"Default: now."`
	DeviceSeq     int64   `json:"device_seq,omitempty" minimum:"0"`
}

// Sale is a document: a sale, or what was given back of one.
type Sale struct {
	ID           id.ID        `json:"id" format:"uuid"`
	Kind         string       `json:"kind" enum:"sale,refund,void,cash_out"`
	State        string       `json:"state" enum:"open,completed,abandoned"`
	OfSaleID     id.ID        `json:"of_sale_id,omitzero" format:"uuid" doc:"Refund, void: the sale."`
	Reason       string       `json:"reason,omitempty"`
	Number       string       `json:"number" doc:"Of the receipt."`
	ShopID       id.ID        `json:"shop_id" format:"uuid"`
	RegisterID   id.ID        `json:"register_id" format:"uuid"`
	ShiftID      id.ID        `json:"shift_id,omitzero" format:"uuid"`
	MemberID     id.ID        `json:"member_id,omitzero" format:"uuid"`
	ActorID      id.ID        `json:"actor_id,omitzero" format:"uuid"`
	Currency     string       `json:"currency"`
	Subtotal     Money        `json:"subtotal"`
	Discount     Money        `json:"discount"`
	Tax          Money        `json:"tax"`
	Total        Money        `json:"total"`
	CashRounding Money        `json:"cash_rounding" doc:"What the cash part was rounded by; the tenders add up to total and this."`
	Paid         Money        `json:"paid"`
	Change       Money        `json:"change"`
	Points       int64        `json:"points_earned" doc:"Refund: taken back."`
	Commission   Money        `json:"commission"`
	TierBefore   string       `json:"tier_before,omitempty"`
	TierAfter    string       `json:"tier_after,omitempty"`
	BusinessDate string       `json:"business_date" format:"date"`
	OccurredAt   Instant      `json:"occurred_at"`
	RecordedAt   Instant      `json:"recorded_at"`
	CompletedAt  Instant      `json:"completed_at,omitzero"`
	Origin       string       `json:"origin"`
	DeviceSeq    int64        `json:"device_seq,omitempty"`
	Fallbacks    []string     `json:"fallbacks" doc:"Packs that failed; the sale went on without them."`
	Lines        []Line       `json:"lines,omitempty" doc:"Not in lists."`
	Adjustments  []Adjustment `json:"adjustments,omitempty"`
	Tenders      []Tender     `json:"tenders,omitempty"`
}

func (a *api) saleOut(l i18n.Locale, s *sale.Sale) Sale {
	m := moneyIn(s.Currency)
	out := Sale{
		ID: s.ID, Kind: s.Kind, State: s.State, OfSaleID: s.Of, Reason: s.Reason, Number: s.ReceiptNumber(), ShopID: s.Shop, RegisterID: s.Register, ShiftID: s.Shift, MemberID: s.Member, ActorID: s.Actor,
		Currency: s.Currency.Code, Subtotal: m(s.Subtotal), Discount: m(s.Discount), Tax: m(s.Tax), Total: m(s.Total), CashRounding: m(s.CashRounding), Paid: m(s.Paid), Change: m(s.Change), Points: s.Points, Commission: m(s.Commission),
		TierBefore: s.TierBefore, TierAfter: s.TierAfter, BusinessDate: string(s.BusinessDate), OccurredAt: instant(s.OccurredAt), RecordedAt: instant(s.RecordedAt), CompletedAt: instant(s.CompletedAt),
		Origin: s.Origin, DeviceSeq: s.DeviceSeq, Fallbacks: []string{}, Adjustments: a.adjustmentsOut(s.Merchant, l, s.Currency, s.Adjustments), Tenders: tendersOut(s.Currency, s.Tenders),
	}
	if s.Fallbacks != "" {
		out.Fallbacks = strings.Split(s.Fallbacks, ",")
	}
	for i := range s.Lines {
		out.Lines = append(out.Lines, lineOut(s.Currency, &s.Lines[i]))
	}
	return out
}

type salesIn struct {
	PageIn
	ShopID     id.ID  `query:"shop_id" format:"uuid"`
	RegisterID id.ID  `query:"register_id" format:"uuid"`
	MemberID   id.ID  `query:"member_id" format:"uuid"`
	ShiftID    id.ID  `query:"shift_id" format:"uuid"`
	OfSaleID   id.ID  `query:"of_sale_id" format:"uuid" doc:"Refunds and voids of this sale."`
	Kind       string `query:"kind" enum:"sale,refund,void,cash_out"`
	From       string `query:"from" format:"date" doc:"The first business date."`
	To         string `query:"to" format:"date" doc:"The last business date."`
}

// RefundIn takes lines back; no lines: all that is left.
type RefundIn struct {
	Reason     string         `json:"reason" maxLength:"500"`
	Lines      []RefundLineIn `json:"lines,omitempty" maxItems:"500"`
	RegisterID id.ID          `json:"register_id,omitzero" format:"uuid" doc:"Where the money is given back; default: where the sale was made."`
	Order      []string       `json:"tender_order,omitempty" maxItems:"20" doc:"Tender types that are filled first; default: all in proportion to what is left of each."`
	Tenders    []TenderIn     `json:"tenders,omitempty" maxItems:"20" doc:"What each tender type is to get, adding up to the refund."`
	Prepaid    *PrepaidIn     `json:"prepaid,omitempty" doc:"Needed where a top-up, punch card or gift card of the sale was partly used."`
	OnShort    string         `json:"on_short_points,omitempty" enum:"negative,refuse" doc:"Earned points that were spent meanwhile: a debt, or no refund; default: the merchant's setting."`
}

// PrepaidIn says by which case prepaid value that was partly used is given back.
type PrepaidIn struct {
	Case       string `json:"case" enum:"policy,merchant,consumer,withdrawal,agreement" doc:"policy: what is left of the principal. merchant: not the consumer's reason. consumer: the consumer's own. withdrawal: within seven days, nothing used. agreement: what was agreed, where it is better for the consumer."`
	UsedAtList Money  `json:"used_at_list,omitempty" doc:"consumer, agreement: the used part at the prices before any discount; default: what was used."`
	Share      Rate   `json:"share,omitempty" doc:"agreement: of what is left, or"`
	Amount     Money  `json:"amount,omitempty" doc:"agreement: for each top-up."`
}

func (c caller) claim(in *PrepaidIn) (claim wallet.Claim, list money.Amount, err error) {
	if in == nil {
		return claim, 0, nil
	}
	claim.Case = wallet.Case(in.Case)
	if in.UsedAtList != "" {
		if list, err = c.amount(in.UsedAtList, "prepaid.used_at_list"); err != nil {
			return claim, 0, err
		}
	}
	if in.Share != "" {
		if claim.Share, err = rate(in.Share, "prepaid.share"); err != nil {
			return claim, 0, err
		}
	}
	if in.Amount != "" {
		claim.Amount, err = c.amount(in.Amount, "prepaid.amount")
	}
	return claim, list, err
}

func (c caller) refund(sold id.ID, b *RefundIn) (req checkout.RefundIn, err error) {
	req = checkout.RefundIn{Merchant: c.Merchant, Sale: sold, Reason: b.Reason, Register: b.RegisterID, Actor: c.ID, Idem: c.idem, Origin: sale.OriginAPI, OnShort: b.OnShort,
		Plan: checkout.RefundPlan{Order: b.Order}}
	for i, l := range b.Lines {
		q, err := quantity(l.Quantity, fmt.Sprintf("lines[%d].quantity", i))
		if err != nil {
			return req, err
		}
		req.Lines = append(req.Lines, checkout.RefundLine{Line: l.LineID, Quantity: q})
	}
	if req.Plan.Amounts, err = c.tenders(b.Tenders); err != nil {
		return req, err
	}
	for i := range req.Plan.Amounts {
		req.Plan.Amounts[i].PIN = "" // nobody is asked for one to get money back, and a request would keep it
	}
	req.Prepaid, req.UsedAtList, err = c.claim(b.Prepaid)
	return req, err
}

// RefundLineIn is a quantity of a line.
type RefundLineIn struct {
	LineID   id.ID    `json:"line_id" format:"uuid"`
	Quantity Quantity `json:"quantity"`
}

// VoidIn takes a whole sale back within its shift.
type VoidIn struct {
	Reason string `json:"reason" maxLength:"500"`
}

func (a *api) sales() {
	seeing := []auth.Permission{auth.PermSell, auth.PermReports}
	add(a, route{id: "complete-sale", method: http.MethodPost, path: "/sales", tag: "sales", summary: "Sell a basket", any: []auth.Permission{auth.PermSell}, key: mustKey, pays: true, status: http.StatusCreated,
		doc: "409 checkout.total_changed carries the new quote; 202 where a payment is still being asked for."}, a.sell)
	add(a, route{id: "list-sales", method: http.MethodGet, path: "/sales", tag: "sales", summary: "List completed sales, refunds and voids, the newest first", any: seeing}, a.listSales)
	add(a, route{id: "get-sale", method: http.MethodGet, path: "/sales/{id}", tag: "sales", summary: "Get a sale", any: seeing}, a.getSale)
	add(a, route{id: "refund-sale", method: http.MethodPost, path: "/sales/{id}/refunds", tag: "sales", summary: "Refund lines of a sale, or all that is left", any: []auth.Permission{auth.PermRefund}, key: mustKey, status: http.StatusCreated},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body RefundIn
		}) (*made[Sale], error) {
			req, err := c.refund(in.ID, &in.Body)
			if err != nil {
				return nil, err
			}
			return a.document(ctx)(a.Desk.Refund(ctx, req))
		})
	add(a, route{id: "void-sale", method: http.MethodPost, path: "/sales/{id}/void", tag: "sales", summary: "Take a whole sale back within its shift", any: []auth.Permission{auth.PermVoid}, key: mustKey, status: http.StatusCreated},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body VoidIn
		}) (*made[Sale], error) {
			return a.document(ctx)(a.Desk.Void(ctx, checkout.RefundIn{Merchant: c.Merchant, Sale: in.ID, Reason: in.Body.Reason, Actor: c.ID, Idem: c.idem, Origin: sale.OriginAPI}))
		})
	a.refundRequests()
	a.cashOuts()
	a.receipts()
	a.explanations()
}

// document answers the sale that was made.
func (a *api) document(ctx context.Context) func(*sale.Sale, error) (*made[Sale], error) {
	return func(s *sale.Sale, err error) (*made[Sale], error) {
		if err != nil {
			return nil, err
		}
		return madeAt("/sales/"+s.ID.String(), a.saleOut(localeOf(ctx), s), s.Replayed), nil
	}
}

// clockSkew is how far a till's clock may be ahead of ours.
const clockSkew = 5 * time.Minute

func (a *api) sell(ctx context.Context, c caller, in *struct{ Body SaleIn }) (*made[Sale], error) {
	req, err := a.saleIn(ctx, c, &in.Body)
	if err != nil {
		return nil, err
	}
	return a.document(ctx)(a.Desk.Complete(ctx, req))
}

func (a *api) saleIn(ctx context.Context, c caller, b *SaleIn) (req checkout.SaleIn, err error) {
	basket, err := c.basket(&b.BasketIn)
	if err != nil {
		return req, err
	}
	if clock.Instant(b.OccurredAt) > a.DB.Now().Add(clockSkew) {
		return req, web.ErrValidation.On("occurred_at").With("problem", localeOf(ctx).T("request.problem.future"))
	}
	req = checkout.SaleIn{Basket: basket, ID: b.ID, QuoteRef: b.QuoteRef, Idem: c.idem, Actor: c.ID, Origin: sale.OriginAPI, OccurredAt: clock.Instant(b.OccurredAt), DeviceSeq: b.DeviceSeq}
	if req.Tenders, err = c.tenders(b.Tenders); err != nil {
		return req, err
	}
	if b.ExpectedTotal != "" {
		total, err := c.amount(b.ExpectedTotal, "expected_total")
		if err != nil {
			return req, err
		}
		req.ExpectedTotal = &total
	}
	return req, nil
}

func (a *api) listSales(ctx context.Context, c caller, in *salesIn) (*read[List[Sale]], error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := sale.List(ctx, a.DB, c.Merchant, sale.Filter{Shop: in.ShopID, Register: in.RegisterID, Member: in.MemberID, Shift: in.ShiftID, Of: in.OfSaleID, Kind: in.Kind,
		From: clock.Date(in.From), To: clock.Date(in.To)}, p)
	rows, next := db.Cut(p, rows, func(s sale.Sale) id.ID { return s.ID })
	l := localeOf(ctx)
	return listOf(rows, next, func(s sale.Sale) Sale { return a.saleOut(l, &s) }), err
}

func (a *api) getSale(ctx context.Context, c caller, in *IDIn) (*read[Sale], error) {
	var s sale.Sale
	var states []sale.LineState
	err := a.DB.Batch(ctx, append(sale.AskWhole(c.Merchant, in.ID, &s), sale.AskStates(c.Merchant, in.ID, false, &states))...)
	if err != nil {
		return nil, err
	}
	if s.ID.IsNone() {
		return nil, sale.ErrNotFound
	}
	out := a.saleOut(localeOf(ctx), &s)
	back := map[id.ID]Quantity{}
	for _, st := range states {
		back[st.Line] = Quantity(st.Refunded.String())
	}
	for i := range out.Lines {
		if q, ok := back[out.Lines[i].ID]; ok {
			out.Lines[i].Refunded = &q
		}
	}
	return reads(out), nil
}
