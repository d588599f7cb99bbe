package staff

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrPlanUsed = fault.New(fault.Conflict, "commission.plan_paid_by")           // a final settlement paid by it: only its name and end may change
	ErrPlanPast = fault.New(fault.Conflict, "commission.plan_reaches_back")      // into a period that is settled
	ErrTooMany  = fault.New(fault.Conflict, "commission.too_many_plans")         // over 200
	_           = db.Guard("ck_commission_plans_period", ErrPeriod.On("period")) // Check answers it first
)

const maxPlans = 200

func scanPlan(r db.Row, p *Plan) error {
	var definition string
	if err := r.Scan(&p.ID, &p.Name, &p.Period, &p.ValidFrom, &p.ValidUntil, &p.Archived, &definition, &p.CreatedAt, &p.UpdatedAt); err != nil {
		return err
	}
	whole := *p
	if err := json.Unmarshal([]byte(definition), p); err != nil {
		return err
	}
	p.ID, p.Name, p.Period, p.ValidFrom, p.ValidUntil, p.Archived, p.CreatedAt, p.UpdatedAt = whole.ID, whole.Name, whole.Period, whole.ValidFrom, whole.ValidUntil, whole.Archived, whole.CreatedAt, whole.UpdatedAt
	return nil
}

const planColumns = `id, name, period, valid_from, valid_until, archived, definition, created_at, updated_at`

// Plans lists the merchant's plans, the oldest first: the order in which they
// take lines.
func Plans(ctx context.Context, r db.Reader, m id.ID) ([]Plan, error) {
	return db.All(ctx, r, scanPlan, `select `+planColumns+` from commission_plans where merchant_id = $1 order by id`, m)
}

// GetPlan reads one. Fault: commission.plan_not_found.
func GetPlan(ctx context.Context, r db.Reader, m, plan id.ID) (Plan, error) {
	p, err := db.One(ctx, r, scanPlan, `select `+planColumns+` from commission_plans where merchant_id = $1 and id = $2`, m, plan)
	if errors.Is(err, db.ErrNoRow) {
		return p, ErrPlanMissing
	}
	return p, err
}

// settledUntil is the last date that final settlements of each period cover.
type settledUntil map[Period]clock.Date

func (s settledUntil) latest() (d clock.Date) {
	for _, v := range s {
		d = max(d, v)
	}
	return d
}

// of is the last date that is settled as far as a plan goes: for one that
// replaces, by any settlement, since others left its lines out.
func (s settledUntil) of(p *Plan) clock.Date {
	if p.Combination == Replaces {
		return s.latest()
	}
	return s[p.Period]
}

// lockPlans makes those who change plans and those who settle wait for one
// another, and reads what is settled.
func lockPlans(ctx context.Context, tx *db.Tx, m id.ID) (settledUntil, error) {
	out := settledUntil{}
	tx.Ask(func(r db.Row) error { var u id.ID; return r.Scan(&u) }, `select merchant_id from merchants where merchant_id = $1 for no key update`, m)
	tx.Ask(func(r db.Row) error {
		var p Period
		var d clock.Date
		err := r.Scan(&p, &d)
		out[p] = d
		return err
	}, `select period, max(last_date) from commission_settlements where merchant_id = $1 and state = 'final' group by period`, m)
	return out, tx.Flush(ctx)
}

// CreatePlan adds a plan and audits it. A plan must not reach back into a period
// that is settled; one that replaces not into that of any settlement, since its
// lines may have been paid by another plan. Faults: those of Plan.Check,
// commission.plan_reaches_back, commission.too_many_plans.
func CreatePlan(ctx context.Context, tx *db.Tx, m id.ID, p Plan) (Plan, error) {
	if err := p.Check(); err != nil {
		return p, err
	}
	settled, err := lockPlans(ctx, tx, m)
	if err != nil {
		return p, err
	}
	all, err := Plans(ctx, tx, m)
	if err != nil {
		return p, err
	}
	if len(all) >= maxPlans {
		return p, ErrTooMany
	}
	if err := settled.allows(&p); err != nil {
		return p, err
	}
	p.ID, p.Archived, p.CreatedAt, p.UpdatedAt = tx.NewID(), false, tx.Now, tx.Now
	for _, o := range all { // the order of plans is that of their ids, whatever the clocks say
		if !o.ID.Less(p.ID) {
			p.ID = tx.NewID()
		}
	}
	tx.Queue(`insert into commission_plans (merchant_id, `+planColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		m, p.ID, p.Name, string(p.Period), string(p.ValidFrom), string(p.ValidUntil), p.Archived, p.definition(), p.CreatedAt, p.UpdatedAt)
	return p, auth.Audit(ctx, tx, auth.Record{Merchant: m, Action: "commission_plan.created", SubjectKind: "commission_plan", SubjectID: p.ID.String(), Detail: p})
}

