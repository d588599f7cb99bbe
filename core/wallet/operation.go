package wallet

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrNothing       = fault.New(fault.Invalid, "wallet.amount_required")
	ErrSameMember    = fault.New(fault.Invalid, "wallet.transfer_to_self")
	ErrAlreadyFrozen = fault.New(fault.Conflict, "wallet.already_frozen")
	ErrNotFrozen     = fault.New(fault.Conflict, "wallet.not_frozen")
)

var _ = db.Guard("ux_wallet_freezes_member_id", ErrAlreadyFrozen)

// Operation is who does what to a wallet outside a sale, where and why.
type Operation struct {
	Merchant     id.ID
	Shop         id.ID      // whose books take the other side
	BusinessDate clock.Date // that shop's
	Actor        id.ID
	Reason       string // 1 to 500 characters; not needed for a transfer
}

func (o *Operation) entry(kind string) ledger.Entry {
	return ledger.Entry{Shop: o.Shop, BusinessDate: o.BusinessDate, Kind: kind, Actor: o.Actor}
}

// write posts the entry, the purses' lots and the note of who did it and why.
func (o *Operation) write(tx *db.Tx, book *ledger.Book, e *ledger.Entry, member, other id.ID, purses ...*ledger.Purse) error {
	e.ID = tx.NewID()
	if err := book.Post(tx, o.Merchant, e); err != nil {
		return err
	}
	for _, p := range purses {
		p.Queue(tx)
	}
	tx.Queue(`insert into wallet_operations (merchant_id, entry_id, kind, member_id, other_member_id, reason, actor_id, at) values ($1,$2,$3,$4,$5,$6,$7,$8)`,
		o.Merchant, e.ID, e.Kind, member, other, o.Reason, o.Actor, tx.Now)
	return nil
}

// Transfer asks for stored value and points to go from one member to another.
type Transfer struct {
	Operation
	From, To id.ID
	Currency string
	Amount   money.Amount
	Points   int64
}

// Transferred is what a transfer moved.
type Transferred struct {
	Entry            id.ID
	Principal, Bonus money.Amount
	Points           int64
}

func (t *Transferred) add(class string, n int64) {
	switch class {
	case ledger.ClassPrincipal:
		t.Principal += money.Amount(n)
	case ledger.ClassBonus:
		t.Bonus += money.Amount(n)
	case ledger.ClassPoints:
		t.Points += n
	}
}

// Move books a transfer. Stored value goes in proportion to what is left of the
// principal and the bonus of each top-up, points by their end; all of it keeps
// its origin, price, group, policy and end. Both purses are locked in the one
// order. The caller knows that both members exist. Faults:
// wallet.transfer_to_self, wallet.amount_required, wallet.frozen (either of
// them), wallet.insufficient_funds, wallet.insufficient_points.
func Move(ctx context.Context, tx *db.Tx, book *ledger.Book, t Transfer) (Transferred, error) {
	switch {
	case t.From == t.To:
		return Transferred{}, ErrSameMember.On("to_member_id")
	case t.Amount < 0 || t.Points < 0 || t.Amount == 0 && t.Points == 0 || !money.Fits(int64(t.Amount)) || !money.Fits(t.Points):
		return Transferred{}, ErrNothing.On("amount")
	}
	from, to := NewPurse(t.Merchant, t.From), NewPurse(t.Merchant, t.To)
	Ask(tx, id.None, from, to)
	if err := tx.Flush(ctx); err != nil {
		return Transferred{}, err
	}
	if Frozen(from) || Frozen(to) {
		return Transferred{}, ErrFrozen
	}
	e := t.entry(KindTransfer)
	out := Transferred{Points: t.Points}
	parts, err := planBy(from, t.Currency, t.Amount, at(tx.Now), Proportional)
	if err != nil {
		return Transferred{}, err
	}
	for _, s := range parts {
		out.add(s.Account.Class, int64(s.Amount))
	}
	if t.Points > 0 {
		have := pointsFree(from, at(tx.Now))
		if int64(have) < t.Points {
			return Transferred{}, ErrPointsShort.With("wanted", t.Points).With("available", int64(max(have, 0)))
		}
		a := from.Find(ledger.UnitPoints, ledger.ClassPoints)
		parts = partsOf(parts, a, usable(from, a, at(tx.Now)), money.Amount(t.Points))
	}
	for _, s := range parts {
		moveLot(tx, from, to, &e, s)
	}
	err = t.write(tx, book, &e, t.From, t.To, from, to)
	out.Entry = e.ID
	return out, err
}

