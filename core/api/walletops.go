package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

// WalletTransferIn gives stored value, points or both to another member.
type WalletTransferIn struct {
	ShopID     id.ID  `json:"shop_id" format:"uuid" doc:"Where it is done."`
	ToMemberID id.ID  `json:"to_member_id" format:"uuid"`
	Amount     Money  `json:"amount,omitempty" doc:"Stored value, principal and bonus together."`
	Points     int64  `json:"points,omitempty" minimum:"0" maximum:"1000000000000"`
	Reason     string `json:"reason,omitempty" maxLength:"500"`
}

// WalletTransfer is a transfer as it was booked.
type WalletTransfer struct {
	ID           id.ID  `json:"id" format:"uuid" doc:"The entry in the books."`
	FromMemberID id.ID  `json:"from_member_id" format:"uuid"`
	ToMemberID   id.ID  `json:"to_member_id" format:"uuid"`
	Currency     string `json:"currency"`
	Principal    Money  `json:"principal"`
	Bonus        Money  `json:"bonus"`
	Points       int64  `json:"points"`
}

// WalletReason says why a wallet is stopped or let go again.
type WalletReason struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500"`
}

// WalletStop is a freeze of a wallet, past or present.
type WalletStop struct {
	ID            id.ID   `json:"id" format:"uuid" doc:"The member's."`
	Frozen        bool    `json:"frozen"`
	Reason        string  `json:"reason"`
	FrozenAt      Instant `json:"frozen_at"`
	FrozenBy      id.ID   `json:"frozen_by,omitzero" format:"uuid"`
	RestoredAt    Instant `json:"restored_at,omitzero"`
	RestoredBy    id.ID   `json:"restored_by,omitzero" format:"uuid"`
	RestoreReason string  `json:"restore_reason,omitempty"`
}

// PointAdjustmentIn changes points by hand.
type PointAdjustmentIn struct {
	ShopID    id.ID   `json:"shop_id" format:"uuid" doc:"Whose books take the other side."`
	Points    int64   `json:"points" minimum:"-1000000000000" maximum:"1000000000000" doc:"Positive gives, negative takes."`
	Reason    string  `json:"reason" minLength:"1" maxLength:"500"`
	ExpiresAt Instant `json:"expires_at,omitzero" doc:"Of points given; default: never."`
}

// BonusAdjustmentIn changes bonus money by hand.
type BonusAdjustmentIn struct {
	ShopID    id.ID   `json:"shop_id" format:"uuid" doc:"Whose books take the other side."`
	Amount    Money   `json:"amount" doc:"Positive gives, negative takes."`
	Reason    string  `json:"reason" minLength:"1" maxLength:"500"`
	ExpiresAt Instant `json:"expires_at,omitzero" doc:"Of money given; default: never."`
}

// WalletAdjustment is a change by hand, and what the member has after it.
type WalletAdjustment struct {
	ID       id.ID  `json:"id" format:"uuid" doc:"The entry in the books."`
	MemberID id.ID  `json:"member_id" format:"uuid"`
	Currency string `json:"currency"`
	Points   int64  `json:"points" doc:"Spendable now."`
	Bonus    Money  `json:"bonus"`
}

