package drivers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver/drivertest"
)

// printer is a first-party printer driver with its simulated device.
type printer struct {
	name   string
	device func(t *testing.T) (config string, paper func() string)
	wrong  string
	path   func() string // of the process, where it needs one
}

func mark(job string, attempt int) string { return fmt.Sprintf("%s #%d", job, attempt) }

func netPrinter(t *testing.T) *sim.NetPrinter {
	t.Helper()
	n, err := sim.NewNetPrinter(sim.Behaviour{Status: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// onLine is an ESC/POS printer at the end of a serial line.
func onLine(config string) func(t *testing.T) (string, func() string) {
	return func(t *testing.T) (string, func() string) {
		n := netPrinter(t)
		l, err := sim.NewLine(n.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		return fmt.Sprintf(config, l.Path), func() string { return string(bytes.Join(n.Jobs(), []byte("\n"))) }
	}
}

// TestPrintersConform: every printer driver passes, as a process, what vendors'
// drivers must pass.
func TestPrintersConform(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var queue *sim.PrintQueue
	for _, p := range []printer{
		{name: "escpos-serial", device: onLine(`{"address":%q,"baud":115200}`), wrong: `{"address":"COM3","parity":"maybe"}`},
		{name: "escpos-usb", device: onLine(`{"address":%q,"profile":"xprinter-80"}`), wrong: `{"address":"lp0"}`},
		{name: "dot-matrix", wrong: `{"address":"nowhere"}`, device: func(t *testing.T) (string, func() string) {
			s, err := sim.NewDotPrinter()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			return fmt.Sprintf(`{"address":"tcp:%s","form_lines":22}`, s.Addr()), func() string { return string(s.Raw()) }
		}},
		{name: "label-zpl", wrong: `{"address":"tcp:printer:9100","dpi":1}`, device: func(t *testing.T) (string, func() string) {
			n, err := sim.NewLabelPrinter(sim.LabelState{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(n.Close)
			return fmt.Sprintf(`{"address":"tcp:%s"}`, n.Addr()), func() string {
				var b strings.Builder
				for _, l := range n.Labels() {
					for _, f := range l.Fields {
						b.WriteString(f.Data + "\n")
					}
				}
				return b.String()
			}
		}},
		{name: "spooler", wrong: `{"queue":"till","language":"pcl"}`, path: func() string { return queue.Path() }, device: func(t *testing.T) (string, func() string) {
			if queue, err = sim.NewPrintQueue(t.TempDir(), "till", sim.QueuePrints); err != nil {
				t.Fatal(err)
			}
			return `{"queue":"till"}`, func() string {
				var b strings.Builder
				for _, j := range queue.Jobs() {
					b.WriteString(j.Data + "\n")
				}
				return b.String()
			}
		}},
	} {
		t.Run(p.name, func(t *testing.T) {
			config, paper := p.device(t)
			command := []string{self, "driver-serve", p.name}
			if p.path != nil {
				command = append([]string{"/usr/bin/env", "PATH=" + p.path()}, command...)
			}
			drivertest.Run(t, drivertest.Target{
				Command: command, Config: json.RawMessage(config), Wrong: json.RawMessage(p.wrong),
				Printed: func(job string, attempt int) int { return strings.Count(paper(), mark(job, attempt)) },
			})
		})
	}
}

// TestPrintersOnPaperConform: what becomes of a job when the device is slow,
// hangs, is cut off or unplugged, or the driver is killed in the middle of it.
func TestPrintersOnPaperConform(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]string{"escpos-net": `{"address":%q,"no_status":true}`, "dot-matrix": `{"address":"tcp:%s"}`} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "escpos-net" {
				t.Skip("the same engine as escpos-net")
			}
			paper, err := drivertest.NewPaper()
			if err != nil {
				t.Fatal(err)
			}
			defer paper.Close()
			drivertest.Run(t, drivertest.Target{
				Command: []string{self, "driver-serve", name}, Paper: paper,
				Config: json.RawMessage(fmt.Sprintf(config, paper.Addr())), Wrong: json.RawMessage(`{"address":"::::"}`),
			})
		})
	}
}
