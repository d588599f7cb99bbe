package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/pack"
)

// Deps are the parts of the program that the merchants work with.
type Deps struct {
	DB    *db.DB // its own clock is not used
	Rules checkout.Rules
	Packs *pack.Registry
	Vault *member.Vault
	Auth  *auth.Service // hashes the passwords
	Log   *slog.Logger
}

// Options say how much and until when. The zero value is the demo: 60 business
// days ending now, about 5,000 sales.
type Options struct {
	End   time.Time // default: the database's clock
	Days  int       // default 60, at least 60: the stories need them
	Scale float64   // of sales, members and goods; default 1
	Seed  uint64    // default 1
}

const seedDays = 60

func (o *Options) fill(d Deps) {
	if o.End.IsZero() {
		o.End = d.DB.Now().Time()
	}
	o.Days = max(o.Days, seedDays)
	if o.Scale <= 0 {
		o.Scale = 1
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
}

// Progress hears of documents that were booked: done of about total, and where.
// It is called from several goroutines, one at a time.
type Progress func(done, total int, what string)

// Seed puts the three merchants into business, side by side. Where it fails or
// ctx ends, what it wrote is an unfinished past: begin anew with an empty database.
func Seed(ctx context.Context, d Deps, o Options, progress Progress) (Result, error) {
	o.fill(d)
	var ts []*trader
	total := 0
	for _, b := range []business{newSalon(), newRetail(), newCatering()} {
		t := newTrader(d, o, b)
		total += t.expected()
		ts = append(ts, t)
	}
	var mu sync.Mutex
	done := 0
	for _, t := range ts {
		t.tick = func() {
			mu.Lock()
			defer mu.Unlock()
			done++
			if progress != nil {
				progress(done, max(total, done), t.about.name)
			}
		}
	}
	var once sync.Once
	for _, t := range ts {
		t.soon = func() (err error) {
			once.Do(func() { err = analyse(ctx, d.DB) })
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(ts))
	var wg sync.WaitGroup
	for i, t := range ts {
		wg.Go(func() {
			if errs[i] = t.run(ctx); errs[i] != nil {
				errs[i] = fmt.Errorf("%s: %w", t.about.edition, errs[i])
				cancel()
			}
		})
	}
	wg.Wait()
	if err := first(errs); err != nil {
		return Result{}, err
	}
	if err := analyse(ctx, d.DB); err != nil { // for the program that will be started on it
		return Result{}, err
	}
	r := Result{Stories: map[string]Story{}}
	for _, t := range ts {
		r.Merchants = append(r.Merchants, t.result)
		for k, s := range t.stories {
			s.Edition = t.about.edition
			r.Stories[k] = s
		}
	}
	return r, nil
}

// analyse has PostgreSQL look at what it holds: one that has never done so takes a
// merchant for a handful of rows, and reads all of them where an index would do.
// SQLite is told the shape of its indexes by core/db.
func analyse(ctx context.Context, d *db.DB) error {
	if d.Dialect() != db.Postgres {
		return nil
	}
	return d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		tx.Queue(`analyze`)
		return nil
	})
}

// first is the error that ended the others, which ended as cancelled.
func first(errs []error) error {
	var out error
	for _, err := range errs {
		if err != nil && (out == nil || errors.Is(out, context.Canceled)) {
			out = err
		}
	}
	return out
}
