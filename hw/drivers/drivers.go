package drivers

import (
	"encoding/json"
	"slices"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/hw/connectors/acquirersim"
	"github.com/shopwright/shopwright/hw/connectors/alipay"
	"github.com/shopwright/shopwright/hw/connectors/messengerhttp"
	"github.com/shopwright/shopwright/hw/connectors/storefronthttp"
	"github.com/shopwright/shopwright/hw/connectors/storefrontsim"
	"github.com/shopwright/shopwright/hw/connectors/stripe"
	"github.com/shopwright/shopwright/hw/connectors/wechatofficial"
	"github.com/shopwright/shopwright/hw/connectors/wechatpay"
	"github.com/shopwright/shopwright/hw/drivers/calleridserial"
	"github.com/shopwright/shopwright/hw/drivers/cardhid"
	"github.com/shopwright/shopwright/hw/drivers/cardserial"
	"github.com/shopwright/shopwright/hw/drivers/displayvfd"
	"github.com/shopwright/shopwright/hw/drivers/dotmatrix"
	"github.com/shopwright/shopwright/hw/drivers/escposnet"
	"github.com/shopwright/shopwright/hw/drivers/escposserial"
	"github.com/shopwright/shopwright/hw/drivers/escposusb"
	"github.com/shopwright/shopwright/hw/drivers/labelzpl"
	"github.com/shopwright/shopwright/hw/drivers/payboxserial"
	"github.com/shopwright/shopwright/hw/drivers/scaleserial"
	"github.com/shopwright/shopwright/hw/drivers/scannerevdev"
	"github.com/shopwright/shopwright/hw/drivers/scannerserial"
	"github.com/shopwright/shopwright/hw/drivers/spooler"
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
	"github.com/shopwright/shopwright/sdk/driver"
)

// ErrUnknown: there is no first-party driver of that name.
var ErrUnknown = fault.New(fault.NotFound, "hw.unknown_driver")

var all = map[string]func() driver.Driver{
	acquirersim.Name:    acquirersim.New,
	alipay.Name:         alipay.New,
	stripe.Name:         stripe.New,
	storefronthttp.Name: storefronthttp.New,
	storefrontsim.Name:  storefrontsim.New,
	wechatpay.Name:      wechatpay.New,

	messengerhttp.Name:  messengerhttp.New,
	wechatofficial.Name: wechatofficial.New,

	calleridserial.Name: calleridserial.New,
	cardhid.Name:        cardhid.New,
	cardserial.Name:     cardserial.New,
	displayvfd.Name:     displayvfd.New,
	dotmatrix.Name:      dotmatrix.New,
	escposnet.Name:      escposnet.New,
	escposserial.Name:   escposserial.New,
	escposusb.Name:      escposusb.New,
	labelzpl.Name:       labelzpl.New,
	payboxserial.Name:   payboxserial.New,
	scaleserial.Name:    scaleserial.New,
	scannerevdev.Name:   scannerevdev.New,
	scannerserial.Name:  scannerserial.New,
	spooler.Name:        spooler.New,
	virtualprinter.Name: virtualprinter.New,
}

// Names lists the first-party drivers in order.
func Names() []string {
	out := make([]string, 0, len(all))
	for n := range all {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// Classes are those of a first-party driver, by UnifiedPOS's names; nil where there is
// none of that name.
func Classes(name string) []string {
	if build, ok := all[name]; ok {
		return build().Info().Classes
	}
	return nil
}

// Schema is the JSON Schema of a first-party driver's settings.
func Schema(name string) (json.RawMessage, bool) {
	if build, ok := all[name]; ok {
		if c, ok := build().(driver.Configurable); ok {
			return c.ConfigSchema(), true
		}
	}
	return nil, false
}

// Has reports whether there is a first-party driver of that name.
func Has(name string) bool { return all[name] != nil }

// Serve runs a driver in this process and does not return, except with
// hw.unknown_driver.
func Serve(name string) error {
	build, ok := all[name]
	if !ok {
		return ErrUnknown.With("driver", name)
	}
	driver.Serve(build())
	return nil
}
