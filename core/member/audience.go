package member

import (
	"context"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// ErrAudience: a month that is none, or a number of days below zero or over ten years.
var ErrAudience = fault.New(fault.Invalid, "member.audience_invalid")

// Audience is a group of members: those for whom all of it holds. Zero fields say
// nothing; the zero value is everybody.
type Audience struct {
	Tier  string `json:"tier,omitempty"`      // code
	Shop  id.ID  `json:"shop_id,omitzero"`    // their home shop
	Month int    `json:"month,omitempty"`     // of birth, 1 to 12
	Away  int    `json:"away_days,omitempty"` // nothing was bought for so many days
}

// Check validates the form. Fault: member.audience_invalid.
func (a Audience) Check() error {
	switch {
	case a.Month < 0 || a.Month > 12:
		return ErrAudience.On("month")
	case a.Away < 0 || a.Away > 3660:
		return ErrAudience.On("away_days")
	}
	return nil
}

const audience = ` from members b join member_private p on p.merchant_id = b.merchant_id and p.member_id = b.id
	where b.merchant_id = $1 and b.status = 'active' and (b.tier = $2 or $2 = '') and (b.home_shop_id = $3 or cast($3 as text) is null) and (p.birth_month = $4 or $4 = 0)
		and ($5 = 0 or not exists (select 1 from sales s where s.merchant_id = $1 and s.member_id = b.id and s.id >= $6))`

func (a Audience) args(m id.ID, now clock.Instant) []any {
	return []any{m, a.Tier, a.Shop, a.Month, a.Away, id.From(int64(now.Add(-time.Duration(a.Away) * 24 * time.Hour)))}
}

// ListAudience lists an audience's active members after an id, at most limit; now is
// when Away is counted from.
func ListAudience(ctx context.Context, r db.Reader, m id.ID, a Audience, now clock.Instant, after id.ID, limit int) ([]id.ID, error) {
	return db.All(ctx, r, func(row db.Row, v *id.ID) error { return row.Scan(v) },
		`select b.id`+audience+` and (b.id > $7 or cast($7 as text) is null) order by b.id limit $8`, append(a.args(m, now), after, limit)...)
}

// CountAudience counts an audience's active members, and those of them who have
// consented to a purpose.
func CountAudience(ctx context.Context, r db.Reader, m id.ID, a Audience, now clock.Instant, purpose string) (all, consented int64, err error) {
	type counts struct{ all, yes int64 }
	c, err := db.One(ctx, r, func(row db.Row, v *counts) error { return row.Scan(&v.all, &v.yes) },
		`select count(*), coalesce(sum(case when (select c.granted from member_consents c where c.merchant_id = $1 and c.member_id = b.id and c.purpose = $7 order by c.at desc, c.id desc limit 1) then 1 else 0 end), 0)`+audience,
		append(a.args(m, now), purpose)...)
	return c.all, c.yes, err
}
