package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/staff"
)

// CommissionStep is what a plan gives from a figure on: a rate of it, an amount
// for each piece (metric count), or a fixed amount.
type CommissionStep struct {
	From  Quantity `json:"from" doc:"Money, or pieces where the metric is count."`
	Rate  Rate     `json:"rate,omitempty"`
	Each  Money    `json:"each,omitempty"`
	Fixed Money    `json:"fixed,omitempty"`
}

// CommissionPlanIn is a rule over a period, as it is written. Empty lists mean
// all; categories and SKUs together are one list.
type CommissionPlanIn struct {
	Name           string           `json:"name" example:"Seniors by the month"`
	Period         string           `json:"period" enum:"week,month,quarter"`
	Metric         string           `json:"metric" enum:"amount,count,margin"`
	BeforeDiscount bool             `json:"before_discount,omitempty"`
	LessTax        bool             `json:"less_tax,omitempty"`
	LessCost       bool             `json:"less_cost,omitempty"`
	LessPrepaid    bool             `json:"less_prepaid,omitempty" doc:"What stored value and punch cards paid does not count; always so where the plan pays for selling them."`
	LineKinds      []string         `json:"line_kinds,omitempty" enum:"goods,service,top_up,punch_card,gift_card"`
	Categories     []string         `json:"categories,omitempty" maxItems:"500"`
	SKUCodes       []string         `json:"sku_codes,omitempty" maxItems:"500"`
	StaffIDs       []id.ID          `json:"staff_ids,omitempty" maxItems:"500"`
	Levels         []string         `json:"levels,omitempty" maxItems:"500"`
	Roles          []string         `json:"roles,omitempty" enum:"performer,assistant,seller,receptionist"`
	Mode           string           `json:"mode,omitempty" enum:"progressive,retroactive" doc:"Progressive (default): each part at its own step. Retroactive: all of it at the highest step reached."`
	Combination    string           `json:"combination,omitempty" enum:"replace,add" doc:"Replace (default): it decides what its lines give. Add: on top of what rule packs booked."`
	Steps          []CommissionStep `json:"steps" minItems:"1" maxItems:"30"`
	ValidFrom      string           `json:"valid_from" format:"date"`
	ValidUntil     string           `json:"valid_until,omitempty" format:"date" doc:"Included; without: no end."`
}

// CommissionPlan is a rule over a period.
type CommissionPlan struct {
	ID       id.ID  `json:"id" format:"uuid"`
	Currency string `json:"currency"`
	Archived bool   `json:"archived"`
	CommissionPlanIn
	CreatedAt Instant `json:"created_at,omitzero"`
	UpdatedAt Instant `json:"updated_at,omitzero"`
}

// planFigure writes what a plan counts: money, or pieces.
func (c caller) planFigure(metric string, v int64) Quantity {
	if metric == staff.MetricCount {
		return Quantity(money.Quantity(v).String())
	}
	return Quantity(c.currency.Format(money.Amount(v)))
}

