package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/wallet"
)

// GiftCard is a card with what is on it.
type GiftCard struct {
	ID        id.ID      `json:"id" format:"uuid"`
	Number    string     `json:"number"`
	State     string     `json:"state" enum:"active,blocked,void" doc:"Past its end a card is still active; its balance stays and it can be extended."`
	Reason    string     `json:"reason,omitempty" doc:"Why it is blocked or void."`
	Currency  string     `json:"currency"`
	Face      Money      `json:"face" doc:"What it was loaded with."`
	Price     Money      `json:"price" doc:"What was paid for it."`
	Balance   Money      `json:"balance"`
	Available Money      `json:"available" doc:"What may be paid with it now: nothing of a card that is blocked, void or past its end."`
	HasPIN    bool       `json:"has_pin"`
	SaleID    id.ID      `json:"sale_id,omitzero" format:"uuid"`
	ShopID    id.ID      `json:"shop_id" format:"uuid"`
	BuyerID   id.ID      `json:"buyer_member_id,omitzero" format:"uuid"`
	IssuedAt  Instant    `json:"issued_at"`
	ExpiresAt Instant    `json:"expires_at,omitzero" doc:"Default: never."`
	Movements []Movement `json:"movements,omitempty" doc:"The newest 100, of one card only."`
}

// GiftCardEnd is a new end of a card.
type GiftCardEnd struct {
	ExpiresAt Instant `json:"expires_at,omitzero" doc:"Later than before; without: never."`
}

func (c caller) giftCard(now clock.Instant) func(wallet.GiftCardView) GiftCard {
	return func(v wallet.GiftCardView) GiftCard {
		available := money.Amount(0)
		if v.Usable(now) == nil {
			available = v.Available()
		}
		return GiftCard{ID: v.ID, Number: v.Number, State: v.State, Reason: v.Reason, Currency: v.Currency, Face: c.money(v.Face), Price: c.money(v.Price), Balance: c.money(v.Balance), Available: c.money(available),
			HasPIN: v.PINHash != "", SaleID: v.Sale, ShopID: v.Shop, BuyerID: v.Buyer, IssuedAt: instant(v.IssuedAt), ExpiresAt: instant(v.ExpiresAt)}
	}
}

func (a *api) giftCards() {
	seeing := []auth.Permission{auth.PermSell, auth.PermTopUp, auth.PermMembers}
	add(a, route{id: "list-gift-cards", method: http.MethodGet, path: "/gift-cards", tag: "gift cards", summary: "List gift cards, the newest first, or find one by its number", any: seeing}, a.listGiftCards)
	add(a, route{id: "get-gift-card", method: http.MethodGet, path: "/gift-cards/{id}", tag: "gift cards", summary: "Get a gift card and its movements", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[GiftCard], error) {
			return a.giftCard(ctx, c, in.ID)
		})
	add(a, route{id: "block-gift-card", method: http.MethodPut, path: "/gift-cards/{id}/block", tag: "gift cards", summary: "Stop a gift card, as when it is lost", any: []auth.Permission{auth.PermTopUp, auth.PermAdjust}},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body WalletReason
		}) (*read[GiftCard], error) {
			return a.changeGiftCard(ctx, c, in.ID, "gift_card.blocked", func(ctx context.Context, tx *db.Tx) error {
				_, err := wallet.BlockGiftCard(ctx, tx, c.Merchant, in.ID, in.Body.Reason)
				return err
			})
		})
	adjusts := []auth.Permission{auth.PermAdjust}
	add(a, route{id: "unblock-gift-card", method: http.MethodDelete, path: "/gift-cards/{id}/block", tag: "gift cards", summary: "Let a blocked gift card be used again", any: adjusts},
		func(ctx context.Context, c caller, in *IDIn) (*read[GiftCard], error) {
			return a.changeGiftCard(ctx, c, in.ID, "gift_card.unblocked", func(ctx context.Context, tx *db.Tx) error {
				_, err := wallet.UnblockGiftCard(ctx, tx, c.Merchant, in.ID)
				return err
			})
		})
	add(a, route{id: "extend-gift-card", method: http.MethodPut, path: "/gift-cards/{id}/end", tag: "gift cards", summary: "Move a gift card's end later, also after it has passed", any: adjusts},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body GiftCardEnd
		}) (*read[GiftCard], error) {
			return a.changeGiftCard(ctx, c, in.ID, "gift_card.extended", func(ctx context.Context, tx *db.Tx) error {
				_, err := wallet.ExtendGiftCard(ctx, tx, c.Merchant, in.ID, clock.Instant(in.Body.ExpiresAt))
				return err
			})
		})
}

func (a *api) listGiftCards(ctx context.Context, c caller, in *struct {
	PageIn
	Number   string `query:"number" maxLength:"64" doc:"As it is printed; blanks and hyphens do not count."`
	State    string `query:"state" enum:"active,blocked,void"`
	MemberID id.ID  `query:"buyer_member_id" format:"uuid"`
	SaleID   id.ID  `query:"sale_id" format:"uuid"`
}) (*read[List[GiftCard]], error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	if in.Number != "" {
		v, err := wallet.FindGiftCard(ctx, a.DB, c.Merchant, in.Number)
		switch {
		case errors.Is(err, wallet.ErrGiftCardNotFound):
			return listOf(nil, "", c.giftCard(a.DB.Now())), nil
		case err != nil:
			return nil, err
		}
		return listOf([]wallet.GiftCardView{v}, "", c.giftCard(a.DB.Now())), nil
	}
	rows, next, err := wallet.ListGiftCards(ctx, a.DB, c.Merchant, wallet.GiftCardFilter{State: in.State, Buyer: in.MemberID, Sale: in.SaleID}, p)
	return listOf(rows, next, c.giftCard(a.DB.Now())), err
}

func (a *api) giftCard(ctx context.Context, c caller, card id.ID) (*read[GiftCard], error) {
	v, err := wallet.GetGiftCard(ctx, a.DB, c.Merchant, card)
	if err != nil {
		return nil, err
	}
	moves, err := wallet.GiftCardMovements(ctx, a.DB, c.Merchant, card, movementsShown)
	if err != nil {
		return nil, err
	}
	out := c.giftCard(a.DB.Now())(v)
	for _, m := range moves {
		out.Movements = append(out.Movements, Movement{ID: m.Entry, At: instant(m.At), Kind: m.Kind, Class: m.Class, Amount: c.figure(m.Unit, m.Amount), SaleID: m.Sale, LotID: m.Lot})
	}
	return reads(out), nil
}

func (a *api) changeGiftCard(ctx context.Context, c caller, card id.ID, action string, do func(context.Context, *db.Tx) error) (*read[GiftCard], error) {
	if err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := do(ctx, tx); err != nil {
			return err
		}
		return c.audited(ctx, tx, action, "gift_card", card, nil)
	}); err != nil {
		return nil, err
	}
	return a.giftCard(ctx, c, card)
}
