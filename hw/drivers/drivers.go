package drivers

import (
	"slices"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/hw/drivers/escposnet"
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
	"github.com/shopwright/shopwright/sdk/driver"
)

// ErrUnknown: there is no first-party driver of that name.
var ErrUnknown = fault.New(fault.NotFound, "hw.unknown_driver")

var all = map[string]func() driver.Driver{
	escposnet.Name:      escposnet.New,
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
