package tax

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const rateColumns = `id, place_id, category, valid_from, valid_until, name, rate, updated_at`

func scanRate(m id.ID) func(db.Row, *Rate) error {
	return func(row db.Row, r *Rate) error {
		err := row.Scan(&r.ID, &r.Shop, &r.Category, &r.From, &r.Until, &r.Name, &r.Rate, &r.UpdatedAt)
		if r.Shop == m {
			r.Shop = id.None
		}
		return err
	}
}

// AskRates reads the rates that may apply in a shop: its own and the merchant's.
func AskRates(m, shop id.ID, out *Table) db.Ask {
	*out = Table{}
	scan := scanRate(m)
	return db.Ask{
		SQL:  `select ` + rateColumns + ` from tax_rates where merchant_id = $1 and (place_id = $1 or place_id = $2)`,
		Args: []any{m, shop},
		Scan: func(row db.Row) error {
			var r Rate
			if err := scan(row, &r); err != nil {
				return err
			}
			out.insert(r)
			return nil
		},
	}
}

// ListRates lists the merchant's rates of every shop, as they win.
func ListRates(ctx context.Context, r db.Reader, m id.ID) ([]Rate, error) {
	rates, err := db.All(ctx, r, scanRate(m), `select `+rateColumns+` from tax_rates where merchant_id = $1`, m)
	return NewTable(rates...).rates, err
}

// GetRate reads one. Fault: tax.rate_not_found.
func GetRate(ctx context.Context, r db.Reader, m, rate id.ID) (Rate, error) {
	all, err := db.All(ctx, r, scanRate(m), `select `+rateColumns+` from tax_rates where merchant_id = $1 and id = $2`, m, rate)
	if err == nil && len(all) == 0 {
		return Rate{}, ErrRateNotFound
	}
	if err != nil {
		return Rate{}, err
	}
	return all[0], nil
}

// ListCategories lists the categories by code, archived ones too.
func ListCategories(ctx context.Context, r db.Reader, m id.ID) ([]Category, error) {
	return db.All(ctx, r, func(row db.Row, c *Category) error { return row.Scan(&c.Code, &c.Name, &c.Archived) },
		`select code, name, archived from tax_categories where merchant_id = $1 order by code`, m)
}

// MustCategory says whether a SKU may have a category: "" always, others where
// they exist. Fault: tax.category_not_found.
func MustCategory(ctx context.Context, r db.Reader, m id.ID, code string) error {
	if code == "" {
		return nil
	}
	n, err := db.Value[int](ctx, r, `select count(*) from tax_categories where merchant_id = $1 and code = $2`, m, code)
	if err == nil && n == 0 {
		return ErrCategoryNotFound.With("category", code)
	}
	return err
}
