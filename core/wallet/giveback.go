package wallet

import (
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

// Taken is what a sale and its refunds so far did to one lot: negative where the
// sale still keeps something of it.
type Taken struct {
	Account id.ID
	Lot     id.ID
	Net     money.Amount
}

// AskTaken reads the net effect of a sale with all its refunds on each lot and
// account of a member; a debt without a lot has Lot none.
func AskTaken(m, sale, member id.ID, out *[]Taken) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: `select p.account_id, p.lot_id, sum(p.amount)
		from sales s
		join entries e on e.merchant_id = s.merchant_id and e.sale_id = s.id
		join postings p on p.merchant_id = e.merchant_id and p.entry_id = e.id
		join accounts a on a.merchant_id = p.merchant_id and a.id = p.account_id
		where s.merchant_id = $1 and (s.id = $2 or s.of_sale_id = $2) and a.owner_kind = 'member' and a.owner_id = $3
		group by p.account_id, p.lot_id order by p.account_id, p.lot_id`,
		Args: []any{m, sale, member}, Scan: func(r db.Row) error {
			var t Taken
			err := r.Scan(&t.Account, &t.Lot, &t.Net)
			*out = append(*out, t)
			return err
		}}
}

// GiveBack returns an amount to the lots that the sale took it from, in
// proportion to what is still taken of each; the last refund restores all of
// them exactly. Classes names the accounts (principal and bonus together, or
// points, or punches of a unit).
func GiveBack(p *ledger.Purse, e *ledger.Entry, taken []Taken, unit string, classes []string, amount money.Amount) {
	var lots []*ledger.Lot
	var weights []money.Amount
	for _, t := range taken {
		a := accountOf(p, t.Account)
		l := p.Lot(t.Lot)
		if a == nil || l == nil || a.Unit != unit || t.Net >= 0 || !oneOf(a.Class, classes) || l.Remaining >= l.Amount {
			continue
		}
		lots = append(lots, l)
		weights = append(weights, min(-t.Net, l.Amount-l.Remaining))
	}
	shares, _ := money.Allocate(amount, weights, weights)
	debts := map[id.ID]money.Amount{} // a debt is paid off by what comes back, as by an earning
	for i, l := range lots {
		if shares[i] == 0 {
			continue
		}
		a := accountOf(p, l.Account)
		if _, seen := debts[a.ID]; !seen {
			debts[a.ID] = max(-balanceIn(a, e), 0)
		}
		pay := min(debts[a.ID], shares[i])
		debts[a.ID] -= pay
		p.Take(l, pay-shares[i])
		e.Add(a, shares[i], l)
	}
}

// WorthBack is what visits given back to their lots are worth: the exact mirror
// of Punch, as the lots stand before GiveBack.
func WorthBack(p *ledger.Purse, taken []Taken, unit string, visits money.Amount) (worth money.Amount) {
	var lots []*ledger.Lot
	var weights []money.Amount
	for _, t := range taken {
		a, l := accountOf(p, t.Account), p.Lot(t.Lot)
		if a == nil || l == nil || a.Unit != unit || t.Net >= 0 {
			continue
		}
		lots = append(lots, l)
		weights = append(weights, min(-t.Net, l.Amount-l.Remaining))
	}
	shares, _ := money.Allocate(visits, weights, weights)
	for i, l := range lots {
		worth += valueOf(l, l.Remaining+shares[i]) - valueOf(l, l.Remaining)
	}
	return worth
}

// TakeBackPoints takes earned points back: from the sale's own lot first, then
// from the others, and what was already spent becomes a debt.
func TakeBackPoints(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, sale id.ID, points int64) {
	if points <= 0 {
		return
	}
	a := p.Open(tx, ledger.UnitPoints, ledger.ClassPoints, pointsFloor)
	var own, others []*ledger.Lot
	for _, l := range p.Of(a) {
		if l.OriginSale == sale {
			own = append(own, l)
		} else {
			others = append(others, l)
		}
	}
	byExpiry(others)
	left := takeFrom(p, e, a, own, money.Amount(points))
	left = takeFrom(p, e, a, others, left)
	e.Add(a, -left, nil)
}

// TakeBackTopUp undoes a top-up of which nothing was spent. Fault: wallet.top_up_spent.
func TakeBackTopUp(p *ledger.Purse, e *ledger.Entry, o Origin, ccy string) error {
	return takeBackGroup(p, e, o, "bonus_granted", ErrTopUpSpent)
}

// TakeBackPunches undoes a punch card of which no visit was used. Fault: wallet.punch_card_used.
func TakeBackPunches(p *ledger.Purse, e *ledger.Entry, o Origin) error {
	return takeBackGroup(p, e, o, "punches_issued", ErrPunchCardStarted)
}

func takeBackGroup(p *ledger.Purse, e *ledger.Entry, o Origin, contra string, spent error) error {
	found := false
	for i := range p.Lots {
		l := &p.Lots[i]
		if l.Group != o.Line || l.OriginSale != o.Sale {
			continue
		}
		found = true
		if l.Remaining != l.Amount {
			return spent
		}
		a := accountOf(p, l.Account)
		amount := l.Amount
		p.Take(l, amount)
		e.Add(a, -amount, l)
		if a.Class != ledger.ClassPrincipal {
			h := ledger.House(p.Merchant, o.Shop, a.Unit, contra)
			e.Add(&h, amount, nil)
		}
	}
	if !found {
		return spent
	}
	return nil
}

func accountOf(p *ledger.Purse, account id.ID) *ledger.Account {
	for i := range p.Accounts {
		if p.Accounts[i].ID == account {
			return &p.Accounts[i]
		}
	}
	return nil
}

func oneOf(s string, list []string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
