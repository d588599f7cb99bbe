package stock

import (
	"context"
	"sort"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrInsufficient = fault.New(fault.Conflict, "stock.insufficient")
	ErrKind         = fault.New(fault.Invalid, "stock.unknown_movement_kind")
	ErrQuantity     = fault.New(fault.Invalid, "stock.bad_quantity")
)

var (
	_ = db.Guard("ck_stock_available", ErrInsufficient)
	_ = db.GuardRetry("stock_levels_pkey") // two first movements of a SKU at once
)

// Kind is why stock moved.
type Kind string

const (
	KindReceipt        Kind = "goods_receipt"
	KindPurchaseReturn Kind = "purchase_return"
	KindSale           Kind = "sale"
	KindReturn         Kind = "return"
	KindCount          Kind = "count"
	KindWaste          Kind = "waste"
	KindTransfer       Kind = "transfer"
)

// Location is a place that holds stock. Its id is derived from the shop's, so
// that a checkout needs no look-up.
type Location struct {
	ID, Shop id.ID
	Name     string
}

// Floor is the shop's own location.
func Floor(m, shop id.ID) id.ID { return id.Derived("stock", m.String(), shop.String()) }

// CreateFloor makes the shop's own location.
func CreateFloor(tx *db.Tx, m, shop id.ID, name string) id.ID {
	loc := Floor(m, shop)
	tx.Queue(`insert into stock_locations (merchant_id, id, shop_id, name) values ($1,$2,$3,$4)`, m, loc, shop, name)
	return loc
}

// Level is what a location has of a SKU.
type Level struct {
	Location      id.ID
	SKU           id.ID
	OnHand        money.Quantity
	Reserved      money.Quantity
	AllowNegative bool
	LowAt         money.Quantity
}

// Available is what may still be sold.
func (l *Level) Available() money.Quantity { return l.OnHand - l.Reserved }

// Low reports whether the level asks for replenishment.
func (l *Level) Low() bool { return l.LowAt > 0 && l.Available() <= l.LowAt }

const levelColumns = `location_id, sku_id, on_hand, reserved, allow_negative, low_at`

func scanLevel(r db.Row, l *Level) error {
	return r.Scan(&l.Location, &l.SKU, &l.OnHand, &l.Reserved, &l.AllowNegative, &l.LowAt)
}

// AskLevels reads levels of SKUs at a location, without locks: for a quote.
func AskLevels(m, location id.ID, skus []id.ID, out *[]Level) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: `select ` + levelColumns + ` from stock_levels where merchant_id = $1 and location_id = $2 and sku_id in_ids($3)`,
		Args: []any{m, location, skus}, Scan: func(r db.Row) error {
			var l Level
			err := scanLevel(r, &l)
			*out = append(*out, l)
			return err
		}}
}

// List reads the levels of a location (none: all), by SKU; low keeps those that
// ask for replenishment.
func List(ctx context.Context, r db.Reader, m, location id.ID, low bool, p db.Page) ([]Level, error) {
	q := `select ` + levelColumns + ` from stock_levels where merchant_id = $1 and (location_id = $2 or cast($2 as text) is null)
		and (sku_id > $3 or cast($3 as text) is null)`
	if low {
		q += ` and low_at > 0 and on_hand - reserved <= low_at`
	}
	return db.All(ctx, r, scanLevel, q+` order by sku_id limit $4`, m, location, p.After, p.Size()+1)
}

// Move is a change of on-hand: positive comes in.
type Move struct {
	SKU      id.ID
	Quantity money.Quantity
	UnitCost money.Amount
	Line     id.ID
}

// Document is what moves stock: all its moves have one kind, location and cause.
type Document struct {
	Merchant, Location id.ID
	Kind               Kind
	Sale               id.ID
	Actor              id.ID
	Reason             string
	AllowNegative      bool // for levels that the document creates
}

// Queue writes the movements and the levels, those summed per SKU and in the
// order of their keys. At the COMMIT: stock.insufficient.
func Queue(tx *db.Tx, d Document, moves []Move) {
	total := map[id.ID]money.Quantity{}
	for _, mv := range moves {
		total[mv.SKU] += mv.Quantity
		tx.Queue(`insert into stock_movements (merchant_id, id, location_id, sku_id, kind, quantity, unit_cost, sale_id, line_id, at, actor_id, reason) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)`,
			d.Merchant, tx.NewID(), d.Location, mv.SKU, string(d.Kind), mv.Quantity, mv.UnitCost, d.Sale, mv.Line, tx.Now, d.Actor, d.Reason)
	}
	for _, sku := range sorted(total) {
		queueLevel(tx, d.Merchant, d.Location, sku, total[sku], 0, d.AllowNegative)
	}
}

// queueLevel changes a level, making it where there is none. It is not an upsert:
// the check would then see the change alone before it sees the row that it is for.
func queueLevel(tx *db.Tx, m, location, sku id.ID, onHand, reserved money.Quantity, allowNegative bool) {
	tx.Queue(`update stock_levels set on_hand = on_hand + $4, reserved = reserved + $5 where merchant_id = $1 and location_id = $2 and sku_id = $3`, m, location, sku, onHand, reserved)
	tx.Queue(`insert into stock_levels (merchant_id, location_id, sku_id, on_hand, reserved, allow_negative) select $1,$2,$3,$4,$5,$6
		where not exists (select 1 from stock_levels where merchant_id = $1 and location_id = $2 and sku_id = $3)`, m, location, sku, onHand, reserved, allowNegative)
}

