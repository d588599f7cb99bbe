package coupon

import (
	"context"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
)

const (
	// EventExpiring tells that a member's coupon ends soon, once for each coupon:
	// Expiring is its data.
	EventExpiring = "coupon.expiring.v1"
	// JobRemind is the kind of the job that calls Remind until it answers 0.
	JobRemind = "coupon.remind"

	maxRemind = 200
)

// Expiring is the data of EventExpiring.
type Expiring struct {
	Coupon     id.ID         `json:"coupon_id"`
	Definition id.ID         `json:"definition_id"`
	Member     id.ID         `json:"member_id"`
	ValidUntil clock.Instant `json:"valid_until,omitzero"`
	UntilDate  clock.Date    `json:"until_date,omitempty"`
}

// ListExpiring lists coupons of members that end within the remind_days of their
// definition and whose member was not told; today is the business date where the
// merchant is. At most 200, those longest issued first.
func ListExpiring(ctx context.Context, r db.Reader, m id.ID, now clock.Instant, today clock.Date) ([]Coupon, error) {
	return expiring(ctx, r, m, now, today, "")
}

func expiring(ctx context.Context, r db.Reader, m id.ID, now clock.Instant, today clock.Date, locking string) ([]Coupon, error) {
	designs, err := db.All(ctx, r, func(row db.Row, d *Definition) error { return row.Scan(&d.ID, &d.RemindDays) },
		`select id, remind_days from coupon_definitions where merchant_id = $1 and remind_days > 0 order by id`, m)
	if err != nil {
		return nil, err
	}
	var out []Coupon
	for _, d := range designs {
		found, err := db.All(ctx, r, scan, `select `+columns+from+`where c.merchant_id = $1 and c.definition_id = $2 and c.member_id is not null and c.state = 'active' and c.used < c.uses and c.reminded_at is null
			and (c.valid_until is not null or c.until_date <> '')
			and (c.valid_until > $3 or c.valid_until is null) and (c.until_date >= $5 or c.until_date = '')
			and (c.valid_until <= $4 or c.until_date <> '' and c.until_date <= $6) order by c.id limit $7`+locking,
			m, d.ID, now, now.Add(time.Duration(d.RemindDays)*day), string(today), string(today.AddDays(d.RemindDays)), maxRemind-len(out))
		if err != nil {
			return nil, err
		}
		if out = append(out, found...); len(out) >= maxRemind {
			break
		}
	}
	return out, nil
}

// Remind emits EventExpiring for the coupons that ListExpiring answers, and
// remembers that it did. It answers how many there were; the caller goes on until
// there are none.
func Remind(ctx context.Context, tx *db.Tx, m id.ID, today clock.Date) (int, error) {
	list, err := expiring(ctx, tx, m, tx.Now, today, ` for no key update of c`)
	if err != nil {
		return 0, err
	}
	ids := make([]id.ID, len(list))
	for i := range list {
		c := &list[i]
		ids[i] = c.ID
		event.Emit(tx, event.Event{Merchant: m, Type: EventExpiring, Data: event.JSON(Expiring{c.ID, c.Definition.ID, c.Member, c.ValidUntil, c.UntilDate})})
	}
	if len(ids) > 0 {
		tx.Queue(`update coupons set reminded_at = $3 where merchant_id = $1 and id in_ids($2)`, m, ids, tx.Now)
	}
	return len(list), nil
}

// RemindAll calls Remind until there is nobody left to be told.
func RemindAll(ctx context.Context, d *db.DB, m id.ID, zone clock.Zone) error {
	for n := 1; n > 0; {
		if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			n, err = Remind(ctx, tx, m, zone.BusinessDate(tx.Now))
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}
