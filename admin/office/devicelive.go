package office

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

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

func liveTone(state string) ui.Tone {
	switch state {
	case "running":
		return ui.Ok
	case "starting", "restarting":
		return ui.Warn
	case "failed", "stopped", "away":
		return ui.Bad
	}
	return ui.Neutral
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

// deviceHelp says what to do about a device that is not well; "" where nobody knows
// better. known says that there is a driver to tell of.
func deviceHelp(p *page, s DeviceStatus, known bool) string {
	if !known {
		return p.T("office.device_help.not_running")
	}
	if s.Reason == "" {
		return ""
	}
	if key := "office.device_help." + lastWord(s.Reason); p.Words.Has(key) {
		return p.T(key)
	}
	return ""
}

// helpTone is as loud as the state beside which the help stands.
func helpTone(state string, known bool) ui.Tone {
	if !known || liveTone(state) == ui.Bad {
		return ui.Bad
	}
	return ui.Warn
}

func (x *deviceDetail) help(p *page) string {
	if !x.hosted || !x.d.Enabled {
		return ""
	}
	return deviceHelp(p, x.live, x.known)
}

func (l *deviceList) help(p *page, d device.Device) string {
	if !l.hosted || !d.Enabled {
		return ""
	}
	s, known := l.live[d.ID]
	return deviceHelp(p, s, known)
}

// testIcons are the classes of device that can be tried by pressing something.
var testIcons = map[string]string{device.ClassPrinter: "print", "label": "print", "display": "screen", "drawer": "cash", "scale": "scale", "paybox": "qr"}

func testable(class string) bool { return testIcons[class] != "" }

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
	if s.Host != "" {
		out = append(out, ui.Pair{Key: p.T("office.hosts.runs_at"), Value: ui.Text(s.Host)}, ui.Pair{Key: p.T("office.hosts.seen"), Value: ui.When(p.Ctx, s.HostSeen)})
	}
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
