package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Posting is one signed amount on one account, and the lot it came from or made.
type Posting struct {
	Account *Account
	Amount  money.Amount
	Lot     *Lot // member accounts: always for a debit that lots cover
}

// Entry is a set of postings that sums to zero per unit.
type Entry struct {
	ID           id.ID
	Shop         id.ID
	BusinessDate clock.Date
	Kind         string // "sale", "refund", "top_up", …
	Sale         id.ID
	Reverses     id.ID
	Actor        id.ID
	Postings     []Posting
}

// Add appends a posting; a zero amount is left out.
func (e *Entry) Add(a *Account, amount money.Amount, lot *Lot) {
	if amount != 0 {
		e.Postings = append(e.Postings, Posting{a, amount, lot})
	}
}

// Post queues the entry, its postings, new accounts, and the new balances of
// member accounts. Lots are changed by QueueLots. Faults: ledger.unbalanced; at
// the COMMIT wallet.insufficient_funds.
func (b *Book) Post(tx *db.Tx, m id.ID, e *Entry) error {
	if len(e.Postings) == 0 {
		return nil
	}
	if e.ID.IsNone() {
		e.ID = tx.NewID()
	}
	sums := map[string]money.Amount{}
	delta := map[*Account]money.Amount{}
	var order []*Account
	for _, p := range e.Postings {
		sums[p.Account.Unit] += p.Amount
		if _, seen := delta[p.Account]; !seen {
			order = append(order, p.Account)
		}
		delta[p.Account] += p.Amount
	}
	for unit, s := range sums {
		if s != 0 {
			return ErrUnbalanced.With("unit", unit).With("rest", int64(s))
		}
	}
	for _, a := range order {
		b.queueAccount(tx, m, a)
	}
	h := e.hash(tx.Now)
	tx.Queue(`insert into entries (merchant_id, id, at, business_date, shop_id, kind, sale_id, reverses_id, actor_id, hash) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		m, e.ID, tx.Now, e.BusinessDate, e.Shop, e.Kind, e.Sale, e.Reverses, e.Actor, h)
	for i, p := range e.Postings {
		lot := id.None
		if p.Lot != nil {
			lot = p.Lot.ID
		}
		tx.Queue(`insert into postings (merchant_id, entry_id, no, account_id, unit, amount, lot_id) values ($1,$2,$3,$4,$5,$6,$7)`,
			m, e.ID, i, p.Account.ID, p.Account.Unit, p.Amount, lot)
	}
	for _, a := range order {
		if a.OwnerKind != OwnerHouse && delta[a] != 0 {
			a.Balance += delta[a]
			tx.Queue(`update accounts set balance = balance + $3 where merchant_id = $1 and id = $2`, m, a.ID, delta[a])
		}
	}
	return nil
}

// hash covers all that the entry says; the sealer and Verify compute it again.
func (e *Entry) hash(at clock.Instant) []byte {
	rows := make([]hashedPosting, len(e.Postings))
	for i, p := range e.Postings {
		rows[i] = hashedPosting{account: p.Account.ID, unit: p.Account.Unit, amount: int64(p.Amount)}
		if p.Lot != nil {
			rows[i].lot = p.Lot.ID
		}
	}
	return hashEntry(e.ID, at, e.BusinessDate, e.Shop, e.Kind, e.Sale, e.Reverses, e.Actor, rows)
}

type hashedPosting struct {
	account, lot id.ID
	unit         string
	amount       int64
}

func hashEntry(entry id.ID, at clock.Instant, date clock.Date, shop id.ID, kind string, sale, reverses, actor id.ID, ps []hashedPosting) []byte {
	var b bytes.Buffer
	u64 := func(v uint64) { _ = binary.Write(&b, binary.BigEndian, v) }
	str := func(s string) { u64(uint64(len(s))); b.WriteString(s) }
	for _, u := range []id.ID{entry, shop, sale, reverses, actor} {
		b.Write(u[:])
	}
	u64(uint64(at))
	str(string(date))
	str(kind)
	for _, p := range ps {
		b.Write(p.account[:])
		b.Write(p.lot[:])
		str(p.unit)
		u64(uint64(p.amount))
	}
	h := sha256.Sum256(b.Bytes())
	return h[:]
}
