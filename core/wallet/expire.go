package wallet

import (
	"context"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/tenant"
)

// HousePunchesLapsed takes what was paid for visits that expired.
const HousePunchesLapsed = "punches_lapsed"

// ExpireDue books the end of lots that are past it, of up to batch wallets, and
// answers how many lots it ended; 0: there is nothing more to do now. Only what is
// unspent of a lot is touched. An account of which an open sale holds something is
// left to a later run, since the hold may be captured from lots that were active
// when it was made. Run it again after a fault: what was booked is not due any more.
func ExpireDue(ctx context.Context, tx *db.Tx, book *ledger.Book, m id.ID, batch int) (ended int, err error) {
	type owner struct {
		kind string
		id   id.ID
	}
	due, err := db.All(ctx, tx, func(r db.Row, o *owner) error { return r.Scan(&o.kind, &o.id) },
		`select a.owner_kind, a.owner_id from lots l join accounts a on a.merchant_id = l.merchant_id and a.id = l.account_id
		where l.merchant_id = $1 and l.expires_at is not null and l.remaining > 0 and l.expires_at <= $2 and a.held = 0
		group by a.owner_kind, a.owner_id order by min(l.expires_at), a.owner_id limit $3`, m, tx.Now, batch)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	merchant, err := tenant.GetMerchant(ctx, tx, m)
	if err != nil {
		return 0, err
	}
	shops, err := tenant.ListShops(ctx, tx, m)
	if err != nil {
		return 0, err
	}
	purses := make([]*ledger.Purse, len(due))
	for i, o := range due {
		purses[i] = &ledger.Purse{Merchant: m, OwnerKind: o.kind, Owner: o.id}
	}
	Ask(tx, id.None, purses...)
	if err := tx.Flush(ctx); err != nil {
		return 0, err
	}
	for _, p := range purses {
		n, err := expire(tx, book, p, shops, merchant.Currency.Code)
		if err != nil {
			return 0, err
		}
		ended += n
	}
	return ended, nil
}

// expire ends what is due of one purse: one entry for each shop that sold or gave it.
func expire(tx *db.Tx, book *ledger.Book, p *ledger.Purse, shops []tenant.Shop, ccy string) (ended int, err error) {
	entries := map[id.ID]*ledger.Entry{}
	var order []id.ID
	for i := range p.Lots {
		l := &p.Lots[i]
		a := accountOf(p, l.Account)
		if a == nil || a.Held > 0 || l.Remaining == 0 || l.ExpiresAt == 0 || l.ExpiresAt > tx.Now {
			continue
		}
		e := entries[l.OriginShop]
		if e == nil {
			e = &ledger.Entry{Shop: l.OriginShop, BusinessDate: dateIn(shops, l.OriginShop, tx.Now), Kind: KindExpired}
			entries[l.OriginShop] = e
			order = append(order, l.OriginShop)
		}
		expireLot(p, e, a, l, ccy)
		ended++
	}
	for _, shop := range order {
		if err := book.Post(tx, p.Merchant, entries[shop]); err != nil {
			return 0, err
		}
	}
	p.Queue(tx)
	return ended, nil
}

func expireLot(p *ledger.Purse, e *ledger.Entry, a *ledger.Account, l *ledger.Lot, ccy string) {
	rest := l.Remaining
	if a.Class == ledger.ClassPunch {
		worth := valueOf(l, rest)
		house(p, e, e.Shop, ccy, HousePunchesDeferred, -worth)
		house(p, e, e.Shop, ccy, HousePunchesLapsed, worth)
	}
	p.Take(l, rest)
	e.Add(a, -rest, l)
	house(p, e, e.Shop, a.Unit, a.Class+HouseExpired, rest)
}

// dateIn is the business date of a shop; of one that is gone, by UTC.
func dateIn(shops []tenant.Shop, shop id.ID, at clock.Instant) clock.Date {
	for i := range shops {
		if shops[i].ID == shop {
			return shops[i].Zone.BusinessDate(at)
		}
	}
	return clock.Date(at.Time().Format("2006-01-02"))
}

// Expiring is what a member is about to lose.
type Expiring struct {
	Member id.ID
	Unit   string
	Class  string
	Amount money.Amount
	First  clock.Instant // when the first of it ends
}

// Visits is the service whose visits end, none for other units.
func (x *Expiring) Visits() id.ID {
	rest, ok := strings.CutPrefix(x.Unit, ledger.PunchUnit(id.None))
	if !ok {
		return id.None
	}
	sku, err := id.Parse(rest)
	if err != nil {
		return id.None
	}
	return sku
}

// ExpiringSoon lists what ends after now and not after until, by member; the page
// is one of members, and its cursor the last member.
func ExpiringSoon(ctx context.Context, r db.Reader, m id.ID, until clock.Instant, pg db.Page) ([]Expiring, string, error) {
	now := nowOf(r)
	members, err := db.All(ctx, r, func(row db.Row, v *id.ID) error { return row.Scan(v) },
		`select distinct a.owner_id from lots l join accounts a on a.merchant_id = l.merchant_id and a.id = l.account_id
		where l.merchant_id = $1 and l.expires_at is not null and l.remaining > 0 and l.expires_at > $2 and l.expires_at <= $3 and a.owner_kind = 'member' and a.owner_id > $4
		order by a.owner_id limit $5`, m, now, until, afterText(pg.After), pg.Size()+1)
	if err != nil {
		return nil, "", err
	}
	members, next := db.Cut(pg, members, func(v id.ID) id.ID { return v })
	if len(members) == 0 {
		return nil, "", nil
	}
	out, err := db.All(ctx, r, func(row db.Row, x *Expiring) error {
		return row.Scan(&x.Member, &x.Unit, &x.Class, &x.Amount, &x.First)
	}, `select a.owner_id, a.unit, a.class, cast(sum(l.remaining) as bigint), min(l.expires_at)
		from accounts a join lots l on l.merchant_id = a.merchant_id and l.account_id = a.id
		where a.merchant_id = $1 and a.owner_kind = 'member' and a.owner_id in_ids($4) and l.remaining > 0 and l.expires_at > $2 and l.expires_at <= $3
		group by a.owner_id, a.unit, a.class order by a.owner_id, a.class, a.unit`, m, now, until, members)
	return out, next, err
}

// afterText is the smallest id where a list begins: NULL compares with nothing.
func afterText(u id.ID) string {
	if u.IsNone() {
		return "00000000-0000-0000-0000-000000000000"
	}
	return u.String()
}
