package wallet

import (
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

// Kinds of the entries that the wallet books by itself.
const (
	KindTransfer = "transfer"
	KindAdjust   = "adjust"
	KindExpired  = "expired"
	KindCashOut  = "cash_out"
)

// Prepaid is one top-up, or one sale of visits, as it lies in a purse: what came
// in, what is left, what it cost. Amounts that left it by a transfer, by hand or
// by their end are no part of what came in.
type Prepaid struct {
	Group    id.ID // the line that sold it
	Unit     string
	Sale     id.ID
	Shop     id.ID
	BoughtAt clock.Instant
	Policy   Policy

	Principal, PrincipalLeft money.Amount // visits where Unit counts visits
	Bonus, BonusLeft         money.Amount
	Paid                     money.Amount // the price of Principal

	// The whole as it was sold, of which a transfer may have brought a part here:
	// paid/(paid+bonus) is the ratio that the law means. Visits: price and count.
	SoldPaid, SoldBonus money.Amount

	// UsedAtList is what was used at the prices before any discount, where the
	// caller knows it; 0: the amount that was used.
	UsedAtList money.Amount
}

// Visits reports whether visits were bought rather than money.
func (g *Prepaid) Visits() bool { return strings.HasPrefix(g.Unit, "punch:") }

// Used is what was used, principal and bonus together; for visits their number.
func (g *Prepaid) Used() money.Amount {
	return g.Principal + g.Bonus - g.PrincipalLeft - g.BonusLeft
}

// worth is the value of what was used at the share that was paid for it, rounded
// down: in doubt for the one who paid.
func (g *Prepaid) worth() money.Amount {
	if g.Visits() {
		return g.Paid - valueOfVisits(g.Paid, g.Principal, g.PrincipalLeft)
	}
	if g.SoldPaid+g.SoldBonus == 0 {
		return 0
	}
	return g.Used().MulDiv(int64(g.SoldPaid), int64(g.SoldPaid+g.SoldBonus), money.Down)
}

// atList is the value of what was used at list prices.
func (g *Prepaid) atList() money.Amount {
	switch {
	case g.UsedAtList > 0:
		return g.UsedAtList
	case g.Visits():
		return g.worth()
	}
	return g.Used()
}

// accountsOfMember begins a search for lots; see ledger.AskLots.
const accountsOfMember = `select y.id from accounts y where y.merchant_id = $1 and y.owner_kind = 'member' and y.owner_id = $2`

// AskPrepaid reads the top-ups and visits of a member of which something is left,
// and of one that line names also where nothing is. Under the purse's locks it is
// exact.
func AskPrepaid(m, member, line id.ID, out *[]Prepaid) db.Ask {
	*out = (*out)[:0]
	q := `select l.group_id, a.unit, a.class, l.policy, l.origin_sale_id, l.origin_shop_id,
		(select min(f.created_at) from lots f where f.merchant_id = l.merchant_id and f.group_id = l.group_id), l.amount, l.remaining, l.paid,
		coalesce((select -sum(p.amount) from postings p join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
			where p.merchant_id = l.merchant_id and p.account_id = l.account_id and p.lot_id = l.id and p.amount < 0 and e.kind in ('transfer', 'adjust', 'expired')), 0),
		coalesce((select sum(o.paid) from lots o where o.merchant_id = l.merchant_id and o.group_id = l.group_id
			and o.created_at = (select min(f.created_at) from lots f where f.merchant_id = l.merchant_id and f.group_id = l.group_id)), 0),
		coalesce((select sum(o.amount) from lots o join accounts b on b.merchant_id = o.merchant_id and b.id = o.account_id
			where o.merchant_id = l.merchant_id and o.group_id = l.group_id and b.class = 'bonus'
			and o.created_at = (select min(f.created_at) from lots f where f.merchant_id = l.merchant_id and f.group_id = l.group_id)), 0)
		from lots l join accounts a on a.merchant_id = l.merchant_id and a.id = l.account_id
		where l.merchant_id = $1 and a.owner_kind = 'member' and a.owner_id = $2 and a.class in ('principal', 'bonus', 'punch')
		and l.account_id in (` + accountsOfMember + `)`
	args := []any{m, member}
	if line.IsNone() {
		q += ` and l.group_id in (select x.group_id from lots x where x.merchant_id = $1 and x.remaining > 0 and x.account_id in (` + accountsOfMember + `))`
	} else {
		q += ` and l.group_id = $3`
		args = append(args, line)
	}
	return db.Ask{SQL: q + ` order by l.created_at, l.group_id, l.id`, Args: args, Scan: func(r db.Row) error {
		var g Prepaid
		var class string
		var amount, left, paid, moved money.Amount
		if err := r.Scan(&g.Group, &g.Unit, &class, &g.Policy, &g.Sale, &g.Shop, &g.BoughtAt, &amount, &left, &paid, &moved, &g.SoldPaid, &g.SoldBonus); err != nil {
			return err
		}
		t := groupIn(out, g)
		if class == ledger.ClassBonus {
			t.Bonus += amount - moved
			t.BonusLeft += left
			return nil
		}
		t.Principal += amount - moved
		t.PrincipalLeft += left
		if amount > 0 {
			t.Paid += paid - paid.MulDiv(int64(moved), int64(amount), money.HalfUp)
		}
		return nil
	}}
}

func groupIn(list *[]Prepaid, g Prepaid) *Prepaid {
	for i := range *list {
		if t := &(*list)[i]; t.Group == g.Group && t.Unit == g.Unit {
			return t
		}
	}
	*list = append(*list, g)
	return &(*list)[len(*list)-1]
}
