package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

// CheckIn is a member's presence on a business date.
type CheckIn struct {
	ID       string     `json:"id" doc:"The date: one a day."`
	MemberID id.ID      `json:"member_id" format:"uuid"`
	Date     clock.Date `json:"date" format:"date"`
	ShopID   id.ID      `json:"shop_id" format:"uuid"`
	Streak   int64      `json:"streak" doc:"Days in a row, this one included."`
	At       Instant    `json:"at"`
}

func checkInOut(v campaign.CheckIn) CheckIn {
	return CheckIn{ID: string(v.Date), MemberID: v.Member, Date: v.Date, ShopID: v.Shop, Streak: v.Streak, At: instant(v.At)}
}

// Referral is who brought a member.
type Referral struct {
	ID          id.ID   `json:"id" format:"uuid" doc:"The member's: nobody is brought twice."`
	MemberID    id.ID   `json:"member_id" format:"uuid"`
	ReferrerID  id.ID   `json:"referrer_id" format:"uuid"`
	At          Instant `json:"at"`
	FirstSaleID id.ID   `json:"first_sale_id,omitzero" format:"uuid" doc:"Without: the member has not bought yet, or nobody has looked since."`
	FirstSaleAt Instant `json:"first_sale_at,omitzero"`
}

func referralOut(v campaign.Referral) Referral {
	return Referral{ID: v.Member, MemberID: v.Member, ReferrerID: v.Referrer, At: instant(v.At), FirstSaleID: v.Sale, FirstSaleAt: instant(v.SaleAt)}
}

// MemberGrant is something that rules gave a member besides money.
type MemberGrant struct {
	ID          id.ID   `json:"id" format:"uuid"`
	MemberID    id.ID   `json:"member_id" format:"uuid"`
	ShopID      id.ID   `json:"shop_id" format:"uuid"`
	Source      string  `json:"source" enum:"sale,trigger,draw,manual"`
	SourceID    id.ID   `json:"source_id" format:"uuid" doc:"The sale, the run of the trigger, the draw; by hand: who gave it."`
	LineID      id.ID   `json:"line_id,omitzero" format:"uuid" doc:"Of the sale; without, it belongs to the whole."`
	Kind        string  `json:"kind" enum:"points,money,coupon,visits,gift,message,chances"`
	Ref         string  `json:"ref" doc:"What: the code of a coupon definition, service or gift, a message template; chances: the pack that draws."`
	TargetID    id.ID   `json:"target_id,omitzero" format:"uuid"`
	Count       int64   `json:"count"`
	Amount      Money   `json:"amount,omitempty" doc:"Money."`
	Used        int64   `json:"used" doc:"Gifts fetched, chances played."`
	TakenBack   int64   `json:"taken_back" doc:"By a refund."`
	Kept        int64   `json:"kept" doc:"A refund would have taken it back, but it was used."`
	ValidUntil  Instant `json:"valid_until,omitzero"`
	PackID      string  `json:"pack_id"`
	PackVersion string  `json:"pack_version"`
	Code        string  `json:"code"`
	At          Instant `json:"at"`
}

func (c caller) grant(g campaign.Grant) MemberGrant {
	out := MemberGrant{ID: g.ID, MemberID: g.Member, ShopID: g.Shop, Source: g.Source, SourceID: g.SourceID, LineID: g.Line, Kind: g.Kind, Ref: g.Ref, TargetID: g.Target, Count: g.Count,
		Used: g.Used, TakenBack: g.TakenBack, Kept: g.Kept, ValidUntil: instant(g.ValidUntil), PackID: g.PackID, PackVersion: g.Version, Code: g.Note.Code, At: instant(g.At)}
	if g.Kind == campaign.Money {
		out.Amount = c.money(g.Amount)
	}
	return out
}

// TriggerRun is one pack's run over one event.
type TriggerRun struct {
	ID          id.ID      `json:"id" format:"uuid"`
	PackID      string     `json:"pack_id"`
	PackVersion string     `json:"pack_version"`
	ModuleHash  string     `json:"module_hash"`
	ConfigHash  string     `json:"config_hash"`
	Event       string     `json:"event" enum:"joined,birthday,sale,check_in,lapsed,referral,tier,top_up"`
	EventKey    string     `json:"event_key" doc:"What happened, once and for all: a pack sees it once."`
	MemberID    id.ID      `json:"member_id" format:"uuid"`
	ShopID      id.ID      `json:"shop_id" format:"uuid"`
	Date        clock.Date `json:"business_date" format:"date"`
	Outcome     string     `json:"outcome" doc:"ok; limited: over the day's limit, nothing was given; or the code of a fault."`
	OutcomeText string     `json:"outcome_text,omitempty"`
	Grants      int        `json:"grants"`
	Fuel        int64      `json:"fuel"`
	Input       []byte     `json:"input" doc:"Base64."`
	Output      []byte     `json:"output" doc:"Base64."`
	At          Instant    `json:"at"`
}

