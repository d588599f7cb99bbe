package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const columns = `s.id, s.product_id, s.code, s.name, s.kind, s.category, s.unit_price, s.cost, s.tax_category, s.stocked, s.archived, s.updated_at`

func (s *SKU) dest() []any {
	return []any{&s.ID, &s.Product, &s.Code, &s.Name, &s.Kind, &s.Category, &s.UnitPrice, &s.Cost, &s.TaxCategory, &s.Stocked, &s.Archived, &s.UpdatedAt}
}

func scanSKU(r db.Row, s *SKU) error { return r.Scan(s.dest()...) }

// Get reads a SKU with its bar codes. Fault: catalog.not_found.
func Get(ctx context.Context, r db.Reader, m, sku id.ID) (SKU, error) {
	return get(ctx, r, `select `+columns+` from skus s where s.merchant_id = $1 and s.id = $2`, m, sku)
}

// lock is Get with the row locked until the transaction ends.
func lock(ctx context.Context, tx *db.Tx, m, sku id.ID) (SKU, error) {
	return get(ctx, tx, `select `+columns+` from skus s where s.merchant_id = $1 and s.id = $2 for update`, m, sku)
}

func get(ctx context.Context, r db.Reader, query string, m, sku id.ID) (SKU, error) {
	s, err := db.One(ctx, r, scanSKU, query, m, sku)
	if errors.Is(err, db.ErrNoRow) {
		return SKU{}, ErrNotFound
	}
	if err != nil {
		return SKU{}, err
	}
	one := []SKU{s}
	err = fillBarcodes(ctx, r, m, one)
	return one[0], err
}

func fillBarcodes(ctx context.Context, r db.Reader, m id.ID, skus []SKU) error {
	if len(skus) == 0 {
		return nil
	}
	at := make(map[id.ID]int, len(skus))
	ids := make([]id.ID, len(skus))
	for i := range skus {
		at[skus[i].ID], ids[i] = i, skus[i].ID
	}
	type pair struct {
		sku     id.ID
		barcode string
	}
	rows, err := db.All(ctx, r, func(row db.Row, p *pair) error { return row.Scan(&p.sku, &p.barcode) },
		`select sku_id, barcode from barcodes where merchant_id = $1 and sku_id in_ids($2)`, m, ids)
	for _, p := range rows {
		s := &skus[at[p.sku]]
		s.Barcodes = append(s.Barcodes, p.barcode)
	}
	for i := range skus { // not "order by": SQLite would walk all bar codes in that order
		slices.Sort(skus[i].Barcodes)
	}
	return err
}

// Filter narrows a list; zero fields do not.
type Filter struct {
	Query    string // a part of the name or the code
	Barcode  string // exactly; a SKU's code where no bar code is equal
	Category string
	Kind     Kind
	Archived bool // also the archived ones
}

// likeText takes the meaning from the characters that LIKE reads as patterns.
var likeText = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// List lists SKUs with their bar codes in the order in which they were created.
func List(ctx context.Context, r db.Reader, m id.ID, f Filter, page db.Page) (items []SKU, next string, err error) {
	args := []any{m}
	conds := []string{"s.merchant_id = $1"}
	add := func(cond string, arg any) {
		args = append(args, arg)
		conds = append(conds, strings.ReplaceAll(cond, "?", fmt.Sprintf("$%d", len(args))))
	}
	if !page.After.IsNone() {
		add("s.id > ?", page.After)
	}
	if !f.Archived {
		conds = append(conds, "not s.archived")
	}
	if q := strings.Join(strings.Fields(f.Query), " "); q != "" {
		add(`s.search_name like ? escape '\'`, "%"+likeText.Replace(strings.ToLower(q))+"%")
	}
	if b := strings.TrimSpace(f.Barcode); b != "" {
		add(`s.id in (select b.sku_id from barcodes b where b.merchant_id = $1 and b.barcode = ?
			union all select c.id from skus c where c.merchant_id = $1 and c.code = ? and not exists (select 1 from barcodes b where b.merchant_id = $1 and b.barcode = ?))`, b)
	}
	if f.Category != "" {
		add("s.category = ?", f.Category)
	}
	if f.Kind != "" {
		add("s.kind = ?", string(f.Kind))
	}
	args = append(args, page.Size()+1)
	rows, err := db.All(ctx, r, scanSKU, `select `+columns+` from skus s where `+strings.Join(conds, " and ")+fmt.Sprintf(` order by s.id limit $%d`, len(args)), args...)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(page, rows, func(s SKU) id.ID { return s.ID })
	return items, next, fillBarcodes(ctx, r, m, items)
}

// Hit is a SKU that was asked for; Barcode is what found it, "" where its id did.
type Hit struct {
	SKU
	Barcode string
}

// AskSKUs reads SKUs by id and by bar code for a flow, archived ones too. A SKU
// asked for in several ways comes several times; what is not known is missing.
func AskSKUs(m id.ID, ids []id.ID, barcodes []string, out *[]Hit) db.Ask {
	*out = nil
	return db.Ask{
		SQL: `select ` + columns + `, '' as barcode from skus s where s.merchant_id = $1 and s.id in_ids($2)
			union all
			select ` + columns + `, b.barcode from barcodes b join skus s on s.merchant_id = b.merchant_id and s.id = b.sku_id where b.merchant_id = $1 and b.barcode in_texts($3)
			union all
			select ` + columns + `, s.code from skus s where s.merchant_id = $1 and s.code in_texts($3)
				and not exists (select 1 from barcodes b where b.merchant_id = $1 and b.barcode = s.code)`,
		Args: []any{m, ids, barcodes},
		Scan: func(r db.Row) error {
			var h Hit
			err := r.Scan(append(h.dest(), &h.Barcode)...)
			*out = append(*out, h)
			return err
		},
	}
}

// GetProduct reads a product with its SKUs. Fault: catalog.product_not_found.
func GetProduct(ctx context.Context, r db.Reader, m, product id.ID) (Product, error) {
	p, err := db.One(ctx, r, func(row db.Row, p *Product) error {
		return row.Scan(&p.ID, &p.Name, &p.Description, &p.Category, &p.Archived, &p.CreatedAt)
	}, `select id, name, description, category, archived, created_at from products where merchant_id = $1 and id = $2`, m, product)
	if errors.Is(err, db.ErrNoRow) {
		return Product{}, ErrProductNotFound
	}
	if err != nil {
		return Product{}, err
	}
	p.SKUs, err = db.All(ctx, r, scanSKU, `select `+columns+` from skus s where s.merchant_id = $1 and s.product_id = $2 order by s.id`, m, product)
	if err != nil {
		return Product{}, err
	}
	return p, fillBarcodes(ctx, r, m, p.SKUs)
}

// ListCategories lists the merchant's categories by code.
func ListCategories(ctx context.Context, r db.Reader, m id.ID) ([]Category, error) {
	return db.All(ctx, r, func(row db.Row, c *Category) error { return row.Scan(&c.Code, &c.Name) },
		`select code, name from categories where merchant_id = $1 order by code`, m)
}
