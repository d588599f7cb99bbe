package client

import (
	"context"
	"time"
)

// LabelDesigns lists the designs of labels.
func (c *Client) LabelDesigns(ctx context.Context) (List[LabelDesign], error) {
	return get[List[LabelDesign]](ctx, c, "/label-designs", nil)
}

// CreateLabelDesign makes a design. Faults: label.name_invalid, label.name_taken,
// label.size_invalid, label.parts_invalid, label.code_invalid.
func (c *Client) CreateLabelDesign(ctx context.Context, d NewLabelDesign, o ...Option) (LabelDesign, error) {
	return post[LabelDesign](ctx, c, "/label-designs", d, o)
}

// ArchiveLabelDesign takes a design out of use. Fault: label.design_not_found.
func (c *Client) ArchiveLabelDesign(ctx context.Context, id string) error {
	_, err := remove[struct{}](ctx, c, at("label-designs", id))
	return err
}

// Labels lists the labels that a shop printed last.
func (c *Client) Labels(ctx context.Context, shop string) (List[LabelBatch], error) {
	return get[List[LabelBatch]](ctx, c, at("shops", shop, "labels"), nil)
}

// PrintLabels prints labels; what they say is kept as of now. Faults:
// tenant.shop_not_found, catalog.sku_not_found, label.design_not_found,
// label.device_invalid, label.copies_invalid, label.too_many, label.weight_invalid,
// catalog.weight_no_number, catalog.weight_number_taken, catalog.weight_beyond_code.
func (c *Client) PrintLabels(ctx context.Context, n NewLabels, o ...Option) (LabelBatch, error) {
	return post[LabelBatch](ctx, c, "/labels", n, o)
}

// LabelDesign is what a label shows, and how large it is.
type LabelDesign struct {
	Key    string   `json:"key"`  // What a batch names it by: its id, or the word of one that came along
	Code   string   `json:"code"` // One of none, ean13, code128, qr
	Height int      `json:"height"`
	Name   string   `json:"name"`
	Parts  []string `json:"parts"` // Each one of shop, name, weight, price, per_unit, sku
	Width  int      `json:"width"` // Tenths of a millimetre
}

// NewLabelDesign is a design of the merchant's own.
type NewLabelDesign struct {
	Name   string   `json:"name"`
	Code   string   `json:"code"` // One of none, ean13, code128, qr
	Height int      `json:"height"`
	Parts  []string `json:"parts"` // Each one of shop, name, weight, price, per_unit, sku
	Width  int      `json:"width"` // Tenths of a millimetre
}

// NewLabels asks for labels.
type NewLabels struct {
	ShopID   string      `json:"shop_id"`
	DeviceID string      `json:"device_id"` // A label printer of the shop
	Design   string      `json:"design"`    // A design's key
	Lines    []LabelLine `json:"lines"`
}

// LabelLine is so many labels of one SKU.
type LabelLine struct {
	SKUID   string `json:"sku_id"`
	Copies  int    `json:"copies"`
	PerUnit string `json:"per_unit,omitempty"` // The price of a unit as it is to be printed
	Weight  string `json:"weight,omitempty"`   // Kilograms with up to three decimals, of goods that are weighed
}

// LabelBatch is labels that were asked for together.
type LabelBatch struct {
	ID        string    `json:"id"`
	ShopID    string    `json:"shop_id"`
	DeviceID  string    `json:"device_id"`
	CreatedAt time.Time `json:"created_at"`
	Design    string    `json:"design"` // Its name, as it was
	Labels    int       `json:"labels"`
}
