package wallet

import (
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

// Revive moves what an entry gave back to lots of points that have expired
// meanwhile into a lot that holds until the given instant (0: never): two
// postings on the same account say so. Without it those points are lost again
// with the next expiry. It is called after GiveBack.
func Revive(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, until clock.Instant, o Origin) {
	a := p.Find(ledger.UnitPoints, ledger.ClassPoints)
	if a == nil {
		return
	}
	given := map[*ledger.Lot]money.Amount{}
	var order []*ledger.Lot
	for _, t := range e.Postings {
		if l := t.Lot; t.Account == a && l != nil && l.ExpiresAt != 0 && l.ExpiresAt <= tx.Now {
			if _, seen := given[l]; !seen {
				order = append(order, l)
			}
			given[l] += t.Amount
		}
	}
	var back money.Amount
	for _, l := range order {
		if n := min(given[l], l.Remaining); n > 0 {
			p.Take(l, n)
			e.Add(a, -n, l)
			back += n
		}
	}
	if back > 0 {
		l := p.AddLot(tx, a, ledger.Lot{Amount: back, Remaining: back, Group: o.Line, Policy: "fifo", OriginShop: o.Shop, ExpiresAt: until})
		e.Add(a, back, l)
	}
}
