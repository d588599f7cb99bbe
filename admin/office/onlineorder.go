package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/storefront"
)

// Online is what the pages ask of the connectors to online shops.
type Online interface {
	// ShipTo asks a channel where an order goes. Fault: any of a channel that does not
	// answer.
	ShipTo(ctx context.Context, merchant, channel id.ID, orderNo string) (OnlineAddress, error)
	// Wake has the channels looked at soon.
	Wake()
}

// OnlineAddress is where a parcel goes. It is shown and not kept.
type OnlineAddress struct{ Name, Phone, Region, Address, Postcode, Note string }

// ErrNoChannel: no connector to the online shop runs in this process.
var ErrNoChannel = fault.New(fault.Unavailable, "storefront.channel_away")

func (f *office) mountOnline() {
	f.on("GET /office/online", auth.PermReports, f.onlinePage)
	f.on("GET /office/online/{id}", auth.PermReports, f.onlineOrderPage)
	f.on("POST /office/online/{id}/address", auth.PermStock, f.onlineAddress)
	f.on("POST /office/online/{id}/pack", auth.PermStock, f.onlinePack)
	f.on("POST /office/online/{id}/ship", auth.PermStock, f.onlineShip)
	f.on("POST /office/online/{id}/refuse", auth.PermRefund, f.onlineRefuse)
	f.on("POST /office/online/{id}/retry", auth.PermStock, f.onlineRetry)
	f.on("POST /office/online/{id}/seen", auth.PermStock, f.onlineSeen)
	f.on("POST /office/online/{id}/member", auth.PermMembers, f.onlineMember)
	f.mountOnlineChannels()
}

// onlineList is the orders of a merchant.
type onlineList struct {
	channels  []storefront.Channel
	devices   []device.Device
	orders    []storefront.Order
	by        map[storefront.Stage]int64
	attention int64
	stage     storefront.Stage
	only      bool // those that a person has to look at
	first     string
	next      string
}

var onlineStages = []storefront.Stage{storefront.Received, storefront.Waiting, storefront.Booked, storefront.Shipped, storefront.Closed}

func (f *office) onlinePage(w http.ResponseWriter, r *http.Request, p *page) error {
	at, err := pageOf(r, 50)
	if err != nil {
		return err
	}
	ctx, m, q := r.Context(), p.Merchant.ID, r.URL.Query()
	l := &onlineList{stage: storefront.Stage(q.Get("stage")), only: q.Get("attention") == "true"}
	if l.by, l.attention, err = storefront.Counts(ctx, f.db, m); err != nil {
		return err
	}
	if l.channels, err = storefront.Channels(ctx, f.db, m); err != nil {
		return err
	}
	if l.devices, err = f.onlineDevices(ctx, m); err != nil {
		return err
	}
	var next string
	if l.orders, next, err = storefront.List(ctx, f.db, m, storefront.Filter{Stage: l.stage, Attention: l.only, OrderNo: strings.TrimSpace(q.Get("no"))}, at); err != nil {
		return err
	}
	l.first, l.next = pager(r, next)
	return f.show(w, r, onlineView(p, l, strings.TrimSpace(q.Get("no"))))
}

func (f *office) onlineDevices(ctx context.Context, m id.ID) (out []device.Device, err error) {
	all, err := device.List(ctx, f.db, m, id.None)
	for _, d := range all {
		if d.Class == storefront.Class {
			out = append(out, d)
		}
	}
	return out, err
}

func (l *onlineList) stats(p *page) []ui.StatProps {
	out := []ui.StatProps{{Label: p.T("office.online.attention"), Value: p.Int(l.attention), Href: "/office/online?attention=true"}}
	for _, s := range onlineStages {
		out = append(out, ui.StatProps{Label: p.T("office.online.stage." + string(s)), Value: p.Int(l.by[s]), Href: "/office/online?stage=" + string(s)})
	}
	return out
}

func (l *onlineList) channelCode(channel id.ID) string {
	for i := range l.channels {
		if l.channels[i].ID == channel {
			return l.channels[i].Code
		}
	}
	return ""
}

