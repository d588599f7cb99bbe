package office

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
)

// ErrNoHost: no device host runs in this process, so nothing can be tried.
var ErrNoHost = fault.New(fault.Unavailable, "office.no_device_host")

func (f *office) mountDevices() {
	f.on("GET /office/devices", auth.PermDevices, f.devicesPage)
	f.on("GET /office/devices/new", auth.PermDevices, f.deviceNew)
	f.on("POST /office/devices/new", auth.PermDevices, f.deviceSave)
	f.on("GET /office/devices/{id}/heard", auth.PermDevices, f.deviceHeard)
	f.on("GET /office/devices/{id}/recording", auth.PermDevices, f.deviceRecording)
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
	config ui.Form // from the driver's schema; its Schema is nil where the driver could not be asked
	cause  error   // why not
	live   DeviceStatus
	known  bool
	hosted bool
	papers []Paper
	heard  []device.Input
	jobs   jobList
	places []ui.Option
}

// deviceNew lets choose a driver, and then how its device is reached.
func (f *office) deviceNew(w http.ResponseWriter, r *http.Request, p *page) error {
	if f.o.Devices == nil {
		return ErrNoHost
	}
	info, ok := f.driver(r.URL.Query().Get("driver"))
	if !ok {
		return f.show(w, r, deviceChoiceView(p, f.driverChoice(p)))
	}
	x, err := f.freshDevice(r, p, info)
	if err != nil {
		return err
	}
	return f.show(w, r, deviceNewView(p, x))
}

func (f *office) driver(name string) (DriverInfo, bool) {
	for _, d := range f.o.Devices.Drivers() {
		if d.Name == name {
			return d, true
		}
	}
	return DriverInfo{}, false
}

// freshDevice is a device of a driver that is about to be added.
func (f *office) freshDevice(r *http.Request, p *page, info DriverInfo) (*deviceDetail, error) {
	x := &deviceDetail{hosted: true, d: device.Device{Merchant: p.Merchant.ID, Driver: info.Name, Class: info.Class}}
	x.in = values("name", driverName(p, info.Name), "driver", info.Name, "enabled", "true")
	var err error
	if x.places, err = f.places(r.Context(), p); err != nil {
		return nil, err
	}
	f.fillConfig(r.Context(), p, x)
	return x, nil
}

// driverGroup are the drivers of a class.
type driverGroup struct {
	class string
	list  []DriverInfo
}

// deviceClasses in the order in which a shop asks for them.
var deviceClasses = []string{device.ClassPrinter, "label", "scanner", "card", "scale", "display", "drawer", "paybox", "callerid", "acquirer"}

