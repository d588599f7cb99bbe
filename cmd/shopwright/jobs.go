package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

// What runs in the background.

func jobContext(ctx context.Context, j job.Job) context.Context {
	return auth.WithActor(ctx, auth.JobActor(j.Merchant, j.Kind))
}

func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "host"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

func (a *app) registerJobs() {
	a.events.Subscribe(pack.EventChanged, func(ctx context.Context, e event.Event) { a.warmShop(ctx, e.Merchant, e.Shop) })
	a.jobs.Register(job.Kind{Name: "checkout.recover", Every: time.Minute, Run: func(ctx context.Context, j job.Job) error {
		_, err := a.desk.Recover(ctx, j.Merchant)
		return err
	}})
	// Hourly, because business days begin at each shop's own hour; where nobody is due it is one look.
	a.jobs.Register(job.Kind{Name: "tiers.review", Every: time.Hour, Timeout: time.Hour, Run: func(ctx context.Context, j job.Job) error {
		for {
			if n, err := a.desk.ReviewTiers(ctx, j.Merchant, 200); err != nil || n == 0 {
				return err
			}
		}
	}})
	// What happened since the last time; a pack sees an event once, so that any number of programs may look.
	a.jobs.Register(job.Kind{Name: "campaign.triggers", Every: time.Minute, Timeout: time.Hour, Run: func(ctx context.Context, j job.Job) error {
		for {
			if n, err := a.desk.RunTriggers(ctx, j.Merchant, 200); err != nil || n == 0 {
				return err
			}
		}
	}})
	a.jobs.Register(job.Kind{Name: "campaign.dates", Every: time.Hour, Timeout: time.Hour, Run: func(ctx context.Context, j job.Job) error {
		return a.desk.RunTriggerDates(ctx, j.Merchant)
	}})
	a.jobs.Register(job.Kind{Name: backtest.JobRun, MaxAttempts: backtest.JobAttempts, Timeout: 2 * time.Hour, Run: a.backtests.RunJob})
	a.jobs.Register(job.Kind{Name: backtest.JobShadow, Every: time.Minute, Timeout: time.Hour, Run: func(ctx context.Context, j job.Job) error {
		return a.backtests.ShadowRound(ctx, j.Merchant)
	}})
	// Hourly: business days end at each shop's own hour. A day is replayed once.
	a.jobs.Register(job.Kind{Name: backtest.JobReplay, Every: time.Hour, Timeout: time.Hour, Run: func(ctx context.Context, j job.Job) error {
		return a.backtests.ReplayNight(ctx, j.Merchant)
	}})
	// Hourly too: a lot ends with its shop's business day.
	a.jobs.Register(job.Kind{Name: "wallet.expire", Every: time.Hour, Timeout: time.Hour, Run: func(ctx context.Context, j job.Job) error {
		for n := 1; n > 0; {
			err := a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
				n, err = wallet.ExpireDue(ctx, tx, &a.book, j.Merchant, 20)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	}})
	a.jobs.Register(job.Kind{Name: "wallet.remind", Every: 24 * time.Hour, Run: func(ctx context.Context, j job.Job) error {
		v, err := setting.All(ctx, a.db, j.Merchant, id.None, id.None)
		days := setting.WalletRemindDays.In(v)
		for n := 1; n > 0 && days > 0 && err == nil; {
			err = a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
				n, err = wallet.Remind(ctx, tx, j.Merchant, tx.Now.Add(time.Duration(days)*24*time.Hour), 200)
				return err
			})
		}
		return err
	}})
	a.jobs.Register(job.Kind{Name: coupon.JobBatch, Run: func(ctx context.Context, j job.Job) error {
		var b coupon.BatchJob
		if err := j.Decode(&b); err != nil {
			return job.Permanent(err)
		}
		return coupon.RunBatch(ctx, a.db, j.Merchant, b.Batch)
	}})
	a.jobs.Register(job.Kind{Name: coupon.JobRemind, Every: time.Hour, Run: func(ctx context.Context, j job.Job) error {
		shops, err := tenant.ListShops(ctx, a.db, j.Merchant)
		if err != nil || len(shops) == 0 {
			return err
		}
		return coupon.RemindAll(ctx, a.db, j.Merchant, shops[0].Zone)
	}})
	a.jobs.Register(job.Kind{Name: "housekeeping", Every: 24 * time.Hour, Run: func(ctx context.Context, j job.Job) error {
		return a.db.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			// Idempotency keys are kept for a week; done jobs for a month.
			db.PurgeKeys(tx, j.Merchant, tx.Now.Add(-7*24*time.Hour))
			job.Purge(tx, j.Merchant, tx.Now.Add(-30*24*time.Hour))
			pack.Purge(tx, j.Merchant, tx.Now.Add(-30*24*time.Hour))
			return nil
		})
	}})
	a.jobs.Register(job.Kind{Name: "books.prove", Every: time.Hour, Timeout: time.Hour, MaxAttempts: 2, Run: func(ctx context.Context, j job.Job) error {
		return a.prove(ctx, j.Merchant)
	}})
}

