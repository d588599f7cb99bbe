package client

import (
	"context"
	"time"
)

// Stations lists a shop's preparation stations. Fault: tenant.shop_not_found.
func (c *Client) Stations(ctx context.Context, shop string) (List[Station], error) {
	return get[List[Station]](ctx, c, at("shops", shop, "stations"), nil)
}

// CreateStation adds a preparation station to a shop. Faults: tenant.shop_not_found,
// kitchen.name_invalid, kitchen.name_taken, kitchen.printer_invalid, kitchen.too_many.
func (c *Client) CreateStation(ctx context.Context, shop string, s StationIn, o ...Option) (Station, error) {
	return post[Station](ctx, c, at("shops", shop, "stations"), s, o)
}

// UpdateStation changes a preparation station. Faults: kitchen.station_not_found, and
// those of CreateStation.
func (c *Client) UpdateStation(ctx context.Context, station string, s StationIn) (Station, error) {
	return put[Station](ctx, c, at("stations", station), s)
}

// StationRoutes lists which station prepares what. Fault: tenant.shop_not_found.
func (c *Client) StationRoutes(ctx context.Context, shop string) (List[StationRoute], error) {
	return get[List[StationRoute]](ctx, c, at("shops", shop, "station-routes"), nil)
}

// SetStationRoute says which station prepares something. Faults:
// tenant.shop_not_found, kitchen.route_invalid.
func (c *Client) SetStationRoute(ctx context.Context, shop string, r StationRoute) error {
	_, err := put[struct{}](ctx, c, at("shops", shop, "station-routes"), r)
	return err
}

// Tickets lists what a shop's stations were told, the newest first.
func (c *Client) Tickets(ctx context.Context, shop string, p Page) (List[Ticket], error) {
	return get[List[Ticket]](ctx, c, at("shops", shop, "tickets"), p.query())
}

// Ticket reads a ticket with its lines. Fault: kitchen.ticket_not_found.
func (c *Client) Ticket(ctx context.Context, id string) (Ticket, error) {
	return get[Ticket](ctx, c, at("tickets", id), nil)
}

// SendOrder sends an order to the stations before it is paid, and answers the tickets:
// only what they were not told yet. The order's id and those of its lines are the
// caller's, so that what is sent twice tells nobody twice. Faults:
// checkout.kitchen_off, checkout.line_invalid, checkout.note_invalid,
// checkout.unknown_sku, tenant.register_not_found, tenant.register_in_other_shop.
func (c *Client) SendOrder(ctx context.Context, order string, o OrderIn) (List[Ticket], error) {
	return put[List[Ticket]](ctx, c, at("orders", order, "tickets"), o)
}

// Station is a place of a shop where things are prepared.
type Station struct {
	ID        string   `json:"id"`
	ShopID    string   `json:"shop_id"`
	Archived  bool     `json:"archived"`
	DeviceIDs []string `json:"device_ids"` // The printers that its tickets come out of
	Name      string   `json:"name"`
}

// StationIn is a station as it is to be.
type StationIn struct {
	Name      string   `json:"name"`
	DeviceIDs []string `json:"device_ids,omitempty"` // Printers of the shop; none: the station is told nothing
	Archived  bool     `json:"archived,omitempty"`   // Where one is changed
}

// StationRoute says which station prepares something.
type StationRoute struct {
	Kind      string `json:"kind"`                 // A SKU's own goes before its category's. One of category, sku
	Ref       string `json:"ref"`                  // The category's code, or the SKU's id
	StationID string `json:"station_id,omitempty"` // None: it is prepared nowhere
	Clear     bool   `json:"clear,omitempty"`      // Takes the route away
}

// Ticket is what one station was told at one time.
type Ticket struct {
	ID         string     `json:"id"`
	StationID  string     `json:"station_id"`
	RegisterID string     `json:"register_id"`
	OrderID    string     `json:"order_id"` // The open order, or the sale
	SaleID     string     `json:"sale_id"`
	At         time.Time  `json:"at"`
	Lines      []TicketOp `json:"lines"` // Where one ticket is asked for, or was just made
	Place      string     `json:"place"`
	Title      string     `json:"title"`
}

// TicketOp is what a ticket says of a line.
type TicketOp struct {
	LineID   string `json:"line_id"`
	SKUID    string `json:"sku_id"`
	Name     string `json:"name"`
	Note     string `json:"note"`
	Quantity string `json:"quantity"` // So many more; below zero: taken back
}

// OrderIn is an order that is not paid yet, as it stands now.
type OrderIn struct {
	ShopID     string    `json:"shop_id"`
	RegisterID string    `json:"register_id"`
	Dropped    []string  `json:"dropped_line_ids,omitempty"` // Lines that are not wanted any more
	Lines      []OrderOf `json:"lines,omitempty"`
	Place      string    `json:"place,omitempty"` // A table, a name to call
	Title      string    `json:"title,omitempty"` // What it is called by
}

// OrderOf is a line of an order.
type OrderOf struct {
	ID       string `json:"id"` // Made by the caller; stays with the line, also in the sale
	SKUID    string `json:"sku_id,omitempty"`
	Barcode  string `json:"barcode,omitempty"`
	Note     string `json:"note,omitempty"`
	Quantity string `json:"quantity"`
}
