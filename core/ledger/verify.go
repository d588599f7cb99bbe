package ledger

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Found receives a difference: what was checked, of what, the figure computed
// from the entries and the figure that stands in the row.
type Found func(check, subject string, want, got int64)

// Verify recomputes every balance, lot, entry, checkpoint and seal of a merchant
// from the postings and answers how many things it checked.
func Verify(ctx context.Context, r db.Reader, m id.ID, found Found) (int, error) {
	run, err := VerifyAll(ctx, r, m, found)
	return run.Checked(), err
}

// VerifyAll is Verify that tells what it covered.
func VerifyAll(ctx context.Context, r db.Reader, m id.ID, found Found) (Run, error) {
	c := chain{r: r, m: m, found: found, head: noSeal()}
	run := Run{Kind: ProofFull}
	if err := c.run(ctx); err != nil {
		return run, err
	}
	accounts, err := accountFigures(ctx, r, found, allAccounts, m)
	if err != nil {
		return run, err
	}
	lots, err := lotFigures(ctx, r, found, allLots, m)
	run.ToSeal, run.Head = c.no, c.head
	run.Parts = parts(c.seals, c.entries, accounts, lots)
	return run, err
}

// VerifyIncremental proves what was booked since the last clean proof: the chain
// of new seals and what they cover, the entries after them, and of each account
// that these touch its checkpoint, balance, lots, holds and floor, of each lot
// what remains. Its cost follows what was booked since, not the size of the book.
// An old row that was changed beside the program shows here as soon as its
// account moves, else in VerifyAll.
func VerifyIncremental(ctx context.Context, r db.Reader, m id.ID, found Found) (Run, error) {
	run := Run{Kind: ProofIncremental}
	last, err := db.All(ctx, r, func(row db.Row, s *Run) error { return row.Scan(&s.ToSeal, &s.Head) },
		`select to_seal, head from proofs where merchant_id = $1 and differences = 0 order by to_seal desc limit 1`, m)
	if err != nil {
		return run, err
	}
	c := chain{r: r, m: m, found: found, head: noSeal()}
	if len(last) == 1 {
		run.FromSeal, c.no, c.head = last[0].ToSeal, last[0].ToSeal, last[0].Head
	}
	if err := c.run(ctx); err != nil {
		return run, err
	}
	accounts, err := accountFigures(ctx, r, found, touchedAccounts, m, run.FromSeal)
	if err != nil {
		return run, err
	}
	lots, err := lotFigures(ctx, r, found, touchedLots, m, run.FromSeal)
	run.ToSeal, run.Head = c.no, c.head
	run.Parts = parts(c.seals, c.entries, accounts, lots)
	return run, err
}