// Prize is what a shop has put into a pack's draw.
type Prize struct {
	ID        string  `json:"id" doc:"pack_id/code."`
	ShopID    id.ID   `json:"shop_id" format:"uuid"`
	PackID    string  `json:"pack_id"`
	Code      string  `json:"code"`
	Stock     int64   `json:"stock" doc:"-1: no limit."`
	Drawn     int64   `json:"drawn"`
	UpdatedAt Instant `json:"updated_at"`
}

func prizeOut(p campaign.Prize) Prize {
	return Prize{ID: p.PackID + "/" + p.Code, ShopID: p.Shop, PackID: p.PackID, Code: p.Code, Stock: p.Stock, Drawn: p.Drawn, UpdatedAt: instant(p.UpdatedAt)}
}

// PrizeIn sets a prize's stock.
type PrizeIn struct {
	ShopID id.ID  `json:"shop_id" format:"uuid"`
	PackID string `json:"pack_id" maxLength:"40"`
	Code   string `json:"code" maxLength:"64"`
	Stock  int64  `json:"stock" minimum:"-1" maximum:"1000000000" doc:"In all, what was drawn included; -1: no limit."`
}

// Draw is one chance played, with all that it takes to play it again.
type Draw struct {
	ID          id.ID         `json:"id" format:"uuid"`
	ShopID      id.ID         `json:"shop_id" format:"uuid"`
	MemberID    id.ID         `json:"member_id" format:"uuid"`
	ChanceID    id.ID         `json:"chance_id" format:"uuid"`
	PackID      string        `json:"pack_id"`
	PackVersion string        `json:"pack_version"`
	ModuleHash  string        `json:"module_hash"`
	ConfigHash  string        `json:"config_hash"`
	Seed        string        `json:"seed" doc:"An unsigned 64-bit number, supplied by the host."`
	Prize       string        `json:"prize" doc:"\"\": none."`
	Fuel        int64         `json:"fuel"`
	Input       []byte        `json:"input" doc:"Base64."`
	Output      []byte        `json:"output" doc:"Base64."`
	Date        clock.Date    `json:"business_date" format:"date"`
	At          Instant       `json:"at"`
	Grants      []MemberGrant `json:"grants,omitempty" doc:"What the prize gave; not in lists."`
}

func drawOut(v campaign.Draw) Draw {
	return Draw{ID: v.ID, ShopID: v.Shop, MemberID: v.Member, ChanceID: v.Chance, PackID: v.PackID, PackVersion: v.Version, ModuleHash: v.Module, ConfigHash: v.Config,
		Seed: strconv.FormatUint(v.Seed, 10), Prize: v.Prize, Fuel: v.Fuel, Input: v.Input, Output: v.Output, Date: v.Date, At: instant(v.At)}
}

func (c caller) drawn(v campaign.Draw, gs []campaign.Grant) Draw {
	out := drawOut(v)
	for _, g := range gs {
		out.Grants = append(out.Grants, c.grant(g))
	}
	return out
}

// DrawIn plays a chance.
type DrawIn struct {
	ChanceID id.ID `json:"chance_id" format:"uuid" doc:"A grant of kind chances."`
	ShopID   id.ID `json:"shop_id,omitzero" format:"uuid" doc:"Where it is played; without, where the chance was given."`
}

// CheckInIn says where a member is.
type CheckInIn struct {
	ShopID id.ID `json:"shop_id" format:"uuid"`
}

// ReferrerIn names who brought a member.
type ReferrerIn struct {
	ReferrerID id.ID `json:"referrer_id" format:"uuid"`
}

// ChancesIn gives chances of a draw.
type ChancesIn struct {
	ShopID id.ID  `json:"shop_id" format:"uuid"`
	PackID string `json:"pack_id" maxLength:"40" doc:"A pack that draws and is on in the shop."`
	Count  int64  `json:"count" minimum:"1" maximum:"100"`
	Reason string `json:"reason" maxLength:"200"`
}

type memberPageIn struct {
	PageIn
	MemberID id.ID `query:"member_id" format:"uuid"`
}

