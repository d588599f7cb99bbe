package checkout

import (
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/promotion"
)

// lateFacts reads the facts of packs that this process did not know when it asked:
// another one has installed them since.
func (d *Desk) lateFacts(ctx context.Context, b *Basket, l *loaded, asked uint64) error {
	if b.Member.IsNone() {
		return nil
	}
	have := d.Packs.For(ctx, b.Merchant)
	bundles := make([][]promotion.FactRef, 0, len(l.active))
	for i := range l.active {
		if p, err := have.Get(l.active[i].PackID, l.active[i].Version); err == nil { // what cannot be found is said where the rules run
			bundles = append(bundles, p.FactRefs())
		}
	}
	if d.Packs.Generation() == asked {
		return nil
	}
	var late []promotion.FactRef
	for _, refs := range bundles {
		for _, f := range refs {
			if !slices.ContainsFunc(l.facts, func(v promotion.FactValue) bool { return v.FactRef == f }) && !slices.Contains(late, f) {
				late = append(late, f)
			}
		}
	}
	if len(late) == 0 {
		return nil
	}
	var values []promotion.FactValue
	zone := l.desk.Shop.Zone
	if err := d.DB.Batch(ctx, member.AskFactsAt(zone, b.Merchant, b.Member, b.Shop, zone.BusinessDate(l.now), late, &values)...); err != nil {
		return err
	}
	l.facts = append(l.facts, values...)
	return nil
}
