package backtest

import (
	"context"
	"time"

	"github.com/shopwright/shopwright/core/id"
)

// Limits of a look that is answered at once.
const (
	QuickSales  = 2_000
	QuickBudget = 4 * time.Second
	QuickDays   = 7
)

// Quick tries a spec on its sales and answers at once: at most QuickSales sales
// within QuickBudget; Report.Cut says that there are more. The period is walked
// from its last day, so that what is cut off is the oldest. Nothing is stored. The
// spec is checked.
func (s *Service) Quick(ctx context.Context, m id.ID, spec Spec) (*Report, error) {
	p, err := s.plan(ctx, m, spec.Pack, spec.A, spec.B)
	if err != nil {
		return nil, err
	}
	total, err := s.count(ctx, s.DB, m, &spec)
	if err != nil {
		return nil, err
	}
	var f Figures
	began := time.Now()
	full := func() bool { return f.Sales >= QuickSales || time.Since(began) >= QuickBudget }
	for day := spec.To; day >= spec.From && !full(); day = day.AddDays(-1) {
		one := spec
		one.From, one.To = day, day
		if err := p.sweep(ctx, &one, cursor{}, &f, nil, func(cursor) (bool, error) { return full(), nil }); err != nil {
			return nil, err
		}
	}
	r := f.Report()
	r.Cut = f.Sales < total
	return r, nil
}
