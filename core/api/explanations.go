package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

// Explanation says why a sale's amounts are what they are.
type Explanation struct {
	ID          id.ID         `json:"id" format:"uuid" doc:"The sale's."`
	SaleID      id.ID         `json:"sale_id" format:"uuid"`
	Currency    string        `json:"currency"`
	Lines       []Line        `json:"lines"`
	Adjustments []Adjustment  `json:"adjustments" doc:"What was applied."`
	Lost        []LostBenefit `json:"lost" doc:"What was proposed and not applied."`
	Grants      []Grant       `json:"grants" doc:"Points, a bonus, a tier, commission."`
	Notes       []RuleNote    `json:"notes"`
	Rules       []RuleRun     `json:"rules" doc:"Each call of each pack."`
}

// RuleNote is what a pack has to say.
type RuleNote struct {
	Hook        string `json:"hook"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Code        string `json:"code"`
	LineID      id.ID  `json:"line_id,omitzero" format:"uuid"`
	Text        string `json:"text" doc:"In the language of the request."`
}

// LostBenefit is a proposal that was not applied.
type LostBenefit struct {
	RuleNote
	Why     string  `json:"why" enum:"beaten,threshold,no_units,no_amount,not_available,invalid"`
	WhyText string  `json:"why_text"`
	ByPack  string  `json:"by_pack,omitempty" doc:"The pack of what went before it."`
	ByCode  string  `json:"by_code,omitempty"`
	LineIDs []id.ID `json:"line_ids,omitempty" doc:"Where it lost; none: everywhere."`
}

// Grant is what a pack gave apart from a lower price.
type Grant struct {
	RuleNote
	Kind   string `json:"kind" doc:"points, bonus, rebate, tier, commission; tender_limit; grant_ with points, money, coupon, visits, gift, message, chances; of refunds taken_back_, kept_ and return_."`
	Points int64  `json:"points,omitempty"`
	Amount Money  `json:"amount,omitempty" doc:"A bonus, a rebate, a commission, a limit, a fee."`
	Count  int64  `json:"count,omitempty" doc:"Of what was given or taken back."`
	Ref    string `json:"ref,omitempty" doc:"What was given: the code of a definition, service or gift, a template; or the tender that is limited."`
}

// RuleRun is one call of one pack for a hook, with the bytes that went in and out.
type RuleRun struct {
	Hook        string `json:"hook"`
	PackID      string `json:"pack_id"`
	PackName    string `json:"pack_name"`
	PackVersion string `json:"pack_version"`
	ModuleHash  string `json:"module_hash"`
	ConfigHash  string `json:"config_hash"`
	Outcome     string `json:"outcome" doc:"ok, or the code of the fault where the fallback was used."`
	OutcomeText string `json:"outcome_text,omitempty"`
	Fuel        int64  `json:"fuel"`
	Nanos       int64  `json:"nanos"`
	Input       []byte `json:"input" doc:"Base64."`
	Output      []byte `json:"output" doc:"Base64."`
}

func (a *api) explanations() {
	add(a, route{id: "explain-sale", method: http.MethodGet, path: "/sales/{id}/explanation", tag: "sales", summary: "Why a sale's amounts are what they are", any: []auth.Permission{auth.PermSell, auth.PermReports}},
		func(ctx context.Context, c caller, in *IDIn) (*read[Explanation], error) {
			s, trace, err := a.Desk.Explain(ctx, c.Merchant, in.ID)
			if err != nil {
				return nil, err
			}
			return reads(a.explanationOut(localeOf(ctx), s, &trace)), nil
		})
}

func (a *api) explanationOut(l i18n.Locale, s *sale.Sale, t *checkout.Trace) Explanation {
	m := moneyIn(s.Currency)
	out := Explanation{ID: s.ID, SaleID: s.ID, Currency: s.Currency.Code, Lines: []Line{}, Adjustments: a.adjustmentsOut(s.Merchant, l, s.Currency, s.Adjustments),
		Lost: []LostBenefit{}, Grants: []Grant{}, Notes: []RuleNote{}, Rules: []RuleRun{}}
	for i := range s.Lines {
		out.Lines = append(out.Lines, lineOut(s.Currency, &s.Lines[i]))
	}
	for i := range t.Lost {
		v := &t.Lost[i]
		lost := LostBenefit{RuleNote: a.note(l, s, &v.TraceNote), Why: v.Why, ByPack: v.ByPack, ByCode: v.ByCode}
		lost.WhyText = l.T("promotion.why."+v.Why, "by", a.packName(s.Merchant, l, v.ByPack))
		for _, n := range v.Lines {
			lost.LineIDs = append(lost.LineIDs, lineID(s, n))
		}
		out.Lost = append(out.Lost, lost)
	}
	for i := range t.Grants {
		v := &t.Grants[i]
		g := Grant{RuleNote: a.note(l, s, &v.TraceNote), Kind: v.Kind}
		switch v.Kind {
		case "points", "grant_points", "return_keep_points":
			g.Points = v.Amount
		case "grant_coupon", "grant_visits", "grant_gift", "grant_message", "grant_chances", "taken_back_coupon", "taken_back_visits", "taken_back_gift", "taken_back_chances",
			"kept_coupon", "kept_visits", "kept_gift", "kept_chances":
			g.Count, g.Ref = v.Amount, v.Ref
		case "bonus", "commission", "rebate", "grant_money", "tender_limit", "return_fee":
			g.Amount = m(money.Amount(v.Amount))
		}
		out.Grants = append(out.Grants, g)
	}
	for i := range t.Notes {
		out.Notes = append(out.Notes, a.note(l, s, &t.Notes[i]))
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		run := RuleRun{Hook: r.Hook, PackID: r.PackID, PackName: a.packName(s.Merchant, l, r.PackID), PackVersion: r.PackVersion, ModuleHash: r.ModuleHash, ConfigHash: r.ConfigHash, Outcome: r.Outcome, Fuel: r.Fuel, Nanos: r.Nanos, Input: r.Input, Output: r.Output}
		if r.Outcome != "ok" {
			run.OutcomeText = l.T(r.Outcome)
		}
		out.Rules = append(out.Rules, run)
	}
	return out
}

func (a *api) note(l i18n.Locale, s *sale.Sale, n *checkout.TraceNote) RuleNote {
	return RuleNote{Hook: n.Hook, PackID: n.Pack, PackVersion: n.Version, Code: n.Code, LineID: lineID(s, n.Line),
		Text: a.message(s.Merchant, l, s.Currency, n.Pack, n.Version, promotion.Note{Code: n.Code, Arg: n.Arg, Money: n.Money, Label: n.Label, LineNo: n.Line})}
}

// lineID is the id of a line by its place in the basket, none for the whole.
func lineID(s *sale.Sale, no uint32) id.ID {
	if no == 0 || int(no) > len(s.Lines) {
		return id.None
	}
	return s.Lines[no-1].ID
}

// packName is a pack's name for people, whatever its version.
func (a *api) packName(m id.ID, l i18n.Locale, packID string) string {
	if b, err := a.packTexts(m).Latest(packID); err == nil {
		return b.Name(l)
	}
	return strings.TrimSpace(packID)
}
