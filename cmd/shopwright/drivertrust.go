package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/hw/drivers"
	"github.com/shopwright/shopwright/plugins"
)

// trust is whose installed drivers run for a merchant: the rings are those that judge
// rule packs, the makers', the edition's and the merchant's own. Where they cannot be
// read nobody is trusted.
func (d *deviceDesk) trust(ctx context.Context, m id.ID) (plugins.Trust, error) {
	ring, err := d.a.bundles.ring(ctx, m)
	if err != nil {
		return plugins.Trust{}, err
	}
	t := plugins.Trust{Development: ring.Development || d.a.development}
	for _, k := range ring.Keys {
		t.Signers = append(t.Signers, plugins.Signer{Name: k.Name, Level: k.Level.String(), Public: k.Public})
	}
	// A key that stands in several rings counts at its highest.
	slices.SortStableFunc(t.Signers, func(a, b plugins.Signer) int { return int(levelOf(b)) - int(levelOf(a)) })
	return t, nil
}

func levelOf(s plugins.Signer) pack.Trust {
	t, _ := pack.TrustOf(s.Level)
	return t
}

func sameTrust(a, b plugins.Trust) bool { return reflect.DeepEqual(a, b) }

// Drivers implements office.Devices.
func (d *deviceDesk) Drivers(ctx context.Context, m id.ID) (out []office.DriverInfo) {
	for _, name := range drivers.Names() {
		if c := classOf(drivers.Classes(name)); c != "" {
			info := office.DriverInfo{Name: name, Class: c, SHA256: programSum()}
			if p, known := builtInPermissions(name); known {
				info.Needs = needsOf(p)
			}
			out = append(out, info)
		}
	}
	t, err := d.trust(ctx, m)
	if err != nil {
		d.a.log.WarnContext(ctx, "the keys that vouch for drivers could not be read", "error", err)
	}
	for _, i := range d.a.plugins.Installed(t) {
		out = append(out, installedInfo(i, t))
	}
	return out
}

func installedInfo(i plugins.Installed, t plugins.Trust) office.DriverInfo {
	info := office.DriverInfo{Name: i.ID, Class: classOf(i.Classes), Version: i.Version, Title: i.Name, Publisher: i.Publisher, Signer: i.Signer.Name, Trust: i.Signer.Level, SHA256: i.SHA256,
		Needs: needsOf(i.Permissions), Refused: i.Refused}
	if info.Title == "" {
		info.Title = i.ID
	}
	if info.Class == "" { // its description cannot be read, or is not to be believed
		info.Class = "other"
	}
	if i.Refused == nil && i.Signer.Name == "" && t.Development {
		info.Trust = pack.TrustDevelopment.String()
	}
	return info
}

// needsOf are a driver's permissions as the devices page shows them.
func needsOf(p plugins.Permissions) (out []office.DriverNeed) {
	add := func(kind, what string) { out = append(out, office.DriverNeed{Kind: kind, What: what}) }
	if p.Serial {
		add("serial", "")
	}
	if p.USB {
		add("usb", "")
	}
	for _, h := range p.Network {
		host, port, err := net.SplitHostPort(h)
		switch {
		case h == "*" || err == nil && host == "*" && port == "*":
			add("network_any", "")
		default:
			add("network", h)
		}
	}
	if p.Listen {
		add("listen", "")
	}
	for _, f := range p.Folders {
		if name, of := strings.CutPrefix(f, plugins.SettingFolder); of {
			add("folder_setting", name)
		} else {
			add("folder", f)
		}
	}
	for _, f := range p.Programs {
		add("program", f)
	}
	if len(out) == 0 {
		add("nothing", "")
	}
	return out
}

// programSum is the hash of this program, which the built-in drivers are a part of.
var programSum = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
})

// confinedDrivers are the built-in drivers that are confined like installed ones, and
// to what. Those that reach a device through a serial port or USB are not: a device that
// is plugged in again is another file, which nobody could name beforehand; nor is the
// spooler, whose commands belong to the system.
var confinedDrivers = map[string]plugins.Permissions{
	"acquirer-sim":    {Folders: []string{plugins.SettingFolder + "folder"}},
	"alipay":          {Network: []string{"*"}, Listen: true},
	"escpos-net":      {Network: []string{"*"}},
	"messenger-http":  {Network: []string{"*"}, Listen: true},
	"stripe":          {Network: []string{"*"}, Listen: true},
	"virtual-printer": {Folders: []string{plugins.SettingFolder + "folder"}},
	"wechat-official": {Network: []string{"*"}, Listen: true},
	"wechat-pay":      {Network: []string{"*"}},
}

// builtInPermissions answers what a built-in driver is confined to.
func builtInPermissions(name string) (plugins.Permissions, bool) {
	p, known := confinedDrivers[name]
	return p, known
}
