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
	ErrHeld             = fault.New(fault.Conflict, "wallet.held")            // an open sale has set part of it aside
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
	Principal money.Amount // the whole balance, pending and lapsed parts included
	Bonus     money.Amount
	Held      money.Amount // of principal and bonus together
	Pending   money.Amount // of principal and bonus: not yet active
	Lapsed    money.Amount // of principal and bonus: past its end, not yet booked as expired
	Points    int64        // spendable now, or the debt where negative

	PointsPending int64 // earned, not yet active
	PointsLapsed  int64 // past their end, not yet booked as expired
	Frozen        bool  // nothing may be spent
	Punches       []Punches
}

// StoredValue is what may be spent as stored value now.
func (w *Wallet) StoredValue() money.Amount {
	return w.Principal + w.Bonus - w.Held - w.Pending - w.Lapsed
}

// Punches is what remains of the visits of a service.
type Punches struct {
	SKU       id.ID
	Remaining int64
}

// AskAccounts reads the accounts for a quote, without locks.
func AskAccounts(m, member id.ID, out *[]ledger.Account) db.Ask {
	return ledger.AskAccounts(m, ledger.OwnerMember, member, false, out)
}

// Usable is what an account's lots hold, by whether it may be spent.
type Usable struct {
	Account id.ID
	Now     money.Amount // may be spent
	Pending money.Amount // not yet active
	Lapsed  money.Amount // past its end, not yet booked as expired
}

// AskUsable sums the lots of a member's accounts as of an instant. An account
// without lots has no row.
func AskUsable(m, member id.ID, now clock.Instant, out *[]Usable) db.Ask {
	return askUsable(m, ledger.OwnerMember, member, now, out)
}

func askUsable(m id.ID, kind string, owner id.ID, now clock.Instant, out *[]Usable) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: `select l.account_id,
		cast(sum(case when l.available_at <= $4 and (l.expires_at is null or l.expires_at > $4) then l.remaining else 0 end) as bigint),
		cast(sum(case when l.available_at > $4 and (l.expires_at is null or l.expires_at > $4) then l.remaining else 0 end) as bigint),
		cast(sum(case when l.expires_at <= $4 then l.remaining else 0 end) as bigint)
		from lots l
		where l.merchant_id = $1 and l.remaining > 0
		  and l.account_id in (select a.id from accounts a where a.merchant_id = $1 and a.owner_kind = $2 and a.owner_id = $3)
		group by l.account_id order by l.account_id`, Args: []any{m, kind, owner, now}, Scan: func(r db.Row) error {
		var u Usable
		err := r.Scan(&u.Account, &u.Now, &u.Pending, &u.Lapsed)
		*out = append(*out, u)
		return err
	}}
}

// Of sums accounts up as though every lot were active; OfWith knows better.
func Of(member id.ID, accounts []ledger.Account) Wallet { return OfWith(member, accounts, nil) }

// OfWith sums accounts up with what of their lots may be spent (AskUsable).
func OfWith(member id.ID, accounts []ledger.Account, usable []Usable) Wallet {
	w := Wallet{Member: member}
	by := map[id.ID]Usable{}
	for _, u := range usable {
		by[u.Account] = u
	}
	for i := range accounts {
		a := &accounts[i]
		u := by[a.ID]
		w.Frozen = w.Frozen || a.Frozen
		switch a.Class {
		case ledger.ClassPrincipal, ledger.ClassBonus:
			if a.Class == ledger.ClassPrincipal {
				w.Principal += a.Balance
			} else {
				w.Bonus += a.Balance
			}
			w.Held += a.Held
			w.Pending += u.Pending
			w.Lapsed += u.Lapsed
		case ledger.ClassPoints:
			w.Points += int64(a.Available() - u.Pending - u.Lapsed)
			w.PointsPending += int64(u.Pending)
			w.PointsLapsed += int64(u.Lapsed)
		case ledger.ClassPunch:
			left := a.Available() - u.Pending - u.Lapsed
			if sku, err := id.Parse(a.Unit[len("punch:"):]); err == nil && left > 0 {
				w.Punches = append(w.Punches, Punches{sku, int64(left)})
			}
		}
	}
	return w
}

