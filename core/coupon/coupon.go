package coupon

import (
	"math"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

var (
	ErrNotFound   = fault.New(fault.NotFound, "coupon.not_found")
	ErrUsed       = fault.New(fault.Conflict, "coupon.already_used")
	ErrExpired    = fault.New(fault.Conflict, "coupon.expired")
	ErrNotYet     = fault.New(fault.Conflict, "coupon.not_yet_valid")
	ErrVoid       = fault.New(fault.Conflict, "coupon.void")
	ErrLocked     = fault.New(fault.Conflict, "coupon.locked") // another open sale holds it
	ErrNotOwner   = fault.New(fault.Denied, "coupon.belongs_to_another_member")
	ErrDefinition = fault.New(fault.Invalid, "coupon.bad_definition")
	ErrCodeTaken  = fault.New(fault.Conflict, "coupon.code_taken")

	ErrWrongShop    = fault.New(fault.Conflict, "coupon.wrong_shop")
	ErrWrongWeekday = fault.New(fault.Conflict, "coupon.wrong_weekday")
	ErrWrongTime    = fault.New(fault.Conflict, "coupon.wrong_time")
	ErrMemberNeeded = fault.New(fault.Conflict, "coupon.member_needed") // a limit per member, and nobody named
	ErrMemberLimit  = fault.New(fault.Conflict, "coupon.member_limit")  // the member used as many as one member may
	ErrIssueLimit   = fault.New(fault.Conflict, "coupon.issue_limit")   // no more of the definition may be issued
	ErrArchived     = fault.New(fault.Conflict, "coupon.definition_archived")
	ErrRefTaken     = fault.New(fault.Conflict, "coupon.definition_code_taken") // another design has it
	ErrNoDefinition = fault.New(fault.NotFound, "coupon.definition_not_found")
)

var (
	_ = db.Guard("ck_coupons_used", ErrUsed)
	_ = db.Guard("coupon_uses_pkey", ErrUsed)
	_ = db.Guard("ux_coupons_code", ErrCodeTaken)
	_ = db.Guard("ck_coupon_members_used", ErrMemberLimit)
	_ = db.Guard("ck_coupon_definitions_issued", ErrIssueLimit)
	_ = db.Guard("ux_coupon_definitions_code", ErrRefTaken)
	// Two managers change one definition at once: the second goes on after the first.
	_ = db.GuardRetry("coupon_terms_pkey")
)

// Kinds as they are stored and named in the API.
const (
	KindPercent = "percent"
	KindCash    = "cash"
	KindProduct = "product"
)

// Definition is a design: what its coupons grant and where, and how they come
// about. The first part is the terms, which a coupon keeps as they were when it
// was issued; the second part belongs to the design and may change at any time.
type Definition struct {
	ID       id.ID
	Version  int // of the terms, from 1
	Name     string
	Kind     string       // never changes
	Rate     money.Rate   // percent: the part taken off
	Amount   money.Amount // cash: the amount taken off
	SKU      id.ID        // product: one unit of it is free
	SKUCode  string
	Category string       // "" all
	MinSpend money.Amount // of the goods and services it may apply to
	Stacking string       // exclusive category; "" joins with others
	Uses     int64        // of one coupon

	PerMember int64   // uses by one member, of all coupons of the design; 0: no limit
	Personal  bool    // its member cannot give it away
	Shops     []id.ID // where it can be used; none: everywhere
	Weekdays  Weekdays
	Slots     []Slot // none: all day

	ValidAfter int        // days from the issue until it begins
	ValidDays  int        // days that it then lasts; 0: without end
	FromDate   clock.Date // first business day; "": none
	UntilDate  clock.Date // last business day; "": none

	RemindDays int    // days before the end at which its member is told; 0: never
	IssueLimit int64  // coupons in all; 0: no limit
	Issued     int64  // counted where there is a limit
	Code       string // by which rules know the design; "": they do not
	Claim      Claim
	Archived   bool // issues no more; what is issued stays good
	CreatedAt  clock.Instant
}

// Claim says how members get a coupon of the design by a public code.
type Claim struct {
	Code      string        // "": cannot be claimed
	From      clock.Instant // 0: from the beginning
	Until     clock.Instant // 0: without end
	Limit     int64         // claims in all; 0: no limit
	PerMember int64         // claims by one member; 0: no limit
	Claimed   int64         // so far
}

const maxCount = 1_000_000_000

var (
	codeForm = regexp.MustCompile(`^[!-~]{4,40}$`)
	refForm  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$`)
)

// Check validates a definition. Fault: coupon.bad_definition, at the field's name
// in the API.
func (d *Definition) Check() error {
	name := utf8.RuneCountInString(d.Name)
	for _, c := range []struct {
		bad bool
		at  string
	}{
		{name == 0 || name > 200 || !utf8.ValidString(d.Name), "name"},
		{d.Kind != KindPercent && d.Kind != KindCash && d.Kind != KindProduct, "kind"},
		{d.Kind == KindPercent && (d.Rate <= 0 || d.Rate > money.Whole), "rate"},
		{d.Kind == KindCash && (d.Amount <= 0 || !money.Fits(int64(d.Amount))), "amount"},
		{d.Kind == KindProduct && (d.SKU.IsNone() || d.SKUCode == ""), "sku_id"},
		{d.Uses < 1 || d.Uses > 1_000_000, "uses"},
		{d.MinSpend < 0 || !money.Fits(int64(d.MinSpend)), "min_spend"},
		{len(d.Category) > 64, "category"},
		{len(d.Stacking) > 40, "stacking"},
		{d.PerMember < 0 || d.PerMember > maxCount, "per_member"},
		{len(d.Shops) > 1000 || slices.Contains(d.Shops, id.None), "shops"},
		{d.Weekdays > EveryDay, "weekdays"},
		{!slotsOK(d.Slots), "slots"},
		{d.ValidAfter < 0 || d.ValidAfter > 36500, "valid_after_days"},
		{d.ValidDays < 0 || d.ValidDays > 36500, "valid_days"},
		{!dateOK(d.FromDate), "from_date"},
		{!dateOK(d.UntilDate) || d.UntilDate != "" && d.UntilDate < d.FromDate, "until_date"},
		{d.RemindDays < 0 || d.RemindDays > 365, "remind_days"},
		{d.IssueLimit < 0 || d.IssueLimit > maxCount, "issue_limit"},
		{d.Code != "" && !refForm.MatchString(d.Code), "code"},
		{d.Claim.Code != "" && (!codeForm.MatchString(d.Claim.Code) || foldCode(d.Claim.Code) != d.Claim.Code), "claim_code"},
		{d.Claim.Until != 0 && d.Claim.Until <= d.Claim.From, "claim_until"},
		{d.Claim.Limit < 0 || d.Claim.Limit > maxCount, "claim_limit"},
		{d.Claim.PerMember < 0 || d.Claim.PerMember > maxCount, "claim_per_member"},
	} {
		if c.bad {
			return ErrDefinition.On(c.at)
		}
	}
	return nil
}

// sameTerms tells whether a coupon of d grants what one of o does.
func (d *Definition) sameTerms(o *Definition) bool {
	return d.Rate == o.Rate && d.Amount == o.Amount && d.SKU == o.SKU && d.SKUCode == o.SKUCode && d.Category == o.Category && d.MinSpend == o.MinSpend &&
		d.Stacking == o.Stacking && d.Uses == o.Uses && d.PerMember == o.PerMember && d.Personal == o.Personal && slices.Equal(d.Shops, o.Shops) &&
		d.Weekdays == o.Weekdays && slices.Equal(d.Slots, o.Slots) && d.ValidAfter == o.ValidAfter && d.ValidDays == o.ValidDays &&
		d.FromDate == o.FromDate && d.UntilDate == o.UntilDate
}

// MayIssue tells whether coupons of it are still issued. Fault:
// coupon.definition_archived.
func (d *Definition) MayIssue() error {
	if d.Archived {
		return ErrArchived
	}
	return nil
}

func dateOK(d clock.Date) bool { return d == "" || len(d) == 10 && !d.Time().IsZero() }

// Coupon is an issued right.
type Coupon struct {
	ID         id.ID
	Code       string
	Member     id.ID // none: bearer
	State      string
	Uses, Used int64
	UseSeq     int64
	LockedBy   id.ID
	ValidFrom  clock.Instant
	ValidUntil clock.Instant // 0: without end
	FromDate   clock.Date    // first business day, "" none
	UntilDate  clock.Date    // last business day, "" none
	Batch      id.ID
	Claimed    bool // a member made it theirs by its code or a claim code
	IssuedAt   clock.Instant
	VoidReason string
	Definition Definition // with the terms that it was issued under

	// What its member, or the one it was asked for, has used and holds of the
	// definition.
	MemberUsed, MemberHeld int64
}

// States as they are stored.
const (
	StateActive = "active"
	StateVoid   = "void"
)

// View is what a rule pack sees of it.
func (c *Coupon) View(ref uint32) promotion.CouponView {
	d := &c.Definition
	v := promotion.CouponView{Ref: ref, Rate: d.Rate, Amount: d.Amount, SKU: d.SKUCode, Category: d.Category, MinSpend: d.MinSpend, Stacking: d.Stacking}
	switch d.Kind {
	case KindPercent:
		v.Kind = promotion.CouponPercent
	case KindCash:
		v.Kind = promotion.CouponCash
	case KindProduct:
		v.Kind = promotion.CouponProduct
	}
	return v
}

// ceiling is a limit as the guards compare it.
func ceiling(limit int64) int64 {
	if limit == 0 {
		return math.MaxInt64
	}
	return limit
}