func (f *office) driverChoice(*page) (out []driverGroup) {
	all := f.o.Devices.Drivers()
	for _, c := range deviceClasses {
		g := driverGroup{class: c}
		for _, d := range all {
			if d.Class == c {
				g.list = append(g.list, d)
			}
		}
		if len(g.list) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// driverName is a driver in words, its own name where there are none.
func driverName(p *page, name string) string {
	if key := "office.driver." + name; p.Words.Has(key) {
		return p.T(key)
	}
	return name
}

// fillConfig makes the form of the driver's settings. Where the driver cannot be
// asked, the page says so and leaves the settings as they are.
func (f *office) fillConfig(ctx context.Context, p *page, x *deviceDetail) {
	if f.o.Devices == nil {
		x.cause = ErrNoHost
		return
	}
	raw, err := f.o.Devices.Schema(ctx, x.d.Driver)
	if err != nil {
		x.cause = err
		return
	}
	s, err := ui.ParseSchema(raw, p.Currency)
	if err != nil {
		x.cause = err
		return
	}
	had := x.secrets()
	for i, q := range s.Properties { // what is there may be left empty
		s.Properties[i].Required = q.Required && (!q.Schema.Secret() || had[q.Name] == "")
	}
	x.config = ui.Form{ID: "cfg", Schema: s}
	if len(x.d.Config) > 0 {
		x.config.Value = x.d.Config
	}
}

// secrets are the texts of the settings as they are stored, by name.
func (x *deviceDetail) secrets() map[string]string {
	var all map[string]any
	_ = json.Unmarshal(x.d.Config, &all) // there may be none
	out := map[string]string{}
	for k, v := range all {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}

// readConfig reads the driver's settings from the form. A secret that is left empty
// stays as it is.
func (x *deviceDetail) readConfig(v url.Values, seal func(id.ID, string) string) (json.RawMessage, error) {
	s := x.config.Schema
	if s == nil {
		return x.d.Config, nil
	}
	had := x.secrets()
	read := *s
	read.Properties = slices.Clone(s.Properties)
	for i, q := range s.Properties {
		if was := had[q.Name]; was != "" && q.Schema.Secret() && v.Get("/"+q.Name) == "" {
			v.Set("/"+q.Name, was)
			read.Properties[i].Schema = q.Schema.Unlimited()
		}
	}
	x.config.Raw = v
	raw, err := ui.FormValues(&read, v)
	if err != nil {
		return nil, err
	}
	var all map[string]any
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	if err := dec.Decode(&all); err != nil {
		return nil, err
	}
	for _, q := range s.Properties {
		if text, ok := all[q.Name].(string); ok && q.Schema.Secret() {
			all[q.Name] = seal(x.d.Merchant, text)
		}
	}
	return json.Marshal(all)
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
	x.in = values("name", d.Name, "driver", d.Driver, "enabled", enabled, "place", d.Shop.String()+"/"+d.Register.String())
	f.fillConfig(r.Context(), p, x)
	if f.o.Devices != nil {
		x.heard = f.o.Devices.Heard(p.Merchant.ID, d.ID)
	}
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
	in, err := formOf(r)
	if err != nil {
		return err
	}
	fresh := r.PathValue("id") == ""
	var x *deviceDetail
	if fresh {
		if f.o.Devices == nil {
			return ErrNoHost
		}
		info, ok := f.driver(in.get("driver"))
		if !ok {
			return device.ErrDriver.On("driver")
		}
		x, err = f.freshDevice(r, p, info)
	} else {
		x, err = f.readDevice(r, p)
	}
	if err != nil {
		return err
	}
	d := x.d
	d.Name, d.Enabled = in.get("name"), in.on("enabled")
	seal := func(_ id.ID, s string) string { return s } // without a host there is no form of settings
	if f.o.Devices != nil {
		seal = f.o.Devices.Seal
	}
	if d.Config, err = x.readConfig(r.PostForm, seal); err == nil {
		d.Shop, d.Register, err = place(p, x.places, in.get("place"))
	}
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
		var wrong ui.FieldErrors
		if errors.As(err, &wrong) {
			x.config.Errors = wrong
		} else {
			in.err = err
		}
		x.in = in
		if fresh {
			return f.again(w, r, err, deviceNewView(p, x))
		}
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

// deviceHeard is the part of the page that shows what the device tells, as it does.
func (f *office) deviceHeard(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.deviceOf(r, p)
	if err != nil {
		return err
	}
	if f.o.Devices == nil {
		return ErrNoHost
	}
	return f.show(w, r, heardView(p, d.ID, f.o.Devices.Heard(p.Merchant.ID, d.ID)))
}

// deviceRecording is the driver's flight recorder, as a file to send to its vendor.
func (f *office) deviceRecording(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.deviceOf(r, p)
	if err != nil {
		return err
	}
	if f.o.Devices == nil {
		return ErrNoHost
	}
	var b bytes.Buffer
	if err := f.o.Devices.Record(&b, p.Merchant.ID, d.ID); err != nil {
		return err
	}
	f.note(r.Context(), "device.recording_read", "device", d.ID.String(), nil)
	h := w.Header()
	h.Set("Content-Type", "application/jsonl")
	h.Set("Content-Disposition", `attachment; filename="`+d.Driver+`.jsonl"`)
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes()) // the reader has gone away: nobody is left to tell
	return nil
}

// heardText is what a device told. Of a customer's payment code or telephone number
// the end is enough to know it again.
func heardText(p *page, in device.Input) string {
	switch in.Kind {
	case device.InputPay, device.InputCall:
		r := []rune(in.Text)
		return "…" + string(r[max(len(r)-4, 0):])
	case device.InputWeight:
		return money.Quantity((in.Milligrams+500)/1000).String() + " kg"
	case device.InputDrawer, device.InputPaper:
		if in.On {
			return p.T("office.heard_on." + string(in.Kind))
		}
		return p.T("office.heard_off." + string(in.Kind))
	}
	return in.Text
}

// help says what to do about a device that is not well; "" where nobody knows better.
func (x *deviceDetail) help(p *page) string {
	if x.live.Reason == "" {
		return ""
	}
	if key := "office.device_help." + lastWord(x.live.Reason); p.Words.Has(key) {
		return p.T(key)
	}
	return ""
}

// testIcons are the classes of device that can be tried by pressing something.
var testIcons = map[string]string{device.ClassPrinter: "print", "label": "print", "display": "screen", "drawer": "cash", "scale": "scale", "paybox": "qr"}

func testable(class string) bool   { return testIcons[class] != "" }
func testIcon(class string) string { return testIcons[class] }

// speaks reports whether the device tells something by itself.
func (x *deviceDetail) speaks() bool {
	switch x.d.Class {
	case "scanner", "card", "scale", "paybox", "callerid":
		return true
	}
	return false
}

func (x *deviceDetail) livePairs(p *page) []ui.Pair {
	s := x.live
	out := []ui.Pair{{Key: p.T("office.devices.since"), Value: ui.When(p.Ctx, s.Since)}, {Key: p.T("office.devices.restarts"), Value: ui.Text(count(p, s.Restarts))}}
	if s.PID != 0 {
		out = append(out, ui.Pair{Key: p.T("office.devices.process"), Value: ui.Text(itoa(int64(s.PID)))})
	}
	if s.Version != "" {
		out = append(out, ui.Pair{Key: p.T("office.packs.version"), Value: ui.Text(s.Version)})
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
