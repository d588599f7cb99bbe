package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/kitchen"
	"github.com/shopwright/shopwright/core/tenant"
)

// Station is a place of a shop where things are prepared.
type Station struct {
	ID        id.ID   `json:"id" format:"uuid"`
	ShopID    id.ID   `json:"shop_id" format:"uuid"`
	Name      string  `json:"name"`
	DeviceIDs []id.ID `json:"device_ids" doc:"The printers that its tickets come out of."`
	Archived  bool    `json:"archived"`
}

// StationIn is a station as it is to be.
type StationIn struct {
	Name      string  `json:"name" minLength:"1" maxLength:"40"`
	DeviceIDs []id.ID `json:"device_ids,omitempty" maxItems:"4" doc:"Printers of the shop; none: the station is told nothing."`
	Archived  bool    `json:"archived,omitempty" doc:"Where one is changed."`
}

// StationRoute says which station prepares something.
type StationRoute struct {
	Kind      string `json:"kind" enum:"category,sku" doc:"A SKU's own goes before its category's."`
	Ref       string `json:"ref" minLength:"1" maxLength:"256" doc:"The category's code, or the SKU's id."`
	StationID id.ID  `json:"station_id,omitzero" format:"uuid" doc:"None: it is prepared nowhere."`
	Clear     bool   `json:"clear,omitempty" doc:"Takes the route away."`
}

// Ticket is what one station was told at one time.
type Ticket struct {
	ID         id.ID      `json:"id" format:"uuid"`
	StationID  id.ID      `json:"station_id" format:"uuid"`
	RegisterID id.ID      `json:"register_id" format:"uuid"`
	OrderID    id.ID      `json:"order_id" format:"uuid" doc:"The open order, or the sale."`
	SaleID     id.ID      `json:"sale_id,omitzero" format:"uuid"`
	Title      string     `json:"title"`
	Place      string     `json:"place"`
	At         Instant    `json:"at"`
	Lines      []TicketOp `json:"lines,omitempty" doc:"Where one ticket is asked for, or was just made."`
}

// TicketOp is what a ticket says of a line.
type TicketOp struct {
	LineID   id.ID    `json:"line_id" format:"uuid"`
	SKUID    id.ID    `json:"sku_id,omitzero" format:"uuid"`
	Name     string   `json:"name"`
	Quantity Quantity `json:"quantity" doc:"So many more; below zero: taken back."`
	Note     string   `json:"note,omitempty"`
}

// OrderIn is an order that is not paid yet, as it stands now.
type OrderIn struct {
	ShopID     id.ID     `json:"shop_id" format:"uuid"`
	RegisterID id.ID     `json:"register_id" format:"uuid"`
	Title      string    `json:"title,omitempty" maxLength:"40" doc:"What it is called by."`
	Place      string    `json:"place,omitempty" maxLength:"40" doc:"A table, a name to call."`
	Lines      []OrderOf `json:"lines,omitempty" maxItems:"500"`
	Dropped    []id.ID   `json:"dropped_line_ids,omitempty" maxItems:"500" doc:"Lines that are not wanted any more."`
}

// OrderOf is a line of an order.
type OrderOf struct {
	ID       id.ID    `json:"id" format:"uuid" doc:"Made by the client; stays with the line, also in the sale."`
	SKUID    id.ID    `json:"sku_id,omitzero" format:"uuid"`
	Barcode  string   `json:"barcode,omitempty" maxLength:"80"`
	Quantity Quantity `json:"quantity"`
	Note     string   `json:"note,omitempty" maxLength:"120"`
}

func (a *api) kitchens() {
	devices, sells := []auth.Permission{auth.PermDevices}, []auth.Permission{auth.PermSell}
	add(a, route{id: "list-stations", method: http.MethodGet, path: "/shops/{id}/stations", tag: "preparation", summary: "List a shop's preparation stations", any: append(sells, devices...)},
		func(ctx context.Context, c caller, in *IDIn) (*read[List[Station]], error) {
			p, err := a.plan(ctx, c, in.ID)
			return listOf(p.Stations, "", stationOut), err
		})
	add(a, route{id: "create-station", method: http.MethodPost, path: "/shops/{id}/stations", tag: "preparation", summary: "Add a preparation station", any: devices, key: mayKey, status: http.StatusCreated}, a.createStation)
	add(a, route{id: "update-station", method: http.MethodPut, path: "/stations/{id}", tag: "preparation", summary: "Change a preparation station", any: devices}, a.updateStation)
	add(a, route{id: "list-station-routes", method: http.MethodGet, path: "/shops/{id}/station-routes", tag: "preparation", summary: "List which station prepares what", any: devices},
		func(ctx context.Context, c caller, in *IDIn) (*read[List[StationRoute]], error) {
			p, err := a.plan(ctx, c, in.ID)
			return listOf(p.Routes, "", func(r kitchen.Route) StationRoute {
				return StationRoute{Kind: r.Kind, Ref: r.Ref, StationID: r.Station}
			}), err
		})
	add(a, route{id: "set-station-route", method: http.MethodPut, path: "/shops/{id}/station-routes", tag: "preparation", summary: "Say which station prepares something", any: devices, status: http.StatusNoContent}, a.setStationRoute)
	add(a, route{id: "list-tickets", method: http.MethodGet, path: "/shops/{id}/tickets", tag: "preparation", summary: "List what a shop's stations were told, the newest first", any: sells},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			PageIn
		}) (*read[List[Ticket]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, next, err := kitchen.ListTickets(ctx, a.DB, c.Merchant, in.ID, p)
			return listOf(rows, next, ticketOut), err
		})
	add(a, route{id: "get-ticket", method: http.MethodGet, path: "/tickets/{id}", tag: "preparation", summary: "Get a ticket with its lines", any: sells},
		func(ctx context.Context, c caller, in *IDIn) (*read[Ticket], error) {
			t, err := kitchen.GetTicket(ctx, a.DB, c.Merchant, in.ID)
			return reads(ticketOut(t)), err
		})
	add(a, route{id: "send-order", method: http.MethodPut, path: "/orders/{id}/tickets", tag: "preparation", summary: "Send an order to the stations before it is paid", any: sells,
		doc: "Only what they were not told yet is sent: said again, moved to another order or brought by the sale, a line tells nobody anything. The id is the client's."}, a.sendOrder)
}

