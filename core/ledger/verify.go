package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Found receives a difference: what was checked, of what, the figure computed
// from the entries and the figure that stands in the row.
type Found func(check, subject string, want, got int64)

// Verify recomputes every balance, lot, entry and seal of a merchant from the
// postings and answers how many things it checked.
func Verify(ctx context.Context, r db.Reader, m id.ID, found Found) (int, error) {
	n := 0
	for _, check := range []func(context.Context, db.Reader, id.ID, Found) (int, error){verifyBalances, verifyHeld, verifyLots, verifySums, verifySeals} {
		k, err := check(ctx, r, m, found)
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

type figures struct {
	subject string
	a, b, c int64
}

func compare(ctx context.Context, r db.Reader, found func(figures), query string, args ...any) (int, error) {
	rows, err := db.All(ctx, r, func(row db.Row, f *figures) error { return row.Scan(&f.subject, &f.a, &f.b, &f.c) }, query, args...)
	for _, f := range rows {
		found(f)
	}
	return len(rows), err
}

func verifyBalances(ctx context.Context, r db.Reader, m id.ID, found Found) (int, error) {
	return compare(ctx, r, func(f figures) {
		if f.a != f.b {
			found("ledger.balance", f.subject, f.a, f.b)
		}
		if rest := max(f.a, 0); rest != f.c {
			found("ledger.lots_of_account", f.subject, rest, f.c)
		}
	}, `select cast(a.id as text), coalesce((select sum(p.amount) from postings p where p.merchant_id = a.merchant_id and p.account_id = a.id), 0),
		a.balance, coalesce((select sum(l.remaining) from lots l where l.merchant_id = a.merchant_id and l.account_id = a.id), 0)
		from accounts a where a.merchant_id = $1 and a.owner_kind <> 'house'`, m)
}

func verifyHeld(ctx context.Context, r db.Reader, m id.ID, found Found) (int, error) {
	return compare(ctx, r, func(f figures) {
		if f.a != f.b {
			found("ledger.held", f.subject, f.a, f.b)
		}
	}, `select cast(a.id as text), coalesce((select sum(h.amount) from holds h where h.merchant_id = a.merchant_id and h.account_id = a.id and h.state = 'held'), 0), a.held, 0
		from accounts a where a.merchant_id = $1 and a.owner_kind <> 'house'`, m)
}

// verifyLots: what remains of a lot is its amount less what postings took from
// it. A debt that a later lot paid off lowers that lot without naming it, so a
// lot may remain lower than its postings say, never higher.
func verifyLots(ctx context.Context, r db.Reader, m id.ID, found Found) (int, error) {
	return compare(ctx, r, func(f figures) {
		if f.b > f.a || f.b < 0 || f.a < 0 {
			found("ledger.lot", f.subject, f.a, f.b)
		}
	}, `select cast(l.id as text), coalesce(p.taken, 0), l.remaining, 0
		from lots l left join (select lot_id, sum(amount) as taken from postings where merchant_id = $1 and lot_id is not null group by lot_id) p on p.lot_id = l.id
		where l.merchant_id = $1`, m)
}

func verifySums(ctx context.Context, r db.Reader, m id.ID, found Found) (int, error) {
	_, err := compare(ctx, r, func(f figures) { found("ledger.entry_sum", f.subject, 0, f.a) },
		`select cast(entry_id as text), sum(amount), 0, 0 from postings where merchant_id = $1 group by entry_id, unit having sum(amount) <> 0`, m)
	if err != nil {
		return 0, err
	}
	return db.Value[int](ctx, r, `select count(*) from entries where merchant_id = $1`, m)
}

type entryRow struct {
	id, shop, sale, reverses, actor id.ID
	at                              clock.Instant
	date                            clock.Date
	kind                            string
	hash                            []byte
	sealNo                          *int64
}

func scanEntry(r db.Row, e *entryRow) error {
	return r.Scan(&e.id, &e.at, &e.date, &e.shop, &e.kind, &e.sale, &e.reverses, &e.actor, &e.hash, &e.sealNo)
}

// verifySeals recomputes each entry's hash from its postings, each seal's Merkle
// root from the hashes, and the chain of seals. The seals are read first: what is
// booked and sealed while the entries are read belongs to later ones.
func verifySeals(ctx context.Context, r db.Reader, m id.ID, found Found) (int, error) {
	seals, err := db.All(ctx, r, scanSeal, `select no, prev, merkle_root, count, at from seals where merchant_id = $1 order by no`, m)
	if err != nil {
		return 0, err
	}
	leaves := map[int64][][]byte{}
	var after id.ID
	n := 0
	for {
		page, err := db.All(ctx, r, scanEntry, `select id, at, business_date, shop_id, kind, sale_id, reverses_id, actor_id, hash, seal_no
			from entries where merchant_id = $1 and id > $2 order by id limit 2000`, m, orZero(after))
		if err != nil {
			return n, err
		}
		if len(page) == 0 {
			break
		}
		postings, err := postingsOf(ctx, r, m, page[0].id, page[len(page)-1].id)
		if err != nil {
			return n, err
		}
		for _, e := range page {
			n++
			if !bytes.Equal(e.hash, hashEntry(e.id, e.at, e.date, e.shop, e.kind, e.sale, e.reverses, e.actor, postings[e.id])) {
				found("ledger.entry_hash", e.id.String(), 0, 1)
			}
			if e.sealNo != nil {
				leaves[*e.sealNo] = append(leaves[*e.sealNo], e.hash)
			}
		}
		after = page[len(page)-1].id
	}
	prev := make([]byte, sha256.Size)
	for i, s := range seals {
		if s.no != int64(i)+1 || !bytes.Equal(s.prev, prev) || !bytes.Equal(s.root, merkle(leaves[s.no])) || int(s.count) != len(leaves[s.no]) {
			found("ledger.seal", m.String(), int64(i)+1, s.no)
		}
		prev = s.hash()
	}
	return n + len(seals), nil
}

// orZero is the smallest uuid where there is none yet: NULL compares with nothing.
func orZero(u id.ID) string {
	if u.IsNone() {
		return "00000000-0000-0000-0000-000000000000"
	}
	return u.String()
}

func postingsOf(ctx context.Context, r db.Reader, m, from, to id.ID) (map[id.ID][]hashedPosting, error) {
	type row struct {
		entry id.ID
		hashedPosting
	}
	rows, err := db.All(ctx, r, func(s db.Row, p *row) error { return s.Scan(&p.entry, &p.account, &p.unit, &p.amount, &p.lot) },
		`select entry_id, account_id, unit, amount, lot_id from postings where merchant_id = $1 and entry_id >= $2 and entry_id <= $3 order by entry_id, no`, m, from, to)
	out := make(map[id.ID][]hashedPosting, len(rows)/3)
	for _, p := range rows {
		out[p.entry] = append(out[p.entry], p.hashedPosting)
	}
	return out, err
}
