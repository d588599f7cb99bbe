package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// CouponDesign is what coupons of one design grant, and under which conditions.
type CouponDesign struct {
	ID             id.ID    `json:"id" format:"uuid"`
	Version        int      `json:"version" doc:"Of the terms. A coupon keeps the terms of the version it was issued in."`
	Name           string   `json:"name"`
	Kind           string   `json:"kind" enum:"percent,cash,product"`
	Rate           Rate     `json:"rate,omitempty" doc:"Percent: the part taken off."`
	Amount         Money    `json:"amount,omitempty" doc:"Cash: the amount taken off."`
	SKUID          id.ID    `json:"sku_id,omitzero" format:"uuid" doc:"Product: one unit of it is free."`
	Category       string   `json:"category,omitempty"`
	MinSpend       Money    `json:"min_spend"`
	Stacking       string   `json:"stacking,omitempty"`
	Uses           int64    `json:"uses" doc:"Of one coupon."`
	PerMember      int64    `json:"per_member,omitempty" doc:"Uses by one member of all coupons of the design; without: no limit."`
	Transferable   bool     `json:"transferable" doc:"Its member may give it away."`
	ShopIDs        []id.ID  `json:"shop_ids,omitempty" doc:"Where it can be used; without: everywhere."`
	Weekdays       []int    `json:"weekdays,omitempty" doc:"0 is Sunday; without: every day."`
	Slots          []string `json:"slots,omitempty" example:"[\"22:00-02:00\"]" doc:"Times of day in the shop's zone; one that crosses midnight belongs to the day on which it begins."`
	ValidAfterDays int      `json:"valid_after_days,omitempty" doc:"Days from the issue until it begins."`
	ValidDays      int      `json:"valid_days,omitempty" doc:"Days that it then lasts."`
	FromDate       string   `json:"from_date,omitempty" format:"date" doc:"The first business day of the shop."`
	UntilDate      string   `json:"until_date,omitempty" format:"date" doc:"The last business day of the shop."`
}

// CouponClaim says how members get a coupon of a design by a public code.
type CouponClaim struct {
	Code      string  `json:"code" minLength:"4" maxLength:"40"`
	From      Instant `json:"from,omitzero"`
	Until     Instant `json:"until,omitzero"`
	Limit     int64   `json:"limit,omitempty" minimum:"0" doc:"Claims in all; 0: no limit."`
	PerMember *int64  `json:"per_member,omitempty" minimum:"0" doc:"Claims by one member; 0: no limit; default: 1."`
	Claimed   int64   `json:"claimed,omitempty" readOnly:"true" doc:"So far."`
}

// CouponFigures count the coupons of a definition.
type CouponFigures struct {
	Issued  int64 `json:"issued"`
	Open    int64 `json:"open" doc:"With uses left."`
	UsedUp  int64 `json:"used_up"`
	Void    int64 `json:"void"`
	Expired int64 `json:"expired"`
	Claimed int64 `json:"claimed" doc:"Made theirs by members with a code."`
	Uses    int64 `json:"uses"`
	Members int64 `json:"members" doc:"That hold one."`
}

// CouponDefinition is a design with how its coupons come about.
type CouponDefinition struct {
	CouponDesign
	Code       string         `json:"code,omitempty" doc:"By which rules know the design."`
	RemindDays int            `json:"remind_days,omitempty" doc:"Days before the end at which the event coupon.expiring.v1 tells of it."`
	IssueLimit int64          `json:"issue_limit,omitempty" doc:"Coupons in all; without: no limit."`
	Claim      *CouponClaim   `json:"claim,omitempty"`
	Archived   bool           `json:"archived"`
	CreatedAt  Instant        `json:"created_at"`
	Figures    *CouponFigures `json:"figures,omitempty" doc:"Where one definition is asked for."`
}

// CouponDefinitionIn is a design to be made, or what it is to become.
type CouponDefinitionIn struct {
	Name           string       `json:"name"`
	Code           string       `json:"code,omitempty" maxLength:"40" doc:"By which rules know the design."`
	Kind           string       `json:"kind" enum:"percent,cash,product" doc:"Never changes."`
	Rate           Rate         `json:"rate,omitempty"`
	Amount         Money        `json:"amount,omitempty"`
	SKUID          id.ID        `json:"sku_id,omitzero" format:"uuid"`
	Category       string       `json:"category,omitempty" maxLength:"64"`
	MinSpend       Money        `json:"min_spend,omitempty"`
	Stacking       string       `json:"stacking,omitempty" maxLength:"40"`
	Uses           int64        `json:"uses,omitempty" doc:"Default: 1."`
	PerMember      int64        `json:"per_member,omitempty"`
	Transferable   *bool        `json:"transferable,omitempty" doc:"Default: true."`
	ShopIDs        []id.ID      `json:"shop_ids,omitempty" maxItems:"1000"`
	Weekdays       []int        `json:"weekdays,omitempty" maxItems:"7"`
	Slots          []string     `json:"slots,omitempty" maxItems:"20"`
	ValidAfterDays int          `json:"valid_after_days,omitempty"`
	ValidDays      int          `json:"valid_days,omitempty"`
	FromDate       string       `json:"from_date,omitempty" format:"date"`
	UntilDate      string       `json:"until_date,omitempty" format:"date"`
	RemindDays     int          `json:"remind_days,omitempty"`
	IssueLimit     int64        `json:"issue_limit,omitempty"`
	Claim          *CouponClaim `json:"claim,omitempty"`
}

