package catalog

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const planQuery = `select p.id, p.name, p.price, p.visits, p.free_visits, p.valid_days, p.shareable, p.archived, p.updated_at, s.sku_id
	from punch_plans p join punch_plan_services s on s.merchant_id = p.merchant_id and s.plan_id = p.id where p.merchant_id = $1 `

const planOrder = ` order by p.name, p.id, s.sku_id`

// askPlans gathers the rows of a plan, one for each of its services.
func askPlans(out *[]PunchPlan, query string, args ...any) db.Ask {
	*out = nil
	return db.Ask{SQL: query, Args: args, Scan: func(r db.Row) error {
		var p PunchPlan
		var sku id.ID
		if err := r.Scan(&p.ID, &p.Name, &p.Price, &p.Visits, &p.FreeVisits, &p.ValidDays, &p.Shareable, &p.Archived, &p.UpdatedAt, &sku); err != nil {
			return err
		}
		if n := len(*out); n == 0 || (*out)[n-1].ID != p.ID {
			*out = append(*out, p)
		}
		last := &(*out)[len(*out)-1]
		last.Services = append(last.Services, sku)
		return nil
	}}
}

// AskPlans reads plans by id with their services, archived ones too, by name.
// What is not known is missing.
func AskPlans(m id.ID, ids []id.ID, out *[]PunchPlan) db.Ask {
	return askPlans(out, planQuery+`and p.id in_ids($2)`+planOrder, m, ids)
}

// AskPlansCovering reads every plan, with all its services, that covers at least
// one of the SKUs: archived ones too, because a card that was sold still pays.
func AskPlansCovering(m id.ID, skus []id.ID, out *[]PunchPlan) db.Ask {
	return askPlans(out, planQuery+`and p.id in (select c.plan_id from punch_plan_services c where c.merchant_id = $1 and c.sku_id in_ids($2))`+planOrder, m, skus)
}

// ListPlans lists the plans by name; archived: also those not sold any more.
func ListPlans(ctx context.Context, r db.Reader, m id.ID, archived bool) ([]PunchPlan, error) {
	var out []PunchPlan
	query := planQuery + `and not p.archived` + planOrder
	if archived {
		query = planQuery + planOrder
	}
	err := r.Batch(ctx, askPlans(&out, query, m))
	return out, err
}

// GetPlan reads a plan. Fault: catalog.plan_not_found.
func GetPlan(ctx context.Context, r db.Reader, m, plan id.ID) (PunchPlan, error) {
	var out []PunchPlan
	if err := r.Batch(ctx, AskPlans(m, []id.ID{plan}, &out)); err != nil {
		return PunchPlan{}, err
	}
	if len(out) == 0 {
		return PunchPlan{}, ErrPlanNotFound
	}
	return out[0], nil
}
