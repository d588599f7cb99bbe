package wallet

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

// EventExpiring says that something of a member's wallet ends soon; whoever sends
// messages listens to it.
const EventExpiring = "wallet.expiring.v1"

// expiring is its data; amounts are minor units, points or visits by the class.
type expiring struct {
	Member id.ID        `json:"member_id"`
	Class  string       `json:"class"`
	Unit   string       `json:"unit"`
	Amount money.Amount `json:"amount"`
	At     string       `json:"expires_at"`
}

// Remind emits wallet.expiring.v1 for lots of members that end until an instant
// and of which nobody was told yet, at most limit of them, and answers how many it
// went through. Lots of one account that end at once make one event.
func Remind(ctx context.Context, tx *db.Tx, m id.ID, until clock.Instant, limit int) (int, error) {
	type ending struct {
		lot, member id.ID
		expiring
		at clock.Instant
	}
	rows, err := db.All(ctx, tx, func(r db.Row, v *ending) error {
		return r.Scan(&v.lot, &v.member, &v.Class, &v.Unit, &v.Amount, &v.at)
	}, `select l.id, a.owner_id, a.class, a.unit, l.remaining, l.expires_at from lots l join accounts a on a.merchant_id = l.merchant_id and a.id = l.account_id
		where l.merchant_id = $1 and l.expires_at is not null and l.reminded_at is null and l.remaining > 0 and l.expires_at > $2 and l.expires_at <= $3 and a.owner_kind = '`+ledger.OwnerMember+`'
		order by l.expires_at, a.id, l.id limit $4`, m, tx.Now, until, limit)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	lots := make([]id.ID, len(rows))
	for i := 0; i < len(rows); {
		e := rows[i].expiring
		e.Member, e.At, e.Amount = rows[i].member, rows[i].at.String(), 0
		k := i
		for ; k < len(rows) && rows[k].member == rows[i].member && rows[k].Unit == rows[i].Unit && rows[k].Class == rows[i].Class && rows[k].at == rows[i].at; k++ {
			e.Amount += rows[k].Amount
			lots[k] = rows[k].lot
		}
		event.Emit(tx, event.Event{Merchant: m, Type: EventExpiring, OccurredAt: tx.Now, Data: event.JSON(e)})
		i = k
	}
	tx.Queue(`update lots set reminded_at = $2 where merchant_id = $1 and id in_ids($3)`, m, tx.Now, lots)
	return len(rows), nil
}
