package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/web"
)

// ErrNotStocked: the SKU is not kept in stock, so nothing of it can move.
var ErrNotStocked = fault.New(fault.Conflict, "stock.sku_not_stocked")

// StockLevel is what a shop has of a SKU.
type StockLevel struct {
	ID            id.ID    `json:"id" format:"uuid"`
	ShopID        id.ID    `json:"shop_id,omitzero" format:"uuid"`
	LocationID    id.ID    `json:"location_id" format:"uuid"`
	SKUID         id.ID    `json:"sku_id" format:"uuid"`
	OnHand        Quantity `json:"on_hand"`
	Reserved      Quantity `json:"reserved" doc:"Set aside for open sales."`
	Available     Quantity `json:"available"`
	AllowNegative bool     `json:"allow_negative"`
	LowAt         Quantity `json:"low_at" doc:"Asks for more at this level; 0: never."`
	Low           bool     `json:"low"`
}

type stockIn struct {
	PageIn
	ShopID id.ID `query:"shop_id" format:"uuid" doc:"Default: all shops."`
	SKUID  id.ID `query:"sku_id" format:"uuid" doc:"Only this SKU."`
	Low    bool  `query:"low" doc:"Only what asks for more."`
}

// StockMove is a quantity of a SKU that comes in (positive) or goes out.
type StockMove struct {
	SKUID    id.ID    `json:"sku_id" format:"uuid"`
	Quantity Quantity `json:"quantity" doc:"Positive comes in, negative goes out."`
	UnitCost Money    `json:"unit_cost,omitempty"`
}

// StockMoveIn is a movement that a person enters: of one SKU, or of several in lines.
type StockMoveIn struct {
	ShopID   id.ID       `json:"shop_id" format:"uuid"`
	Kind     string      `json:"kind" enum:"goods_receipt,purchase_return,waste,count,transfer" doc:"goods_receipt comes in; purchase_return and waste go out; count and transfer may do either."`
	Reason   string      `json:"reason,omitempty" maxLength:"500"`
	SKUID    id.ID       `json:"sku_id,omitzero" format:"uuid"`
	Quantity Quantity    `json:"quantity,omitempty"`
	UnitCost Money       `json:"unit_cost,omitempty"`
	Lines    []StockMove `json:"lines,omitempty" maxItems:"500"`
}

// StockDocument is a movement as it was booked.
type StockDocument struct {
	ID         id.ID       `json:"id" format:"uuid"`
	ShopID     id.ID       `json:"shop_id" format:"uuid"`
	LocationID id.ID       `json:"location_id" format:"uuid"`
	Kind       string      `json:"kind"`
	Reason     string      `json:"reason"`
	Lines      []StockMove `json:"lines"`
}

// StockMovement is one row of the record of movements.
type StockMovement struct {
	ID         id.ID    `json:"id" format:"uuid"`
	LocationID id.ID    `json:"location_id" format:"uuid"`
	SKUID      id.ID    `json:"sku_id" format:"uuid"`
	Kind       string   `json:"kind"`
	Quantity   Quantity `json:"quantity"`
	SaleID     id.ID    `json:"sale_id,omitzero" format:"uuid"`
	ActorID    id.ID    `json:"actor_id,omitzero" format:"uuid"`
	Reason     string   `json:"reason"`
	At         Instant  `json:"at"`
}

