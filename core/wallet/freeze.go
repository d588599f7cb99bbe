package wallet

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
)

// Stop is a freeze of a member's wallet, past or present.
type Stop struct {
	ID            id.ID
	Member        id.ID
	Reason        string
	FrozenAt      clock.Instant
	FrozenBy      id.ID
	RestoredAt    clock.Instant // 0: still frozen
	RestoredBy    id.ID
	RestoreReason string
}

// Freeze stops everything that takes from a member's wallet: spending, points,
// visits, transfers, pay-outs. Earning and top-ups go on, and what an open sale
// set aside before is still captured. Accounts that come later are stopped too,
// since one frozen account stops a purse; a member without any gets the account
// of points for it. Faults: wallet.reason_required, wallet.already_frozen.
func Freeze(ctx context.Context, tx *db.Tx, m, member, actor id.ID, reason string) error {
	reason, err := needReason(reason)
	if err != nil {
		return err
	}
	p := NewPurse(m, member)
	tx.AskAll(ledger.AskAccounts(m, ledger.OwnerMember, member, true, &p.Accounts))
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	if Frozen(p) {
		return ErrAlreadyFrozen
	}
	if len(p.Accounts) == 0 {
		tx.Queue(`insert into accounts (merchant_id, id, owner_kind, owner_id, unit, class, floor, created_at) values ($1,$2,$3,$4,$5,$6,$7,$8)`,
			m, tx.NewID(), ledger.OwnerMember, member, ledger.UnitPoints, ledger.ClassPoints, pointsFloor, tx.Now)
	}
	tx.Queue(`update accounts set frozen = true where merchant_id = $1 and owner_kind = 'member' and owner_id = $2`, m, member)
	tx.Queue(`insert into wallet_freezes (merchant_id, id, member_id, reason, frozen_at, frozen_by) values ($1,$2,$3,$4,$5,$6)`, m, tx.NewID(), member, reason, tx.Now, actor)
	return nil
}

// Restore ends a freeze. Faults: wallet.reason_required, wallet.not_frozen.
func Restore(ctx context.Context, tx *db.Tx, m, member, actor id.ID, reason string) error {
	reason, err := needReason(reason)
	if err != nil {
		return err
	}
	p := NewPurse(m, member)
	tx.AskAll(ledger.AskAccounts(m, ledger.OwnerMember, member, true, &p.Accounts))
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	if !Frozen(p) {
		return ErrNotFrozen
	}
	tx.Queue(`update accounts set frozen = false where merchant_id = $1 and owner_kind = 'member' and owner_id = $2`, m, member)
	tx.Queue(`update wallet_freezes set restored_at = $3, restored_by = $4, restore_reason = $5 where merchant_id = $1 and member_id = $2 and restored_at is null`, m, member, tx.Now, actor, reason)
	return nil
}

// Stops lists a member's freezes, the newest first.
func Stops(ctx context.Context, r db.Reader, m, member id.ID) ([]Stop, error) {
	return db.All(ctx, r, func(row db.Row, s *Stop) error {
		var ended *int64
		err := row.Scan(&s.ID, &s.Member, &s.Reason, &s.FrozenAt, &s.FrozenBy, &ended, &s.RestoredBy, &s.RestoreReason)
		if ended != nil {
			s.RestoredAt = clock.Instant(*ended)
		}
		return err
	}, `select id, member_id, reason, frozen_at, frozen_by, restored_at, restored_by, restore_reason from wallet_freezes where merchant_id = $1 and member_id = $2 order by id desc`, m, member)
}

// Done is something that a person did to a wallet outside a sale.
type Done struct {
	Entry  id.ID
	Kind   string
	Member id.ID
	Other  id.ID // transfers: who received
	Reason string
	Actor  id.ID
	At     clock.Instant
}

// Operations lists what people did to a member's wallet, the newest first.
func Operations(ctx context.Context, r db.Reader, m, member id.ID, limit int) ([]Done, error) {
	return db.All(ctx, r, func(row db.Row, d *Done) error {
		return row.Scan(&d.Entry, &d.Kind, &d.Member, &d.Other, &d.Reason, &d.Actor, &d.At)
	}, `select entry_id, kind, member_id, other_member_id, reason, actor_id, at from wallet_operations
		where merchant_id = $1 and (member_id = $2 or other_member_id = $2) order by entry_id desc limit $3`, m, member, limit)
}

// GetTransfer reads what a transfer moved. Fault: db.no_row.
func GetTransfer(ctx context.Context, r db.Reader, m, entry id.ID) (out Transferred, err error) {
	out.Entry = entry
	err = r.Batch(ctx, db.Ask{SQL: `select a.class, cast(sum(p.amount) as bigint) from postings p join accounts a on a.merchant_id = p.merchant_id and a.id = p.account_id
		where p.merchant_id = $1 and p.entry_id = $2 and a.owner_id = (select o.other_member_id from wallet_operations o where o.merchant_id = $1 and o.entry_id = $2)
		group by a.class`, Args: []any{m, entry}, Scan: func(row db.Row) error {
		var class string
		var n int64
		if err := row.Scan(&class, &n); err != nil {
			return err
		}
		out.add(class, n)
		return nil
	}})
	return out, err
}
