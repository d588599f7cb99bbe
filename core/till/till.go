package till

import (
	"context"
	"encoding/json"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

var (
	ErrNoShift     = fault.New(fault.Conflict, "till.no_open_shift")
	ErrShiftOpen   = fault.New(fault.Conflict, "till.shift_already_open")
	ErrNotFound    = fault.New(fault.NotFound, "till.shift_not_found")
	ErrClosed      = fault.New(fault.Conflict, "till.shift_closed")
	ErrOpenSales   = fault.New(fault.Conflict, "till.open_sales") // the register has sales that wait for an acquirer
	ErrBadAmount   = fault.New(fault.Invalid, "till.bad_amount")
	ErrNoRegister  = fault.New(fault.NotFound, "till.register_not_found")
	ErrReasonEmpty = fault.New(fault.Invalid, "till.reason_required")
)

var (
	_ = db.GuardRetry("ux_shifts_register_id") // two first sales of a register at once
	_ = db.GuardRetry("ux_shifts_register_id_no")
)

// Shift is a register's session.
type Shift struct {
	ID           id.ID
	Shop         id.ID
	Register     id.ID
	No           int64
	State        string // open, closed
	BusinessDate clock.Date
	OpenedAt     clock.Instant
	OpenedBy     id.ID
	Float        money.Amount
	ClosedAt     clock.Instant
	ClosedBy     id.ID
	Expected     money.Amount
	Counted      money.Amount
	OverShort    money.Amount
	Z            string // JSON of the Report, "" while open
}

const columns = `id, shop_id, register_id, no, state, business_date, opened_at, opened_by, float_amount, closed_at, closed_by, expected_cash, counted_cash, over_short, z_report`

func scan(r db.Row, s *Shift) error {
	var closed *int64
	err := r.Scan(&s.ID, &s.Shop, &s.Register, &s.No, &s.State, &s.BusinessDate, &s.OpenedAt, &s.OpenedBy, &s.Float, &closed, &s.ClosedBy, &s.Expected, &s.Counted, &s.OverShort, &s.Z)
	if closed != nil {
		s.ClosedAt = clock.Instant(*closed)
	}
	return err
}

// Counter is a register's row under its lock: the series and the next number.
type Counter struct {
	Register id.ID
	Shop     id.ID
	Series   string
	Next     int64
	Shift    Shift // the open one; no ID where there is none
	LastNo   int64 // the number of the last shift
}

// Ask locks the register's row and reads its open shift. The row is locked for as
// long as the transaction's second trip takes; one register serves one cashier.
func (c *Counter) Ask(tx *db.Tx, m, register id.ID) {
	*c = Counter{}
	tx.Ask(func(r db.Row) error { return r.Scan(&c.Register, &c.Shop, &c.Series, &c.Next) },
		`select id, shop_id, series, next_number from registers where merchant_id = $1 and id = $2 for no key update`, m, register)
	tx.Ask(func(r db.Row) error { return scan(r, &c.Shift) },
		`select `+columns+` from shifts where merchant_id = $1 and register_id = $2 and state = 'open'`, m, register)
	tx.Ask(func(r db.Row) error { return r.Scan(&c.LastNo) },
		`select coalesce(max(no), 0) from shifts where merchant_id = $1 and register_id = $2`, m, register)
}

// Take gives the next receipt number out; the counter's row is the last one that
// the transaction writes.
func (c *Counter) Take(tx *db.Tx, m id.ID) (series string, number int64) {
	n := c.Next
	c.Next++
	tx.Queue(`update registers set next_number = $3 where merchant_id = $1 and id = $2`, m, c.Register, c.Next)
	return c.Series, n
}

// NeedShift answers the open shift, opening one with a float of zero where the
// shop does not insist on doing it by hand. Fault: till.no_open_shift.
func (c *Counter) NeedShift(tx *db.Tx, m, actor id.ID, zone clock.Zone, strict bool) (*Shift, error) {
	if !c.Shift.ID.IsNone() {
		return &c.Shift, nil
	}
	if strict {
		return nil, ErrNoShift
	}
	c.queueOpen(tx, m, actor, zone, 0)
	return &c.Shift, nil
}

func (c *Counter) queueOpen(tx *db.Tx, m, actor id.ID, zone clock.Zone, float money.Amount) {
	c.Shift = Shift{ID: tx.NewID(), Shop: c.Shop, Register: c.Register, No: c.LastNo + 1, State: "open", BusinessDate: zone.BusinessDate(tx.Now), OpenedAt: tx.Now, OpenedBy: actor, Float: float}
	s := &c.Shift
	tx.Queue(`insert into shifts (merchant_id, id, shop_id, register_id, no, state, business_date, opened_at, opened_by, float_amount) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		m, s.ID, s.Shop, s.Register, s.No, s.State, s.BusinessDate, s.OpenedAt, s.OpenedBy, s.Float)
}

// Open opens a shift by hand. Faults: till.shift_already_open,
// till.register_not_found, till.bad_amount.
func Open(ctx context.Context, tx *db.Tx, m, register, actor id.ID, zone clock.Zone, float money.Amount) (Shift, error) {
	if float < 0 || !money.Fits(int64(float)) {
		return Shift{}, ErrBadAmount.On("float")
	}
	var c Counter
	c.Ask(tx, m, register)
	if err := tx.Flush(ctx); err != nil {
		return Shift{}, err
	}
	switch {
	case c.Register.IsNone():
		return Shift{}, ErrNoRegister
	case !c.Shift.ID.IsNone():
		return Shift{}, ErrShiftOpen.With("shift", c.Shift.ID.String())
	}
	c.queueOpen(tx, m, actor, zone, float)
	return c.Shift, nil
}

// Report is an X report, or a Z report once the shift is closed.
type Report struct {
	Shift     id.ID          `json:"shift_id"`
	No        int64          `json:"no"`
	Date      clock.Date     `json:"business_date"`
	OpenedAt  clock.Instant  `json:"opened_at"`
	ClosedAt  clock.Instant  `json:"closed_at,omitempty"`
	Float     money.Amount   `json:"float"`
	PaidIn    money.Amount   `json:"paid_in"`
	PaidOut   money.Amount   `json:"paid_out"`
	Tenders   []sale.Total   `json:"tenders"`
	Summaries []sale.Summary `json:"summaries"`
	Expected  money.Amount   `json:"expected_cash"`
	Counted   money.Amount   `json:"counted_cash"`
	OverShort money.Amount   `json:"over_short"`
	Final     bool           `json:"final"`
}

// X computes the totals so far; nothing is closed. For a closed shift it is the Z
// report as it was made. Fault: till.shift_not_found.
func X(ctx context.Context, r db.Reader, m, shift id.ID) (Report, Shift, error) {
	var s Shift
	var rep Report
	asks := append([]db.Ask{{SQL: `select ` + columns + ` from shifts where merchant_id = $1 and id = $2`, Args: []any{m, shift}, Scan: func(row db.Row) error { return scan(row, &s) }}},
		askReport(m, shift, &rep)...)
	if err := r.Batch(ctx, asks...); err != nil {
		return rep, s, err
	}
	if s.ID.IsNone() {
		return rep, s, ErrNotFound
	}
	if s.State == "closed" {
		rep = Report{}
		return rep, s, json.Unmarshal([]byte(s.Z), &rep)
	}
	rep.fill(&s)
	return rep, s, nil
}

func askReport(m, shift id.ID, rep *Report) []db.Ask {
	rep.PaidIn, rep.PaidOut = 0, 0
	return append(sale.AskShiftTotals(m, shift, &rep.Tenders, &rep.Summaries),
		db.Ask{SQL: `select amount from cash_moves where merchant_id = $1 and shift_id = $2`, Args: []any{m, shift}, Scan: func(row db.Row) error {
			var a money.Amount
			err := row.Scan(&a)
			if a > 0 {
				rep.PaidIn += a
			} else {
				rep.PaidOut -= a
			}
			return err
		}})
}

func (rep *Report) fill(s *Shift) {
	rep.Shift, rep.No, rep.Date, rep.OpenedAt, rep.Float = s.ID, s.No, s.BusinessDate, s.OpenedAt, s.Float
	rep.Expected = s.Float + rep.PaidIn - rep.PaidOut
	for _, t := range rep.Tenders {
		if t.Tender != sale.TenderCash {
			continue
		}
		if t.Kind == sale.KindSale {
			rep.Expected += t.Amount
		} else {
			rep.Expected -= t.Amount
		}
	}
}

// Close counts the drawer and makes the Z report. Faults: till.shift_not_found,
// till.shift_closed, till.open_sales, till.bad_amount.
func Close(ctx context.Context, tx *db.Tx, m, shift, actor id.ID, counted money.Amount) (Report, Shift, error) {
	if counted < 0 || !money.Fits(int64(counted)) {
		return Report{}, Shift{}, ErrBadAmount.On("counted_cash")
	}
	var s Shift
	byID := db.Ask{SQL: `select ` + columns + ` from shifts where merchant_id = $1 and id = $2`, Args: []any{m, shift}, Scan: func(row db.Row) error { return scan(row, &s) }}
	if err := tx.Batch(ctx, byID); err != nil {
		return Report{}, s, err
	}
	if s.ID.IsNone() {
		return Report{}, s, ErrNotFound
	}
	var c Counter
	var rep Report
	var open int64
	c.Ask(tx, m, s.Register)
	tx.AskAll(askReport(m, shift, &rep)...)
	tx.AskAll(sale.AskOpenInShift(m, s.Register, &open))
	if err := tx.Flush(ctx); err != nil {
		return rep, s, err
	}
	if c.Shift.ID != s.ID {
		return rep, s, ErrClosed
	}
	if open > 0 {
		return rep, s, ErrOpenSales.With("count", open)
	}
	rep.fill(&s)
	rep.Counted, rep.OverShort, rep.ClosedAt, rep.Final = counted, counted-rep.Expected, tx.Now, true
	z, err := json.Marshal(rep)
	if err != nil {
		return rep, s, err
	}
	s.State, s.ClosedAt, s.ClosedBy, s.Expected, s.Counted, s.OverShort, s.Z = "closed", tx.Now, actor, rep.Expected, counted, rep.OverShort, string(z)
	tx.Queue(`update shifts set state = 'closed', closed_at = $3, closed_by = $4, expected_cash = $5, counted_cash = $6, over_short = $7, z_report = $8 where merchant_id = $1 and id = $2`,
		m, s.ID, s.ClosedAt, s.ClosedBy, s.Expected, s.Counted, s.OverShort, s.Z)
	return rep, s, nil
}

// PayIn books cash put into (positive) or taken out of the drawer for a reason
// other than a sale. Faults: till.no_open_shift, till.bad_amount, till.reason_required.
func PayIn(ctx context.Context, tx *db.Tx, m, register, actor id.ID, amount money.Amount, reason string) (id.ID, error) {
	if amount == 0 || !money.Fits(int64(amount)) {
		return id.None, ErrBadAmount.On("amount")
	}
	if reason == "" {
		return id.None, ErrReasonEmpty.On("reason")
	}
	var c Counter
	c.Ask(tx, m, register)
	if err := tx.Flush(ctx); err != nil {
		return id.None, err
	}
	if c.Shift.ID.IsNone() {
		return id.None, ErrNoShift
	}
	mv := tx.NewID()
	tx.Queue(`insert into cash_moves (merchant_id, id, shift_id, amount, reason, at, actor_id) values ($1,$2,$3,$4,$5,$6,$7)`, m, mv, c.Shift.ID, amount, reason, tx.Now, actor)
	return mv, nil
}

// List reads shifts, newest first; register none: all.
func List(ctx context.Context, r db.Reader, m, register id.ID, p db.Page) ([]Shift, error) {
	return db.All(ctx, r, scan, `select `+columns+` from shifts where merchant_id = $1 and (register_id = $2 or cast($2 as text) is null)
		and (id < $3 or cast($3 as text) is null) order by id desc limit $4`, m, register, p.After, p.Size()+1)
}

// OpenShift answers the open shift of a register. Fault: till.no_open_shift.
func OpenShift(ctx context.Context, r db.Reader, m, register id.ID) (Shift, error) {
	found, err := db.All(ctx, r, scan, `select `+columns+` from shifts where merchant_id = $1 and register_id = $2 and state = 'open'`, m, register)
	if err != nil {
		return Shift{}, err
	}
	if len(found) == 0 {
		return Shift{}, ErrNoShift
	}
	return found[0], nil
}