func (a *api) stock() {
	seeing := []auth.Permission{auth.PermStock, auth.PermSell, auth.PermReports}
	add(a, route{id: "list-stock", method: http.MethodGet, path: "/stock", tag: "stock", summary: "List stock levels", any: seeing}, a.levels)
	add(a, route{id: "list-stock-movements", method: http.MethodGet, path: "/stock/movements", tag: "stock", summary: "List stock movements, the newest first", any: seeing},
		func(ctx context.Context, c caller, in *struct {
			PageIn
			SKUID id.ID `query:"sku_id" format:"uuid"`
		}) (*read[List[StockMovement]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, err := stock.Movements(ctx, a.DB, c.Merchant, in.SKUID, p)
			rows, next := db.Cut(p, rows, func(m stock.Movement) id.ID { return m.ID })
			return listOf(rows, next, func(m stock.Movement) StockMovement {
				return StockMovement{ID: m.ID, LocationID: m.Location, SKUID: m.SKU, Kind: string(m.Kind), Quantity: Quantity(m.Quantity.String()), SaleID: m.Sale, ActorID: m.Actor, Reason: m.Reason, At: instant(m.At)}
			}), err
		})
	add(a, route{id: "move-stock", method: http.MethodPost, path: "/stock/movements", tag: "stock", summary: "Book a stock movement", any: []auth.Permission{auth.PermStock}, key: mustKey, status: http.StatusCreated}, a.moveStock)
}

func (a *api) levels(ctx context.Context, c caller, in *stockIn) (*read[List[StockLevel]], error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	shops, err := tenant.ListShops(ctx, a.DB, c.Merchant)
	if err != nil {
		return nil, err
	}
	shopOf := map[id.ID]id.ID{} // location -> shop
	location := id.None
	for _, s := range shops {
		at := stock.Floor(c.Merchant, s.ID)
		shopOf[at] = s.ID
		if s.ID == in.ShopID {
			location = at
		}
	}
	if !in.ShopID.IsNone() && location.IsNone() {
		return nil, tenant.ErrShopNotFound.On("shop_id")
	}
	out := func(l stock.Level) StockLevel { return levelOut(l, shopOf[l.Location]) }
	if !in.SKUID.IsNone() {
		rows, err := a.levelsOfSKU(ctx, c, in.SKUID, location, shops, in.Low)
		return listOf(rows, "", out), err
	}
	if location.IsNone() && p.Size() < len(shops) {
		p.Limit = len(shops) // a SKU's levels in all shops stay on one page
	}
	rows, err := stock.List(ctx, a.DB, c.Merchant, location, in.Low, p)
	rows, next := wholeSKUs(p, rows)
	return listOf(rows, next, out), err
}

// levelsOfSKU reads a SKU's level in one shop, or in all.
func (a *api) levelsOfSKU(ctx context.Context, c caller, sku, location id.ID, shops []tenant.Shop, low bool) ([]stock.Level, error) {
	found := make([][]stock.Level, len(shops))
	var asks []db.Ask
	for i, s := range shops {
		if at := stock.Floor(c.Merchant, s.ID); location.IsNone() || location == at {
			asks = append(asks, stock.AskLevels(c.Merchant, at, []id.ID{sku}, &found[i]))
		}
	}
	err := a.DB.Batch(ctx, asks...)
	var out []stock.Level
	for _, ls := range found {
		for _, l := range ls {
			if !low || l.Low() {
				out = append(out, l)
			}
		}
	}
	return out, err
}

// wholeSKUs cuts a page of levels, which come by SKU, so that no SKU's levels are
// parted: the cursor is a SKU.
func wholeSKUs(p db.Page, rows []stock.Level) ([]stock.Level, string) {
	n := p.Size()
	if len(rows) <= n {
		return rows, ""
	}
	cut := n
	for cut > 0 && rows[cut-1].SKU == rows[n].SKU {
		cut--
	}
	if cut == 0 {
		cut = n
	}
	return rows[:cut], rows[cut-1].SKU.String()
}

func levelOut(l stock.Level, shop id.ID) StockLevel {
	return StockLevel{ID: id.Derived("stock_level", l.Location.String(), l.SKU.String()), ShopID: shop, LocationID: l.Location, SKUID: l.SKU, OnHand: Quantity(l.OnHand.String()), Reserved: Quantity(l.Reserved.String()),
		Available: Quantity(l.Available().String()), AllowNegative: l.AllowNegative, LowAt: Quantity(l.LowAt.String()), Low: l.Low()}
}

func (a *api) moveStock(ctx context.Context, c caller, in *struct{ Body StockMoveIn }) (*made[StockDocument], error) {
	b := in.Body
	b.Reason = strings.TrimSpace(b.Reason)
	if b.SKUID.IsNone() == (len(b.Lines) == 0) {
		return nil, web.ErrValidation.On("lines").With("problem", web.Locale(ctx).T("request.problem.required"))
	}
	at := "lines[%d]."
	if !b.SKUID.IsNone() {
		b.Lines, at = []StockMove{{SKUID: b.SKUID, Quantity: b.Quantity, UnitCost: b.UnitCost}}, ""
	}
	where := func(i int, field string) string {
		if at == "" {
			return field
		}
		return fmt.Sprintf(at, i) + field
	}
	moves := make([]stock.Move, len(b.Lines))
	skus := make([]id.ID, len(b.Lines))
	for i, l := range b.Lines {
		q, err := quantity(l.Quantity, where(i, "quantity"))
		if err != nil {
			return nil, err
		}
		moves[i], skus[i] = stock.Move{SKU: l.SKUID, Quantity: q}, l.SKUID
		if l.UnitCost != "" {
			if moves[i].UnitCost, err = c.amount(l.UnitCost, where(i, "unit_cost")); err != nil {
				return nil, err
			}
		}
		if moves[i].UnitCost < 0 {
			return nil, money.ErrMalformed.On(where(i, "unit_cost"))
		}
	}
	doc := StockDocument{ShopID: b.ShopID, LocationID: stock.Floor(c.Merchant, b.ShopID), Kind: b.Kind, Reason: b.Reason, Lines: b.Lines}
	asked := func(made id.ID) StockDocument {
		d := doc
		d.ID = made
		return d
	}
	out, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, StockDocument, error) {
		made := tx.NewID()
		if err := a.checkMoves(ctx, tx, c.Merchant, b.ShopID, skus, where); err != nil {
			return id.None, doc, err
		}
		lines := make([]stock.Move, len(moves))
		for i, mv := range moves {
			mv.Line = made // the rows of one document share it
			lines[i] = mv
		}
		return made, asked(made), stock.Adjust(tx, stock.Adjustment{Merchant: c.Merchant, Shop: b.ShopID, Kind: stock.Kind(b.Kind), Actor: c.ID, Reason: b.Reason, Moves: lines})
	}, func(_ context.Context, made id.ID) (StockDocument, error) { return asked(made), nil }) // the body is the same, so is the document
	if err != nil {
		return nil, err
	}
	return madeAt("/stock/movements", out, again), nil
}

// checkMoves sees that the shop and every SKU are this merchant's, and stocked.
func (a *api) checkMoves(ctx context.Context, tx *db.Tx, m, shop id.ID, skus []id.ID, where func(int, string) string) error {
	if err := checkShop(ctx, tx, m, shop); err != nil {
		return err
	}
	var hits []catalog.Hit
	if err := tx.Batch(ctx, catalog.AskSKUs(m, skus, nil, &hits)); err != nil {
		return err
	}
	stocked := map[id.ID]bool{}
	for _, h := range hits {
		stocked[h.ID] = h.Stocked
	}
	for i, s := range skus {
		is, known := stocked[s]
		switch {
		case !known:
			return catalog.ErrNotFound.On(where(i, "sku_id"))
		case !is:
			return ErrNotStocked.On(where(i, "sku_id"))
		}
	}
	return nil
}

// checkShop sees that a shop, where one is named, is this merchant's.
func checkShop(ctx context.Context, r db.Reader, m, shop id.ID) error {
	if shop.IsNone() {
		return nil
	}
	_, err := tenant.GetShop(ctx, r, m, shop)
	return err
}
