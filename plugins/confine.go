package plugins

import (
	"encoding/json"
	"net"
	"strconv"

	"github.com/shopwright/shopwright/sdk/driver"
)

// confinement is what a driver with these permissions is told to give up, as the
// value of driver.ConfineEnv. A host of the network is let through by its port: the
// kernel knows no names.
func (p Permissions) confinement() string {
	c := driver.Confinement{Serial: p.Serial, USB: p.USB}
	for _, host := range p.Network {
		_, port, err := net.SplitHostPort(host)
		n, bad := strconv.ParseUint(port, 10, 16)
		if err != nil || bad != nil {
			n = 0 // any
		}
		c.Ports = append(c.Ports, uint16(n))
	}
	raw, _ := json.Marshal(c) // booleans and numbers
	return string(raw)
}
