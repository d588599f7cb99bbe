package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// NewTier is a level to be added.
type NewTier struct {
	Code string `json:"code" example:"gold" doc:"It stays."`
	Name string `json:"name" example:"Gold"`
	Rank int    `json:"rank" minimum:"0" maximum:"1000000" doc:"Higher is better."`
}

// TierIn renames a level or moves it.
type TierIn struct {
	Name string `json:"name"`
	Rank int    `json:"rank" minimum:"0" maximum:"1000000"`
}

// MemberTier is how a member stands.
type MemberTier struct {
	ID         id.ID        `json:"id" format:"uuid" doc:"The member's."`
	Tier       string       `json:"tier" doc:"The code, \"\" without one."`
	TierSince  Instant      `json:"tier_since,omitzero"`
	Deserved   string       `json:"deserved" doc:"What the figures deserve today, \"\" none."`
	Known      bool         `json:"deserved_known" doc:"Whether every rule pack has answered."`
	HeldUntil  string       `json:"held_until,omitempty" doc:"The last day of a tier set by hand; 9999-12-31 is for ever."`
	BelowSince string       `json:"below_since,omitempty" format:"date"`
	GraceUntil string       `json:"grace_until,omitempty" format:"date" doc:"The last day on which the tier is kept although the figures fell short."`
	ReviewOn   string       `json:"review_on,omitempty" format:"date"`
	Currency   string       `json:"currency"`
	Next       *TierNext    `json:"next,omitempty" doc:"The next tier, where the rule packs name one."`
	Notes      []RuleNote   `json:"notes"`
	History    []TierChange `json:"history" doc:"The newest changes, at most fifty."`
}

// TierNext is what is missing to the next tier.
type TierNext struct {
	Tier    string `json:"tier"`
	Metric  string `json:"metric" doc:"spend, visits, points."`
	Missing int64  `json:"missing,omitempty" doc:"Visits or points."`
	Need    int64  `json:"need,omitempty"`
	Amount  Money  `json:"missing_amount,omitempty" doc:"Where spend counts."`
	Of      Money  `json:"need_amount,omitempty"`
}

// TierChange is a line of a member's tier history.
type TierChange struct {
	ID        id.ID   `json:"id" format:"uuid"`
	From      string  `json:"from"`
	To        string  `json:"to"`
	At        Instant `json:"at"`
	SaleID    id.ID   `json:"sale_id,omitzero" format:"uuid" doc:"That reached the step."`
	PackID    string  `json:"pack_id,omitempty"`
	Reason    string  `json:"reason" doc:"A code, or what a person wrote."`
	ActorID   id.ID   `json:"actor_id,omitzero" format:"uuid" doc:"Who did it by hand."`
	HeldUntil string  `json:"held_until,omitempty"`
}

// TierByHand is a tier that a person gives a member.
type TierByHand struct {
	Tier   string `json:"tier" doc:"The code, \"\" for none."`
	Until  string `json:"until,omitempty" example:"2026-12-31" doc:"The last day on which it stays whatever the figures say; 9999-12-31 is for ever; without it the rules go on."`
	Reason string `json:"reason" example:"Moved house, keeps gold"`
}

func tierOut(t member.Tier) Tier { return Tier{ID: t.Code, Code: t.Code, Name: t.Name, Rank: t.Rank} }

// tiers are the operations on levels beside their list.
func (a *api) tiers() {
	add(a, route{id: "create-tier", method: http.MethodPost, path: "/tiers", tag: "members", summary: "Add a tier", any: []auth.Permission{auth.PermSettings, auth.PermCatalog}, key: mayKey, status: http.StatusCreated}, a.createTier)
	add(a, route{id: "update-tier", method: http.MethodPut, path: "/tiers/{code}", tag: "members", summary: "Rename a tier or move its rank", any: []auth.Permission{auth.PermSettings, auth.PermCatalog}}, a.updateTier)
	add(a, route{id: "get-member-tier", method: http.MethodGet, path: "/members/{id}/tier", tag: "members", summary: "How a member stands: tier, progress, history", any: []auth.Permission{auth.PermMembers, auth.PermSell}},
		func(ctx context.Context, c caller, in *IDIn) (*read[MemberTier], error) {
			out, err := a.memberTier(ctx, c, in.ID)
			return reads(out), err
		})
	add(a, route{id: "set-member-tier", method: http.MethodPut, path: "/members/{id}/tier", tag: "members", summary: "Give a member a tier by hand", any: []auth.Permission{auth.PermAdjust}},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body TierByHand
		}) (*read[MemberTier], error) {
			b := in.Body
			if _, err := a.Desk.SetTier(ctx, checkout.TierSet{Merchant: c.Merchant, Member: in.ID, Tier: b.Tier, Until: clock.Date(b.Until), Reason: b.Reason, Actor: c.ID}); err != nil {
				return nil, err
			}
			out, err := a.memberTier(ctx, c, in.ID)
			return reads(out), err
		})
}

