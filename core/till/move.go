package till

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrCategory   = fault.New(fault.Invalid, "till.unknown_category") // cash is paid out for none of the known purposes
	ErrReasonLong = fault.New(fault.Invalid, "till.reason_too_long")
	ErrNoMove     = fault.New(fault.NotFound, "till.move_not_found")
)

// What cash is paid out for; cash that is put in has no category.
const (
	OutBank      = "bank" // taken to the bank or the safe
	OutSupplies  = "supplies"
	OutGoods     = "goods"
	OutTransport = "transport"
	OutRepairs   = "repairs"
	OutWages     = "wages"
	OutOther     = "other"
)

const maxReason = 200

// Categories lists them in the order in which they are offered.
func Categories() []string {
	return []string{OutOther, OutSupplies, OutGoods, OutTransport, OutRepairs, OutWages, OutBank}
}

// Move is cash put into the drawer (positive) or taken out of it, for a reason
// other than a sale.
type Move struct {
	ID       id.ID
	Shift    id.ID // for Pay: the shift that is meant, none: whichever is open
	Amount   money.Amount
	Category string // of cash paid out; "" becomes OutOther
	Reason   string
	At       clock.Instant
	Actor    id.ID
}

func (v *Move) check() error {
	v.Reason = strings.TrimSpace(v.Reason)
	switch {
	case v.Amount == 0 || !money.Fits(int64(v.Amount)):
		return ErrBadAmount.On("amount")
	case v.Reason == "":
		return ErrReasonEmpty.On("reason")
	case utf8.RuneCountInString(v.Reason) > maxReason:
		return ErrReasonLong.On("reason").With("limit", int64(maxReason))
	case v.Amount > 0:
		v.Category = ""
	case v.Category == "":
		v.Category = OutOther
	case !slices.Contains(Categories(), v.Category):
		return ErrCategory.On("category").With("category", v.Category)
	}
	return nil
}

// Pay books a move in the register's open shift and answers it with its id,
// shift and time. Faults: till.no_open_shift, till.shift_closed, till.bad_amount,
// till.reason_required, till.reason_too_long, till.unknown_category.
func Pay(ctx context.Context, tx *db.Tx, m, register id.ID, v Move) (Move, error) {
	if err := v.check(); err != nil {
		return Move{}, err
	}
	var c Counter
	c.Ask(tx, m, register)
	if err := tx.Flush(ctx); err != nil {
		return Move{}, err
	}
	switch {
	case !v.Shift.IsNone() && v.Shift != c.Shift.ID:
		return Move{}, ErrClosed
	case c.Shift.ID.IsNone():
		return Move{}, ErrNoShift
	}
	v.ID, v.Shift, v.At = tx.NewID(), c.Shift.ID, tx.Now
	tx.Queue(`insert into cash_moves (merchant_id, id, shift_id, amount, reason, at, actor_id, category) values ($1,$2,$3,$4,$5,$6,$7,$8)`,
		m, v.ID, v.Shift, v.Amount, v.Reason, v.At, v.Actor, v.Category)
	return v, nil
}

// PayIn is Pay without a category: cash put into (positive) or taken out of the
// drawer. Faults: those of Pay.
func PayIn(ctx context.Context, tx *db.Tx, m, register, actor id.ID, amount money.Amount, reason string) (id.ID, error) {
	v, err := Pay(ctx, tx, m, register, Move{Amount: amount, Reason: reason, Actor: actor})
	return v.ID, err
}

func askMoves(m, shift id.ID, out *[]Move) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: `select id, shift_id, amount, category, reason, at, actor_id from cash_moves where merchant_id = $1 and shift_id = $2 order by id`,
		Args: []any{m, shift}, Scan: func(r db.Row) error {
			var v Move
			err := r.Scan(&v.ID, &v.Shift, &v.Amount, &v.Category, &v.Reason, &v.At, &v.Actor)
			*out = append(*out, v)
			return err
		}}
}

// Moves lists the cash put in and taken out in a shift, oldest first.
func Moves(ctx context.Context, r db.Reader, m, shift id.ID) ([]Move, error) {
	var out []Move
	err := r.Batch(ctx, askMoves(m, shift, &out))
	return out, err
}

// GetMove reads one. Fault: till.move_not_found.
func GetMove(ctx context.Context, r db.Reader, m, move id.ID) (Move, error) {
	found, err := db.All(ctx, r, func(row db.Row, v *Move) error {
		return row.Scan(&v.ID, &v.Shift, &v.Amount, &v.Category, &v.Reason, &v.At, &v.Actor)
	}, `select id, shift_id, amount, category, reason, at, actor_id from cash_moves where merchant_id = $1 and id = $2`, m, move)
	if err != nil {
		return Move{}, err
	}
	if len(found) == 0 {
		return Move{}, ErrNoMove
	}
	return found[0], nil
}
