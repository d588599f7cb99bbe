package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Quote prices a basket; it writes nothing.
func (c *Client) Quote(ctx context.Context, in BasketIn) (out Quote, err error) {
	return out, c.do(ctx, request{method: http.MethodPost, path: "/quotes", in: in}, &out)
}

// Sell sells a basket. Where the total is another than expected, the error is a
// *Problem with the code checkout.total_changed and the new quote.
func (c *Client) Sell(ctx context.Context, in SaleIn, o ...Option) (Sale, error) {
	return post[Sale](ctx, c, "/sales", in, o)
}

// Sale gets a sale, a refund or a void.
func (c *Client) Sale(ctx context.Context, id string) (Sale, error) {
	return get[Sale](ctx, c, "/sales/"+url.PathEscape(id), nil)
}

// Sales lists sales, refunds and voids, the newest first, without their lines.
func (c *Client) Sales(ctx context.Context, f SaleFilter, p Page) (List[Sale], error) {
	return get[List[Sale]](ctx, c, "/sales", p.query("kind", f.Kind, "shop_id", f.ShopID, "register_id", f.RegisterID, "member_id", f.MemberID, "shift_id", f.ShiftID, "of_sale_id", f.OfSaleID, "from", f.From, "to", f.To))
}

// SaleFilter narrows a list; the zero value is all.
type SaleFilter struct {
	Kind, ShopID, RegisterID, MemberID, ShiftID, OfSaleID string
	From, To                                              string // business dates, 2026-05-17
}

// Receipt gets a receipt as text/plain, text/html, image/png or application/json.
func (c *Client) Receipt(ctx context.Context, sale, contentType string) (out []byte, err error) {
	return out, c.do(ctx, request{method: http.MethodGet, path: "/sales/" + url.PathEscape(sale) + "/receipt", accept: contentType}, &out)
}

// Refund takes lines of a sale back, or all that is left.
func (c *Client) Refund(ctx context.Context, sale string, in RefundIn, o ...Option) (Sale, error) {
	return post[Sale](ctx, c, "/sales/"+url.PathEscape(sale)+"/refunds", in, o)
}

// Void takes a whole sale back within its shift.
func (c *Client) Void(ctx context.Context, sale string, in VoidIn, o ...Option) (Sale, error) {
	return post[Sale](ctx, c, "/sales/"+url.PathEscape(sale)+"/void", in, o)
}

// LineIn is a line of a basket: a SKU by its id or its bar code.
type LineIn struct {
	Barcode  string `json:"barcode,omitempty"`
	Quantity string `json:"quantity"`
	SKUID    string `json:"sku_id,omitempty"`
	StaffID  string `json:"staff_id,omitempty"` // Who is paid commission for it
}

// TenderIn is a means of payment and its amount.
type TenderIn struct {
	Type      string `json:"type"`                // One of cash, card, qr, stored_value, points
	Amount    string `json:"amount"`              // Points: their worth in money
	Reference string `json:"reference,omitempty"` // Of a terminal that is not ours
}

// BasketIn is what is rung up.
type BasketIn struct {
	ShopID     string     `json:"shop_id"`
	RegisterID string     `json:"register_id"`
	MemberID   string     `json:"member_id,omitempty"`
	Coupons    []string   `json:"coupons,omitempty"` // Codes
	Lines      []LineIn   `json:"lines"`
	Tenders    []TenderIn `json:"tenders,omitempty"`
}

// Line is a line of a quote or sale.
type Line struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	Kind             string `json:"kind"`  // One of goods, service, top_up, punch_card
	Bonus            string `json:"bonus"` // Top-ups: the bonus
	Category         string `json:"category"`
	Commission       string `json:"commission"`
	Gross            string `json:"gross"`
	Net              string `json:"net"` // After all adjustments
	No               int64  `json:"no"`
	OfLineID         string `json:"of_line_id"` // Refunds: the line of the sale
	PointsEarned     int64  `json:"points_earned"`
	Punches          int64  `json:"punches"` // Visits that a punch card paid
	Quantity         string `json:"quantity"`
	RefundedQuantity string `json:"refunded_quantity"` // GET of a sale: what was given back so far
	SKUCode          string `json:"sku_code"`
	SKUID            string `json:"sku_id"`
	StaffID          string `json:"staff_id"`
	Tax              string `json:"tax"`
	TaxRate          string `json:"tax_rate"`
	UnitPrice        string `json:"unit_price"` // The list price
	Visits           int64  `json:"visits"`     // Punch cards: visits sold
}

