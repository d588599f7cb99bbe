package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/staff"
)

// CommissionSettlement is a run over a period: what was booked, what the plans
// give, and the difference that it books.
type CommissionSettlement struct {
	ID          id.ID                   `json:"id" format:"uuid"`
	Period      string                  `json:"period" enum:"week,month,quarter"`
	First       string                  `json:"first" format:"date"`
	Last        string                  `json:"last" format:"date"`
	State       string                  `json:"state" enum:"draft,final"`
	Currency    string                  `json:"currency"`
	CreatedAt   Instant                 `json:"created_at"`
	FinalisedAt Instant                 `json:"finalised_at,omitzero"`
	Plans       []CommissionPlan        `json:"plans" doc:"As they were."`
	Results     []CommissionResult      `json:"results"`
	Staff       []CommissionStaffTotal  `json:"staff"`
	Recomputed  []CommissionRecomputing `json:"recomputed" doc:"What earlier periods would have given had they known of the refunds since. They do not move."`
}

// CommissionResult is what one plan gives one person.
type CommissionResult struct {
	PlanID     id.ID            `json:"plan_id" format:"uuid"`
	StaffID    id.ID            `json:"staff_id" format:"uuid"`
	Figure     Quantity         `json:"figure" doc:"Money, or pieces."`
	Amount     Money            `json:"amount" doc:"What the plan gives for it."`
	Bands      []CommissionBand `json:"bands"`
	BackFigure Quantity         `json:"back_figure" doc:"Refunds of earlier periods' sales; negative."`
	Back       Money            `json:"back" doc:"What they take back, at what those periods paid."`
	Booked     Money            `json:"booked" doc:"The entries that the plan replaces."`
	Difference Money            `json:"difference" doc:"What the settlement books."`
}

// CommissionBand is what one step gives.
type CommissionBand struct {
	From   Quantity `json:"from"`
	Figure Quantity `json:"figure"`
	Amount Money    `json:"amount"`
}

// CommissionStaffTotal is one person's period.
type CommissionStaffTotal struct {
	StaffID    id.ID           `json:"staff_id" format:"uuid"`
	Earned     Money           `json:"earned"`
	ClawedBack Money           `json:"clawed_back"`
	Manual     Money           `json:"manual"`
	Difference Money           `json:"difference"`
	Total      Money           `json:"total"`
	Groups     []CommissionSum `json:"groups"`
}

// CommissionRecomputing is an earlier period's result with later refunds.
type CommissionRecomputing struct {
	SettlementID id.ID    `json:"settlement_id" format:"uuid"`
	PlanID       id.ID    `json:"plan_id" format:"uuid"`
	StaffID      id.ID    `json:"staff_id" format:"uuid"`
	Figure       Quantity `json:"figure"`
	FigureNow    Quantity `json:"figure_now"`
	Paid         Money    `json:"paid" doc:"Less what refunds took back."`
	WouldBe      Money    `json:"would_be"`
}

// NewCommissionSettlement names the period by any of its dates.
type NewCommissionSettlement struct {
	Period string `json:"period" enum:"week,month,quarter"`
	Date   string `json:"date" format:"date"`
}

func (c caller) settlement(s staff.Settlement) CommissionSettlement {
	rep := &s.Report
	out := CommissionSettlement{ID: s.ID, Period: string(s.Period), First: string(s.First), Last: string(s.Last), State: s.State, Currency: c.currency.Code, CreatedAt: instant(s.CreatedAt), FinalisedAt: instant(s.FinalisedAt),
		Plans: []CommissionPlan{}, Results: []CommissionResult{}, Staff: []CommissionStaffTotal{}, Recomputed: []CommissionRecomputing{}}
	metric := map[id.ID]string{}
	for _, p := range rep.Plans {
		metric[p.ID] = p.Metric
		out.Plans = append(out.Plans, c.commissionPlan(p))
	}
	for _, r := range rep.Results {
		in := metric[r.Plan]
		v := CommissionResult{PlanID: r.Plan, StaffID: r.Staff, Figure: c.planFigure(in, r.Figure), Amount: c.money(r.Amount), Bands: []CommissionBand{}, BackFigure: c.planFigure(in, r.BackFigure), Back: c.money(r.Back),
			Booked: c.money(r.Booked), Difference: c.money(r.Difference)}
		for _, b := range r.Bands {
			v.Bands = append(v.Bands, CommissionBand{From: c.planFigure(in, b.From), Figure: c.planFigure(in, b.Figure), Amount: c.money(b.Amount)})
		}
		out.Results = append(out.Results, v)
	}
	for _, t := range rep.Staff {
		v := CommissionStaffTotal{StaffID: t.Staff, Earned: c.money(t.Earned), ClawedBack: c.money(t.ClawedBack), Manual: c.money(t.Manual), Difference: c.money(t.Difference), Total: c.money(t.Total), Groups: []CommissionSum{}}
		for _, g := range t.Groups {
			v.Groups = append(v.Groups, c.commissionSum(g))
		}
		out.Staff = append(out.Staff, v)
	}
	for _, r := range rep.Recomputed {
		in := metric[r.Plan]
		out.Recomputed = append(out.Recomputed, CommissionRecomputing{SettlementID: r.Settlement, PlanID: r.Plan, StaffID: r.Staff, Figure: c.planFigure(in, r.Figure), FigureNow: c.planFigure(in, r.FigureNow), Paid: c.money(r.Paid), WouldBe: c.money(r.WouldBe)})
	}
	return out
}

