package ledger

import (
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Purse is the accounts and lots of one owner inside a transaction: loaded under
// the accounts' lock, changed in memory, written by Queue.
type Purse struct {
	Merchant  id.ID
	OwnerKind string
	Owner     id.ID
	Accounts  []Account
	Lots      []Lot
	before    map[id.ID]money.Amount // what the database says remains of a lot
	added     []*Lot
	made      []*Account
}

// Ask notes the reads that fill the purse, with its locks; sale names a sale
// whose lots are wanted even where nothing remains of them.
func (p *Purse) Ask(tx *db.Tx, sale id.ID) {
	tx.AskAll(AskAccounts(p.Merchant, p.OwnerKind, p.Owner, true, &p.Accounts), AskLots(p.Merchant, p.OwnerKind, p.Owner, sale, &p.Lots))
}

// AskToSpend is Ask for a transaction that spends in these units only: a member
// of many visits has many lots of points, which most sales do not touch.
func (p *Purse) AskToSpend(tx *db.Tx, units []string) {
	tx.AskAll(AskAccounts(p.Merchant, p.OwnerKind, p.Owner, true, &p.Accounts))
	p.Lots = p.Lots[:0]
	if len(units) > 0 {
		tx.AskAll(AskLotsOf(p.Merchant, p.OwnerKind, p.Owner, units, &p.Lots))
	}
}

// Find answers the account of that unit and class, nil where there is none.
func (p *Purse) Find(unit, class string) *Account {
	for _, a := range p.made {
		if a.Unit == unit && a.Class == class {
			return a
		}
	}
	for i := range p.Accounts {
		if a := &p.Accounts[i]; a.Unit == unit && a.Class == class {
			return a
		}
	}
	return nil
}

// Open answers the account, which Post will insert where there is none.
func (p *Purse) Open(tx *db.Tx, unit, class string, floor money.Amount) *Account {
	if a := p.Find(unit, class); a != nil {
		return a
	}
	a := NewAccount(tx, p.OwnerKind, p.Owner, unit, class, floor)
	p.made = append(p.made, &a)
	return &a
}

// Of lists the lots of an account, oldest first.
func (p *Purse) Of(a *Account) []*Lot {
	var out []*Lot
	for i := range p.Lots {
		if p.Lots[i].Account == a.ID {
			out = append(out, &p.Lots[i])
		}
	}
	for _, l := range p.added {
		if l.Account == a.ID {
			out = append(out, l)
		}
	}
	return out
}

// Lot finds a lot by its id, nil where it was not loaded.
func (p *Purse) Lot(lot id.ID) *Lot {
	for i := range p.Lots {
		if p.Lots[i].ID == lot {
			return &p.Lots[i]
		}
	}
	return nil
}

// AddLot makes a lot of the account. The caller posts its amount.
func (p *Purse) AddLot(tx *db.Tx, a *Account, l Lot) *Lot {
	a.LotSeq++
	l.ID, l.Account, l.Seq, l.CreatedAt = tx.NewID(), a.ID, a.LotSeq, tx.Now
	if l.AvailableAt == 0 {
		l.AvailableAt = tx.Now
	}
	p.added = append(p.added, &l)
	return &l
}

// Take lowers (or, negative, raises again) what remains of a lot.
func (p *Purse) Take(l *Lot, amount money.Amount) {
	if p.before == nil {
		p.before = map[id.ID]money.Amount{}
	}
	if _, seen := p.before[l.ID]; !seen {
		p.before[l.ID] = l.Remaining
	}
	l.Remaining -= amount
}

// Queue writes the lots that were made or changed, and the accounts' lot
// counters. It goes after Post, which inserts the accounts.
func (p *Purse) Queue(tx *db.Tx) {
	isNew := map[id.ID]bool{}
	for _, l := range p.added {
		isNew[l.ID] = true
		var exp any
		if l.ExpiresAt != 0 {
			exp = l.ExpiresAt
		}
		tx.Queue(`insert into lots (merchant_id, id, account_id, seq, amount, remaining, group_id, paid, policy, origin_shop_id, origin_sale_id, created_at, available_at, expires_at)
			values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)`,
			p.Merchant, l.ID, l.Account, l.Seq, l.Amount, l.Remaining, l.Group, l.Paid, l.Policy, l.OriginShop, l.OriginSale, l.CreatedAt, l.AvailableAt, exp)
		tx.Queue(`update accounts set lot_seq = $3 where merchant_id = $1 and id = $2`, p.Merchant, l.Account, l.Seq)
	}
	for i := range p.Lots {
		l := &p.Lots[i]
		if was, changed := p.before[l.ID]; changed && was != l.Remaining && !isNew[l.ID] {
			tx.Queue(`update lots set remaining = remaining - $3 where merchant_id = $1 and id = $2`, p.Merchant, l.ID, was-l.Remaining)
		}
	}
}
