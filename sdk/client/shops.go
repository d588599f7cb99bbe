package client

import (
	"context"
	"encoding/json"
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

// CreateRegister adds a register. Fault: tenant.shop_not_found.
func (c *Client) CreateRegister(ctx context.Context, in NewRegister, o ...Option) (Register, error) {
	return post[Register](ctx, c, "/registers", in, o)
}

// Staff lists the people who work here.
func (c *Client) Staff(ctx context.Context) (List[StaffMember], error) {
	return get[List[StaffMember]](ctx, c, "/staff", nil)
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

// Event is something that happened; webhooks send the same bytes.
type Event struct {
	ID         string          `json:"id"`
	ShopID     string          `json:"shop_id"`
	Type       string          `json:"type"`
	Data       json.RawMessage `json:"data"` // By the type; fields are only ever added. The page /docs#event-types lists them
	OccurredAt time.Time       `json:"occurred_at"`
	Seq        int64           `json:"seq"` // Rises by one; go on from the last you have seen
}