// An account's figures. One statement reads all of them, so that a sale or a seal
// that commits meanwhile is either in all or in none.
const (
	// allAccounts computes everything from the postings; what was proved before
	// counts for nothing.
	allAccounts = `select cast(a.id as text), a.owner_kind, a.balance, a.held, a.floor,
		coalesce(p.amount, 0), coalesce(p.lotless, 0), coalesce(l.remaining, 0), coalesce(h.amount, 0),
		coalesce(p.sealed, 0), coalesce(p.sealed_lotless, 0), coalesce(p.sealed_n, 0), coalesce(c.balance, 0), coalesce(c.lotless, 0), coalesce(c.postings, 0)
		from accounts a
		left join (select p.account_id, cast(sum(p.amount) as bigint) as amount, cast(sum(case when p.lot_id is null then p.amount else 0 end) as bigint) as lotless,
				cast(sum(case when e.seal_no is null then 0 else p.amount end) as bigint) as sealed,
				cast(sum(case when e.seal_no is null or p.lot_id is not null then 0 else p.amount end) as bigint) as sealed_lotless,
				sum(case when e.seal_no is null then 0 else 1 end) as sealed_n
			from postings p join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
			where p.merchant_id = $1 group by p.account_id) p on p.account_id = a.id
		left join (select account_id, cast(sum(remaining) as bigint) as remaining from lots where merchant_id = $1 group by account_id) l on l.account_id = a.id
		left join (select account_id, cast(sum(amount) as bigint) as amount from holds where merchant_id = $1 and state = 'held' group by account_id) h on h.account_id = a.id
		left join (select account_id, max(seal_no) as no from account_checkpoints where merchant_id = $1 group by account_id) n on n.account_id = a.id
		left join account_checkpoints c on c.merchant_id = $1 and c.account_id = a.id and c.seal_no = n.no
		where a.merchant_id = $1`

	// touchedAccounts starts from the checkpoint at the last proven seal ($2).
	touchedAccounts = `with recent as (
			select p.account_id, p.amount, p.lot_id, 1 as sealed from entries e join postings p on p.merchant_id = e.merchant_id and p.entry_id = e.id
			where e.merchant_id = $1 and e.seal_no > $2
			union all
			select p.account_id, p.amount, p.lot_id, 0 from entries e join postings p on p.merchant_id = e.merchant_id and p.entry_id = e.id
			where e.merchant_id = $1 and e.seal_no is null),
		f as (select account_id, cast(sum(amount) as bigint) as amount, cast(sum(case when lot_id is null then amount else 0 end) as bigint) as lotless,
				cast(sum(case when sealed = 1 then amount else 0 end) as bigint) as sealed,
				cast(sum(case when sealed = 1 and lot_id is null then amount else 0 end) as bigint) as sealed_lotless, sum(sealed) as sealed_n
			from recent group by account_id)
		select cast(a.id as text), a.owner_kind, a.balance, a.held, a.floor,
		coalesce(o.balance, 0) + f.amount, coalesce(o.lotless, 0) + f.lotless,
		coalesce((select cast(sum(l.remaining) as bigint) from lots l where l.merchant_id = $1 and l.account_id = f.account_id), 0), coalesce(h.amount, 0),
		coalesce(o.balance, 0) + f.sealed, coalesce(o.lotless, 0) + f.sealed_lotless, coalesce(o.postings, 0) + f.sealed_n,
		coalesce(c.balance, 0), coalesce(c.lotless, 0), coalesce(c.postings, 0)
		from f
		join accounts a on a.merchant_id = $1 and a.id = f.account_id
		left join account_checkpoints o on o.merchant_id = $1 and o.account_id = f.account_id and o.seal_no = (
			select max(x.seal_no) from account_checkpoints x where x.merchant_id = $1 and x.account_id = f.account_id and x.seal_no <= $2)
		left join account_checkpoints c on c.merchant_id = $1 and c.account_id = f.account_id and c.seal_no = (
			select max(x.seal_no) from account_checkpoints x where x.merchant_id = $1 and x.account_id = f.account_id)
		left join (select account_id, cast(sum(amount) as bigint) as amount from holds where merchant_id = $1 and state = 'held' group by account_id) h on h.account_id = f.account_id`

	allLots = `select cast(l.id as text), l.remaining, coalesce(p.amount, 0) from lots l
		left join (select lot_id, cast(sum(amount) as bigint) as amount from postings where merchant_id = $1 and lot_id is not null group by lot_id) p on p.lot_id = l.id
		where l.merchant_id = $1`

	// distinct over UNION ALL: a UNION is merged in the order of an index, which
	// reads every posting.
	touchedLots = `with t as (select distinct lot_id from (
			select p.lot_id from entries e join postings p on p.merchant_id = e.merchant_id and p.entry_id = e.id
			where e.merchant_id = $1 and e.seal_no > $2 and p.lot_id is not null
			union all
			select p.lot_id from entries e join postings p on p.merchant_id = e.merchant_id and p.entry_id = e.id
			where e.merchant_id = $1 and e.seal_no is null and p.lot_id is not null) u)
		select cast(l.id as text), l.remaining, coalesce((select cast(sum(p.amount) as bigint) from postings p where p.merchant_id = $1 and p.lot_id = t.lot_id), 0)
		from t join lots l on l.merchant_id = $1 and l.id = t.lot_id`
)

// accountFigures: the balance is the sum of the postings and of what remains of
// the lots plus what names no lot, which is a debt and so never positive; held is
// the sum of the holds; nothing goes below the floor; the checkpoint is the sum of
// what is sealed. A house account has the checkpoint only.
func accountFigures(ctx context.Context, r db.Reader, found Found, query string, args ...any) (n int, err error) {
	err = each(ctx, r, func(row db.Row) error {
		var subject, kind string
		var balance, held, floor, sum, lotless, remaining, holds int64
		var sealed, seen [3]int64 // balance, of it without a lot, postings
		if err := row.Scan(&subject, &kind, &balance, &held, &floor, &sum, &lotless, &remaining, &holds,
			&sealed[0], &sealed[1], &sealed[2], &seen[0], &seen[1], &seen[2]); err != nil {
			return err
		}
		n++
		for i := range sealed {
			if sealed[i] != seen[i] {
				found("ledger.checkpoint", subject, sealed[i], seen[i])
				break
			}
		}
		if kind == OwnerHouse {
			return nil
		}
		if sum != balance {
			found("ledger.balance", subject, sum, balance)
		}
		if sum-lotless != remaining {
			found("ledger.lots_of_account", subject, sum-lotless, remaining)
		}
		if lotless > 0 {
			found("ledger.debt", subject, 0, lotless)
		}
		if holds != held {
			found("ledger.held", subject, holds, held)
		}
		if balance-held < floor {
			found("ledger.floor", subject, floor, balance-held)
		}
		return nil
	}, query, args...)
	return n, err
}

// lotFigures: what remains of a lot is the sum of the postings that name it.
func lotFigures(ctx context.Context, r db.Reader, found Found, query string, args ...any) (n int, err error) {
	err = each(ctx, r, func(row db.Row) error {
		var subject string
		var remaining, sum int64
		if err := row.Scan(&subject, &remaining, &sum); err != nil {
			return err
		}
		n++
		if sum != remaining {
			found("ledger.lot", subject, sum, remaining)
		}
		return nil
	}, query, args...)
	return n, err
}
