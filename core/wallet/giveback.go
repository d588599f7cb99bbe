package wallet

import (
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
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

// AskTakenOfCards is AskTaken for the gift cards that paid a sale; the account
// names the card.
func AskTakenOfCards(m, sale id.ID, out *[]Taken) db.Ask {
	a := AskTaken(m, sale, id.None, out)
	a.SQL = strings.Replace(a.SQL, "a.owner_kind = 'member' and a.owner_id = $3", "a.owner_kind = 'gift_card'", 1)
	a.Args = a.Args[:2]
	return a
}

// GiveBack returns an amount to the lots that the sale took it from, in
// proportion to what is still taken of each; the last refund restores all of
// them exactly. Classes names the accounts (principal and bonus together, or
// points, or punches of a unit). A debt is paid off by what comes back, as by an
// earning. It answers what found no place: nothing where the amount is not more
// than what the sale still keeps.
func GiveBack(p *ledger.Purse, e *ledger.Entry, taken []Taken, unit string, classes []string, amount money.Amount) (rest money.Amount) {
	lots, weights := back(p, e, taken, unit, classes)
	shares, rest := money.Allocate(amount, weights, weights)
	debts := map[id.ID]money.Amount{}
	for i, l := range lots {
		if shares[i] == 0 {
			continue
		}
		a := accountOf(p, l.Account)
		if _, seen := debts[a.ID]; !seen {
			debts[a.ID] = debtOf(p, e, a)
		}
		p.Take(l, -shares[i])
		e.Add(a, shares[i], l)
		pay := min(debts[a.ID], shares[i])
		debts[a.ID] -= pay
		payOff(p, e, a, l, pay)
	}
	return rest
}

// debtOf is what an account owes, whose lots are loaded.
func debtOf(p *ledger.Purse, e *ledger.Entry, a *ledger.Account) money.Amount {
	return max(remaining(p.Of(a))-balanceIn(a, e), 0)
}

// back lists the lots that an amount goes back to, with what each may take: what
// the sale took of it, less what the entry at hand has given back already. One
// refund gives back several times where points paid for a gift and for the rest.
func back(p *ledger.Purse, e *ledger.Entry, taken []Taken, unit string, classes []string) (lots []*ledger.Lot, weights []money.Amount) {
	for _, t := range taken {
		a, l := accountOf(p, t.Account), p.Lot(t.Lot)
		if a == nil || l == nil || a.Unit != unit || !slices.Contains(classes, a.Class) || l.Remaining >= l.Amount {
			continue
		}
		if still := -t.Net - givenIn(e, l); still > 0 {
			lots = append(lots, l)
			weights = append(weights, min(still, l.Amount-l.Remaining))
		}
	}
	return lots, weights
}

// givenIn is what an entry does to a lot so far.
func givenIn(e *ledger.Entry, l *ledger.Lot) (sum money.Amount) {
	for _, p := range e.Postings {
		if p.Lot != nil && p.Lot.ID == l.ID {
			sum += p.Amount
		}
	}
	return sum
}

// WorthBack is what visits given back to their lots are worth: the exact mirror
// of Punch, as the lots stand before GiveBack.
func WorthBack(p *ledger.Purse, e *ledger.Entry, taken []Taken, unit string, visits money.Amount) (worth money.Amount) {
	lots, weights := back(p, e, taken, unit, []string{ledger.ClassPunch})
	shares, _ := money.Allocate(visits, weights, weights)
	for i, l := range lots {
		worth += valueOf(l, l.Remaining+shares[i]) - valueOf(l, l.Remaining)
	}
	return worth
}

// TakeBackPoints is UndoEarn for points of which none expired meanwhile.
func TakeBackPoints(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, sale id.ID, points int64) {
	UndoEarn(tx, p, e, sale, points, 0)
}

// AskExpiredOf reads how many of the points that a sale earned have expired.
func AskExpiredOf(m, sale, member id.ID, out *int64) db.Ask {
	*out = 0
	return db.Ask{SQL: `select cast(coalesce(-sum(p.amount), 0) as bigint) from accounts a
		join lots l on l.merchant_id = a.merchant_id and l.account_id = a.id
		join postings p on p.merchant_id = a.merchant_id and p.account_id = a.id and p.lot_id = l.id
		join entries e on e.merchant_id = p.merchant_id and e.id = p.entry_id
		where a.merchant_id = $1 and a.owner_kind = 'member' and a.owner_id = $3 and a.class = 'points' and l.origin_sale_id = $2 and e.kind = 'expired'`,
		Args: []any{m, sale, member}, Scan: func(r db.Row) error { return r.Scan(out) }}
}

// UndoEarn takes earned points back: what of them expired already is taken from
// what the house gained by it, the rest from the sale's own lot, then from the
// others, those that end first before; what was already spent becomes a debt.
// What open sales hold stays. The caller posts the other side, all of the points.
func UndoEarn(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, sale id.ID, points, expired int64) {
	if points <= 0 {
		return
	}
	a := p.Open(tx, ledger.UnitPoints, ledger.ClassPoints, pointsFloor)
	gone := money.Amount(min(max(expired, 0), points))
	house(p, e, e.Shop, ledger.UnitPoints, ledger.ClassPoints+HouseExpired, -gone)
	left := money.Amount(points) - gone
	var own, pending, ended, others []*ledger.Lot
	var lapsed money.Amount
	for _, l := range p.Of(a) {
		mine := l.OriginSale == sale && !sale.IsNone()
		if l.ExpiresAt != 0 && l.ExpiresAt <= tx.Now {
			lapsed += l.Remaining
		}
		switch {
		case mine && l.AvailableAt > tx.Now:
			pending = append(pending, l) // no hold counts on what cannot be spent yet
		case mine && !l.Usable(tx.Now):
			ended = append(ended, l)
		case mine:
			own = append(own, l)
		case l.Usable(tx.Now):
			others = append(others, l)
		}
	}
	byExpiry(others)
	free := unheld(p, a, tx.Now)
	left = takeFrom(p, e, a, pending, left)
	// A hold may count on what has ended since it was made.
	past := min(left, max(lapsed+min(free, 0), 0))
	left = left - past + takeFrom(p, e, a, ended, past)
	now := min(left, max(free, 0))
	debt := left - now + takeFrom(p, e, a, others, takeFrom(p, e, a, own, now))
	e.Add(a, -debt, nil)
}

// leavesHeld reports whether what open sales hold of an account can still be had
// when these lots are gone: holds count on lots that may be spent.
func leavesHeld(p *ledger.Purse, a *ledger.Account, lots []*ledger.Lot, at clock.Instant) bool {
	free := unheld(p, a, at)
	for _, l := range lots {
		if l.Usable(at) {
			free -= l.Remaining
		}
	}
	return free >= 0 || a.Held == 0
}

// unheld is what the lots of an account that may be spent hold beyond what open
// sales count on, with what the entry at hand did to them so far.
func unheld(p *ledger.Purse, a *ledger.Account, at clock.Instant) money.Amount {
	free := -a.Held
	for _, l := range p.Of(a) {
		if l.Usable(at) {
			free += l.Remaining
		}
	}
	return free
}

// TakeBackTopUp undoes a top-up of which nothing was spent. Faults: wallet.top_up_spent, wallet.held.
func TakeBackTopUp(p *ledger.Purse, e *ledger.Entry, o Origin, ccy string, at clock.Instant) error {
	return takeBackGroup(p, e, o, HouseBonusGranted, ErrTopUpSpent, at)
}

// TakeBackPunches undoes a punch card of which no visit was used. Faults: wallet.punch_card_used, wallet.held.
func TakeBackPunches(p *ledger.Purse, e *ledger.Entry, o Origin, at clock.Instant) error {
	return takeBackGroup(p, e, o, HousePunchesIssued, ErrPunchCardStarted, at)
}

func takeBackGroup(p *ledger.Purse, e *ledger.Entry, o Origin, contra string, spent error, at clock.Instant) error {
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
		if !leavesHeld(p, a, []*ledger.Lot{l}, at) {
			return ErrHeld
		}
		amount := l.Amount
		p.Take(l, amount)
		e.Add(a, -amount, l)
		if a.Class != ledger.ClassPrincipal {
			house(p, e, o.Shop, a.Unit, contra, amount)
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
