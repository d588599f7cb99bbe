package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
)

// BacktestSide is how one side of a comparison has the pack.
type BacktestSide struct {
	Mode     string          `json:"mode" enum:"off,as_was,set" doc:"off: not at all; as_was: as each receipt has it; set: the version and configuration given here."`
	Version  string          `json:"version,omitempty" maxLength:"64" doc:"With set; default: the newest."`
	Config   json.RawMessage `json:"config,omitempty" doc:"With set, by the pack's schema; what is not there has its default."`
	Priority int32           `json:"priority,omitempty"`
}

// NewBacktest says what to try.
type NewBacktest struct {
	PackID  string        `json:"pack_id" minLength:"1" maxLength:"40"`
	ShopIDs []id.ID       `json:"shop_ids,omitempty" maxItems:"1000" doc:"Default: all shops."`
	From    string        `json:"from,omitempty" format:"date" doc:"Business date, included; default: six days before to."`
	To      string        `json:"to,omitempty" format:"date" doc:"Business date, included; default: today."`
	A       *BacktestSide `json:"a,omitempty" doc:"Default: off."`
	B       *BacktestSide `json:"b,omitempty" doc:"Default: set, the newest version with its defaults."`
}

// Backtest is a pack tried on past sales.
type Backtest struct {
	ID        id.ID           `json:"id" format:"uuid"`
	PackID    string          `json:"pack_id"`
	State     string          `json:"state" enum:"queued,running,done,failed,cancelled"`
	ShopIDs   []id.ID         `json:"shop_ids"`
	From      string          `json:"from" format:"date"`
	To        string          `json:"to" format:"date"`
	A         BacktestSide    `json:"a"`
	B         BacktestSide    `json:"b"`
	Sales     int64           `json:"sales" doc:"To look at; 0 until they were counted."`
	Done      int64           `json:"done" doc:"Looked at so far."`
	Reason    string          `json:"reason,omitempty" doc:"With failed: the code of the fault."`
	CreatedAt Instant         `json:"created_at"`
	CreatedBy id.ID           `json:"created_by,omitzero" format:"uuid"`
	StartedAt Instant         `json:"started_at,omitzero"`
	EndedAt   Instant         `json:"ended_at,omitzero"`
	Report    *BacktestReport `json:"report,omitempty" doc:"With done, where one run is asked for."`
}

func backtestSide(v backtest.Variant) BacktestSide {
	return BacktestSide{Mode: v.Mode, Version: v.Version, Config: v.Config, Priority: v.Priority}
}

func backtestOut(v backtest.Run) Backtest {
	return Backtest{ID: v.ID, PackID: v.Pack, State: v.State, ShopIDs: append([]id.ID{}, v.Spec.Shops...), From: string(v.Spec.From), To: string(v.Spec.To), A: backtestSide(v.Spec.A), B: backtestSide(v.Spec.B),
		Sales: v.Sales, Done: v.Done, Reason: v.Reason, CreatedAt: instant(v.CreatedAt), CreatedBy: v.By, StartedAt: instant(v.StartedAt), EndedAt: instant(v.EndedAt)}
}

func (a *api) backtests() {
	seeing := []auth.Permission{auth.PermPacks, auth.PermReports}
	const tag = "backtests"
	add(a, route{id: "start-backtest", method: http.MethodPost, path: "/backtests", tag: tag, summary: "Try a rule pack on past sales", any: seeing, key: mustKey, status: http.StatusCreated,
		doc: "Every sale of the period is priced twice, with all other packs as its receipt has them. Nothing is applied. It runs in the background; read it again for its progress and its report."}, a.startBacktest)
	add(a, route{id: "list-backtests", method: http.MethodGet, path: "/backtests", tag: tag, summary: "List backtests, the newest first", any: seeing},
		func(ctx context.Context, c caller, in *struct {
			PageIn
			PackID string `query:"pack_id" maxLength:"40"`
		}) (*read[List[Backtest]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, next, err := backtest.List(ctx, a.DB, c.Merchant, in.PackID, p)
			return listOf(rows, next, backtestOut), err
		})
	add(a, route{id: "get-backtest", method: http.MethodGet, path: "/backtests/{id}", tag: tag, summary: "Get a backtest, with its report once it is done", any: seeing}, a.getBacktest)
	add(a, route{id: "cancel-backtest", method: http.MethodPost, path: "/backtests/{id}/cancel", tag: tag, summary: "Cancel a backtest", any: seeing, key: mayKey},
		func(ctx context.Context, c caller, in *IDIn) (*changed[Backtest], error) {
			again := func(ctx context.Context, run id.ID) (backtest.Run, error) {
				return backtest.Get(ctx, a.DB, c.Merchant, run)
			}
			_, repeated, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, backtest.Run, error) {
				if err := backtest.Cancel(ctx, tx, c.Merchant, in.ID); err != nil {
					return id.None, backtest.Run{}, err
				}
				return in.ID, backtest.Run{}, auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "backtest.cancelled", SubjectKind: "backtest", SubjectID: in.ID.String()})
			}, again)
			if err != nil {
				return nil, err
			}
			v, err := again(ctx, in.ID)
			return changedTo(backtestOut(v), repeated), err
		})
	add(a, route{id: "try-pack", method: http.MethodPost, path: "/backtest-quotes", tag: tag, summary: "Try a rule pack on a few past sales and answer at once", any: seeing,
		doc: "At most 2000 sales, the newest first, and a few seconds; cut says that there are more. Nothing is stored."},
		func(ctx context.Context, c caller, in *struct{ Body NewBacktest }) (*read[BacktestReport], error) {
			spec, err := a.backtestSpec(ctx, c, &in.Body)
			if err != nil {
				return nil, err
			}
			r, err := a.Backtests.Quick(ctx, c.Merchant, spec)
			if err != nil {
				return nil, err
			}
			return reads(*c.backtestReport(r)), nil
		})
	a.shadows()
	a.replays()
	a.ruleExport()
}

