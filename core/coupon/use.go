package coupon

import (
	"math"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// QueueUse books one use of a coupon that was read under its lock, by the member
// and in the shop of u, for the sale. At the COMMIT: coupon.already_used,
// coupon.member_limit.
func QueueUse(tx *db.Tx, m id.ID, c *Coupon, u Use) {
	if !c.LockedBy.IsNone() && c.LockedBy == u.Sale {
		QueueUnlock(tx, m, u.Sale, []id.ID{c.ID}) // gives nothing back where that was done before
	}
	c.Used++
	c.UseSeq++
	c.LockedBy = id.None
	tx.Queue(`update coupons set used = used + 1, use_seq = use_seq + 1, locked_by = null, locked_member = null where merchant_id = $1 and id = $2`, m, c.ID)
	tx.Queue(`insert into coupon_uses (merchant_id, coupon_id, use_no, sale_id, at, member_id, shop_id) values ($1,$2,$3,$4,$5,$6,$7)`, m, c.ID, c.UseSeq, u.Sale, tx.Now, u.Member, u.Shop)
	if !u.Member.IsNone() {
		tx.Queue(`insert into coupon_members (merchant_id, definition_id, member_id, used, ceiling) values ($1,$2,$3,1,$4)
			on conflict (merchant_id, definition_id, member_id) do update set used = coupon_members.used + 1, ceiling = $4`, m, c.Definition.ID, u.Member, ceiling(c.Definition.PerMember))
	}
}

// QueueRedeem is QueueUse for a caller that knows no more than the sale: the use
// counts for the coupon's own member.
func QueueRedeem(tx *db.Tx, m id.ID, c *Coupon, sale id.ID) {
	QueueUse(tx, m, c, Use{Member: c.Member, Sale: sale})
}

// QueueRestore gives the use of a sale back, to the coupon and to the member for
// whom it counted. It does not revive what has ended meanwhile.
func QueueRestore(tx *db.Tx, m id.ID, c *Coupon, sale id.ID) {
	c.Used--
	tx.Queue(`update coupon_members set used = used - 1, ceiling = $4 where merchant_id = $1 and definition_id = $2
		and member_id = (select u.member_id from coupon_uses u where u.merchant_id = $1 and u.coupon_id = $3 and u.sale_id = $5 and u.reversed_at is null)`,
		m, c.Definition.ID, c.ID, int64(math.MaxInt64), sale)
	tx.Queue(`update coupons set used = used - 1 where merchant_id = $1 and id = $2`, m, c.ID)
	tx.Queue(`update coupon_uses set reversed_at = $4 where merchant_id = $1 and coupon_id = $2 and sale_id = $3 and reversed_at is null`, m, c.ID, sale, tx.Now)
}

// QueueHold reserves a coupon, and the member's part of a limit, for the open
// sale of u; QueueUnlock ends that. At the COMMIT: coupon.member_limit.
func QueueHold(tx *db.Tx, m id.ID, c *Coupon, u Use) {
	c.LockedBy = u.Sale
	tx.Queue(`update coupons set locked_by = $3, locked_member = $4 where merchant_id = $1 and id = $2`, m, c.ID, u.Sale, u.Member)
	if !u.Member.IsNone() {
		tx.Queue(`insert into coupon_members (merchant_id, definition_id, member_id, held, ceiling) values ($1,$2,$3,1,$4)
			on conflict (merchant_id, definition_id, member_id) do update set held = coupon_members.held + 1, ceiling = $4`, m, c.Definition.ID, u.Member, ceiling(c.Definition.PerMember))
	}
}

// QueueLock is QueueHold without the member's part of a limit.
func QueueLock(tx *db.Tx, m, coupon, sale id.ID) {
	tx.Queue(`update coupons set locked_by = $3 where merchant_id = $1 and id = $2`, m, coupon, sale)
}

// QueueUnlock ends what a sale holds of these coupons; what it does not hold
// stays as it is.
func QueueUnlock(tx *db.Tx, m, sale id.ID, coupons []id.ID) {
	const held = ` from coupons c where c.merchant_id = $1 and c.id in_ids($3) and c.locked_by = $2`
	tx.Queue(`update coupon_members set ceiling = $4, held = held - (select count(*)`+held+` and c.definition_id = coupon_members.definition_id and c.locked_member = coupon_members.member_id)
		where merchant_id = $1 and (definition_id, member_id) in (select c.definition_id, c.locked_member`+held+` and c.locked_member is not null)`, m, sale, coupons, int64(math.MaxInt64))
	tx.Queue(`update coupons set locked_by = null, locked_member = null where merchant_id = $1 and id in_ids($3) and locked_by = $2`, m, sale, coupons)
}