// moveLot moves a part of a lot into a new lot of the other purse.
func moveLot(tx *db.Tx, from, to *ledger.Purse, e *ledger.Entry, s Part) {
	floor := money.Amount(0)
	if s.Account.Class == ledger.ClassPoints {
		floor = pointsFloor
	}
	b := to.Open(tx, s.Account.Unit, s.Account.Class, floor)
	debt := max(-balanceIn(b, e), 0)
	from.Take(s.Lot, s.Amount)
	e.Add(s.Account, -s.Amount, s.Lot)
	l := to.AddLot(tx, b, ledger.Lot{Amount: s.Amount, Remaining: s.Amount, Group: s.Lot.Group, Paid: s.Lot.Paid.MulDiv(int64(s.Amount), int64(s.Lot.Amount), money.HalfUp), Policy: s.Lot.Policy,
		OriginShop: s.Lot.OriginShop, OriginSale: s.Lot.OriginSale, AvailableAt: s.Lot.AvailableAt, ExpiresAt: s.Lot.ExpiresAt})
	e.Add(b, s.Amount, l)
	payOff(to, e, b, l, min(debt, s.Amount))
}

// PointsChange changes a member's points by hand.
type PointsChange struct {
	Operation
	Member    id.ID
	Points    int64         // + gives, - takes
	Until     clock.Instant // the end of points given; 0: never
	BelowZero bool          // what is missing becomes a debt instead of a fault
}

// AdjustPoints books a change by hand, against the shop's points_adjusted.
// Faults: wallet.reason_required, wallet.amount_required,
// wallet.insufficient_points.
func AdjustPoints(ctx context.Context, tx *db.Tx, book *ledger.Book, c PointsChange) (entry id.ID, err error) {
	if c.Reason, err = needReason(c.Reason); err != nil {
		return id.None, err
	}
	if c.Points == 0 || !money.Fits(c.Points) {
		return id.None, ErrNothing.On("points")
	}
	p := NewPurse(c.Merchant, c.Member)
	p.Ask(tx, id.None)
	if err := tx.Flush(ctx); err != nil {
		return id.None, err
	}
	e := c.entry(KindAdjust)
	a := p.Open(tx, ledger.UnitPoints, ledger.ClassPoints, pointsFloor)
	n := money.Amount(c.Points)
	house(p, &e, c.Shop, ledger.UnitPoints, HousePointsAdjusted, -n)
	if n > 0 {
		debt := debtOf(p, &e, a)
		l := p.AddLot(tx, a, ledger.Lot{Amount: n, Remaining: n, Group: tx.NewID(), Policy: "fifo", OriginShop: c.Shop, ExpiresAt: c.Until})
		e.Add(a, n, l)
		payOff(p, &e, a, l, min(debt, n))
	} else {
		have := max(pointsFree(p, at(tx.Now)), 0)
		if have < -n && !c.BelowZero {
			return id.None, ErrPointsShort.With("wanted", -c.Points).With("available", int64(have))
		}
		takeFrom(p, &e, a, usable(p, a, at(tx.Now)), min(have, -n))
		e.Add(a, n+min(have, -n), nil)
	}
	err = c.write(tx, book, &e, c.Member, id.None, p)
	return e.ID, err
}

// BonusChange changes a member's bonus money by hand.
type BonusChange struct {
	Operation
	Member   id.ID
	Currency string
	Amount   money.Amount  // + gives, - takes
	Until    clock.Instant // the end of money given; 0: never
}

// AdjustBonus books gift money given or taken by hand, against the shop's
// bonus_granted. Principal cannot be changed so: it is money that was paid.
// Faults: wallet.reason_required, wallet.amount_required,
// wallet.insufficient_funds.
func AdjustBonus(ctx context.Context, tx *db.Tx, book *ledger.Book, c BonusChange) (entry id.ID, err error) {
	if c.Reason, err = needReason(c.Reason); err != nil {
		return id.None, err
	}
	if c.Amount == 0 || !money.Fits(int64(c.Amount)) {
		return id.None, ErrNothing.On("amount")
	}
	p := NewPurse(c.Merchant, c.Member)
	p.Ask(tx, id.None)
	if err := tx.Flush(ctx); err != nil {
		return id.None, err
	}
	e := c.entry(KindAdjust)
	a := p.Open(tx, c.Currency, ledger.ClassBonus, 0)
	house(p, &e, c.Shop, c.Currency, HouseBonusGranted, -c.Amount)
	if c.Amount > 0 {
		l := p.AddLot(tx, a, ledger.Lot{Amount: c.Amount, Remaining: c.Amount, Group: tx.NewID(), Policy: string(Proportional), OriginShop: c.Shop, ExpiresAt: c.Until})
		e.Add(a, c.Amount, l)
	} else {
		have := max(min(freeOf(p, a, at(tx.Now)), a.Available()), 0)
		if have < -c.Amount {
			return id.None, ErrInsufficient.With("wanted", int64(-c.Amount)).With("available", int64(have))
		}
		takeFrom(p, &e, a, usable(p, a, at(tx.Now)), -c.Amount)
	}
	err = c.write(tx, book, &e, c.Member, id.None, p)
	return e.ID, err
}
