package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// Shops lists the shops.
func (c *Client) Shops(ctx context.Context) (List[Shop], error) {
	return get[List[Shop]](ctx, c, "/shops", nil)
}

// Registers lists the registers, of one shop where it is named.
func (c *Client) Registers(ctx context.Context, shop string) (List[Register], error) {
	return get[List[Register]](ctx, c, "/registers", Page{}.query("shop_id", shop))
}

// CreateRegister adds a register.
func (c *Client) CreateRegister(ctx context.Context, in NewRegister, o ...Option) (Register, error) {
	return post[Register](ctx, c, "/registers", in, o)
}

// Staff lists the people who work here.
func (c *Client) Staff(ctx context.Context) (List[StaffMember], error) {
	return get[List[StaffMember]](ctx, c, "/staff", nil)
}

// OpenShift opens a shift of a register.
func (c *Client) OpenShift(ctx context.Context, in OpenShiftIn, o ...Option) (Shift, error) {
	return post[Shift](ctx, c, "/shifts", in, o)
}

// XReport gets a shift's totals so far, or its Z report once it is closed.
func (c *Client) XReport(ctx context.Context, shift string) (ShiftReport, error) {
	return get[ShiftReport](ctx, c, "/shifts/"+url.PathEscape(shift)+"/x", nil)
}

// CloseShift counts the drawer, closes the shift and answers the Z report.
func (c *Client) CloseShift(ctx context.Context, shift string, in CloseShiftIn, o ...Option) (ShiftReport, error) {
	return post[ShiftReport](ctx, c, "/shifts/"+url.PathEscape(shift)+"/close", in, o)
}

// Events reads what happened after an event, in order. Ask again from the last
// one's Seq; an empty list means that nothing has happened since.
func (c *Client) Events(ctx context.Context, after int64, limit int) (List[Event], error) {
	return get[List[Event]](ctx, c, "/events", Page{Limit: limit}.query("after", strconv.FormatInt(after, 10)))
}

// Shop is one outlet of the merchant.
type Shop struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Address  string `json:"address"`
	Currency string `json:"currency"`
	CutOff   int64  `json:"cut_off"` // The minute after midnight at which the business day begins
	TimeZone string `json:"time_zone"`
}

// Register is one point of sale.
type Register struct {
	ID       string `json:"id"`
	ShopID   string `json:"shop_id"`
	Name     string `json:"name"`
	Archived bool   `json:"archived"`
	Series   string `json:"series"` // What its receipt numbers begin with
}

// NewRegister is a register to be added.
type NewRegister struct {
	ShopID string `json:"shop_id"`
	Name   string `json:"name"`
	Series string `json:"series,omitempty"` // Default: made from the shop
}

// StaffMember is a person who works for the merchant.
type StaffMember struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Active bool   `json:"active"`
	Level  string `json:"level"` // What commission goes by
	Login  string `json:"login"`
	Role   string `json:"role"` // One of owner, manager, cashier, finance
}

// Shift is a register's session from its float to its Z report.
type Shift struct {
	ID           string    `json:"id"`
	ShopID       string    `json:"shop_id"`
	RegisterID   string    `json:"register_id"`
	BusinessDate string    `json:"business_date"`
	ClosedAt     time.Time `json:"closed_at"`
	ClosedBy     string    `json:"closed_by"`
	CountedCash  string    `json:"counted_cash"`
	Currency     string    `json:"currency"`
	ExpectedCash string    `json:"expected_cash"`
	Float        string    `json:"float"`
	No           int64     `json:"no"`
	OpenedAt     time.Time `json:"opened_at"`
	OpenedBy     string    `json:"opened_by"`
	OverShort    string    `json:"over_short"` // Counted less expected
	State        string    `json:"state"`      // One of open, closed
}

// OpenShiftIn opens a shift.
type OpenShiftIn struct {
	RegisterID string `json:"register_id"`
	Float      string `json:"float,omitempty"` // Cash in the drawer; default 0
}

// CloseShiftIn closes it with what was counted.
type CloseShiftIn struct {
	CountedCash string `json:"counted_cash"`
}

// ShiftReport is an X report, or the Z report once the shift is closed.
type ShiftReport struct {
	ID           string        `json:"id"` // The shift's
	RegisterID   string        `json:"register_id"`
	BusinessDate string        `json:"business_date"`
	ClosedAt     time.Time     `json:"closed_at"`
	CountedCash  string        `json:"counted_cash"`
	Currency     string        `json:"currency"`
	ExpectedCash string        `json:"expected_cash"`
	Final        bool          `json:"final"` // It is the Z report
	Float        string        `json:"float"`
	No           int64         `json:"no"`
	OpenedAt     time.Time     `json:"opened_at"`
	OverShort    string        `json:"over_short"`
	PaidIn       string        `json:"paid_in"`
	PaidOut      string        `json:"paid_out"`
	ShiftID      string        `json:"shift_id"`
	Tenders      []TenderTotal `json:"tenders"`
	Totals       []ShiftTotal  `json:"totals"`
}

// TenderTotal is what one kind of document took or gave with one type of tender.
type TenderTotal struct {
	Kind   string `json:"kind"` // One of sale, refund, void
	Type   string `json:"type"`
	Amount string `json:"amount"`
	Count  int64  `json:"count"`
}

// ShiftTotal is what the documents of one kind add up to.
type ShiftTotal struct {
	Kind     string `json:"kind"` // One of sale, refund, void
	Count    int64  `json:"count"`
	Discount string `json:"discount"`
	Points   int64  `json:"points"`
	Subtotal string `json:"subtotal"`
	Tax      string `json:"tax"`
	Total    string `json:"total"`
}

// Event is something that happened.
type Event struct {
	ID         string          `json:"id"`
	ShopID     string          `json:"shop_id"`
	Type       string          `json:"type"`
	Data       json.RawMessage `json:"data"` // By the type; fields are only ever added
	OccurredAt time.Time       `json:"occurred_at"`
	Seq        int64           `json:"seq"` // Rises by one; go on from the last you have seen
}
