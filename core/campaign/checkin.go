package campaign

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// ErrCheckedIn: the member was there on this business date already.
var ErrCheckedIn = fault.New(fault.Conflict, "campaign.checked_in_today")

var _ = db.Guard("check_ins_pkey", ErrCheckedIn)

// EventCheckedIn tells of a check-in: member_id, date, streak.
const EventCheckedIn = "member.checked_in.v1"

// CheckIn is a member's presence on a business date.
type CheckIn struct {
	Member id.ID
	Date   clock.Date
	Shop   id.ID
	Streak int64 // days in a row, this one included
	At     clock.Instant

	Replayed bool // the answer to a repeated request; not stored
}

// CheckedIn is the data of EventCheckedIn.
type CheckedIn struct {
	Member id.ID      `json:"member_id"`
	Date   clock.Date `json:"date"`
	Streak int64      `json:"streak"`
}

func scanCheckIn(r db.Row, c *CheckIn) error {
	return r.Scan(&c.Member, &c.Date, &c.Shop, &c.Streak, &c.At)
}

// Enter checks a member in; the streak goes on where the day before has a
// check-in. Fault, here or at the COMMIT: campaign.checked_in_today.
func Enter(ctx context.Context, tx *db.Tx, m, member, shop id.ID, date clock.Date) (CheckIn, error) {
	last, err := Latest(ctx, tx, m, member)
	if err != nil {
		return CheckIn{}, err
	}
	c := CheckIn{Member: member, Date: date, Shop: shop, Streak: 1, At: tx.Now}
	switch {
	case last.Date >= date && last.Date != "":
		return last, ErrCheckedIn
	case last.Date == date.AddDays(-1):
		c.Streak = last.Streak + 1
	}
	tx.Queue(`insert into check_ins (merchant_id, member_id, date, shop_id, streak, at) values ($1, $2, $3, $4, $5, $6)`, m, member, string(date), shop, c.Streak, tx.Now)
	event.Emit(tx, event.Event{Merchant: m, Type: EventCheckedIn, Shop: shop, Data: event.JSON(CheckedIn{member, date, c.Streak})})
	return c, nil
}

// Latest is a member's last check-in; Date "" where there is none.
func Latest(ctx context.Context, r db.Reader, m, member id.ID) (CheckIn, error) {
	cs, err := ListCheckIns(ctx, r, m, member, 1)
	if err != nil || len(cs) == 0 {
		return CheckIn{}, err
	}
	return cs[0], nil
}

// AskLatest reads the same; without a check-in out stays zero.
func AskLatest(m, member id.ID, out *CheckIn) db.Ask {
	*out = CheckIn{}
	return db.Ask{SQL: `select member_id, date, shop_id, streak, at from check_ins where merchant_id = $1 and member_id = $2 order by date desc limit 1`, Args: []any{m, member},
		Scan: func(r db.Row) error { return scanCheckIn(r, out) }}
}

// ListCheckIns lists a member's check-ins, the newest first.
func ListCheckIns(ctx context.Context, r db.Reader, m, member id.ID, limit int) ([]CheckIn, error) {
	return db.All(ctx, r, scanCheckIn, `select member_id, date, shop_id, streak, at from check_ins where merchant_id = $1 and member_id = $2 order by date desc limit $3`, m, member, limit)
}
