package office

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
)

// ErrNoHost: no device host runs in this process, so nothing can be tried.
var ErrNoHost = fault.New(fault.Unavailable, "office.no_device_host")

func (f *office) mountDevices() {
	f.on("GET /office/devices", auth.PermDevices, f.devicesPage)
	f.on("GET /office/devices/new", auth.PermDevices, f.deviceNew)
	f.on("POST /office/devices/new", auth.PermDevices, f.deviceSave)
	f.on("GET /office/devices/{id}", auth.PermDevices, f.devicePage)
	f.on("POST /office/devices/{id}", auth.PermDevices, f.deviceSave)
	f.on("POST /office/devices/{id}/test", auth.PermDevices, f.deviceDo(func(ctx context.Context, m, d id.ID) error { return f.o.Devices.Test(ctx, m, d) }, "office.devices.tested"))
	f.on("POST /office/devices/{id}/kill", auth.PermDevices, f.deviceDo(func(_ context.Context, m, d id.ID) error { return f.o.Devices.Kill(m, d) }, "office.devices.killed"))
	f.on("POST /office/devices/{id}/restart", auth.PermDevices, f.deviceDo(func(_ context.Context, m, d id.ID) error { return f.o.Devices.Restart(m, d) }, "office.devices.restarted"))
	f.on("GET /office/devices/{id}/papers/{name}", auth.PermDevices, f.devicePaper)
	f.on("POST /office/jobs/{id}/reprint", auth.PermDevices, f.jobReprint)
	f.on("POST /office/jobs/{id}/confirm", auth.PermDevices, f.jobConfirm)
}

type deviceList struct {
	items     []device.Device
	live      map[id.ID]DeviceStatus
	registers map[id.ID]tenant.Register
	jobs      jobList
	hosted    bool
}

type jobList struct {
	items   []device.JobRecord
	numbers map[id.ID]string
	devices map[id.ID]string
	first   string
	next    string
}

func (f *office) devicesPage(w http.ResponseWriter, r *http.Request, p *page) error {
	ctx, m := r.Context(), p.Merchant.ID
	l := deviceList{hosted: f.o.Devices != nil, live: f.live(m)}
	var err error
	if l.items, err = device.List(ctx, f.db, m, id.None); err != nil {
		return err
	}
	if l.registers, err = f.registers(ctx, m); err != nil {
		return err
	}
	if l.jobs, err = f.readJobs(r, p, device.JobFilter{}); err != nil {
		return err
	}
	return f.show(w, r, devicesView(p, &l))
}

func (f *office) live(m id.ID) map[id.ID]DeviceStatus {
	out := map[id.ID]DeviceStatus{}
	if f.o.Devices == nil {
		return out
	}
	for _, s := range f.o.Devices.Status(m) {
		out[s.Device] = s
	}
	return out
}

func (f *office) readJobs(r *http.Request, p *page, filter device.JobFilter) (jobList, error) {
	l := jobList{devices: map[id.ID]string{}, numbers: map[id.ID]string{}}
	at, err := pageOf(r, 20)
	if err != nil {
		return l, err
	}
	ctx, m := r.Context(), p.Merchant.ID
	var next string
	if l.items, next, err = device.ListJobs(ctx, f.db, m, filter, at); err != nil {
		return l, err
	}
	l.first, l.next = pager(r, next)
	all, err := device.List(ctx, f.db, m, id.None)
	if err != nil {
		return l, err
	}
	for _, d := range all {
		l.devices[d.ID] = d.Name
	}
	heads := make([]sale.Sale, len(l.items))
	asks := make([]db.Ask, len(l.items))
	for i, j := range l.items {
		asks[i] = sale.AskWhole(m, j.Sale, &heads[i])[0]
	}
	if len(asks) > 0 {
		err = f.db.Batch(ctx, asks...)
	}
	for i := range heads {
		l.numbers[l.items[i].Sale] = heads[i].ReceiptNumber()
	}
	return l, err
}

func jobTone(s device.State) ui.Tone {
	switch s {
	case device.Confirmed, device.Sent:
		return ui.Ok
	case device.Failed, device.Uncertain:
		return ui.Bad
	case device.Sending, device.Claimed:
		return ui.Info
	}
	return ui.Neutral
}

func liveTone(state string) ui.Tone {
	switch state {
	case "running":
		return ui.Ok
	case "starting", "restarting":
		return ui.Warn
	case "failed", "stopped":
		return ui.Bad
	}
	return ui.Neutral
}

