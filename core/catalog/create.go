package catalog

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// In is a SKU to be created. Without a Product one is made along, with the
// SKU's name and category.
type In struct {
	Merchant    id.ID
	Product     id.ID
	Code        string
	Name        string
	Description string // of the product that is made along
	Kind        Kind   // default Goods
	Category    string
	UnitPrice   money.UnitPrice
	Cost        money.UnitPrice
	TaxCategory string
	Stocked     bool
	Barcodes    []string
}

// Create adds a SKU and sends the statements, so that a code or bar code that
// is taken shows here. Faults: catalog.code_invalid, catalog.code_taken,
// catalog.name_invalid, catalog.text_too_long, catalog.kind_invalid,
// catalog.price_invalid, catalog.service_stocked, catalog.category_invalid,
// catalog.barcode_invalid, catalog.barcode_check_digit, catalog.barcode_taken,
// catalog.product_not_found.
func Create(ctx context.Context, tx *db.Tx, in In) (SKU, error) {
	if !in.Product.IsNone() {
		if err := tx.Flush(ctx); err != nil {
			return SKU{}, err
		}
		if n, err := db.Value[int](ctx, tx, `select count(*) from products where merchant_id = $1 and id = $2`, in.Merchant, in.Product); err != nil || n == 0 {
			return SKU{}, orNotFound(err)
		}
	}
	s, err := QueueCreate(tx, in)
	if err != nil {
		return SKU{}, err
	}
	return s, tx.Flush(ctx)
}

func orNotFound(err error) error {
	if err == nil {
		return ErrProductNotFound
	}
	return err
}

// QueueCreate is Create without sending and without looking whether the product
// exists: for imports of many SKUs in one transaction. The guards' faults come
// with the transaction's next flush.
func QueueCreate(tx *db.Tx, in In) (SKU, error) {
	s := SKU{
		ID: tx.NewID(), Product: in.Product, Code: in.Code, Name: in.Name, Kind: in.Kind, Category: in.Category, UnitPrice: in.UnitPrice, Cost: in.Cost,
		TaxCategory: in.TaxCategory, Stocked: in.Stocked, UpdatedAt: tx.Now, Barcodes: in.Barcodes,
	}
	if err := s.normalise(); err != nil {
		return SKU{}, err
	}
	if len(in.Description) > maxDescription {
		return SKU{}, ErrText.On("description").With("max", maxDescription)
	}
	if s.Product.IsNone() {
		s.Product = tx.NewID()
		tx.Queue(`insert into products (merchant_id, id, name, description, category, created_at) values ($1, $2, $3, $4, $5, $6)`,
			in.Merchant, s.Product, s.Name, in.Description, s.Category, tx.Now)
	}
	tx.Queue(`insert into skus (merchant_id, id, product_id, code, name, search_name, kind, category, unit_price, cost, tax_category, stocked, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		in.Merchant, s.ID, s.Product, s.Code, s.Name, s.searchForm(), string(s.Kind), s.Category, int64(s.UnitPrice), int64(s.Cost), s.TaxCategory, s.Stocked, tx.Now)
	queueBarcodes(tx, in.Merchant, s.ID, s.Barcodes)
	return s, nil
}

const maxDescription = 4000 // bytes

func queueBarcodes(tx *db.Tx, m, sku id.ID, barcodes []string) {
	for _, b := range barcodes {
		tx.Queue(`insert into barcodes (merchant_id, barcode, sku_id) values ($1, $2, $3)`, m, b, sku)
	}
}
