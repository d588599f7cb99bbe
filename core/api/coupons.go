package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

// ErrCouponCode: a code that nobody could type.
var ErrCouponCode = fault.New(fault.Invalid, "coupon.code_malformed")

// CouponDesign is what coupons of one design grant.
type CouponDesign struct {
	ID        id.ID  `json:"id" format:"uuid"`
	Name      string `json:"name"`
	Kind      string `json:"kind" enum:"percent,cash,product"`
	Rate      Rate   `json:"rate,omitempty" doc:"Percent: the part taken off."`
	Amount    Money  `json:"amount,omitempty" doc:"Cash: the amount taken off."`
	SKUID     id.ID  `json:"sku_id,omitzero" format:"uuid" doc:"Product: one unit of it is free."`
	Category  string `json:"category,omitempty"`
	MinSpend  Money  `json:"min_spend"`
	Stacking  string `json:"stacking,omitempty"`
	Uses      int64  `json:"uses"`
	ValidDays int    `json:"valid_days,omitempty"`
}

// Coupon is an issued right.
type Coupon struct {
	ID         id.ID        `json:"id" format:"uuid"`
	Code       string       `json:"code"`
	MemberID   id.ID        `json:"member_id,omitzero" format:"uuid" doc:"Without: whoever has the code."`
	State      string       `json:"state" enum:"active,void"`
	Uses       int64        `json:"uses"`
	Used       int64        `json:"used"`
	Currency   string       `json:"currency"`
	ValidFrom  Instant      `json:"valid_from"`
	ValidUntil Instant      `json:"valid_until,omitzero"`
	Definition CouponDesign `json:"definition"`
}

// NewCoupon issues a coupon: of a design that there is (definition_id), or of one
// that the other fields describe and that is made along.
type NewCoupon struct {
	DefinitionID id.ID   `json:"definition_id,omitzero" format:"uuid"`
	Name         string  `json:"name,omitempty"`
	Kind         string  `json:"kind,omitempty" enum:"percent,cash,product"`
	Rate         Rate    `json:"rate,omitempty"`
	Amount       Money   `json:"amount,omitempty"`
	SKUID        id.ID   `json:"sku_id,omitzero" format:"uuid"`
	Category     string  `json:"category,omitempty" maxLength:"64"`
	MinSpend     Money   `json:"min_spend,omitempty"`
	Stacking     string  `json:"stacking,omitempty" maxLength:"40"`
	Uses         int64   `json:"uses,omitempty" doc:"Default: 1."`
	ValidDays    int     `json:"valid_days,omitempty" doc:"From the issue; default: without end."`
	MemberID     id.ID   `json:"member_id,omitzero" format:"uuid"`
	Code         string  `json:"code,omitempty" doc:"Default: made at random."`
	ValidUntil   Instant `json:"valid_until,omitzero"`
}

func (c caller) coupon(v coupon.Coupon) Coupon {
	d := v.Definition
	out := Coupon{ID: v.ID, Code: v.Code, MemberID: v.Member, State: v.State, Uses: v.Uses, Used: v.Used, Currency: c.currency.Code, ValidFrom: instant(v.ValidFrom), ValidUntil: instant(v.ValidUntil),
		Definition: CouponDesign{ID: d.ID, Name: d.Name, Kind: d.Kind, SKUID: d.SKU, Category: d.Category, MinSpend: c.money(d.MinSpend), Stacking: d.Stacking, Uses: d.Uses, ValidDays: d.ValidDays}}
	switch d.Kind {
	case coupon.KindPercent:
		out.Definition.Rate = Rate(d.Rate.String())
	case coupon.KindCash:
		out.Definition.Amount = c.money(d.Amount)
	}
	return out
}

func (a *api) coupons() {
	add(a, route{id: "list-coupons", method: http.MethodGet, path: "/coupons", tag: "coupons", summary: "List coupons, the newest first", any: []auth.Permission{auth.PermSell, auth.PermCatalog}},
		func(ctx context.Context, c caller, in *struct {
			PageIn
			MemberID id.ID  `query:"member_id" format:"uuid"`
			Code     string `query:"code" maxLength:"64"`
		}) (*read[List[Coupon]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, err := coupon.List(ctx, a.DB, c.Merchant, in.MemberID, strings.ToUpper(strings.TrimSpace(in.Code)), p)
			rows, next := db.Cut(p, rows, func(v coupon.Coupon) id.ID { return v.ID })
			return listOf(rows, next, c.coupon), err
		})
	add(a, route{id: "issue-coupon", method: http.MethodPost, path: "/coupons", tag: "coupons", summary: "Issue a coupon", any: []auth.Permission{auth.PermCatalog}, key: mayKey, status: http.StatusCreated}, a.issueCoupon)
}

func (a *api) issueCoupon(ctx context.Context, c caller, in *struct{ Body NewCoupon }) (*made[Coupon], error) {
	b := in.Body
	b.Code = strings.ToUpper(strings.TrimSpace(b.Code))
	if !isCode(b.Code) {
		return nil, ErrCouponCode.On("code")
	}
	design, err := c.design(&b)
	if err != nil {
		return nil, err
	}
	v, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, coupon.Coupon, error) {
		if !b.MemberID.IsNone() {
			if _, err := member.Get(ctx, tx, nil, c.Merchant, b.MemberID); err != nil {
				return id.None, coupon.Coupon{}, on(err, "member_id")
			}
		}
		d, err := designIn(ctx, tx, c.Merchant, b.DefinitionID, design)
		if err != nil {
			return id.None, coupon.Coupon{}, err
		}
		v := coupon.Issue(tx, c.Merchant, &d, b.MemberID, b.Code, clock.Instant(b.ValidUntil))
		return v.ID, v, nil
	}, func(ctx context.Context, made id.ID) (coupon.Coupon, error) {
		return coupon.Get(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/coupons?code="+v.Code, c.coupon(v), again), nil
}

// design reads what describes a new design.
func (c caller) design(b *NewCoupon) (d coupon.Definition, err error) {
	d = coupon.Definition{Name: strings.TrimSpace(b.Name), Kind: b.Kind, SKU: b.SKUID, Category: b.Category, Stacking: b.Stacking, Uses: b.Uses, ValidDays: b.ValidDays}
	if b.Rate != "" {
		if d.Rate, err = rate(b.Rate, "rate"); err != nil {
			return d, err
		}
	}
	if b.Amount != "" {
		if d.Amount, err = c.amount(b.Amount, "amount"); err != nil {
			return d, err
		}
	}
	if b.MinSpend != "" {
		d.MinSpend, err = c.amount(b.MinSpend, "min_spend")
	}
	return d, err
}

// designIn finds the design by its id, or makes the new one.
func designIn(ctx context.Context, tx *db.Tx, m, definition id.ID, d coupon.Definition) (coupon.Definition, error) {
	if !definition.IsNone() {
		all, err := coupon.Definitions(ctx, tx, m)
		if err != nil {
			return d, err
		}
		for _, known := range all {
			if known.ID == definition {
				return known, nil
			}
		}
		return d, coupon.ErrNotFound.On("definition_id")
	}
	if !d.SKU.IsNone() {
		s, err := catalog.Get(ctx, tx, m, d.SKU)
		if err != nil {
			return d, on(err, "sku_id")
		}
		d.SKUCode = s.Code
	}
	return d, coupon.Define(tx, m, &d)
}

// isCode accepts what a scanner reads and a person types; "" asks for a new one.
func isCode(s string) bool {
	if len(s) > 40 {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
