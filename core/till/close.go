package till

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
)

// ErrOffReason: the drawer is off by more than the tolerance, and nobody says why.
var ErrOffReason = fault.New(fault.Invalid, "till.over_short_reason_required")

// Closing is a shift to be closed, and what was counted: pieces, or a sum, or both.
type Closing struct {
	Shift    id.ID
	Actor    id.ID
	Currency money.Currency // of the merchant; needed where pieces are counted
	Counts   []Count
	Counted  *money.Amount // nil: what the pieces add up to
	Reason   string        // why the drawer is off
}

// total is what was counted. Faults: till.bad_amount, till.unknown_denomination,
// till.bad_pieces, till.count_mismatch.
func (c *Closing) total() (money.Amount, error) {
	var sum money.Amount
	var err error
	switch {
	case c.Counted == nil && len(c.Counts) == 0:
		return 0, ErrBadAmount.On("counted_cash") // an empty drawer is counted as 0
	case c.Counted != nil && (*c.Counted < 0 || !money.Fits(int64(*c.Counted))):
		return 0, ErrBadAmount.On("counted_cash")
	}
	if len(c.Counts) == 0 {
		return *c.Counted, nil
	}
	if sum, c.Counts, err = Total(c.Currency, c.Counts); err != nil {
		return 0, err
	}
	if c.Counted != nil && *c.Counted != sum {
		return 0, ErrCountMismatch.On("counted_cash").With("pieces", c.Currency.Format(sum)).With("counted", c.Currency.Format(*c.Counted))
	}
	if !money.Fits(int64(sum)) {
		return 0, ErrBadAmount.On("counts")
	}
	return sum, nil
}

// Close closes a shift by a sum that was counted. Faults: those of CloseWith.
func Close(ctx context.Context, tx *db.Tx, m, shift, actor id.ID, counted money.Amount) (Report, Shift, error) {
	return CloseWith(ctx, tx, m, Closing{Shift: shift, Actor: actor, Counted: &counted})
}

// CloseWith counts the drawer and makes the Z report. Faults: till.shift_not_found,
// till.shift_closed, till.open_sales, till.bad_amount, till.unknown_denomination,
// till.bad_pieces, till.count_mismatch, till.over_short_reason_required,
// till.reason_too_long.
func CloseWith(ctx context.Context, tx *db.Tx, m id.ID, in Closing) (Report, Shift, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	if utf8.RuneCountInString(in.Reason) > maxReason {
		return Report{}, Shift{}, ErrReasonLong.On("reason").With("limit", int64(maxReason))
	}
	counted, err := in.total()
	if err != nil {
		return Report{}, Shift{}, err
	}
	var s Shift
	if err := tx.Batch(ctx, askShift(m, in.Shift, &s)); err != nil {
		return Report{}, s, err
	}
	if s.ID.IsNone() {
		return Report{}, s, ErrNotFound
	}
	var c Counter
	var d drawer
	var settings setting.Values
	c.Ask(tx, m, s.Register)
	tx.AskAll(d.ask(m, s.ID)...)
	tx.AskAll(sale.AskOpenAt(m, s.Register, &d.open), setting.AskAll(m, s.Shop, s.Register, &settings))
	if err := tx.Flush(ctx); err != nil {
		return Report{}, s, err
	}
	if c.Shift.ID != s.ID {
		return Report{}, s, ErrClosed
	}
	if d.open.Count > 0 && setting.TillOpenSales.In(settings) != "carry" {
		return Report{}, s, ErrOpenSales.With("count", d.open.Count)
	}
	rep := d.report(&s)
	rep.Counts, rep.Counted, rep.OverShort, rep.ClosedAt, rep.Final = in.Counts, counted, counted-rep.Expected, tx.Now, true
	if rep.OverShort != 0 {
		rep.OffReason = in.Reason
	}
	if most := setting.TillTolerance.In(settings); most >= 0 && int64(rep.OverShort.Abs()) > most && in.Reason == "" {
		return Report{}, s, ErrOffReason.On("reason")
	}
	return rep, s, s.queueClose(tx, m, in.Actor, rep)
}

// queueClose writes the Z report; the register's lock has seen the shift open.
func (s *Shift) queueClose(tx *db.Tx, m, actor id.ID, rep Report) error {
	z, err := json.Marshal(rep)
	if err != nil {
		return err
	}
	s.State, s.ClosedAt, s.ClosedBy, s.Expected, s.Counted, s.OverShort, s.OffReason, s.Z = StateClosed, tx.Now, actor, rep.Expected, rep.Counted, rep.OverShort, rep.OffReason, string(z)
	tx.Queue(`update shifts set state = 'closed', closed_at = $3, closed_by = $4, expected_cash = $5, counted_cash = $6, over_short = $7, over_short_reason = $8, z_report = $9
		where merchant_id = $1 and id = $2 and state = 'open'`,
		m, s.ID, s.ClosedAt, s.ClosedBy, s.Expected, s.Counted, s.OverShort, s.OffReason, s.Z)
	for _, n := range rep.Counts {
		tx.Queue(`insert into cash_counts (merchant_id, shift_id, value, pieces) values ($1,$2,$3,$4)`, m, s.ID, n.Value, n.Pieces)
	}
	return nil
}

// Counts adds up what the shifts of a shop (none: all) counted on business dates,
// the largest denomination first.
func Counts(ctx context.Context, r db.Reader, m, shop id.ID, from, to clock.Date) ([]Count, error) {
	return db.All(ctx, r, func(row db.Row, v *Count) error { return row.Scan(&v.Value, &v.Pieces) },
		`select n.value, cast(sum(n.pieces) as bigint) from cash_counts n join shifts s on s.merchant_id = n.merchant_id and s.id = n.shift_id
		where n.merchant_id = $1 and (s.shop_id = $2 or cast($2 as text) is null) and s.business_date >= $3 and s.business_date <= $4
		group by n.value order by n.value desc`, m, shop, from, to)
}
