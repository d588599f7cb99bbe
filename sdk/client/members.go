package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// FindMembers lists members by a phone number, a card number or a part of the name.
func (c *Client) FindMembers(ctx context.Context, q string, p Page) (List[Member], error) {
	return get[List[Member]](ctx, c, "/members", p.query("q", q))
}

// Member gets a member.
func (c *Client) Member(ctx context.Context, id string) (Member, error) {
	return get[Member](ctx, c, "/members/"+url.PathEscape(id), nil)
}

// CreateMember enrols a member.
func (c *Client) CreateMember(ctx context.Context, in NewMember, o ...Option) (Member, error) {
	return post[Member](ctx, c, "/members", in, o)
}

// UpdateMember changes a member.
func (c *Client) UpdateMember(ctx context.Context, id string, in MemberPatch) (out Member, err error) {
	return out, c.do(ctx, request{method: http.MethodPatch, path: "/members/" + url.PathEscape(id), in: in}, &out)
}

// Wallet gets what a member holds.
func (c *Client) Wallet(ctx context.Context, member string) (Wallet, error) {
	return get[Wallet](ctx, c, "/members/"+url.PathEscape(member)+"/wallet", nil)
}

// TopUp sells stored value.
func (c *Client) TopUp(ctx context.Context, member string, in TopUpIn, o ...Option) (Prepaid, error) {
	return post[Prepaid](ctx, c, "/members/"+url.PathEscape(member)+"/top-ups", in, o)
}

// SellPunchCard sells visits of a service.
func (c *Client) SellPunchCard(ctx context.Context, member string, in PunchCardIn, o ...Option) (Prepaid, error) {
	return post[Prepaid](ctx, c, "/members/"+url.PathEscape(member)+"/punch-cards", in, o)
}

// Coupons lists a member's coupons, or those of one code, the newest first.
func (c *Client) Coupons(ctx context.Context, member, code string, p Page) (List[Coupon], error) {
	return get[List[Coupon]](ctx, c, "/coupons", p.query("member_id", member, "code", code))
}

// IssueCoupon issues a coupon.
func (c *Client) IssueCoupon(ctx context.Context, in NewCoupon, o ...Option) (Coupon, error) {
	return post[Coupon](ctx, c, "/coupons", in, o)
}

// Member is a person enrolled with the merchant.
type Member struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Address    string    `json:"address"`
	Birthday   string    `json:"birthday"` // --05-17 where the year is not known
	Email      string    `json:"email"`
	HomeShopID string    `json:"home_shop_id"`
	JoinedAt   time.Time `json:"joined_at"`
	Note       string    `json:"note"`
	Phone      string    `json:"phone"` // Digits, a leading + where foreign. It finds the member like a card
	Sex        string    `json:"sex"`
	Status     string    `json:"status"` // One of active, frozen, archived, erased
	Tier       string    `json:"tier"`   // The code of the tier, "" without one
	TierSince  time.Time `json:"tier_since"`
	UpdatedAt  time.Time `json:"updated_at"`
	Version    int64     `json:"version"` // Name it in a PATCH to change what you have seen
}

