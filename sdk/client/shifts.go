package client

import (
	"context"
	"strconv"
	"time"
)

// Shifts lists shifts, the newest first.
func (c *Client) Shifts(ctx context.Context, f ShiftFilter, p Page) (List[Shift], error) {
	return get[List[Shift]](ctx, c, "/shifts", p.query("shop_id", f.ShopID, "register_id", f.RegisterID, "state", f.State, "from", f.From, "to", f.To))
}

// ShiftFilter narrows a list; the zero value is all.
type ShiftFilter struct {
	ShopID, RegisterID string
	State              string // open, closed
	From, To           string // business dates, 2026-05-17
}

// OpenShift opens a shift of a register. Fault: till.shift_already_open.
func (c *Client) OpenShift(ctx context.Context, in OpenShiftIn, o ...Option) (Shift, error) {
	return post[Shift](ctx, c, "/shifts", in, o)
}

// XReport gets a shift's totals so far, or its Z report once it is closed. Fault:
// till.shift_not_found.
func (c *Client) XReport(ctx context.Context, shift string) (ShiftReport, error) {
	return get[ShiftReport](ctx, c, at("shifts", shift, "x"), nil)
}

// ZReport gets a Z report by its register and number. Fault: till.shift_not_found.
func (c *Client) ZReport(ctx context.Context, register string, no int64) (ShiftReport, error) {
	return get[ShiftReport](ctx, c, at("registers", register, "z", strconv.FormatInt(no, 10)), nil)
}

// CloseShift counts the drawer, closes the shift and answers the Z report.
// Faults: till.shift_closed, till.open_sales, till.count_mismatch,
// till.unknown_denomination, till.over_short_reason_required.
func (c *Client) CloseShift(ctx context.Context, shift string, in CloseShiftIn, o ...Option) (ShiftReport, error) {
	return post[ShiftReport](ctx, c, at("shifts", shift, "close"), in, o)
}

// CashMoves lists the cash put in and taken out of a shift's drawer, the oldest
// first.
func (c *Client) CashMoves(ctx context.Context, shift string) (List[CashMove], error) {
	return get[List[CashMove]](ctx, c, at("shifts", shift, "cash"), nil)
}

// MoveCash puts cash into the drawer or takes it out. Faults: till.shift_closed,
// till.bad_amount, till.reason_required.
func (c *Client) MoveCash(ctx context.Context, shift string, in CashMoveIn, o ...Option) (CashMove, error) {
	return post[CashMove](ctx, c, at("shifts", shift, "cash"), in, o)
}

// Denominations lists the notes and coins of the merchant's currency, for counting.
func (c *Client) Denominations(ctx context.Context) (List[Denomination], error) {
	return get[List[Denomination]](ctx, c, "/denominations", nil)
}

// Shift is a register's session from its float to its Z report.
type Shift struct {
	ID              string    `json:"id"`
	ShopID          string    `json:"shop_id"`
	RegisterID      string    `json:"register_id"`
	BusinessDate    string    `json:"business_date"`
	ClosedAt        time.Time `json:"closed_at"`
	ClosedBy        string    `json:"closed_by"`
	CountedCash     string    `json:"counted_cash"`
	Currency        string    `json:"currency"`
	ExpectedCash    string    `json:"expected_cash"`
	Float           string    `json:"float"`
	No              int64     `json:"no"`
	OpenedAt        time.Time `json:"opened_at"`
	OpenedBy        string    `json:"opened_by"`
	OverShort       string    `json:"over_short"` // Counted less expected
	OverShortReason string    `json:"over_short_reason"`
	Overdue         bool      `json:"overdue"` // It is open though its business date is over
	State           string    `json:"state"`   // One of open, closed
}

// OpenShiftIn opens a shift.
type OpenShiftIn struct {
	RegisterID string `json:"register_id"`
	Float      string `json:"float,omitempty"` // Cash in the drawer; default 0
}

