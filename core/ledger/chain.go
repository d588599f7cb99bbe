package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"strconv"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

type entryRow struct {
	id, shop, sale, reverses, actor id.ID
	at                              clock.Instant
	date                            clock.Date
	kind                            string
	hash                            []byte
	sealNo                          int64
}

const entryColumns = `id, at, business_date, shop_id, kind, sale_id, reverses_id, actor_id, hash, coalesce(seal_no, 0)`

func scanEntry(r db.Row, e *entryRow) error {
	return r.Scan(&e.id, &e.at, &e.date, &e.shop, &e.kind, &e.sale, &e.reverses, &e.actor, &e.hash, &e.sealNo)
}

// chain proves the seals from one on, and every entry in them and after them.
type chain struct {
	r              db.Reader
	m              id.ID
	found          Found
	seals, entries int
	no             int64  // the last seal that was looked at
	head           []byte // its hash
}

const (
	sealPage  = 500  // seals read at once
	entryPage = 1000 // entries proved at once
)

// run proves the seals after c.no, whose hash c.head must be, then the entries
// that no seal covers yet.
func (c *chain) run(ctx context.Context) error {
	if c.no > 0 {
		if err := c.anchor(ctx); err != nil {
			return err
		}
	}
	from := c.no
	for {
		page, err := db.All(ctx, c.r, scanSeal, `select no, prev, merkle_root, count, at from seals where merchant_id = $1 and no > $2 order by no limit $3`, c.m, c.no, sealPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			break
		}
		if err := c.block(ctx, page); err != nil {
			return err
		}
	}
	if err := c.unsealed(ctx); err != nil {
		return err
	}
	// An entry that says it is in a seal which is not there.
	return each(ctx, c.r, func(row db.Row) error {
		var entry string
		var no int64
		if err := row.Scan(&entry, &no); err != nil {
			return err
		}
		c.found("ledger.seal_missing", entry, 0, no)
		return nil
	}, `select cast(e.id as text), e.seal_no from entries e where e.merchant_id = $1 and (e.seal_no > $2 or e.seal_no < 1)
		and not exists (select 1 from seals s where s.merchant_id = e.merchant_id and s.no = e.seal_no)`, c.m, from)
}

// anchor compares the seal that was proved last with what the proof noted of it.
func (c *chain) anchor(ctx context.Context) error {
	got, err := db.All(ctx, c.r, scanSeal, `select no, prev, merkle_root, count, at from seals where merchant_id = $1 and no = $2`, c.m, c.no)
	if err != nil {
		return err
	}
	if len(got) == 0 || !bytes.Equal(got[0].hash(), c.head) {
		c.found("ledger.seal", strconv.FormatInt(c.no, 10), 1, 0)
	}
	return nil
}

// block proves seals that follow each other, a few at a time.
func (c *chain) block(ctx context.Context, seals []seal) error {
	for len(seals) > 0 {
		n, count := 1, seals[0].count
		for n < len(seals) && count+seals[n].count <= entryPage {
			count += seals[n].count
			n++
		}
		if err := c.some(ctx, seals[:n]); err != nil {
			return err
		}
		seals = seals[n:]
	}
	return nil
}

func (c *chain) some(ctx context.Context, seals []seal) error {
	rows, err := db.All(ctx, c.r, scanEntry, `select `+entryColumns+` from entries where merchant_id = $1 and seal_no >= $2 and seal_no <= $3 order by seal_no, id`,
		c.m, seals[0].no, seals[len(seals)-1].no)
	if err != nil {
		return err
	}
	if err := c.prove(ctx, rows); err != nil {
		return err
	}
	leaves := map[int64][][]byte{}
	for i := range rows {
		leaves[rows[i].sealNo] = append(leaves[rows[i].sealNo], rows[i].hash)
	}
	for i := range seals {
		s := &seals[i]
		of := leaves[s.no]
		if s.no != c.no+1 || !bytes.Equal(s.prev, c.head) || !bytes.Equal(s.root, merkle(of)) || int(s.count) != len(of) {
			want, got := int64(len(of)), s.count
			if want == got { // the figures agree, the hashes do not
				want, got = 1, 0
			}
			c.found("ledger.seal", strconv.FormatInt(s.no, 10), want, got)
		}
		c.no, c.head = s.no, s.hash()
		c.seals++
	}
	return nil
}