// backtestSpec fills in what a request leaves out and checks it.
func (a *api) backtestSpec(ctx context.Context, c caller, b *NewBacktest) (backtest.Spec, error) {
	spec := backtest.Spec{Pack: b.PackID, Shops: b.ShopIDs, From: clock.Date(b.From), To: clock.Date(b.To), A: backtest.Variant{Mode: backtest.Off}, B: backtest.Variant{Mode: backtest.Set}}
	if spec.To == "" {
		shops, err := tenant.ListShops(ctx, a.DB, c.Merchant)
		if err != nil {
			return spec, err
		}
		for _, s := range shops {
			spec.To = max(spec.To, s.Zone.BusinessDate(a.DB.Now()))
		}
	}
	if spec.From == "" {
		spec.From = spec.To.AddDays(1 - backtest.QuickDays)
	}
	for _, side := range []struct {
		in *BacktestSide
		to *backtest.Variant
	}{{b.A, &spec.A}, {b.B, &spec.B}} {
		if side.in != nil {
			*side.to = backtest.Variant{Mode: side.in.Mode, Version: side.in.Version, Config: side.in.Config, Priority: side.in.Priority}
		}
		if side.to.Mode == backtest.Set && side.to.Version == "" {
			latest, err := a.Packs.For(ctx, c.Merchant).Latest(b.PackID)
			if err != nil {
				return spec, on(err, "pack_id")
			}
			side.to.Version = latest.Version
		}
	}
	return spec, a.Backtests.Check(ctx, c.Merchant, &spec)
}

func (a *api) startBacktest(ctx context.Context, c caller, in *struct{ Body NewBacktest }) (*made[Backtest], error) {
	spec, err := a.backtestSpec(ctx, c, &in.Body)
	if err != nil {
		return nil, err
	}
	v, repeated, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, backtest.Run, error) {
		v, err := backtest.Create(ctx, tx, c.Merchant, spec, c.ID)
		if err == nil {
			err = auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "backtest.started", SubjectKind: "backtest", SubjectID: v.ID.String(),
				Detail: map[string]any{"pack": spec.Pack, "from": spec.From, "to": spec.To}})
		}
		return v.ID, v, err
	}, func(ctx context.Context, run id.ID) (backtest.Run, error) {
		return backtest.Get(ctx, a.DB, c.Merchant, run)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/backtests/"+v.ID.String(), backtestOut(v), repeated), nil
}

func (a *api) getBacktest(ctx context.Context, c caller, in *IDIn) (*read[Backtest], error) {
	v, err := backtest.Get(ctx, a.DB, c.Merchant, in.ID)
	if err != nil {
		return nil, err
	}
	out := backtestOut(v)
	if v.State == backtest.Done {
		r, err := backtest.ReportOf(ctx, a.DB, c.Merchant, in.ID)
		if err != nil {
			return nil, err
		}
		out.Report = c.backtestReport(r)
	}
	return reads(out), nil
}

// ruleExport serves the file for `pack replay`.
func (a *api) ruleExport() {
	const kind = "application/x-ndjson"
	r := route{id: "export-rule-calls", method: http.MethodGet, path: "/rule-exports", tag: "backtests", summary: "Export recorded rule calls, without personal data", any: []auth.Permission{auth.PermPacks},
		doc: "Lines of JSON in the form shopwright.replay.v1, for `shopwright pack replay`. Sales, members and shops are pseudonyms of this file alone."}
	add(a, r, func(ctx context.Context, c caller, in *struct {
		From   string `query:"from" format:"date" required:"true"`
		To     string `query:"to" format:"date" required:"true" doc:"Included."`
		ShopID id.ID  `query:"shop_id" format:"uuid"`
		PackID string `query:"pack_id" maxLength:"40" doc:"Only sales that this pack was asked for."`
		Limit  int    `query:"limit" minimum:"1" maximum:"50000" default:"5000" doc:"The most sales."`
	}) (*fileOut, error) {
		q := backtest.ExportQuery{From: clock.Date(in.From), To: clock.Date(in.To), Pack: in.PackID, Limit: in.Limit}
		if !in.ShopID.IsNone() {
			q.Shops = []id.ID{in.ShopID}
		}
		if err := q.Check(); err != nil {
			return nil, err
		}
		m, err := tenant.GetMerchant(ctx, a.DB, c.Merchant)
		if err != nil {
			return nil, err
		}
		err = a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "rules.exported", SubjectKind: "merchant", SubjectID: c.Merchant.String(), Detail: map[string]any{"from": in.From, "to": in.To, "pack": in.PackID}})
		})
		if err != nil {
			return nil, err
		}
		out := csvFile("rules-"+in.From+"-"+in.To, func(hc huma.Context) error {
			_, err := a.Backtests.Export(ctx, hc.BodyWriter(), m, q)
			return err
		}, a.broken(ctx))
		out.ContentType, out.Vary, out.Disposition = kind, "", `attachment; filename="rules-`+in.From+`-`+in.To+`.ndjson"`
		return out, nil
	})
	a.huma.OpenAPI().Paths[Prefix+r.path].Get.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: huma.TypeString}}}}
}

// mapAll converts every item; the result is never nil.
func mapAll[F, T any](from []F, f func(F) T) []T {
	out := make([]T, 0, len(from))
	for _, v := range from {
		out = append(out, f(v))
	}
	return out
}
