package kitchen

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrNotFound  = fault.New(fault.NotFound, "kitchen.station_not_found")
	ErrName      = fault.New(fault.Invalid, "kitchen.name_invalid") // not 1 to 40 characters
	ErrNameTaken = fault.New(fault.Conflict, "kitchen.name_taken")  // another station of the shop has it
	ErrPrinter   = fault.New(fault.Invalid, "kitchen.printer_invalid")
	ErrTooMany   = fault.New(fault.Exceeded, "kitchen.too_many") // over {max} stations of a shop, printers of a station
	ErrRoute     = fault.New(fault.Invalid, "kitchen.route_invalid")
)

var _ = db.Guard("ux_prep_stations_shop_id_name", ErrNameTaken)

const (
	maxStations = 30
	maxPrinters = 4
)

// Station is a place of a shop where things are prepared.
type Station struct {
	Merchant  id.ID
	ID        id.ID
	Shop      id.ID
	Name      string
	Devices   []id.ID // the printers that its tickets come out of; none: it is told nothing
	Archived  bool
	CreatedAt clock.Instant
}

func (s *Station) normalise() error {
	s.Name = strings.Join(strings.Fields(s.Name), " ")
	if n := utf8.RuneCountInString(s.Name); n == 0 || n > 40 || !utf8.ValidString(s.Name) || strings.ContainsFunc(s.Name, unicode.IsControl) {
		return ErrName.On("name")
	}
	slices.SortFunc(s.Devices, func(a, b id.ID) int { return strings.Compare(a.String(), b.String()) })
	s.Devices = slices.Compact(s.Devices)
	if len(s.Devices) > maxPrinters {
		return ErrTooMany.On("devices").With("max", maxPrinters)
	}
	return nil
}

// Create adds a station; its ID and CreatedAt are given here. Faults:
// kitchen.name_invalid, kitchen.name_taken, kitchen.printer_invalid,
// kitchen.too_many.
func Create(ctx context.Context, tx *db.Tx, s Station) (Station, error) {
	if err := s.normalise(); err != nil {
		return Station{}, err
	}
	if err := tx.Flush(ctx); err != nil {
		return Station{}, err
	}
	n, err := db.Value[int](ctx, tx, `select count(*) from prep_stations where merchant_id = $1 and shop_id = $2 and not archived`, s.Merchant, s.Shop)
	if err != nil {
		return Station{}, err
	}
	if n >= maxStations {
		return Station{}, ErrTooMany.With("max", maxStations)
	}
	s.ID, s.CreatedAt, s.Archived = tx.NewID(), tx.Now, false
	tx.Queue(`insert into prep_stations (merchant_id, id, shop_id, name, created_at) values ($1, $2, $3, $4, $5)`, s.Merchant, s.ID, s.Shop, s.Name, s.CreatedAt)
	return s, s.setDevices(ctx, tx)
}

// Update writes a station's name, printers and whether it is archived. Faults:
// those of Create, kitchen.station_not_found.
func Update(ctx context.Context, tx *db.Tx, s Station) (Station, error) {
	if err := s.normalise(); err != nil {
		return Station{}, err
	}
	n, err := tx.Exec(ctx, `update prep_stations set name = $3, archived = $4 where merchant_id = $1 and id = $2`, s.Merchant, s.ID, s.Name, s.Archived)
	if err != nil {
		return Station{}, err
	}
	if n == 0 {
		return Station{}, ErrNotFound
	}
	tx.Queue(`delete from prep_station_devices where merchant_id = $1 and station_id = $2`, s.Merchant, s.ID)
	if s.Archived {
		tx.Queue(`delete from prep_routes where merchant_id = $1 and station_id = $2`, s.Merchant, s.ID)
	}
	return s, s.setDevices(ctx, tx)
}

// setDevices writes the printers: those of the station's own shop.
func (s *Station) setDevices(ctx context.Context, tx *db.Tx) error {
	if err := tx.Flush(ctx); err != nil || len(s.Devices) == 0 {
		return err
	}
	n, err := tx.Exec(ctx, `insert into prep_station_devices (merchant_id, station_id, device_id)
		select $1, $2, d.id from devices d where d.merchant_id = $1 and d.shop_id = (select shop_id from prep_stations where merchant_id = $1 and id = $2) and d.class = 'printer' and d.id in_ids($3)`, s.Merchant, s.ID, s.Devices)
	if err == nil && int(n) != len(s.Devices) {
		return ErrPrinter.On("devices")
	}
	return err
}

// Kinds of route.
const (
	ByCategory = "category" // Ref is its code
	BySKU      = "sku"      // Ref is its id
)

// Route says which station prepares something. A SKU's own goes before its
// category's.
type Route struct {
	Kind    string
	Ref     string
	Station id.ID // none: nowhere
}

