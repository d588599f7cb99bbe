package loyalty

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// ErrUntil: a date until which a tier is held that is none, or is over.
var ErrUntil = fault.New(fault.Invalid, "loyalty.bad_until")

// CheckUntil validates until when a person wants a tier to hold: "" not at all, a
// date from today on, or Forever. Fault: loyalty.bad_until.
func CheckUntil(until, today clock.Date) error {
	if until == "" || until == Forever {
		return nil
	}
	if until.Time().IsZero() || until < today {
		return ErrUntil.On("until")
	}
	return nil
}

const stateColumns = `proposed, below_since, grace_until, held_until, review_on`

// AskState reads where a member stands; a member without a row has the zero State.
// Joined is not in it: the caller knows the member.
func AskState(m, member id.ID, out *State) db.Ask {
	*out = State{}
	return db.Ask{
		SQL: `select ` + stateColumns + ` from tier_states where merchant_id = $1 and member_id = $2`, Args: []any{m, member},
		Scan: func(r db.Row) error {
			return r.Scan(&out.Proposed, &out.BelowSince, &out.GraceUntil, &out.HeldUntil, &out.ReviewOn)
		},
	}
}

// QueueState notes where a member stands, after a review or a change by hand.
func QueueState(tx *db.Tx, m, member id.ID, s State) {
	tx.Queue(`insert into tier_states (merchant_id, member_id, `+stateColumns+`, reviewed_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (merchant_id, member_id) do update set proposed = excluded.proposed, below_since = excluded.below_since, grace_until = excluded.grace_until,
		held_until = excluded.held_until, review_on = excluded.review_on, reviewed_at = excluded.reviewed_at`,
		m, member, s.Proposed, string(s.BelowSince), string(s.GraceUntil), string(s.HeldUntil), string(s.ReviewOn), tx.Now)
}

// ListDue lists members whose review is due, those that wait longest first.
func ListDue(ctx context.Context, r db.Reader, m id.ID, today clock.Date, limit int) ([]id.ID, error) {
	return db.All(ctx, r, func(row db.Row, v *id.ID) error { return row.Scan(v) },
		`select member_id from tier_states where merchant_id = $1 and review_on <= $2 order by review_on, member_id limit $3`, m, string(today), limit)
}

// Enter makes rows for members that have none yet, at most limit, in the order in
// which they joined the program's books; it answers how many members it went
// through, 0 where all are entered. Members of the last hour wait: another
// process may not have committed an earlier one. A policy that works by periods
// looks at them first when the running period ends.
func Enter(ctx context.Context, tx *db.Tx, m id.ID, p Policy, today clock.Date, zone clock.Zone, limit int) (int, error) {
	type newcomer struct {
		id     id.ID
		tier   string
		joined clock.Instant
	}
	to, err := db.All(ctx, tx, func(row db.Row, v *id.ID) error { return row.Scan(v) }, `select entered_to from tier_reviews where merchant_id = $1 for update`, m)
	if err != nil {
		return 0, err
	}
	after := id.ID{15: 1} // before every member
	if len(to) > 0 {
		after = to[0]
	}
	rows, err := db.All(ctx, tx, func(row db.Row, v *newcomer) error { return row.Scan(&v.id, &v.tier, &v.joined) },
		`select id, tier, joined_at from members where merchant_id = $1 and id > $2 and id < $3 order by id limit $4`, m, after, settled(tx.Now), limit)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	for _, v := range rows {
		tx.Queue(`insert into tier_states (merchant_id, member_id, review_on) values ($1, $2, $3) on conflict (merchant_id, member_id) do nothing`,
			m, v.id, string(p.nextReview(zone.BusinessDate(v.joined), v.tier, today)))
	}
	tx.Queue(`insert into tier_reviews (merchant_id, entered_to) values ($1, $2) on conflict (merchant_id) do update set entered_to = excluded.entered_to`, m, rows[len(rows)-1].id)
	return len(rows), tx.Flush(ctx)
}

// settled is an id below those that are made from an hour ago on.
func settled(now clock.Instant) (u id.ID) {
	binary.BigEndian.PutUint64(u[:8], uint64(now.Add(-time.Hour)/1000)<<16)
	return u
}
