package drivers_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver/drivertest"
)

// input is a driver of the counter with its simulated device.
type input struct {
	name, config, wrong string
	device              *sim.Device // nil where it is a file
	happen              func()
}

// conforms runs the suite that vendors' drivers must pass.
func conforms(t *testing.T, in input) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	target := drivertest.Target{
		Command: []string{self, "driver-serve", in.name},
		Config:  json.RawMessage(in.config),
		Wrong:   json.RawMessage(in.wrong),
		Happen:  in.happen,
	}
	if d := in.device; d != nil {
		target.Unplug = d.Unplug
		target.Plug = func() {
			if err := d.Plug(); err != nil {
				t.Error(err)
			}
		}
	}
	drivertest.Run(t, target)
}

// on is the settings of a driver on a simulated device.
func on(d *sim.Device, more string) string {
	return fmt.Sprintf(`{"address":%q%s}`, d.Address(), more)
}

// made is a simulated device, switched off when the test ends.
func made[D interface{ Close() }](t *testing.T, build func() (D, error)) D {
	t.Helper()
	d, err := build()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func TestScannerSerialConforms(t *testing.T) {
	dev := made(t, sim.NewScanner)
	conforms(t, input{name: "scanner-serial", config: on(dev.Device, ""), wrong: `{"address":"nowhere"}`, device: dev.Device, happen: func() { dev.Scan("6901234567892") }})
}

func TestScaleSerialConforms(t *testing.T) {
	for _, c := range []struct {
		profile string
		build   func() (*sim.Scale, error)
	}{{"continuous", sim.NewScale}, {"toledo8217", sim.NewToledoScale}} {
		t.Run(c.profile, func(t *testing.T) {
			dev, grams := made(t, c.build), int64(0)
			conforms(t, input{name: "scale-serial", config: on(dev.Device, fmt.Sprintf(`,"profile":%q`, c.profile)), wrong: `{"address":"tcp:127.0.0.1:1","unit":"stone"}`, device: dev.Device,
				happen: func() {
					grams = (grams + 7) % 15_000
					dev.Put(grams)
					time.Sleep(220 * time.Millisecond) // a weight is an event once it was asked for or told
				}})
		})
	}
}

func TestDisplayVFDConforms(t *testing.T) {
	for _, kind := range []string{"letters", "digits"} {
		t.Run(kind, func(t *testing.T) {
			dev := made(t, func() (*sim.Display, error) { return sim.NewDisplay(20, 2, charmap.CodePage437) })
			conforms(t, input{name: "display-vfd", config: on(dev.Device, fmt.Sprintf(`,"kind":%q`, kind)), wrong: `{"address":"tcp:127.0.0.1:1","columns":1}`, device: dev.Device})
		})
	}
}

func TestCardSerialConforms(t *testing.T) {
	t.Run("lines", func(t *testing.T) {
		dev, n := made(t, sim.NewCardReader), 0
		conforms(t, input{name: "card-serial", config: on(dev.Device, ""), wrong: `{"address":"tcp:127.0.0.1:1","protocol":"smoke"}`, device: dev.Device,
			happen: func() { n++; dev.Swipe(fmt.Sprintf(";%010d?", n)) }})
	})
	t.Run("frames", func(t *testing.T) {
		dev, n := made(t, sim.NewCardStation), 0
		conforms(t, input{name: "card-serial", config: on(dev.Device, `,"protocol":"frames"`), wrong: `{"address":"tcp:127.0.0.1:1","technology":"wood"}`, device: dev.Device,
			happen: func() {
				n++
				dev.Put(sim.SimCard{Technology: "rfid", UID: []byte{1, 2, 3, 4}, Number: fmt.Sprintf("%010d", n)})
			}})
	})
}

func TestCallerIDSerialConforms(t *testing.T) {
	dev, n := made(t, sim.NewModem), 0
	conforms(t, input{name: "callerid-serial", config: on(dev.Device, ""), wrong: `{"address":"tcp:127.0.0.1:1","profile":"pigeon"}`, device: dev.Device,
		happen: func() { n++; dev.Ring(fmt.Sprintf("138%08d", n)) }})
}

func TestPayBoxSerialConforms(t *testing.T) {
	dev := made(t, sim.NewPayBox)
	conforms(t, input{name: "paybox-serial", config: on(dev.Device, ""), wrong: `{"address":"tcp:127.0.0.1:1","arm":"no place for it"}`, device: dev.Device})
}
