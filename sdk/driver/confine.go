package driver

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

// ConfineEnv is the variable in which the program tells an installed driver what its
// description asks for, as the JSON of Confinement. Serve gives everything else up
// where the system lets it.
const ConfineEnv = "SHOPWRIGHT_DRIVER_CONFINE"

// Confinement is what a driver may still do: read the system's own files, write what
// is named here, and connect where it says. What it has is fixed before the first
// call.
type Confinement struct {
	Serial bool `json:"serial,omitempty"` // serial ports
	USB    bool `json:"usb,omitempty"`    // USB devices: printers, HID
	// Ports are the TCP ports that it may connect to; 0 among them means any.
	Ports []uint16 `json:"ports,omitempty"`
	// Listen: it may take TCP connections.
	Listen bool `json:"listen,omitempty"`
	// Folders are those that it may write below; one that is not there is made.
	Folders []string `json:"folders,omitempty"`
	// Programs are those that it may start, by their paths. They are confined likewise.
	Programs []string `json:"programs,omitempty"`
	// Light: not where that takes a second start, as in a program with C in it.
	Light bool `json:"light,omitempty"`
	// Socket is the folder of the driver's own socket.
	Socket string `json:"socket,omitempty"`
}

// ExitRenew is how a confined driver ends whose device was plugged in after it began:
// what it may use was fixed by then, and the next process may use that device too. The
// program starts it again and does not count it as a crash.
const ExitRenew = 75

// confinedEnv is ConfineEnv for a process that was confined already and started again.
const confinedEnv = "SHOPWRIGHT_DRIVER_CONFINED"

// leave is what of the devices there were when this process was confined.
var leave deviceLeave

// deviceLeave knows device files by what they are, not only by their names: one that
// was plugged in again has its old name.
type deviceLeave struct {
	patterns []string
	had      map[string]uint64
}

func leaveFor(patterns []string) deviceLeave {
	l := deviceLeave{patterns: patterns, had: map[string]uint64{}}
	for _, name := range glob(patterns...) {
		l.had[name] = fileNumber(name)
	}
	return l
}

// more reports whether a device was plugged in since, which this process may not use.
func (l deviceLeave) more() bool {
	for _, name := range glob(l.patterns...) {
		if n := fileNumber(name); n != 0 && n != l.had[name] {
			return true
		}
	}
	return false
}

func glob(patterns ...string) (out []string) {
	for _, p := range patterns {
		found, _ := filepath.Glob(p)
		out = append(out, found...)
	}
	return out
}

// errHeavy: a light confinement would take a second start.
var errHeavy = errors.New("a program with C in it would be started twice")

// confineFromEnv gives up what the program says, and takes the variable away so that
// nothing that the driver starts reads it.
func confineFromEnv() {
	raw, again := os.Getenv(ConfineEnv), os.Getenv(confinedEnv)
	_, _ = os.Unsetenv(ConfineEnv), os.Unsetenv(confinedEnv)
	var c Confinement
	if again != "" && json.Unmarshal([]byte(again), &c) == nil {
		leave = leaveFor(c.devices())
		return
	}
	if raw == "" {
		return
	}
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		Logger().Error("the confinement cannot be read", "err", err)
		os.Exit(4) // not run rather than run with more than was asked for
	}
	if c.Socket == "" {
		c.Socket = os.Getenv("PLUGIN_UNIX_SOCKET_DIR")
	}
	for _, f := range c.Folders {
		if err := os.MkdirAll(f, 0o755); err != nil { // afterwards it could not
			Logger().Warn("a folder cannot be made", "folder", f, "err", err)
		}
	}
	had := leaveFor(c.devices())
	if err := confine(c); err == nil {
		leave = had
	} else if errors.Is(err, errHeavy) {
		Logger().Debug("the driver is not confined", "err", err)
	} else if err != nil {
		Logger().Warn("the driver is not confined", "err", err)
	}
}
