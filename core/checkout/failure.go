package checkout

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
)

// packFailed is the data of pack.failed.v1 and pack.switched_off.v1.
type packFailed struct {
	Pack    string `json:"pack_id"`
	Version string `json:"version"`
	Hook    string `json:"hook"`
	Reason  string `json:"reason"`
	Sale    id.ID  `json:"sale_id,omitzero"`
}

// noteFailures records which packs failed in a sale that was made all the same,
// in a transaction of its own behind the sale's: a pack that fails again and
// again is switched off in that shop, with a notice. It never fails the sale.
func (d *Desk) noteFailures(ctx context.Context, q *Quote, saleID id.ID) {
	m, shop := q.Basket.Merchant, q.Basket.Shop
	if len(q.Fallbacks) == 0 {
		d.clearFailures(ctx, q)
		return
	}
	d.recordFailures(ctx, m, shop, q.Fallbacks, saleID)
}

// recordFailures is noteFailures for whatever asked the packs; none of it is a sale.
func (d *Desk) recordFailures(ctx context.Context, m, shop id.ID, failed []Fallback, saleID id.ID) {
	if len(failed) == 0 {
		return
	}
	err := d.DB.InTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *db.Tx) error {
		seen := map[string]bool{}
		for _, f := range failed {
			if seen[f.PackID] {
				continue
			}
			seen[f.PackID] = true
			off, err := pack.RecordFailure(ctx, tx, m, shop, f.PackID, f.Reason)
			if err != nil {
				return err
			}
			data := event.JSON(packFailed{f.PackID, f.Version, f.Hook, f.Reason, saleID})
			event.Emit(tx, event.Event{Merchant: m, Type: "pack.failed.v1", OccurredAt: tx.Now, Shop: shop, Data: data})
			if off {
				event.Emit(tx, event.Event{Merchant: m, Type: "pack.switched_off.v1", OccurredAt: tx.Now, Shop: shop, Data: data})
			}
		}
		return nil
	})
	if err != nil {
		d.Log.ErrorContext(ctx, "a rule's failure could not be recorded", "error", err)
	}
}

// clearFailures forgets earlier failures of packs that worked in this sale. Most
// sales find none and write nothing.
func (d *Desk) clearFailures(ctx context.Context, q *Quote) {
	if len(q.failing) == 0 {
		return
	}
	err := d.DB.InTx(context.WithoutCancel(ctx), func(_ context.Context, tx *db.Tx) error {
		pack.ClearFailures(tx, q.Basket.Merchant, q.Basket.Shop, q.failing...)
		return nil
	})
	if err != nil {
		d.Log.ErrorContext(ctx, "a rule's recovery could not be recorded", "error", err)
	}
}