func (l *onlineList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.online.title"), HideCaption: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.online.order")}, {Title: p.T("office.online.channel")}, {Title: p.T("office.online.placed")}, {Title: p.T("office.online.state")}, {Title: p.T("office.col.total"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "sale", Title: p.T("office.online.none"), Text: p.T("office.online.none_text")}}
	for i := range l.orders {
		o := &l.orders[i]
		t.Rows = append(t.Rows, ui.Row(numberLink(o.OrderNo, "/office/online/"+o.ID.String()), l.channelCode(o.Channel), stamp(p, o.PlacedAt), onlineState(p, o), ui.Amount(p.Ctx, o.Paid)))
	}
	return t
}

// channelTable is the connectors that there are and how they are.
func (l *onlineList) channelTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.online.channels"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.online.code")}, {Title: p.T("office.online.state")}, {Title: p.T("office.online.polled")}},
		Empty:   ui.EmptyState{Icon: "device", Title: p.T("office.online.no_channel"), Text: p.T("office.online.no_channel_text"), Action: linkButton(p.T("office.online.connect"), "/office/devices/new", "plus", ui.Plainly)}}
	for _, d := range l.devices {
		c := storefront.Channel{}
		for i := range l.channels {
			if l.channels[i].ID == d.ID {
				c = l.channels[i]
			}
		}
		state := ui.Badge(ui.Ok, p.T("office.online.channel_well"))
		switch {
		case c.ID.IsNone():
			state = ui.Badge(ui.Warn, p.T("office.online.channel_new"))
		case !d.Enabled:
			state = ui.Badge(ui.Neutral, p.T("office.online.channel_off"))
		case c.Failure != "":
			state = two(ui.Badge(ui.Bad, p.T("office.online.channel_failed")), c.Failure)
		}
		t.Rows = append(t.Rows, ui.Row(ui.Link(d.Name, "/office/online-channels/"+d.ID.String()), dash(c.Code), state, stamp(p, c.PolledAt)))
	}
	return t
}

var stageTones = map[storefront.Stage]ui.Tone{storefront.Waiting: ui.Warn, storefront.Booked: ui.Info, storefront.Shipped: ui.Ok}

// onlineState is an order's stage, with what a person has to look at.
func onlineState(p *page, o *storefront.Order) templ.Component {
	items := []templ.Component{ui.Badge(stageTones[o.Stage], p.T("office.online.stage."+string(o.Stage)))}
	for _, w := range o.Attends() {
		items = append(items, ui.Badge(ui.Bad, p.T("office.online.attend."+w)))
	}
	return rowOf(items...)
}

// onlineOne is one order with everything around it.
type onlineOne struct {
	o       storefront.Order
	lines   []storefront.Line
	channel storefront.Channel
	sale    *sale.Sale // nil: none yet
	refunds []storefront.Refund
	member  string
	address *OnlineAddress
	in      form
}

func (f *office) readOnline(r *http.Request, p *page) (*onlineOne, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	ctx, m := r.Context(), p.Merchant.ID
	v := &onlineOne{}
	if v.o, err = storefront.Get(ctx, f.db, m, u); err != nil {
		return nil, err
	}
	if v.lines, err = storefront.LinesOf(ctx, f.db, m, u); err != nil {
		return nil, err
	}
	if v.channel, err = storefront.GetChannel(ctx, f.db, m, v.o.Channel); err != nil {
		return nil, err
	}
	if v.refunds, err = storefront.RefundsOf(ctx, f.db, m, u); err != nil {
		return nil, err
	}
	if !v.o.Sale.IsNone() {
		if v.sale, err = sale.Get(ctx, f.db, m, v.o.Sale); err != nil {
			return nil, err
		}
	}
	who, err := storefront.MemberOf(ctx, f.db, &v.o)
	if err != nil {
		return nil, err
	}
	if !who.IsNone() {
		mb, err := member.Get(ctx, f.db, f.o.Vault, m, who)
		if err != nil {
			return nil, err
		}
		v.member = mb.DisplayName
	}
	v.in = values("carrier", v.o.Carrier, "tracking", v.o.Tracking, "card", "")
	return v, nil
}

