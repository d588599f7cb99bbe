package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/tax"
)

// SKU is what is priced, sold and stocked.
type SKU struct {
	ID          id.ID    `json:"id" format:"uuid"`
	ProductID   id.ID    `json:"product_id" format:"uuid"`
	Code        string   `json:"code"`
	Name        string   `json:"name"`
	Kind        string   `json:"kind" enum:"goods,service"`
	Category    string   `json:"category"`
	Currency    string   `json:"currency"`
	UnitPrice   Money    `json:"unit_price" doc:"Of one unit, with up to four decimals."`
	Cost        Money    `json:"cost,omitempty" doc:"For callers with the permission catalog or reports."`
	TaxCategory string   `json:"tax_category"`
	Stocked     bool     `json:"stocked"`
	Archived    bool     `json:"archived"`
	Barcodes    []string `json:"barcodes"`
	UpdatedAt   Instant  `json:"updated_at"`
}

// NewSKU is a SKU to be created. Without a product one is made along.
type NewSKU struct {
	Code        string   `json:"code" example:"TEA-100"`
	Name        string   `json:"name" example:"Green tea 100 g"`
	Kind        string   `json:"kind,omitempty" enum:"goods,service" default:"goods"`
	Category    string   `json:"category,omitempty"`
	UnitPrice   Money    `json:"unit_price"`
	Cost        Money    `json:"cost,omitempty"`
	TaxCategory string   `json:"tax_category,omitempty" doc:"The code of a tax category; without: the shop's default rate."`
	Stocked     *bool    `json:"stocked,omitempty" doc:"Sales take it from stock. Default: goods are, services are not."`
	Barcodes    []string `json:"barcodes,omitempty" maxItems:"20"`
	ProductID   id.ID    `json:"product_id,omitzero" format:"uuid"`
	Description string   `json:"description,omitempty"`
}

// SKUPatch changes what it names; sales keep what they were made with.
type SKUPatch struct {
	Seen        Instant   `json:"seen,omitzero" doc:"The updated_at you have seen; without it any."`
	Code        *string   `json:"code,omitempty"`
	Name        *string   `json:"name,omitempty"`
	Category    *string   `json:"category,omitempty"`
	UnitPrice   *Money    `json:"unit_price,omitempty"`
	Cost        *Money    `json:"cost,omitempty"`
	TaxCategory *string   `json:"tax_category,omitempty" doc:"The code of a tax category; \"\": the shop's default rate."`
	Stocked     *bool     `json:"stocked,omitempty"`
	Archived    *bool     `json:"archived,omitempty"`
	Barcodes    *[]string `json:"barcodes,omitempty" maxItems:"20" doc:"The whole set."`
}

func (c caller) sku(s catalog.SKU) SKU {
	out := SKU{
		ID: s.ID, ProductID: s.Product, Code: s.Code, Name: s.Name, Kind: string(s.Kind), Category: s.Category, Currency: c.currency.Code, UnitPrice: Money(c.currency.FormatPrice(s.UnitPrice)),
		TaxCategory: s.TaxCategory, Stocked: s.Stocked, Archived: s.Archived, Barcodes: append([]string{}, s.Barcodes...), UpdatedAt: instant(s.UpdatedAt),
	}
	if c.May(auth.PermCatalog) || c.May(auth.PermReports) {
		out.Cost = Money(c.currency.FormatPrice(s.Cost))
	}
	return out
}

type skusIn struct {
	PageIn
	Q        string `query:"q" maxLength:"100" doc:"A part of the name or the code."`
	Barcode  string `query:"barcode" maxLength:"80" doc:"Exactly; a SKU's code where no bar code is equal."`
	Category string `query:"category" maxLength:"64"`
	Kind     string `query:"kind" enum:"goods,service"`
	Archived bool   `query:"archived" doc:"Also the archived ones."`
}

