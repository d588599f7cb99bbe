package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tax"
)

// TaxCategory groups SKUs that are taxed alike.
type TaxCategory struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Archived bool   `json:"archived" doc:"Not offered for SKUs any more; those that have it keep it."`
}

// TaxCategoryIn adds a category or changes it.
type TaxCategoryIn struct {
	Name     string `json:"name" example:"Food"`
	Archived bool   `json:"archived,omitempty"`
}

// TaxRate is what a category is taxed with from a business date on.
type TaxRate struct {
	ID        id.ID   `json:"id" format:"uuid"`
	Category  string  `json:"category"`
	ShopID    id.ID   `json:"shop_id,omitzero" format:"uuid" doc:"Without: all shops."`
	From      string  `json:"from,omitempty" format:"date" doc:"The first business date; without: since ever."`
	Until     string  `json:"until,omitempty" format:"date" doc:"The last business date; without: no end."`
	Name      string  `json:"name" doc:"On receipts, which write the rate after it."`
	Rate      Rate    `json:"rate"`
	UpdatedAt Instant `json:"updated_at"`
}

// TaxRateIn is a rate as it comes in.
type TaxRateIn struct {
	Category string `json:"category" maxLength:"64"`
	ShopID   id.ID  `json:"shop_id,omitzero" format:"uuid"`
	From     string `json:"from,omitempty" maxLength:"10" example:"2026-01-01"`
	Until    string `json:"until,omitempty" maxLength:"10"`
	Name     string `json:"name" example:"VAT"`
	Rate     Rate   `json:"rate"`
}

func taxRateOut(r tax.Rate) TaxRate {
	return TaxRate{ID: r.ID, Category: r.Category, ShopID: r.Shop, From: string(r.From), Until: string(r.Until), Name: r.Name, Rate: Rate(r.Rate.String()), UpdatedAt: instant(r.UpdatedAt)}
}

func (a *api) taxes() {
	writing := []auth.Permission{auth.PermCatalog}
	add(a, route{id: "list-tax-categories", method: http.MethodGet, path: "/tax-categories", tag: "taxes", summary: "List tax categories"},
		func(ctx context.Context, c caller, _ *struct{}) (*read[List[TaxCategory]], error) {
			items, err := tax.ListCategories(ctx, a.DB, c.Merchant)
			return listOf(items, "", func(v tax.Category) TaxCategory { return TaxCategory(v) }), err
		})
	add(a, route{id: "put-tax-category", method: http.MethodPut, path: "/tax-categories/{code}", tag: "taxes", summary: "Add or change a tax category", any: writing}, a.putTaxCategory)
	add(a, route{id: "list-tax-rates", method: http.MethodGet, path: "/tax-rates", tag: "taxes", summary: "List tax rates",
		doc: "By category; a shop's own rate goes before that of all shops, and of those in force the one that began last wins."},
		func(ctx context.Context, c caller, in *struct {
			Category string `query:"category" maxLength:"64"`
		}) (*read[List[TaxRate]], error) {
			rates, err := tax.ListRates(ctx, a.DB, c.Merchant)
			kept := rates[:0]
			for _, r := range rates {
				if in.Category == "" || r.Category == in.Category {
					kept = append(kept, r)
				}
			}
			return listOf(kept, "", taxRateOut), err
		})
	add(a, route{id: "create-tax-rate", method: http.MethodPost, path: "/tax-rates", tag: "taxes", summary: "Add a tax rate", any: writing, key: mayKey, status: http.StatusCreated}, a.createTaxRate)
	add(a, route{id: "change-tax-rate", method: http.MethodPut, path: "/tax-rates/{id}", tag: "taxes", summary: "Change a tax rate", doc: "Sales keep the rate they were made with.", any: writing}, a.changeTaxRate)
	add(a, route{id: "remove-tax-rate", method: http.MethodDelete, path: "/tax-rates/{id}", tag: "taxes", summary: "Remove a tax rate", doc: "Sales keep the rate they were made with.", any: writing, status: http.StatusNoContent},
		func(ctx context.Context, c caller, in *IDIn) (*struct{}, error) {
			return nil, a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				if err := tax.RemoveRate(ctx, tx, c.Merchant, in.ID); err != nil {
					return err
				}
				return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "tax_rate.removed", SubjectKind: "tax_rate", SubjectID: in.ID.String()})
			})
		})
}

func (a *api) putTaxCategory(ctx context.Context, c caller, in *struct {
	Code string `path:"code" maxLength:"64"`
	Body TaxCategoryIn
}) (*read[TaxCategory], error) {
	v := tax.Category{Code: in.Code, Name: in.Body.Name, Archived: in.Body.Archived}
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := tax.PutCategory(tx, c.Merchant, &v); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "tax_category.saved", SubjectKind: "tax_category", SubjectID: v.Code})
	})
	return reads(TaxCategory(v)), err
}

// taxRate reads what came in.
func (in *TaxRateIn) taxRate() (r tax.Rate, err error) {
	r = tax.Rate{Category: in.Category, Shop: in.ShopID, From: clock.Date(in.From), Until: clock.Date(in.Until), Name: in.Name}
	r.Rate, err = rate(in.Rate, "rate")
	return r, err
}

// putTaxRate writes a rate and says so in the audit log.
func (a *api) putTaxRate(ctx context.Context, tx *db.Tx, m id.ID, r *tax.Rate) error {
	if err := checkShop(ctx, tx, m, r.Shop); err != nil {
		return on(err, "shop_id")
	}
	if err := tax.PutRate(ctx, tx, m, r); err != nil {
		return err
	}
	return auth.Audit(ctx, tx, auth.Record{Merchant: m, Action: "tax_rate.saved", SubjectKind: "tax_rate", SubjectID: r.ID.String(),
		Detail: map[string]string{"category": r.Category, "rate": r.Rate.String(), "from": string(r.From), "until": string(r.Until)}})
}

func (a *api) createTaxRate(ctx context.Context, c caller, in *struct{ Body TaxRateIn }) (*made[TaxRate], error) {
	r, err := in.Body.taxRate()
	if err != nil {
		return nil, err
	}
	r, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, tax.Rate, error) {
		v := r
		err := a.putTaxRate(ctx, tx, c.Merchant, &v)
		return v.ID, v, err
	}, func(ctx context.Context, made id.ID) (tax.Rate, error) {
		return tax.GetRate(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/tax-rates", taxRateOut(r), again), nil
}

func (a *api) changeTaxRate(ctx context.Context, c caller, in *struct {
	IDIn
	Body TaxRateIn
}) (*read[TaxRate], error) {
	r, err := in.Body.taxRate()
	if err != nil {
		return nil, err
	}
	r.ID = in.ID
	err = a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return a.putTaxRate(ctx, tx, c.Merchant, &r) })
	return reads(taxRateOut(r)), err
}
