package wallet

import (
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

// VisitsLeft is how many visits of a group of lots that was given are still there
// and held by no open sale.
func VisitsLeft(p *ledger.Purse, group id.ID) int64 {
	_, n := visitsLeft(p, group)
	return n
}

func visitsLeft(p *ledger.Purse, group id.ID) (*ledger.Lot, int64) {
	for i := range p.Lots {
		if l := &p.Lots[i]; l.Group == group && l.Remaining > 0 {
			if a := accountOf(p, l.Account); a != nil && a.Class == ledger.ClassPunch {
				return l, int64(max(min(l.Remaining, a.Available()), 0))
			}
		}
	}
	return nil, 0
}

// TakeBackVisits takes what VisitsLeft says back, against the shop's
// punches_issued.
func TakeBackVisits(p *ledger.Purse, e *ledger.Entry, o Origin) {
	l, n := visitsLeft(p, o.Line)
	if n == 0 {
		return
	}
	a := accountOf(p, l.Account)
	takeFrom(p, e, a, []*ledger.Lot{l}, money.Amount(n))
	house(p, e, o.Shop, a.Unit, HousePunchesIssued, money.Amount(n))
}
