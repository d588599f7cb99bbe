package office

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
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
	f.on("POST /office/devices/{id}/version", auth.PermDevices, f.deviceVersion)
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

// inUse lists a shop's (none: all) devices of a class that are not switched off.
func (f *office) inUse(ctx context.Context, m, shop id.ID, class string) (out []device.Device, err error) {
	all, err := device.List(ctx, f.db, m, shop)
	for _, d := range all {
		if d.Class == class && d.Enabled {
			out = append(out, d)
		}
	}
	return out, err
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
	config ui.Form      // from the driver's schema; its Schema is nil where the driver could not be asked
	cause  error        // why not
	driver DriverInfo   // that the device has
	named  bool         // it is there
	others []DriverInfo // other versions of it
	sim    *Simulated   // nil: it is a real one
	live   DeviceStatus
	known  bool
	hosted bool
	hosts  []ui.Option // that may run it, the server first; nil: there are none
	papers []Paper
	heard  []device.Input
	jobs   jobList
	places []ui.Option
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
	x.in = values("name", d.Name, "driver", d.Driver, "version", d.Version, "enabled", enabled, "place", d.Shop.String()+"/"+d.Register.String())
	f.fillConfig(r.Context(), p, x)
	if f.o.Devices != nil {
		f.fillDriver(r.Context(), p, x)
	}
	if f.o.Simulators != nil {
		if s, ok := f.o.Simulators.Look(p.Merchant.ID, d.ID); ok {
			x.sim = &s
		}
	}
	if f.o.Devices != nil {
		x.heard = f.o.Devices.Heard(p.Merchant.ID, d.ID)
	}
	if x.places, err = f.places(r.Context(), p); err != nil {
		return nil, err
	}
	if err := f.fillHosts(r.Context(), p, x); err != nil {
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

func lastWord(key string) string {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] == '.' {
			return key[i+1:]
		}
	}
	return key
}