func (a *api) createTier(ctx context.Context, c caller, in *struct{ Body NewTier }) (*made[Tier], error) {
	t := member.Tier{Code: in.Body.Code, Name: in.Body.Name, Rank: in.Body.Rank}
	t, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, member.Tier, error) {
		if err := member.CreateTier(ctx, tx, c.Merchant, t); err != nil {
			return id.None, t, err
		}
		return id.Derived("tier", c.Merchant.String(), t.Code), t, auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "tier.created", SubjectKind: "tier", SubjectID: t.Code, Detail: map[string]int{"rank": t.Rank}})
	}, func(ctx context.Context, _ id.ID) (member.Tier, error) {
		return a.findTier(ctx, c, in.Body.Code)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/tiers", tierOut(t), again), nil
}

func (a *api) findTier(ctx context.Context, c caller, code string) (member.Tier, error) {
	tiers, err := member.ListTiers(ctx, a.DB, c.Merchant)
	if err != nil {
		return member.Tier{}, err
	}
	for _, t := range tiers {
		if t.Code == code {
			return t, nil
		}
	}
	return member.Tier{}, member.ErrTierNotFound
}

func (a *api) updateTier(ctx context.Context, c caller, in *struct {
	Code string `path:"code" maxLength:"40"`
	Body TierIn
}) (*read[Tier], error) {
	t := member.Tier{Code: in.Code, Name: in.Body.Name, Rank: in.Body.Rank}
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := member.UpdateTier(ctx, tx, c.Merchant, t); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "tier.updated", SubjectKind: "tier", SubjectID: t.Code, Detail: map[string]int{"rank": t.Rank}})
	})
	if err != nil {
		return nil, err
	}
	t, err = a.findTier(ctx, c, in.Code)
	return reads(tierOut(t)), err
}

func (a *api) memberTier(ctx context.Context, c caller, m id.ID) (MemberTier, error) {
	s, err := a.Desk.TierStanding(ctx, c.Merchant, m)
	if err != nil {
		return MemberTier{}, err
	}
	hist, _, err := member.ListTierHistory(ctx, a.DB, c.Merchant, m, db.Page{})
	if err != nil {
		return MemberTier{}, err
	}
	out := MemberTier{ID: m, Tier: s.Tier, TierSince: instant(s.Since), Deserved: s.Deserved, Known: s.Known, BelowSince: string(s.State.BelowSince), GraceUntil: string(s.State.GraceUntil),
		HeldUntil: string(s.State.HeldUntil), ReviewOn: string(s.State.ReviewOn), Currency: c.currency.Code, Notes: a.tierNotes(ctx, c, s.Notes), History: make([]TierChange, 0, len(hist))}
	if s.Next != "" {
		out.Next = &TierNext{Tier: s.Next, Metric: s.Metric, Missing: s.Missing, Need: s.Need}
		if s.InMoney {
			out.Next = &TierNext{Tier: s.Next, Metric: s.Metric, Amount: c.money(money.Amount(s.Missing)), Of: c.money(money.Amount(s.Need))}
		}
	}
	for _, h := range hist {
		out.History = append(out.History, TierChange{ID: h.ID, From: h.From, To: h.To, At: instant(h.At), SaleID: h.Sale, PackID: h.Pack, Reason: h.Reason, ActorID: h.Actor, HeldUntil: string(h.HeldUntil)})
	}
	return out, nil
}

// tierNotes says the packs' notes in the language of the request.
func (a *api) tierNotes(ctx context.Context, c caller, notes []checkout.TraceNote) []RuleNote {
	out := make([]RuleNote, 0, len(notes))
	for _, n := range notes {
		v := RuleNote{Hook: n.Hook, PackID: n.Pack, PackVersion: n.Version, Code: n.Code, Text: n.Code}
		if b, err := a.Packs.For(ctx, c.Merchant).Get(n.Pack, n.Version); err == nil {
			v.Text = b.Message(localeOf(ctx), n.Code, promotion.Note{Code: n.Code, Arg: n.Arg, Money: n.Money, Label: n.Label}, c.currency)
		}
		out = append(out, v)
	}
	return out
}
