package escposusb

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/drivers/thermal"
	"github.com/shopwright/shopwright/sdk/driver"
)

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{"/dev/usb/lp0": "file:/dev/usb/lp0", "file:/dev/usb/lp1": "file:/dev/usb/lp1", "tcp:127.0.0.1:9100": "tcp:127.0.0.1:9100"} {
		if a, err := address("linux", thermal.Settings{Address: in}); err != nil || a.String() != want {
			t.Errorf("%s: %v %v", in, a, err)
		}
	}
	for _, bad := range []string{"lp0", "file:lp0", "tcp:h", "::::"} {
		if _, err := address("linux", thermal.Settings{Address: bad}); err == nil {
			t.Errorf("%q is an address", bad)
		}
	}
	if _, err := address("linux", thermal.Settings{Address: "/dev/usb/lp0", Baud: 9600}); err == nil {
		t.Error("USB has a speed")
	}
	// Where printers on USB belong to the queues, the way there is named.
	for _, system := range []string{"windows", "darwin"} {
		for _, in := range []string{`\\.\USB001`, "/dev/usb/lp0"} {
			if _, err := address(system, thermal.Settings{Address: in}); !errors.Is(err, errQueue) {
				t.Errorf("%s: %v", system, err)
			}
		}
		if _, err := address(system, thermal.Settings{Address: "tcp:127.0.0.1:9100"}); err != nil {
			t.Error(err)
		}
	}
}

func TestConfigure(t *testing.T) {
	for bad, want := range map[string]string{`{}`: "missing", `{"address":"lp0"}`: "device file", `{"address":"/dev/usb/lp0","profile":"x"}`: "known", `{"port":1}`: "unknown field"} {
		if err := newPrinter("linux", streamprinter.Usual).Configure(t.Context(), json.RawMessage(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	d := New()
	if d.Info().ID != Name || !strings.Contains(string(d.(driver.Configurable).ConfigSchema()), "/dev/usb/lp0") {
		t.Errorf("%+v", d.Info())
	}
}
