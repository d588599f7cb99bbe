package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Patch changes a SKU: nil fields stay as they are.
type Patch struct {
	Seen        clock.Instant // the UpdatedAt that the caller has seen; 0: any
	Code        *string
	Name        *string
	Kind        *Kind
	Category    *string
	UnitPrice   *money.UnitPrice
	Cost        *money.UnitPrice
	TaxCategory *string
	Stocked     *bool
	Archived    *bool
	Barcodes    *[]string // the whole set
}

func put[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// Update changes a SKU. Sales keep what they were made with. Faults: those of
// Create, catalog.not_found, catalog.stale.
func Update(ctx context.Context, tx *db.Tx, m, sku id.ID, p Patch) (SKU, error) {
	if err := tx.Flush(ctx); err != nil {
		return SKU{}, err
	}
	s, err := lock(ctx, tx, m, sku)
	if err != nil {
		return SKU{}, err
	}
	if p.Seen != 0 && p.Seen != s.UpdatedAt {
		return SKU{}, ErrStale
	}
	had := s.Barcodes
	put(&s.Code, p.Code)
	put(&s.Name, p.Name)
	put(&s.Kind, p.Kind)
	put(&s.Category, p.Category)
	put(&s.UnitPrice, p.UnitPrice)
	put(&s.Cost, p.Cost)
	put(&s.TaxCategory, p.TaxCategory)
	put(&s.Stocked, p.Stocked)
	put(&s.Archived, p.Archived)
	put(&s.Barcodes, p.Barcodes)
	if err := s.normalise(); err != nil {
		return SKU{}, err
	}
	s.UpdatedAt = max(tx.Now, s.UpdatedAt+1) // two changes within one instant still differ
	tx.Queue(`update skus set code = $3, name = $4, search_name = $5, kind = $6, category = $7, unit_price = $8, cost = $9, tax_category = $10, stocked = $11, archived = $12, updated_at = $13
		where merchant_id = $1 and id = $2`,
		m, sku, s.Code, s.Name, s.searchForm(), string(s.Kind), s.Category, int64(s.UnitPrice), int64(s.Cost), s.TaxCategory, s.Stocked, s.Archived, s.UpdatedAt)
	isIn := func(set []string) func(string) bool {
		return func(b string) bool { return slices.Contains(set, b) }
	}
	if gone := slices.DeleteFunc(slices.Clone(had), isIn(s.Barcodes)); len(gone) > 0 {
		tx.Queue(`delete from barcodes where merchant_id = $1 and sku_id = $2 and barcode in_texts($3)`, m, sku, gone)
	}
	queueBarcodes(tx, m, sku, slices.DeleteFunc(slices.Clone(s.Barcodes), isIn(had)))
	if p.Archived != nil {
		queueProductArchived(tx, m, s.Product)
	}
	return s, tx.Flush(ctx)
}

// queueProductArchived keeps a product archived exactly while all its SKUs are.
func queueProductArchived(tx *db.Tx, m, product id.ID) {
	tx.Queue(`update products set archived = not exists (select 1 from skus s where s.merchant_id = $1 and s.product_id = $2 and not s.archived)
		where merchant_id = $1 and id = $2`, m, product)
}

// Archive takes a SKU out of sale, and its product where it was the last.
// Faults: catalog.not_found.
func Archive(ctx context.Context, tx *db.Tx, m, sku id.ID) error {
	yes := true
	_, err := Update(ctx, tx, m, sku, Patch{Archived: &yes})
	return err
}

// ProductPatch changes a product: nil fields stay as they are.
type ProductPatch struct {
	Name        *string
	Description *string
	Category    *string
}

// UpdateProduct changes what the catalogue shows; its SKUs have their own names
// and categories. Faults: catalog.product_not_found, catalog.name_invalid,
// catalog.text_too_long, catalog.category_invalid.
func UpdateProduct(ctx context.Context, tx *db.Tx, m, product id.ID, p ProductPatch) (Product, error) {
	if err := tx.Flush(ctx); err != nil {
		return Product{}, err
	}
	out, err := GetProduct(ctx, tx, m, product)
	if err != nil {
		return Product{}, err
	}
	put(&out.Name, p.Name)
	put(&out.Description, p.Description)
	put(&out.Category, p.Category)
	if out.Name, err = cleanName(out.Name); err != nil {
		return Product{}, err
	}
	if len(out.Description) > maxDescription {
		return Product{}, ErrText.On("description").With("max", maxDescription)
	}
	if out.Category != "" && !printable(out.Category, 64) {
		return Product{}, ErrCategory.On("category")
	}
	tx.Queue(`update products set name = $3, description = $4, category = $5 where merchant_id = $1 and id = $2`, m, product, out.Name, out.Description, out.Category)
	return out, tx.Flush(ctx)
}

// Category groups SKUs; rules and coupons name its code.
type Category struct {
	Code string
	Name string
}

// UpsertCategory adds a category or renames it. Fault: catalog.category_invalid.
func UpsertCategory(ctx context.Context, tx *db.Tx, m id.ID, c Category) error {
	c.Code = strings.TrimSpace(c.Code)
	name, err := cleanName(c.Name)
	if err != nil || !printable(c.Code, 64) {
		return ErrCategory
	}
	tx.Queue(`insert into categories (merchant_id, code, name) values ($1, $2, $3) on conflict (merchant_id, code) do update set name = excluded.name`, m, c.Code, name)
	return tx.Flush(ctx)
}