// SetRoute sets or, where station is none and clear is true, takes away a route of a
// shop. Fault: kitchen.route_invalid (also where the station is another shop's).
func SetRoute(ctx context.Context, tx *db.Tx, m, shop id.ID, r Route, clear bool) error {
	if r.Kind != ByCategory && r.Kind != BySKU || r.Ref == "" || len(r.Ref) > 256 {
		return ErrRoute.On("ref")
	}
	if clear {
		tx.Queue(`delete from prep_routes where merchant_id = $1 and shop_id = $2 and kind = $3 and ref = $4`, m, shop, r.Kind, r.Ref)
		return nil
	}
	if !r.Station.IsNone() {
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		n, err := db.Value[int](ctx, tx, `select count(*) from prep_stations where merchant_id = $1 and id = $2 and shop_id = $3 and not archived`, m, r.Station, shop)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrRoute.On("station")
		}
	}
	tx.Queue(`insert into prep_routes (merchant_id, shop_id, kind, ref, station_id) values ($1, $2, $3, $4, $5)
		on conflict (merchant_id, shop_id, kind, ref) do update set station_id = excluded.station_id`, m, shop, r.Kind, r.Ref, r.Station)
	return nil
}

// Plan is a shop's stations in use and its routes.
type Plan struct {
	Stations []Station
	Routes   []Route
}

// AskPlan reads a shop's plan in one go.
func AskPlan(m, shop id.ID, out *Plan) db.Ask {
	*out = Plan{}
	return db.Ask{
		SQL: `select 's' as what, s.id, s.name as ref, d.device_id from prep_stations s
			left join prep_station_devices d on d.merchant_id = s.merchant_id and d.station_id = s.id
			where s.merchant_id = $1 and s.shop_id = $2 and not s.archived
			union all
			select r.kind, r.station_id, r.ref, null from prep_routes r where r.merchant_id = $1 and r.shop_id = $2
			order by what, id, ref`,
		Args: []any{m, shop},
		Scan: func(r db.Row) error {
			var what, ref string
			var station, dev id.ID
			if err := r.Scan(&what, &station, &ref, &dev); err != nil {
				return err
			}
			if what != "s" {
				out.Routes = append(out.Routes, Route{what, ref, station})
				return nil
			}
			n := len(out.Stations)
			if n == 0 || out.Stations[n-1].ID != station {
				out.Stations = append(out.Stations, Station{Merchant: m, ID: station, Shop: shop, Name: ref})
				n++
			}
			if !dev.IsNone() {
				out.Stations[n-1].Devices = append(out.Stations[n-1].Devices, dev)
			}
			return nil
		},
	}
}

// ReadPlan reads a shop's plan.
func ReadPlan(ctx context.Context, r db.Reader, m, shop id.ID) (p Plan, err error) {
	ask := AskPlan(m, shop, &p)
	_, err = db.All(ctx, r, func(row db.Row, _ *struct{}) error { return ask.Scan(row) }, ask.SQL, ask.Args...)
	return p, err
}

// Get reads a station, archived or not. Fault: kitchen.station_not_found.
func Get(ctx context.Context, r db.Reader, m, station id.ID) (Station, error) {
	rows, err := db.All(ctx, r, func(row db.Row, s *Station) error {
		var dev id.ID
		err := row.Scan(&s.Merchant, &s.ID, &s.Shop, &s.Name, &s.Archived, &s.CreatedAt, &dev)
		if !dev.IsNone() {
			s.Devices = []id.ID{dev}
		}
		return err
	}, `select s.merchant_id, s.id, s.shop_id, s.name, s.archived, s.created_at, d.device_id from prep_stations s
		left join prep_station_devices d on d.merchant_id = s.merchant_id and d.station_id = s.id where s.merchant_id = $1 and s.id = $2 order by d.device_id`, m, station)
	if err != nil {
		return Station{}, err
	}
	if len(rows) == 0 {
		return Station{}, ErrNotFound
	}
	for _, more := range rows[1:] {
		rows[0].Devices = append(rows[0].Devices, more.Devices...)
	}
	return rows[0], nil
}

// Station answers a station in use, nil where it is not.
func (p *Plan) Station(station id.ID) *Station {
	for i := range p.Stations {
		if p.Stations[i].ID == station {
			return &p.Stations[i]
		}
	}
	return nil
}

// Route answers where something goes: the SKU's own route, else its category's;
// found is false where neither is set.
func (p *Plan) Route(sku id.ID, category string) (station id.ID, found bool) {
	for _, want := range []Route{{Kind: BySKU, Ref: sku.String()}, {Kind: ByCategory, Ref: category}} {
		for _, r := range p.Routes {
			if r.Kind == want.Kind && r.Ref == want.Ref && want.Ref != "" {
				return r.Station, true
			}
		}
	}
	return id.None, false
}
