package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/web"
)

// PackLint is how a rule pack meets the others that are on in a shop, and what is
// to be known before it is switched on or changed.
type PackLint struct {
	PackID   string            `json:"pack_id"`
	ShopID   id.ID             `json:"shop_id" format:"uuid"`
	Version  string            `json:"version"`
	Priority int32             `json:"priority"`
	Trust    string            `json:"trust"`
	Baskets  int               `json:"baskets" doc:"Golden cases and receipts that were looked at."`
	Receipts int               `json:"receipts" doc:"Of them receipts."`
	Complete bool              `json:"complete" doc:"False: time ran out before every basket was looked at."`
	Findings []LintFinding     `json:"findings" doc:"Errors first."`
	Meetings []PackMeeting     `json:"meetings"`
	Hooks    []PackHookMeeting `json:"hooks"`
}

// LintFinding is one thing to know.
type LintFinding struct {
	Code     string         `json:"code" doc:"Stable."`
	Severity string         `json:"severity" enum:"error,warn,info"`
	Other    string         `json:"other" doc:"The id of the other pack that it is about."`
	Args     map[string]any `json:"args"`
	Text     string         `json:"text" doc:"In the language of the request."`
}

// PackMeeting is how one category of the pack meets one of another pack.
type PackMeeting struct {
	Category      string   `json:"category"`
	Phase         string   `json:"phase" enum:",price,visits,line,order,tender"`
	Other         string   `json:"other" doc:"The id of the other pack."`
	OtherCategory string   `json:"other_category"`
	OtherPhase    string   `json:"other_phase" enum:",price,visits,line,order,tender"`
	Relation      string   `json:"relation" enum:"stacks,best_wins,never_both"`
	First         string   `json:"first" doc:"The id of the pack that goes first; \"\" where it varies."`
	Why           string   `json:"why" enum:"phase,priority,id,varies"`
	Assumed       bool     `json:"assumed" doc:"Read from the manifests alone: no basket showed it."`
	Baskets       int      `json:"baskets" doc:"Where both proposed something for one line."`
	Won           int      `json:"won" doc:"Where it beat the other."`
	Lost          int      `json:"lost" doc:"Where the other beat it."`
	Both          int      `json:"both" doc:"Where both were applied to one line."`
	Examples      []string `json:"examples"`
}

// PackHookMeeting is how two packs meet in a hook whose answers do not stack.
type PackHookMeeting struct {
	Hook  string `json:"hook"`
	Other string `json:"other"`
	Rule  string `json:"rule" enum:"whole,line,highest" doc:"The better answer wins whole; the better of each line; the highest."`
}

func (a *api) packLint() {
	add(a, route{id: "lint-pack", method: http.MethodGet, path: "/packs/{id}/lint", tag: "rule packs", summary: "How a rule pack would meet the others of a shop", any: packReaders,
		doc: "Nothing is written. What is not said is as the shop has it."},
		func(ctx context.Context, c caller, in *struct {
			PackIDIn
			ShopID   id.ID  `query:"shop_id" format:"uuid" doc:"Default: the first shop."`
			Version  string `query:"version" maxLength:"64"`
			Priority string `query:"priority" pattern:"^-?[0-9]{1,7}$" doc:"An integer."`
		}) (*read[PackLint], error) {
			shop, err := a.shopOr(ctx, c.Merchant, in.ShopID)
			if err != nil {
				return nil, err
			}
			asked := pack.Asked{Version: in.Version}
			if asked.Priority, err = int32Of(in.Priority); err != nil {
				return nil, err
			}
			m, err := a.Meetings.Look(ctx, c.Merchant, shop, in.ID, asked)
			if err != nil {
				return nil, err
			}
			return reads(lintOut(localeOf(ctx), shop, m)), nil
		})
}

// int32Of reads an optional number of a query.
func int32Of(s string) (*int32, error) {
	if s == "" {
		return nil, nil //nolint:nilnil // nothing was said
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return nil, web.ErrMalformed.On("priority").Wrap(err)
	}
	return new(int32(n)), nil
}

// shopOr is the shop that is named, else the merchant's first. Fault:
// tenant.shop_not_found.
func (a *api) shopOr(ctx context.Context, m, shop id.ID) (id.ID, error) {
	all, err := tenant.ListShops(ctx, a.DB, m)
	if err != nil {
		return id.None, err
	}
	for _, s := range all {
		if shop.IsNone() || s.ID == shop {
			return s.ID, nil
		}
	}
	return id.None, tenant.ErrShopNotFound.On("shop_id")
}

func lintOut(l i18n.Locale, shop id.ID, m *report.PackMeeting) PackLint {
	out := PackLint{PackID: m.Subject.Bundle.ID, ShopID: shop, Version: m.Subject.Bundle.Version, Priority: m.Subject.Priority, Trust: m.Trust.String(), Baskets: m.Seen.Baskets, Receipts: m.Seen.Past, Complete: !m.Cut,
		Findings: []LintFinding{}, Meetings: []PackMeeting{}, Hooks: []PackHookMeeting{}}
	for _, f := range m.Findings {
		out.Findings = append(out.Findings, LintFinding{Code: f.Code, Severity: string(f.Severity), Other: f.Other, Args: f.Args, Text: m.Say(l, f)})
	}
	for _, x := range m.Matrix.Meetings {
		out.Meetings = append(out.Meetings, PackMeeting{Category: x.A.Category, Phase: string(x.A.Phase), Other: x.B.Pack, OtherCategory: x.B.Category, OtherPhase: string(x.B.Phase), Relation: string(x.Relation),
			First: x.First, Why: x.Why, Assumed: x.Assumed, Baskets: x.Seen.Baskets, Won: x.Seen.Won[0], Lost: x.Seen.Won[1], Both: x.Seen.Both, Examples: append([]string{}, x.Seen.Sample...)})
	}
	for _, h := range m.Matrix.Hooks {
		out.Hooks = append(out.Hooks, PackHookMeeting{Hook: h.Hook, Other: h.Other, Rule: h.Rule})
	}
	return out
}
