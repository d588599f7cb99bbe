package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// PunchPlan is a punch card as it is sold.
type PunchPlan struct {
	ID         id.ID   `json:"id" format:"uuid"`
	Name       string  `json:"name"`
	Currency   string  `json:"currency"`
	Price      Money   `json:"price"`
	Visits     int64   `json:"visits" doc:"Paid for."`
	FreeVisits int64   `json:"free_visits"`
	PerVisit   Money   `json:"per_visit" doc:"What one visit comes to, rounded down; the last takes the rest."`
	ValidDays  int     `json:"valid_days" doc:"From the sale; 0: without end."`
	Shareable  bool    `json:"shareable" doc:"Within a family."`
	Archived   bool    `json:"archived" doc:"Not sold any more; cards that were sold keep their visits."`
	SKUIDs     []id.ID `json:"sku_ids" doc:"The services that a visit may pay."`
	UpdatedAt  Instant `json:"updated_at"`
}

// NewPunchPlan is a plan to be created.
type NewPunchPlan struct {
	Name       string  `json:"name" example:"Cut or wash x10"`
	Price      Money   `json:"price"`
	Visits     int64   `json:"visits" minimum:"1"`
	FreeVisits int64   `json:"free_visits,omitempty" minimum:"0"`
	ValidDays  int     `json:"valid_days,omitempty" minimum:"0"`
	Shareable  bool    `json:"shareable,omitempty"`
	SKUIDs     []id.ID `json:"sku_ids" minItems:"1" maxItems:"100"`
}

// PunchPlanPatch changes what it names. Price, visits and days hold for cards
// that are sold from now on; services can only be added.
type PunchPlanPatch struct {
	Seen       Instant  `json:"seen,omitzero" doc:"The updated_at you have seen; without it any."`
	Name       *string  `json:"name,omitempty"`
	Price      *Money   `json:"price,omitempty"`
	Visits     *int64   `json:"visits,omitempty" minimum:"1"`
	FreeVisits *int64   `json:"free_visits,omitempty" minimum:"0"`
	ValidDays  *int     `json:"valid_days,omitempty" minimum:"0"`
	Shareable  *bool    `json:"shareable,omitempty"`
	Archived   *bool    `json:"archived,omitempty"`
	SKUIDs     *[]id.ID `json:"sku_ids,omitempty" maxItems:"100" doc:"The whole set."`
}

func (c caller) punchPlan(p catalog.PunchPlan) PunchPlan {
	return PunchPlan{ID: p.ID, Name: p.Name, Currency: c.currency.Code, Price: c.money(p.Price), Visits: p.Visits, FreeVisits: p.FreeVisits, PerVisit: c.money(p.PerVisit()),
		ValidDays: p.ValidDays, Shareable: p.Shareable, Archived: p.Archived, SKUIDs: append([]id.ID{}, p.Services...), UpdatedAt: instant(p.UpdatedAt)}
}

func (a *api) punchPlans() {
	add(a, route{id: "list-punch-plans", method: http.MethodGet, path: "/punch-plans", tag: "catalogue", summary: "List punch plans, by name"},
		func(ctx context.Context, c caller, in *struct {
			Archived bool `query:"archived" doc:"Also those that are not sold any more."`
		}) (*read[List[PunchPlan]], error) {
			plans, err := catalog.ListPlans(ctx, a.DB, c.Merchant, in.Archived)
			return listOf(plans, "", c.punchPlan), err
		})
	add(a, route{id: "get-punch-plan", method: http.MethodGet, path: "/punch-plans/{id}", tag: "catalogue", summary: "Get a punch plan"},
		func(ctx context.Context, c caller, in *IDIn) (*read[PunchPlan], error) {
			p, err := catalog.GetPlan(ctx, a.DB, c.Merchant, in.ID)
			return reads(c.punchPlan(p)), err
		})
	add(a, route{id: "create-punch-plan", method: http.MethodPost, path: "/punch-plans", tag: "catalogue", summary: "Create a punch plan", any: []auth.Permission{auth.PermCatalog}, key: mayKey, status: http.StatusCreated}, a.createPunchPlan)
	add(a, route{id: "update-punch-plan", method: http.MethodPatch, path: "/punch-plans/{id}", tag: "catalogue", summary: "Change a punch plan", any: []auth.Permission{auth.PermCatalog}}, a.updatePunchPlan)
}

func (a *api) createPunchPlan(ctx context.Context, c caller, in *struct{ Body NewPunchPlan }) (*made[PunchPlan], error) {
	b := in.Body
	amount, err := c.amount(b.Price, "price")
	if err != nil {
		return nil, err
	}
	p, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, catalog.PunchPlan, error) {
		p, err := catalog.CreatePlan(ctx, tx, c.Merchant, catalog.PunchPlan{Name: b.Name, Price: amount, Visits: b.Visits, FreeVisits: b.FreeVisits, ValidDays: b.ValidDays, Shareable: b.Shareable, Services: b.SKUIDs})
		if err != nil {
			return id.None, p, skuIDs(err)
		}
		return p.ID, p, auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "punch_plan.created", SubjectKind: "punch_plan", SubjectID: p.ID.String()})
	}, func(ctx context.Context, made id.ID) (catalog.PunchPlan, error) {
		return catalog.GetPlan(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/punch-plans/"+p.ID.String(), c.punchPlan(p), again), nil
}

func (a *api) updatePunchPlan(ctx context.Context, c caller, in *struct {
	IDIn
	Body PunchPlanPatch
}) (*read[PunchPlan], error) {
	b := in.Body
	patch := catalog.PlanPatch{Seen: clock.Instant(b.Seen), Name: b.Name, Visits: b.Visits, FreeVisits: b.FreeVisits, ValidDays: b.ValidDays, Shareable: b.Shareable, Archived: b.Archived, Services: b.SKUIDs}
	if b.Price != nil {
		v, err := c.amount(*b.Price, "price")
		if err != nil {
			return nil, err
		}
		patch.Price = new(money.Amount)
		*patch.Price = v
	}
	var out catalog.PunchPlan
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var err error
		if out, err = catalog.UpdatePlan(ctx, tx, c.Merchant, in.ID, patch); err != nil {
			return skuIDs(err)
		}
		return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "punch_plan.updated", SubjectKind: "punch_plan", SubjectID: in.ID.String(), Detail: map[string]int64{"price": int64(out.Price), "visits": out.Visits, "free_visits": out.FreeVisits}})
	})
	return reads(c.punchPlan(out)), err
}

// skuIDs names the parameter as this API has it.
func skuIDs(err error) error {
	if f := fault.Of(err); f != nil && f.Param == "services" {
		return f.On("sku_ids")
	}
	return err
}
