package escposnet

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/drivers/thermal"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "escpos-net"

// New makes the driver.
func New() driver.Driver { return newPrinter(streamprinter.Usual) }

func newPrinter(l streamprinter.Limits) *thermal.Driver {
	return thermal.New(thermal.Kind{Name: Name, Address: address, Members: []string{
		`    "address": {"type": "string", "minLength": 1, "title": "Address", "x-title": {"zh": "地址", "zh-Hant": "位址"},
      "description": "Host or IP address, with the port where it is not 9100", "x-description": {"zh": "主机名或 IP 地址；端口不是 9100 时请一并填写", "zh-Hant": "主機名稱或 IP 位址；連接埠不是 9100 時請一併填寫"}}`,
	}}, l)
}

// address reads a host, or a host with its port.
func address(s thermal.Settings) (port.Address, error) {
	bad := fmt.Errorf("%q is no address", s.Address)
	if s.Baud != 0 || s.Parity != "" {
		return port.Address{}, fmt.Errorf("%w of a serial line", bad)
	}
	at := s.Address
	if host, n, err := net.SplitHostPort(at); err != nil {
		if strings.ContainsAny(at, ":[]/ ") && net.ParseIP(at) == nil {
			return port.Address{}, bad
		}
		at = net.JoinHostPort(at, "9100")
	} else if n, err := strconv.Atoi(n); host == "" || err != nil || n < 1 || n > 65535 {
		return port.Address{}, bad
	}
	return port.Parse("tcp:" + at)
}
