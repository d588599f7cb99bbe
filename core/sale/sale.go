package sale

import (
	"strconv"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrNotFound     = fault.New(fault.NotFound, "sale.not_found")
	ErrIDTaken      = fault.New(fault.Conflict, "sale.id_taken") // another sale has the id that the caller made
	ErrOverRefund   = fault.New(fault.Conflict, "sale.refund_exceeds_rest")
	ErrLineNotFound = fault.New(fault.NotFound, "sale.line_not_found")
	ErrNotOpen      = fault.New(fault.Conflict, "sale.not_open")
)

var (
	_ = db.Guard("sales_pkey", ErrIDTaken)
	_ = db.Guard("ck_sale_line_state_refunded", ErrOverRefund)
	_ = db.GuardRetry("ux_sales_series_number")
)

// Kinds of document.
const (
	KindSale   = "sale"
	KindRefund = "refund"
	KindVoid   = "void"
	// KindCashOut gives prepaid money back that was not used; it is of no sale.
	KindCashOut = "cash_out"
)

// States of a sale.
const (
	StateOpen      = "open"
	StateCompleted = "completed"
	StateAbandoned = "abandoned"
)

// Kinds of line.
const (
	LineGoods     = "goods"
	LineService   = "service"
	LineTopUp     = "top_up"
	LinePunchCard = "punch_card"
	LineGiftCard  = "gift_card"
	LineGift      = "gift"     // paid with points
	LineCashOut   = "cash_out" // of a cash-out: what is left of one top-up
)

// Types of tender.
const (
	TenderCash        = "cash"
	TenderCard        = "card"
	TenderQR          = "qr"
	TenderStoredValue = "stored_value"
	TenderPoints      = "points"
	TenderGiftCard    = "gift_card"
)

// Origins.
const (
	OriginTill   = "till"
	OriginAPI    = "api"
	OriginJob    = "job"
	OriginOnline = "online" // an order of an online shop
)

// Sale is one document: a sale, a refund of one, or a void. Amounts of a refund
// are positive: they say what was given back.
type Sale struct {
	Merchant     id.ID
	ID           id.ID
	Kind         string
	State        string
	Of           id.ID // refund, void: the sale
	Reason       string
	Shop         id.ID
	Register     id.ID
	Shift        id.ID
	Series       string
	Number       int64
	Member       id.ID
	Actor        id.ID
	Currency     money.Currency
	Subtotal     money.Amount // sum of the lines' gross at list price
	Discount     money.Amount // subtotal less total, tax and rounding apart
	Tax          money.Amount // contained in or added to the total
	Total        money.Amount // what is due
	CashRounding money.Amount
	Paid         money.Amount // sum of the tenders as handed over
	Change       money.Amount
	Points       int64 // earned, or taken back
	Commission   money.Amount
	TierBefore   string
	TierAfter    string
	BusinessDate clock.Date
	OccurredAt   clock.Instant
	RecordedAt   clock.Instant
	CompletedAt  clock.Instant
	Origin       string
	DeviceSeq    int64
	Fallbacks    string // ids of packs whose fallback was used, comma-separated
	Lines        []Line
	Adjustments  []Adjustment
	Tenders      []Tender
	Rules        []RuleRun
	Input        []byte // of a sale without rule runs: what a rule would have been told; only written and read by Past
	Trace        string // JSON: the explanation's losers and notes
	Replayed     bool   // the answer to a repeated request; not stored
}

// ReceiptNumber is the printed number, "A1-000042".
func (s *Sale) ReceiptNumber() string {
	if s.Number == 0 {
		return ""
	}
	n := strconv.FormatInt(s.Number, 10)
	for len(n) < 6 {
		n = "0" + n
	}
	return s.Series + "-" + n
}

// Line is one thing sold, or given back.
type Line struct {
	ID         id.ID
	No         int
	Kind       string
	SKU        id.ID
	SKUCode    string
	Name       string
	Category   string
	Quantity   money.Quantity
	UnitPrice  money.UnitPrice // the list price
	Gross      money.Amount    // unit price x quantity
	Net        money.Amount    // after all adjustments
	TaxRate    money.Rate
	Tax        money.Amount
	Cost       money.Amount
	Staff      id.ID
	Of         id.ID // refund: the line of the sale
	Stocked    bool
	Points     int64
	Commission money.Amount
	Punches    int64        // visits that a punch card paid
	Visits     int64        // punch card lines: visits sold
	Bonus      money.Amount // top-up lines: the bonus granted

	TaxCategory string       // of the SKU when it was sold
	TaxName     string       // of the rate that applied
	Face        money.Amount // gift card lines: what the card may pay; Net is what was paid for it
	GiftCard    id.ID        // gift card lines: the card
	CardNumber  string       // gift card lines: its number
	PointsCost  int64        // gift lines: points burnt for it
	Draws       []Draw       // which punch cards paid its visits
	Plan        id.ID        // punch card lines: the plan that was sold; none: visits of one service
	Withheld    money.Amount // refunds of prepaid lines: paid for, and neither used nor given back
}

// Draw is visits of one punch card that paid a line, or that its refund gave back.
type Draw struct {
	Owner  id.ID // the member whose card it is
	Unit   id.ID // the plan, or the service of a card without one
	Visits int64
}

// Adjustment is a signed change of a line's amount with its source.
type Adjustment struct {
	Line        id.ID
	Amount      money.Amount
	Group       int // shares of one order-level benefit have one number
	Kind        string
	PackID      string
	PackVersion string
	Code        string
	Arg         int64
	Money       money.Amount
	Label       string
	Coupon      id.ID
	Units       money.Quantity
}

// Tender is one means of payment and its part of the total. Tendered is what was
// handed over: more than Amount for cash with change.
type Tender struct {
	Type      string
	Amount    money.Amount
	Tendered  money.Amount
	Points    int64 // points tenders: how many
	State     string
	Reference string // the acquirer's; the gift card's number
	GiftCard  id.ID
}

// RuleRun is one call of one pack for a hook.
type RuleRun struct {
	Hook        string
	PackID      string
	PackVersion string
	ModuleHash  string
	ConfigHash  string
	Outcome     string // "ok", or the fault's reason where the fallback was used
	Fuel        int64
	Nanos       int64
	Input       []byte
	Output      []byte
}

// LineState is what of a line was given back so far.
type LineState struct {
	Line           id.ID
	Quantity       money.Quantity
	Refunded       money.Quantity
	Net            money.Amount
	NetBack        money.Amount
	Points         int64
	PointsBack     int64
	Punches        int64
	PunchesBack    int64
	Commission     money.Amount
	CommissionBack money.Amount
	Tax            money.Amount
	TaxBack        money.Amount
}

// Rest is the quantity that may still be refunded.
func (l *LineState) Rest() money.Quantity { return l.Quantity - l.Refunded }
