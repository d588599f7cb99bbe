package escposserial

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/drivers/thermal"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "escpos-serial"

// New makes the driver.
func New() driver.Driver { return newPrinter(streamprinter.Usual) }

func newPrinter(l streamprinter.Limits) *thermal.Driver {
	return thermal.New(thermal.Kind{Name: Name, Address: Address, Members: Members()}, l)
}

// Members are the settings of a serial line.
func Members() []string {
	return []string{
		`    "address": {"type": "string", "minLength": 1, "title": "Serial line", "x-title": {"zh": "串口", "zh-Hant": "序列埠"},
      "description": "COM3 or /dev/ttyUSB0; tcp:host:port for one on the network", "x-description": {"zh": "COM3 或 /dev/ttyUSB0；网络上的填 tcp:主机:端口", "zh-Hant": "COM3 或 /dev/ttyUSB0；網路上的填 tcp:主機:連接埠"}}`,
		`    "baud": {"type": "integer", "enum": [9600, 19200, 38400, 57600, 115200], "default": 9600, "title": "Speed in bits a second", "x-title": {"zh": "波特率", "zh-Hant": "鮑率"}}`,
		`    "parity": {"type": "string", "enum": ["none", "even", "odd"], "default": "none", "title": "Parity", "x-title": {"zh": "校验", "zh-Hant": "同位檢查"},
      "x-labels": {"none": {"en": "none", "zh": "无", "zh-Hant": "無"}, "even": {"en": "even", "zh": "偶", "zh-Hant": "偶"}, "odd": {"en": "odd", "zh": "奇", "zh-Hant": "奇"}}}`,
	}
}

// Address reads a line's name with its speed, or a whole address.
func Address(s thermal.Settings) (port.Address, error) {
	if strings.HasPrefix(s.Address, "tcp:") {
		return port.Parse(s.Address)
	}
	name := strings.TrimPrefix(s.Address, "serial:")
	if strings.Contains(name, "?") { // it brings its own
		return port.Parse("serial:" + name)
	}
	if strings.Contains(name, ":") {
		return port.Address{}, fmt.Errorf("%q is no serial line", s.Address)
	}
	if s.Baud == 0 {
		s.Baud = 9600
	}
	if s.Parity == "" {
		s.Parity = "none"
	}
	if s.Parity != "none" && s.Parity != "even" && s.Parity != "odd" {
		return port.Address{}, errors.New("the parity is none, even or odd")
	}
	return port.Parse(fmt.Sprintf("serial:%s?baud=%d&parity=%s", name, s.Baud, s.Parity))
}
