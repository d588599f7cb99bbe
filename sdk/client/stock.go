package client

import (
	"context"
	"time"
)

// Stock lists stock levels, of one shop and one SKU where they are named; low are
// those alone that ask for more.
func (c *Client) Stock(ctx context.Context, shop, sku string, low bool, p Page) (List[StockLevel], error) {
	return get[List[StockLevel]](ctx, c, "/stock", p.query("shop_id", shop, "sku_id", sku, "low", flag(low)))
}

// StockMovements lists stock movements, the newest first; of one SKU where it is
// named.
func (c *Client) StockMovements(ctx context.Context, sku string, p Page) (List[StockMovement], error) {
	return get[List[StockMovement]](ctx, c, "/stock/movements", p.query("sku_id", sku))
}

// MoveStock books a stock movement. Faults: stock.sku_not_stocked,
// stock.bad_quantity, catalog.not_found.
func (c *Client) MoveStock(ctx context.Context, in StockMoveIn, o ...Option) (StockDocument, error) {
	return post[StockDocument](ctx, c, "/stock/movements", in, o)
}

// StockLevel is what a shop has of a SKU.
type StockLevel struct {
	ID            string `json:"id"`
	ShopID        string `json:"shop_id"`
	AllowNegative bool   `json:"allow_negative"`
	Available     string `json:"available"`
	LocationID    string `json:"location_id"`
	Low           bool   `json:"low"`
	LowAt         string `json:"low_at"` // Asks for more at this level; 0: never
	OnHand        string `json:"on_hand"`
	Reserved      string `json:"reserved"` // Set aside for open sales
	SKUID         string `json:"sku_id"`
}

// StockMove is a quantity of a SKU that comes in (positive) or goes out.
type StockMove struct {
	Quantity string `json:"quantity"` // Positive comes in, negative goes out
	SKUID    string `json:"sku_id"`
	UnitCost string `json:"unit_cost,omitempty"`
}

// StockMoveIn is a movement that a person enters: of one SKU, or of several in lines.
type StockMoveIn struct {
	ShopID   string      `json:"shop_id"`
	Kind     string      `json:"kind"` // goods_receipt comes in; purchase_return and waste go out; count and transfer may do either. One of goods_receipt, purchase_return, waste, count, transfer
	Lines    []StockMove `json:"lines,omitempty"`
	Quantity string      `json:"quantity,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	SKUID    string      `json:"sku_id,omitempty"`
	UnitCost string      `json:"unit_cost,omitempty"`
}

// StockDocument is a movement as it was booked.
type StockDocument struct {
	ID         string      `json:"id"`
	ShopID     string      `json:"shop_id"`
	Kind       string      `json:"kind"`
	Lines      []StockMove `json:"lines"`
	LocationID string      `json:"location_id"`
	Reason     string      `json:"reason"`
}

// StockMovement is one row of the record of movements.
type StockMovement struct {
	ID         string    `json:"id"`
	Kind       string    `json:"kind"`
	ActorID    string    `json:"actor_id"`
	At         time.Time `json:"at"`
	LocationID string    `json:"location_id"`
	Quantity   string    `json:"quantity"`
	Reason     string    `json:"reason"`
	SaleID     string    `json:"sale_id"`
	SKUID      string    `json:"sku_id"`
}
