package checkout

import (
	"context"

	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
)

// Explain reads a sale with everything that says why its amounts are what they
// are: adjustments, the trace, each rule's version, hashes, messages and cost.
// Fault: sale.not_found.
func (d *Desk) Explain(ctx context.Context, m, saleID id.ID) (*sale.Sale, Trace, error) {
	s, err := sale.Get(ctx, d.DB, m, saleID)
	if err != nil {
		return nil, Trace{}, err
	}
	if err := sale.LoadRules(ctx, d.DB, s); err != nil {
		return nil, Trace{}, err
	}
	t, err := ParseTrace(s.Trace)
	return s, t, err
}
