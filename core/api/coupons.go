package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

// ErrCouponCode: a code that nobody could type.
var ErrCouponCode = fault.New(fault.Invalid, "coupon.code_malformed")

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
	FromDate   string       `json:"from_date,omitempty" format:"date" doc:"The first business day of the shop where it is used."`
	UntilDate  string       `json:"until_date,omitempty" format:"date" doc:"The last one."`
	BatchID    id.ID        `json:"batch_id,omitzero" format:"uuid"`
	Claimed    bool         `json:"claimed,omitempty" doc:"A member made it theirs by a code."`
	VoidReason string       `json:"void_reason,omitempty"`
	IssuedAt   Instant      `json:"issued_at"`
	Definition CouponDesign `json:"definition"`
}

// CouponMove is a change of hands.
type CouponMove struct {
	Kind         string  `json:"kind" enum:"transfer,assign,claim"`
	FromMemberID id.ID   `json:"from_member_id,omitzero" format:"uuid" doc:"Without: it was a bearer's."`
	ToMemberID   id.ID   `json:"to_member_id" format:"uuid"`
	At           Instant `json:"at"`
	Note         string  `json:"note,omitempty"`
}

// CouponUse is a use by a sale.
type CouponUse struct {
	SaleID     id.ID   `json:"sale_id" format:"uuid"`
	MemberID   id.ID   `json:"member_id,omitzero" format:"uuid"`
	ShopID     id.ID   `json:"shop_id,omitzero" format:"uuid"`
	At         Instant `json:"at"`
	ReversedAt Instant `json:"reversed_at,omitzero" doc:"When a refund gave it back."`
}

// CouponHistory is a coupon with what became of it.
type CouponHistory struct {
	Coupon
	Moves     []CouponMove `json:"move_history"`
	UsesSoFar []CouponUse  `json:"use_history"`
}

// CouponTransfer gives a coupon to a member.
type CouponTransfer struct {
	FromMemberID id.ID  `json:"from_member_id,omitzero" format:"uuid" doc:"Its owner, who gives it away. Without: staff assign it, which needs the permission catalog."`
	ToMemberID   id.ID  `json:"to_member_id" format:"uuid"`
	Note         string `json:"note,omitempty"`
}

// CouponClaimIn makes a coupon a member's by its code, or by a definition's claim
// code.
type CouponClaimIn struct {
	Code     string `json:"code" minLength:"1" maxLength:"64"`
	MemberID id.ID  `json:"member_id" format:"uuid"`
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
	return Coupon{ID: v.ID, Code: v.Code, MemberID: v.Member, State: v.State, Uses: v.Uses, Used: v.Used, Currency: c.currency.Code, ValidFrom: instant(v.ValidFrom), ValidUntil: instant(v.ValidUntil),
		FromDate: string(v.FromDate), UntilDate: string(v.UntilDate), BatchID: v.Batch, Claimed: v.Claimed, VoidReason: v.VoidReason, IssuedAt: instant(v.IssuedAt), Definition: c.couponDesign(v.Definition)}
}