func (c caller) couponDesign(d coupon.Definition) CouponDesign {
	out := CouponDesign{ID: d.ID, Version: d.Version, Name: d.Name, Kind: d.Kind, SKUID: d.SKU, Category: d.Category, MinSpend: c.money(d.MinSpend), Stacking: d.Stacking, Uses: d.Uses,
		PerMember: d.PerMember, Transferable: !d.Personal, ShopIDs: d.Shops, ValidAfterDays: d.ValidAfter, ValidDays: d.ValidDays, FromDate: string(d.FromDate), UntilDate: string(d.UntilDate)}
	switch d.Kind {
	case coupon.KindPercent:
		out.Rate = Rate(d.Rate.String())
	case coupon.KindCash:
		out.Amount = c.money(d.Amount)
	}
	for day := range 7 {
		if d.Weekdays != 0 && d.Weekdays.Has(day) {
			out.Weekdays = append(out.Weekdays, day)
		}
	}
	for _, s := range d.Slots {
		out.Slots = append(out.Slots, s.String())
	}
	return out
}

func (c caller) couponDefinition(d coupon.Definition) CouponDefinition {
	out := CouponDefinition{CouponDesign: c.couponDesign(d), Code: d.Code, RemindDays: d.RemindDays, IssueLimit: d.IssueLimit, Archived: d.Archived, CreatedAt: instant(d.CreatedAt)}
	if l := d.Claim; l.Code != "" {
		out.Claim = &CouponClaim{Code: l.Code, From: instant(l.From), Until: instant(l.Until), Limit: l.Limit, PerMember: &l.PerMember, Claimed: l.Claimed}
	}
	return out
}

// definitionIn reads a definition and sees that what it names exists.
func (c caller) definitionIn(ctx context.Context, r db.Reader, b *CouponDefinitionIn) (d coupon.Definition, err error) {
	d = coupon.Definition{Name: strings.TrimSpace(b.Name), Code: b.Code, Kind: b.Kind, SKU: b.SKUID, Category: b.Category, Stacking: b.Stacking, Uses: b.Uses, PerMember: b.PerMember, Personal: b.Transferable != nil && !*b.Transferable,
		Shops: b.ShopIDs, ValidAfter: b.ValidAfterDays, ValidDays: b.ValidDays, FromDate: clock.Date(b.FromDate), UntilDate: clock.Date(b.UntilDate), RemindDays: b.RemindDays, IssueLimit: b.IssueLimit}
	if err := c.designMoney(&d, b.Rate, b.Amount, b.MinSpend); err != nil {
		return d, err
	}
	for i, day := range b.Weekdays {
		if day < 0 || day > 6 {
			return d, coupon.ErrDefinition.On("weekdays[" + strconv.Itoa(i) + "]")
		}
		d.Weekdays |= 1 << day
	}
	for i, s := range b.Slots {
		slot, err := coupon.ParseSlot(s)
		if err != nil {
			return d, on(err, "slots["+strconv.Itoa(i)+"]")
		}
		d.Slots = append(d.Slots, slot)
	}
	for i, s := range b.ShopIDs {
		if err := checkShop(ctx, r, c.Merchant, s); err != nil {
			return d, on(err, "shop_ids["+strconv.Itoa(i)+"]")
		}
	}
	if l := b.Claim; l != nil {
		d.Claim = coupon.Claim{Code: l.Code, From: clock.Instant(l.From), Until: clock.Instant(l.Until), Limit: l.Limit, PerMember: 1}
		if l.PerMember != nil {
			d.Claim.PerMember = *l.PerMember
		}
	}
	return d, findSKU(ctx, r, c.Merchant, &d)
}

// designMoney reads the figures of a design.
func (c caller) designMoney(d *coupon.Definition, r Rate, amount, minSpend Money) (err error) {
	if r != "" {
		if d.Rate, err = rate(r, "rate"); err != nil {
			return err
		}
	}
	if amount != "" {
		if d.Amount, err = c.amount(amount, "amount"); err != nil {
			return err
		}
	}
	if minSpend != "" {
		d.MinSpend, err = c.amount(minSpend, "min_spend")
	}
	return err
}

// findSKU gives the design the code of its SKU.
func findSKU(ctx context.Context, r db.Reader, m id.ID, d *coupon.Definition) error {
	if d.SKU.IsNone() {
		return nil
	}
	s, err := catalog.Get(ctx, r, m, d.SKU)
	d.SKUCode = s.Code
	return on(err, "sku_id")
}

