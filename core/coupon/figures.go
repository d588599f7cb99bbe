package coupon

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Figures count the coupons of a definition. Void, Expired, UsedUp and Open add
// up to Issued.
type Figures struct {
	Issued  int64
	Open    int64 // with uses left
	UsedUp  int64
	Void    int64
	Expired int64 // with uses left that ended
	Claimed int64 // that members made theirs by a code
	Uses    int64 // uses that were not given back
	Members int64 // members that hold one
}

// FiguresOf counts as of an instant and a business date. Fault: none; a definition
// that does not exist has none.
func FiguresOf(ctx context.Context, r db.Reader, m, definition id.ID, now clock.Instant, today clock.Date) (Figures, error) {
	const ended = `(c.valid_until <= $3 or c.until_date <> '' and c.until_date < $4)`
	f, err := db.One(ctx, r, func(row db.Row, f *Figures) error {
		return row.Scan(&f.Issued, &f.UsedUp, &f.Void, &f.Expired, &f.Claimed, &f.Uses, &f.Members)
	}, `select count(*),
		coalesce(sum(case when c.state = 'active' and c.used >= c.uses then 1 else 0 end), 0),
		coalesce(sum(case when c.state = 'void' then 1 else 0 end), 0),
		coalesce(sum(case when c.state = 'active' and c.used < c.uses and `+ended+` then 1 else 0 end), 0),
		coalesce(sum(case when c.claimed then 1 else 0 end), 0),
		coalesce(sum(c.used), 0),
		count(distinct c.member_id)
		from coupons c where c.merchant_id = $1 and c.definition_id = $2`, m, definition, now, string(today))
	f.Open = f.Issued - f.UsedUp - f.Void - f.Expired
	return f, err
}

// UseRow is one use of a coupon.
type UseRow struct {
	No         int64
	Sale       id.ID
	Member     id.ID // none: nobody was named
	Shop       id.ID // none: not recorded
	At         clock.Instant
	ReversedAt clock.Instant // 0: it stands
}

// UsesOf lists a coupon's uses, the oldest first; those given back too.
func UsesOf(ctx context.Context, r db.Reader, m, coupon id.ID) ([]UseRow, error) {
	return db.All(ctx, r, func(row db.Row, u *UseRow) error {
		return row.Scan(&u.No, &u.Sale, &u.Member, &u.Shop, &u.At, &u.ReversedAt)
	}, `select use_no, sale_id, member_id, shop_id, at, coalesce(reversed_at, 0) from coupon_uses where merchant_id = $1 and coupon_id = $2 order by use_no`, m, coupon)
}
