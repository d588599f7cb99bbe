package checkout

import (
	"context"

	"github.com/shopwright/shopwright/core/pack"
)

// Preview prices a basket as if other packs were on in the shop: alter gets what is
// on and answers what should be. The quote binds nobody and no sale can name it.
// Faults: as Quote.
func (d *Desk) Preview(ctx context.Context, b Basket, alter func(on []pack.Activation) []pack.Activation) (*Quote, error) {
	return d.priceAs(ctx, b, func(l *loaded) { l.active = alter(l.active) })
}
