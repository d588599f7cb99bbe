package staff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrSettlement = fault.New(fault.NotFound, "commission.settlement_not_found")
	ErrPeriodOpen = fault.New(fault.Conflict, "commission.period_not_over")
	ErrOrder      = fault.New(fault.Conflict, "commission.later_period_settled")
	ErrChanged    = fault.New(fault.Conflict, "commission.plans_changed") // while it was computed: try again
)

// Two who draft the same period: the loser runs again and sees the winner's.
var _ = db.GuardRetry("ux_commission_settlements_period_first_date")

// States of a settlement.
const (
	Draft = "draft"
	Final = "final"
)

// Settlement is a run over a period: once for each period of a merchant.
type Settlement struct {
	ID          id.ID
	Period      Period
	First, Last clock.Date
	State       string
	Report      Report
	CreatedAt   clock.Instant
	CreatedBy   id.ID
	FinalisedAt clock.Instant // 0: a draft
	FinalisedBy id.ID
}

const settlementColumns = `id, period, first_date, last_date, state, report, created_at, created_by, finalised_at, finalised_by`

func scanSettlement(r db.Row, s *Settlement) error {
	var report string
	if err := r.Scan(&s.ID, &s.Period, &s.First, &s.Last, &s.State, &report, &s.CreatedAt, &s.CreatedBy, &s.FinalisedAt, &s.FinalisedBy); err != nil {
		return err
	}
	return json.Unmarshal([]byte(report), &s.Report)
}

// Settlements lists a merchant's runs, the newest first.
func Settlements(ctx context.Context, r db.Reader, m id.ID, page db.Page) (items []Settlement, next string, err error) {
	where, args := ``, []any{m}
	if !page.After.IsNone() {
		where, args = ` and id < $2`, append(args, page.After)
	}
	args = append(args, page.Size()+1)
	rows, err := db.All(ctx, r, scanSettlement, `select `+settlementColumns+` from commission_settlements where merchant_id = $1`+where+fmt.Sprintf(` order by id desc limit $%d`, len(args)), args...)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(page, rows, func(s Settlement) id.ID { return s.ID })
	return items, next, nil
}

// GetSettlement reads one. Fault: commission.settlement_not_found.
func GetSettlement(ctx context.Context, r db.Reader, m, settlement id.ID) (Settlement, error) {
	return oneSettlement(ctx, r, `id = $2`, m, settlement)
}

func oneSettlement(ctx context.Context, r db.Reader, where string, args ...any) (Settlement, error) {
	s, err := db.One(ctx, r, scanSettlement, `select `+settlementColumns+` from commission_settlements where merchant_id = $1 and `+where, args...)
	if errors.Is(err, db.ErrNoRow) {
		return s, ErrSettlement
	}
	return s, err
}

// Settle computes the run of the period in which a date falls, and writes
// nothing. The same books give the same report. Fault:
// commission.period_malformed.
func Settle(ctx context.Context, r db.Reader, m id.ID, period Period, on clock.Date) (Report, error) {
	w := work{period: period}
	var err error
	if w.first, w.last, err = period.Of(on); err != nil {
		return Report{}, err
	}
	if w.plans, err = Plans(ctx, r, m); err != nil {
		return Report{}, err
	}
	if w.rows, err = workOf(ctx, r, m, w.first, w.last); err != nil {
		return Report{}, err
	}
	if w.entries, err = db.All(ctx, r, scan, `select `+columns+` from commission_entries where merchant_id = $1 and business_date >= $2 and business_date <= $3 order by id`, m, string(w.first), string(w.last)); err != nil {
		return Report{}, err
	}
	oldest := w.first
	for i := range w.rows {
		oldest = min(oldest, dateOf(w.rows[i]))
	}
	if oldest < w.first {
		w.earlier, err = db.All(ctx, r, scanSettlement, `select `+settlementColumns+` from commission_settlements
			where merchant_id = $1 and state = 'final' and period = $2 and last_date >= $3 and last_date < $4 order by first_date`, m, string(period), string(oldest), string(w.first))
		if err != nil {
			return Report{}, err
		}
		if w.back, err = workBack(ctx, r, m, oldest, w.first); err != nil {
			return Report{}, err
		}
	}
	rep := settle(w)
	until, err := settledOf(ctx, r, m)
	rep.state = stateOf(w.plans, until)
	return rep, err
}

func settledOf(ctx context.Context, r db.Reader, m id.ID) (settledUntil, error) {
	type row struct {
		period Period
		last   clock.Date
	}
	rows, err := db.All(ctx, r, func(r db.Row, v *row) error { return r.Scan(&v.period, &v.last) },
		`select period, max(last_date) from commission_settlements where merchant_id = $1 and state = 'final' group by period`, m)
	out := settledUntil{}
	for _, v := range rows {
		out[v.period] = v.last
	}
	return out, err
}

