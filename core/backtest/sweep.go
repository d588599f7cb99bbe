package backtest

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
)

// pageSize is how many sales are read, and priced, together.
var pageSize = 256

// cursor is how far a sweep has come: all sales of the days before Day, and those
// of Day up to After.
type cursor struct {
	Day   clock.Date
	After id.ID
}

// page is some sales of one day.
type page struct {
	sales []sale.Past
	more  *background
	end   cursor
	err   error
}

// sweep prices the sales of a period in the order of their dates and ids. After
// every page it calls at, which may end it; found is called for each difference.
// The next page is read while one is priced; figures are added up in order, so
// that they do not depend on the number of workers.
func (p *plan) sweep(ctx context.Context, spec *Spec, from cursor, f *Figures, found func(*Difference), at func(cursor) (stop bool, err error)) error {
	ctx, cancel := context.WithCancel(ctx)
	pages := make(chan page, 1)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(pages)
		if err := p.read(ctx, spec, from, pages); err != nil {
			select {
			case pages <- page{err: err}:
			case <-ctx.Done():
			}
		}
	})
	defer reader.Wait()
	defer cancel()
	pricers := make([]*pricer, p.s.workers())
	for i := range pricers {
		pricers[i] = p.pricer()
	}
	for pg := range pages {
		if pg.err != nil {
			return pg.err
		}
		verdicts, err := priceAll(ctx, pricers, pg)
		if err != nil {
			return err
		}
		for i := range verdicts {
			if d := f.add(&verdicts[i], p.pack); d != nil && found != nil {
				found(d)
			}
		}
		if stop, err := at(pg.end); err != nil || stop {
			return err
		}
	}
	return ctx.Err()
}

// read sends the pages of a period.
func (p *plan) read(ctx context.Context, spec *Spec, from cursor, pages chan<- page) error {
	day := max(spec.From, from.Day)
	var ids []id.ID
	for ; day <= spec.To; day = day.AddDays(1) {
		if err := p.s.DB.Batch(ctx, sale.AskPastIDs(p.merchant, day, spec.shopList(), &ids)); err != nil {
			return err
		}
		rest := ids
		if day == from.Day {
			for len(rest) > 0 && !after(rest[0], from.After) {
				rest = rest[1:]
			}
		}
		for len(rest) > 0 {
			n := min(len(rest), pageSize)
			pg, err := p.readPage(ctx, rest[:n])
			if err != nil {
				return err
			}
			pg.end = cursor{day, rest[n-1]}
			select {
			case pages <- *pg:
			case <-ctx.Done():
				return ctx.Err()
			}
			rest = rest[n:]
		}
	}
	return nil
}

func after(a, b id.ID) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return false
}

func (s *Spec) shopList() []id.ID {
	if len(s.Shops) == 0 {
		return nil
	}
	return s.Shops
}

// readPage reads some sales with what belongs to them.
func (p *plan) readPage(ctx context.Context, ids []id.ID) (*page, error) {
	pg := &page{}
	if err := p.s.DB.Batch(ctx, sale.AskPast(p.merchant, ids, &pg.sales)...); err != nil {
		return nil, err
	}
	var err error
	pg.more, err = p.background(ctx, pg.sales)
	return pg, err
}

// priceAll prices a page with all pricers at once.
func priceAll(ctx context.Context, pricers []*pricer, pg page) ([]verdict, error) {
	verdicts := make([]verdict, len(pg.sales))
	errs := make([]error, len(pricers))
	var next atomic.Int64
	var working sync.WaitGroup
	for k, w := range pricers {
		working.Go(func() {
			for errs[k] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(verdicts) {
					return
				}
				verdicts[i], errs[k] = w.price(ctx, &pg.sales[i], pg.more)
			}
		})
	}
	working.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

// count is how many sales a period has.
func (s *Service) count(ctx context.Context, r db.Reader, m id.ID, spec *Spec) (n int64, err error) {
	err = r.Batch(ctx, sale.AskPastCount(m, spec.From, spec.To, spec.shopList(), &n))
	return n, err
}
