package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/kitchen"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/web"
)

const stationsURL = "/office/stations"

func (f *office) mountStations() {
	f.on("GET "+stationsURL, auth.PermDevices, f.stationsPage)
	f.on("POST "+stationsURL, auth.PermDevices, f.stationSave)
	f.on("POST "+stationsURL+"/routes", auth.PermDevices, f.routesSave)
	f.on("POST "+stationsURL+"/switch", auth.PermDevices, f.stationsSwitch)
}

// stationList is a shop's stations, and what goes to which.
type stationList struct {
	plan       kitchen.Plan
	printers   []device.Device
	categories []catalog.Category
	on         bool
	in         form // the station that is being written
	routes     form
	skus       map[string]string // by id: what SKUs are called with a route of their own
}

func (f *office) readStations(ctx context.Context, p *page) (*stationList, error) {
	if p.Shop.ID.IsNone() {
		return nil, web.ErrNoRoute
	}
	m, l := p.Merchant.ID, &stationList{skus: map[string]string{}}
	var settings setting.Values
	if err := f.db.Batch(ctx, kitchen.AskPlan(m, p.Shop.ID, &l.plan), setting.AskAll(m, p.Shop.ID, id.None, &settings)); err != nil {
		return nil, err
	}
	l.on = setting.KitchenTickets.In(settings)
	var err error
	if l.printers, err = f.inUse(ctx, m, p.Shop.ID, device.ClassPrinter); err != nil {
		return nil, err
	}
	if l.categories, err = catalog.ListCategories(ctx, f.db, m); err != nil {
		return nil, err
	}
	var ids []id.ID
	for _, r := range l.plan.Routes {
		if u, err := id.Parse(r.Ref); err == nil && r.Kind == kitchen.BySKU {
			ids = append(ids, u)
		}
	}
	if len(ids) > 0 {
		var hits []catalog.Hit
		if err := f.db.Batch(ctx, catalog.AskSKUs(m, ids, nil, &hits)); err != nil {
			return nil, err
		}
		for _, h := range hits {
			l.skus[h.SKU.ID.String()] = h.SKU.Name + " · " + h.Code
		}
	}
	return l, nil
}

func (f *office) stationsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l, err := f.readStations(r.Context(), p)
	if err != nil {
		return err
	}
	return f.show(w, r, stationsView(p, l))
}

// stationSave adds a station, or changes the one that the form names.
func (f *office) stationSave(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	s := kitchen.Station{Merchant: p.Merchant.ID, Shop: p.Shop.ID, Name: in.get("name"), Archived: in.on("archived")}
	action := "kitchen.station_created"
	for _, v := range in.v["devices"] {
		dev, err := id.Parse(v)
		if err != nil {
			return web.ErrMalformed
		}
		s.Devices = append(s.Devices, dev)
	}
	of, err := in.id("station")
	if err != nil {
		return err
	}
	if !of.IsNone() {
		had, err := kitchen.Get(r.Context(), f.db, p.Merchant.ID, of)
		if err != nil {
			return err
		}
		s.ID, s.Shop, action = had.ID, had.Shop, "kitchen.station_changed"
	}
	err = f.audited(r.Context(), action, "station", map[string]any{"name": s.Name, "printers": len(s.Devices), "archived": s.Archived}, func(ctx context.Context, tx *db.Tx) (string, error) {
		write := kitchen.Create
		if !of.IsNone() {
			write = kitchen.Update
		}
		made, err := write(ctx, tx, s)
		return made.ID.String(), err
	})
	if err != nil {
		l, e := f.readStations(r.Context(), p)
		if e != nil {
			return e
		}
		l.in = in
		l.in.err = err
		return f.again(w, r, err, stationsView(p, l))
	}
	return done(w, r, p, stationsURL, "office.saved")
}

// nowhere and unset are the two ways of a route to have no station.
const (
	nowhere = "-"
	unset   = ""
)

