package storefront

import (
	"context"
	"strconv"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const orderColumns = `merchant_id, id, channel_id, order_no, version, told, stage, attention, currency, paid, shipping, discount, refunded, buyer, placed_at, paid_at, received_at, updated_at,
	sale_id, booked_at, packed_at, shipped_at, carrier, tracking, ship_pushed, decision, decision_pushed, due, tries, try_at, failure`

func scanOrder(r db.Row, o *Order) error {
	return r.Scan(&o.Merchant, &o.ID, &o.Channel, &o.OrderNo, &o.Version, &o.Told, &o.Stage, &o.Attention, &o.Currency, &o.Paid, &o.Shipping, &o.Discount, &o.Refunded, &o.Buyer, &o.PlacedAt, &o.PaidAt, &o.ReceivedAt, &o.UpdatedAt,
		&o.Sale, &o.BookedAt, &o.PackedAt, &o.ShippedAt, &o.Carrier, &o.Tracking, &o.ShipPushed, &o.Decision, &o.DecisionPushed, &o.Due, &o.Tries, &o.TryAt, &o.Failure)
}

const lineColumns = `order_id, no, line_ref, code, name, quantity, unit_price, discount, refunded, sku_id, sale_line_id, short`

func scanLine(r db.Row, l *Line) error {
	return r.Scan(&l.Order, &l.No, &l.Ref, &l.Code, &l.Name, &l.Quantity, &l.UnitPrice, &l.Discount, &l.Refunded, &l.SKU, &l.SaleLine, &l.Short)
}

// Get reads an order. Fault: storefront.order_not_found.
func Get(ctx context.Context, r db.Reader, m, order id.ID) (Order, error) {
	o, err := db.One(ctx, r, scanOrder, `select `+orderColumns+` from online_orders where merchant_id = $1 and id = $2`, m, order)
	return orMissing(o, err, ErrNotFound)
}

// Lock reads an order with its row locked. Fault: storefront.order_not_found.
func Lock(ctx context.Context, tx *db.Tx, m, order id.ID) (Order, error) {
	o, err := db.One(ctx, tx, scanOrder, `select `+orderColumns+` from online_orders where merchant_id = $1 and id = $2 for update`, m, order)
	return orMissing(o, err, ErrNotFound)
}

// FindByNo reads an order by the channel's own number. Fault: storefront.order_not_found.
func FindByNo(ctx context.Context, r db.Reader, m, channel id.ID, orderNo string) (Order, error) {
	o, err := db.One(ctx, r, scanOrder, `select `+orderColumns+` from online_orders where merchant_id = $1 and channel_id = $2 and order_no = $3`, m, channel, orderNo)
	return orMissing(o, err, ErrNotFound)
}

// AskLocked reads an order and its lines in a transaction's first trip, its row
// locked; no ID where there is none.
func AskLocked(m, order id.ID, out *Order, lines *[]Line) []db.Ask {
	*out = Order{}
	return []db.Ask{
		{SQL: `select ` + orderColumns + ` from online_orders where merchant_id = $1 and id = $2 for update`, Args: []any{m, order}, Scan: func(r db.Row) error { return scanOrder(r, out) }},
		askLines(`order_id = $2`, m, order, lines),
	}
}

// AskOfSale reads the order that a sale was made of, and its lines; no ID where there
// is none.
func AskOfSale(m, sale id.ID, out *Order, lines *[]Line) []db.Ask {
	*out = Order{}
	return []db.Ask{
		{SQL: `select ` + orderColumns + ` from online_orders where merchant_id = $1 and sale_id = $2`, Args: []any{m, sale}, Scan: func(r db.Row) error { return scanOrder(r, out) }},
		askLines(`order_id in (select o.id from online_orders o where o.merchant_id = $1 and o.sale_id = $2)`, m, sale, lines),
	}
}

func askLines(where string, m, of id.ID, lines *[]Line) db.Ask {
	*lines = (*lines)[:0]
	return db.Ask{SQL: `select ` + lineColumns + ` from online_order_lines where merchant_id = $1 and ` + where + ` order by order_id, no`, Args: []any{m, of}, Scan: func(r db.Row) error {
		var l Line
		err := scanLine(r, &l)
		*lines = append(*lines, l)
		return err
	}}
}

// LinesOf reads an order's lines.
func LinesOf(ctx context.Context, r db.Reader, m, order id.ID) ([]Line, error) {
	return db.All(ctx, r, scanLine, `select `+lineColumns+` from online_order_lines where merchant_id = $1 and order_id = $2 order by no`, m, order)
}

// Filter narrows a list of orders.
type Filter struct {
	Channel   id.ID
	Stage     Stage // "" = any
	Attention bool  // only those that a person has to look at
	OrderNo   string
}

// List lists orders, newest first, and the cursor of the next page.
func List(ctx context.Context, r db.Reader, m id.ID, f Filter, p db.Page) ([]Order, string, error) {
	q, args := `select `+orderColumns+` from online_orders where merchant_id = $1`, []any{m}
	add := func(cond string, v any) {
		args = append(args, v)
		q += ` and ` + cond + `$` + strconv.Itoa(len(args))
	}
	if !p.After.IsNone() {
		add(`id < `, p.After)
	}
	if !f.Channel.IsNone() {
		add(`channel_id = `, f.Channel)
	}
	if f.Stage != "" {
		add(`stage = `, string(f.Stage))
	}
	if f.OrderNo != "" {
		add(`order_no = `, f.OrderNo)
	}
	if f.Attention {
		q += ` and attention <> ''`
	}
	args = append(args, p.Size()+1)
	rows, err := db.All(ctx, r, scanOrder, q+` order by id desc limit $`+strconv.Itoa(len(args)), args...)
	if err != nil {
		return nil, "", err
	}
	items, next := db.Cut(p, rows, func(o Order) id.ID { return o.ID })
	return items, next, nil
}

// Counts are how many orders of a merchant are at each stage, and how many a person
// has to look at.
func Counts(ctx context.Context, r db.Reader, m id.ID) (by map[Stage]int64, attention int64, err error) {
	type row struct {
		stage Stage
		n, at int64
	}
	rows, err := db.All(ctx, r, func(s db.Row, v *row) error { return s.Scan(&v.stage, &v.n, &v.at) },
		`select stage, count(*), sum(case when attention <> '' then 1 else 0 end) from online_orders where merchant_id = $1 group by stage`, m)
	by = map[Stage]int64{}
	for _, v := range rows {
		by[v.stage] = v.n
		attention += v.at
	}
	return by, attention, err
}

// Due lists the orders of a channel with which something is to be done now, the
// longest waiting first.
func Due(ctx context.Context, r db.Reader, m, channel id.ID, now clock.Instant, most int) ([]id.ID, error) {
	return db.All(ctx, r, func(s db.Row, v *id.ID) error { return s.Scan(v) },
		`select id from online_orders where merchant_id = $1 and channel_id = $2 and due and try_at <= $3 order by try_at, id limit $4`, m, channel, now, most)
}

// AskShort reads the orders of a shop that something is missing from, locked, and
// their lines that are short, the oldest order first.
func AskShort(m, shop id.ID, orders *[]Order, lines *[]Line) []db.Ask {
	*orders, *lines = (*orders)[:0], (*lines)[:0]
	const short = `id in (select l.order_id from online_order_lines l where l.merchant_id = $1 and l.short > 0) and channel_id in (select c.id from online_channels c where c.merchant_id = $1 and c.shop_id = $2)`
	return []db.Ask{
		{SQL: `select ` + orderColumns + ` from online_orders where merchant_id = $1 and ` + short + ` order by id for update`, Args: []any{m, shop}, Scan: func(r db.Row) error {
			var o Order
			err := scanOrder(r, &o)
			*orders = append(*orders, o)
			return err
		}},
		askLines(`short > 0 and order_id in (select o.id from online_orders o where o.merchant_id = $1 and o.channel_id in (select c.id from online_channels c where c.merchant_id = $1 and c.shop_id = $2))`, m, shop, lines),
	}
}
