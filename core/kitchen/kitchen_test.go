package kitchen_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/kitchen"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/tenant"
)

var ctx = context.Background()

type house struct {
	t              *testing.T
	d              *db.DB
	m, shop, reg   id.ID
	hot, cold      id.ID // printers
	kitchen, bar   kitchen.Station
	beef, tea, tip id.ID
}

func each(t *testing.T, f func(h *house)) {
	c := clock.NewManual(time.Date(2026, 5, 10, 9, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, d: d, beef: id.New(1), tea: id.New(1), tip: id.New(1)}
		h.must(func(ctx context.Context, tx *db.Tx) error {
			m, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "wok", Name: "Wok", Currency: "CNY"})
			if err != nil {
				return err
			}
			s, err := tenant.CreateShop(ctx, tx, m.ID, tenant.NewShop{Name: "West", TimeZone: "Asia/Shanghai"})
			if err != nil {
				return err
			}
			h.m, h.shop = m.ID, s.ID
			return nil
		})
		h.must(func(ctx context.Context, tx *db.Tx) error {
			r, err := tenant.CreateRegister(ctx, tx, h.m, h.shop, tenant.NewRegister{Name: "1"})
			h.reg = r.ID
			return err
		})
		h.hot, h.cold = h.printer("hot", device.ClassPrinter), h.printer("cold", device.ClassPrinter)
		h.kitchen, h.bar = h.station("Kitchen", h.hot), h.station("Bar", h.cold)
		h.route(kitchen.ByCategory, "dishes", h.kitchen.ID)
		h.route(kitchen.ByCategory, "drinks", h.bar.ID)
		f(h)
	}, dbtest.WithClock(c))
}

func (h *house) try(f func(context.Context, *db.Tx) error) error { return h.d.InTx(ctx, f) }

func (h *house) must(f func(context.Context, *db.Tx) error) {
	h.t.Helper()
	if err := h.try(f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) printer(name, class string) id.ID {
	h.t.Helper()
	var d device.Device
	h.must(func(ctx context.Context, tx *db.Tx) (err error) {
		d, err = device.Create(ctx, tx, device.Device{Merchant: h.m, Shop: h.shop, Name: name, Class: class, Driver: "virtual-printer", Enabled: true})
		return err
	})
	return d.ID
}

func (h *house) station(name string, printers ...id.ID) kitchen.Station {
	h.t.Helper()
	var s kitchen.Station
	h.must(func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = kitchen.Create(ctx, tx, kitchen.Station{Merchant: h.m, Shop: h.shop, Name: name, Devices: printers})
		return err
	})
	return s
}

func (h *house) route(kind, ref string, to id.ID) {
	h.t.Helper()
	h.must(func(ctx context.Context, tx *db.Tx) error {
		return kitchen.SetRoute(ctx, tx, h.m, h.shop, kitchen.Route{Kind: kind, Ref: ref, Station: to}, false)
	})
}

func (h *house) order(title string) kitchen.Order {
	return kitchen.Order{Merchant: h.m, Shop: h.shop, Register: h.reg, ID: id.New(1), Title: title}
}

func dish(n money.Quantity, note string) kitchen.Item {
	return kitchen.Item{Line: id.New(1), SKU: id.New(1), Category: "dishes", Name: "Beef noodles", Quantity: n * money.One, Note: note}
}

// send is what a till does: read, add up, tell.
func (h *house) send(o kitchen.Order, items ...kitchen.Item) (out []kitchen.Ticket) {
	h.t.Helper()
	h.must(func(ctx context.Context, tx *db.Tx) error {
		out = nil
		var plan kitchen.Plan
		var sent []kitchen.Sent
		lines := make([]id.ID, len(items))
		for i := range items {
			lines[i] = items[i].Line
		}
		tx.AskAll(kitchen.AskPlan(h.m, h.shop, &plan), kitchen.AskSent(h.m, lines, &sent))
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		out = plan.Tickets(o, items, sent)
		plan.Queue(tx, out)
		return nil
	})
	return out
}

func said(ts []kitchen.Ticket) string {
	var b strings.Builder
	for _, t := range ts {
		for _, o := range t.Ops {
			fmt.Fprintf(&b, "%s%s%s;", o.Quantity, o.Name[:3], o.Note)
		}
		b.WriteByte('|')
	}
	return b.String()
}

