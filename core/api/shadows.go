package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
)

// NewShadow puts a pack beside the live ones of a shop.
type NewShadow struct {
	ShopID   id.ID           `json:"shop_id" format:"uuid"`
	PackID   string          `json:"pack_id" minLength:"1" maxLength:"40"`
	Version  string          `json:"version,omitempty" maxLength:"64" doc:"Default: the newest."`
	Config   json.RawMessage `json:"config,omitempty" doc:"By the pack's schema; what is not there has its default."`
	Priority int32           `json:"priority,omitempty"`
}

// Shadow is a pack that runs beside the live ones, without effect. A of its
// figures is what the receipts have, b what it would have come to.
type Shadow struct {
	ID        id.ID           `json:"id" format:"uuid"`
	ShopID    id.ID           `json:"shop_id" format:"uuid"`
	PackID    string          `json:"pack_id"`
	Version   string          `json:"version"`
	Config    json.RawMessage `json:"config"`
	Priority  int32           `json:"priority"`
	State     string          `json:"state" enum:"on,off"`
	Reason    string          `json:"reason,omitempty" doc:"Why the program stopped it."`
	CreatedAt Instant         `json:"created_at"`
	CreatedBy id.ID           `json:"created_by,omitzero" format:"uuid"`
	EndedAt   Instant         `json:"ended_at,omitzero"`
	LookedAt  Instant         `json:"looked_at,omitzero" doc:"When it last looked at new sales."`
	Figures   BacktestReport  `json:"figures"`
}

func (c caller) shadow(v backtest.Shadow) Shadow {
	state := "off"
	if v.On {
		state = "on"
	}
	return Shadow{ID: v.ID, ShopID: v.Shop, PackID: v.Pack, Version: v.Version, Config: v.Config, Priority: v.Priority, State: state, Reason: v.Reason,
		CreatedAt: instant(v.CreatedAt), CreatedBy: v.By, EndedAt: instant(v.EndedAt), LookedAt: instant(v.LookedAt), Figures: *c.backtestReport(v.Figures.Report())}
}

func (a *api) shadows() {
	seeing := []auth.Permission{auth.PermPacks, auth.PermReports}
	const tag = "backtests"
	add(a, route{id: "start-shadow", method: http.MethodPost, path: "/shadows", tag: tag, summary: "Run a rule pack beside the live ones, without effect", any: []auth.Permission{auth.PermPacks}, key: mayKey, status: http.StatusCreated,
		doc: "After each sale of the shop it is asked what it would have come to; differences are kept. The till does not wait for it."}, a.startShadow)
	add(a, route{id: "list-shadows", method: http.MethodGet, path: "/shadows", tag: tag, summary: "List shadows, the newest first", any: seeing},
		func(ctx context.Context, c caller, in *struct {
			PageIn
			ShopID id.ID  `query:"shop_id" format:"uuid"`
			PackID string `query:"pack_id" maxLength:"40"`
		}) (*read[List[Shadow]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, next, err := backtest.ListShadows(ctx, a.DB, c.Merchant, in.ShopID, in.PackID, p)
			return listOf(rows, next, c.shadow), err
		})
	add(a, route{id: "get-shadow", method: http.MethodGet, path: "/shadows/{id}", tag: tag, summary: "Get a shadow", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[Shadow], error) {
			v, err := backtest.GetShadow(ctx, a.DB, c.Merchant, in.ID)
			return reads(c.shadow(v)), err
		})
	add(a, route{id: "list-shadow-differences", method: http.MethodGet, path: "/shadows/{id}/differences", tag: tag, summary: "List what a shadow would have priced otherwise, the newest first", any: seeing,
		doc: "The newest thousand are kept."},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			PageIn
		}) (*read[List[BacktestDifference]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			if _, err := backtest.GetShadow(ctx, a.DB, c.Merchant, in.ID); err != nil {
				return nil, err
			}
			rows, next, err := backtest.ListShadowDifferences(ctx, a.DB, c.Merchant, in.ID, p)
			return listOf(rows, next, func(v backtest.ShadowDifference) BacktestDifference {
				out := c.backtestDifference(v.Difference)
				out.At = instant(v.At)
				return out
			}), err
		})
	add(a, route{id: "stop-shadow", method: http.MethodPost, path: "/shadows/{id}/stop", tag: tag, summary: "Stop a shadow; what it found stays", any: []auth.Permission{auth.PermPacks}, key: mayKey},
		func(ctx context.Context, c caller, in *IDIn) (*changed[Shadow], error) {
			again := func(ctx context.Context, shadow id.ID) (backtest.Shadow, error) {
				return backtest.GetShadow(ctx, a.DB, c.Merchant, shadow)
			}
			_, repeated, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, backtest.Shadow, error) {
				if err := backtest.StopShadow(ctx, tx, c.Merchant, in.ID, ""); err != nil {
					return id.None, backtest.Shadow{}, err
				}
				return in.ID, backtest.Shadow{}, auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "shadow.stopped", SubjectKind: "shadow", SubjectID: in.ID.String()})
			}, again)
			if err != nil {
				return nil, err
			}
			v, err := again(ctx, in.ID)
			return changedTo(c.shadow(v), repeated), err
		})
}