func (a *api) walletOperations() {
	adjusts := []auth.Permission{auth.PermAdjust}
	add(a, route{id: "transfer-value", method: http.MethodPost, path: "/members/{id}/transfers", tag: "members", summary: "Give stored value or points to another member", any: adjusts, key: mustKey, status: http.StatusCreated,
		doc: "Every part keeps its origin, price, bonus ratio, order of consumption and end."}, a.transferValue)
	add(a, route{id: "freeze-wallet", method: http.MethodPost, path: "/members/{id}/freeze", tag: "members", summary: "Stop a member's wallet", any: []auth.Permission{auth.PermAdjust, auth.PermMembers}, key: mayKey,
		doc: "Nothing can be taken from it until it is restored; it still earns and can be topped up."}, a.stopWallet("wallet.frozen", wallet.Freeze))
	add(a, route{id: "restore-wallet", method: http.MethodPost, path: "/members/{id}/restore", tag: "members", summary: "Let a stopped wallet be used again", any: adjusts, key: mayKey}, a.stopWallet("wallet.restored", wallet.Restore))
	add(a, route{id: "adjust-points", method: http.MethodPost, path: "/members/{id}/point-adjustments", tag: "members", summary: "Change a member's points by hand", any: adjusts, key: mustKey, status: http.StatusCreated}, a.adjustPoints)
	add(a, route{id: "adjust-bonus", method: http.MethodPost, path: "/members/{id}/bonus-adjustments", tag: "members", summary: "Change a member's bonus money by hand", any: adjusts, key: mustKey, status: http.StatusCreated}, a.adjustBonus)
}

// operation is what is done in a shop by the caller, to members that exist.
func (a *api) operation(ctx context.Context, tx *db.Tx, c caller, shop id.ID, reason string, members ...id.ID) (wallet.Operation, error) {
	s, err := tenant.GetShop(ctx, tx, c.Merchant, shop)
	if err != nil {
		return wallet.Operation{}, on(err, "shop_id")
	}
	for i, m := range members {
		if _, err := member.Get(ctx, tx, nil, c.Merchant, m); err != nil {
			if i > 0 {
				err = on(err, "to_member_id")
			}
			return wallet.Operation{}, err
		}
	}
	return wallet.Operation{Merchant: c.Merchant, Shop: s.ID, BusinessDate: s.Zone.BusinessDate(tx.Now), Actor: c.ID, Reason: reason}, nil
}

func (a *api) transferValue(ctx context.Context, c caller, in *struct {
	IDIn
	Body WalletTransferIn
}) (*made[WalletTransfer], error) {
	b := in.Body
	t := wallet.Transfer{From: in.ID, To: b.ToMemberID, Currency: c.currency.Code, Points: b.Points}
	if b.Amount != "" {
		var err error
		if t.Amount, err = c.amount(b.Amount, "amount"); err != nil {
			return nil, err
		}
	}
	done, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, wallet.Transferred, error) {
		var err error
		if t.Operation, err = a.operation(ctx, tx, c, b.ShopID, b.Reason, t.From, t.To); err != nil {
			return id.None, wallet.Transferred{}, err
		}
		done, err := wallet.Move(ctx, tx, new(ledger.Book), t)
		if err != nil {
			return id.None, done, err
		}
		return done.Entry, done, c.audited(ctx, tx, "wallet.transferred", "member", in.ID, map[string]any{"entry": done.Entry.String(), "to": b.ToMemberID.String(), "amount": int64(t.Amount), "points": t.Points})
	}, func(ctx context.Context, entry id.ID) (wallet.Transferred, error) {
		return wallet.GetTransfer(ctx, a.DB, c.Merchant, entry)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/members/"+in.ID.String()+"/wallet", WalletTransfer{ID: done.Entry, FromMemberID: in.ID, ToMemberID: b.ToMemberID, Currency: c.currency.Code,
		Principal: c.money(done.Principal), Bonus: c.money(done.Bonus), Points: done.Points}, again), nil
}

func (a *api) stopWallet(action string, do func(ctx context.Context, tx *db.Tx, m, member, actor id.ID, reason string) error) func(context.Context, caller, *struct {
	IDIn
	Body WalletReason
}) (*made[WalletStop], error) {
	return func(ctx context.Context, c caller, in *struct {
		IDIn
		Body WalletReason
	}) (*made[WalletStop], error) {
		_, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, id.ID, error) {
			if _, err := member.Get(ctx, tx, nil, c.Merchant, in.ID); err != nil {
				return id.None, id.None, err
			}
			if err := do(ctx, tx, c.Merchant, in.ID, c.ID, in.Body.Reason); err != nil {
				return id.None, id.None, err
			}
			return in.ID, in.ID, c.audited(ctx, tx, action, "member", in.ID, nil)
		}, func(_ context.Context, made id.ID) (id.ID, error) { return made, nil })
		if err != nil {
			return nil, err
		}
		stops, err := wallet.Stops(ctx, a.DB, c.Merchant, in.ID)
		if err != nil || len(stops) == 0 {
			return nil, err
		}
		s := stops[0]
		return madeAt("/members/"+in.ID.String()+"/wallet", WalletStop{ID: in.ID, Frozen: s.RestoredAt == 0, Reason: s.Reason, FrozenAt: instant(s.FrozenAt), FrozenBy: s.FrozenBy,
			RestoredAt: instant(s.RestoredAt), RestoredBy: s.RestoredBy, RestoreReason: s.RestoreReason}, again), nil
	}
}