func (f *office) onlineOrderPage(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readOnline(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, onlineOrderView(p, v))
}

func (v *onlineOne) path() string { return "/office/online/" + v.o.ID.String() }

func (v *onlineOne) facts(p *page) []ui.Pair {
	o := &v.o
	out := []ui.Pair{{Key: p.T("office.online.state"), Value: onlineState(p, o)}, {Key: p.T("office.online.told"), Value: ui.Text(p.T("office.online.told." + string(o.Told)))},
		{Key: p.T("office.online.channel"), Value: ui.Text(v.channel.Code)}, {Key: p.T("office.online.placed"), Value: ui.At(p.Ctx, o.PlacedAt)}}
	if o.PaidAt != 0 {
		out = append(out, ui.Pair{Key: p.T("office.online.paid_at"), Value: ui.At(p.Ctx, o.PaidAt)})
	}
	out = append(out, ui.Pair{Key: p.T("office.online.paid"), Value: ui.Amount(p.Ctx, o.Paid)}, ui.Pair{Key: p.T("office.online.shipping"), Value: ui.Amount(p.Ctx, o.Shipping)})
	if o.Discount != 0 {
		out = append(out, ui.Pair{Key: p.T("office.sales.discount"), Value: ui.Amount(p.Ctx, o.Discount)})
	}
	if o.Refunded != 0 {
		out = append(out, ui.Pair{Key: p.T("office.online.refunded"), Value: ui.Amount(p.Ctx, o.Refunded)})
	}
	if v.sale != nil {
		out = append(out, ui.Pair{Key: p.T("office.online.sale"), Value: saleLink(v.sale.ReceiptNumber(), v.sale.ID)})
	}
	if v.member != "" {
		out = append(out, ui.Pair{Key: p.T("office.col.member"), Value: ui.Text(v.member)})
	}
	if o.ShippedAt != 0 {
		sent := p.T("office.online.parcel_waits")
		if o.ShipPushed {
			sent = p.T("office.online.parcel_told")
		}
		out = append(out, ui.Pair{Key: p.T("office.online.parcel"), Value: two(ui.Text(o.Carrier+" "+o.Tracking), sent)})
	}
	if o.Failure != "" {
		out = append(out, ui.Pair{Key: p.T("office.online.failure"), Value: code(o.Failure)})
	}
	return out
}

func (v *onlineOne) table(p *page) ui.TableProps {
	t := ui.TableProps{Dense: true, Caption: p.T("office.online.lines"), HideCaption: true, Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.online.article")}, {Title: p.T("office.col.quantity"), Numeric: true},
		{Title: p.T("office.col.price"), Numeric: true}, {Title: p.T("office.online.missing"), Numeric: true}, {Title: p.T("office.online.refunded"), Numeric: true}}}
	for i := range v.lines {
		l := &v.lines[i]
		article := word(l.Code)
		if l.SKU.IsNone() {
			article = two(word(l.Code), p.T("office.online.attend.unmapped"))
		}
		t.Rows = append(t.Rows, ui.Row(dash(l.Name), article, l.Quantity.String(), ui.Amount(p.Ctx, l.UnitPrice), dash(some(l.Short.String(), l.Short != 0)), dash(some(l.Refunded.String(), l.Refunded != 0))))
	}
	return t
}

// some is a text, or none.
func some(s string, there bool) string {
	if there {
		return s
	}
	return ""
}

func (v *onlineOne) addressPairs(p *page) (out []ui.Pair) {
	a := v.address
	for _, x := range [][2]string{{"name", a.Name}, {"phone", a.Phone}, {"region", a.Region}, {"address", a.Address}, {"postcode", a.Postcode}, {"note", a.Note}} {
		if x[1] != "" {
			out = append(out, ui.Pair{Key: p.T("office.online.address." + x[0]), Value: ui.Text(x[1])})
		}
	}
	return out
}

