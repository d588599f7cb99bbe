package ledger

import (
	"sync"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrInsufficient = fault.New(fault.Conflict, "wallet.insufficient_funds") // less available than asked for
	ErrFrozen       = fault.New(fault.Conflict, "wallet.frozen")
	ErrUnbalanced   = fault.New(fault.Internal, "ledger.unbalanced") // postings do not sum to zero: our own mistake
	ErrLotOverdrawn = fault.New(fault.Internal, "ledger.lot_overdrawn")
)

var (
	_ = db.Guard("ck_accounts_available", ErrInsufficient)
	_ = db.Guard("ck_lots_remaining", ErrLotOverdrawn)
	_ = db.GuardRetry("ux_accounts_owner_kind_owner_id_unit_class") // two first bookings of one member at once
)

// Owner kinds.
const (
	OwnerMember = "member"
	OwnerHouse  = "house"
)

// Classes of a member's accounts.
const (
	ClassPrincipal = "principal"
	ClassBonus     = "bonus"
	ClassPoints    = "points"
	ClassPunch     = "punch"
)

// UnitPoints is the unit of points; a currency's code and "punch:<sku id>" are the others.
const UnitPoints = "points"

// PunchUnit is the unit in which visits of a service are counted.
func PunchUnit(sku id.ID) string { return "punch:" + sku.String() }

// Account is a place in the book, in one unit and class.
type Account struct {
	ID        id.ID
	OwnerKind string
	Owner     id.ID
	Unit      string
	Class     string
	Balance   money.Amount // sum of postings; not kept for house accounts
	Held      money.Amount // part of the balance set aside by holds
	Floor     money.Amount // the balance less holds never goes below
	Frozen    bool
	LotSeq    int64 // number of lots it ever had
	fresh     bool  // not in the database yet
}

// Available is what may be spent.
func (a *Account) Available() money.Amount { return a.Balance - a.Held }

// Lot is a part of an account with its own origin, price, validity and policy.
type Lot struct {
	ID          id.ID
	Account     id.ID
	Seq         int64
	Amount      money.Amount // as it came in
	Remaining   money.Amount
	Group       id.ID        // lots of one top-up: the line's id
	Paid        money.Amount // what the group's buyer paid for this lot
	Policy      string       // frozen when the lot was made
	OriginShop  id.ID
	OriginSale  id.ID
	CreatedAt   clock.Instant
	AvailableAt clock.Instant
	ExpiresAt   clock.Instant // 0: never
}

// Usable reports whether the lot may be spent at that instant.
func (l *Lot) Usable(at clock.Instant) bool {
	return l.Remaining > 0 && l.AvailableAt <= at && (l.ExpiresAt == 0 || l.ExpiresAt > at)
}

const accountColumns = `id, owner_kind, owner_id, unit, class, balance, held, floor, frozen, lot_seq`

func scanAccount(r db.Row, a *Account) error {
	return r.Scan(&a.ID, &a.OwnerKind, &a.Owner, &a.Unit, &a.Class, &a.Balance, &a.Held, &a.Floor, &a.Frozen, &a.LotSeq)
}

// AskAccounts reads all accounts of an owner, locked for change where lock is set.
func AskAccounts(m id.ID, kind string, owner id.ID, lock bool, out *[]Account) db.Ask {
	q := `select ` + accountColumns + ` from accounts where merchant_id = $1 and owner_kind = $2 and owner_id = $3 order by id`
	if lock {
		q += ` for no key update`
	}
	*out = (*out)[:0]
	return db.Ask{SQL: q, Args: []any{m, kind, owner}, Scan: func(r db.Row) error {
		var a Account
		err := scanAccount(r, &a)
		*out = append(*out, a)
		return err
	}}
}

// accountsOf finds an owner's accounts, from whom a search for lots begins: a
// join would let SQLite begin with all lots of the merchant.
const accountsOf = `select a.id from accounts a where a.merchant_id = $1 and a.owner_kind = $2 and a.owner_id = $3`

const lotColumns = `l.id, l.account_id, l.seq, l.amount, l.remaining, l.group_id, l.paid, l.policy, l.origin_shop_id, l.origin_sale_id, l.created_at, l.available_at, l.expires_at`

func scanLot(r db.Row, l *Lot) error {
	var exp *int64
	err := r.Scan(&l.ID, &l.Account, &l.Seq, &l.Amount, &l.Remaining, &l.Group, &l.Paid, &l.Policy, &l.OriginShop, &l.OriginSale, &l.CreatedAt, &l.AvailableAt, &exp)
	if exp != nil {
		l.ExpiresAt = clock.Instant(*exp)
	}
	return err
}