func (a *api) couponDefinitions() {
	planning, seeing := []auth.Permission{auth.PermCatalog}, []auth.Permission{auth.PermSell, auth.PermCatalog}
	add(a, route{id: "list-coupon-definitions", method: http.MethodGet, path: "/coupon-definitions", tag: "coupons", summary: "List coupon definitions by name", any: seeing},
		func(ctx context.Context, c caller, in *struct {
			Archived bool `query:"archived" doc:"Those that are archived, instead of those in use."`
		}) (*read[List[CouponDefinition]], error) {
			list, err := coupon.ListDefinitions(ctx, a.DB, c.Merchant, in.Archived)
			return listOf(list, "", c.couponDefinition), err
		})
	add(a, route{id: "get-coupon-definition", method: http.MethodGet, path: "/coupon-definitions/{id}", tag: "coupons", summary: "Get a coupon definition with its figures", any: seeing}, a.getCouponDefinition)
	add(a, route{id: "create-coupon-definition", method: http.MethodPost, path: "/coupon-definitions", tag: "coupons", summary: "Create a coupon definition", any: planning, key: mayKey, status: http.StatusCreated}, a.createCouponDefinition)
	add(a, route{id: "update-coupon-definition", method: http.MethodPut, path: "/coupon-definitions/{id}", tag: "coupons", summary: "Change a coupon definition", any: planning,
		doc: "The whole definition as it is to be. Coupons already issued keep their terms."}, a.updateCouponDefinition)
	add(a, route{id: "archive-coupon-definition", method: http.MethodPost, path: "/coupon-definitions/{id}/archive", tag: "coupons", summary: "Archive a coupon definition", any: planning, key: mayKey,
		doc: "Nothing more is issued or claimed; what is issued stays good."}, a.setArchived("coupon.archived", coupon.Archive))
	add(a, route{id: "restore-coupon-definition", method: http.MethodPost, path: "/coupon-definitions/{id}/restore", tag: "coupons", summary: "Take a coupon definition up again", any: planning, key: mayKey}, a.setArchived("coupon.restored", coupon.Restore))
}

func (a *api) getCouponDefinition(ctx context.Context, c caller, in *IDIn) (*read[CouponDefinition], error) {
	d, err := coupon.GetDefinition(ctx, a.DB, c.Merchant, in.ID)
	if err != nil {
		return nil, err
	}
	now := a.DB.Now()
	f, err := coupon.FiguresOf(ctx, a.DB, c.Merchant, in.ID, now, coupon.Anywhere(now))
	out := c.couponDefinition(d)
	out.Figures = &CouponFigures{Issued: f.Issued, Open: f.Open, UsedUp: f.UsedUp, Void: f.Void, Expired: f.Expired, Claimed: f.Claimed, Uses: f.Uses, Members: f.Members}
	return reads(out), err
}

// auditCoupon records who changed what of coupons.
func auditCoupon(ctx context.Context, tx *db.Tx, c caller, action, kind string, subject id.ID, detail any) error {
	return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: action, SubjectKind: kind, SubjectID: subject.String(), Detail: detail})
}

func (a *api) createCouponDefinition(ctx context.Context, c caller, in *struct{ Body CouponDefinitionIn }) (*made[CouponDefinition], error) {
	d, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, coupon.Definition, error) {
		d, err := c.definitionIn(ctx, tx, &in.Body)
		if err == nil {
			err = coupon.Define(tx, c.Merchant, &d)
		}
		if err == nil {
			err = auditCoupon(ctx, tx, c, "coupon.defined", "coupon_definition", d.ID, map[string]string{"kind": d.Kind})
		}
		return d.ID, d, err
	}, func(ctx context.Context, made id.ID) (coupon.Definition, error) {
		return coupon.GetDefinition(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/coupon-definitions/"+d.ID.String(), c.couponDefinition(d), again), nil
}

func (a *api) updateCouponDefinition(ctx context.Context, c caller, in *struct {
	IDIn
	Body CouponDefinitionIn
}) (*read[CouponDefinition], error) {
	var d coupon.Definition
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if d, err = c.definitionIn(ctx, tx, &in.Body); err != nil {
			return err
		}
		d.ID = in.ID
		if err := coupon.Update(ctx, tx, c.Merchant, &d); err != nil {
			return err
		}
		return auditCoupon(ctx, tx, c, "coupon.definition_changed", "coupon_definition", d.ID, map[string]int{"version": d.Version})
	})
	return reads(c.couponDefinition(d)), err
}

func (a *api) setArchived(action string, f func(context.Context, *db.Tx, id.ID, id.ID) error) func(context.Context, caller, *IDIn) (*changed[CouponDefinition], error) {
	return func(ctx context.Context, c caller, in *IDIn) (*changed[CouponDefinition], error) {
		_, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, coupon.Definition, error) {
			err := f(ctx, tx, c.Merchant, in.ID)
			if err == nil {
				err = auditCoupon(ctx, tx, c, action, "coupon_definition", in.ID, nil)
			}
			return in.ID, coupon.Definition{}, err
		}, func(ctx context.Context, of id.ID) (coupon.Definition, error) { return coupon.Definition{}, nil })
		if err != nil {
			return nil, err
		}
		d, err := coupon.GetDefinition(ctx, a.DB, c.Merchant, in.ID)
		return changedTo(c.couponDefinition(d), again), err
	}
}
