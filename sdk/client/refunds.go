package client

import (
	"context"
	"time"
)

// Refund takes lines of a sale back, or all that is left. Faults:
// checkout.nothing_left_to_refund, sale.refund_exceeds_rest,
// checkout.bad_refund_plan, checkout.prepaid_used where Prepaid is needed,
// checkout.points_spent where OnShortPoints is refuse, checkout.reason_required.
func (c *Client) Refund(ctx context.Context, sale string, in RefundIn, o ...Option) (Sale, error) {
	return post[Sale](ctx, c, at("sales", sale, "refunds"), in, o)
}

// Exchange takes lines of a sale back and sells a basket for them. The value goes
// on a gift card that pays for the new sale; a call that broke off in between is
// repeated with its key (WithKey). Faults: those of Refund and Sell.
func (c *Client) Exchange(ctx context.Context, sale string, in ExchangeIn, o ...Option) (Exchange, error) {
	return post[Exchange](ctx, c, at("sales", sale, "exchanges"), in, o)
}

// RequestRefund asks for a refund that somebody else decides; what it will take
// back of the member is held meanwhile. Faults: those of Refund, and
// sale.refund_request_pending.
func (c *Client) RequestRefund(ctx context.Context, sale string, in RefundIn, o ...Option) (RefundRequest, error) {
	return post[RefundRequest](ctx, c, at("sales", sale, "refund-requests"), in, o)
}

// RefundRequests lists refund requests, the newest first: pending, approved,
// refused, or "" for all.
func (c *Client) RefundRequests(ctx context.Context, state string, p Page) (List[RefundRequest], error) {
	return get[List[RefundRequest]](ctx, c, "/refund-requests", p.query("state", state))
}

// RefundRequest gets a refund request. Fault: sale.refund_request_not_found.
func (c *Client) RefundRequest(ctx context.Context, id string) (RefundRequest, error) {
	return get[RefundRequest](ctx, c, at("refund-requests", id), nil)
}

// DecideRefund makes the refund that was asked for, or lets go of what is held.
// The document is the request's RefundID. Faults: sale.refund_request_decided and
// those of Refund.
func (c *Client) DecideRefund(ctx context.Context, request string, in DecisionIn, o ...Option) (RefundRequest, error) {
	return post[RefundRequest](ctx, c, at("refund-requests", request, "decision"), in, o)
}

// QuoteCashOut computes what would be paid out of a wallet; it writes nothing.
// Faults: those of CashOut.
func (c *Client) QuoteCashOut(ctx context.Context, member string, in CashOutIn) (CashOutQuote, error) {
	return ask[CashOutQuote](ctx, c, at("members", member, "cash-out-quotes"), in)
}

// CashOut pays prepaid value out. Faults: checkout.total_changed,
// checkout.nothing_left_to_refund, wallet.withdrawal_late, wallet.withdrawal_used,
// wallet.agreement_invalid, wallet.frozen.
func (c *Client) CashOut(ctx context.Context, member string, in CashOutIn, o ...Option) (Sale, error) {
	return post[Sale](ctx, c, at("members", member, "cash-outs"), in, o)
}

// RefundIn takes lines back; no lines: all that is left.
type RefundIn struct {
	RegisterID    string         `json:"register_id,omitempty"` // Where the money is given back; default: where the sale was made
	Lines         []RefundLineIn `json:"lines,omitempty"`
	OnShortPoints string         `json:"on_short_points,omitempty"` // Earned points that were spent meanwhile: a debt, or no refund; default: the merchant's setting. One of negative, refuse
	Prepaid       *PrepaidIn     `json:"prepaid,omitempty"`         // Needed where a top-up, punch card or gift card of the sale was partly used
	Reason        string         `json:"reason"`
	TenderOrder   []string       `json:"tender_order,omitempty"` // Tender types that are filled first; default: all in proportion to what is left of each
	Tenders       []TenderIn     `json:"tenders,omitempty"`      // What each tender type is to get, adding up to the refund
}

