package client

import (
	"context"
	"net/http"
	"time"
)

// Sell sells a basket. Where the total is another than expected, the error is a
// *Problem with the code checkout.total_changed and the new quote; where a payment
// is still being asked for it is a *Pending. Other faults: checkout.underpaid,
// checkout.tender_exceeds_total, wallet.insufficient_funds, wallet.frozen,
// wallet.gift_card_pin_wrong, member.pin_required, member.pin_wrong,
// till.no_open_shift and those of Quote.
func (c *Client) Sell(ctx context.Context, in SaleIn, o ...Option) (Sale, error) {
	return post[Sale](ctx, c, "/sales", in, o)
}

// Sale gets a sale, a refund, a void or a cash-out. Fault: sale.not_found.
func (c *Client) Sale(ctx context.Context, id string) (Sale, error) {
	return get[Sale](ctx, c, at("sales", id), nil)
}

// Sales lists documents, the newest first, without their lines.
func (c *Client) Sales(ctx context.Context, f SaleFilter, p Page) (List[Sale], error) {
	return get[List[Sale]](ctx, c, "/sales", p.query("kind", f.Kind, "shop_id", f.ShopID, "register_id", f.RegisterID, "member_id", f.MemberID, "shift_id", f.ShiftID, "of_sale_id", f.OfSaleID, "from", f.From, "to", f.To))
}

// SaleFilter narrows a list; the zero value is all.
type SaleFilter struct {
	Kind, ShopID, RegisterID, MemberID, ShiftID, OfSaleID string
	From, To                                              string // business dates, 2026-05-17
}

// Receipt gets a receipt as text/plain, text/html, image/png or application/json,
// which is a ReceiptDocument.
func (c *Client) Receipt(ctx context.Context, sale, contentType string) (out []byte, err error) {
	return out, c.do(ctx, request{method: http.MethodGet, path: at("sales", sale, "receipt"), accept: contentType, again: true}, &out)
}

// Void takes a whole sale back within its shift. Faults:
// checkout.void_after_shift, checkout.void_after_refund, checkout.reason_required.
func (c *Client) Void(ctx context.Context, sale string, in VoidIn, o ...Option) (Sale, error) {
	return post[Sale](ctx, c, at("sales", sale, "void"), in, o)
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
	Kind         string       `json:"kind"` // One of sale, refund, void, cash_out
	ActorID      string       `json:"actor_id"`
	Adjustments  []Adjustment `json:"adjustments"`
	BusinessDate string       `json:"business_date"`
	CashRounding string       `json:"cash_rounding"` // What the cash part was rounded by; the tenders add up to total and this
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

// Line is a line of a quote or sale.
type Line struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	Kind             string `json:"kind"`  // One of goods, service, top_up, punch_card, gift_card, gift, cash_out
	Bonus            string `json:"bonus"` // Top-ups: the bonus
	Category         string `json:"category"`
	Commission       string `json:"commission"`
	Face             string `json:"face"`      // Gift cards: what the card may pay; net is what was paid for it
	GiftCard         string `json:"gift_card"` // Gift cards: the number
	Gross            string `json:"gross"`
	Net              string `json:"net"` // After all adjustments
	No               int64  `json:"no"`
	OfLineID         string `json:"of_line_id"`  // Refunds: the line of the sale
	PlanID           string `json:"plan_id"`     // Punch cards: the plan
	PointsCost       int64  `json:"points_cost"` // Gifts: points burnt
	PointsEarned     int64  `json:"points_earned"`
	Punches          int64  `json:"punches"` // Visits that a punch card paid
	Quantity         string `json:"quantity"`
	Rebate           string `json:"rebate"`            // Goods and services: bonus money given back into the wallet. A refund takes it back
	RefundedQuantity string `json:"refunded_quantity"` // GET of a sale: what was given back so far
	SKUCode          string `json:"sku_code"`
	SKUID            string `json:"sku_id"`
	StaffID          string `json:"staff_id"`
	Tax              string `json:"tax"`
	TaxName          string `json:"tax_name"`
	TaxRate          string `json:"tax_rate"`
	UnitPrice        string `json:"unit_price"` // The list price
	Visits           int64  `json:"visits"`     // Punch cards: visits sold
	Withheld         string `json:"withheld"`   // Refunds of prepaid lines: paid for, neither used nor given back
}

// Adjustment is a signed change of a line's amount, and why.
type Adjustment struct {
	Code        string `json:"code"`
	Kind        string `json:"kind"` // One of percent, amount, fixed_price, free_units, punch, manual, drop
	Amount      string `json:"amount"`
	CouponID    string `json:"coupon_id"`
	Explanation string `json:"explanation"` // Why, in the language of the request
	Group       int64  `json:"group"`       // Shares of one benefit have one number
	LineID      string `json:"line_id"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Quantity    string `json:"quantity"` // Units that were free or paid by a punch card
}

// Tender is one means of payment.
type Tender struct {
	Type      string `json:"type"`   // One of cash, card, qr, stored_value, points, gift_card
	Amount    string `json:"amount"` // Its part of the total
	Points    int64  `json:"points"` // Points tenders: how many
	Reference string `json:"reference"`
	Tendered  string `json:"tendered"` // What was handed over
}

// VoidIn takes a whole sale back within its shift.
type VoidIn struct {
	Reason string `json:"reason"`
}

// ReceiptDocument is a receipt as blocks, from top to bottom.
type ReceiptDocument struct {
	Blocks []ReceiptBlock `json:"blocks"`
	Lang   string         `json:"lang"`
	SaleID string         `json:"sale_id"`
	Title  string         `json:"title"`
}

// ReceiptBlock is one part; type says which of the fields it has.
type ReceiptBlock struct {
	Type      string          `json:"type"`  // One of text, table, rule, feed, qr, barcode, image, cut
	Align     string          `json:"align"` // One of left, center, right
	Bits      string          `json:"bits"`  // Images: base64, one bit a dot, rows padded to bytes, 1 is black
	Bold      bool            `json:"bold"`
	Columns   []ReceiptColumn `json:"columns"`
	Content   string          `json:"content"` // Of a code
	Double    bool            `json:"double"`
	Header    bool            `json:"header"` // The first row names the columns
	Height    int64           `json:"height"`
	Lines     int64           `json:"lines"`
	Rows      [][]string      `json:"rows"`
	Size      string          `json:"size"` // One of normal, tall, wide, large
	Symbology string          `json:"symbology"`
	Text      string          `json:"text"`  // Text; the caption of a QR code; what stands for an image
	Width     int64           `json:"width"` // Images: dots
}

// ReceiptColumn is a column of a table.
type ReceiptColumn struct {
	Align string `json:"align"` // One of left, center, right
	Flex  bool   `json:"flex"`  // Takes what the others leave
	Width int64  `json:"width"` // In cells; 0: as wide as its widest text
}
