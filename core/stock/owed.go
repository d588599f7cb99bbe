package stock

import (
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Owed is the location that a shop's debts of goods stand on: what was sold and paid
// elsewhere, and was not on the shelf. Its levels are 0 or below it; what comes in is
// transferred to it from the floor. So the floor never falls below what is there, and
// the sum of both is what the shop would have if it had delivered everything.
func Owed(m, shop id.ID) id.ID { return id.Derived("stock-owed", m.String(), shop.String()) }

// QueueOwedLocation makes the location where there is none. It is no shop's floor,
// and stands for itself where a shop is named.
func QueueOwedLocation(tx *db.Tx, m, shop id.ID) {
	tx.Queue(`insert into stock_locations (merchant_id, id, shop_id, name) select $1, $2, $2, 'owed' where not exists (select 1 from stock_locations where merchant_id = $1 and id = $2)`, m, Owed(m, shop))
}

// AskLocked reads levels of SKUs at a location under their locks, in the order of
// their keys. SKUs without a level are not among them.
func AskLocked(m, location id.ID, skus []id.ID, out *[]Level) db.Ask {
	a := AskLevels(m, location, skus, out)
	a.SQL += ` order by sku_id for update`
	return a
}

// Debt is what a shop owes of a SKU, and what of it could be delivered now.
type Debt struct {
	SKU  id.ID
	Owed money.Quantity // above 0
	Free money.Quantity // on the floor, not reserved
}

// AskDebts reads what a shop owes.
func AskDebts(m, shop id.ID, out *[]Debt) db.Ask {
	*out = (*out)[:0]
	return db.Ask{SQL: `select o.sku_id, -o.on_hand, coalesce(f.on_hand - f.reserved, 0) from stock_levels o
		left join stock_levels f on f.merchant_id = o.merchant_id and f.location_id = $3 and f.sku_id = o.sku_id
		where o.merchant_id = $1 and o.location_id = $2 and o.on_hand < 0 order by o.sku_id`, Args: []any{m, Owed(m, shop), Floor(m, shop)}, Scan: func(r db.Row) error {
		var d Debt
		err := r.Scan(&d.SKU, &d.Owed, &d.Free)
		*out = append(*out, d)
		return err
	}}
}

// QueueDeliver takes goods from the floor to pay a debt of them. At the COMMIT:
// stock.insufficient.
func QueueDeliver(tx *db.Tx, m, shop, sale, actor id.ID, moves []Move) {
	out := make([]Move, len(moves))
	for i, mv := range moves {
		out[i] = mv
		out[i].Quantity = -mv.Quantity
	}
	Queue(tx, Document{Merchant: m, Location: Floor(m, shop), Kind: KindTransfer, Sale: sale, Actor: actor}, out)
	Queue(tx, Document{Merchant: m, Location: Owed(m, shop), Kind: KindTransfer, Sale: sale, Actor: actor, AllowNegative: true}, moves)
}