// onlineAddress asks the channel where the parcel goes and shows it, once; that
// somebody has looked is remembered, the address is not.
func (f *office) onlineAddress(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readOnline(r, p)
	if err != nil {
		return err
	}
	if f.o.Online == nil {
		return ErrNoChannel
	}
	a, err := f.o.Online.ShipTo(r.Context(), p.Merchant.ID, v.o.Channel, v.o.OrderNo)
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "online_order.address_seen", "online_order", nil, func(context.Context, *db.Tx) (string, error) { return v.o.ID.String(), nil })
	if err != nil {
		return err
	}
	v.address = &a
	w.Header().Set("Cache-Control", "no-store")
	return f.show(w, r, onlineOrderView(p, v))
}

// onlineStep is a step with an order that a person takes.
func (f *office) onlineStep(w http.ResponseWriter, r *http.Request, p *page, action string, detail any, do func(ctx context.Context, tx *db.Tx, order id.ID) error) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "online_order."+action, "online_order", detail, func(ctx context.Context, tx *db.Tx) (string, error) {
		return u.String(), do(ctx, tx, u)
	})
	if err != nil {
		return err
	}
	if f.o.Online != nil {
		f.o.Online.Wake()
	}
	return done(w, r, p, "/office/online/"+u.String(), "office.online.done."+action)
}

func (f *office) onlinePack(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.onlineStep(w, r, p, "packed", nil, func(ctx context.Context, tx *db.Tx, order id.ID) error {
		return storefront.Pack(ctx, tx, p.Merchant.ID, order)
	})
}

func (f *office) onlineShip(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	err = f.onlineStep(w, r, p, "shipped", map[string]string{"carrier": in.get("carrier"), "tracking": in.get("tracking")}, func(ctx context.Context, tx *db.Tx, order id.ID) error {
		return storefront.Ship(ctx, tx, p.Merchant.ID, order, in.get("carrier"), in.get("tracking"))
	})
	return f.onlineAgain(w, r, p, in, err)
}

// onlineAgain shows an order once more with what was typed.
func (f *office) onlineAgain(w http.ResponseWriter, r *http.Request, p *page, in form, err error) error {
	if err == nil {
		return nil
	}
	v, rerr := f.readOnline(r, p)
	if rerr != nil {
		return err
	}
	in.err = err
	v.in = in
	return f.again(w, r, err, onlineOrderView(p, v))
}

func (f *office) onlineRefuse(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.onlineStep(w, r, p, "refund_refused", nil, func(ctx context.Context, tx *db.Tx, order id.ID) error {
		return storefront.Refuse(ctx, tx, p.Merchant.ID, order)
	})
}

func (f *office) onlineRetry(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.onlineStep(w, r, p, "retried", nil, func(ctx context.Context, tx *db.Tx, order id.ID) error {
		return storefront.Retry(ctx, tx, p.Merchant.ID, order)
	})
}

func (f *office) onlineSeen(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.onlineStep(w, r, p, "seen", nil, func(ctx context.Context, tx *db.Tx, order id.ID) error {
		return storefront.Seen(ctx, tx, p.Merchant.ID, order)
	})
}

// onlineMember says by a card's number which member the buyer is; none: nobody.
func (f *office) onlineMember(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	who := id.None
	if in.get("card") != "" {
		mb, err := member.FindByCard(r.Context(), f.db, f.o.Vault, p.Merchant.ID, in.get("card"))
		if err != nil {
			return f.onlineAgain(w, r, p, in, fault.Of(err).On("card"))
		}
		who = mb.ID
	}
	err = f.onlineStep(w, r, p, "member_linked", map[string]string{"member_id": who.String()}, func(ctx context.Context, tx *db.Tx, order id.ID) error {
		return storefront.Link(ctx, tx, p.Merchant.ID, order, who)
	})
	return f.onlineAgain(w, r, p, in, err)
}
