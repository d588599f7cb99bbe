package member

import (
	"context"
	"errors"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrPINForm     = fault.New(fault.Invalid, "member.pin_invalid")  // not 4 to 8 digits
	ErrPINWeak     = fault.New(fault.Invalid, "member.pin_weak")     // one digit repeated, or a row such as 1234
	ErrPINRequired = fault.New(fault.Denied, "member.pin_required")  // nothing was entered
	ErrPINWrong    = fault.New(fault.Denied, "member.pin_wrong")     // Args: left
	ErrPINLocked   = fault.New(fault.Denied, "member.pin_locked")    // Args: minutes
	ErrPINUnset    = fault.New(fault.Conflict, "member.pin_not_set") // one is asked for and the member has none
)

// A right PIN that comes when others have locked it is refused by the table.
var _ = db.Guard("ck_member_pins_failed", ErrPINLocked)

const (
	pinTries = 5
	pinLock  = 15 * time.Minute
)

// The values of the setting stored_value.pin.
const (
	PINIfSet  = "if_set"
	PINNever  = "never"
	PINAlways = "always"
)

// PIN is what is known of a member's PIN; the zero PIN is not set.
type PIN struct {
	hash        auth.PasswordHash
	failed      int
	LockedUntil clock.Instant
	SetAt       clock.Instant
}

// IsSet tells whether the member has one.
func (p *PIN) IsSet() bool { return p.hash != "" }

// Needed tells whether spending asks for the PIN: by the setting stored_value.pin
// of the shop, and by the card that was shown (nil or zero: none).
func (p *PIN) Needed(policy string, c *Card) bool {
	if c != nil && c.AsksPIN {
		return true
	}
	switch policy {
	case PINNever:
		return false
	case PINAlways:
		return true
	}
	return p.IsSet()
}

// AskPIN reads a member's PIN. The flow calls Check after the trip and outside of
// its transaction, since that takes some tens of milliseconds, and notes what
// came out with QueuePINResult.
func AskPIN(m, memberID id.ID, out *PIN) db.Ask {
	*out = PIN{}
	return db.Ask{
		SQL:  `select hash, failed, locked_until, set_at from member_pins where merchant_id = $1 and member_id = $2`,
		Args: []any{m, memberID},
		Scan: func(r db.Row) error { return r.Scan(&out.hash, &out.failed, &out.LockedUntil, &out.SetAt) },
	}
}

// Check compares what was entered. Only member.pin_wrong and nil are results that
// QueuePINResult is to be told. Faults: member.pin_not_set, member.pin_required,
// member.pin_locked, member.pin_wrong.
func (p *PIN) Check(entered string, now clock.Instant) error {
	switch {
	case !p.IsSet():
		return ErrPINUnset.On("pin")
	case entered == "":
		return ErrPINRequired.On("pin")
	case now < p.LockedUntil:
		return ErrPINLocked.On("pin").With("minutes", minutesUntil(now, p.LockedUntil))
	}
	ok, err := p.hash.Matches(context.Background(), entered)
	if err != nil {
		return err
	}
	if !ok {
		return ErrPINWrong.On("pin").With("left", max(0, pinTries-p.failed-1))
	}
	return nil
}

// minutesUntil is rounded up: nobody is told to come back too early.
func minutesUntil(now, until clock.Instant) int64 {
	return int64((until.Sub(now) + time.Minute - 1) / time.Minute)
}

// QueuePINResult notes what Check answered: nil forgets earlier failures, and
// member.pin_wrong counts one; the fifth locks the PIN for 15 minutes. Anything
// else is not noted. A right PIN goes into the transaction that spends: where
// parallel attempts have locked the PIN meanwhile that transaction fails with
// member.pin_locked, so that guessing at once is worth no more than one after the
// other. A wrong one goes into a transaction of its own, since the sale is refused.
func QueuePINResult(tx *db.Tx, m, memberID id.ID, result error) {
	switch {
	case result == nil:
		tx.Queue(`update member_pins set failed = case when locked_until > $3 then -1 else 0 end
			where merchant_id = $1 and member_id = $2 and (failed > 0 or locked_until > $3)`, m, memberID, tx.Now)
	case errors.Is(result, ErrPINWrong):
		tx.Queue(`update member_pins set locked_until = case when failed + 1 >= $3 then $4 else locked_until end, failed = case when failed + 1 >= $3 then 0 else failed + 1 end
			where merchant_id = $1 and member_id = $2 and locked_until <= $5`, m, memberID, pinTries, tx.Now.Add(pinLock), tx.Now)
	}
}

// HashPIN checks a new PIN's form and hashes it with auth's parameters; it is
// called before the transaction. Faults: member.pin_invalid, member.pin_weak.
func HashPIN(ctx context.Context, p auth.HashParams, pin string) (auth.PasswordHash, error) {
	if err := checkPIN(pin); err != nil {
		return "", err
	}
	return auth.HashSecret(ctx, p, pin)
}

func checkPIN(pin string) error {
	if len(pin) < 4 || len(pin) > 8 {
		return ErrPINForm.On("pin")
	}
	same, up, down := true, true, true
	for i := range len(pin) {
		if pin[i] < '0' || pin[i] > '9' {
			return ErrPINForm.On("pin")
		}
		if i > 0 {
			same = same && pin[i] == pin[i-1]
			up = up && pin[i] == pin[i-1]+1
			down = down && pin[i] == pin[i-1]-1
		}
	}
	if same || up || down {
		return ErrPINWeak.On("pin")
	}
	return nil
}

// SetPIN gives a member a PIN in the place of any other and lifts a lock. Whether
// the old one had to be entered is the caller's question. Faults:
// member.not_found, member.erased.
func SetPIN(ctx context.Context, tx *db.Tx, m, memberID id.ID, hash auth.PasswordHash) error {
	if _, err := lockForChange(ctx, tx, nil, m, memberID, 0); err != nil {
		return err
	}
	tx.Queue(`insert into member_pins (merchant_id, member_id, hash, set_at) values ($1, $2, $3, $4)
		on conflict (merchant_id, member_id) do update set hash = excluded.hash, failed = 0, locked_until = 0, set_at = excluded.set_at`, m, memberID, string(hash), tx.Now)
	return tx.Flush(ctx)
}

// ResetPIN takes a member's PIN away, and with it a lock. Fault: member.pin_not_set.
func ResetPIN(ctx context.Context, tx *db.Tx, m, memberID id.ID) error {
	n, err := tx.Exec(ctx, `delete from member_pins where merchant_id = $1 and member_id = $2`, m, memberID)
	if err == nil && n == 0 {
		return ErrPINUnset
	}
	return err
}