// state is a device's live state in words; "" of a status is "no driver runs".
func (l *deviceList) state(p *page, d device.Device) (ui.Tone, string) {
	s, ok := l.live[d.ID]
	switch {
	case !d.Enabled:
		return ui.Neutral, p.T("office.devices.disabled")
	case !l.hosted:
		return ui.Neutral, p.T("office.devices.unknown")
	case !ok:
		return ui.Bad, p.T("office.devices.not_running")
	}
	return liveTone(s.State), p.T("office.device_state." + s.State)
}

// jobReason is why a job stands where it stands.
func jobReason(p *page, reason string) string {
	if reason == "" {
		return "–"
	}
	key, detail := device.SplitReason(reason)
	if p.Words.Has(key) {
		key = p.T(key)
	}
	if detail != "" {
		return key + " (" + detail + ")"
	}
	return key
}

func (l *jobList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.devices.jobs"), HideCaption: true, Dense: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.col.receipt")}, {Title: p.T("office.devices.device")}, {Title: p.T("office.col.state"), Key: true}, {Title: p.T("office.col.reason")},
			{Title: p.T("office.devices.copy"), Numeric: true}, {Title: p.T("office.col.date")}, {Title: p.T("office.col.action"), End: true}},
		Empty: ui.EmptyState{Icon: "print", Title: p.T("office.devices.no_jobs"), Text: p.T("office.devices.no_jobs_text")}}
	for _, j := range l.items {
		t.Rows = append(t.Rows, ui.Row(saleLink(l.numbers[j.Sale], j.Sale), dash(l.devices[j.Device]), ui.Status(jobTone(j.State), p.T("device.job_state."+string(j.State))), jobReason(p, j.Reason),
			count(p, max(j.Attempt, 1)), stamp(p, j.UpdatedAt), jobActions(p, j)))
	}
	return t
}

func (f *office) deviceOf(r *http.Request, p *page) (device.Device, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return device.Device{}, err
	}
	return device.Get(r.Context(), f.db, p.Merchant.ID, u)
}

type deviceDetail struct {
	d      device.Device
	in     form
	live   DeviceStatus
	known  bool
	hosted bool
	papers []Paper
	jobs   jobList
	places []ui.Option
}

func (f *office) deviceNew(w http.ResponseWriter, r *http.Request, p *page) error {
	places, err := f.places(r.Context(), p)
	if err != nil {
		return err
	}
	return f.show(w, r, deviceNewView(p, values("class", device.ClassPrinter, "driver", "virtual-printer", "config", "{}", "enabled", "true"), places))
}

// places are the registers that a device may stand at, by shop.
func (f *office) places(ctx context.Context, p *page) ([]ui.Option, error) {
	list, err := tenant.ListRegisters(ctx, f.db, p.Merchant.ID)
	if err != nil {
		return nil, err
	}
	var out []ui.Option
	for _, s := range p.Shops {
		out = append(out, ui.Option{Value: s.ID.String() + "/", Text: p.T("office.devices.reserve", "shop", s.Name)})
		for _, g := range list {
			if g.Shop == s.ID && !g.Archived {
				out = append(out, ui.Option{Value: s.ID.String() + "/" + g.ID.String(), Text: s.Name + " · " + g.Name + " " + g.Series})
			}
		}
	}
	return out, nil
}

func (f *office) readDevice(r *http.Request, p *page) (*deviceDetail, error) {
	d, err := f.deviceOf(r, p)
	if err != nil {
		return nil, err
	}
	x := &deviceDetail{d: d, hosted: f.o.Devices != nil}
	x.live, x.known = f.live(p.Merchant.ID)[d.ID]
	enabled := ""
	if d.Enabled {
		enabled = "true"
	}
	x.in = values("name", d.Name, "class", d.Class, "driver", d.Driver, "config", string(d.Config), "enabled", enabled, "place", d.Shop.String()+"/"+d.Register.String())
	if x.places, err = f.places(r.Context(), p); err != nil {
		return nil, err
	}
	if f.o.Papers != nil {
		if x.papers, err = f.o.Papers.Papers(r.Context(), p.Merchant.ID, d.ID, 6); err != nil {
			return nil, err
		}
	}
	x.jobs, err = f.readJobs(r, p, device.JobFilter{Device: d.ID})
	return x, err
}

func (f *office) devicePage(w http.ResponseWriter, r *http.Request, p *page) error {
	x, err := f.readDevice(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, deviceView(p, x))
}

