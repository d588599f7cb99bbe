package storefront

import (
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Kept says what came of a page of orders.
type Kept struct {
	New, Changed, Known int // Known: told before, or too late to matter
}

// Receive keeps a page of orders and moves the channel's cursor, both or neither.
// since is the cursor that the page was asked for. An order that was told before, or
// that is older than what is known, changes nothing. Faults:
// storefront.channel_not_found, storefront.cursor_moved.
func Receive(ctx context.Context, tx *db.Tx, m, channel id.ID, since, next string, orders []Incoming) (k Kept, err error) {
	c, err := db.One(ctx, tx, scanChannel, `select `+channelColumns+` from online_channels where merchant_id = $1 and id = $2 for update`, m, channel)
	if c, err = orMissing(c, err, ErrChannel); err != nil {
		return k, err
	}
	if c.Cursor != since {
		return k, ErrMoved
	}
	for i := range orders {
		if err := receive(ctx, tx, &c, &orders[i], &k); err != nil {
			return k, err
		}
	}
	tx.Queue(`update online_channels set cursor = $3, polled_at = $4, failure = '' where merchant_id = $1 and id = $2`, m, channel, next, tx.Now)
	return k, tx.Flush(ctx)
}

func receive(ctx context.Context, tx *db.Tx, c *Channel, in *Incoming, k *Kept) error {
	m := c.Merchant
	in.OrderNo = short(in.OrderNo, 100)
	if in.OrderNo == "" { // there is no way to name it, so no way to keep it
		k.Known++
		return nil
	}
	content := in.content()
	n, err := tx.Exec(ctx, `insert into online_order_versions (merchant_id, channel_id, order_no, version, told, content, received_at) values ($1,$2,$3,$4,$5,$6,$7)
		on conflict (merchant_id, channel_id, order_no, version) do nothing`, m, c.ID, in.OrderNo, in.Version, string(in.Told), content, tx.Now)
	if err != nil {
		return err
	}
	known, err := db.All(ctx, tx, scanOrder, `select `+orderColumns+` from online_orders where merchant_id = $1 and channel_id = $2 and order_no = $3 for update`, m, c.ID, in.OrderNo)
	if err != nil {
		return err
	}
	if n == 0 {
		k.Known++
		return sameContent(ctx, tx, c, in, content, known)
	}
	if len(known) > 0 && known[0].Version >= in.Version {
		k.Known++
		return nil
	}
	if len(known) == 0 {
		k.New++
		return insert(ctx, tx, c, in)
	}
	k.Changed++
	return change(ctx, tx, c, &known[0], in)
}

// sameContent marks an order whose version was told with two contents: the first
// counts.
func sameContent(ctx context.Context, tx *db.Tx, c *Channel, in *Incoming, content string, known []Order) error {
	first, err := db.Value[string](ctx, tx, `select content from online_order_versions where merchant_id = $1 and channel_id = $2 and order_no = $3 and version = $4`, c.Merchant, c.ID, in.OrderNo, in.Version)
	if err == nil && first != content && len(known) > 0 {
		tx.Queue(`update online_orders set attention = $3 where merchant_id = $1 and id = $2`, c.Merchant, known[0].ID, With(known[0].Attention, Conflict))
		err = tx.Flush(ctx)
	}
	return err
}

func insert(ctx context.Context, tx *db.Tx, c *Channel, in *Incoming) error {
	o := Order{Merchant: c.Merchant, ID: tx.NewID(), Channel: c.ID, OrderNo: in.OrderNo, Stage: Received}
	o.take(in)
	o.Buyer = hashed(c.Merchant, c.ID, in.Buyer)
	tx.Queue(`insert into online_orders (merchant_id, id, channel_id, order_no, version, told, stage, attention, currency, paid, shipping, discount, refunded, buyer, placed_at, paid_at, received_at, updated_at, due)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$17,$18)`,
		o.Merchant, o.ID, o.Channel, o.OrderNo, o.Version, string(o.Told), string(o.Stage), o.Attention, o.Currency, o.Paid, o.Shipping, o.Discount, o.Refunded, o.Buyer, o.PlacedAt, o.PaidAt, tx.Now, o.Due)
	queueLines(tx, c, &o, in.Lines)
	queueStale(tx, c, in)
	return tx.Flush(ctx)
}

// queueStale has the channel told anew how much of an order's articles it may sell: it
// counts by itself what it sold after a figure, and an equal figure is not told again.
func queueStale(tx *db.Tx, c *Channel, in *Incoming) {
	for _, l := range in.Lines {
		tx.Queue(`update online_items set pushed = null where merchant_id = $1 and channel_id = $2 and code = $3`, c.Merchant, c.ID, short(l.Code, 80))
	}
}

// take notes what the channel says. Figures that cannot be are kept as nothing, for
// a person to see.
func (o *Order) take(in *Incoming) {
	o.Version, o.Told, o.Due = in.Version, in.Told, true
	o.PlacedAt, o.PaidAt, o.Currency = in.PlacedAt, in.PaidAt, short(in.Currency, 10)
	if !in.readable() {
		o.Attention = With(o.Attention, Unreadable)
		if o.Sale.IsNone() {
			o.Stage, o.Due = Waiting, false
			in.Lines = nil
		}
		return
	}
	o.Attention = Without(o.Attention, Unreadable)
	o.Paid, o.Shipping, o.Discount, o.Refunded = in.Paid, in.Shipping, in.Discount, in.Refunded
	if o.Stage == Waiting {
		o.Stage = Received
	}
	if o.Attention = Without(o.Attention, Asked); o.Told == RefundRequested {
		o.Attention = With(o.Attention, Asked)
	}
	o.Due = o.Told != Placed
}

func queueLines(tx *db.Tx, c *Channel, o *Order, lines []IncomingLine) {
	for i, l := range lines {
		code, name := short(l.Code, 80), short(l.Name, 200)
		tx.Queue(`insert into online_items (merchant_id, channel_id, code, name, sku_id, created_at)
			select $1, $2, $3, $4, (select s.id from skus s where s.merchant_id = $1 and s.code = $3 and not s.archived), $5
			where not exists (select 1 from online_items where merchant_id = $1 and channel_id = $2 and code = $3)`, c.Merchant, c.ID, code, name, tx.Now)
		tx.Queue(`insert into online_order_lines (merchant_id, order_id, no, line_ref, code, name, quantity, unit_price, discount, refunded, sku_id)
			select $1,$2,$3,$4,$5,$6,$7,$8,$9,$10, i.sku_id from online_items i where i.merchant_id = $1 and i.channel_id = $11 and i.code = $5`,
			c.Merchant, o.ID, i+1, short(l.Ref, 100), code, name, l.Quantity, l.UnitPrice, l.Discount, l.Refunded, c.ID)
	}
}

// change takes a newer version over. What is booked stays as it was booked: of its
// lines only what was refunded is taken over, and other differences are for a person
// to see.
func change(ctx context.Context, tx *db.Tx, c *Channel, o *Order, in *Incoming) error {
	old, paid, shipping, discount := *o, o.Paid, o.Shipping, o.Discount
	o.take(in)
	if o.Sale.IsNone() {
		tx.Queue(`delete from online_order_lines where merchant_id = $1 and order_id = $2`, c.Merchant, o.ID)
		queueLines(tx, c, o, in.Lines)
		o.Attention = Without(Without(o.Attention, Unmapped), Currency)
	} else if in.readable() {
		lines, err := LinesOf(ctx, tx, c.Merchant, o.ID)
		if err != nil {
			return err
		}
		if !sameLines(lines, in.Lines) && in.Told != Cancelled || paid != o.Paid || shipping != o.Shipping || discount != o.Discount {
			o.Attention = With(o.Attention, Changed)
		}
		for i := range lines {
			if r := refundedOf(&lines[i], in); r != lines[i].Refunded {
				tx.Queue(`update online_order_lines set refunded = $4 where merchant_id = $1 and order_id = $2 and no = $3`, c.Merchant, o.ID, lines[i].No, r)
			}
		}
		o.Paid, o.Shipping, o.Discount = paid, shipping, discount
		if o.Told == Cancelled && old.Told != Cancelled && o.Stage == Shipped {
			o.Attention = With(o.Attention, Changed) // it is on its way
		}
	}
	queueStale(tx, c, in)
	tx.Queue(`update online_orders set version = $3, told = $4, stage = $5, attention = $6, currency = $7, paid = $8, shipping = $9, discount = $10, refunded = $11, placed_at = $12, paid_at = $13, updated_at = $14, due = $15, tries = 0, try_at = 0, failure = ''
		where merchant_id = $1 and id = $2`,
		o.Merchant, o.ID, o.Version, string(o.Told), string(o.Stage), o.Attention, o.Currency, o.Paid, o.Shipping, o.Discount, o.Refunded, o.PlacedAt, o.PaidAt, tx.Now, o.Due)
	return tx.Flush(ctx)
}

func find(in *Incoming, l *Line) *IncomingLine {
	if l.Ref != "" {
		if i := slices.IndexFunc(in.Lines, func(n IncomingLine) bool { return short(n.Ref, 100) == l.Ref }); i >= 0 {
			return &in.Lines[i]
		}
		return nil
	}
	if l.No <= len(in.Lines) && short(in.Lines[l.No-1].Code, 80) == l.Code {
		return &in.Lines[l.No-1]
	}
	return nil
}

// refundedOf is how much of a line the channel has given back: never less than it
// said before, and all of an order that is cancelled.
func refundedOf(l *Line, in *Incoming) (r money.Quantity) {
	if in.Told == Cancelled {
		return l.Quantity
	}
	if n := find(in, l); n != nil {
		return max(l.Refunded, min(n.Refunded, l.Quantity))
	}
	return l.Refunded
}

func sameLines(lines []Line, in []IncomingLine) bool {
	if len(lines) != len(in) {
		return false
	}
	all := Incoming{Lines: in}
	for i := range lines {
		l := &lines[i]
		if n := find(&all, l); n == nil || n.Quantity != l.Quantity || n.UnitPrice != l.UnitPrice || n.Discount != l.Discount || short(n.Code, 80) != l.Code {
			return false
		}
	}
	return true
}
