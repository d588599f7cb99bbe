package catalog

import (
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrPlanNotFound = fault.New(fault.NotFound, "catalog.plan_not_found")
	ErrPlan         = fault.New(fault.Invalid, "catalog.plan_invalid")          // a figure outside its bounds
	ErrPlanServices = fault.New(fault.Invalid, "catalog.plan_services_invalid") // none, too many, or something that is no service
	ErrPlanShrinks  = fault.New(fault.Conflict, "catalog.plan_keeps_services")  // cards that were sold promise them
	ErrPlanArchived = fault.New(fault.Conflict, "catalog.plan_archived")        // not sold any more
)

var _ = db.Guard("ck_punch_plans_figures", ErrPlan)

const (
	maxVisits    = 10_000
	maxValidDays = 36_500
	maxServices  = 100
)

// PunchPlan is a punch card as it is sold: so many visits of any of its services
// for one price.
type PunchPlan struct {
	ID         id.ID
	Name       string
	Price      money.Amount
	Visits     int64 // paid for
	FreeVisits int64 // given along
	ValidDays  int   // from the sale; 0: without end
	Shareable  bool  // within a family
	Archived   bool  // not sold any more; cards that were sold keep their visits
	UpdatedAt  clock.Instant
	Services   []id.ID // SKUs, in order of their ids
}

// Total is how many visits a card has when it is sold.
func (p *PunchPlan) Total() int64 { return p.Visits + p.FreeVisits }

// PerVisit is what one visit comes to, rounded down; the last takes the rest.
func (p *PunchPlan) PerVisit() money.Amount {
	if p.Total() < 1 {
		return 0
	}
	return p.Price.MulDiv(1, p.Total(), money.Down)
}

// Covers reports whether a visit pays that service.
func (p *PunchPlan) Covers(sku id.ID) bool { return slices.Contains(p.Services, sku) }

func (p *PunchPlan) normalise() error {
	var err error
	if p.Name, err = cleanName(p.Name); err != nil {
		return err
	}
	switch {
	case p.Price < 0 || !money.Fits(int64(p.Price)):
		return ErrPrice.On("price")
	case p.Visits < 1 || p.Visits > maxVisits:
		return ErrPlan.On("visits").With("max", maxVisits)
	case p.FreeVisits < 0 || p.FreeVisits > maxVisits:
		return ErrPlan.On("free_visits").With("max", maxVisits)
	case p.ValidDays < 0 || p.ValidDays > maxValidDays:
		return ErrPlan.On("valid_days").With("max", maxValidDays)
	}
	p.Services = slices.Clone(p.Services)
	slices.SortFunc(p.Services, compareIDs)
	p.Services = slices.Compact(p.Services)
	if len(p.Services) == 0 || len(p.Services) > maxServices {
		return ErrPlanServices.On("services").With("max", maxServices)
	}
	return nil
}

func compareIDs(a, b id.ID) int { return slices.Compare(a[:], b[:]) }

// CreatePlan adds a plan and sends the statements. Faults: catalog.name_invalid,
// catalog.price_invalid, catalog.plan_invalid, catalog.plan_services_invalid.
func CreatePlan(ctx context.Context, tx *db.Tx, m id.ID, p PunchPlan) (PunchPlan, error) {
	if err := p.normalise(); err != nil {
		return PunchPlan{}, err
	}
	if err := tx.Flush(ctx); err != nil {
		return PunchPlan{}, err
	}
	if err := mustBeServices(ctx, tx, m, p.Services); err != nil {
		return PunchPlan{}, err
	}
	p.ID, p.Archived, p.UpdatedAt = tx.NewID(), false, tx.Now
	tx.Queue(`insert into punch_plans (merchant_id, id, name, price, visits, free_visits, valid_days, shareable, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		m, p.ID, p.Name, int64(p.Price), p.Visits, p.FreeVisits, p.ValidDays, p.Shareable, p.UpdatedAt)
	queueServices(tx, m, p.ID, p.Services)
	return p, tx.Flush(ctx)
}

func queueServices(tx *db.Tx, m, plan id.ID, skus []id.ID) {
	for _, s := range skus {
		tx.Queue(`insert into punch_plan_services (merchant_id, plan_id, sku_id) values ($1, $2, $3)`, m, plan, s)
	}
}

// mustBeServices refuses SKUs that are not there or are goods.
func mustBeServices(ctx context.Context, tx *db.Tx, m id.ID, skus []id.ID) error {
	if len(skus) == 0 {
		return nil
	}
	n, err := db.Value[int](ctx, tx, `select count(*) from skus s where s.merchant_id = $1 and s.id in_ids($2) and s.kind = 'service'`, m, skus)
	if err == nil && n != len(skus) {
		return ErrPlanServices.On("services").With("max", maxServices)
	}
	return err
}

// PlanPatch changes a plan: nil fields stay as they are. Services is the whole
// set; a plan only gains services, because cards that were sold promise them.
type PlanPatch struct {
	Seen       clock.Instant // the UpdatedAt that the caller has seen; 0: any
	Name       *string
	Price      *money.Amount
	Visits     *int64
	FreeVisits *int64
	ValidDays  *int
	Shareable  *bool
	Archived   *bool
	Services   *[]id.ID
}

// UpdatePlan changes a plan: price, visits and days hold for cards that are sold
// from now on. Faults: those of CreatePlan, catalog.plan_not_found, catalog.stale,
// catalog.plan_keeps_services.
func UpdatePlan(ctx context.Context, tx *db.Tx, m, plan id.ID, c PlanPatch) (PunchPlan, error) {
	if err := tx.Flush(ctx); err != nil {
		return PunchPlan{}, err
	}
	if _, err := db.All(ctx, tx, func(row db.Row, u *id.ID) error { return row.Scan(u) },
		`select id from punch_plans where merchant_id = $1 and id = $2 for update`, m, plan); err != nil {
		return PunchPlan{}, err
	}
	p, err := GetPlan(ctx, tx, m, plan)
	if err != nil {
		return PunchPlan{}, err
	}
	if c.Seen != 0 && c.Seen != p.UpdatedAt {
		return PunchPlan{}, ErrStale
	}
	had := p.Services
	put(&p.Name, c.Name)
	put(&p.Price, c.Price)
	put(&p.Visits, c.Visits)
	put(&p.FreeVisits, c.FreeVisits)
	put(&p.ValidDays, c.ValidDays)
	put(&p.Shareable, c.Shareable)
	put(&p.Archived, c.Archived)
	put(&p.Services, c.Services)
	if err := p.normalise(); err != nil {
		return PunchPlan{}, err
	}
	for _, s := range had {
		if !p.Covers(s) {
			return PunchPlan{}, ErrPlanShrinks.On("services")
		}
	}
	more := slices.DeleteFunc(slices.Clone(p.Services), func(s id.ID) bool { return slices.Contains(had, s) })
	if err := mustBeServices(ctx, tx, m, more); err != nil {
		return PunchPlan{}, err
	}
	p.UpdatedAt = max(tx.Now, p.UpdatedAt+1)
	tx.Queue(`update punch_plans set name = $3, price = $4, visits = $5, free_visits = $6, valid_days = $7, shareable = $8, archived = $9, updated_at = $10 where merchant_id = $1 and id = $2`,
		m, plan, p.Name, int64(p.Price), p.Visits, p.FreeVisits, p.ValidDays, p.Shareable, p.Archived, p.UpdatedAt)
	queueServices(tx, m, plan, more)
	return p, tx.Flush(ctx)
}
