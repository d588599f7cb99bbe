package client

import (
	"context"
	"time"
)

// Quote prices a basket; it writes nothing. Faults: checkout.unknown_sku,
// checkout.unknown_member, coupon.not_found and why a coupon cannot be used,
// checkout.discount_needs_manager, checkout.bad_line.
func (c *Client) Quote(ctx context.Context, in BasketIn) (Quote, error) {
	return ask[Quote](ctx, c, "/quotes", in)
}

// BasketIn is what is rung up.
type BasketIn struct {
	ShopID     string       `json:"shop_id"`
	RegisterID string       `json:"register_id"`
	MemberID   string       `json:"member_id,omitempty"`
	Card       string       `json:"card,omitempty"`             // The member's card that was shown: whether it earns points
	Coupons    []string     `json:"coupons,omitempty"`          // Codes
	Discounts  []DiscountIn `json:"discounts,omitempty"`        // By hand; over discount.cashier_limit it needs the permission to adjust
	Drop       string       `json:"drop,omitempty"`             // Taken off to make the bill round, up to discount.drop_limit
	Dropped    []string     `json:"dropped_line_ids,omitempty"` // Lines that the preparation stations were told of and that are not wanted any more
	Place      string       `json:"place,omitempty"`            // Where it is brought, on the tickets of the preparation stations: a table, a name to call
	Lines      []LineIn     `json:"lines"`
	Tenders    []TenderIn   `json:"tenders,omitempty"`
}

// LineIn is a line of a basket: a SKU by its id or its bar code, or something
// prepaid, or a gift for points.
type LineIn struct {
	Kind       string    `json:"kind,omitempty"`        // Without: a SKU. One of top_up, punch_card, gift_card, gift
	Amount     string    `json:"amount,omitempty"`      // Top-up: the principal. Gift card, punch card without a plan: the price
	Barcode    string    `json:"barcode,omitempty"`     // Also the weight code of a label that was weighed elsewhere, with quantity 1
	CardNumber string    `json:"card_number,omitempty"` // Gift card: its number; default: one is made
	Face       string    `json:"face,omitempty"`        // Gift card: what it may pay; default: its price
	FreeVisits int64     `json:"free_visits,omitempty"`
	GiftID     string    `json:"gift_id,omitempty"`  // Gift
	GrantID    string    `json:"grant_id,omitempty"` // Gift: the grant that it is fetched of, instead of points
	ID         string    `json:"id,omitempty"`       // SKUs: made by the client where the line went to the preparation stations before; the sale's line has it too
	Note       string    `json:"note,omitempty"`     // SKUs: for who prepares it
	PlanID     string    `json:"plan_id,omitempty"`  // Punch card: the plan
	Quantity   string    `json:"quantity,omitempty"` // SKUs and gifts
	SKUID      string    `json:"sku_id,omitempty"`   // Punch card without a plan: the service
	Splits     []SplitIn `json:"splits,omitempty"`   // Where several did the work, instead of StaffID
	StaffID    string    `json:"staff_id,omitempty"` // Who is paid commission for it
	Visits     int64     `json:"visits,omitempty"`   // Punch card without a plan
}

// SplitIn is one person's share of a line.
type SplitIn struct {
	Role    string `json:"role"`  // One of performer, assistant, seller, receptionist
	Share   string `json:"share"` // A part of one; the shares of a line add up to one
	StaffID string `json:"staff_id"`
}

// DiscountIn is what somebody takes off by hand.
type DiscountIn struct {
	Amount string `json:"amount,omitempty"` // Taken off, where there is no rate
	Line   int64  `json:"line,omitempty"`   // 1-based; 0: the whole bill
	Rate   string `json:"rate,omitempty"`   // A part of what is left, 0.1 is ten per cent
	Reason string `json:"reason"`
}

// TenderIn is a means of payment and its amount.
type TenderIn struct {
	Type      string `json:"type"`                // One of cash, card, qr, stored_value, points, gift_card
	Amount    string `json:"amount"`              // Points: their worth in money
	PIN       string `json:"pin,omitempty"`       // Stored value where Quote.AsksPIN, gift cards that have one. Never kept
	Reference string `json:"reference,omitempty"` // Of a terminal that is not ours; a gift card's number
}

// Quote is a basket priced by the rule packs. It binds until ExpiresAt.
type Quote struct {
	ID           string          `json:"id"` // The same as quote_ref
	ShopID       string          `json:"shop_id"`
	RegisterID   string          `json:"register_id"`
	MemberID     string          `json:"member_id"`
	Adjustments  []Adjustment    `json:"adjustments"`
	AsksPIN      bool            `json:"asks_pin"` // Stored value is spent with the member's PIN
	CashDue      string          `json:"cash_due"` // The total in cash, rounded to the coins there are
	Commission   string          `json:"commission"`
	Commissions  []CommissionOut `json:"commissions"`
	Currency     string          `json:"currency"`
	Discount     string          `json:"discount"`
	ExpiresAt    time.Time       `json:"expires_at"`
	Fallbacks    []Fallback      `json:"fallbacks"`
	Grants       []QuoteGrant    `json:"grants"` // What the sale would give besides money
	Lines        []Line          `json:"lines"`
	Member       *QuoteMember    `json:"member,omitempty"`
	PointsEarned int64           `json:"points_earned"`
	QuoteRef     string          `json:"quote_ref"` // Name it in the sale
	Subtotal     string          `json:"subtotal"`
	Tax          string          `json:"tax"`
	TenderLimits []TenderLimit   `json:"tender_limits"` // What the member's own tenders may pay; one that is not named pays anything
	Tenders      []Tender        `json:"tenders"`       // A plan: what was asked for, the rest in cash; without, stored value as far as it goes
	Total        string          `json:"total"`
	Warnings     []Warning       `json:"warnings"`
}

// QuoteMember is what the member has and gets.
type QuoteMember struct {
	ID          string      `json:"id"`
	Points      int64       `json:"points"`
	PointsWorth string      `json:"points_worth"` // What all the points would pay
	PunchCards  []PunchCard `json:"punch_cards"`
	StoredValue string      `json:"stored_value"`
	Tier        string      `json:"tier"`
	TierAfter   string      `json:"tier_after"`
}

// Warning is something that is let pass, but said.
type Warning struct {
	Reason string `json:"reason"`
	Text   string `json:"text"`
}

// CommissionOut is what a line pays its staff.
type CommissionOut struct {
	Code        string `json:"code"`
	Amount      string `json:"amount"`
	Basis       string `json:"basis"`
	LineID      string `json:"line_id"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Rate        string `json:"rate"`
	Role        string `json:"role"`
	StaffID     string `json:"staff_id"`
}

// Fallback is a rule that failed, so that the list price or nothing was used.
type Fallback struct {
	Costly      bool   `json:"costly"` // The customer may pay more for it
	Hook        string `json:"hook"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Reason      string `json:"reason"`
	Text        string `json:"text"`
}