// Adjustment is a signed change of a line's amount, and why.
type Adjustment struct {
	Code        string `json:"code"`
	Kind        string `json:"kind"` // One of percent, amount, fixed_price, free_units, punch
	Amount      string `json:"amount"`
	CouponID    string `json:"coupon_id"`
	Explanation string `json:"explanation"` // Why, in the language of the request
	Group       int64  `json:"group"`       // Shares of one benefit have one number
	LineID      string `json:"line_id"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Quantity    string `json:"quantity"` // Units that were free or paid by a punch card
}

// Tender is one means of payment as it was taken.
type Tender struct {
	Type      string `json:"type"`   // One of cash, card, qr, stored_value, points
	Amount    string `json:"amount"` // Its part of the total
	Points    int64  `json:"points"` // Points tenders: how many
	Reference string `json:"reference"`
	Tendered  string `json:"tendered"` // What was handed over
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

// CommissionOut is what a line pays its staff.
type CommissionOut struct {
	Code        string `json:"code"`
	Amount      string `json:"amount"`
	Basis       string `json:"basis"`
	LineID      string `json:"line_id"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Rate        string `json:"rate"`
	StaffID     string `json:"staff_id"`
}

// Quote is a basket priced by the rule packs. It binds until ExpiresAt.
type Quote struct {
	ID           string          `json:"id"` // The same as quote_ref
	ShopID       string          `json:"shop_id"`
	RegisterID   string          `json:"register_id"`
	MemberID     string          `json:"member_id"`
	Adjustments  []Adjustment    `json:"adjustments"`
	Commission   string          `json:"commission"`
	Commissions  []CommissionOut `json:"commissions"`
	Currency     string          `json:"currency"`
	Discount     string          `json:"discount"`
	ExpiresAt    time.Time       `json:"expires_at"`
	Fallbacks    []Fallback      `json:"fallbacks"`
	Lines        []Line          `json:"lines"`
	Member       *QuoteMember    `json:"member,omitempty"`
	PointsEarned int64           `json:"points_earned"`
	QuoteRef     string          `json:"quote_ref"` // Name it in the sale
	Subtotal     string          `json:"subtotal"`
	Tax          string          `json:"tax"`
	Tenders      []Tender        `json:"tenders"` // A plan: what was asked for, the rest in cash; without, stored value as far as it goes
	Total        string          `json:"total"`
}

// SaleIn is a basket that is paid.
type SaleIn struct {
	BasketIn
	ID            string    `json:"id,omitempty"` // Made by the caller, a UUIDv7; without it one is made here
	DeviceSeq     int64     `json:"device_seq,omitempty"`
	ExpectedTotal string    `json:"expected_total,omitempty"` // What the customer saw; 409 checkout.total_changed where it is another
	OccurredAt    time.Time `json:"occurred_at,omitzero"`     // Default: now
	QuoteRef      string    `json:"quote_ref,omitempty"`      // The quote that the customer saw
}

// Sale is a document: a sale, or what was given back of one.
type Sale struct {
	ID           string       `json:"id"`
	ShopID       string       `json:"shop_id"`
	RegisterID   string       `json:"register_id"`
	MemberID     string       `json:"member_id"`
	Kind         string       `json:"kind"` // One of sale, refund, void
	ActorID      string       `json:"actor_id"`
	Adjustments  []Adjustment `json:"adjustments"`
	BusinessDate string       `json:"business_date"`
	Change       string       `json:"change"`
	Commission   string       `json:"commission"`
	CompletedAt  time.Time    `json:"completed_at"`
	Currency     string       `json:"currency"`
	DeviceSeq    int64        `json:"device_seq"`
	Discount     string       `json:"discount"`
	Fallbacks    []string     `json:"fallbacks"` // Packs that failed; the sale went on without them
	Lines        []Line       `json:"lines"`     // Not in lists
	Number       string       `json:"number"`    // Of the receipt
	OccurredAt   time.Time    `json:"occurred_at"`
	OfSaleID     string       `json:"of_sale_id"` // Refund, void: the sale
	Origin       string       `json:"origin"`
	Paid         string       `json:"paid"`
	PointsEarned int64        `json:"points_earned"` // Refund: taken back
	Reason       string       `json:"reason"`
	RecordedAt   time.Time    `json:"recorded_at"`
	ShiftID      string       `json:"shift_id"`
	State        string       `json:"state"` // One of open, completed, abandoned
	Subtotal     string       `json:"subtotal"`
	Tax          string       `json:"tax"`
	Tenders      []Tender     `json:"tenders"`
	TierAfter    string       `json:"tier_after"`
	TierBefore   string       `json:"tier_before"`
	Total        string       `json:"total"`
}

// RefundIn takes lines back; no lines: all that is left.
type RefundIn struct {
	RegisterID string         `json:"register_id,omitempty"` // Where the money is given back; default: where the sale was made
	Lines      []RefundLineIn `json:"lines,omitempty"`
	Reason     string         `json:"reason"`
}

// RefundLineIn is a quantity of a line.
type RefundLineIn struct {
	LineID   string `json:"line_id"`
	Quantity string `json:"quantity"`
}

// VoidIn takes a whole sale back within its shift.
type VoidIn struct {
	Reason string `json:"reason"`
}
