package wallet

import (
	"context"
	"sort"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrInsufficient     = ledger.ErrInsufficient
	ErrFrozen           = ledger.ErrFrozen
	ErrPointsShort      = fault.New(fault.Conflict, "wallet.insufficient_points")
	ErrPunchesShort     = fault.New(fault.Conflict, "wallet.insufficient_punches")
	ErrTopUpSpent       = fault.New(fault.Conflict, "wallet.top_up_spent")    // a top-up of which something was spent cannot be refunded whole
	ErrPunchCardStarted = fault.New(fault.Conflict, "wallet.punch_card_used") // likewise a punch card
)

// Policy says in which order the lots of one top-up are consumed.
type Policy string

const (
	Proportional   Policy = "proportional"
	PrincipalFirst Policy = "principal_first"
	BonusFirst     Policy = "bonus_first"
)

// pointsFloor lets points go negative when a refund takes back points that were
// already spent; later earnings pay the debt off.
const pointsFloor = -1_000_000_000_000

// Wallet is a member's accounts as they are shown.
type Wallet struct {
	Member    id.ID
	Principal money.Amount
	Bonus     money.Amount
	Held      money.Amount // of principal and bonus together
	Points    int64        // spendable now, or the debt where negative
	Punches   []Punches
}

// StoredValue is what may be spent as stored value now.
func (w *Wallet) StoredValue() money.Amount { return w.Principal + w.Bonus - w.Held }

// Punches is what remains of the visits of a service.
type Punches struct {
	SKU       id.ID
	Remaining int64
}

// AskAccounts reads the accounts for a quote, without locks.
func AskAccounts(m, member id.ID, out *[]ledger.Account) db.Ask {
	return ledger.AskAccounts(m, ledger.OwnerMember, member, false, out)
}

// Of sums accounts up.
func Of(member id.ID, accounts []ledger.Account) Wallet {
	w := Wallet{Member: member}
	for _, a := range accounts {
		switch a.Class {
		case ledger.ClassPrincipal:
			w.Principal += a.Balance
			w.Held += a.Held
		case ledger.ClassBonus:
			w.Bonus += a.Balance
			w.Held += a.Held
		case ledger.ClassPoints:
			w.Points += int64(a.Available())
		case ledger.ClassPunch:
			if sku, err := id.Parse(a.Unit[len("punch:"):]); err == nil && a.Available() > 0 {
				w.Punches = append(w.Punches, Punches{sku, int64(a.Available())})
			}
		}
	}
	return w
}

// Get reads a member's wallet.
func Get(ctx context.Context, r db.Reader, m, member id.ID) (Wallet, error) {
	var as []ledger.Account
	err := r.Batch(ctx, AskAccounts(m, member, &as))
	return Of(member, as), err
}

// LotView is a lot with what it is a part of.
type LotView struct {
	ledger.Lot
	Unit, Class string
}

// Lots lists what a member's lots still hold, oldest first.
func Lots(ctx context.Context, r db.Reader, m, member id.ID) ([]LotView, error) {
	var as []ledger.Account
	var ls []ledger.Lot
	if err := r.Batch(ctx, AskAccounts(m, member, &as), ledger.AskLots(m, ledger.OwnerMember, member, id.None, &ls)); err != nil {
		return nil, err
	}
	byID := map[id.ID]ledger.Account{}
	for _, a := range as {
		byID[a.ID] = a
	}
	out := make([]LotView, len(ls))
	for i, l := range ls {
		out[i] = LotView{l, byID[l.Account].Unit, byID[l.Account].Class}
	}
	return out, nil
}

// Movement is one posting on a member's account with its entry.
type Movement struct {
	Entry  id.ID
	At     clock.Instant
	Kind   string
	Sale   id.ID
	Unit   string
	Class  string
	Amount money.Amount
	Lot    id.ID
}

// Movements lists the postings of a member's accounts, newest first.
func Movements(ctx context.Context, r db.Reader, m, member id.ID, limit int) ([]Movement, error) {
	return db.All(ctx, r, func(row db.Row, v *Movement) error {
		return row.Scan(&v.Entry, &v.At, &v.Kind, &v.Sale, &v.Unit, &v.Class, &v.Amount, &v.Lot)
	}, `select e.id, e.at, e.kind, e.sale_id, a.unit, a.class, p.amount, p.lot_id
		from accounts a
		join postings p on p.merchant_id = a.merchant_id and p.account_id = a.id
		join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
		where a.merchant_id = $1 and a.owner_kind = 'member' and a.owner_id = $2
		order by e.id desc, p.no limit $3`, m, member, limit)
}

// NewPurse is the member's purse for a transaction.
func NewPurse(m, member id.ID) *ledger.Purse {
	return &ledger.Purse{Merchant: m, OwnerKind: ledger.OwnerMember, Owner: member}
}

// byExpiry orders lots: what expires first goes first, then the older.
func byExpiry(lots []*ledger.Lot) {
	sort.SliceStable(lots, func(i, j int) bool {
		a, b := lots[i], lots[j]
		if a.ExpiresAt != b.ExpiresAt {
			return b.ExpiresAt == 0 || a.ExpiresAt != 0 && a.ExpiresAt < b.ExpiresAt
		}
		return a.Seq < b.Seq
	})
}
