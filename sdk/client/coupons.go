package client

import (
	"context"
	"time"
)

// Coupons lists coupons, the newest first.
func (c *Client) Coupons(ctx context.Context, f CouponFilter, p Page) (List[Coupon], error) {
	return get[List[Coupon]](ctx, c, "/coupons", p.query("member_id", f.MemberID, "code", f.Code, "definition_id", f.DefinitionID, "batch_id", f.BatchID))
}

// CouponFilter narrows a list; the zero value is all.
type CouponFilter struct{ MemberID, Code, DefinitionID, BatchID string }

// Coupon gets a coupon with what became of it. Fault: coupon.not_found.
func (c *Client) Coupon(ctx context.Context, id string) (CouponHistory, error) {
	return get[CouponHistory](ctx, c, at("coupons", id), nil)
}

// IssueCoupon issues a coupon. Faults: coupon.bad_definition,
// coupon.definition_not_found, coupon.definition_archived, coupon.code_taken,
// coupon.issue_limit.
func (c *Client) IssueCoupon(ctx context.Context, in NewCoupon, o ...Option) (Coupon, error) {
	return post[Coupon](ctx, c, "/coupons", in, o)
}

// ClaimCoupon makes a coupon a member's by its code, or by a definition's claim
// code. Faults: coupon.belongs_to_someone, coupon.claim_closed,
// coupon.claimed_out, coupon.claimed_by_member_before.
func (c *Client) ClaimCoupon(ctx context.Context, in CouponClaimIn, o ...Option) (Coupon, error) {
	return post[Coupon](ctx, c, "/coupons/claim", in, o)
}

// TransferCoupon gives a coupon to a member. Faults: coupon.not_transferable,
// coupon.belongs_to_another_member, coupon.same_member, coupon.already_used.
func (c *Client) TransferCoupon(ctx context.Context, id string, in CouponTransfer, o ...Option) (Coupon, error) {
	return post[Coupon](ctx, c, at("coupons", id, "transfer"), in, o)
}

// VoidCoupon makes a coupon void. Fault: coupon.reason_needed.
func (c *Client) VoidCoupon(ctx context.Context, id string, in CouponReason, o ...Option) (Coupon, error) {
	return post[Coupon](ctx, c, at("coupons", id, "void"), in, o)
}

// CouponDefinitions lists coupon definitions by name: those in use, or those that
// are archived.
func (c *Client) CouponDefinitions(ctx context.Context, archived bool) (List[CouponDefinition], error) {
	return get[List[CouponDefinition]](ctx, c, "/coupon-definitions", Page{}.query("archived", flag(archived)))
}

// CouponDefinition gets a coupon definition with its figures. Fault:
// coupon.definition_not_found.
func (c *Client) CouponDefinition(ctx context.Context, id string) (CouponDefinition, error) {
	return get[CouponDefinition](ctx, c, at("coupon-definitions", id), nil)
}

// CreateCouponDefinition creates a coupon definition. Faults:
// coupon.bad_definition, coupon.claim_code_taken.
func (c *Client) CreateCouponDefinition(ctx context.Context, in CouponDefinitionIn, o ...Option) (CouponDefinition, error) {
	return post[CouponDefinition](ctx, c, "/coupon-definitions", in, o)
}

// UpdateCouponDefinition changes a coupon definition. Coupons keep the terms of
// the version they were issued in.
func (c *Client) UpdateCouponDefinition(ctx context.Context, id string, in CouponDefinitionIn) (CouponDefinition, error) {
	return put[CouponDefinition](ctx, c, at("coupon-definitions", id), in)
}

// ArchiveCouponDefinition archives a coupon definition: no more of it is issued.
func (c *Client) ArchiveCouponDefinition(ctx context.Context, id string, o ...Option) (CouponDefinition, error) {
	return post[CouponDefinition](ctx, c, at("coupon-definitions", id, "archive"), nil, o)
}

// RestoreCouponDefinition takes a coupon definition up again.
func (c *Client) RestoreCouponDefinition(ctx context.Context, id string, o ...Option) (CouponDefinition, error) {
	return post[CouponDefinition](ctx, c, at("coupon-definitions", id, "restore"), nil, o)
}

// CouponBatches lists coupon batches, the newest first; of one definition where it
// is named.
func (c *Client) CouponBatches(ctx context.Context, definition string, p Page) (List[CouponBatch], error) {
	return get[List[CouponBatch]](ctx, c, "/coupon-batches", p.query("definition_id", definition))
}

// CouponBatch gets a coupon batch. Fault: coupon.batch_not_found.
func (c *Client) CouponBatch(ctx context.Context, id string) (CouponBatch, error) {
	return get[CouponBatch](ctx, c, at("coupon-batches", id), nil)
}

// CreateCouponBatch issues a batch of coupons; a large one is issued in the
// background. Faults: coupon.batch_count, coupon.bad_prefix, coupon.issue_limit.
func (c *Client) CreateCouponBatch(ctx context.Context, in NewCouponBatch, o ...Option) (CouponBatch, error) {
	return post[CouponBatch](ctx, c, "/coupon-batches", in, o)
}