func (a *api) skus() {
	add(a, route{id: "list-skus", method: http.MethodGet, path: "/skus", tag: "catalogue", summary: "Find SKUs"},
		func(ctx context.Context, c caller, in *skusIn) (*read[List[SKU]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			items, next, err := catalog.List(ctx, a.DB, c.Merchant, catalog.Filter{Query: in.Q, Barcode: in.Barcode, Category: in.Category, Kind: catalog.Kind(in.Kind), Archived: in.Archived}, p)
			return listOf(items, next, c.sku), err
		})
	add(a, route{id: "get-sku", method: http.MethodGet, path: "/skus/{id}", tag: "catalogue", summary: "Get a SKU"},
		func(ctx context.Context, c caller, in *IDIn) (*read[SKU], error) {
			s, err := catalog.Get(ctx, a.DB, c.Merchant, in.ID)
			return reads(c.sku(s)), err
		})
	add(a, route{id: "create-sku", method: http.MethodPost, path: "/skus", tag: "catalogue", summary: "Create a SKU", any: []auth.Permission{auth.PermCatalog}, key: mayKey, status: http.StatusCreated}, a.createSKU)
	add(a, route{id: "update-sku", method: http.MethodPatch, path: "/skus/{id}", tag: "catalogue", summary: "Change a SKU", any: []auth.Permission{auth.PermCatalog}}, a.updateSKU)
}

func (a *api) createSKU(ctx context.Context, c caller, in *struct{ Body NewSKU }) (*made[SKU], error) {
	b := in.Body
	unit, err := price(b.UnitPrice, "unit_price")
	if err != nil {
		return nil, err
	}
	var cost money.UnitPrice
	if b.Cost != "" {
		if cost, err = price(b.Cost, "cost"); err != nil {
			return nil, err
		}
	}
	stocked := b.Kind != string(catalog.Service)
	if b.Stocked != nil {
		stocked = *b.Stocked
	}
	s, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, catalog.SKU, error) {
		if err := tax.MustCategory(ctx, tx, c.Merchant, b.TaxCategory); err != nil {
			return id.None, catalog.SKU{}, on(err, "tax_category")
		}
		s, err := catalog.Create(ctx, tx, catalog.In{Merchant: c.Merchant, Product: b.ProductID, Code: b.Code, Name: b.Name, Description: b.Description, Kind: catalog.Kind(b.Kind), Category: b.Category,
			UnitPrice: unit, Cost: cost, TaxCategory: b.TaxCategory, Stocked: stocked, Barcodes: b.Barcodes})
		return s.ID, s, err
	}, func(ctx context.Context, made id.ID) (catalog.SKU, error) {
		return catalog.Get(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/skus/"+s.ID.String(), c.sku(s), again), nil
}

func (a *api) updateSKU(ctx context.Context, c caller, in *struct {
	IDIn
	Body SKUPatch
}) (*read[SKU], error) {
	b := in.Body
	patch := catalog.Patch{Seen: clock.Instant(b.Seen), Code: b.Code, Name: b.Name, Category: b.Category, TaxCategory: b.TaxCategory, Stocked: b.Stocked, Archived: b.Archived, Barcodes: b.Barcodes}
	for _, p := range []struct {
		in    *Money
		param string
		to    **money.UnitPrice
	}{{b.UnitPrice, "unit_price", &patch.UnitPrice}, {b.Cost, "cost", &patch.Cost}} {
		if p.in == nil {
			continue
		}
		v, err := price(*p.in, p.param)
		if err != nil {
			return nil, err
		}
		*p.to = &v
	}
	var out catalog.SKU
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if b.TaxCategory != nil {
			if err := tax.MustCategory(ctx, tx, c.Merchant, *b.TaxCategory); err != nil {
				return on(err, "tax_category")
			}
		}
		was, err := catalog.Get(ctx, tx, c.Merchant, in.ID)
		if err != nil {
			return err
		}
		if out, err = catalog.Update(ctx, tx, c.Merchant, in.ID, patch); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "sku.updated", SubjectKind: "sku", SubjectID: in.ID.String(),
			Detail: map[string]int64{"price_before": int64(was.UnitPrice), "price": int64(out.UnitPrice)}})
	})
	return reads(c.sku(out)), err
}
