package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/storefront"
)

// OnlineOrder is an order of an online shop and what became of it. It says nothing of
// who the buyer is.
type OnlineOrder struct {
	ID         id.ID             `json:"id" format:"uuid"`
	ChannelID  id.ID             `json:"channel_id" format:"uuid" doc:"The connector's device."`
	OrderNo    string            `json:"order_no" doc:"The online shop's own."`
	Version    int64             `json:"version"`
	Told       string            `json:"told" enum:"placed,paid,cancelled,refund_requested,refunded" doc:"What the online shop says."`
	Stage      string            `json:"stage" enum:"received,waiting,booked,shipped,closed" doc:"What became of it. waiting: a person has to say something first."`
	Attention  []string          `json:"attention" doc:"What a person has to look at: unmapped, unreadable, currency, oversold, differs, changed, version_conflict, refund_requested, refund_differs, refund_refused, shipping_refused."`
	Currency   string            `json:"currency"`
	Paid       Money             `json:"paid" doc:"All told."`
	SaleID     id.ID             `json:"sale_id,omitzero" format:"uuid"`
	Carrier    string            `json:"carrier,omitempty"`
	Tracking   string            `json:"tracking,omitempty"`
	PlacedAt   Instant           `json:"placed_at"`
	PaidAt     Instant           `json:"paid_at,omitzero"`
	ReceivedAt Instant           `json:"received_at"`
	PackedAt   Instant           `json:"packed_at,omitzero"`
	ShippedAt  Instant           `json:"shipped_at,omitzero"`
	Lines      []OnlineOrderLine `json:"lines,omitempty" doc:"Only where one order is asked for."`
}

// OnlineOrderLine is one article of it.
type OnlineOrderLine struct {
	Code     string   `json:"code" doc:"The online shop's."`
	Name     string   `json:"name"`
	Quantity Quantity `json:"quantity"`
	Refunded Quantity `json:"refunded" doc:"As the online shop says."`
	Missing  Quantity `json:"missing" doc:"Sold, and not on the shelf."`
	SKUID    id.ID    `json:"sku_id,omitzero" format:"uuid"`
	LineID   id.ID    `json:"line_id,omitzero" format:"uuid" doc:"Of the sale."`
}

// OnlineShipment is what an order was sent with.
type OnlineShipment struct {
	Carrier  string `json:"carrier" minLength:"1" maxLength:"60"`
	Tracking string `json:"tracking" minLength:"1" maxLength:"80"`
}

type onlineOrdersIn struct {
	PageIn
	ChannelID id.ID  `query:"channel_id" format:"uuid"`
	Stage     string `query:"stage" enum:"received,waiting,booked,shipped,closed"`
	OrderNo   string `query:"order_no"`
	Attention bool   `query:"attention" doc:"Only those that a person has to look at."`
}

func (a *api) onlineOrders() {
	seeing := []auth.Permission{auth.PermReports, auth.PermStock}
	add(a, route{id: "list-online-orders", method: http.MethodGet, path: "/online-orders", tag: "online orders", summary: "List orders of online shops, the newest first", any: seeing}, a.listOnlineOrders)
	add(a, route{id: "get-online-order", method: http.MethodGet, path: "/online-orders/{id}", tag: "online orders", summary: "Get an order of an online shop", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[OnlineOrder], error) {
			return a.onlineOrder(ctx, c, in.ID)
		})
	add(a, route{id: "ship-online-order", method: http.MethodPut, path: "/online-orders/{id}/shipment", tag: "online orders", summary: "Note what an order was sent with; the online shop is told", any: []auth.Permission{auth.PermStock},
		doc: "Said again with the same parcel it changes nothing; with another one it mends the number."}, a.shipOnlineOrder)
}

func (c caller) onlineOrder(o storefront.Order) OnlineOrder {
	return OnlineOrder{ID: o.ID, ChannelID: o.Channel, OrderNo: o.OrderNo, Version: o.Version, Told: string(o.Told), Stage: string(o.Stage), Attention: append([]string{}, o.Attends()...), Currency: o.Currency, Paid: c.money(o.Paid), SaleID: o.Sale,
		Carrier: o.Carrier, Tracking: o.Tracking, PlacedAt: instant(o.PlacedAt), PaidAt: instant(o.PaidAt), ReceivedAt: instant(o.ReceivedAt), PackedAt: instant(o.PackedAt), ShippedAt: instant(o.ShippedAt)}
}

func (a *api) listOnlineOrders(ctx context.Context, c caller, in *onlineOrdersIn) (*read[List[OnlineOrder]], error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, next, err := storefront.List(ctx, a.DB, c.Merchant, storefront.Filter{Channel: in.ChannelID, Stage: storefront.Stage(in.Stage), OrderNo: in.OrderNo, Attention: in.Attention}, p)
	return listOf(rows, next, c.onlineOrder), err
}

func (a *api) onlineOrder(ctx context.Context, c caller, order id.ID) (*read[OnlineOrder], error) {
	o, err := storefront.Get(ctx, a.DB, c.Merchant, order)
	if err != nil {
		return nil, err
	}
	lines, err := storefront.LinesOf(ctx, a.DB, c.Merchant, order)
	if err != nil {
		return nil, err
	}
	out := c.onlineOrder(o)
	for _, l := range lines {
		out.Lines = append(out.Lines, OnlineOrderLine{Code: l.Code, Name: l.Name, Quantity: Quantity(l.Quantity.String()), Refunded: Quantity(l.Refunded.String()), Missing: Quantity(l.Short.String()), SKUID: l.SKU, LineID: l.SaleLine})
	}
	return reads(out), nil
}

func (a *api) shipOnlineOrder(ctx context.Context, c caller, in *struct {
	IDIn
	Body OnlineShipment
}) (*read[OnlineOrder], error) {
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := storefront.Ship(ctx, tx, c.Merchant, in.ID, in.Body.Carrier, in.Body.Tracking); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.Record{Action: "online_order.shipped", SubjectKind: "online_order", SubjectID: in.ID.String(), Detail: map[string]string{"carrier": in.Body.Carrier, "tracking": in.Body.Tracking}})
	})
	if err != nil {
		return nil, err
	}
	return a.onlineOrder(ctx, c, in.ID)
}