func (c caller) commissionPlan(p staff.Plan) CommissionPlan {
	out := CommissionPlan{ID: p.ID, Currency: c.currency.Code, Archived: p.Archived, CreatedAt: instant(p.CreatedAt), UpdatedAt: instant(p.UpdatedAt),
		CommissionPlanIn: CommissionPlanIn{Name: p.Name, Period: string(p.Period), Metric: p.Metric, BeforeDiscount: p.BeforeDiscount, LessTax: p.LessTax, LessCost: p.LessCost, LessPrepaid: p.LessPrepaid,
			LineKinds: p.LineKinds, Categories: p.Categories, SKUCodes: p.SKUs, StaffIDs: p.Staff, Levels: p.Levels, Mode: p.Mode, Combination: p.Combination, Steps: []CommissionStep{},
			ValidFrom: string(p.ValidFrom), ValidUntil: string(p.ValidUntil)}}
	for _, r := range p.Roles {
		out.Roles = append(out.Roles, string(r))
	}
	for _, s := range p.Steps {
		step := CommissionStep{From: c.planFigure(p.Metric, s.From)}
		switch {
		case s.Rate != 0:
			step.Rate = Rate(s.Rate.String())
		case s.Each != 0:
			step.Each = c.money(s.Each)
		case s.Fixed != 0:
			step.Fixed = c.money(s.Fixed)
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

// planIn reads a plan as it is written.
func (c caller) planIn(b *CommissionPlanIn) (p staff.Plan, err error) {
	p = staff.Plan{Name: b.Name, Period: staff.Period(b.Period), Metric: b.Metric, BeforeDiscount: b.BeforeDiscount, LessTax: b.LessTax, LessCost: b.LessCost, LessPrepaid: b.LessPrepaid, LineKinds: b.LineKinds,
		Categories: b.Categories, SKUs: b.SKUCodes, Staff: b.StaffIDs, Levels: b.Levels, Mode: b.Mode, Combination: b.Combination, ValidFrom: clock.Date(b.ValidFrom), ValidUntil: clock.Date(b.ValidUntil)}
	for _, r := range b.Roles {
		p.Roles = append(p.Roles, staff.Role(r))
	}
	for i, s := range b.Steps {
		at := fmt.Sprintf("steps[%d].", i)
		var step staff.Step
		if p.Metric == staff.MetricCount {
			var q money.Quantity
			q, err = quantity(s.From, at+"from")
			step.From = int64(q)
		} else {
			var v money.Amount
			v, err = c.amount(Money(s.From), at+"from")
			step.From = int64(v)
		}
		if err == nil && s.Rate != "" {
			step.Rate, err = rate(s.Rate, at+"rate")
		}
		if err == nil && s.Each != "" {
			step.Each, err = c.amount(s.Each, at+"each")
		}
		if err == nil && s.Fixed != "" {
			step.Fixed, err = c.amount(s.Fixed, at+"fixed")
		}
		if err != nil {
			return p, err
		}
		p.Steps = append(p.Steps, step)
	}
	return p, nil
}

func (a *api) commissionPlans() {
	add(a, route{id: "list-commission-plans", method: http.MethodGet, path: "/commissions/plans", tag: commissionTag, summary: "List commission plans, in the order in which they take lines", any: seesCommission},
		func(ctx context.Context, c caller, in *struct {
			Archived bool `query:"archived" doc:"Also those out of use."`
		}) (*read[List[CommissionPlan]], error) {
			all, err := staff.Plans(ctx, a.DB, c.Merchant)
			var plans []staff.Plan
			for _, p := range all {
				if !p.Archived || in.Archived {
					plans = append(plans, p)
				}
			}
			return listOf(plans, "", c.commissionPlan), err
		})
	add(a, route{id: "get-commission-plan", method: http.MethodGet, path: "/commissions/plans/{id}", tag: commissionTag, summary: "Get a commission plan", any: seesCommission},
		func(ctx context.Context, c caller, in *IDIn) (*read[CommissionPlan], error) {
			p, err := staff.GetPlan(ctx, a.DB, c.Merchant, in.ID)
			return reads(c.commissionPlan(p)), err
		})
	add(a, route{id: "create-commission-plan", method: http.MethodPost, path: "/commissions/plans", tag: commissionTag, summary: "Create a commission plan", any: runsCommission, key: mayKey, status: http.StatusCreated},
		func(ctx context.Context, c caller, in *struct{ Body CommissionPlanIn }) (*made[CommissionPlan], error) {
			p, err := c.planIn(&in.Body)
			if err != nil {
				return nil, err
			}
			p, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, staff.Plan, error) {
				p, err := staff.CreatePlan(ctx, tx, c.Merchant, p)
				return p.ID, p, planParam(err)
			}, func(ctx context.Context, made id.ID) (staff.Plan, error) {
				return staff.GetPlan(ctx, a.DB, c.Merchant, made)
			})
			if err != nil {
				return nil, err
			}
			return madeAt("/commissions/plans/"+p.ID.String(), c.commissionPlan(p), again), nil
		})
	add(a, route{id: "update-commission-plan", method: http.MethodPut, path: "/commissions/plans/{id}", tag: commissionTag, summary: "Change a commission plan",
		doc: "Where a final settlement paid by it, only its name and its end.", any: runsCommission},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body CommissionPlanIn
		}) (*read[CommissionPlan], error) {
			p, err := c.planIn(&in.Body)
			if err != nil {
				return nil, err
			}
			p.ID = in.ID
			err = a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
				p, err = staff.UpdatePlan(ctx, tx, c.Merchant, p)
				return planParam(err)
			})
			return reads(c.commissionPlan(p)), err
		})
	add(a, route{id: "archive-commission-plan", method: http.MethodDelete, path: "/commissions/plans/{id}", tag: commissionTag, summary: "Take a commission plan out of use",
		doc: "It ends with the last date that is settled.", any: runsCommission},
		func(ctx context.Context, c caller, in *IDIn) (*read[CommissionPlan], error) {
			var p staff.Plan
			err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
				p, err = staff.ArchivePlan(ctx, tx, c.Merchant, in.ID)
				return err
			})
			return reads(c.commissionPlan(p)), err
		})
}

// planParam names the parameter as this API has it.
func planParam(err error) error {
	if err == nil {
		return nil
	}
	if f := fault.Of(err); f.Param == "skus" {
		return f.On("sku_codes")
	}
	return err
}
