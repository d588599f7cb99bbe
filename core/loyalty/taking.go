package loyalty

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Taking is a sale line that hands gifts out.
type Taking struct {
	Gift     *Gift
	Member   id.ID
	Sale     id.ID
	Line     id.ID
	Quantity int64
}

// QueueGiftTaken notes that a sale hands gifts out: the gift's own count goes
// down, the member's goes up. The points and a SKU's stock are the caller's. What
// two sales took at once is refused as the batch is sent: loyalty.gift_gone,
// loyalty.gift_limit.
func QueueGiftTaken(tx *db.Tx, m id.ID, t Taking) {
	tx.Queue(`update gifts set on_hand = on_hand - $3, taken = taken + $3, version = version + 1 where merchant_id = $1 and id = $2`, m, t.Gift.ID, t.Quantity)
	tx.Queue(`insert into gift_members (merchant_id, gift_id, member_id, taken, most) values ($1, $2, $3, $4, $5)
		on conflict (merchant_id, gift_id, member_id) do update set taken = gift_members.taken + excluded.taken, most = excluded.most`,
		m, t.Gift.ID, t.Member, t.Quantity, t.Gift.PerMember)
	tx.Queue(`insert into gift_redemptions (merchant_id, id, gift_id, member_id, sale_id, line_id, quantity, points, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		m, tx.NewID(), t.Gift.ID, t.Member, t.Sale, t.Line, t.Quantity, t.Gift.Points*t.Quantity, tx.Now)
}

// QueueGiftBack notes that gifts of a sale's line came back: they can be taken
// again, by this member too. More than were taken is loyalty.gift_back_exceeds as
// the batch is sent. A line that handed out nothing changes nothing.
func QueueGiftBack(tx *db.Tx, m, sale, line id.ID, quantity int64) {
	const of = ` from gift_redemptions r where r.merchant_id = $1 and r.sale_id = $2 and r.line_id = $3)`
	tx.Queue(`update gift_redemptions set back = back + $4 where merchant_id = $1 and sale_id = $2 and line_id = $3`, m, sale, line, quantity)
	tx.Queue(`update gifts set on_hand = on_hand + $4, taken = taken - $4, version = version + 1
		where merchant_id = $1 and id = (select r.gift_id`+of, m, sale, line, quantity)
	tx.Queue(`update gift_members set taken = taken - $4
		where merchant_id = $1 and gift_id = (select r.gift_id`+of+` and member_id = (select r.member_id`+of, m, sale, line, quantity)
}

// QueueGiftReleased undoes QueueGiftTaken for a sale that came to nothing, as if the
// line had never been.
func QueueGiftReleased(tx *db.Tx, m, sale, line id.ID, quantity int64) {
	QueueGiftBack(tx, m, sale, line, quantity)
	tx.Queue(`delete from gift_redemptions where merchant_id = $1 and sale_id = $2 and line_id = $3`, m, sale, line)
}

// Redemption is a line of the list of what was handed out.
type Redemption struct {
	ID       id.ID
	Gift     id.ID
	Member   id.ID
	Sale     id.ID
	Quantity int64
	Back     int64 // of it, what came back
	Points   int64 // of the whole quantity
	At       clock.Instant
}

// ListRedemptions lists what was handed out of a gift, the newest first; gift
// id.None lists those of all.
func ListRedemptions(ctx context.Context, r db.Reader, m, gift id.ID, page db.Page) ([]Redemption, string, error) {
	q, args := `select id, gift_id, member_id, sale_id, quantity, back, points, at from gift_redemptions where merchant_id = $1`, []any{m, page.Size() + 1}
	if !gift.IsNone() {
		args = append(args, gift)
		q += ` and gift_id = $3`
	}
	if !page.After.IsNone() {
		args = append(args, page.After)
		if gift.IsNone() {
			q += ` and id < $3`
		} else {
			q += ` and id < $4`
		}
	}
	rows, err := db.All(ctx, r, func(row db.Row, v *Redemption) error {
		return row.Scan(&v.ID, &v.Gift, &v.Member, &v.Sale, &v.Quantity, &v.Back, &v.Points, &v.At)
	}, q+` order by id desc limit $2`, args...)
	if err != nil {
		return nil, "", err
	}
	items, next := db.Cut(page, rows, func(v Redemption) id.ID { return v.ID })
	return items, next, nil
}