// stateOf tells plans and settlements from changed ones.
func stateOf(plans []Plan, until settledUntil) string {
	var b strings.Builder
	for i := range plans {
		fmt.Fprintf(&b, "%s %d;", plans[i].ID, plans[i].UpdatedAt)
		b.WriteString(plans[i].definition())
	}
	for _, p := range Periods() {
		fmt.Fprintf(&b, "%s %s;", p, until[p])
	}
	return b.String()
}

// SaveDraft stores a computed run as the draft of its period and audits it. Where
// the period has a draft, that one becomes this; where it is final, the final
// settlement is answered and nothing changes.
func SaveDraft(ctx context.Context, tx *db.Tx, m id.ID, rep Report) (Settlement, error) {
	s, err := oneSettlement(ctx, tx, `period = $2 and first_date = $3 for update`, m, string(rep.Period), string(rep.First))
	if err == nil && s.State == Final {
		return s, nil
	}
	if err != nil && !errors.Is(err, ErrSettlement) {
		return s, err
	}
	body, jerr := json.Marshal(rep)
	if jerr != nil {
		return s, jerr
	}
	if err == nil {
		s.Report = rep
		tx.Queue(`update commission_settlements set report = $3 where merchant_id = $1 and id = $2 and state = 'draft'`, m, s.ID, string(body))
	} else {
		s = Settlement{ID: tx.NewID(), Period: rep.Period, First: rep.First, Last: rep.Last, State: Draft, Report: rep, CreatedAt: tx.Now, CreatedBy: auth.ActorOf(ctx).ID}
		tx.Queue(`insert into commission_settlements (merchant_id, `+settlementColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			m, s.ID, string(s.Period), string(s.First), string(s.Last), s.State, string(body), s.CreatedAt, s.CreatedBy, s.FinalisedAt, s.FinalisedBy)
	}
	return s, auth.Audit(ctx, tx, auth.Record{Merchant: m, Action: "commission_settlement.drafted", SubjectKind: "commission_settlement", SubjectID: s.ID.String(),
		Detail: map[string]any{"period": rep.Period, "first": rep.First, "last": rep.Last}})
}

// Finalise books what a run found and closes its period: rep is computed anew
// (Settle) right before. today is the earliest business date of the merchant's
// shops. A settlement that is final is answered as it is. Periods are settled in
// their order: one that was left out stays unsettled. Faults:
// commission.settlement_not_found, commission.period_not_over,
// commission.later_period_settled, commission.plans_changed.
func Finalise(ctx context.Context, tx *db.Tx, m, settlement id.ID, rep Report, today clock.Date) (Settlement, error) {
	until, err := lockPlans(ctx, tx, m)
	if err != nil {
		return Settlement{}, err
	}
	s, err := oneSettlement(ctx, tx, `id = $2 for update`, m, settlement)
	if err != nil || s.State == Final {
		return s, err
	}
	plans, err := Plans(ctx, tx, m)
	switch {
	case err != nil:
		return s, err
	case s.Last >= today:
		return s, ErrPeriodOpen.With("date", string(s.Last))
	case until[s.Period] >= s.First:
		return s, ErrOrder.With("date", string(until[s.Period]))
	case rep.Period != s.Period || rep.First != s.First || rep.state != stateOf(plans, until):
		return s, ErrChanged
	}
	body, err := json.Marshal(rep)
	if err != nil {
		return s, err
	}
	s.State, s.Report, s.FinalisedAt, s.FinalisedBy = Final, rep, tx.Now, auth.ActorOf(ctx).ID
	tx.Queue(`update commission_settlements set state = 'final', report = $3, finalised_at = $4, finalised_by = $5 where merchant_id = $1 and id = $2 and state = 'draft'`,
		m, s.ID, string(body), s.FinalisedAt, s.FinalisedBy)
	for i := range rep.Results {
		r := &rep.Results[i]
		if r.Difference == 0 {
			continue
		}
		e := CommissionEntry{Kind: KindSettlement, Staff: r.Staff, Settlement: s.ID, Plan: r.Plan, Amount: r.Difference, Code: KindSettlement, Actor: s.FinalisedBy, BusinessDate: s.Last}
		for k := range rep.Plans {
			if rep.Plans[k].ID == r.Plan {
				e.Metric = rep.Plans[k].Metric
			}
		}
		QueueCommission(tx, m, e)
	}
	return s, auth.Audit(ctx, tx, auth.Record{Merchant: m, Action: "commission_settlement.finalised", SubjectKind: "commission_settlement", SubjectID: s.ID.String(),
		Detail: map[string]any{"period": s.Period, "first": s.First, "last": s.Last}})
}
