package client

import (
	"context"
	"time"
)

// SKUs lists what is sold.
func (c *Client) SKUs(ctx context.Context, f SKUFilter, p Page) (List[SKU], error) {
	return get[List[SKU]](ctx, c, "/skus", p.query("q", f.Q, "barcode", f.Barcode, "category", f.Category, "kind", f.Kind, "archived", flag(f.Archived)))
}

// SKUFilter narrows a list; the zero value is all that is on sale.
type SKUFilter struct {
	Q        string // a part of the name or code
	Barcode  string
	Category string // its code
	Kind     string // goods, service
	Archived bool   // also those that are not sold any more
}

// SKU gets a SKU. Fault: catalog.not_found.
func (c *Client) SKU(ctx context.Context, id string) (SKU, error) {
	return get[SKU](ctx, c, at("skus", id), nil)
}

// CreateSKU creates a SKU. Faults: catalog.code_taken, catalog.barcode_taken,
// catalog.barcode_check_digit, catalog.price_invalid.
func (c *Client) CreateSKU(ctx context.Context, in NewSKU, o ...Option) (SKU, error) {
	return post[SKU](ctx, c, "/skus", in, o)
}

// UpdateSKU changes a SKU. Faults: catalog.stale and those of CreateSKU.
func (c *Client) UpdateSKU(ctx context.Context, id string, in SKUPatch) (SKU, error) {
	return patch[SKU](ctx, c, at("skus", id), in)
}

// PunchPlans lists punch plans, by name, also those that are not sold any more
// where archived is asked for.
func (c *Client) PunchPlans(ctx context.Context, archived bool) (List[PunchPlan], error) {
	return get[List[PunchPlan]](ctx, c, "/punch-plans", Page{}.query("archived", flag(archived)))
}

// PunchPlan gets a punch plan. Fault: catalog.plan_not_found.
func (c *Client) PunchPlan(ctx context.Context, id string) (PunchPlan, error) {
	return get[PunchPlan](ctx, c, at("punch-plans", id), nil)
}

// CreatePunchPlan creates a punch plan. Faults: catalog.plan_invalid,
// catalog.plan_services_invalid.
func (c *Client) CreatePunchPlan(ctx context.Context, in NewPunchPlan, o ...Option) (PunchPlan, error) {
	return post[PunchPlan](ctx, c, "/punch-plans", in, o)
}

// UpdatePunchPlan changes a punch plan. Faults: catalog.stale,
// catalog.plan_keeps_services.
func (c *Client) UpdatePunchPlan(ctx context.Context, id string, in PunchPlanPatch) (PunchPlan, error) {
	return patch[PunchPlan](ctx, c, at("punch-plans", id), in)
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

// NewSKU is a SKU to be created. Without a product one is made along.
type NewSKU struct {
	Name        string   `json:"name"`
	Code        string   `json:"code"`
	Kind        string   `json:"kind,omitempty"` // One of goods, service
	Barcodes    []string `json:"barcodes,omitempty"`
	Category    string   `json:"category,omitempty"`
	Cost        string   `json:"cost,omitempty"`
	Description string   `json:"description,omitempty"`
	ProductID   string   `json:"product_id,omitempty"`
	Stocked     *bool    `json:"stocked,omitempty"`      // Sales take it from stock. Default: goods are, services are not
	TaxCategory string   `json:"tax_category,omitempty"` // The code of a tax category; without: the shop's default rate
	UnitPrice   string   `json:"unit_price"`
}

// SKUPatch changes what it names, nil stays as it is; sales keep what they were made with.
type SKUPatch struct {
	Name        *string   `json:"name,omitempty"`
	Code        *string   `json:"code,omitempty"`
	Archived    *bool     `json:"archived,omitempty"`
	Barcodes    *[]string `json:"barcodes,omitempty"` // The whole set
	Category    *string   `json:"category,omitempty"`
	Cost        *string   `json:"cost,omitempty"`
	Seen        time.Time `json:"seen,omitzero"` // The UpdatedAt you have seen; without it any
	Stocked     *bool     `json:"stocked,omitempty"`
	TaxCategory *string   `json:"tax_category,omitempty"` // The code of a tax category; "": the shop's default rate
	UnitPrice   *string   `json:"unit_price,omitempty"`
}

// PunchPlan is a punch card as it is sold.
type PunchPlan struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Archived   bool      `json:"archived"` // Not sold any more; cards that were sold keep their visits
	Currency   string    `json:"currency"`
	FreeVisits int64     `json:"free_visits"`
	PerVisit   string    `json:"per_visit"` // What one visit comes to, rounded down; the last takes the rest
	Price      string    `json:"price"`
	Shareable  bool      `json:"shareable"` // Within a family
	SKUIDs     []string  `json:"sku_ids"`   // The services that a visit may pay
	UpdatedAt  time.Time `json:"updated_at"`
	ValidDays  int64     `json:"valid_days"` // From the sale; 0: without end
	Visits     int64     `json:"visits"`     // Paid for
}

// NewPunchPlan is a plan to be created.
type NewPunchPlan struct {
	Name       string   `json:"name"`
	FreeVisits int64    `json:"free_visits,omitempty"`
	Price      string   `json:"price"`
	Shareable  bool     `json:"shareable,omitempty"`
	SKUIDs     []string `json:"sku_ids"`
	ValidDays  int64    `json:"valid_days,omitempty"`
	Visits     int64    `json:"visits"`
}

// PunchPlanPatch changes what it names, nil stays as it is. Price, visits and days hold for cards
// that are sold from now on; services can only be added.
type PunchPlanPatch struct {
	Name       *string   `json:"name,omitempty"`
	Archived   *bool     `json:"archived,omitempty"`
	FreeVisits *int64    `json:"free_visits,omitempty"`
	Price      *string   `json:"price,omitempty"`
	Seen       time.Time `json:"seen,omitzero"` // The UpdatedAt you have seen; without it any
	Shareable  *bool     `json:"shareable,omitempty"`
	SKUIDs     *[]string `json:"sku_ids,omitempty"` // The whole set
	ValidDays  *int64    `json:"valid_days,omitempty"`
	Visits     *int64    `json:"visits,omitempty"`
}
