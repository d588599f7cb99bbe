package office

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
)

// deviceNew lets choose a driver, and then how its device is reached.
func (f *office) deviceNew(w http.ResponseWriter, r *http.Request, p *page) error {
	if f.o.Devices == nil {
		return ErrNoHost
	}
	q := r.URL.Query()
	info, ok := f.driver(r.Context(), p, q.Get("driver"), q.Get("version"))
	if !ok {
		places, err := f.places(r.Context(), p)
		if err != nil {
			return err
		}
		return f.show(w, r, deviceChoiceView(p, f.driverChoice(r.Context(), p), f.simClasses(), places))
	}
	if info.Refused != nil {
		return info.Refused
	}
	x, err := f.freshDevice(r, p, info)
	if err != nil {
		return err
	}
	return f.show(w, r, deviceNewView(p, x))
}

func (f *office) driver(ctx context.Context, p *page, name, version string) (DriverInfo, bool) {
	for _, d := range f.o.Devices.Drivers(ctx, p.Merchant.ID) {
		if d.Name == name && d.Version == version {
			return d, true
		}
	}
	return DriverInfo{}, false
}

// freshDevice is a device of a driver that is about to be added.
func (f *office) freshDevice(r *http.Request, p *page, info DriverInfo) (*deviceDetail, error) {
	x := &deviceDetail{hosted: true, d: device.Device{Merchant: p.Merchant.ID, Driver: info.Name, Version: info.Version, Class: info.Class}, driver: info, named: true}
	x.in = values("name", driverTitle(p, info), "driver", info.Name, "version", info.Version, "enabled", "true")
	var err error
	if x.places, err = f.places(r.Context(), p); err != nil {
		return nil, err
	}
	if err := f.fillHosts(r.Context(), p, x); err != nil {
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

// classOther are installed drivers of which nobody can say what they are for.
const classOther = "other"

// deviceClasses in the order in which a shop asks for them.
var deviceClasses = []string{device.ClassPrinter, "label", "scanner", "card", "scale", "display", "drawer", "paybox", "callerid", "acquirer", "storefront", "messenger", classOther}

func (f *office) driverChoice(ctx context.Context, p *page) (out []driverGroup) {
	all := f.o.Devices.Drivers(ctx, p.Merchant.ID)
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
	raw, err := f.o.Devices.Schema(ctx, p.Merchant.ID, x.d.Driver, x.d.Version)
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
		info, ok := f.driver(r.Context(), p, in.get("driver"), in.get("version"))
		if !ok {
			return device.ErrDriver.On("driver")
		}
		if info.Refused != nil {
			return info.Refused
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
		d.Host, err = x.atHost(in)
	}
	if err == nil {
		action := "device.updated"
		if fresh {
			action = "device.created"
		}
		err = f.audited(r.Context(), action, "device", map[string]string{"driver": d.Driver, "version": d.Version}, func(ctx context.Context, tx *db.Tx) (string, error) {
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
