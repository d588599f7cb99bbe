package scannerserial

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/hw/sim"
)

// The same over a serial line, as the system has them.
func TestOnASerialLine(t *testing.T) {
	dev, err := sim.NewScanner()
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	line, err := sim.NewLine(strings.TrimPrefix(dev.Address(), "tcp:"))
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	s := New().(*Scanner)
	defer s.line.Close()
	if err := s.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":"serial:%s?baud=115200"}`, line.Path))); err != nil {
		t.Fatal(err)
	}
	until(t, "connected", func() bool { return dev.Connected() == 1 && s.Health(t.Context()).OK })
	events := sim.Listen(t.Context(), &s.Stream)
	for i := range 50 {
		dev.Scan(fmt.Sprintf("]C0code %d", i))
	}
	for i := range 50 {
		if got := next(t, events).GetScan(); string(got.GetData()) != fmt.Sprintf("code %d", i) || got.GetSymbology() != "code128" {
			t.Fatalf("%v", got)
		}
	}
}