func (a *api) coupons() {
	a.couponDefinitions()
	a.couponBatches()
	serving := []auth.Permission{auth.PermSell, auth.PermMembers, auth.PermCatalog}
	add(a, route{id: "list-coupons", method: http.MethodGet, path: "/coupons", tag: "coupons", summary: "List coupons, the newest first", any: []auth.Permission{auth.PermSell, auth.PermCatalog}},
		func(ctx context.Context, c caller, in *struct {
			PageIn
			MemberID     id.ID  `query:"member_id" format:"uuid"`
			DefinitionID id.ID  `query:"definition_id" format:"uuid"`
			BatchID      id.ID  `query:"batch_id" format:"uuid"`
			Code         string `query:"code" maxLength:"64"`
		}) (*read[List[Coupon]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, err := coupon.ListBy(ctx, a.DB, c.Merchant, coupon.Filter{Member: in.MemberID, Definition: in.DefinitionID, Batch: in.BatchID, Code: in.Code}, p)
			rows, next := db.Cut(p, rows, func(v coupon.Coupon) id.ID { return v.ID })
			return listOf(rows, next, c.coupon), err
		})
	add(a, route{id: "issue-coupon", method: http.MethodPost, path: "/coupons", tag: "coupons", summary: "Issue a coupon", any: []auth.Permission{auth.PermCatalog}, key: mayKey, status: http.StatusCreated}, a.issueCoupon)
	add(a, route{id: "get-coupon", method: http.MethodGet, path: "/coupons/{id}", tag: "coupons", summary: "Get a coupon with what became of it", any: serving}, a.getCoupon)
	add(a, route{id: "void-coupon", method: http.MethodPost, path: "/coupons/{id}/void", tag: "coupons", summary: "Make a coupon void", any: []auth.Permission{auth.PermCatalog}, key: mayKey}, a.voidCoupon)
	add(a, route{id: "transfer-coupon", method: http.MethodPost, path: "/coupons/{id}/transfer", tag: "coupons", summary: "Give a coupon to a member", any: serving, key: mayKey}, a.transferCoupon)
	add(a, route{id: "claim-coupon", method: http.MethodPost, path: "/coupons/claim", tag: "coupons", summary: "Claim a coupon by a code", any: serving, key: mayKey, status: http.StatusCreated,
		doc: "A bearer coupon of that code becomes the member's; a definition's claim code issues one."}, a.claimCoupon)
}

func (a *api) getCoupon(ctx context.Context, c caller, in *IDIn) (*read[CouponHistory], error) {
	v, err := coupon.Get(ctx, a.DB, c.Merchant, in.ID)
	if err != nil {
		return nil, err
	}
	moves, err := coupon.Moves(ctx, a.DB, c.Merchant, in.ID)
	if err != nil {
		return nil, err
	}
	uses, err := coupon.UsesOf(ctx, a.DB, c.Merchant, in.ID)
	out := CouponHistory{Coupon: c.coupon(v), Moves: make([]CouponMove, 0, len(moves)), UsesSoFar: make([]CouponUse, 0, len(uses))}
	for _, m := range moves {
		out.Moves = append(out.Moves, CouponMove{Kind: m.Kind, FromMemberID: m.From, ToMemberID: m.To, At: instant(m.At), Note: m.Note})
	}
	for _, u := range uses {
		out.UsesSoFar = append(out.UsesSoFar, CouponUse{SaleID: u.Sale, MemberID: u.Member, ShopID: u.Shop, At: instant(u.At), ReversedAt: instant(u.ReversedAt)})
	}
	return reads(out), err
}

func (a *api) voidCoupon(ctx context.Context, c caller, in *struct {
	IDIn
	Body CouponReason
}) (*changed[Coupon], error) {
	return a.changeCoupon(ctx, c, in.ID, "coupon.voided", func(ctx context.Context, tx *db.Tx) (coupon.Coupon, error) {
		return coupon.Void(ctx, tx, c.Merchant, in.ID, strings.TrimSpace(in.Body.Reason))
	})
}

// changeCoupon changes one coupon under the caller's key and records who did.
func (a *api) changeCoupon(ctx context.Context, c caller, of id.ID, action string, f func(context.Context, *db.Tx) (coupon.Coupon, error)) (*changed[Coupon], error) {
	v, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, coupon.Coupon, error) {
		v, err := f(ctx, tx)
		if err == nil {
			err = auditCoupon(ctx, tx, c, action, "coupon", of, nil)
		}
		return of, v, err
	}, func(ctx context.Context, of id.ID) (coupon.Coupon, error) {
		return coupon.Get(ctx, a.DB, c.Merchant, of)
	})
	return changedTo(c.coupon(v), again), err
}

// changed is the answer to a request that changed something.
type changed[T any] struct {
	Replayed string `header:"Idempotency-Replayed" enum:"true" doc:"The answer to an earlier request with this key."`
	Body     T
}

func changedTo[T any](doc T, replayed bool) *changed[T] {
	out := &changed[T]{Body: doc}
	if replayed {
		out.Replayed = "true"
	}
	return out
}

func (a *api) transferCoupon(ctx context.Context, c caller, in *struct {
	IDIn
	Body CouponTransfer
}) (*changed[Coupon], error) {
	b := in.Body
	if b.FromMemberID.IsNone() && !c.May(auth.PermCatalog) {
		return nil, auth.ErrDenied.With("permission", string(auth.PermCatalog))
	}
	return a.changeCoupon(ctx, c, in.ID, "coupon.moved", func(ctx context.Context, tx *db.Tx) (coupon.Coupon, error) {
		if err := activeMember(ctx, tx, c.Merchant, b.ToMemberID, "to_member_id"); err != nil {
			return coupon.Coupon{}, err
		}
		if b.FromMemberID.IsNone() {
			return coupon.Assign(ctx, tx, c.Merchant, in.ID, b.ToMemberID, b.Note)
		}
		return coupon.Transfer(ctx, tx, c.Merchant, in.ID, b.FromMemberID, b.ToMemberID, b.Note)
	})
}

func (a *api) claimCoupon(ctx context.Context, c caller, in *struct{ Body CouponClaimIn }) (*made[Coupon], error) {
	v, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, coupon.Coupon, error) {
		if err := activeMember(ctx, tx, c.Merchant, in.Body.MemberID, "member_id"); err != nil {
			return id.None, coupon.Coupon{}, err
		}
		v, err := coupon.ClaimByCode(ctx, tx, c.Merchant, in.Body.Code, in.Body.MemberID)
		return v.ID, v, err
	}, func(ctx context.Context, made id.ID) (coupon.Coupon, error) {
		return coupon.Get(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/coupons/"+v.ID.String(), c.coupon(v), again), nil
}

// activeMember sees that a member exists and may get something. Faults:
// member.not_found, checkout.member_not_active.
func activeMember(ctx context.Context, tx *db.Tx, m, who id.ID, param string) error {
	got, err := member.Get(ctx, tx, nil, m, who)
	if err == nil && got.Status != member.Active {
		err = checkout.ErrMemberBlocked
	}
	return on(err, param)
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
	return d, c.designMoney(&d, b.Rate, b.Amount, b.MinSpend)
}

// designIn finds the design by its id, or makes the new one.
func designIn(ctx context.Context, tx *db.Tx, m, definition id.ID, d coupon.Definition) (coupon.Definition, error) {
	if !definition.IsNone() {
		known, err := coupon.GetDefinition(ctx, tx, m, definition)
		if err == nil {
			err = known.MayIssue()
		}
		return known, on(err, "definition_id")
	}
	if err := findSKU(ctx, tx, m, &d); err != nil {
		return d, err
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
