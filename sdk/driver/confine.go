package driver

import (
	"encoding/json"
	"errors"
	"os"
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

// errHeavy: a light confinement would take a second start.
var errHeavy = errors.New("a program with C in it would be started twice")

// confineFromEnv gives up what the program says, and takes the variable away so that
// nothing that the driver starts reads it.
func confineFromEnv() {
	raw := os.Getenv(ConfineEnv)
	if raw == "" {
		return
	}
	_ = os.Unsetenv(ConfineEnv)
	var c Confinement
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
	if err := confine(c); errors.Is(err, errHeavy) {
		Logger().Debug("the driver is not confined", "err", err)
	} else if err != nil {
		Logger().Warn("the driver is not confined", "err", err)
	}
}
