package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
)

// Gift is what points buy.
type Gift struct {
	ID         id.ID   `json:"id" format:"uuid"`
	Name       string  `json:"name"`
	Code       string  `json:"code,omitempty" doc:"By which rules know the gift."`
	SKUID      id.ID   `json:"sku_id,omitzero" format:"uuid" doc:"Whose stock counts, where the SKU is stocked."`
	Points     int64   `json:"points" doc:"For one."`
	Currency   string  `json:"currency"`
	Money      Money   `json:"money" doc:"To be paid beside the points, for one."`
	OnHand     *int64  `json:"on_hand,omitempty" doc:"The gift's own count; without it none is kept."`
	Taken      int64   `json:"taken" doc:"So far, what came back not counted."`
	PerMember  int64   `json:"per_member" doc:"The most that one member takes; 0: any number."`
	ValidFrom  Instant `json:"valid_from,omitzero"`
	ValidUntil Instant `json:"valid_until,omitzero" doc:"Exclusive."`
	Archived   bool    `json:"archived"`
	Version    int64   `json:"version"`
	UpdatedAt  Instant `json:"updated_at"`
}

// NewGift is a gift to be offered.
type NewGift struct {
	Name       string  `json:"name" example:"Mug"`
	Code       string  `json:"code,omitempty" maxLength:"40" doc:"By which rules know the gift."`
	SKUID      id.ID   `json:"sku_id,omitzero" format:"uuid"`
	Points     int64   `json:"points" minimum:"1" maximum:"1000000000" example:"500"`
	Money      Money   `json:"money,omitempty"`
	OnHand     *int64  `json:"on_hand,omitempty" minimum:"0" maximum:"1000000000"`
	PerMember  int64   `json:"per_member,omitempty" minimum:"0" maximum:"1000000000"`
	ValidFrom  Instant `json:"valid_from,omitzero"`
	ValidUntil Instant `json:"valid_until,omitzero"`
}

// GiftIn replaces a gift whole.
type GiftIn struct {
	NewGift
	Archived bool  `json:"archived,omitempty"`
	Version  int64 `json:"version,omitempty" minimum:"0" doc:"The version you have seen; without it any. What is taken raises it too."`
}

// GiftRedemption is a sale's line that handed a gift out.
type GiftRedemption struct {
	ID       id.ID   `json:"id" format:"uuid"`
	GiftID   id.ID   `json:"gift_id" format:"uuid"`
	MemberID id.ID   `json:"member_id" format:"uuid"`
	SaleID   id.ID   `json:"sale_id" format:"uuid"`
	Quantity int64   `json:"quantity"`
	Back     int64   `json:"back" doc:"Of it, what came back."`
	Points   int64   `json:"points" doc:"Of the whole quantity."`
	At       Instant `json:"at"`
}

func (c caller) gift(g loyalty.Gift) Gift {
	out := Gift{ID: g.ID, Name: g.Name, Code: g.Code, SKUID: g.SKU, Points: g.Points, Currency: c.currency.Code, Money: c.money(g.Money), Taken: g.Taken, PerMember: g.PerMember,
		ValidFrom: instant(g.ValidFrom), ValidUntil: instant(g.ValidUntil), Archived: g.Archived, Version: g.Version, UpdatedAt: instant(g.UpdatedAt)}
	if g.Counted {
		out.OnHand = &g.OnHand
	}
	return out
}

// giftIn reads what describes a gift.
func (a *api) giftIn(ctx context.Context, c caller, b NewGift) (g loyalty.Gift, err error) {
	g = loyalty.Gift{Name: b.Name, Code: b.Code, SKU: b.SKUID, Points: b.Points, PerMember: b.PerMember, ValidFrom: clock.Instant(b.ValidFrom), ValidUntil: clock.Instant(b.ValidUntil)}
	if b.OnHand != nil {
		g.Counted, g.OnHand = true, *b.OnHand
	}
	if b.Money != "" {
		if g.Money, err = c.amount(b.Money, "money"); err != nil {
			return g, err
		}
	}
	if !b.SKUID.IsNone() {
		if _, err := catalog.Get(ctx, a.DB, c.Merchant, b.SKUID); err != nil {
			return g, on(err, "sku_id")
		}
	}
	return g, nil
}

