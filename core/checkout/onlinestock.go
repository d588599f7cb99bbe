package checkout

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/storefront"
)

// OnlineFigure is how much of an article a channel may sell.
type OnlineFigure struct {
	Code      string
	Available money.Quantity
	Pushed    money.Quantity // what it was told last, or -1
}

// OnlineFigures are what a channel may sell, of one moment: the shop's floor less
// what is reserved, owed and set apart, and less the orders up to the cursor that are
// not booked yet. So the channel has only to take off what it sold after the cursor.
type OnlineFigures struct {
	Seen    string
	AsOf    int64 // microseconds since 1970
	All     bool  // everything is to be told
	Figures []OnlineFigure
}

// onlineFigures is one statement, so that it sees one moment.
const onlineFigures = `select c.cursor, c.resync, coalesce(i.code, ''), coalesce(i.pushed, -1),
		coalesce(f.on_hand - f.reserved, 0) + coalesce(o.on_hand, 0) - c.buffer
		- coalesce((select sum(ol.quantity - ol.refunded) from online_orders oo join online_order_lines ol on ol.merchant_id = oo.merchant_id and ol.order_id = oo.id
			join online_channels ch on ch.merchant_id = oo.merchant_id and ch.id = oo.channel_id and ch.shop_id = c.shop_id
			where oo.merchant_id = c.merchant_id and oo.stage in ('received', 'waiting') and oo.told <> 'cancelled' and ol.sku_id = i.sku_id), 0)
	from online_channels c
	left join online_items i on i.merchant_id = c.merchant_id and i.channel_id = c.id and i.sku_id is not null
	left join stock_levels f on f.merchant_id = c.merchant_id and f.location_id = $3 and f.sku_id = i.sku_id
	left join stock_levels o on o.merchant_id = c.merchant_id and o.location_id = $4 and o.sku_id = i.sku_id
	where c.merchant_id = $1 and c.id = $2 order by i.code`

// OnlineFigures reads what a channel has to be told: what has changed since it was
// told last, or everything where that is due. Fault: storefront.channel_not_found.
func (d *Desk) OnlineFigures(ctx context.Context, m, channel id.ID) (out OnlineFigures, err error) {
	c, err := storefront.GetChannel(ctx, d.DB, m, channel)
	if err != nil {
		return out, err
	}
	out.AsOf = int64(d.DB.Now())
	err = d.DB.Batch(ctx, db.Ask{SQL: onlineFigures, Args: []any{m, channel, stock.Floor(m, c.Shop), stock.Owed(m, c.Shop)}, Scan: func(r db.Row) error {
		var f OnlineFigure
		if err := r.Scan(&out.Seen, &out.All, &f.Code, &f.Pushed, &f.Available); err != nil || f.Code == "" {
			return err
		}
		f.Available = max(f.Available, 0)
		out.Figures = append(out.Figures, f)
		return nil
	}})
	if out.All || err != nil {
		return out, err
	}
	changed := out.Figures[:0]
	for _, f := range out.Figures {
		if f.Available != f.Pushed {
			changed = append(changed, f)
		}
	}
	out.Figures = changed
	return out, nil
}

// CoverOnline delivers what a shop owes to online orders from what is on its floor by
// now, the oldest order first, and answers how many orders are whole by it.
func (d *Desk) CoverOnline(ctx context.Context, m, shop id.ID) (whole int, err error) {
	var debts []stock.Debt
	if err := d.DB.Batch(ctx, stock.AskDebts(m, shop, &debts)); err != nil {
		return 0, err
	}
	var skus []id.ID
	for _, v := range debts {
		if v.Free > 0 {
			skus = append(skus, v.SKU)
		}
	}
	if len(skus) == 0 {
		return 0, nil
	}
	err = d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		whole = 0
		return d.cover(ctx, tx, m, shop, skus, &whole)
	})
	return whole, err
}

func (d *Desk) cover(ctx context.Context, tx *db.Tx, m, shop id.ID, skus []id.ID, whole *int) error {
	var floor, owed []stock.Level
	var orders []storefront.Order
	var lines []storefront.Line
	tx.AskAll(storefront.AskShort(m, shop, &orders, &lines)...)
	tx.AskAll(stock.AskLocked(m, stock.Floor(m, shop), skus, &floor), stock.AskLocked(m, stock.Owed(m, shop), skus, &owed))
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	free := map[id.ID]money.Quantity{}
	for i := range floor {
		free[floor[i].SKU] = max(floor[i].Available(), 0)
	}
	var moves []stock.Move
	left := map[id.ID]money.Quantity{}
	for i := range owed {
		if n := min(-owed[i].OnHand, free[owed[i].SKU]); n > 0 {
			moves = append(moves, stock.Move{SKU: owed[i].SKU, Quantity: n})
			left[owed[i].SKU] = n
		}
	}
	if len(moves) == 0 {
		return nil
	}
	stock.QueueDeliver(tx, m, shop, id.None, id.None, moves)
	short := map[id.ID]bool{}
	for i := range lines {
		l := &lines[i]
		if n := min(l.Short, left[l.SKU]); n > 0 {
			left[l.SKU] -= n
			l.Short -= n
			storefront.QueueShort(tx, m, l)
		}
		short[l.Order] = short[l.Order] || l.Short > 0
	}
	for i := range orders {
		if !short[orders[i].ID] {
			storefront.QueueCovered(tx, &orders[i])
			*whole++
		}
	}
	return nil
}
