package client

import (
	"context"
	"time"
)

// SKUs lists what is sold: by a part of the name or code, or by a bar code.
func (c *Client) SKUs(ctx context.Context, q, barcode string, p Page) (List[SKU], error) {
	return get[List[SKU]](ctx, c, "/skus", p.query("q", q, "barcode", barcode))
}

// CreateSKU creates a SKU.
func (c *Client) CreateSKU(ctx context.Context, in NewSKU, o ...Option) (SKU, error) {
	return post[SKU](ctx, c, "/skus", in, o)
}

// Stock lists stock levels, of one shop and one SKU where they are named.
func (c *Client) Stock(ctx context.Context, shop, sku string, p Page) (List[StockLevel], error) {
	return get[List[StockLevel]](ctx, c, "/stock", p.query("shop_id", shop, "sku_id", sku))
}

// MoveStock books a stock movement.
func (c *Client) MoveStock(ctx context.Context, in StockMoveIn, o ...Option) (StockDocument, error) {
	return post[StockDocument](ctx, c, "/stock/movements", in, o)
}

// SKU is what is priced, sold and stocked.
type SKU struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Code        string    `json:"code"`
	Kind        string    `json:"kind"` // One of goods, service
	Archived    bool      `json:"archived"`
	Barcodes    []string  `json:"barcodes"`
	Category    string    `json:"category"`
	Cost        string    `json:"cost"` // For callers with the permission catalog or reports
	Currency    string    `json:"currency"`
	ProductID   string    `json:"product_id"`
	Stocked     bool      `json:"stocked"`
	TaxCategory string    `json:"tax_category"`
	UnitPrice   string    `json:"unit_price"` // Of one unit, with up to four decimals
	UpdatedAt   time.Time `json:"updated_at"`
}

// NewSKU is a SKU to be created.
type NewSKU struct {
	Name        string   `json:"name"`
	Code        string   `json:"code"`
	Kind        string   `json:"kind,omitempty"` // One of goods, service
	Barcodes    []string `json:"barcodes,omitempty"`
	Category    string   `json:"category,omitempty"`
	Cost        string   `json:"cost,omitempty"`
	Description string   `json:"description,omitempty"`
	ProductID   string   `json:"product_id,omitempty"`
	Stocked     *bool    `json:"stocked,omitempty"` // Sales take it from stock. Default: goods are, services are not
	TaxCategory string   `json:"tax_category,omitempty"`
	UnitPrice   string   `json:"unit_price"`
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