func (a *api) startShadow(ctx context.Context, c caller, in *struct{ Body NewShadow }) (*made[Shadow], error) {
	b := in.Body
	v := backtest.Shadow{Shop: b.ShopID, Pack: b.PackID, Version: b.Version, Config: b.Config, Priority: b.Priority, By: c.ID}
	if _, err := tenant.GetShop(ctx, a.DB, c.Merchant, b.ShopID); err != nil {
		return nil, on(err, "shop_id")
	}
	if v.Version == "" {
		latest, err := a.Packs.For(ctx, c.Merchant).Latest(b.PackID)
		if err != nil {
			return nil, on(err, "pack_id")
		}
		v.Version = latest.Version
	}
	if err := a.Backtests.CheckShadow(ctx, c.Merchant, &v); err != nil {
		return nil, err
	}
	got, repeated, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, backtest.Shadow, error) {
		got, err := backtest.StartShadow(ctx, tx, c.Merchant, v)
		if err == nil {
			err = auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "shadow.started", SubjectKind: "shadow", SubjectID: got.ID.String(), Detail: map[string]any{"pack": v.Pack, "version": v.Version, "shop": v.Shop}})
		}
		return got.ID, got, err
	}, func(ctx context.Context, shadow id.ID) (backtest.Shadow, error) {
		return backtest.GetShadow(ctx, a.DB, c.Merchant, shadow)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/shadows/"+got.ID.String(), c.shadow(got), repeated), nil
}

// RuleReplay is a night's replay of recorded rule calls.
type RuleReplay struct {
	ID          id.ID                  `json:"id" format:"uuid"`
	Day         string                 `json:"day" format:"date" doc:"The business date whose sales were taken."`
	At          Instant                `json:"at"`
	DaySales    int64                  `json:"day_sales"`
	Sales       int64                  `json:"sales" doc:"Of the day's, those in the sample."`
	Calls       int64                  `json:"calls"`
	Same        int64                  `json:"same"`
	Differing   int64                  `json:"differing"`
	Unavailable int64                  `json:"unavailable"`
	OtherFuel   int64                  `json:"other_fuel" doc:"The same bytes at another cost: the program counts otherwise since."`
	Differences []RuleReplayDifference `json:"differences,omitempty" doc:"Where one replay is asked for; at most 200."`
}

// RuleReplayDifference is a recorded call that came out otherwise.
type RuleReplayDifference struct {
	SaleID      id.ID  `json:"sale_id" format:"uuid"`
	Call        int    `json:"call" doc:"Its position among the calls of the sale."`
	Hook        string `json:"hook"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	ModuleHash  string `json:"module_hash"`
	Why         string `json:"why" enum:"output,failed,worked,failure"`
	FuelThen    int64  `json:"fuel_then"`
	FuelNow     int64  `json:"fuel_now"`
	Then        string `json:"then" doc:"SHA-256 of the output, or the code of the fault."`
	Now         string `json:"now"`
}

func replayOut(v backtest.Replay) RuleReplay {
	return RuleReplay{ID: v.ID, Day: string(v.Day), At: instant(v.At), DaySales: v.Figures.DaySales, Sales: v.Sales, Calls: v.Calls, Same: v.Same, Differing: v.Differing, Unavailable: v.Unavailable, OtherFuel: v.Figures.OtherFuel}
}

func (a *api) replays() {
	seeing := []auth.Permission{auth.PermPacks, auth.PermReports}
	add(a, route{id: "list-rule-replays", method: http.MethodGet, path: "/rule-replays", tag: "backtests", summary: "List the nightly replays of recorded rule calls, the newest first", any: seeing},
		func(ctx context.Context, c caller, in *struct{ PageIn }) (*read[List[RuleReplay]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, next, err := backtest.ListReplays(ctx, a.DB, c.Merchant, p)
			return listOf(rows, next, replayOut), err
		})
	add(a, route{id: "get-rule-replay", method: http.MethodGet, path: "/rule-replays/{id}", tag: "backtests", summary: "Get a nightly replay with its differences", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[RuleReplay], error) {
			v, diffs, err := backtest.GetReplay(ctx, a.DB, c.Merchant, in.ID)
			out := replayOut(v)
			out.Differences = mapAll(diffs, func(d backtest.ReplayDifference) RuleReplayDifference {
				return RuleReplayDifference{SaleID: d.Sale, Call: d.Call, Hook: d.Hook, PackID: d.Pack, PackVersion: d.Version, ModuleHash: d.Module, Why: d.Why, FuelThen: d.FuelThen, FuelNow: d.FuelNow, Then: d.HashThen, Now: d.HashNow}
			})
			return reads(out), err
		})
}
