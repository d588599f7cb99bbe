package client

import (
	"context"
	"time"
)

// OnlineOrders lists orders of online shops, the newest first.
func (c *Client) OnlineOrders(ctx context.Context, f OnlineOrderFilter, p Page) (List[OnlineOrder], error) {
	attention := ""
	if f.Attention {
		attention = "true"
	}
	return get[List[OnlineOrder]](ctx, c, "/online-orders", p.query("channel_id", f.ChannelID, "stage", f.Stage, "order_no", f.OrderNo, "attention", attention))
}

// OnlineOrderFilter narrows a list; the zero value is all.
type OnlineOrderFilter struct {
	ChannelID, Stage, OrderNo string
	Attention                 bool // only those that a person has to look at
}

// OnlineOrder reads an order with its lines. Fault: storefront.order_not_found.
func (c *Client) OnlineOrder(ctx context.Context, id string) (OnlineOrder, error) {
	return get[OnlineOrder](ctx, c, at("online-orders", id), nil)
}

// ShipOnlineOrder notes what an order was sent with; the online shop is told. Faults:
// storefront.order_not_found, storefront.not_booked, storefront.tracking_invalid.
func (c *Client) ShipOnlineOrder(ctx context.Context, id string, s OnlineShipment) (OnlineOrder, error) {
	return put[OnlineOrder](ctx, c, at("online-orders", id, "shipment"), s)
}

// OnlineShipment is what an order was sent with.
type OnlineShipment struct {
	Carrier  string `json:"carrier"`
	Tracking string `json:"tracking"`
}

// OnlineOrder is an order of an online shop and what became of it. It says nothing of
// who the buyer is.
type OnlineOrder struct {
	ID         string            `json:"id"`
	ChannelID  string            `json:"channel_id"` // The connector's device
	SaleID     string            `json:"sale_id"`
	Attention  []string          `json:"attention"` // What a person has to look at: unmapped, unreadable, currency, oversold, differs, changed, version_conflict, refund_requested, refund_differs, refund_refused, shipping_refused
	Carrier    string            `json:"carrier"`
	Currency   string            `json:"currency"`
	Lines      []OnlineOrderLine `json:"lines"`    // Only where one order is asked for
	OrderNo    string            `json:"order_no"` // The online shop's own
	PackedAt   time.Time         `json:"packed_at"`
	Paid       string            `json:"paid"` // All told
	PaidAt     time.Time         `json:"paid_at"`
	PlacedAt   time.Time         `json:"placed_at"`
	ReceivedAt time.Time         `json:"received_at"`
	ShippedAt  time.Time         `json:"shipped_at"`
	Stage      string            `json:"stage"` // What became of it. waiting: a person has to say something first. One of received, waiting, booked, shipped, closed
	Told       string            `json:"told"`  // What the online shop says. One of placed, paid, cancelled, refund_requested, refunded
	Tracking   string            `json:"tracking"`
	Version    int64             `json:"version"`
}

// OnlineOrderLine is one article of it.
type OnlineOrderLine struct {
	LineID   string `json:"line_id"` // Of the sale
	SKUID    string `json:"sku_id"`
	Code     string `json:"code"`    // The online shop's
	Missing  string `json:"missing"` // Sold, and not on the shelf
	Name     string `json:"name"`
	Quantity string `json:"quantity"`
	Refunded string `json:"refunded"` // As the online shop says
}
