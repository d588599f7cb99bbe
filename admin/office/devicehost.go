package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
)

// Hosts is what the pages ask about device hosts beyond their rows.
type Hosts interface {
	// HostLive answers whether a host is connected, and when it was heard of last.
	HostLive(host id.ID) (connected bool, seen clock.Instant)
	// HostRevoked ends the connection of a host that was shut out.
	HostRevoked(host id.ID)
}

func (f *office) mountDeviceHosts() {
	f.on("GET /office/device-hosts", auth.PermDevices, f.hostsPage)
	f.on("POST /office/device-hosts", auth.PermDevices, f.hostCreate)
	f.on("POST /office/device-hosts/{id}/code", auth.PermDevices, f.hostCode)
	f.on("POST /office/device-hosts/{id}/revoke", auth.PermDevices, f.hostRevoke)
}

type hostList struct {
	items   []device.Host
	now     clock.Instant
	live    map[id.ID]bool
	seen    map[id.ID]clock.Instant
	devices map[id.ID]int
	in      form
	made    device.Host // a code was just made for it
	code    string      // shown once
	server  string      // the address that the host is to be given
}

func (f *office) readHosts(r *http.Request, p *page) (*hostList, error) {
	ctx := r.Context()
	l := &hostList{now: f.db.Now(), live: map[id.ID]bool{}, seen: map[id.ID]clock.Instant{}, devices: map[id.ID]int{}, in: values(), server: addressOf(r)}
	var err error
	if l.items, err = device.ListHosts(ctx, f.db, p.Merchant.ID); err != nil {
		return nil, err
	}
	all, err := device.List(ctx, f.db, p.Merchant.ID, id.None)
	if err != nil {
		return nil, err
	}
	for _, d := range all {
		l.devices[d.Host]++
	}
	for _, h := range l.items {
		l.seen[h.ID] = h.SeenAt
		if f.o.Hosts != nil {
			live, seen := f.o.Hosts.HostLive(h.ID)
			l.live[h.ID], l.seen[h.ID] = live, max(seen, h.SeenAt)
		}
	}
	return l, nil
}

// addressOf is where this page was asked for: a host beside a till can go there too.
func addressOf(r *http.Request) string {
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (f *office) hostsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l, err := f.readHosts(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, hostsView(p, l))
}

// hostCreate answers the page itself: a code does not go into a cookie or an address.
func (f *office) hostCreate(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	var h device.Host
	var code string
	shop, err := in.id("shop")
	if err == nil && p.ShopName(shop) == "" {
		err = device.ErrShop.On("shop")
	}
	if err == nil {
		err = f.audited(r.Context(), "device_host.created", "device_host", nil, func(_ context.Context, tx *db.Tx) (string, error) {
			var err error
			h, code, err = device.CreateHost(tx, p.Merchant.ID, shop, in.get("name"))
			return h.ID.String(), err
		})
	}
	l, readErr := f.readHosts(r, p)
	if readErr != nil {
		return readErr
	}
	if err != nil {
		in.err, l.in = err, in
		l.in.err = err
		return f.again(w, r, err, hostsView(p, l))
	}
	l.made, l.code = h, code
	return f.show(w, r, hostsView(p, l))
}

func (f *office) hostCode(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	var h device.Host
	var code string
	err = f.audited(r.Context(), "device_host.code_renewed", "device_host", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		var err error
		h, code, err = device.RenewHostCode(ctx, tx, p.Merchant.ID, u)
		return u.String(), err
	})
	if err != nil {
		return err
	}
	l, err := f.readHosts(r, p)
	if err != nil {
		return err
	}
	l.made, l.code = h, code
	return f.show(w, r, hostsView(p, l))
}

func (f *office) hostRevoke(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "device_host.revoked", "device_host", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		return u.String(), device.RevokeHost(ctx, tx, p.Merchant.ID, u)
	})
	if err != nil {
		return err
	}
	if f.o.Hosts != nil {
		f.o.Hosts.HostRevoked(u)
	}
	return done(w, r, p, "/office/device-hosts", "office.hosts.revoked_done")
}

// state is a host in a word.
func (l *hostList) state(p *page, h device.Host) (ui.Tone, string) {
	switch {
	case h.Revoked():
		return ui.Neutral, p.T("office.hosts.revoked")
	case l.live[h.ID]:
		return ui.Ok, p.T("office.hosts.connected")
	case h.PairedAt == 0 && h.CodeUntil > l.now:
		return ui.Info, p.T("office.hosts.waiting")
	case h.PairedAt == 0:
		return ui.Warn, p.T("office.hosts.unpaired")
	}
	return ui.Bad, p.T("office.hosts.away")
}

func (l *hostList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.hosts.title"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.col.state"), Key: true}, {Title: p.T("office.hosts.seen")},
			{Title: p.T("office.hosts.devices"), Numeric: true}, {Title: p.T("office.col.action"), End: true}},
		Empty: ui.EmptyState{Icon: "device", Title: p.T("office.hosts.none"), Text: p.T("office.hosts.none_text")}}
	for _, h := range l.items {
		tone, text := l.state(p, h)
		t.Rows = append(t.Rows, ui.Row(two(ui.Text(h.Name), p.ShopName(h.Shop)), two(ui.Status(tone, text), strings.TrimSpace(h.Version+" "+h.Platform)), stamp2(p, l.seen[h.ID]), count(p, l.devices[h.ID]), hostActions(p, h, l.devices[h.ID])))
	}
	return t
}

// spoken is a code as it is read out: in two halves.
func spoken(code string) string { return code[:len(code)/2] + "-" + code[len(code)/2:] }

// fillHosts offers the hosts that may run the device, and the server; nothing where
// there are none.
func (f *office) fillHosts(ctx context.Context, p *page, x *deviceDetail) error {
	if !device.MayStandAtHost(x.d.Class) {
		return nil
	}
	all, err := device.ListHosts(ctx, f.db, p.Merchant.ID)
	if err != nil {
		return err
	}
	for _, h := range all {
		if !h.Revoked() || h.ID == x.d.Host {
			x.hosts = append(x.hosts, ui.Option{Value: h.ID.String(), Text: p.ShopName(h.Shop) + " · " + h.Name})
		}
	}
	if len(x.hosts) > 0 {
		x.hosts = append([]ui.Option{{Value: "", Text: p.T("office.hosts.server")}}, x.hosts...)
		if !x.d.Host.IsNone() {
			x.in.v.Set("host", x.d.Host.String())
		}
	}
	return nil
}

// atHost reads the host that was chosen; where none was offered the device stays where
// it is.
func (x *deviceDetail) atHost(in form) (id.ID, error) {
	if len(x.hosts) == 0 || !in.v.Has("host") {
		return x.d.Host, nil
	}
	return in.id("host")
}

// awayText says where a device's driver runs and since when nothing was heard of it.
func awayText(p *page, s DeviceStatus) string {
	if s.HostSeen == 0 {
		return p.T("office.hosts.never_seen", "host", s.Host)
	}
	return p.T("office.hosts.last_seen", "host", s.Host, "at", p.DateTime(s.HostSeen))
}