// AskLotsOf reads the lots with something left of an owner's accounts in these
// units, for a spending. The account's lock covers them.
func AskLotsOf(m id.ID, kind string, owner id.ID, units []string, out *[]Lot) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: `select ` + lotColumns + ` from lots l
		where l.merchant_id = $1 and l.account_id in (` + accountsOf + ` and a.unit in_texts($4)) and l.remaining > 0
		order by l.account_id, l.seq`, Args: []any{m, kind, owner, units}, Scan: func(r db.Row) error {
		var l Lot
		err := scanLot(r, &l)
		*out = append(*out, l)
		return err
	}}
}

// AskLots reads the lots of an owner's accounts: those with something left, and
// those that the given sale made or took from. The account's lock covers them.
func AskLots(m id.ID, kind string, owner, sale id.ID, out *[]Lot) db.Ask {
	*out = (*out)[:0]
	scan := func(r db.Row) error {
		var l Lot
		err := scanLot(r, &l)
		*out = append(*out, l)
		return err
	}
	if sale.IsNone() {
		return db.Ask{SQL: `select ` + lotColumns + ` from lots l
			where l.merchant_id = $1 and l.account_id in (` + accountsOf + `) and l.remaining > 0
			order by l.account_id, l.seq`, Args: []any{m, kind, owner}, Scan: scan}
	}
	// Three short lists, each from its own index; an "or" would read every lot that
	// the owner ever had.
	return db.Ask{SQL: `select ` + lotColumns + ` from lots l
		where l.merchant_id = $1 and l.account_id in (` + accountsOf + `) and l.id in (
			select r.id from lots r where r.merchant_id = $1 and r.account_id in (` + accountsOf + `) and r.remaining > 0
			union all select o.id from lots o where o.merchant_id = $1 and o.origin_sale_id = $4
			union all select p.lot_id from postings p join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
			where e.merchant_id = $1 and e.sale_id = $4 and p.lot_id is not null)
		order by l.account_id, l.seq`, Args: []any{m, kind, owner, sale}, Scan: scan}
}

// Book writes entries. It remembers which house accounts have their row, so that
// a sale does not insert them again.
type Book struct{ known sync.Map }

// House is an account of a shop: "tender:cash", "sales", "tax", …
func House(m, shop id.ID, unit, class string) Account {
	return Account{ID: id.Derived("house", m.String(), shop.String(), unit, class), OwnerKind: OwnerHouse, Owner: shop, Unit: unit, Class: class, fresh: true}
}

// NewAccount is an account that does not exist yet; Post inserts it.
func NewAccount(tx *db.Tx, kind string, owner id.ID, unit, class string, floor money.Amount) Account {
	return Account{ID: tx.NewID(), OwnerKind: kind, Owner: owner, Unit: unit, Class: class, Floor: floor, fresh: true}
}

func (b *Book) queueAccount(tx *db.Tx, m id.ID, a *Account) {
	if !a.fresh {
		return
	}
	a.fresh = false
	if a.OwnerKind == OwnerHouse {
		if _, ok := b.known.Load(a.ID); ok {
			return
		}
		tx.AfterCommit(func() { b.known.Store(a.ID, true) })
	}
	q := `insert into accounts (merchant_id, id, owner_kind, owner_id, unit, class, floor, created_at) values ($1,$2,$3,$4,$5,$6,$7,$8)`
	if a.OwnerKind == OwnerHouse {
		q += ` on conflict do nothing`
	}
	tx.Queue(q, m, a.ID, a.OwnerKind, a.Owner, a.Unit, a.Class, a.Floor, tx.Now)
}

// BalanceAt is what an account held at an instant.
type BalanceAt struct {
	Unit, Class string
	Balance     money.Amount
}

// AskBalancesAt sums the postings of an owner's accounts up to an instant, that
// instant included.
func AskBalancesAt(m id.ID, kind string, owner id.ID, at clock.Instant, out *[]BalanceAt) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: `select a.unit, a.class, cast(sum(p.amount) as bigint) from accounts a
		join postings p on p.merchant_id = a.merchant_id and p.account_id = a.id
		join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
		where a.merchant_id = $1 and a.owner_kind = $2 and a.owner_id = $3 and e.at <= $4
		group by a.unit, a.class order by a.unit, a.class`, Args: []any{m, kind, owner, at}, Scan: func(r db.Row) error {
		var b BalanceAt
		err := r.Scan(&b.Unit, &b.Class, &b.Balance)
		*out = append(*out, b)
		return err
	}}
}