// prove makes the proof that is due: what is new every hour, everything at night.
func (a *app) prove(ctx context.Context, merchant id.ID) error {
	m, err := tenant.GetMerchant(ctx, a.db, merchant)
	if err != nil {
		return err
	}
	shops, err := tenant.ListShops(ctx, a.db, merchant)
	if err != nil {
		return err
	}
	zone := clock.Zone{Loc: time.UTC}
	if len(shops) > 0 {
		zone = shops[0].Zone
	}
	kind, err := report.KindDue(ctx, a.db, merchant, a.db.Now(), zone)
	if err != nil {
		return err
	}
	p, err := report.ProveAndRecord(ctx, a.db, m, kind)
	if err != nil {
		return err
	}
	if !p.Clean() {
		first := p.Differences[0]
		a.log.Error("the books do not prove", "merchant", merchant, "proof", p.ID, "kind", kind, "differences", len(p.Differences),
			"check", first.Check, "subject", first.Subject, "recomputed", first.Want, "stands_at", first.Got)
	}
	return nil
}

const sealEvery = 2 * time.Second

// seal closes new entries into the next seal of each merchant's chain.
func (a *app) seal(ctx context.Context) {
	for tick := time.NewTicker(sealEvery); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
		if err := a.sealAll(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("sealing failed, it is tried again", "error", err)
		}
	}
}

func (a *app) sealAll(ctx context.Context) error {
	open, err := ledger.Unsealed(ctx, a.db)
	if err != nil {
		return err
	}
	for _, m := range open {
		for n := 1; n > 0; {
			err := a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				n, err = ledger.Seal(ctx, tx, m)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// warmRules compiles and snapshots the packs that are on, so that the first sale
// after a start does not wait for it.
func (a *app) warmRules(ctx context.Context) {
	ms, err := tenant.ListMerchants(ctx, a.db)
	if err != nil {
		a.log.Warn("rules were not warmed", "error", err)
		return
	}
	for _, m := range ms {
		shops, err := tenant.ListShops(ctx, a.db, m.ID)
		if err != nil {
			return
		}
		for _, s := range shops {
			a.warmShop(ctx, m.ID, s.ID)
		}
	}
}

// warmShop does it for one shop: at the start, and when a pack was switched on or
// configured there.
func (a *app) warmShop(ctx context.Context, m, shop id.ID) {
	var active []pack.Activation
	if err := a.db.Batch(ctx, pack.AskActive(m, shop, &active)); err != nil {
		a.log.Warn("rules were not warmed", "error", err)
		return
	}
	have := a.packs.For(ctx, m)
	for _, act := range active {
		b, err := have.Get(act.PackID, act.Version)
		if err != nil {
			a.log.Warn("a pack that is on is not installed", "pack", act.PackID, "version", act.Version)
			continue
		}
		if err := a.rules.Prepare(ctx, b.Ref(act.Config, act.Priority)); err != nil && ctx.Err() == nil {
			a.log.Warn("a pack could not be prepared", "pack", act.PackID, "error", err)
		}
	}
}
