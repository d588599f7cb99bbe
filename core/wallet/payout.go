package wallet

import (
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

// ErrChanged: the wallet is no longer what the refund was computed on.
var ErrChanged = fault.New(fault.Conflict, "wallet.changed")

// PayOut empties the top-ups and the visits of a settlement, computed from
// AskPrepaid under the purse's own locks, and answers what is to be given: the
// caller posts it on the tenders (+amount). What was left of the principal and is
// not paid out, or is paid out beyond it, goes to the shop's prepaid_withheld,
// what was left of the bonus to bonus_forfeited. The purse was asked for with the
// lots of the currency and of the visits. Faults: wallet.frozen, wallet.held,
// wallet.changed.
func PayOut(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, ccy string, s Settlement) (money.Amount, error) {
	if Frozen(p) {
		return 0, ErrFrozen
	}
	for i := range s.Payments {
		g := &s.Payments[i]
		classes := []string{ledger.ClassPrincipal, ledger.ClassBonus}
		if g.Visits() {
			classes = []string{ledger.ClassPunch}
		}
		for k, want := range []money.Amount{g.PrincipalLeft, g.BonusLeft}[:len(classes)] {
			if err := empty(tx, p, e, g.Unit, classes[k], g.Group, want); err != nil {
				return 0, err
			}
		}
		if g.Visits() {
			house(p, e, e.Shop, g.Unit, HousePunchesIssued, g.PrincipalLeft)
			house(p, e, e.Shop, ccy, HousePunchesDeferred, -g.leftPaid())
		}
		house(p, e, e.Shop, ccy, HouseBonusForfeited, g.BonusLeft)
		house(p, e, e.Shop, ccy, HousePrepaidWithheld, g.Withheld)
	}
	return s.Refund, nil
}

// empty takes all that is left of a group's lots in one account.
func empty(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, unit, class string, group id.ID, want money.Amount) error {
	a := p.Find(unit, class)
	if a == nil {
		if want != 0 {
			return ErrChanged
		}
		return nil
	}
	var lots []*ledger.Lot
	for _, l := range p.Of(a) {
		if l.Group == group && l.Remaining > 0 {
			lots = append(lots, l)
		}
	}
	if remaining(lots) != want {
		return ErrChanged
	}
	if balanceIn(a, e)-a.Held < want || !leavesHeld(p, a, lots, tx.Now) {
		return ErrHeld
	}
	takeFrom(p, e, a, lots, want)
	return nil
}