// CloseShiftIn closes a shift: by a sum, by pieces, or by both where they agree.
type CloseShiftIn struct {
	CountedCash string      `json:"counted_cash,omitempty"`
	Counts      []CashCount `json:"counts,omitempty"`
	Reason      string      `json:"reason,omitempty"` // Why the drawer is off; needed beyond till.over_short_tolerance
}

// CashCount is how many pieces of a note or coin were counted.
type CashCount struct {
	Pieces int64  `json:"pieces"`
	Value  string `json:"value"` // Of one piece
}

// ShiftReport is an X report, or the Z report once the shift is closed.
type ShiftReport struct {
	ID              string        `json:"id"` // The shift's
	RegisterID      string        `json:"register_id"`
	Blind           bool          `json:"blind"` // The drawer is counted blind: what is expected is shown when the count is in
	BusinessDate    string        `json:"business_date"`
	ClosedAt        time.Time     `json:"closed_at"`
	CountedCash     string        `json:"counted_cash"`
	Counts          []CashCount   `json:"counts"`
	Currency        string        `json:"currency"`
	ExpectedCash    string        `json:"expected_cash"`
	Final           bool          `json:"final"` // It is the Z report
	Float           string        `json:"float"`
	No              int64         `json:"no"`         // The shift's number in its register, and so the Z report's
	OpenSales       int64         `json:"open_sales"` // Sales that wait for an acquirer; on a Z report those that the next shift took over
	OpenSalesAmount string        `json:"open_sales_amount"`
	OpenedAt        time.Time     `json:"opened_at"`
	OverShort       string        `json:"over_short"`
	OverShortReason string        `json:"over_short_reason"`
	PaidIn          string        `json:"paid_in"`
	PaidOut         string        `json:"paid_out"`
	PaidOutFor      []Outlay      `json:"paid_out_for"`
	ShiftID         string        `json:"shift_id"`
	Tenders         []TenderTotal `json:"tenders"`
	Totals          []ShiftTotal  `json:"totals"`
}

// TenderTotal is what one kind of document took or gave with one type of tender.
type TenderTotal struct {
	Kind   string `json:"kind"` // One of sale, refund, void, cash_out
	Type   string `json:"type"`
	Amount string `json:"amount"`
	Count  int64  `json:"count"`
}

// ShiftTotal is what the documents of one kind add up to.
type ShiftTotal struct {
	Kind         string `json:"kind"` // One of sale, refund, void, cash_out
	CashRounding string `json:"cash_rounding"`
	Count        int64  `json:"count"`
	Discount     string `json:"discount"`
	Points       int64  `json:"points"`
	Subtotal     string `json:"subtotal"`
	Tax          string `json:"tax"`
	Total        string `json:"total"`
}

// Outlay is what was paid out of the drawer for one purpose.
type Outlay struct {
	Amount   string `json:"amount"`
	Category string `json:"category"` // One of other, supplies, goods, transport, repairs, wages, bank
}

// CashMove is cash put into the drawer, or taken out, for a reason other than a sale.
type CashMove struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"` // One of in, out
	ActorID  string    `json:"actor_id"`
	Amount   string    `json:"amount"`
	At       time.Time `json:"at"`
	Category string    `json:"category"` // What it was paid out for. One of other, supplies, goods, transport, repairs, wages, bank
	Currency string    `json:"currency"`
	Reason   string    `json:"reason"`
	ShiftID  string    `json:"shift_id"`
}

// CashMoveIn puts cash into the drawer or takes it out.
type CashMoveIn struct {
	Kind     string `json:"kind"` // One of in, out
	Amount   string `json:"amount"`
	Category string `json:"category,omitempty"` // Of cash paid out; default other. One of other, supplies, goods, transport, repairs, wages, bank
	Reason   string `json:"reason"`
}

// Denomination is a note or coin of the merchant's currency.
type Denomination struct {
	Coin     bool   `json:"coin"`
	Currency string `json:"currency"`
	Value    string `json:"value"`
}