func (a *api) campaigns() {
	serving, seeing := []auth.Permission{auth.PermSell, auth.PermMembers}, []auth.Permission{auth.PermCatalog, auth.PermReports}
	a.memberCampaigns(serving)
	add(a, route{id: "list-trigger-runs", method: http.MethodGet, path: "/trigger-runs", tag: "campaigns", summary: "List what events have set off, the newest first", any: seeing},
		func(ctx context.Context, c caller, in *memberPageIn) (*read[List[TriggerRun]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			runs, next, err := campaign.ListRuns(ctx, a.DB, c.Merchant, in.MemberID, p)
			return listOf(runs, next, func(v campaign.Run) TriggerRun { return triggerRunOut(localeOf(ctx), v) }), err
		})
	add(a, route{id: "list-prizes", method: http.MethodGet, path: "/prizes", tag: "campaigns", summary: "List the prizes of a shop's draws", any: append(seeing, auth.PermSell)},
		func(ctx context.Context, c caller, in *struct {
			ShopID id.ID  `query:"shop_id" format:"uuid" required:"true"`
			PackID string `query:"pack_id" maxLength:"40"`
		}) (*read[List[Prize]], error) {
			ps, err := campaign.ListPrizes(ctx, a.DB, c.Merchant, in.ShopID, in.PackID)
			return listOf(ps, "", prizeOut), err
		})
	add(a, route{id: "set-prize", method: http.MethodPut, path: "/prizes", tag: "campaigns", summary: "Put a prize into a draw, or change its stock", any: []auth.Permission{auth.PermCatalog}},
		func(ctx context.Context, c caller, in *struct{ Body PrizeIn }) (*read[Prize], error) {
			b := in.Body
			p := campaign.Prize{Shop: b.ShopID, PackID: b.PackID, Code: b.Code, Stock: b.Stock}
			err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				if err := checkShop(ctx, tx, c.Merchant, b.ShopID); err != nil {
					return err
				}
				if err := campaign.SetPrize(tx, c.Merchant, &p); err != nil {
					return err
				}
				return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "campaign.prize_set", SubjectKind: "prize", SubjectID: p.PackID + "/" + p.Code, Detail: map[string]any{"shop": b.ShopID.String(), "stock": b.Stock}})
			})
			if err != nil {
				return nil, err
			}
			ps, err := campaign.ListPrizes(ctx, a.DB, c.Merchant, b.ShopID, b.PackID)
			for i := range ps {
				if ps[i].Code == b.Code {
					p = ps[i]
				}
			}
			return reads(prizeOut(p)), err
		})
	add(a, route{id: "list-draws", method: http.MethodGet, path: "/draws", tag: "campaigns", summary: "List draws, the newest first", any: append(seeing, auth.PermSell)},
		func(ctx context.Context, c caller, in *memberPageIn) (*read[List[Draw]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			vs, next, err := campaign.ListDraws(ctx, a.DB, c.Merchant, in.MemberID, p)
			return listOf(vs, next, drawOut), err
		})
	add(a, route{id: "get-draw", method: http.MethodGet, path: "/draws/{id}", tag: "campaigns", summary: "Get a draw with what it gave", any: append(seeing, auth.PermSell)},
		func(ctx context.Context, c caller, in *IDIn) (*read[Draw], error) {
			v, err := campaign.GetDraw(ctx, a.DB, c.Merchant, in.ID)
			if err != nil {
				return nil, err
			}
			gs, err := campaign.ListGrantsOf(ctx, a.DB, c.Merchant, in.ID)
			return reads(c.drawn(v, gs)), err
		})
	add(a, route{id: "draw", method: http.MethodPost, path: "/draws", tag: "campaigns", summary: "Play a member's chance", any: serving, key: mayKey, status: http.StatusCreated,
		doc: "The prize is one of those with stock. The chance is used, the prize leaves its stock and what it gives is booked together, or nothing is."},
		func(ctx context.Context, c caller, in *struct{ Body DrawIn }) (*made[Draw], error) {
			v, err := a.Desk.Draw(ctx, checkout.DrawIn{Merchant: c.Merchant, Chance: in.Body.ChanceID, Shop: in.Body.ShopID, Idem: c.idem})
			if err != nil {
				return nil, err
			}
			return madeAt("/draws/"+v.ID.String(), c.drawn(v.Draw, v.Grants), v.Replayed), nil
		})
}

