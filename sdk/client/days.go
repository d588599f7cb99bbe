package client

import (
	"context"
	"time"
)

// Days gets the daily summary of the business dates from and to, both included
// ("2026-05-17"); of one shop where it is named. Fault: report.bad_span.
func (c *Client) Days(ctx context.Context, shop, from, to string) (DayList, error) {
	return get[DayList](ctx, c, "/days", Page{}.query("shop_id", shop, "from", from, "to", to))
}

// Day gets a business date with its shifts, and whether it ties out with the
// ledger.
func (c *Client) Day(ctx context.Context, shop, date string) (DayDetail, error) {
	return get[DayDetail](ctx, c, at("days", date), Page{}.query("shop_id", shop))
}

// Payments lists the tenders of all documents, the newest first.
func (c *Client) Payments(ctx context.Context, f PaymentFilter, p Page) (List[PaymentRow], error) {
	return get[List[PaymentRow]](ctx, c, "/payments", p.query("shop_id", f.ShopID, "register_id", f.RegisterID, "shift_id", f.ShiftID, "staff_id", f.StaffID, "type", f.Type, "kind", f.Kind, "from", f.From, "to", f.To))
}

// PaymentFilter narrows a list; the zero value is all.
type PaymentFilter struct {
	ShopID, RegisterID, ShiftID, StaffID string
	Type                                 string // the tender type
	Kind                                 string // of the document: sale, refund, void, cash_out
	From, To                             string // business dates, 2026-05-17
}

// DayList is the daily summary of a span.
type DayList struct {
	Items []Day `json:"items"` // The dates on which anything happened, the newest first
	Total Day   `json:"total"`
}

// Day is what was done on a business date, or on the dates of a span.
type Day struct {
	AverageReceipt       string         `json:"average_receipt"`
	CashRounding         string         `json:"cash_rounding"`
	ClosedShifts         int64          `json:"closed_shifts"`
	Currency             string         `json:"currency"`
	Documents            []DayDocuments `json:"documents"`
	From                 string         `json:"from"`
	GiftCards            string         `json:"gift_cards"` // Spent, less what was given back
	OpenShifts           int64          `json:"open_shifts"`
	OverShort            string         `json:"over_short"`
	PaidIn               string         `json:"paid_in"`
	PaidOut              string         `json:"paid_out"`
	PointsEarned         int64          `json:"points_earned"`
	PointsRedeemed       int64          `json:"points_redeemed"`
	Prepaid              []DayPrepaid   `json:"prepaid"`  // Top-ups, punch cards and gift cards sold
	Receipts             int64          `json:"receipts"` // Sales that stand
	Revenue              string         `json:"revenue"`  // Goods and services without tax, less what was given back; prepayments are none
	StoredValueBonus     string         `json:"stored_value_bonus"`
	StoredValuePrincipal string         `json:"stored_value_principal"` // Spent, less what was given back
	Taxes                []DayTax       `json:"taxes"`
	Tenders              []DayTender    `json:"tenders"`
	To                   string         `json:"to"`
	Visits               int64          `json:"visits"` // Paid from punch cards
}

// DayDetail is a date with its proof and its shifts.
type DayDetail struct {
	Day
	Shifts  []Shift `json:"shifts"`
	Ties    []Tie   `json:"ties"`
	TiesOut bool    `json:"ties_out"` // Documents, ledger and shifts agree to the minor unit
}

// DayDocuments is what the documents of one kind add up to; amounts are positive.
type DayDocuments struct {
	Kind     string `json:"kind"` // One of sale, refund, void, cash_out
	Count    int64  `json:"count"`
	Discount string `json:"discount"`
	Subtotal string `json:"subtotal"`
	Tax      string `json:"tax"`
	Total    string `json:"total"`
}

// DayTender is what one type of tender brought and took.
type DayTender struct {
	Type  string `json:"type"`
	Count int64  `json:"count"`
	In    string `json:"in"`
	Net   string `json:"net"`
	Out   string `json:"out"`
}

// DayPrepaid is what was sold and taken back of one kind of prepayment.
type DayPrepaid struct {
	Kind   string `json:"kind"` // One of top_up, punch_card, gift_card
	Back   string `json:"back"` // Paid back by refunds and voids
	Bonus  string `json:"bonus"`
	Count  int64  `json:"count"`
	Sold   string `json:"sold"`
	Visits int64  `json:"visits"`
}

// DayTax is what was sold at one rate, less what was given back.
type DayTax struct {
	Base string `json:"base"` // Without the tax
	Rate string `json:"rate"`
	Tax  string `json:"tax"`
}

// Tie is a figure that two rooms of the books have to agree on. Most are money;
// names of points and visits say so.
type Tie struct {
	Name      string `json:"name"`
	Books     int64  `json:"books"`     // What the ledger says, in minor units
	Documents int64  `json:"documents"` // What the documents and shifts say, in minor units
	Holds     bool   `json:"holds"`
}

// PaymentRow is one tender of one document.
type PaymentRow struct {
	ShopID       string    `json:"shop_id"`
	RegisterID   string    `json:"register_id"`
	MemberID     string    `json:"member_id"`
	Kind         string    `json:"kind"` // One of sale, refund, void, cash_out
	Type         string    `json:"type"`
	Amount       string    `json:"amount"` // Negative where it was given back
	BusinessDate string    `json:"business_date"`
	Currency     string    `json:"currency"`
	No           int64     `json:"no"`     // Of the tender within its document
	Number       string    `json:"number"` // The receipt's
	OccurredAt   time.Time `json:"occurred_at"`
	OfSaleID     string    `json:"of_sale_id"`
	Points       int64     `json:"points"`
	Reference    string    `json:"reference"`
	SaleID       string    `json:"sale_id"`
	ShiftID      string    `json:"shift_id"`
	StaffID      string    `json:"staff_id"`
	Tendered     string    `json:"tendered"` // As handed over
}