func sorted(total map[id.ID]money.Quantity) []id.ID {
	keys := make([]id.ID, 0, len(total))
	for k := range total {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i].Less(keys[j]) })
	return keys
}

// QueueReserve sets stock aside for an open sale. At the COMMIT: stock.insufficient.
func QueueReserve(tx *db.Tx, m, location, sale id.ID, demand map[id.ID]money.Quantity, allowNegative bool) {
	for _, sku := range sorted(demand) {
		tx.Queue(`insert into stock_reservations (merchant_id, sale_id, location_id, sku_id, quantity) values ($1,$2,$3,$4,$5)`, m, sale, location, sku, demand[sku])
		queueLevel(tx, m, location, sku, 0, demand[sku], allowNegative)
	}
}

// Reservation is stock set aside for an open sale.
type Reservation struct {
	Location, SKU id.ID
	Quantity      money.Quantity
}

// AskReservations reads what an open sale has set aside.
func AskReservations(m, sale id.ID, out *[]Reservation) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: `select location_id, sku_id, quantity from stock_reservations where merchant_id = $1 and sale_id = $2 order by location_id, sku_id`,
		Args: []any{m, sale}, Scan: func(r db.Row) error {
			var v Reservation
			err := r.Scan(&v.Location, &v.SKU, &v.Quantity)
			*out = append(*out, v)
			return err
		}}
}

// QueueRelease ends a sale's reservations; a fulfilment follows with Queue in the
// same transaction, so that the level's check sees both.
func QueueRelease(tx *db.Tx, m, sale id.ID, rs []Reservation) {
	for _, v := range rs {
		tx.Queue(`update stock_levels set reserved = reserved - $4 where merchant_id = $1 and location_id = $2 and sku_id = $3`, m, v.Location, v.SKU, v.Quantity)
	}
	tx.Queue(`delete from stock_reservations where merchant_id = $1 and sale_id = $2`, m, sale)
}

// SetPolicy sets whether a level may go negative and when it is low.
func SetPolicy(tx *db.Tx, m, location, sku id.ID, allowNegative bool, lowAt money.Quantity) {
	tx.Queue(`insert into stock_levels (merchant_id, location_id, sku_id, on_hand, allow_negative, low_at) values ($1,$2,$3,0,$4,$5)
		on conflict (merchant_id, location_id, sku_id) do update set allow_negative = excluded.allow_negative, low_at = excluded.low_at`, m, location, sku, allowNegative, lowAt)
}

// Movement is one row of the movement record.
type Movement struct {
	ID, Location, SKU id.ID
	Kind              Kind
	Quantity          money.Quantity
	Sale              id.ID
	At                clock.Instant
	Actor             id.ID
	Reason            string
}

// Movements lists the movements of a SKU (none: all), newest first.
func Movements(ctx context.Context, r db.Reader, m, sku id.ID, p db.Page) ([]Movement, error) {
	return db.All(ctx, r, func(row db.Row, v *Movement) error {
		return row.Scan(&v.ID, &v.Location, &v.SKU, &v.Kind, &v.Quantity, &v.Sale, &v.At, &v.Actor, &v.Reason)
	}, `select id, location_id, sku_id, kind, quantity, sale_id, at, actor_id, reason from stock_movements
		where merchant_id = $1 and (sku_id = $2 or cast($2 as text) is null) and (id < $3 or cast($3 as text) is null)
		order by id desc limit $4`, m, sku, p.After, p.Size()+1)
}

// Received sums the goods receipts of a location since an instant, by SKU, the latest
// first.
func Received(ctx context.Context, r db.Reader, m, location id.ID, since clock.Instant) ([]Move, error) {
	return db.All(ctx, r, func(row db.Row, v *Move) error { return row.Scan(&v.SKU, &v.Quantity) },
		`select sku_id, cast(sum(quantity) as bigint) from stock_movements
		where merchant_id = $1 and id >= $2 and location_id = $3 and kind = 'goods_receipt' group by sku_id order by max(at) desc, sku_id`, m, id.From(int64(since)), location)
}

// Verify recomputes every level from its movements and every reserved figure from
// the reservations; found gets (check, subject, want, got).
func Verify(ctx context.Context, r db.Reader, m id.ID, found func(check, subject string, want, got int64)) (int, error) {
	type row struct {
		sku                        string
		moved, onHand, res, inRows int64
	}
	rows, err := db.All(ctx, r, func(s db.Row, v *row) error { return s.Scan(&v.sku, &v.moved, &v.onHand, &v.res, &v.inRows) },
		`select cast(l.sku_id as text),
		  coalesce((select sum(v.quantity) from stock_movements v where v.merchant_id = l.merchant_id and v.location_id = l.location_id and v.sku_id = l.sku_id), 0),
		  l.on_hand, l.reserved,
		  coalesce((select sum(v.quantity) from stock_reservations v where v.merchant_id = l.merchant_id and v.location_id = l.location_id and v.sku_id = l.sku_id), 0)
		 from stock_levels l where l.merchant_id = $1`, m)
	for _, v := range rows {
		if v.moved != v.onHand {
			found("stock.level", v.sku, v.moved, v.onHand)
		}
		if v.inRows != v.res {
			found("stock.reserved", v.sku, v.inRows, v.res)
		}
	}
	return len(rows), err
}