// ExportCouponBatch gets the codes of a batch as CSV.
func (c *Client) ExportCouponBatch(ctx context.Context, id string) ([]byte, error) {
	return get[[]byte](ctx, c, at("coupon-batches", id, "export"), nil)
}

// VoidCouponBatch makes void what of a batch is not used up. Fault:
// coupon.reason_needed.
func (c *Client) VoidCouponBatch(ctx context.Context, id string, in CouponReason, o ...Option) (CouponBatch, error) {
	return post[CouponBatch](ctx, c, at("coupon-batches", id, "void"), in, o)
}

// Coupon is an issued right.
type Coupon struct {
	ID         string       `json:"id"`
	MemberID   string       `json:"member_id"` // Without: whoever has the code
	Code       string       `json:"code"`
	BatchID    string       `json:"batch_id"`
	Claimed    bool         `json:"claimed"` // A member made it theirs by a code
	Currency   string       `json:"currency"`
	Definition CouponDesign `json:"definition"`
	FromDate   string       `json:"from_date"` // The first business day of the shop where it is used
	IssuedAt   time.Time    `json:"issued_at"`
	State      string       `json:"state"`      // One of active, void
	UntilDate  string       `json:"until_date"` // The last one
	Used       int64        `json:"used"`
	Uses       int64        `json:"uses"`
	ValidFrom  time.Time    `json:"valid_from"`
	ValidUntil time.Time    `json:"valid_until"`
	VoidReason string       `json:"void_reason"`
}

// CouponHistory is a coupon with what became of it.
type CouponHistory struct {
	Coupon
	MoveHistory []CouponMove `json:"move_history"`
	UseHistory  []CouponUse  `json:"use_history"`
}

// CouponUse is a use by a sale.
type CouponUse struct {
	ShopID     string    `json:"shop_id"`
	MemberID   string    `json:"member_id"`
	At         time.Time `json:"at"`
	ReversedAt time.Time `json:"reversed_at"` // When a refund gave it back
	SaleID     string    `json:"sale_id"`
}

// CouponMove is a change of hands.
type CouponMove struct {
	Kind         string    `json:"kind"` // One of transfer, assign, claim
	At           time.Time `json:"at"`
	FromMemberID string    `json:"from_member_id"` // Without: it was a bearer's
	Note         string    `json:"note"`
	ToMemberID   string    `json:"to_member_id"`
}

// CouponDesign is what coupons of one design grant, and under which conditions.
type CouponDesign struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	Kind           string   `json:"kind"`   // One of percent, cash, product
	Amount         string   `json:"amount"` // Cash: the amount taken off
	Category       string   `json:"category"`
	FromDate       string   `json:"from_date"` // The first business day of the shop
	MinSpend       string   `json:"min_spend"`
	PerMember      int64    `json:"per_member"` // Uses by one member of all coupons of the design; without: no limit
	Rate           string   `json:"rate"`       // Percent: the part taken off
	ShopIDs        []string `json:"shop_ids"`   // Where it can be used; without: everywhere
	SKUID          string   `json:"sku_id"`     // Product: one unit of it is free
	Slots          []string `json:"slots"`      // Times of day in the shop's zone; one that crosses midnight belongs to the day on which it begins
	Stacking       string   `json:"stacking"`
	Transferable   bool     `json:"transferable"`     // Its member may give it away
	UntilDate      string   `json:"until_date"`       // The last business day of the shop
	Uses           int64    `json:"uses"`             // Of one coupon
	ValidAfterDays int64    `json:"valid_after_days"` // Days from the issue until it begins
	ValidDays      int64    `json:"valid_days"`       // Days that it then lasts
	Version        int64    `json:"version"`          // Of the terms. A coupon keeps the terms of the version it was issued in
	Weekdays       []int64  `json:"weekdays"`         // 0 is Sunday; without: every day
}

// CouponDefinition is a design with how its coupons come about.
type CouponDefinition struct {
	CouponDesign
	Code       string         `json:"code"` // By which rules know the design
	Archived   bool           `json:"archived"`
	Claim      *CouponClaim   `json:"claim,omitempty"`
	CreatedAt  time.Time      `json:"created_at"`
	Figures    *CouponFigures `json:"figures,omitempty"` // Where one definition is asked for
	IssueLimit int64          `json:"issue_limit"`       // Coupons in all; without: no limit
	RemindDays int64          `json:"remind_days"`       // Days before the end at which the event coupon.expiring.v1 tells of it
}

