package staff

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrManualAmount = fault.New(fault.Invalid, "commission.amount_malformed") // nothing, or too large to be meant
	ErrManualReason = fault.New(fault.Invalid, "commission.reason_required")  // up to 200 characters
	ErrClosed       = fault.New(fault.Conflict, "commission.period_settled")
	ErrEntry        = fault.New(fault.NotFound, "commission.entry_not_found")
)

// Manual is commission by hand: a bonus, or a correction.
type Manual struct {
	Staff  id.ID
	Shop   id.ID // none: of no shop
	Amount money.Amount
	Reason string
	Date   clock.Date
}

// AddManual books an entry by hand and audits it. Faults: auth's where there is
// no such staff, commission.amount_malformed, commission.reason_required,
// commission.period_malformed, commission.period_settled.
func AddManual(ctx context.Context, tx *db.Tx, m id.ID, in Manual) (CommissionEntry, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	switch {
	case in.Amount == 0 || !money.Fits(int64(in.Amount)):
		return CommissionEntry{}, ErrManualAmount.On("amount")
	case in.Reason == "" || utf8.RuneCountInString(in.Reason) > 200:
		return CommissionEntry{}, ErrManualReason.On("reason")
	case !isDate(in.Date):
		return CommissionEntry{}, ErrPeriod.On("date")
	}
	until, err := lockPlans(ctx, tx, m)
	if err != nil {
		return CommissionEntry{}, err
	}
	if in.Date <= until.latest() {
		return CommissionEntry{}, ErrClosed.On("date").With("date", string(until.latest()))
	}
	if _, err := auth.GetStaff(ctx, tx, m, in.Staff); err != nil {
		return CommissionEntry{}, fault.Of(err).On("staff_id")
	}
	e := QueueCommission(tx, m, CommissionEntry{Kind: KindManual, Staff: in.Staff, Shop: in.Shop, Amount: in.Amount, Metric: MetricAmount, Code: KindManual, Reason: in.Reason,
		Actor: auth.ActorOf(ctx).ID, BusinessDate: in.Date})
	return e, auth.Audit(ctx, tx, auth.Record{Merchant: m, Action: "commission.added", SubjectKind: "commission_entry", SubjectID: e.ID.String(),
		Detail: map[string]any{"staff_id": in.Staff, "amount": int64(in.Amount), "date": in.Date}}) // the reason is free text: it stays with the entry
}

// GetEntry reads one entry. Fault: commission.entry_not_found.
func GetEntry(ctx context.Context, r db.Reader, m, entry id.ID) (CommissionEntry, error) {
	rows, err := db.All(ctx, r, scan, `select `+columns+` from commission_entries where merchant_id = $1 and id = $2`, m, entry)
	if err == nil && len(rows) == 0 {
		err = ErrEntry
	}
	if err != nil {
		return CommissionEntry{}, err
	}
	return rows[0], nil
}