// RefundLineIn is a quantity of a line.
type RefundLineIn struct {
	LineID   string `json:"line_id"`
	Quantity string `json:"quantity"`
}

// PrepaidIn says by which case prepaid value that was partly used is given back:
// policy, what is left of the principal; merchant, not the consumer's reason;
// consumer, the consumer's own; withdrawal, within seven days and nothing used;
// agreement, what was agreed, where it is better for the consumer.
type PrepaidIn struct {
	Amount     string `json:"amount,omitempty"`       // agreement: for each top-up
	Case       string `json:"case"`                   // One of policy, merchant, consumer, withdrawal, agreement
	Share      string `json:"share,omitempty"`        // agreement: the part of what is left, where there is no amount
	UsedAtList string `json:"used_at_list,omitempty"` // consumer, agreement: the used part at the prices before any discount; default: what was used
}

// ExchangeIn takes lines back and sells a basket for them.
type ExchangeIn struct {
	Refund RefundIn `json:"refund"`
	Sale   SaleIn   `json:"sale"` // Its tenders pay what the exchange does not
}

// Exchange is a refund and a sale, with the gift card between them.
type Exchange struct {
	ID      string `json:"id"` // The new sale's
	Refund  Sale   `json:"refund"`
	Sale    Sale   `json:"sale"`
	Voucher string `json:"voucher"` // The number of the gift card that took the value over
}

// RefundRequest is a refund that waits for somebody's decision; what it will take
// back of the member is held meanwhile.
type RefundRequest struct {
	ID          string    `json:"id"`
	MemberID    string    `json:"member_id"`
	Currency    string    `json:"currency"`
	DecidedAt   time.Time `json:"decided_at"`
	DecidedBy   string    `json:"decided_by"`
	Note        string    `json:"note"`
	Reason      string    `json:"reason"`
	RefundID    string    `json:"refund_id"`
	RequestedAt time.Time `json:"requested_at"`
	RequestedBy string    `json:"requested_by"`
	SaleID      string    `json:"sale_id"`
	ShortPoints int64     `json:"short_points"` // Earned points that were spent already and so are not held
	State       string    `json:"state"`        // One of pending, approved, refused
	Total       string    `json:"total"`        // What would be given back
}

// DecisionIn answers a refund request.
type DecisionIn struct {
	Approve       bool   `json:"approve"`
	Note          string `json:"note,omitempty"`
	OnShortPoints string `json:"on_short_points,omitempty"` // One of negative, refuse
}

// CashOutIn asks for prepaid value to be paid out.
type CashOutIn struct {
	RegisterID    string    `json:"register_id"`
	ExpectedTotal string    `json:"expected_total,omitempty"` // What was shown; 409 checkout.total_changed where it is another
	LineID        string    `json:"line_id,omitempty"`        // The line that sold it; default: all that is prepaid
	Prepaid       PrepaidIn `json:"prepaid"`
	Reason        string    `json:"reason,omitempty"`
	Tender        string    `json:"tender,omitempty"` // Default: cash. One of cash, card, qr
}

// CashOutQuote is what would be paid out.
type CashOutQuote struct {
	Currency string        `json:"currency"`
	Parts    []CashOutPart `json:"parts"`
	Total    string        `json:"total"`
}

// CashOutPart is what is paid out of one top-up or punch card.
type CashOutPart struct {
	BonusLeft     string    `json:"bonus_left"`
	BoughtAt      time.Time `json:"bought_at"`
	Left          string    `json:"left"`    // Principal, or visits
	LineID        string    `json:"line_id"` // That sold it
	Paid          string    `json:"paid"`
	Refund        string    `json:"refund"`
	SaleID        string    `json:"sale_id"`
	UsedCountedAt string    `json:"used_counted_at"`
	Withheld      string    `json:"withheld"` // Left of what was paid, and not paid out
}
