package wallet

import (
	"sort"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

// Spend takes stored value for a tender: the groups of lots from the oldest, in
// each the order of its own policy, as of the given instant. Faults:
// wallet.insufficient_funds, wallet.frozen.
func Spend(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, ccy string, amount money.Amount, asOf clock.Instant) error {
	principal, bonus := p.Find(ccy, ledger.ClassPrincipal), p.Find(ccy, ledger.ClassBonus)
	var have money.Amount
	for _, a := range []*ledger.Account{principal, bonus} {
		if a == nil {
			continue
		}
		if a.Frozen {
			return ErrFrozen
		}
		have += a.Available()
	}
	if have < amount {
		return ErrInsufficient.With("available", int64(have)).With("wanted", int64(amount))
	}
	left := amount
	for _, g := range groups(p, principal, bonus, asOf) {
		if left == 0 {
			break
		}
		left -= g.take(p, e, left)
	}
	if left > 0 { // the rest is expired or not yet active
		return ErrInsufficient.With("available", int64(amount-left)).With("wanted", int64(amount))
	}
	return nil
}

// lotGroup is the principal and the bonus of one top-up.
type lotGroup struct {
	principal, bonus *ledger.Account
	p, b             []*ledger.Lot
	seq              clock.Instant
}

func groups(p *ledger.Purse, principal, bonus *ledger.Account, asOf clock.Instant) []*lotGroup {
	by := map[id.ID]*lotGroup{}
	var out []*lotGroup
	add := func(a *ledger.Account, isBonus bool) {
		if a == nil {
			return
		}
		for _, l := range p.Of(a) {
			if !l.Usable(asOf) {
				continue
			}
			g := by[l.Group]
			if g == nil {
				g = &lotGroup{principal: principal, bonus: bonus, seq: l.CreatedAt}
				by[l.Group] = g
				out = append(out, g)
			}
			if isBonus {
				g.b = append(g.b, l)
			} else {
				g.p = append(g.p, l)
			}
		}
	}
	add(principal, false)
	add(bonus, true)
	sort.SliceStable(out, func(i, j int) bool { return out[i].seq < out[j].seq })
	return out
}

// take gives up to want from the group and answers how much.
func (g *lotGroup) take(p *ledger.Purse, e *ledger.Entry, want money.Amount) money.Amount {
	pr, br := remaining(g.p), remaining(g.b)
	want = min(want, pr+br)
	var fromP money.Amount
	switch policyOf(g) {
	case PrincipalFirst:
		fromP = min(want, pr)
	case BonusFirst:
		fromP = want - min(want, br)
	default:
		shares, _ := money.Allocate(want, []money.Amount{pr, br}, []money.Amount{pr, br})
		fromP = shares[0]
	}
	takeFrom(p, e, g.principal, g.p, fromP)
	takeFrom(p, e, g.bonus, g.b, want-fromP)
	return want
}

func policyOf(g *lotGroup) Policy {
	if len(g.p) > 0 {
		return Policy(g.p[0].Policy)
	}
	return Policy(g.b[0].Policy)
}

func remaining(lots []*ledger.Lot) (t money.Amount) {
	for _, l := range lots {
		t += l.Remaining
	}
	return t
}

// takeFrom debits an account lot by lot and answers what the lots could not give.
func takeFrom(p *ledger.Purse, e *ledger.Entry, a *ledger.Account, lots []*ledger.Lot, amount money.Amount) money.Amount {
	for _, l := range lots {
		if amount == 0 {
			break
		}
		t := min(l.Remaining, amount)
		p.Take(l, t)
		e.Add(a, -t, l)
		amount -= t
	}
	return amount
}

// BurnPoints takes points for a tender, those that expire first before others.
// Faults: wallet.insufficient_points, wallet.frozen.
func BurnPoints(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, points int64, asOf clock.Instant) error {
	a := p.Find(ledger.UnitPoints, ledger.ClassPoints)
	if a == nil || int64(a.Available()) < points {
		return ErrPointsShort.With("wanted", points)
	}
	if a.Frozen {
		return ErrFrozen
	}
	if takeFrom(p, e, a, usable(p, a, asOf), money.Amount(points)) > 0 {
		return ErrPointsShort.With("wanted", points)
	}
	return nil
}

func usable(p *ledger.Purse, a *ledger.Account, asOf clock.Instant) []*ledger.Lot {
	var out []*ledger.Lot
	for _, l := range p.Of(a) {
		if l.Usable(asOf) {
			out = append(out, l)
		}
	}
	byExpiry(out)
	return out
}

// Punch takes visits of a service and answers what they are worth: each visit is
// paid/amount of its lot, the lot's last visit takes the remainder. Fault:
// wallet.insufficient_punches.
func Punch(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, sku id.ID, visits int64, asOf clock.Instant) (worth money.Amount, err error) {
	a := p.Find(ledger.PunchUnit(sku), ledger.ClassPunch)
	if a == nil || int64(a.Available()) < visits {
		return 0, ErrPunchesShort.With("wanted", visits)
	}
	left := money.Amount(visits)
	for _, l := range usable(p, a, asOf) {
		if left == 0 {
			break
		}
		t := min(l.Remaining, left)
		worth += valueOf(l, l.Remaining) - valueOf(l, l.Remaining-t)
		p.Take(l, t)
		e.Add(a, -t, l)
		left -= t
	}
	if left > 0 {
		return 0, ErrPunchesShort.With("wanted", visits)
	}
	return worth, nil
}

// valueOf is what the last n visits of a lot are worth: each visit is worth
// paid/amount rounded down, so that the remainder lies on the last one.
func valueOf(l *ledger.Lot, n money.Amount) money.Amount {
	if n == 0 || l.Amount == 0 {
		return 0
	}
	each := l.Paid.MulDiv(1, int64(l.Amount), money.Down)
	return l.Paid - each*(l.Amount-n)
}
