package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"math"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// StatementOf says of what a statement is: an owner's accounts (a member's, or a
// shop's, whose owner kind is OwnerHouse) and the period [From, To).
type StatementOf struct {
	Merchant  id.ID
	OwnerKind string
	Owner     id.ID
	From      clock.Instant // 0: from the beginning
	To        clock.Instant // 0: to the newest
	Unit      string        // "": all units
	Class     string        // "": all classes
}

// Section is one account of a statement.
type Section struct {
	Account     id.ID
	Unit, Class string
	Opening     money.Amount // before the first movement of the period
	Closing     money.Amount // after the last
	Movements   int64        // in the period
}

// Movement is one posting of a statement, with the balance after it.
type Movement struct {
	Entry        id.ID
	No           int64 // of the posting in its entry
	At           clock.Instant
	BusinessDate clock.Date
	Kind         string
	Shop         id.ID
	Sale         id.ID
	Unit, Class  string
	Amount       money.Amount
	Balance      money.Amount // of its account, after it
	Lot          id.ID
}

// Statement is an account statement with its sections; its movements are streamed.
type Statement struct {
	Of       StatementOf
	Sections []Section
	r        db.Reader
}

// OpenStatement reads the openings and closings of a statement's accounts, in the
// order of units and classes. Its movements come from Each or Page; when they have
// come to the end, the closings are the balances after the last of them, also
// where something was booked meanwhile.
func OpenStatement(ctx context.Context, r db.Reader, q StatementOf) (*Statement, error) {
	if q.To == 0 {
		q.To = math.MaxInt64
	}
	s := &Statement{Of: q, r: r}
	var err error
	s.Sections, err = db.All(ctx, r, func(row db.Row, c *Section) error {
		return row.Scan(&c.Account, &c.Unit, &c.Class, &c.Opening, &c.Closing, &c.Movements)
	}, `select a.id, a.unit, a.class, cast(coalesce(sum(case when e.at < $4 then p.amount else 0 end), 0) as bigint), cast(coalesce(sum(p.amount), 0) as bigint),
		coalesce(sum(case when e.at >= $4 then 1 else 0 end), 0)
		from accounts a
		left join (postings p join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id and e.at < $5) on p.merchant_id = a.merchant_id and p.account_id = a.id
		where a.merchant_id = $1 and a.owner_kind = $2 and a.owner_id = $3 and (a.unit = $6 or $6 = '') and (a.class = $7 or $7 = '')
		group by a.id, a.unit, a.class order by a.unit, a.class`, q.Merchant, q.OwnerKind, q.Owner, q.From, q.To, q.Unit, q.Class)
	return s, err
}

// Each streams all movements in the order of their entries, however many they are.
func (s *Statement) Each(ctx context.Context, f func(Movement) error) error {
	_, err := s.merge(ctx, cursor{}, f)
	return err
}

// Page reads the movements of whole entries after one, about limit of them, and
// the entry to go on from (none at the end).
func (s *Statement) Page(ctx context.Context, after id.ID, limit int) (list []Movement, next id.ID, err error) {
	stopped, err := s.merge(ctx, cursor{after, math.MaxInt32}, func(m Movement) error {
		if n := len(list); n >= limit && list[n-1].Entry != m.Entry {
			return errStop
		}
		list = append(list, m)
		return nil
	})
	if stopped {
		next = list[len(list)-1].Entry
	}
	return list, next, err
}

// cursor stands behind a posting.
type cursor struct {
	entry id.ID
	no    int64
}

var errStop = errors.New("ledger: the page is full") // never leaves this file

// source is what one account still has to give.
type source struct {
	section *Section
	balance money.Amount
	at      cursor
	rows    []Movement
	ended   bool
}

const movementPage = 500

// merge takes the movements of all accounts in the order of their entries: each
// account is read along its own index, a page at a time.
func (s *Statement) merge(ctx context.Context, from cursor, f func(Movement) error) (stopped bool, err error) {
	sources := make([]*source, len(s.Sections))
	for i := range s.Sections {
		src := &source{section: &s.Sections[i], balance: s.Sections[i].Opening, at: from}
		src.ended = src.section.Movements == 0
		if !from.entry.IsNone() && !src.ended {
			before, err := db.Value[money.Amount](ctx, s.r, `select cast(coalesce(sum(p.amount), 0) as bigint) from postings p join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
				where p.merchant_id = $1 and p.account_id = $2 and p.entry_id <= $3 and e.at >= $4 and e.at < $5`, s.Of.Merchant, src.section.Account, from.entry, s.Of.From, s.Of.To)
			if err != nil {
				return false, err
			}
			src.balance += before
		}
		sources[i] = src
	}
	for {
		var first *source
		for _, src := range sources {
			if err := s.refill(ctx, src); err != nil {
				return false, err
			}
			if len(src.rows) > 0 && (first == nil || before(src.rows[0], first.rows[0])) {
				first = src
			}
		}
		if first == nil {
			for _, src := range sources { // what committed since the sections were read
				src.section.Closing = src.balance
			}
			return false, nil
		}
		m := first.rows[0]
		first.rows = first.rows[1:]
		first.balance += m.Amount
		m.Balance, m.Unit, m.Class = first.balance, first.section.Unit, first.section.Class
		if err := f(m); err == errStop {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
}

func before(a, b Movement) bool {
	if a.Entry != b.Entry {
		return a.Entry.Less(b.Entry)
	}
	return a.No < b.No
}

func (s *Statement) refill(ctx context.Context, src *source) error {
	if src.ended || len(src.rows) > 0 {
		return nil
	}
	if low := idAt(s.Of.From, -idSlack); src.at.entry.IsNone() || src.at.entry.Less(low) {
		src.at = cursor{low, -1}
	}
	var err error
	src.rows, err = db.All(ctx, s.r, func(row db.Row, m *Movement) error {
		return row.Scan(&m.Entry, &m.No, &m.At, &m.BusinessDate, &m.Kind, &m.Shop, &m.Sale, &m.Amount, &m.Lot)
	}, `select e.id, p.no, e.at, e.business_date, e.kind, e.shop_id, e.sale_id, p.amount, p.lot_id
		from postings p join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
		where p.merchant_id = $1 and p.account_id = $2 and p.entry_id >= $3 and (p.entry_id > $3 or p.no > $4) and p.entry_id <= $5 and e.at >= $6 and e.at < $7
		order by p.entry_id, p.no limit $8`, s.Of.Merchant, src.section.Account, src.at.entry, src.at.no, idAt(s.Of.To, idSlack), s.Of.From, s.Of.To, movementPage)
	src.ended = len(src.rows) < movementPage
	if n := len(src.rows); n > 0 {
		src.at = cursor{src.rows[n-1].Entry, src.rows[n-1].No}
	}
	return err
}

// idSlack is how far an entry's id may lie from its instant: ids that are made
// within one millisecond run ahead of it by a few.
const idSlack = 60_000

// idAt is an id of an instant, some milliseconds off, to bound a search with.
func idAt(at clock.Instant, slack int64) (u id.ID) {
	ms := int64(at)/1000 + slack
	ms = min(max(ms, 0), 1<<48-1)
	binary.BigEndian.PutUint64(u[:8], uint64(ms)<<16)
	u[15] = 1 // never none
	return u
}
