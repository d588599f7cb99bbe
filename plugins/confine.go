package plugins

import (
	"encoding/json"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/sdk/driver"
)

// SettingFolder begins the name of a folder that a setting of the driver says.
const SettingFolder = "setting:"

// check says what no host would grant; "" where all is well.
func (p Permissions) check() string {
	for _, f := range p.Folders {
		name, of := strings.CutPrefix(f, SettingFolder)
		if of && !plainName.MatchString(name) || !of && !filepath.IsAbs(f) {
			return "the folder " + f + " is neither an absolute path nor " + SettingFolder + "NAME"
		}
	}
	for _, f := range p.Programs {
		if !plainName.MatchString(f) && !filepath.IsAbs(f) {
			return "the program " + f + " is neither a name nor an absolute path"
		}
	}
	return ""
}

// confinement is what a driver with these permissions and settings is told to give up,
// as the value of driver.ConfineEnv. A host of the network is let through by its port:
// the kernel knows no names.
func (p Permissions) confinement(settings json.RawMessage, light bool) string {
	c := driver.Confinement{Serial: p.Serial, USB: p.USB, Listen: p.Listen, Light: light}
	for _, host := range p.Network {
		_, port, err := net.SplitHostPort(host)
		n, bad := strconv.ParseUint(port, 10, 16)
		if err != nil || bad != nil {
			n = 0 // any
		}
		c.Ports = append(c.Ports, uint16(n))
	}
	var set map[string]any
	_ = json.Unmarshal(settings, &set) // there may be none
	for _, f := range p.Folders {
		if name, of := strings.CutPrefix(f, SettingFolder); of {
			f, _ = set[name].(string)
		}
		if f == "" {
			continue
		}
		if at, err := filepath.Abs(f); err == nil { // the driver runs in the program's own folder
			c.Folders = append(c.Folders, at)
		}
	}
	for _, name := range p.Programs {
		if at, err := exec.LookPath(name); err == nil { // one that is not there needs no leave
			if at, err = filepath.Abs(at); err == nil {
				c.Programs = append(c.Programs, at)
			}
		}
	}
	raw, _ := json.Marshal(c) // booleans, numbers, texts
	return string(raw)
}