func stationOut(s kitchen.Station) Station {
	return Station{ID: s.ID, ShopID: s.Shop, Name: s.Name, DeviceIDs: append([]id.ID{}, s.Devices...), Archived: s.Archived}
}

func ticketOut(t kitchen.Ticket) Ticket {
	out := Ticket{ID: t.ID, StationID: t.Station, RegisterID: t.Register, OrderID: t.Order.ID, SaleID: t.Sale, Title: t.Title, Place: t.Place, At: instant(t.At)}
	for _, o := range t.Ops {
		out.Lines = append(out.Lines, TicketOp{LineID: o.Line, SKUID: o.SKU, Name: o.Name, Quantity: Quantity(o.Quantity.String()), Note: o.Note})
	}
	return out
}

// plan reads the stations and routes of a shop of the caller's. Fault:
// tenant.shop_not_found.
func (a *api) plan(ctx context.Context, c caller, shop id.ID) (kitchen.Plan, error) {
	if _, err := tenant.GetShop(ctx, a.DB, c.Merchant, shop); err != nil {
		return kitchen.Plan{}, err
	}
	return kitchen.ReadPlan(ctx, a.DB, c.Merchant, shop)
}

func (a *api) createStation(ctx context.Context, c caller, in *struct {
	IDIn
	Body StationIn
}) (*made[Station], error) {
	s, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, kitchen.Station, error) {
		if _, err := tenant.GetShop(ctx, tx, c.Merchant, in.ID); err != nil {
			return id.None, kitchen.Station{}, err
		}
		s, err := kitchen.Create(ctx, tx, kitchen.Station{Merchant: c.Merchant, Shop: in.ID, Name: in.Body.Name, Devices: in.Body.DeviceIDs})
		if err != nil {
			return id.None, kitchen.Station{}, err
		}
		return s.ID, s, auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "kitchen.station_created", SubjectKind: "station", SubjectID: s.ID.String(), Detail: stationDetail(s)})
	}, func(ctx context.Context, made id.ID) (kitchen.Station, error) {
		return kitchen.Get(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/stations/"+s.ID.String(), stationOut(s), again), nil
}

func stationDetail(s kitchen.Station) map[string]any {
	return map[string]any{"name": s.Name, "printers": len(s.Devices), "archived": s.Archived}
}

func (a *api) updateStation(ctx context.Context, c caller, in *struct {
	IDIn
	Body StationIn
}) (*read[Station], error) {
	had, err := kitchen.Get(ctx, a.DB, c.Merchant, in.ID)
	if err != nil {
		return nil, err
	}
	had.Name, had.Devices, had.Archived = in.Body.Name, in.Body.DeviceIDs, in.Body.Archived
	err = a.writes(ctx, c, "kitchen.station_changed", "station", in.ID.String(), stationDetail(had), func(ctx context.Context, tx *db.Tx) error {
		had, err = kitchen.Update(ctx, tx, had)
		return err
	})
	return reads(stationOut(had)), err
}

func (a *api) setStationRoute(ctx context.Context, c caller, in *struct {
	IDIn
	Body StationRoute
}) (*struct{}, error) {
	if _, err := tenant.GetShop(ctx, a.DB, c.Merchant, in.ID); err != nil {
		return nil, err
	}
	b := in.Body
	return nil, a.writes(ctx, c, "kitchen.routes_changed", "shop", in.ID.String(), map[string]any{"kind": b.Kind, "ref": b.Ref}, func(ctx context.Context, tx *db.Tx) error {
		return kitchen.SetRoute(ctx, tx, c.Merchant, in.ID, kitchen.Route{Kind: b.Kind, Ref: b.Ref, Station: b.StationID}, b.Clear)
	})
}

func (a *api) sendOrder(ctx context.Context, c caller, in *struct {
	IDIn
	Body OrderIn
}) (*read[List[Ticket]], error) {
	b := in.Body
	o := checkout.Order{Merchant: c.Merchant, Shop: b.ShopID, Register: b.RegisterID, ID: in.ID, Title: b.Title, Place: b.Place, Dropped: b.Dropped}
	for i, l := range b.Lines {
		q, err := quantity(l.Quantity, fmt.Sprintf("lines[%d].quantity", i))
		if err != nil {
			return nil, err
		}
		o.Lines = append(o.Lines, checkout.LineIn{ID: l.ID, SKU: l.SKUID, Barcode: l.Barcode, Quantity: q, Note: l.Note})
	}
	tickets, err := a.Desk.SendToKitchen(ctx, o)
	return listOf(tickets, "", ticketOut), err
}
