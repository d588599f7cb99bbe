package campaign

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrReferrer     = fault.New(fault.Invalid, "campaign.bad_referrer") // the member itself, or one whom it brought
	ErrReferred     = fault.New(fault.Conflict, "campaign.referred_before")
	ErrReferralLate = fault.New(fault.Conflict, "campaign.referral_after_purchase") // who has bought already was not brought
)

var (
	_ = db.Guard("ck_member_referrals_referrer_id", ErrReferrer)
	_ = db.Guard("member_referrals_pkey", ErrReferred)
)

// MaxLevels is how far up a referral is rewarded: who brought the member, and who
// brought that one.
const MaxLevels = 2

// Referral is who brought a member.
type Referral struct {
	Member   id.ID
	Referrer id.ID
	At       clock.Instant
	Sale     id.ID // the member's first; none: has not bought yet
	SaleAt   clock.Instant
}

func scanReferral(r db.Row, v *Referral) error {
	return r.Scan(&v.Member, &v.Referrer, &v.At, &v.Sale, &v.SaleAt)
}

const referralColumns = `member_id, referrer_id, at, sale_id, sale_at`

// Refer notes who brought a member, once and before the first purchase. Faults:
// campaign.bad_referrer, campaign.referral_after_purchase; at the COMMIT
// campaign.referred_before.
func Refer(ctx context.Context, tx *db.Tx, m, member, referrer id.ID) error {
	if member == referrer || referrer.IsNone() {
		return ErrReferrer
	}
	up, err := Above(ctx, tx, m, referrer)
	if err != nil {
		return err
	}
	for _, v := range up { // in a ring everybody would have brought everybody
		if v == member {
			return ErrReferrer
		}
	}
	bought, err := db.Value[int](ctx, tx, `select count(*) from (select 1 from member_day where merchant_id = $1 and member_id = $2 and visits > 0 limit 1) d`, m, member)
	if err != nil {
		return err
	}
	if bought > 0 {
		return ErrReferralLate
	}
	tx.Queue(`insert into member_referrals (merchant_id, member_id, referrer_id, at) values ($1, $2, $3, $4)`, m, member, referrer, tx.Now)
	return nil
}

// Above lists who brought a member, who brought that one, and so on, as far as
// rewards could ever reach and a ring could close.
func Above(ctx context.Context, r db.Reader, m, member id.ID) ([]id.ID, error) {
	return db.All(ctx, r, func(row db.Row, v *id.ID) error { return row.Scan(v) }, `with recursive up (member_id, level) as (
			select referrer_id, 1 from member_referrals where merchant_id = $1 and member_id = $2
			union all
			select v.referrer_id, up.level + 1 from up join member_referrals v on v.merchant_id = $1 and v.member_id = up.member_id where up.level < 100
		) select member_id from up order by level`, m, member)
}

// FindReferral reads who brought a member; found is false where nobody did.
func FindReferral(ctx context.Context, r db.Reader, m, member id.ID) (v Referral, found bool, err error) {
	vs, err := db.All(ctx, r, scanReferral, `select `+referralColumns+` from member_referrals where merchant_id = $1 and member_id = $2`, m, member)
	if err != nil || len(vs) == 0 {
		return v, false, err
	}
	return vs[0], true, nil
}

// ListReferrals lists whom a member brought, the newest first.
func ListReferrals(ctx context.Context, r db.Reader, m, referrer id.ID, limit int) ([]Referral, error) {
	return db.All(ctx, r, scanReferral, `select `+referralColumns+` from member_referrals where merchant_id = $1 and referrer_id = $2 order by at desc, member_id limit $3`, m, referrer, limit)
}

// FirstSale notes the first sale of a member who was brought. It answers true once,
// for that sale.
func FirstSale(ctx context.Context, tx *db.Tx, m, member, sale id.ID) (bool, error) {
	n, err := tx.Exec(ctx, `update member_referrals set sale_id = $3, sale_at = $4 where merchant_id = $1 and member_id = $2 and sale_id is null`, m, member, sale, tx.Now)
	return n == 1, err
}