func TestEachStationIsToldItsLinesOnce(t *testing.T) {
	each(t, func(h *house) {
		o := h.order("A1-000001")
		beef, tea := dish(2, "no chilli"), kitchen.Item{Line: id.New(1), SKU: h.tea, Category: "drinks", Name: "Tea", Quantity: money.One}
		bag := kitchen.Item{Line: id.New(1), SKU: h.tip, Category: "bags", Name: "Bag", Quantity: money.One}
		ts := h.send(o, beef, tea, bag)
		if said(ts) != "2Beeno chilli;|1Tea;|" || ts[0].Station != h.kitchen.ID || ts[1].Station != h.bar.ID {
			h.t.Fatal(said(ts))
		}
		if ts := h.send(o, beef, tea, bag); len(ts) != 0 {
			h.t.Fatal("told again:", said(ts))
		}
		// More of one, less of the other.
		beef.Quantity, tea.Quantity = 3*money.One, 0
		ts = h.send(o, beef, tea)
		if said(ts) != "1Beeno chilli;|-1Tea;|" || ts[0].Voids() || !ts[1].Voids() {
			h.t.Fatal(said(ts))
		}
		// The line goes to another order, and that is merged with a third: nothing new.
		other := h.order("table 4")
		if ts := h.send(other, beef, tea, bag); len(ts) != 0 {
			h.t.Fatal("a moved line was told again:", said(ts))
		}
		// Its station stays although the route has changed.
		h.route(kitchen.ByCategory, "dishes", h.bar.ID)
		beef.Quantity = money.One
		if ts := h.send(other, beef); said(ts) != "-2Beeno chilli;|" || ts[0].Station != h.kitchen.ID {
			h.t.Fatal(said(ts))
		}
		if ts := h.send(other, dish(1, "")); len(ts) != 1 || ts[0].Station != h.bar.ID {
			h.t.Fatal(said(ts))
		}
		jobs, _, err := device.ListJobs(ctx, h.d, h.m, device.JobFilter{}, db.Page{Limit: 50})
		if err != nil || len(jobs) != 6 {
			h.t.Fatal(len(jobs), err)
		}
		for _, j := range jobs {
			if j.Kind != device.KindKitchen || j.Ref.IsNone() || !j.Sale.IsNone() || j.Register != h.reg || j.State != device.Queued || j.Attempt != 1 {
				h.t.Errorf("%+v", j)
			}
			got, err := kitchen.GetTicket(ctx, h.d, h.m, j.Ref)
			if err != nil || len(got.Ops) == 0 || got.Station != h.kitchen.ID && got.Station != h.bar.ID {
				h.t.Errorf("%+v %v", got, err)
			}
		}
		list, _, err := kitchen.ListTickets(ctx, h.d, h.m, h.shop, db.Page{Limit: 4})
		if err != nil || len(list) != 4 {
			h.t.Fatal(len(list), err)
		}
		rest, next, err := kitchen.ListTickets(ctx, h.d, h.m, h.shop, db.Page{Limit: 4, After: list[3].ID})
		if err != nil || len(rest) != 2 || next != "" {
			h.t.Fatal(len(rest), next, err)
		}
		if _, err := kitchen.GetTicket(ctx, h.d, h.shop, list[0].ID); !errors.Is(err, kitchen.ErrTicketNotFound) {
			h.t.Error(err)
		}
		var sent []kitchen.Sent
		if err := h.d.Batch(ctx, kitchen.AskSentOf(h.m, o.ID, &sent)); err != nil || len(sent) != 2 || sent[0].Quantity+sent[1].Quantity != money.One {
			h.t.Fatalf("%+v %v", sent, err)
		}
	})
}

func TestTwoWhoSendTheSameLineAtOnce(t *testing.T) {
	each(t, func(h *house) {
		o, it := h.order("A1-000009"), dish(5, "")
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { h.send(o, it) })
		}
		wg.Wait()
		n, err := db.Value[int64](ctx, h.d, `select cast(coalesce(sum(quantity), 0) as bigint) from prep_ticket_lines where line_id = $1`, it.Line)
		if err != nil || n != 5000 {
			h.t.Fatal(n, err)
		}
		if jobs, _, err := device.ListJobs(ctx, h.d, h.m, device.JobFilter{}, db.Page{}); err != nil || len(jobs) != 1 {
			h.t.Fatal(len(jobs), err)
		}
	})
}

// Whatever is sent in whatever order, what a station was told of a line is what was
// wanted last.
func TestWhatWasToldIsWhatIsWanted(t *testing.T) {
	k, b := id.New(1), id.New(1)
	rapid.Check(t, func(rt *rapid.T) {
		plan := kitchen.Plan{Stations: []kitchen.Station{{ID: k, Devices: []id.ID{id.New(1)}}, {ID: b, Devices: []id.ID{id.New(1)}}}}
		lines := []id.ID{id.New(1), id.New(1), id.New(1)}
		wanted, told := map[id.ID]money.Quantity{}, map[id.ID]money.Quantity{}
		var sent []kitchen.Sent
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			plan.Routes = []kitchen.Route{{Kind: kitchen.ByCategory, Ref: "c", Station: rapid.SampledFrom([]id.ID{k, b}).Draw(rt, "to")}}
			var items []kitchen.Item
			for _, l := range lines {
				if rapid.Bool().Draw(rt, "in") {
					q := money.Quantity(rapid.IntRange(0, 9000).Draw(rt, "q"))
					wanted[l] = q
					items = append(items, kitchen.Item{Line: l, Category: "c", Name: "x", Quantity: q})
				}
			}
			for _, tk := range plan.Tickets(kitchen.Order{ID: id.New(1)}, items, sent) {
				for _, o := range tk.Ops {
					told[o.Line] += o.Quantity
					at := -1
					for i := range sent {
						if sent[i].Line == o.Line {
							if sent[i].Seq >= o.Seq || sent[i].Station != tk.Station {
								rt.Fatalf("seq %d after %d at %v", o.Seq, sent[i].Seq, tk.Station)
							}
							at = i
						}
					}
					if at < 0 {
						sent, at = append(sent, kitchen.Sent{Line: o.Line, Station: tk.Station}), len(sent)
					}
					sent[at].Quantity += o.Quantity
					sent[at].Seq = o.Seq
				}
			}
			for l, q := range wanted {
				if told[l] != q {
					rt.Fatalf("told %s, wanted %s", told[l], q)
				}
			}
		}
	})
}

