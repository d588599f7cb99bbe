package wallet

import (
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

// HouseRebateLost is what a refund could not take back of a rebate, because it
// was spent or had expired.
const HouseRebateLost = "rebate_lost"

// Rebate gives bonus money for what was bought, as a lot of its own that holds
// until an instant (0: for ever); the line is its group.
func Rebate(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, ccy string, amount money.Amount, until clock.Instant, o Origin) {
	a := p.Open(tx, ccy, ledger.ClassBonus, 0)
	l := p.AddLot(tx, a, ledger.Lot{Amount: amount, Remaining: amount, Group: o.Line, Policy: string(Proportional), OriginShop: o.Shop, OriginSale: o.Sale, ExpiresAt: until})
	e.Add(a, amount, l)
	house(p, e, o.Shop, ccy, HouseBonusGranted, -amount)
}

// UndoRebate takes a rebate back: from the line's own lot, then from other bonus
// that is free. What is not there any more the shop has lost, and an account of
// its own says so.
func UndoRebate(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, ccy string, amount money.Amount, line id.ID) {
	house(p, e, e.Shop, ccy, HouseBonusGranted, amount)
	left := amount
	if a := p.Find(ccy, ledger.ClassBonus); a != nil {
		free := max(min(balanceIn(a, e)-a.Held, unheld(p, a, tx.Now)), 0)
		var own, others []*ledger.Lot
		for _, l := range p.Of(a) {
			if l.Group == line {
				own = append(own, l)
			} else if l.Usable(tx.Now) {
				others = append(others, l)
			}
		}
		byExpiry(others)
		now := min(left, free)
		left -= now
		left += takeFrom(p, e, a, others, takeFrom(p, e, a, own, now))
	}
	house(p, e, e.Shop, ccy, HouseRebateLost, -left)
}
