package escposserial

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/drivers/thermal"
	"github.com/shopwright/shopwright/sdk/driver"
)

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"COM3": "serial:COM3", "/dev/ttyUSB0": "serial:/dev/ttyUSB0", "serial:COM4": "serial:COM4", "serial:COM4?baud=19200&parity=even": "serial:COM4", "tcp:127.0.0.1:9100": "tcp:127.0.0.1:9100",
	} {
		if a, err := Address(thermal.Settings{Address: in, Baud: 115200, Parity: "odd"}); err != nil || a.String() != want {
			t.Errorf("%s: %v %v", in, a, err)
		}
	}
	for _, bad := range []thermal.Settings{{Address: "file:/dev/usb/lp0"}, {Address: "COM3", Baud: 1}, {Address: "COM3", Parity: "maybe"}, {Address: "COM3?colour=red"}, {Address: "tcp:h"}, {Address: "serial:"}} {
		if _, err := Address(bad); err == nil {
			t.Errorf("%+v is an address", bad)
		}
	}
}

func TestConfigure(t *testing.T) {
	for bad, want := range map[string]string{`{}`: "missing", `{"address":"COM3","baud":7}`: "baud", `{"port":1}`: "unknown field"} {
		if err := newPrinter(streamprinter.Usual).Configure(t.Context(), json.RawMessage(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	d := New()
	if d.Info().ID != Name || !strings.Contains(string(d.(driver.Configurable).ConfigSchema()), "115200") {
		t.Errorf("%+v", d.Info())
	}
}
