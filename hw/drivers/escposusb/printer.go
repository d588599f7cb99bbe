package escposusb

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"

	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/drivers/thermal"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "escpos-usb"

// errQueue: Windows and macOS keep printers on USB to their queues.
var errQueue = errors.New("on this system a printer on USB is reached through its queue: use the driver \"spooler\"")

// New makes the driver.
func New() driver.Driver { return newPrinter(runtime.GOOS, streamprinter.Usual) }

func newPrinter(system string, l streamprinter.Limits) *thermal.Driver {
	return thermal.New(thermal.Kind{Name: Name, Address: func(s thermal.Settings) (port.Address, error) { return address(system, s) }, Members: []string{
		`    "address": {"type": "string", "minLength": 1, "default": "/dev/usb/lp0", "title": "Device file", "x-title": {"zh": "设备文件", "zh-Hant": "裝置檔案"},
      "description": "/dev/usb/lp0; on Windows and macOS use the driver of the system's print queue", "x-description": {"zh": "/dev/usb/lp0；Windows 和 macOS 请用系统打印队列的驱动", "zh-Hant": "/dev/usb/lp0；Windows 和 macOS 請用系統列印佇列的驅動程式"}}`,
	}}, l)
}

// address reads a path; tcp: is for printers that are shared over the network,
// and for simulated ones.
func address(system string, s thermal.Settings) (port.Address, error) {
	if s.Baud != 0 || s.Parity != "" {
		return port.Address{}, errors.New("a printer on USB has no serial line")
	}
	if strings.HasPrefix(s.Address, "tcp:") {
		return port.Parse(s.Address)
	}
	at := strings.TrimPrefix(s.Address, "file:")
	if system == "windows" || system == "darwin" {
		return port.Address{}, errQueue
	}
	if !path.IsAbs(at) {
		return port.Address{}, fmt.Errorf("%q is no whole path of a device file", s.Address)
	}
	return port.Parse("file:" + at)
}