func TestStationsAndRoutes(t *testing.T) {
	each(t, func(h *house) {
		scale := h.printer("scale", "scale")
		for i, c := range []struct {
			s    kitchen.Station
			want error
		}{
			{kitchen.Station{Name: " "}, kitchen.ErrName}, {kitchen.Station{Name: strings.Repeat("字", 41)}, kitchen.ErrName}, {kitchen.Station{Name: "Kitchen"}, kitchen.ErrNameTaken},
			{kitchen.Station{Name: "x", Devices: []id.ID{scale}}, kitchen.ErrPrinter}, {kitchen.Station{Name: "x", Devices: []id.ID{id.New(1)}}, kitchen.ErrPrinter},
			{kitchen.Station{Name: "x", Devices: []id.ID{id.New(1), id.New(1), id.New(1), id.New(1), id.New(1)}}, kitchen.ErrTooMany},
		} {
			c.s.Merchant, c.s.Shop = h.m, h.shop
			if err := h.try(func(ctx context.Context, tx *db.Tx) error { _, err := kitchen.Create(ctx, tx, c.s); return err }); !errors.Is(err, c.want) {
				h.t.Errorf("%d: %v, want %v", i, err, c.want)
			}
		}
		for _, r := range []kitchen.Route{{Kind: "colour", Ref: "x"}, {Kind: kitchen.ByCategory}, {Kind: kitchen.ByCategory, Ref: "x", Station: id.New(1)}} {
			if err := h.try(func(ctx context.Context, tx *db.Tx) error { return kitchen.SetRoute(ctx, tx, h.m, h.shop, r, false) }); !errors.Is(err, kitchen.ErrRoute) {
				h.t.Errorf("%+v: %v", r, err)
			}
		}
		h.route(kitchen.BySKU, h.beef.String(), h.bar.ID)
		h.route(kitchen.BySKU, h.tip.String(), id.None)
		p, err := kitchen.ReadPlan(ctx, h.d, h.m, h.shop)
		if err != nil || len(p.Stations) != 2 || len(p.Routes) != 4 {
			h.t.Fatalf("%+v %v", p, err)
		}
		if to, ok := p.Route(h.beef, "dishes"); !ok || to != h.bar.ID {
			h.t.Error("the product's own route does not go first")
		}
		if to, ok := p.Route(h.tip, "dishes"); !ok || !to.IsNone() {
			h.t.Error("a product that is prepared nowhere is")
		}
		if _, ok := p.Route(h.tea, "toys"); ok {
			h.t.Error("a route from nowhere")
		}
		h.must(func(ctx context.Context, tx *db.Tx) error {
			b := h.bar
			b.Name, b.Devices = "Long bar", []id.ID{h.hot, h.cold, h.hot}
			_, err := kitchen.Update(ctx, tx, b)
			return err
		})
		got, err := kitchen.Get(ctx, h.d, h.m, h.bar.ID)
		if err != nil || got.Name != "Long bar" || len(got.Devices) != 2 {
			h.t.Fatalf("%+v %v", got, err)
		}
		if ts := h.send(h.order("x"), kitchen.Item{Line: id.New(1), SKU: h.beef, Name: "Tea", Quantity: money.One}); len(ts) != 1 {
			h.t.Fatal(said(ts))
		}
		if jobs, _, _ := device.ListJobs(ctx, h.d, h.m, device.JobFilter{}, db.Page{}); len(jobs) != 2 {
			h.t.Fatal("not one job a printer:", len(jobs))
		}
		got.Archived = true
		h.must(func(ctx context.Context, tx *db.Tx) error { _, err := kitchen.Update(ctx, tx, got); return err })
		if p, err = kitchen.ReadPlan(ctx, h.d, h.m, h.shop); err != nil || len(p.Stations) != 1 || len(p.Routes) != 2 {
			h.t.Fatalf("%+v %v", p, err)
		}
		got.ID = id.New(1)
		if err := h.try(func(ctx context.Context, tx *db.Tx) error { _, err := kitchen.Update(ctx, tx, got); return err }); !errors.Is(err, kitchen.ErrNotFound) {
			h.t.Error(err)
		}
	})
}