// Get reads a member's wallet as of now.
func Get(ctx context.Context, r db.Reader, m, member id.ID) (Wallet, error) {
	var as []ledger.Account
	var us []Usable
	err := r.Batch(ctx, AskAccounts(m, member, &as), AskUsable(m, member, nowOf(r), &us))
	return OfWith(member, as, us), err
}

// nowOf is the reader's instant: a transaction has one for all that it does.
func nowOf(r db.Reader) clock.Instant {
	switch r := r.(type) {
	case *db.Tx:
		return r.Now
	case interface{ Now() clock.Instant }:
		return r.Now()
	}
	return clock.System{}.Now()
}

// LotView is a lot with what it is a part of.
type LotView struct {
	ledger.Lot
	Unit, Class string
}

// State is "active", "pending" before its time, "expired" after its end.
func (l *LotView) State(now clock.Instant) string {
	switch {
	case l.ExpiresAt != 0 && l.ExpiresAt <= now:
		return "expired"
	case l.AvailableAt > now:
		return "pending"
	}
	return "active"
}

// Ending sums what of lots ends after now and not after until.
func Ending(lots []LotView, now, until clock.Instant) (out []Expiring) {
	at := map[string]int{}
	for i := range lots {
		l := &lots[i]
		if l.Remaining == 0 || l.ExpiresAt <= now || l.ExpiresAt > until {
			continue
		}
		k, seen := at[l.Class+l.Unit]
		if !seen {
			k = len(out)
			at[l.Class+l.Unit] = k
			out = append(out, Expiring{Unit: l.Unit, Class: l.Class, First: l.ExpiresAt})
		}
		out[k].Amount += l.Remaining
		out[k].First = min(out[k].First, l.ExpiresAt)
	}
	return out
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
	return movements(ctx, r, m, ledger.OwnerMember, member, limit)
}

func movements(ctx context.Context, r db.Reader, m id.ID, kind string, owner id.ID, limit int) ([]Movement, error) {
	return db.All(ctx, r, func(row db.Row, v *Movement) error {
		return row.Scan(&v.Entry, &v.At, &v.Kind, &v.Sale, &v.Unit, &v.Class, &v.Amount, &v.Lot)
	}, `select e.id, e.at, e.kind, e.sale_id, a.unit, a.class, p.amount, p.lot_id
		from accounts a
		join postings p on p.merchant_id = a.merchant_id and p.account_id = a.id
		join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
		where a.merchant_id = $1 and a.owner_kind = $2 and a.owner_id = $3
		order by e.id desc, p.no limit $4`, m, kind, owner, limit)
}

// NewPurse is the member's purse for a transaction.
func NewPurse(m, member id.ID) *ledger.Purse {
	return &ledger.Purse{Merchant: m, OwnerKind: ledger.OwnerMember, Owner: member}
}

// Ask notes the locks of several purses in the one lock order, by owner id.
// sale: as in ledger.Purse.Ask.
func Ask(tx *db.Tx, sale id.ID, purses ...*ledger.Purse) {
	sorted := append([]*ledger.Purse(nil), purses...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Owner.String() < sorted[j].Owner.String() })
	for _, p := range sorted {
		p.Ask(tx, sale)
	}
}

// Frozen reports whether the purse may not be spent from. One frozen account
// stops them all, also those that do not exist yet.
func Frozen(p *ledger.Purse) bool {
	for i := range p.Accounts {
		if p.Accounts[i].Frozen {
			return true
		}
	}
	return false
}

// byExpiry orders lots: what expires first goes first, then the older.
func byExpiry(lots []*ledger.Lot) {
	sort.SliceStable(lots, func(i, j int) bool {
		a, b := lots[i], lots[j]
		if a.ExpiresAt != b.ExpiresAt {
			return sooner(a.ExpiresAt, b.ExpiresAt)
		}
		return a.Seq < b.Seq
	})
}

// sooner compares two ends; 0 is never.
func sooner(a, b clock.Instant) bool { return a != 0 && (b == 0 || a < b) }