// NewMember is a person to be enrolled.
type NewMember struct {
	ShopID   string `json:"shop_id,omitempty"` // Where the member enrols
	Name     string `json:"name"`
	Address  string `json:"address,omitempty"`
	Birthday string `json:"birthday,omitempty"`
	Card     string `json:"card,omitempty"`      // The number of a card handed out at once
	CardKind string `json:"card_kind,omitempty"` // One of card, virtual, document
	Email    string `json:"email,omitempty"`
	Note     string `json:"note,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Sex      string `json:"sex,omitempty"`  // One of female, male, other
	Tier     string `json:"tier,omitempty"` // The code of a tier to begin with
}

// MemberPatch changes what it names; nil stays as it is.
type MemberPatch struct {
	Name       *string `json:"name,omitempty"`
	Address    *string `json:"address,omitempty"`
	Birthday   *string `json:"birthday,omitempty"`
	Email      *string `json:"email,omitempty"`
	HomeShopID *string `json:"home_shop_id,omitempty"`
	Note       *string `json:"note,omitempty"`
	Phone      *string `json:"phone,omitempty"`
	Sex        *string `json:"sex,omitempty"`
	Version    int64   `json:"version,omitempty"` // The version you have seen; without it any
}

// Wallet is what a member holds.
type Wallet struct {
	ID         string      `json:"id"` // The member's
	MemberID   string      `json:"member_id"`
	Available  string      `json:"available"` // Balance less what open sales hold
	Balance    string      `json:"balance"`   // Principal and bonus
	Bonus      string      `json:"bonus"`
	Currency   string      `json:"currency"`
	Held       string      `json:"held"`
	Lots       []Lot       `json:"lots"`      // What still holds something, the oldest first
	Movements  []Movement  `json:"movements"` // The newest 100
	Points     int64       `json:"points"`    // Spendable now; negative is a debt from a refund
	Principal  string      `json:"principal"`
	PunchCards []PunchCard `json:"punch_cards"`
}

// PunchCard is what is left of the visits of a service.
type PunchCard struct {
	Remaining    int64  `json:"remaining"`
	ServiceSKUID string `json:"service_sku_id"`
}

// Lot is a part of a wallet with its own origin and end.
type Lot struct {
	ID           string    `json:"id"`
	Amount       string    `json:"amount"` // As it came in: money, points or visits, by the class
	Class        string    `json:"class"`  // principal, bonus, points or punch
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	OriginSaleID string    `json:"origin_sale_id"`
	OriginShopID string    `json:"origin_shop_id"`
	Remaining    string    `json:"remaining"`
	ServiceSKUID string    `json:"service_sku_id"` // Punches: the service
}

// Movement is one posting on one of a member's accounts.
type Movement struct {
	ID           string    `json:"id"` // The entry; its postings share it
	Kind         string    `json:"kind"`
	Amount       string    `json:"amount"` // Money, points or visits, by the class
	At           time.Time `json:"at"`
	Class        string    `json:"class"`
	LotID        string    `json:"lot_id"`
	SaleID       string    `json:"sale_id"`
	ServiceSKUID string    `json:"service_sku_id"`
}

// TopUpIn buys stored value. The bonus is what the rule packs say.
type TopUpIn struct {
	ShopID     string   `json:"shop_id"`
	RegisterID string   `json:"register_id"`
	Amount     string   `json:"amount"`
	StaffID    string   `json:"staff_id,omitempty"`
	Tender     TenderIn `json:"tender"`
}

// PunchCardIn buys visits of a service.
type PunchCardIn struct {
	ShopID       string   `json:"shop_id"`
	RegisterID   string   `json:"register_id"`
	Amount       string   `json:"amount"`
	FreeVisits   int64    `json:"free_visits,omitempty"`
	ServiceSKUID string   `json:"service_sku_id"`
	StaffID      string   `json:"staff_id,omitempty"`
	Tender       TenderIn `json:"tender"`
	Visits       int64    `json:"visits"`
}

// Prepaid is a sale of stored value or visits.
type Prepaid struct {
	ID           string   `json:"id"` // The sale's
	MemberID     string   `json:"member_id"`
	Amount       string   `json:"amount"` // What was bought: the principal, or the price of the visits
	Bonus        string   `json:"bonus"`
	BusinessDate string   `json:"business_date"`
	Change       string   `json:"change"`
	Currency     string   `json:"currency"`
	Number       string   `json:"number"`
	SaleID       string   `json:"sale_id"`
	ServiceSKUID string   `json:"service_sku_id"`
	Tenders      []Tender `json:"tenders"`
	Total        string   `json:"total"`
	Visits       int64    `json:"visits"` // Paid and free ones
}

// Coupon is an issued right.
type Coupon struct {
	ID         string       `json:"id"`
	MemberID   string       `json:"member_id"` // Without: whoever has the code
	Code       string       `json:"code"`
	Currency   string       `json:"currency"`
	Definition CouponDesign `json:"definition"`
	State      string       `json:"state"` // One of active, void
	Used       int64        `json:"used"`
	Uses       int64        `json:"uses"`
	ValidFrom  time.Time    `json:"valid_from"`
	ValidUntil time.Time    `json:"valid_until"`
}

// CouponDesign is what coupons of one design grant.
type CouponDesign struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Kind      string `json:"kind"`   // One of percent, cash, product
	Amount    string `json:"amount"` // Cash: the amount taken off
	Category  string `json:"category"`
	MinSpend  string `json:"min_spend"`
	Rate      string `json:"rate"`   // Percent: the part taken off
	SKUID     string `json:"sku_id"` // Product: one unit of it is free
	Stacking  string `json:"stacking"`
	Uses      int64  `json:"uses"`
	ValidDays int64  `json:"valid_days"`
}

// NewCoupon issues a coupon: of a design that there is, or of one that the other fields describe.
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