func (a *api) gifts() {
	seeing := []auth.Permission{auth.PermSell, auth.PermCatalog}
	add(a, route{id: "list-gifts", method: http.MethodGet, path: "/gifts", tag: "gifts", summary: "List the gifts that points buy, the cheapest first", any: seeing},
		func(ctx context.Context, c caller, in *struct {
			Archived bool `query:"archived" doc:"Also those that are not offered any more, last."`
		}) (*read[List[Gift]], error) {
			gs, err := loyalty.ListGifts(ctx, a.DB, c.Merchant, in.Archived)
			return listOf(gs, "", c.gift), err
		})
	add(a, route{id: "get-gift", method: http.MethodGet, path: "/gifts/{id}", tag: "gifts", summary: "Get a gift", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[Gift], error) {
			g, err := loyalty.GetGift(ctx, a.DB, c.Merchant, in.ID)
			return reads(c.gift(g)), err
		})
	add(a, route{id: "create-gift", method: http.MethodPost, path: "/gifts", tag: "gifts", summary: "Offer a gift", any: []auth.Permission{auth.PermCatalog}, key: mayKey, status: http.StatusCreated}, a.createGift)
	add(a, route{id: "replace-gift", method: http.MethodPut, path: "/gifts/{id}", tag: "gifts", summary: "Replace or archive a gift", any: []auth.Permission{auth.PermCatalog}}, a.replaceGift)
	add(a, route{id: "list-gift-redemptions", method: http.MethodGet, path: "/gift-redemptions", tag: "gifts", summary: "List what was handed out for points, the newest first", any: []auth.Permission{auth.PermCatalog, auth.PermReports}},
		func(ctx context.Context, c caller, in *struct {
			PageIn
			GiftID id.ID `query:"gift_id" format:"uuid"`
		}) (*read[List[GiftRedemption]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, next, err := loyalty.ListRedemptions(ctx, a.DB, c.Merchant, in.GiftID, p)
			return listOf(rows, next, func(v loyalty.Redemption) GiftRedemption {
				return GiftRedemption{ID: v.ID, GiftID: v.Gift, MemberID: v.Member, SaleID: v.Sale, Quantity: v.Quantity, Back: v.Back, Points: v.Points, At: instant(v.At)}
			}), err
		})
}

func (a *api) createGift(ctx context.Context, c caller, in *struct{ Body NewGift }) (*made[Gift], error) {
	g, err := a.giftIn(ctx, c, in.Body)
	if err != nil {
		return nil, err
	}
	g, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, loyalty.Gift, error) {
		if err := loyalty.CreateGift(tx, c.Merchant, &g); err != nil {
			return id.None, g, err
		}
		return g.ID, g, auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "gift.created", SubjectKind: "gift", SubjectID: g.ID.String(), Detail: giftDetail(&g)})
	}, func(ctx context.Context, made id.ID) (loyalty.Gift, error) {
		return loyalty.GetGift(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/gifts/"+g.ID.String(), c.gift(g), again), nil
}

func (a *api) replaceGift(ctx context.Context, c caller, in *struct {
	IDIn
	Body GiftIn
}) (*read[Gift], error) {
	g, err := a.giftIn(ctx, c, in.Body.NewGift)
	if err != nil {
		return nil, err
	}
	g.ID, g.Archived, g.Version = in.ID, in.Body.Archived, in.Body.Version
	err = a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := loyalty.UpdateGift(ctx, tx, c.Merchant, &g); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "gift.updated", SubjectKind: "gift", SubjectID: g.ID.String(), Detail: giftDetail(&g)})
	})
	if err == nil {
		g, err = loyalty.GetGift(ctx, a.DB, c.Merchant, in.ID)
	}
	return reads(c.gift(g)), err
}

func giftDetail(g *loyalty.Gift) map[string]any {
	d := map[string]any{"points": g.Points, "money": int64(g.Money), "archived": g.Archived}
	if g.Counted {
		d["on_hand"] = g.OnHand
	}
	return d
}
