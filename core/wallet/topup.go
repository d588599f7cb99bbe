package wallet

import (
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

// Origin says where a lot comes from.
type Origin struct {
	Shop id.ID
	Sale id.ID
	Line id.ID // the group of the lots
}

// TopUp books principal and bonus as two lots of one group. The caller posts the
// other side: the tenders for the principal; this function posts the bonus
// against the shop's account of bonus granted.
func TopUp(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, ccy string, principal, bonus money.Amount, policy Policy, o Origin) {
	a := p.Open(tx, ccy, ledger.ClassPrincipal, 0)
	l := p.AddLot(tx, a, ledger.Lot{Amount: principal, Remaining: principal, Group: o.Line, Paid: principal, Policy: string(policy), OriginShop: o.Shop, OriginSale: o.Sale})
	e.Add(a, principal, l)
	if bonus > 0 {
		b := p.Open(tx, ccy, ledger.ClassBonus, 0)
		l := p.AddLot(tx, b, ledger.Lot{Amount: bonus, Remaining: bonus, Group: o.Line, Policy: string(policy), OriginShop: o.Shop, OriginSale: o.Sale})
		e.Add(b, bonus, l)
		h := ledger.House(p.Merchant, o.Shop, ccy, "bonus_granted")
		e.Add(&h, -bonus, nil)
	}
}

// SellPunches books visits of a service, paid and free ones, as one lot that
// carries its price.
func SellPunches(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, sku id.ID, visits int64, paid money.Amount, o Origin) {
	a := p.Open(tx, ledger.PunchUnit(sku), ledger.ClassPunch, 0)
	l := p.AddLot(tx, a, ledger.Lot{Amount: money.Amount(visits), Remaining: money.Amount(visits), Group: o.Line, Paid: paid, Policy: "fifo", OriginShop: o.Shop, OriginSale: o.Sale})
	e.Add(a, money.Amount(visits), l)
	h := ledger.House(p.Merchant, o.Shop, a.Unit, "punches_issued")
	e.Add(&h, -money.Amount(visits), nil)
}

// Earn books points as a lot. A debt from an earlier refund is paid off first:
// that part of the lot never becomes spendable.
func Earn(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, points int64, expires clock.Instant, o Origin) {
	if points <= 0 {
		return
	}
	a := p.Open(tx, ledger.UnitPoints, ledger.ClassPoints, pointsFloor)
	debt := max(-balanceIn(a, e), 0)
	n := money.Amount(points)
	l := p.AddLot(tx, a, ledger.Lot{Amount: n, Remaining: n - min(debt, n), Group: o.Line, Policy: "fifo", OriginShop: o.Shop, OriginSale: o.Sale, ExpiresAt: expires})
	e.Add(a, n, l)
	h := ledger.House(p.Merchant, o.Shop, ledger.UnitPoints, "points_issued")
	e.Add(&h, -n, nil)
}

// balanceIn is the account's balance with what the entry already does to it.
func balanceIn(a *ledger.Account, e *ledger.Entry) money.Amount {
	b := a.Balance
	for _, p := range e.Postings {
		if p.Account == a {
			b += p.Amount
		}
	}
	return b
}
