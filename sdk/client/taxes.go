package client

import (
	"context"
	"time"
)

// TaxCategories lists tax categories.
func (c *Client) TaxCategories(ctx context.Context) (List[TaxCategory], error) {
	return get[List[TaxCategory]](ctx, c, "/tax-categories", nil)
}

// PutTaxCategory adds or changes a tax category. Fault: tax.category_invalid.
func (c *Client) PutTaxCategory(ctx context.Context, code string, in TaxCategoryIn) (TaxCategory, error) {
	return put[TaxCategory](ctx, c, at("tax-categories", code), in)
}

// TaxRates lists tax rates, of one category where it is named.
func (c *Client) TaxRates(ctx context.Context, category string) (List[TaxRate], error) {
	return get[List[TaxRate]](ctx, c, "/tax-rates", Page{}.query("category", category))
}

// CreateTaxRate adds a tax rate. Faults: tax.category_not_found, tax.rate_invalid,
// tax.validity_invalid, tax.rate_taken.
func (c *Client) CreateTaxRate(ctx context.Context, in TaxRateIn, o ...Option) (TaxRate, error) {
	return post[TaxRate](ctx, c, "/tax-rates", in, o)
}

// ChangeTaxRate changes a tax rate; what was sold keeps its own. Faults:
// tax.rate_not_found and those of CreateTaxRate.
func (c *Client) ChangeTaxRate(ctx context.Context, id string, in TaxRateIn) (TaxRate, error) {
	return put[TaxRate](ctx, c, at("tax-rates", id), in)
}

// RemoveTaxRate removes a tax rate. Fault: tax.rate_not_found.
func (c *Client) RemoveTaxRate(ctx context.Context, id string) error {
	_, err := remove[struct{}](ctx, c, at("tax-rates", id))
	return err
}

// TaxCategory groups SKUs that are taxed alike.
type TaxCategory struct {
	Name     string `json:"name"`
	Code     string `json:"code"`
	Archived bool   `json:"archived"` // Not offered for SKUs any more; those that have it keep it
}

// TaxCategoryIn adds a category or changes it.
type TaxCategoryIn struct {
	Name     string `json:"name"`
	Archived bool   `json:"archived,omitempty"`
}

// TaxRate is what a category is taxed with from a business date on.
type TaxRate struct {
	ID        string    `json:"id"`
	ShopID    string    `json:"shop_id"` // Without: all shops
	Name      string    `json:"name"`    // On receipts, which write the rate after it
	Category  string    `json:"category"`
	From      string    `json:"from"` // The first business date; without: since ever
	Rate      string    `json:"rate"`
	Until     string    `json:"until"` // The last business date; without: no end
	UpdatedAt time.Time `json:"updated_at"`
}

// TaxRateIn is a rate as it comes in.
type TaxRateIn struct {
	ShopID   string `json:"shop_id,omitempty"`
	Name     string `json:"name"`
	Category string `json:"category"`
	From     string `json:"from,omitempty"`
	Rate     string `json:"rate"`
	Until    string `json:"until,omitempty"`
}
