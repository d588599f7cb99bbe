package checkout

import (
	"context"
	"log/slog"
	"sync"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
)

// Rules runs rule packs; the rule host satisfies it.
type Rules interface {
	// Evaluate runs the hook of in by one pack. Faults: rules.*.
	Evaluate(ctx context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error)
}

// Outcome is an acquirer's answer. Unknown is asked again, never guessed.
type Outcome string

const (
	Paid    Outcome = "paid"
	Refused Outcome = "refused"
	Unknown Outcome = "unknown"
)

// Charge is one card or QR tender of an open sale. The reference is ours, unique
// for the tender, so that asking twice charges once.
type Charge struct {
	Merchant, Sale, Shop, Register id.ID

	Tender    int // its number, from 0
	Reference string
	Type      string // sale.TenderCard, sale.TenderQR
	Amount    money.Amount
	Currency  string
	Code      string // what was read from the customer's telephone; only while it is charged, never stored
}

// Acquirer takes card and QR payments; Payments is the one that remembers them.
type Acquirer interface {
	// Takes reports whether the tender goes through a connector. Where it does not,
	// the cashier has taken it on a terminal of its own.
	Takes(ctx context.Context, c Charge) bool
	Authorise(ctx context.Context, c Charge) (Outcome, error)
	Query(ctx context.Context, c Charge) (Outcome, error)
	// Release ends a payment whose sale was abandoned: what is not paid will not be,
	// what is paid is given back. The sale has ended by then and waits for nothing;
	// the acquirer goes on by itself where the provider does not answer.
	Release(ctx context.Context, c Charge) error
}

var (
	ErrEmpty          = fault.New(fault.Invalid, "checkout.empty_basket")
	ErrTooManyLines   = fault.New(fault.Exceeded, "checkout.too_many_lines")
	ErrQuantity       = fault.New(fault.Invalid, "checkout.bad_quantity")
	ErrLine           = fault.New(fault.Invalid, "checkout.bad_line")
	ErrUnknownSKU     = fault.New(fault.NotFound, "checkout.unknown_sku")
	ErrUnknownMember  = fault.New(fault.NotFound, "checkout.unknown_member")
	ErrUnknownStaff   = fault.New(fault.NotFound, "checkout.unknown_staff")
	ErrMemberNeeded   = fault.New(fault.Invalid, "checkout.member_required")
	ErrMemberBlocked  = fault.New(fault.Conflict, "checkout.member_not_active")
	ErrTotalChanged   = fault.New(fault.Conflict, "checkout.total_changed") // Hint: the new *Quote
	ErrTender         = fault.New(fault.Invalid, "checkout.bad_tender")
	ErrTenderLimit    = fault.New(fault.Conflict, "checkout.tender_not_allowed") // Args: tender, most, step: what the merchant and the packs let it pay
	ErrUnderpaid      = fault.New(fault.Invalid, "checkout.underpaid")
	ErrOverpaid       = fault.New(fault.Invalid, "checkout.tender_exceeds_total") // only cash gives change
	ErrCouponRepeated = fault.New(fault.Invalid, "checkout.coupon_repeated")
	ErrPaymentRefused = fault.New(fault.Conflict, "checkout.payment_refused")
	ErrPaymentPending = fault.New(fault.Unavailable, "checkout.payment_pending") // Args: sale; ask again
	ErrNotASale       = fault.New(fault.Conflict, "checkout.not_a_sale")         // a refund of a refund, or of an open sale
	ErrNothingLeft    = fault.New(fault.Conflict, "checkout.nothing_left_to_refund")
	ErrVoidLate       = fault.New(fault.Conflict, "checkout.void_after_shift") // the sale's shift is closed: refund instead
	ErrVoidPartial    = fault.New(fault.Conflict, "checkout.void_after_refund")
	ErrDiscount       = fault.New(fault.Invalid, "checkout.bad_discount")
	ErrNeedsManager   = fault.New(fault.Denied, "checkout.discount_needs_manager") // Args: limit
	ErrRefundPlan     = fault.New(fault.Invalid, "checkout.bad_refund_plan")       // a tender that the sale does not have, or more than is left of it
	ErrPointsSpent    = fault.New(fault.Conflict, "checkout.points_spent")         // Args: missing; the refund may leave a debt instead
	ErrPrepaidUsed    = fault.New(fault.Conflict, "checkout.prepaid_used")         // say by which case it is given back
	ErrReason         = fault.New(fault.Invalid, "checkout.reason_required")
)

// Desk is the flow with what it needs. Its methods are safe for concurrent use.
type Desk struct {
	DB       *db.DB
	Rules    Rules
	Packs    *pack.Registry
	Vault    *member.Vault
	Encode   func(*promotion.Input) []byte // the message of an input; nil: a sale that asks no pack stores none
	Acquirer Acquirer                      // nil: card and QR are confirmed by the cashier on a terminal of their own
	Log      *slog.Logger

	book   ledger.Book
	quotes quoteCache
	zones  sync.Map // register -> zoneEntry
	asks   openAsks
}
