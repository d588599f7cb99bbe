package storefront

import (
	"context"
	"fmt"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Item is an article of a channel and the SKU that it is.
type Item struct {
	Channel  id.ID
	Code     string // the channel's
	Name     string // likewise
	SKU      id.ID  // none: nobody has said yet
	SKUCode  string
	SKUName  string
	Pushed   money.Quantity // what the channel was told last, or -1
	PushedAt clock.Instant
}

const items = `select i.channel_id, i.code, i.name, i.sku_id, coalesce(s.code, ''), coalesce(s.name, ''), coalesce(i.pushed, -1), i.pushed_at
	from online_items i left join skus s on s.merchant_id = i.merchant_id and s.id = i.sku_id where i.merchant_id = $1 and i.channel_id = $2`

func scanItem(r db.Row, i *Item) error {
	return r.Scan(&i.Channel, &i.Code, &i.Name, &i.SKU, &i.SKUCode, &i.SKUName, &i.Pushed, &i.PushedAt)
}

// Items lists what a channel sells after a code, those without a SKU alone where
// asked, by code.
func Items(ctx context.Context, r db.Reader, m, channel id.ID, unmapped bool, after string, limit int) ([]Item, error) {
	q := items + ` and i.code > $3`
	if unmapped {
		q += ` and i.sku_id is null`
	}
	return db.All(ctx, r, scanItem, q+` order by i.code limit $4`, m, channel, after, limit)
}

// Map says which SKU an article is, by the SKU's code; "" takes the saying back. What
// waited for it is looked at again. Faults: storefront.sku_not_found,
// storefront.item_invalid.
func Map(ctx context.Context, tx *db.Tx, m, channel id.ID, code, skuCode string) error {
	code, skuCode = strings.TrimSpace(code), strings.TrimSpace(skuCode)
	if code == "" || short(code, 80) != code {
		return ErrItem.On("code")
	}
	sku := id.None
	if skuCode != "" {
		found, err := db.All(ctx, tx, func(r db.Row, v *id.ID) error { return r.Scan(v) }, `select id from skus where merchant_id = $1 and code = $2 and not archived`, m, skuCode)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return ErrUnknownSKU.On("sku").With("code", skuCode)
		}
		sku = found[0]
	}
	tx.Queue(`update online_items set sku_id = $4, pushed = null where merchant_id = $1 and channel_id = $2 and code = $3`, m, channel, code, sku)
	tx.Queue(`insert into online_items (merchant_id, channel_id, code, sku_id, created_at) select $1, $2, $3, $4, $5
		where not exists (select 1 from online_items where merchant_id = $1 and channel_id = $2 and code = $3)`, m, channel, code, sku, tx.Now)
	tx.Queue(`update online_order_lines set sku_id = $4 where merchant_id = $1 and code = $3 and sale_line_id is null
		and order_id in (select o.id from online_orders o where o.merchant_id = $1 and o.channel_id = $2 and o.sale_id is null)`, m, channel, code, sku)
	QueueReconsider(tx, m, channel)
	return tx.Flush(ctx)
}

// QueueReconsider has the orders of a channel that wait looked at again.
func QueueReconsider(tx *db.Tx, m, channel id.ID) {
	tx.Queue(`update online_orders set due = $3, tries = 0, try_at = 0, updated_at = $4 where merchant_id = $1 and channel_id = $2 and stage = 'waiting' and attention not like '%unreadable%'`, m, channel, true, tx.Now)
}

// Offer has a channel sell every SKU that is not archived, under the SKU's own code,
// and finds the SKU of every article that is named like one. It answers how many
// articles are new.
func Offer(ctx context.Context, tx *db.Tx, m, channel id.ID) (int64, error) {
	n, err := tx.Exec(ctx, `insert into online_items (merchant_id, channel_id, code, name, sku_id, created_at) select $1, $2, s.code, s.name, s.id, $3 from skus s
		where s.merchant_id = $1 and s.stocked and not s.archived and not exists (select 1 from online_items i where i.merchant_id = $1 and i.channel_id = $2 and i.code = s.code)`, m, channel, tx.Now)
	if err != nil {
		return 0, err
	}
	tx.Queue(`update online_items set sku_id = (select s.id from skus s where s.merchant_id = $1 and s.code = online_items.code and not s.archived) where merchant_id = $1 and channel_id = $2 and sku_id is null`, m, channel)
	tx.Queue(`update online_order_lines set sku_id = (select i.sku_id from online_items i where i.merchant_id = $1 and i.channel_id = $2 and i.code = online_order_lines.code) where merchant_id = $1 and sku_id is null and sale_line_id is null
		and order_id in (select o.id from online_orders o where o.merchant_id = $1 and o.channel_id = $2 and o.sale_id is null)`, m, channel)
	QueueReconsider(tx, m, channel)
	return n, tx.Flush(ctx)
}