// CouponDefinitionIn is a design to be made, or what it is to become.
type CouponDefinitionIn struct {
	Name           string       `json:"name"`
	Code           string       `json:"code,omitempty"` // By which rules know the design
	Kind           string       `json:"kind"`           // Never changes. One of percent, cash, product
	Amount         string       `json:"amount,omitempty"`
	Category       string       `json:"category,omitempty"`
	Claim          *CouponClaim `json:"claim,omitempty"`
	FromDate       string       `json:"from_date,omitempty"`
	IssueLimit     int64        `json:"issue_limit,omitempty"`
	MinSpend       string       `json:"min_spend,omitempty"`
	PerMember      int64        `json:"per_member,omitempty"`
	Rate           string       `json:"rate,omitempty"`
	RemindDays     int64        `json:"remind_days,omitempty"`
	ShopIDs        []string     `json:"shop_ids,omitempty"`
	SKUID          string       `json:"sku_id,omitempty"`
	Slots          []string     `json:"slots,omitempty"`
	Stacking       string       `json:"stacking,omitempty"`
	Transferable   *bool        `json:"transferable,omitempty"` // Default: true
	UntilDate      string       `json:"until_date,omitempty"`
	Uses           int64        `json:"uses,omitempty"` // Default: 1
	ValidAfterDays int64        `json:"valid_after_days,omitempty"`
	ValidDays      int64        `json:"valid_days,omitempty"`
	Weekdays       []int64      `json:"weekdays,omitempty"`
}

// CouponClaim says how members get a coupon of a design by a public code.
type CouponClaim struct {
	Code      string    `json:"code"`
	Claimed   int64     `json:"claimed,omitempty"` // So far
	From      time.Time `json:"from,omitzero"`
	Limit     int64     `json:"limit,omitempty"`      // Claims in all; 0: no limit
	PerMember *int64    `json:"per_member,omitempty"` // Claims by one member; 0: no limit; default: 1
	Until     time.Time `json:"until,omitzero"`
}

// CouponFigures count the coupons of a definition.
type CouponFigures struct {
	Claimed int64 `json:"claimed"` // Made theirs by members with a code
	Expired int64 `json:"expired"`
	Issued  int64 `json:"issued"`
	Members int64 `json:"members"` // That hold one
	Open    int64 `json:"open"`    // With uses left
	UsedUp  int64 `json:"used_up"`
	Uses    int64 `json:"uses"`
	Void    int64 `json:"void"`
}

// NewCoupon issues a coupon: of a design that there is (DefinitionID), or of one
// that the other fields describe and that is made along.
type NewCoupon struct {
	MemberID     string    `json:"member_id,omitempty"`
	Name         string    `json:"name,omitempty"`
	Code         string    `json:"code,omitempty"` // Default: made at random
	Kind         string    `json:"kind,omitempty"` // One of percent, cash, product
	Amount       string    `json:"amount,omitempty"`
	Category     string    `json:"category,omitempty"`
	DefinitionID string    `json:"definition_id,omitempty"`
	MinSpend     string    `json:"min_spend,omitempty"`
	Rate         string    `json:"rate,omitempty"`
	SKUID        string    `json:"sku_id,omitempty"`
	Stacking     string    `json:"stacking,omitempty"`
	Uses         int64     `json:"uses,omitempty"`       // Default: 1
	ValidDays    int64     `json:"valid_days,omitempty"` // From the issue; default: without end
	ValidUntil   time.Time `json:"valid_until,omitzero"`
}

// CouponClaimIn makes a coupon a member's by its code, or by a definition's claim
// code.
type CouponClaimIn struct {
	MemberID string `json:"member_id"`
	Code     string `json:"code"`
}

// CouponTransfer gives a coupon to a member.
type CouponTransfer struct {
	FromMemberID string `json:"from_member_id,omitempty"` // Its owner, who gives it away. Without: staff assign it, which needs the permission catalog
	Note         string `json:"note,omitempty"`
	ToMemberID   string `json:"to_member_id"`
}

// CouponReason says why.
type CouponReason struct {
	Reason string `json:"reason"`
}

// CouponBatch is a number of coupons of one design that are issued together.
type CouponBatch struct {
	ID           string    `json:"id"`
	Kind         string    `json:"kind"` // One of bearer, members
	Count        int64     `json:"count"`
	CreatedAt    time.Time `json:"created_at"`
	DefinitionID string    `json:"definition_id"`
	EndReason    string    `json:"end_reason"`
	EndedAt      time.Time `json:"ended_at"`
	Issued       int64     `json:"issued"` // So far: large batches are issued in the background
	Note         string    `json:"note"`
	Prefix       string    `json:"prefix"`
	State        string    `json:"state"` // One of running, done, stopped
	Used         int64     `json:"used"`  // Coupons with a use, where one batch is asked for
	ValidUntil   time.Time `json:"valid_until"`
	Version      int64     `json:"version"`
	Voided       int64     `json:"voided"` // Coupons made void, where one batch is asked for
}

// NewCouponBatch is a batch to be issued: count bearer coupons, or one for each
// of the members.
type NewCouponBatch struct {
	Count        int64     `json:"count,omitempty"` // Bearer coupons, up to 100000
	DefinitionID string    `json:"definition_id"`
	MemberIDs    []string  `json:"member_ids,omitempty"`
	Note         string    `json:"note,omitempty"`
	Prefix       string    `json:"prefix,omitempty"` // Of the codes
	ValidUntil   time.Time `json:"valid_until,omitzero"`
}