func triggerRunOut(l i18n.Locale, v campaign.Run) TriggerRun {
	out := TriggerRun{ID: v.ID, PackID: v.PackID, PackVersion: v.Version, ModuleHash: v.Module, ConfigHash: v.Config, Event: v.Event, EventKey: v.EventKey, MemberID: v.Member, ShopID: v.Shop,
		Date: v.Date, Outcome: v.Outcome, Grants: v.Grants, Fuel: v.Fuel, Input: v.Input, Output: v.Output, At: instant(v.At)}
	switch v.Outcome {
	case campaign.OutcomeOK:
	case campaign.OutcomeLimited:
		out.OutcomeText = l.T("campaign.day_limit")
	default:
		out.OutcomeText = l.T(v.Outcome)
	}
	return out
}

// memberCampaigns are the operations below a member.
func (a *api) memberCampaigns(serving []auth.Permission) {
	add(a, route{id: "list-check-ins", method: http.MethodGet, path: "/members/{id}/check-ins", tag: "campaigns", summary: "List a member's check-ins, the newest first", any: serving},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Limit int `query:"limit" minimum:"1" maximum:"400" default:"50"`
		}) (*read[List[CheckIn]], error) {
			vs, err := campaign.ListCheckIns(ctx, a.DB, c.Merchant, in.ID, in.Limit)
			return listOf(vs, "", checkInOut), err
		})
	add(a, route{id: "check-in", method: http.MethodPost, path: "/members/{id}/check-ins", tag: "campaigns", summary: "Check a member in", any: serving, key: mayKey, status: http.StatusCreated, doc: "Once a business date."},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body CheckInIn
		}) (*made[CheckIn], error) {
			v, err := a.Desk.CheckIn(ctx, checkout.CheckInIn{Merchant: c.Merchant, Member: in.ID, Shop: in.Body.ShopID, Idem: c.idem})
			if err != nil {
				return nil, err
			}
			return madeAt("/members/"+in.ID.String()+"/check-ins", checkInOut(v), v.Replayed), nil
		})
	add(a, route{id: "list-referrals", method: http.MethodGet, path: "/members/{id}/referrals", tag: "campaigns", summary: "List whom a member brought, the newest first", any: serving},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
		}) (*read[List[Referral]], error) {
			vs, err := campaign.ListReferrals(ctx, a.DB, c.Merchant, in.ID, in.Limit)
			return listOf(vs, "", referralOut), err
		})
	add(a, route{id: "set-referrer", method: http.MethodPut, path: "/members/{id}/referrer", tag: "campaigns", summary: "Note who brought a member", any: []auth.Permission{auth.PermMembers}, doc: "Once, before the member's first purchase."},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body ReferrerIn
		}) (*read[Referral], error) {
			err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				return a.refer(ctx, tx, c, in.ID, in.Body.ReferrerID)
			})
			if err != nil {
				return nil, err
			}
			v, _, err := campaign.FindReferral(ctx, a.DB, c.Merchant, in.ID)
			return reads(referralOut(v)), err
		})
	add(a, route{id: "list-member-grants", method: http.MethodGet, path: "/members/{id}/grants", tag: "campaigns", summary: "List what rules gave a member, the newest first", any: serving},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			PageIn
			Open bool `query:"open" doc:"Only gifts and chances of which something is left."`
		}) (*read[List[MemberGrant]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			gs, next, err := campaign.ListGrants(ctx, a.DB, c.Merchant, in.ID, in.Open, p)
			return listOf(gs, next, c.grant), err
		})
	add(a, route{id: "give-chances", method: http.MethodPost, path: "/members/{id}/chances", tag: "campaigns", summary: "Give a member chances of a draw", any: []auth.Permission{auth.PermAdjust}, key: mayKey, status: http.StatusCreated},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			Body ChancesIn
		}) (*made[MemberGrant], error) {
			b := in.Body
			g, err := a.Desk.GiveChances(ctx, checkout.ChancesIn{Merchant: c.Merchant, Member: in.ID, Shop: b.ShopID, PackID: b.PackID, Count: b.Count, Reason: b.Reason, Idem: c.idem})
			if err != nil {
				return nil, err
			}
			return madeAt("/members/"+in.ID.String()+"/grants", c.grant(g), g.Replayed), nil
		})
}

// refer notes who brought a member; both are this merchant's.
func (a *api) refer(ctx context.Context, tx *db.Tx, c caller, memberID, referrer id.ID) error {
	for field, m := range map[string]id.ID{"id": memberID, "referrer_id": referrer} {
		if _, err := member.Get(ctx, tx, a.Vault, c.Merchant, m); err != nil {
			return on(err, field)
		}
	}
	if err := campaign.Refer(ctx, tx, c.Merchant, memberID, referrer); err != nil {
		return on(err, "referrer_id")
	}
	return c.audited(ctx, tx, "member.referred", "member", memberID, map[string]string{"referrer": referrer.String()})
}
