package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/tenant"
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
	a.jobs.Register(job.Kind{Name: "housekeeping", Every: 24 * time.Hour, Run: func(ctx context.Context, j job.Job) error {
		return a.db.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			// Idempotency keys are kept for a week; done jobs for a month.
			db.PurgeKeys(tx, j.Merchant, tx.Now.Add(-7*24*time.Hour))
			job.Purge(tx, j.Merchant, tx.Now.Add(-30*24*time.Hour))
			return nil
		})
	}})
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
	for _, act := range active {
		b, err := a.packs.Get(act.PackID, act.Version)
		if err != nil {
			a.log.Warn("a pack that is on is not installed", "pack", act.PackID, "version", act.Version)
			continue
		}
		if err := a.rules.Prepare(ctx, b.Ref(act.Config, act.Priority)); err != nil && ctx.Err() == nil {
			a.log.Warn("a pack could not be prepared", "pack", act.PackID, "error", err)
		}
	}
}