// deviceSave creates a device, or changes the one of the address.
func (f *office) deviceSave(w http.ResponseWriter, r *http.Request, p *page) error {
	fresh := r.PathValue("id") == ""
	var x *deviceDetail
	var err error
	if fresh {
		x = &deviceDetail{}
		x.places, err = f.places(r.Context(), p)
	} else {
		x, err = f.readDevice(r, p)
	}
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	d := x.d
	d.Merchant, d.Name, d.Class, d.Driver, d.Config, d.Enabled = p.Merchant.ID, in.get("name"), in.get("class"), in.get("driver"), json.RawMessage(in.get("config")), in.on("enabled")
	d.Shop, d.Register, err = place(p, x.places, in.get("place"))
	if err == nil {
		action := "device.updated"
		if fresh {
			action = "device.created"
		}
		err = f.audited(r.Context(), action, "device", map[string]string{"driver": d.Driver}, func(ctx context.Context, tx *db.Tx) (string, error) {
			var err error
			if fresh {
				d, err = device.Create(ctx, tx, d)
			} else {
				d, err = device.Update(ctx, tx, d)
			}
			return d.ID.String(), err
		})
	}
	if err != nil {
		in.err = err
		if fresh {
			return f.again(w, r, err, deviceNewView(p, in, x.places))
		}
		x.in = in
		return f.again(w, r, err, deviceView(p, x))
	}
	return done(w, r, p, "/office/devices/"+d.ID.String(), "office.saved")
}

// place reads "shop/register", one of those that were offered.
func place(p *page, offered []ui.Option, typed string) (shop, register id.ID, err error) {
	for _, o := range offered {
		if o.Value == typed {
			s, g := typed[:36], typed[37:]
			if shop, err = id.Parse(s); err != nil {
				return
			}
			if g != "" {
				register, err = id.Parse(g)
			}
			return
		}
	}
	return id.None, id.None, device.ErrShop.On("place")
}

// deviceDo asks the device host for something.
func (f *office) deviceDo(do func(ctx context.Context, merchant, dev id.ID) error, key string) func(http.ResponseWriter, *http.Request, *page) error {
	return func(w http.ResponseWriter, r *http.Request, p *page) error {
		d, err := f.deviceOf(r, p)
		if err != nil {
			return err
		}
		if f.o.Devices == nil {
			return ErrNoHost
		}
		if err := do(r.Context(), p.Merchant.ID, d.ID); err != nil {
			return err
		}
		f.note(r.Context(), "device."+lastWord(key), "device", d.ID.String(), nil)
		return done(w, r, p, "/office/devices/"+d.ID.String(), key, "name", d.Name)
	}
}

func lastWord(key string) string {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] == '.' {
			return key[i+1:]
		}
	}
	return key
}

func (f *office) devicePaper(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.deviceOf(r, p)
	if err != nil {
		return err
	}
	if f.o.Papers == nil {
		return ErrNoHost
	}
	png, err := f.o.Papers.Picture(r.Context(), p.Merchant.ID, d.ID, r.PathValue("name"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Cache-Control", "private, max-age=86400") // a printed receipt does not change
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(png) // the reader has gone away: nobody is left to tell
	return nil
}

func (f *office) jobReprint(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.jobDo(w, r, p, "receipt.reprinted", "office.devices.reprinted", device.Reprint)
}

func (f *office) jobConfirm(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.jobDo(w, r, p, "receipt.confirmed", "office.devices.confirmed", device.ConfirmPrinted)
}

func (f *office) jobDo(w http.ResponseWriter, r *http.Request, p *page, action, key string, do func(context.Context, *db.Tx, id.ID, id.ID) error) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), action, "print_job", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		return u.String(), do(ctx, tx, p.Merchant.ID, u)
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/devices", key)
}

func (x *deviceDetail) livePairs(p *page) []ui.Pair {
	s := x.live
	out := []ui.Pair{{Key: p.T("office.devices.since"), Value: ui.When(p.Ctx, s.Since)}, {Key: p.T("office.devices.restarts"), Value: ui.Text(count(p, s.Restarts))}}
	if s.PID != 0 {
		out = append(out, ui.Pair{Key: p.T("office.devices.process"), Value: ui.Text(itoa(int64(s.PID)))})
	}
	if s.Detail != "" {
		out = append(out, ui.Pair{Key: p.T("office.devices.detail"), Value: ui.Text(s.Detail)})
	}
	if s.Checksum != "" {
		out = append(out, ui.Pair{Key: p.T("office.devices.checksum"), Value: code(s.Checksum)})
	}
	return out
}

func (x *deviceDetail) logText() string { return strings.Join(x.live.Log, "\n") }