func (a *api) commissionSettlements() {
	add(a, route{id: "list-commission-settlements", method: http.MethodGet, path: "/commissions/settlements", tag: commissionTag, summary: "List settlements, the newest first", any: seesCommission},
		func(ctx context.Context, c caller, in *struct{ PageIn }) (*read[List[CommissionSettlement]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, next, err := staff.Settlements(ctx, a.DB, c.Merchant, p)
			return listOf(rows, next, c.settlement), err
		})
	add(a, route{id: "get-commission-settlement", method: http.MethodGet, path: "/commissions/settlements/{id}", tag: commissionTag, summary: "Get a settlement with its difference report", any: seesCommission},
		func(ctx context.Context, c caller, in *IDIn) (*read[CommissionSettlement], error) {
			s, err := staff.GetSettlement(ctx, a.DB, c.Merchant, in.ID)
			return reads(c.settlement(s)), err
		})
	add(a, route{id: "draft-commission-settlement", method: http.MethodPost, path: "/commissions/settlements", tag: commissionTag, summary: "Compute the settlement of a period as a draft",
		doc: "There is one for each period: a draft is computed anew, a final one is answered as it is.", any: runsCommission, key: mustKey, status: http.StatusCreated}, a.draftSettlement)
	add(a, route{id: "finalise-commission-settlement", method: http.MethodPost, path: "/commissions/settlements/{id}/finalise", tag: commissionTag, summary: "Book a settlement and close its period",
		doc: "Computed anew from the books; a final one is answered as it is.", any: runsCommission, key: mustKey}, a.finaliseSettlement)
}

func (a *api) rereadSettlement(c caller) func(context.Context, id.ID) (staff.Settlement, error) {
	return func(ctx context.Context, made id.ID) (staff.Settlement, error) {
		return staff.GetSettlement(ctx, a.DB, c.Merchant, made)
	}
}

func (a *api) draftSettlement(ctx context.Context, c caller, in *struct{ Body NewCommissionSettlement }) (*made[CommissionSettlement], error) {
	// Computed before the transaction: a chain's month takes longer to read than a
	// till should wait.
	rep, err := staff.Settle(ctx, a.DB, c.Merchant, staff.Period(in.Body.Period), clock.Date(in.Body.Date))
	if err != nil {
		return nil, on(err, "date")
	}
	s, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, staff.Settlement, error) {
		s, err := staff.SaveDraft(ctx, tx, c.Merchant, rep)
		return s.ID, s, err
	}, a.rereadSettlement(c))
	if err != nil {
		return nil, err
	}
	return madeAt("/commissions/settlements/"+s.ID.String(), c.settlement(s), again), nil
}

func (a *api) finaliseSettlement(ctx context.Context, c caller, in *IDIn) (*made[CommissionSettlement], error) {
	draft, err := staff.GetSettlement(ctx, a.DB, c.Merchant, in.ID)
	if err != nil {
		return nil, err
	}
	rep, err := staff.Settle(ctx, a.DB, c.Merchant, draft.Period, draft.First)
	if err != nil {
		return nil, err
	}
	today, err := staff.BusinessToday(ctx, a.DB, c.Merchant, a.DB.Now())
	if err != nil {
		return nil, err
	}
	s, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, staff.Settlement, error) {
		s, err := staff.Finalise(ctx, tx, c.Merchant, in.ID, rep, today)
		return s.ID, s, err
	}, a.rereadSettlement(c))
	if err != nil {
		return nil, err
	}
	return madeAt("/commissions/settlements/"+s.ID.String(), c.settlement(s), again), nil
}