func (p *Plan) definition() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic("staff: a plan that is not JSON: " + err.Error())
	}
	return string(b)
}

// allows: the plan begins after what is settled.
func (s settledUntil) allows(p *Plan) error {
	if until := s.of(p); until != "" && p.ValidFrom <= until {
		return ErrPlanPast.On("valid_from").With("date", string(s.of(p)))
	}
	return nil
}

// UpdatePlan changes a plan and audits it. Where a final settlement paid by it,
// only its name and its end may change, the end not to before what is settled.
// Faults: those of CreatePlan, commission.plan_not_found, commission.plan_paid_by.
func UpdatePlan(ctx context.Context, tx *db.Tx, m id.ID, p Plan) (Plan, error) {
	if err := p.Check(); err != nil {
		return p, err
	}
	settled, err := lockPlans(ctx, tx, m)
	if err != nil {
		return p, err
	}
	old, err := GetPlan(ctx, tx, m, p.ID)
	if err != nil {
		return p, err
	}
	p.CreatedAt, p.UpdatedAt = old.CreatedAt, tx.Now
	if until := settled.of(&old); until != "" && old.ValidFrom <= until {
		same := p
		same.Name, same.ValidUntil = old.Name, old.ValidUntil
		if same.definition() != old.definition() {
			return p, ErrPlanUsed
		}
		if p.ValidUntil != "" && p.ValidUntil < min(until, end(old.ValidUntil)) {
			return p, ErrPlanPast.On("valid_until").With("date", string(until))
		}
		if old.ValidUntil != "" && old.ValidUntil <= until && p.ValidUntil != old.ValidUntil { // over, and settled as over
			return p, ErrPlanPast.On("valid_until").With("date", string(until))
		}
	} else if err := settled.allows(&p); err != nil {
		return p, err
	}
	p.queueUpdate(tx, m)
	return p, auth.Audit(ctx, tx, auth.Record{Merchant: m, Action: "commission_plan.changed", SubjectKind: "commission_plan", SubjectID: p.ID.String(), Detail: p})
}

func end(d clock.Date) clock.Date {
	if d == "" {
		return "9999-12-31"
	}
	return d
}

func (p *Plan) queueUpdate(tx *db.Tx, m id.ID) {
	tx.Queue(`update commission_plans set name = $3, period = $4, valid_from = $5, valid_until = $6, archived = $7, definition = $8, updated_at = $9 where merchant_id = $1 and id = $2`,
		m, p.ID, p.Name, string(p.Period), string(p.ValidFrom), string(p.ValidUntil), p.Archived, p.definition(), p.UpdatedAt)
}

// ArchivePlan takes a plan out of use and audits it: it ends with the last date
// that is settled, before it began where none of it is. Fault:
// commission.plan_not_found.
func ArchivePlan(ctx context.Context, tx *db.Tx, m, plan id.ID) (Plan, error) {
	settled, err := lockPlans(ctx, tx, m)
	if err != nil {
		return Plan{}, err
	}
	p, err := GetPlan(ctx, tx, m, plan)
	if err != nil || p.Archived {
		return p, err
	}
	p.Archived, p.UpdatedAt = true, tx.Now
	p.ValidUntil = min(end(p.ValidUntil), max(settled.of(&p), p.ValidFrom.AddDays(-1)))
	p.queueUpdate(tx, m)
	return p, auth.Audit(ctx, tx, auth.Record{Merchant: m, Action: "commission_plan.archived", SubjectKind: "commission_plan", SubjectID: p.ID.String()})
}

// owner is the replacing plan that a row follows: the first one that covers it.
func owner(plans []Plan, l *LineStaff) int {
	return slices.IndexFunc(plans, func(p Plan) bool { return p.Combination == Replaces && p.Covers(l) })
}
