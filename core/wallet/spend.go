package wallet

import (
	"cmp"
	"sort"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

// Part is an amount of an account, and of one of its lots where one is named.
type Part struct {
	Account *ledger.Account
	Lot     *ledger.Lot
	Amount  money.Amount
}

// Spend takes stored value for a tender: the groups of lots that end first, then
// the oldest, in each the order of its own policy, as of the given instant. What
// open sales hold stays. Faults: wallet.insufficient_funds, wallet.frozen.
func Spend(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, ccy string, amount money.Amount, asOf clock.Instant) error {
	return SpendBy(tx, p, e, ccy, amount, asOf, "")
}

// SpendBy is Spend in the order of a policy instead of the lots' own; "" is theirs.
func SpendBy(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, ccy string, amount money.Amount, asOf clock.Instant, policy Policy) error {
	if stopped(tx, p, asOf) {
		return ErrFrozen
	}
	parts, err := planBy(p, ccy, amount, when{asOf, tx.Now}, policy)
	if err != nil {
		return err
	}
	for _, t := range parts {
		p.Take(t.Lot, t.Amount)
		e.Add(t.Account, -t.Amount, t.Lot)
	}
	return nil
}

// when is the instant as of which something is spent, and the present. They differ
// where a hold is captured: what has ended since still counts, because it was set
// aside in time, and what has come since counts too, because others may have
// spent what there was.
type when struct{ asOf, now clock.Instant }

func at(now clock.Instant) when { return when{now, now} }

// live reports whether a lot may be spent.
func (w when) live(l *ledger.Lot) bool {
	return l.Remaining > 0 && l.AvailableAt <= w.now && (l.ExpiresAt == 0 || l.ExpiresAt > w.asOf)
}

// stopped reports whether a spending is refused: what was set aside before the
// wallet was frozen may still be captured, since it is paid for.
func stopped(tx *db.Tx, p *ledger.Purse, asOf clock.Instant) bool { return asOf >= tx.Now && Frozen(p) }

// Reserve answers how much of which account a spending would take, for holds.
// Faults: those of Spend.
func Reserve(p *ledger.Purse, ccy string, amount money.Amount, asOf clock.Instant) ([]Part, error) {
	return ReserveBy(p, ccy, amount, asOf, "")
}

// ReserveBy is Reserve for a SpendBy.
func ReserveBy(p *ledger.Purse, ccy string, amount money.Amount, asOf clock.Instant, policy Policy) ([]Part, error) {
	if Frozen(p) {
		return nil, ErrFrozen
	}
	parts, err := planBy(p, ccy, amount, at(asOf), policy)
	if err != nil {
		return nil, err
	}
	var out []Part
	for _, class := range []string{ledger.ClassPrincipal, ledger.ClassBonus} {
		t := Part{Account: p.Find(ccy, class)}
		for _, s := range parts {
			if s.Account == t.Account {
				t.Amount += s.Amount
			}
		}
		if t.Amount > 0 {
			out = append(out, t)
		}
	}
	return out, nil
}

// SpendableNow is how much stored value Spend would find.
func SpendableNow(p *ledger.Purse, ccy string, asOf clock.Instant) money.Amount {
	if Frozen(p) {
		return 0
	}
	return spendable(p, p.Find(ccy, ledger.ClassPrincipal), p.Find(ccy, ledger.ClassBonus), at(asOf))
}

// PointsNow is how many points BurnPoints would find.
func PointsNow(p *ledger.Purse, asOf clock.Instant) int64 {
	if Frozen(p) {
		return 0
	}
	return int64(max(pointsFree(p, at(asOf)), 0))
}

func pointsFree(p *ledger.Purse, w when) money.Amount {
	return freeOf(p, p.Find(ledger.UnitPoints, ledger.ClassPoints), w)
}

// PunchesNow is how many visits of a service Punch would find.
func PunchesNow(p *ledger.Purse, sku id.ID, asOf clock.Instant) int64 {
	if Frozen(p) {
		return 0
	}
	return int64(max(freeOf(p, p.Find(ledger.PunchUnit(sku), ledger.ClassPunch), at(asOf)), 0))
}

// freeOf is what of an account may be spent: its usable lots less what is held
// and what it owes. What was set aside for an open sale goes before what is owed
// since: its customer has paid the rest.
func freeOf(p *ledger.Purse, a *ledger.Account, w when) money.Amount {
	if a == nil {
		return 0
	}
	var live, all money.Amount
	for _, l := range p.Of(a) {
		all += l.Remaining
		if w.live(l) {
			live += l.Remaining
		}
	}
	if w.asOf < w.now {
		return live - a.Held
	}
	return live - a.Held + min(a.Balance-all, 0)
}

// spendable is less than the accounts' balances where lots are expired or not yet
// active, and where open sales hold something.
func spendable(p *ledger.Purse, principal, bonus *ledger.Account, w when) money.Amount {
	var live, held, have money.Amount
	for _, a := range []*ledger.Account{principal, bonus} {
		if a == nil {
			continue
		}
		held += a.Held
		have += max(a.Available(), 0)
		for _, l := range p.Of(a) {
			if w.live(l) {
				live += l.Remaining
			}
		}
	}
	return max(min(live-held, have), 0)
}

// planBy finds the lots of a spending; a policy given goes before the lots' own.
func planBy(p *ledger.Purse, ccy string, amount money.Amount, w when, policy Policy) ([]Part, error) {
	principal, bonus := p.Find(ccy, ledger.ClassPrincipal), p.Find(ccy, ledger.ClassBonus)
	have := spendable(p, principal, bonus, w)
	if have < amount {
		return nil, ErrInsufficient.With("available", int64(have)).With("wanted", int64(amount))
	}
	var out []Part
	free := [2]money.Amount{freeIn(principal), freeIn(bonus)}
	left := amount
	for _, g := range groups(p, principal, bonus, w) {
		if left == 0 {
			break
		}
		var took money.Amount
		g.policy = cmp.Or(policy, policyOf(g))
		out, took = g.take(out, &free, left)
		left -= took
	}
	if left > 0 { // what is held lies on other lots than those that are active
		return nil, ErrInsufficient.With("available", int64(amount-left)).With("wanted", int64(amount))
	}
	return out, nil
}

func freeIn(a *ledger.Account) money.Amount {
	if a == nil {
		return 0
	}
	return max(a.Available(), 0)
}

// lotGroup is the principal and the bonus of one top-up.
type lotGroup struct {
	principal, bonus *ledger.Account
	p, b             []*ledger.Lot
	made, ends       clock.Instant
	policy           Policy
}

func groups(p *ledger.Purse, principal, bonus *ledger.Account, w when) []*lotGroup {
	by := map[id.ID]*lotGroup{}
	var out []*lotGroup
	add := func(a *ledger.Account, isBonus bool) {
		if a == nil {
			return
		}
		for _, l := range p.Of(a) {
			if !w.live(l) {
				continue
			}
			g := by[l.Group]
			if g == nil {
				g = &lotGroup{principal: principal, bonus: bonus, made: l.CreatedAt, ends: l.ExpiresAt}
				by[l.Group] = g
				out = append(out, g)
			}
			if sooner(l.ExpiresAt, g.ends) {
				g.ends = l.ExpiresAt
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
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.ends != b.ends {
			return sooner(a.ends, b.ends)
		}
		return a.made < b.made
	})
	return out
}

// take gives up to want from the group and answers how much. free is what each
// account may lose: the policy gives way to what an open sale holds.
func (g *lotGroup) take(out []Part, free *[2]money.Amount, want money.Amount) ([]Part, money.Amount) {
	pr, br := remaining(g.p), remaining(g.b)
	fromP := g.share(min(want, pr+br), pr, br)
	pr, br = min(pr, free[0]), min(br, free[1])
	want = min(want, pr+br)
	fromP = min(max(fromP, want-br), pr, want)
	out = partsOf(out, g.principal, g.p, fromP)
	out = partsOf(out, g.bonus, g.b, want-fromP)
	free[0] -= fromP
	free[1] -= want - fromP
	return out, want
}

// share is what the policy takes of the principal.
func (g *lotGroup) share(want, pr, br money.Amount) money.Amount {
	switch g.policy {
	case PrincipalFirst:
		return min(want, pr)
	case BonusFirst:
		return want - min(want, br)
	}
	shares, _ := money.Allocate(want, []money.Amount{pr, br}, []money.Amount{pr, br})
	return shares[0]
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

func partsOf(out []Part, a *ledger.Account, lots []*ledger.Lot, amount money.Amount) []Part {
	for _, l := range lots {
		if t := min(l.Remaining, amount); t > 0 {
			out = append(out, Part{a, l, t})
			amount -= t
		}
	}
	return out
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
	if stopped(tx, p, asOf) {
		return ErrFrozen
	}
	if have := pointsFree(p, when{asOf, tx.Now}); int64(have) < points {
		return ErrPointsShort.With("wanted", points).With("available", int64(max(have, 0)))
	}
	if a := p.Find(ledger.UnitPoints, ledger.ClassPoints); a != nil {
		takeFrom(p, e, a, usable(p, a, when{asOf, tx.Now}), money.Amount(points))
	}
	return nil
}

func usable(p *ledger.Purse, a *ledger.Account, w when) []*ledger.Lot {
	var out []*ledger.Lot
	for _, l := range p.Of(a) {
		if w.live(l) {
			out = append(out, l)
		}
	}
	byExpiry(out)
	return out
}

// Punch takes visits of a service and answers what they are worth: each visit is
// paid/amount of its lot, the lot's last visit takes the remainder. Faults:
// wallet.insufficient_punches, wallet.frozen.
func Punch(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, sku id.ID, visits int64, asOf clock.Instant) (worth money.Amount, err error) {
	if stopped(tx, p, asOf) {
		return 0, ErrFrozen
	}
	a := p.Find(ledger.PunchUnit(sku), ledger.ClassPunch)
	if a == nil || int64(freeOf(p, a, when{asOf, tx.Now})) < visits {
		return 0, ErrPunchesShort.With("wanted", visits)
	}
	left := money.Amount(visits)
	for _, l := range usable(p, a, when{asOf, tx.Now}) {
		if left == 0 {
			break
		}
		t := min(l.Remaining, left)
		worth += valueOf(l, l.Remaining) - valueOf(l, l.Remaining-t)
		p.Take(l, t)
		e.Add(a, -t, l)
		left -= t
	}
	return worth, nil
}

// valueOf is what the last n visits of a lot are worth: each visit is worth
// paid/amount rounded down, so that the remainder lies on the last one.
func valueOf(l *ledger.Lot, n money.Amount) money.Amount {
	return valueOfVisits(l.Paid, l.Amount, n)
}

func valueOfVisits(paid, visits, n money.Amount) money.Amount {
	if n == 0 || visits == 0 {
		return 0
	}
	return paid - paid.MulDiv(1, int64(visits), money.Down)*(visits-n)
}
