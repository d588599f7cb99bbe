package tax

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// PutCategory adds a category or changes it. Faults: tax.category_invalid,
// tax.name_invalid.
func PutCategory(tx *db.Tx, m id.ID, c *Category) error {
	if err := c.normalise(); err != nil {
		return err
	}
	tx.Queue(`insert into tax_categories (merchant_id, code, name, archived) values ($1, $2, $3, $4)
		on conflict (merchant_id, code) do update set name = excluded.name, archived = excluded.archived`, m, c.Code, c.Name, c.Archived)
	return nil
}

// PutRate adds a rate where r has no ID, and gives it one; otherwise it changes
// that rate. Sales keep what they were made with. It sends the statements. Faults:
// tax.category_not_found, tax.name_invalid, tax.rate_invalid, tax.validity_invalid,
// tax.rate_taken, tax.rate_not_found.
func PutRate(ctx context.Context, tx *db.Tx, m id.ID, r *Rate) error {
	if err := r.normalise(); err != nil {
		return err
	}
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	if err := MustCategory(ctx, tx, m, r.Category); err != nil {
		return err
	}
	place := m
	if !r.Shop.IsNone() {
		place = r.Shop
	}
	r.UpdatedAt = tx.Now
	if r.ID.IsNone() {
		r.ID = tx.NewID()
		tx.Queue(`insert into tax_rates (merchant_id, id, place_id, category, valid_from, valid_until, name, rate, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			m, r.ID, place, r.Category, r.From, r.Until, r.Name, int64(r.Rate), r.UpdatedAt)
		return tx.Flush(ctx)
	}
	n, err := tx.Exec(ctx, `update tax_rates set place_id = $3, category = $4, valid_from = $5, valid_until = $6, name = $7, rate = $8, updated_at = $9 where merchant_id = $1 and id = $2`,
		m, r.ID, place, r.Category, r.From, r.Until, r.Name, int64(r.Rate), r.UpdatedAt)
	if err == nil && n == 0 {
		return ErrRateNotFound
	}
	return err
}

// RemoveRate takes a rate out of the table; sales keep what they were made with.
// Fault: tax.rate_not_found.
func RemoveRate(ctx context.Context, tx *db.Tx, m, rate id.ID) error {
	n, err := tx.Exec(ctx, `delete from tax_rates where merchant_id = $1 and id = $2`, m, rate)
	if err == nil && n == 0 {
		return ErrRateNotFound
	}
	return err
}
