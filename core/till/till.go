package till

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
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
	OffReason    string // why the drawer was off
	Z            string // JSON of the Report, "" while open
}

// States of a shift.
const (
	StateOpen   = "open"
	StateClosed = "closed"
)

// IsOpen reports whether it is sold in.
func (s *Shift) IsOpen() bool { return s.State == StateOpen }

// Overdue reports whether the shift is open though its business date is over.
func (s *Shift) Overdue(zone clock.Zone, now clock.Instant) bool {
	return s.IsOpen() && zone.Loc != nil && zone.BusinessDate(now) > s.BusinessDate
}

const columns = `id, shop_id, register_id, no, state, business_date, opened_at, opened_by, float_amount, closed_at, closed_by, expected_cash, counted_cash, over_short, over_short_reason, z_report`

func scan(r db.Row, s *Shift) error {
	var closed *int64
	err := r.Scan(&s.ID, &s.Shop, &s.Register, &s.No, &s.State, &s.BusinessDate, &s.OpenedAt, &s.OpenedBy, &s.Float, &closed, &s.ClosedBy, &s.Expected, &s.Counted, &s.OverShort, &s.OffReason, &s.Z)
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
	c.Shift = Shift{ID: tx.NewID(), Shop: c.Shop, Register: c.Register, No: c.LastNo + 1, State: StateOpen, BusinessDate: zone.BusinessDate(tx.Now), OpenedAt: tx.Now, OpenedBy: actor, Float: float}
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

// Filter narrows a list of shifts; zero fields do not.
type Filter struct {
	Shop, Register id.ID
	From, To       clock.Date // inclusive
	State          string
}

// List reads shifts, newest first; register none: all.
func List(ctx context.Context, r db.Reader, m, register id.ID, p db.Page) ([]Shift, error) {
	return Find(ctx, r, m, Filter{Register: register}, p)
}

// Find reads shifts, newest first.
func Find(ctx context.Context, r db.Reader, m id.ID, f Filter, p db.Page) ([]Shift, error) {
	return db.All(ctx, r, scan, `select `+columns+` from shifts where merchant_id = $1 and (shop_id = $2 or cast($2 as text) is null)
		and (register_id = $3 or cast($3 as text) is null) and (business_date >= $4 or $4 = '') and (business_date <= $5 or $5 = '')
		and (state = $6 or $6 = '') and (id < $7 or cast($7 as text) is null) order by id desc limit $8`,
		m, f.Shop, f.Register, f.From, f.To, f.State, p.After, p.Size()+1)
}

// Get reads a shift. Fault: till.shift_not_found.
func Get(ctx context.Context, r db.Reader, m, shift id.ID) (Shift, error) {
	var s Shift
	if err := r.Batch(ctx, askShift(m, shift, &s)); err != nil {
		return s, err
	}
	if s.ID.IsNone() {
		return s, ErrNotFound
	}
	return s, nil
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
