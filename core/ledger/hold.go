package ledger

import (
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// HoldLife is how long a hold of an open sale lasts before recovery looks at it.
const HoldLife = 30 * time.Minute

// Hold is an amount of an account set aside for an open sale. It names no lots:
// the capture does, as of the hold's instant.
type Hold struct {
	ID      id.ID
	Account id.ID
	Sale    id.ID
	Amount  money.Amount
	At      clock.Instant
}

// QueueHold sets an amount aside. At the COMMIT: wallet.insufficient_funds.
func QueueHold(tx *db.Tx, m id.ID, a *Account, sale id.ID, amount money.Amount) {
	a.Held += amount
	tx.Queue(`insert into holds (merchant_id, id, account_id, sale_id, amount, state, created_at, expires_at) values ($1,$2,$3,$4,$5,'held',$6,$7)`,
		m, tx.NewID(), a.ID, sale, amount, tx.Now, tx.Now.Add(HoldLife))
	tx.Queue(`update accounts set held = held + $3 where merchant_id = $1 and id = $2`, m, a.ID, amount)
}

// AskHolds reads the holds that a sale still has. The accounts' locks cover them.
func AskHolds(m, sale id.ID, out *[]Hold) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: `select id, account_id, sale_id, amount, created_at from holds where merchant_id = $1 and sale_id = $2 and state = 'held' order by id`,
		Args: []any{m, sale}, Scan: func(r db.Row) error {
			var h Hold
			err := r.Scan(&h.ID, &h.Account, &h.Sale, &h.Amount, &h.At)
			*out = append(*out, h)
			return err
		}}
}

// QueueEndHold ends a hold: captured (the spending follows in the same
// transaction) or released.
func QueueEndHold(tx *db.Tx, m id.ID, a *Account, h Hold, captured bool) {
	state := "released"
	if captured {
		state = "captured"
	}
	a.Held -= h.Amount
	tx.Queue(`update holds set state = $3 where merchant_id = $1 and id = $2 and state = 'held'`, m, h.ID, state)
	tx.Queue(`update accounts set held = held - $3 where merchant_id = $1 and id = $2`, m, a.ID, h.Amount)
}