func (a *api) adjustPoints(ctx context.Context, c caller, in *struct {
	IDIn
	Body PointAdjustmentIn
}) (*made[WalletAdjustment], error) {
	b := in.Body
	return a.adjust(ctx, c, in.ID, func(ctx context.Context, tx *db.Tx) (id.ID, error) {
		o, err := a.operation(ctx, tx, c, b.ShopID, b.Reason, in.ID)
		if err != nil {
			return id.None, err
		}
		v, err := setting.All(ctx, tx, c.Merchant, b.ShopID, id.None)
		if err != nil {
			return id.None, err
		}
		entry, err := wallet.AdjustPoints(ctx, tx, new(ledger.Book), wallet.PointsChange{Operation: o, Member: in.ID, Points: b.Points, Until: clock.Instant(b.ExpiresAt), BelowZero: setting.PointsAdjustBelowZero.In(v)})
		if err != nil {
			return id.None, err
		}
		return entry, c.audited(ctx, tx, "wallet.points_adjusted", "member", in.ID, map[string]any{"entry": entry.String(), "points": b.Points})
	})
}

func (a *api) adjustBonus(ctx context.Context, c caller, in *struct {
	IDIn
	Body BonusAdjustmentIn
}) (*made[WalletAdjustment], error) {
	b := in.Body
	amount, err := c.amount(b.Amount, "amount")
	if err != nil {
		return nil, err
	}
	return a.adjust(ctx, c, in.ID, func(ctx context.Context, tx *db.Tx) (id.ID, error) {
		o, err := a.operation(ctx, tx, c, b.ShopID, b.Reason, in.ID)
		if err != nil {
			return id.None, err
		}
		return a.bookBonus(ctx, tx, c, o, in.ID, amount, clock.Instant(b.ExpiresAt))
	})
}

func (a *api) bookBonus(ctx context.Context, tx *db.Tx, c caller, o wallet.Operation, who id.ID, amount money.Amount, until clock.Instant) (id.ID, error) {
	entry, err := wallet.AdjustBonus(ctx, tx, new(ledger.Book), wallet.BonusChange{Operation: o, Member: who, Currency: c.currency.Code, Amount: amount, Until: until})
	if err != nil {
		return id.None, err
	}
	return entry, c.audited(ctx, tx, "wallet.bonus_adjusted", "member", who, map[string]any{"entry": entry.String(), "amount": int64(amount)})
}

// adjust books once and answers what the member has then.
func (a *api) adjust(ctx context.Context, c caller, who id.ID, book func(context.Context, *db.Tx) (id.ID, error)) (*made[WalletAdjustment], error) {
	entry, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, id.ID, error) {
		entry, err := book(ctx, tx)
		return entry, entry, err
	}, func(_ context.Context, made id.ID) (id.ID, error) { return made, nil })
	if err != nil {
		return nil, err
	}
	w, err := wallet.Get(ctx, a.DB, c.Merchant, who)
	if err != nil {
		return nil, err
	}
	return madeAt("/members/"+who.String()+"/wallet", WalletAdjustment{ID: entry, MemberID: who, Currency: c.currency.Code, Points: w.Points, Bonus: c.money(w.Bonus)}, again), nil
}
