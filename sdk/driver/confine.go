package driver

import (
	"encoding/json"
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
	// Socket is the folder of the driver's own socket.
	Socket string `json:"socket,omitempty"`
}

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
	if err := confine(c); err != nil {
		Logger().Warn("the driver is not confined", "err", err)
	}
}
