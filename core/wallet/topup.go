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

// TopUpTerms are what is bought with a top-up. The ends are the merchant's
// choice, for the principal only where the law lets it lapse; 0: never.
type TopUpTerms struct {
	Principal, Bonus             money.Amount
	Policy                       Policy
	PrincipalExpires, BonusEnds  clock.Instant
	PrincipalActive, BonusActive clock.Instant // 0: at once
}

// TopUp books principal and bonus as two lots of one group that never expire.
// The caller posts the other side: the tenders for the principal; this function
// posts the bonus against the shop's account of bonus granted.
func TopUp(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, ccy string, principal, bonus money.Amount, policy Policy, o Origin) {
	TopUpOn(tx, p, e, ccy, TopUpTerms{Principal: principal, Bonus: bonus, Policy: policy}, o)
}

// TopUpOn is TopUp on terms of its own.
func TopUpOn(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, ccy string, t TopUpTerms, o Origin) {
	a := p.Open(tx, ccy, ledger.ClassPrincipal, 0)
	l := p.AddLot(tx, a, ledger.Lot{Amount: t.Principal, Remaining: t.Principal, Group: o.Line, Paid: t.Principal, Policy: string(t.Policy), OriginShop: o.Shop, OriginSale: o.Sale,
		AvailableAt: t.PrincipalActive, ExpiresAt: t.PrincipalExpires})
	e.Add(a, t.Principal, l)
	if t.Bonus > 0 {
		b := p.Open(tx, ccy, ledger.ClassBonus, 0)
		l := p.AddLot(tx, b, ledger.Lot{Amount: t.Bonus, Remaining: t.Bonus, Group: o.Line, Policy: string(t.Policy), OriginShop: o.Shop, OriginSale: o.Sale,
			AvailableAt: t.BonusActive, ExpiresAt: t.BonusEnds})
		e.Add(b, t.Bonus, l)
		house(p, e, o.Shop, ccy, HouseBonusGranted, -t.Bonus)
	}
}

// House accounts that the wallet posts against; the caller's own are not here.
const (
	HouseBonusGranted     = "bonus_granted"      // bonus money given with top-ups, by hand
	HouseBonusForfeited   = "bonus_forfeited"    // bonus that ended with the refund of its top-up
	HousePrepaidWithheld  = "prepaid_withheld"   // principal left that a refund did not pay out; negative: paid out beyond it
	HousePunchesIssued    = "punches_issued"     // visits sold
	HousePointsIssued     = "points_issued"      // points earned
	HousePointsAdjusted   = "points_adjusted"    // points changed by hand
	HouseExpired          = "_expired"           // after the class: points_expired, bonus_expired, …
	HouseGiftCardDiscount = "gift_card_discount" // face of gift cards above their price
	HousePunchesDeferred  = "deferred:punches"   // what unused visits were paid with
)

// house posts an amount on an account of a shop.
func house(p *ledger.Purse, e *ledger.Entry, shop id.ID, unit, class string, amount money.Amount) {
	h := ledger.House(p.Merchant, shop, unit, class)
	e.Add(&h, amount, nil)
}

// SellPunches books visits of a service, paid and free ones, as one lot that
// carries its price and never expires.
func SellPunches(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, sku id.ID, visits int64, paid money.Amount, o Origin) {
	SellPunchesUntil(tx, p, e, sku, visits, paid, 0, o)
}

// SellPunchesUntil is SellPunches with an end.
func SellPunchesUntil(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, sku id.ID, visits int64, paid money.Amount, expires clock.Instant, o Origin) {
	a := p.Open(tx, ledger.PunchUnit(sku), ledger.ClassPunch, 0)
	l := p.AddLot(tx, a, ledger.Lot{Amount: money.Amount(visits), Remaining: money.Amount(visits), Group: o.Line, Paid: paid, Policy: "fifo", OriginShop: o.Shop, OriginSale: o.Sale, ExpiresAt: expires})
	e.Add(a, money.Amount(visits), l)
	house(p, e, o.Shop, a.Unit, HousePunchesIssued, -money.Amount(visits))
}

// Earn books points as a lot that is active at once.
func Earn(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, points int64, expires clock.Instant, o Origin) {
	EarnFrom(tx, p, e, points, 0, expires, o)
}

// EarnFrom books points as a lot that is active from one instant (0: at once) to
// another (0: for ever). A debt from an earlier refund is paid off first: that
// part of the lot never becomes spendable, and two postings say so.
func EarnFrom(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, points int64, from, until clock.Instant, o Origin) {
	if points <= 0 {
		return
	}
	a := p.Open(tx, ledger.UnitPoints, ledger.ClassPoints, pointsFloor)
	debt := max(-balanceIn(a, e), 0)
	n := money.Amount(points)
	l := p.AddLot(tx, a, ledger.Lot{Amount: n, Remaining: n, Group: o.Line, Policy: "fifo", OriginShop: o.Shop, OriginSale: o.Sale, AvailableAt: from, ExpiresAt: until})
	e.Add(a, n, l)
	house(p, e, o.Shop, ledger.UnitPoints, HousePointsIssued, -n)
	payOff(p, e, a, l, min(debt, n))
}

// payOff lowers a lot by what its account owes: one posting names the lot, the
// other, which names none, ends that much of the debt.
func payOff(p *ledger.Purse, e *ledger.Entry, a *ledger.Account, l *ledger.Lot, debt money.Amount) {
	if debt <= 0 {
		return
	}
	p.Take(l, debt)
	e.Add(a, -debt, l)
	e.Add(a, debt, nil)
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