func (c *chain) unsealed(ctx context.Context) error {
	var after id.ID
	for {
		page, err := db.All(ctx, c.r, scanEntry, `select `+entryColumns+` from entries where merchant_id = $1 and seal_no is null and id > $2 order by id limit $3`, c.m, orZero(after), entryPage)
		if err != nil || len(page) == 0 {
			return err
		}
		if err := c.prove(ctx, page); err != nil {
			return err
		}
		after = page[len(page)-1].id
	}
}

// prove checks entries by themselves: the hash over all they say, the sum per
// unit, the accounts and lots that their postings name, the entry they reverse.
func (c *chain) prove(ctx context.Context, rows []entryRow) error {
	for len(rows) > 0 {
		n := min(len(rows), entryPage)
		if err := c.proveSome(ctx, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (c *chain) proveSome(ctx context.Context, rows []entryRow) error {
	ids := make([]id.ID, len(rows))
	var reversed []id.ID
	for i := range rows {
		ids[i] = rows[i].id
		if !rows[i].reverses.IsNone() {
			reversed = append(reversed, rows[i].reverses)
		}
	}
	postings, err := c.postings(ctx, ids)
	if err != nil {
		return err
	}
	there, err := c.existing(ctx, reversed)
	if err != nil {
		return err
	}
	for i := range rows {
		e := &rows[i]
		c.entries++
		of := postings[e.id]
		if !bytes.Equal(e.hash, hashEntry(e.id, e.at, e.date, e.shop, e.kind, e.sale, e.reverses, e.actor, of)) {
			c.found("ledger.entry_hash", e.id.String(), 0, 1)
		}
		sums := map[string]int64{}
		for _, p := range of {
			sums[p.unit] += p.amount
		}
		for _, s := range sums {
			if s != 0 {
				c.found("ledger.entry_sum", e.id.String(), 0, s)
			}
		}
		if !e.reverses.IsNone() && !there[e.reverses] {
			c.found("ledger.reverses", e.id.String(), 1, 0)
		}
	}
	return each(ctx, c.r, func(row db.Row) error {
		var entry string
		var no int64
		if err := row.Scan(&entry, &no); err != nil {
			return err
		}
		c.found("ledger.posting", entry, 0, no)
		return nil
	}, `select cast(p.entry_id as text), p.no from postings p
		left join accounts a on a.merchant_id = p.merchant_id and a.id = p.account_id
		left join lots l on l.merchant_id = p.merchant_id and l.id = p.lot_id
		where p.merchant_id = $1 and p.entry_id in_ids($2)
		and (a.id is null or a.unit <> p.unit or (p.lot_id is not null and (l.id is null or l.account_id <> p.account_id)))`, c.m, ids)
}

func (c *chain) postings(ctx context.Context, entries []id.ID) (map[id.ID][]hashedPosting, error) {
	out := make(map[id.ID][]hashedPosting, len(entries))
	err := each(ctx, c.r, func(row db.Row) error {
		var entry id.ID
		var p hashedPosting
		if err := row.Scan(&entry, &p.account, &p.unit, &p.amount, &p.lot); err != nil {
			return err
		}
		out[entry] = append(out[entry], p)
		return nil
	}, `select entry_id, account_id, unit, amount, lot_id from postings where merchant_id = $1 and entry_id in_ids($2) order by entry_id, no`, c.m, entries)
	return out, err
}

func (c *chain) existing(ctx context.Context, entries []id.ID) (map[id.ID]bool, error) {
	out := map[id.ID]bool{}
	if len(entries) == 0 {
		return out, nil
	}
	err := each(ctx, c.r, func(row db.Row) error {
		var u id.ID
		err := row.Scan(&u)
		out[u] = true
		return err
	}, `select id from entries where merchant_id = $1 and id in_ids($2)`, c.m, entries)
	return out, err
}

// noSeal stands before the first seal.
func noSeal() []byte { return make([]byte, sha256.Size) }

// orZero is the smallest uuid where there is none yet: NULL compares with nothing.
func orZero(u id.ID) string {
	if u.IsNone() {
		return "00000000-0000-0000-0000-000000000000"
	}
	return u.String()
}

// each reads rows one by one: a whole book need not fit into memory.
func each(ctx context.Context, r db.Reader, scan func(db.Row) error, query string, args ...any) error {
	rows, err := r.Rows(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