// routesSave writes where each category goes, and one SKU with a route of its own.
func (f *office) routesSave(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "kitchen.routes_changed", "shop", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		for name, v := range in.v {
			kind, ref, ok := strings.Cut(name, ":")
			if !ok || kind != kitchen.ByCategory && kind != kitchen.BySKU {
				continue
			}
			if err := f.route(ctx, tx, p, kind, ref, v[0]); err != nil {
				return "", err
			}
		}
		if code := in.get("sku"); code != "" {
			list, _, err := catalog.List(ctx, tx, p.Merchant.ID, catalog.Filter{Barcode: code}, db.Page{Limit: 1})
			if err != nil {
				return "", err
			}
			if len(list) == 0 {
				return "", catalog.ErrNotFound.On("sku")
			}
			if err := f.route(ctx, tx, p, kitchen.BySKU, list[0].ID.String(), in.get("station")); err != nil {
				return "", err
			}
		}
		return p.Shop.ID.String(), nil
	})
	if err != nil {
		l, e := f.readStations(r.Context(), p)
		if e != nil {
			return e
		}
		l.routes = in
		l.routes.err = err
		return f.again(w, r, err, stationsView(p, l))
	}
	return done(w, r, p, stationsURL, "office.saved")
}

func (f *office) route(ctx context.Context, tx *db.Tx, p *page, kind, ref, to string) error {
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	x := kitchen.Route{Kind: kind, Ref: ref}
	if to != unset && to != nowhere {
		station, err := id.Parse(to)
		if err != nil {
			return kitchen.ErrRoute.On("station")
		}
		x.Station = station
	}
	if err := kitchen.SetRoute(ctx, tx, p.Merchant.ID, p.Shop.ID, x, to == unset); err != nil {
		return err
	}
	return tx.Flush(ctx)
}

// stationsSwitch turns the shop's tickets on or off.
func (f *office) stationsSwitch(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	on := "false"
	if in.on("on") {
		on = "true"
	}
	err = f.audited(r.Context(), "settings.changed", "shop", map[string]any{"keys": []string{setting.KitchenTickets.Key()}}, func(_ context.Context, tx *db.Tx) (string, error) {
		return p.Shop.ID.String(), setting.Set(tx, setting.Place{Merchant: p.Merchant.ID, Shop: p.Shop.ID}, setting.KitchenTickets.Key(), on)
	})
	if err != nil {
		return err
	}
	return done(w, r, p, stationsURL, "office.saved")
}

// stationOptions are where something can go.
func (l *stationList) options(p *page) []ui.Option {
	out := []ui.Option{{Value: unset, Text: "–"}}
	for _, s := range l.plan.Stations {
		out = append(out, ui.Option{Value: s.ID.String(), Text: s.Name})
	}
	return append(out, ui.Option{Value: nowhere, Text: p.T("office.stations.nowhere")})
}

// of is the route of something as the form has it.
func (l *stationList) of(kind, ref string) string {
	for _, r := range l.plan.Routes {
		if r.Kind == kind && r.Ref == ref {
			if r.Station.IsNone() {
				return nowhere
			}
			return r.Station.String()
		}
	}
	return unset
}

// field is the choice of a route; n keeps the ids of the page apart.
func (l *stationList) field(p *page, kind, ref, label string, n int) ui.FieldProps {
	return ui.FieldProps{ID: kind + "-" + itoa(int64(n)), Name: kind + ":" + ref, Label: label, Value: l.of(kind, ref), Options: l.options(p)}
}

// own lists the SKUs with a route of their own.
func (l *stationList) own() (out []kitchen.Route) {
	for _, r := range l.plan.Routes {
		if r.Kind == kitchen.BySKU {
			out = append(out, r)
		}
	}
	return out
}

func hasDevice(s kitchen.Station, dev id.ID) bool {
	for _, d := range s.Devices {
		if d == dev {
			return true
		}
	}
	return false
}
