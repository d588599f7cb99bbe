package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
)

// driverTitle is a driver in words: those of the screens, else its publisher's.
func driverTitle(p *page, d DriverInfo) string {
	if d.Title != "" {
		return d.Title
	}
	return driverName(p, d.Name)
}

// fillDriver finds the device's driver among those that there are, and its other
// versions.
func (f *office) fillDriver(ctx context.Context, p *page, x *deviceDetail) {
	for _, d := range f.o.Devices.Drivers(ctx, p.Merchant.ID) {
		switch {
		case d.Name != x.d.Driver:
		case d.Version == x.d.Version:
			x.driver, x.named = d, true
		default:
			x.others = append(x.others, d)
		}
	}
	if !x.named {
		x.driver = DriverInfo{Name: x.d.Driver, Version: x.d.Version}
	}
}

// deviceVersion pins the device to another version of its driver. The settings stay as
// they are; where the version does not take them, it says so and the way back is the
// same.
func (f *office) deviceVersion(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.deviceOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	if f.o.Devices == nil {
		return ErrNoHost
	}
	to, ok := f.driver(r.Context(), p, d.Driver, in.get("version"))
	switch {
	case !ok || to.Class != d.Class:
		return device.ErrVersion.On("version")
	case to.Refused != nil:
		return to.Refused
	}
	from := d.Version
	d.Version = to.Version
	err = f.audited(r.Context(), "device.version_changed", "device", map[string]string{"driver": d.Driver, "from": from, "to": to.Version}, func(ctx context.Context, tx *db.Tx) (string, error) {
		_, err := device.Update(ctx, tx, d)
		return d.ID.String(), err
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/devices/"+d.ID.String(), "office.devices.version_changed", "name", d.Name, "version", versionText(p, to))
}

func versionText(p *page, d DriverInfo) string {
	if d.Version == "" {
		return p.T("office.driver.built_in")
	}
	return d.Version
}

// vouchedText says whose driver it is, by its signature.
func vouchedText(p *page, d DriverInfo) string {
	switch {
	case d.Version == "":
		return p.T("office.driver_trust.program")
	case d.Signer != "":
		return p.T("office.driver_trust."+d.Trust, "name", d.Signer)
	case d.Trust == "development":
		return p.T("office.driver_trust.development")
	}
	return p.T("office.driver_trust.nobody")
}

func vouchedTone(d DriverInfo) ui.Tone {
	switch {
	case d.Refused != nil:
		return ui.Bad
	case d.Trust == "development", d.Version != "" && d.Signer == "":
		return ui.Warn
	}
	return ui.Ok
}

// refusedHelp says what to do about a driver that must not run; "" where nobody knows.
func refusedHelp(p *page, err error) string {
	if key := "office.device_help." + lastWord(fault.Of(err).Reason); p.Words.Has(key) {
		return p.T(key)
	}
	return ""
}

// needText is something that a driver asks for, in words.
func needText(p *page, n DriverNeed) string { return p.T("office.driver_need."+n.Kind, "what", n.What) }

// shortSum is as much of a checksum as people compare.
func shortSum(s string) string { return s[:min(len(s), 12)] + "…" }

func (x *deviceDetail) driverPairs(p *page) []ui.Pair {
	d := x.driver
	out := []ui.Pair{{Key: p.T("office.packs.version"), Value: ui.Text(versionText(p, d))}}
	if d.Publisher != "" {
		out = append(out, ui.Pair{Key: p.T("office.driver.publisher"), Value: ui.Text(d.Publisher)})
	}
	if x.named {
		out = append(out, ui.Pair{Key: p.T("office.driver.signature"), Value: ui.Status(vouchedTone(d), vouchedText(p, d))})
	}
	if d.SHA256 != "" {
		out = append(out, ui.Pair{Key: p.T("office.driver.checksum"), Value: checksumView(d.SHA256)})
	}
	return out
}

// needs lists what the driver asks for.
func (x *deviceDetail) needs(p *page) []string {
	var out []string
	for _, n := range x.driver.Needs {
		out = append(out, needText(p, n))
	}
	return out
}

// versionHint says of another version why it cannot be taken.
func versionHint(p *page, d DriverInfo) string {
	if d.Refused == nil {
		return vouchedText(p, d)
	}
	text, _ := p.FaultText(d.Refused)
	return strings.TrimSpace(text)
}