// QueuePushed notes what a channel has been told of an article.
func QueuePushed(tx *db.Tx, m, channel id.ID, code string, figure money.Quantity) {
	tx.Queue(`update online_items set pushed = $4, pushed_at = $5 where merchant_id = $1 and channel_id = $2 and code = $3`, m, channel, code, figure, tx.Now)
}

// Text is what an article is called and costs.
type Text struct {
	Code      string // the channel's
	Name      string
	UnitPrice money.UnitPrice
}

// Untold lists articles that are called or cost something else than the channel was
// told last, by code.
func Untold(ctx context.Context, r db.Reader, m, channel id.ID, limit int) ([]Text, error) {
	return db.All(ctx, r, func(row db.Row, t *Text) error { return row.Scan(&t.Code, &t.Name, &t.UnitPrice) },
		`select i.code, s.name, s.unit_price from online_items i join skus s on s.merchant_id = i.merchant_id and s.id = i.sku_id
		where i.merchant_id = $1 and i.channel_id = $2 and not s.archived and i.told <> (s.name || '|' || cast(s.unit_price as text)) order by i.code limit $3`, m, channel, limit)
}

// QueueTold notes what a channel was told.
func QueueTold(tx *db.Tx, m, channel id.ID, t Text) {
	tx.Queue(`update online_items set told = $4 where merchant_id = $1 and channel_id = $2 and code = $3`, m, channel, t.Code, fmt.Sprintf("%s|%d", t.Name, int64(t.UnitPrice)))
}

// QueueResynced notes that a channel has been told all figures.
func QueueResynced(tx *db.Tx, m, channel id.ID) {
	tx.Queue(`update online_channels set resync = $3 where merchant_id = $1 and id = $2`, m, channel, false)
}

// Link says which member the buyer of an order is, for this order where it is not
// booked yet, and for those that follow; none takes the saying back. Faults:
// storefront.order_not_found, storefront.item_invalid where the channel names no buyer.
func Link(ctx context.Context, tx *db.Tx, m, order, member id.ID) error {
	o, err := Get(ctx, tx, m, order)
	if err != nil {
		return err
	}
	if o.Buyer == "" {
		return ErrItem.On("buyer")
	}
	tx.Queue(`delete from online_buyers where merchant_id = $1 and channel_id = $2 and buyer = $3`, m, o.Channel, o.Buyer)
	if !member.IsNone() {
		tx.Queue(`insert into online_buyers (merchant_id, channel_id, buyer, member_id, linked_at) values ($1,$2,$3,$4,$5)`, m, o.Channel, o.Buyer, member, tx.Now)
	}
	return tx.Flush(ctx)
}

// MemberOf is the member who a buyer is, none where nobody has said.
func MemberOf(ctx context.Context, r db.Reader, o *Order) (id.ID, error) {
	if o.Buyer == "" {
		return id.None, nil
	}
	found, err := db.All(ctx, r, func(s db.Row, v *id.ID) error { return s.Scan(v) }, `select member_id from online_buyers where merchant_id = $1 and channel_id = $2 and buyer = $3`, o.Merchant, o.Channel, o.Buyer)
	if err != nil || len(found) == 0 {
		return id.None, err
	}
	return found[0], nil
}

// QueueForget takes away what says which buyer a member is.
func QueueForget(tx *db.Tx, m, member id.ID) {
	tx.Queue(`delete from online_buyers where merchant_id = $1 and member_id = $2`, m, member)
}

// QueueForgetErased does so for the members who were erased.
func QueueForgetErased(tx *db.Tx, m id.ID) {
	tx.Queue(`delete from online_buyers where merchant_id = $1 and member_id in (select x.id from members x where x.merchant_id = $1 and x.status = 'erased')`, m)
}
