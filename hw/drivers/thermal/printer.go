package thermal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/escpos"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Kind is what one driver has of its own.
type Kind struct {
	Name    string   // the driver's
	Members []string // its settings that say where the printer is, each as a key and its schema
	// Address reads them; its errors are for the shop.
	Address func(Settings) (port.Address, error)
}

// Settings are a printer's. Which of those of the line a driver has its
// Members say.
type Settings struct {
	Address string `json:"address"`
	Baud    int    `json:"baud"`   // serial lines; 0 = 9600
	Parity  string `json:"parity"` // serial lines; "" = none
	Printer
}

// Driver is the driver. Its events tell when the paper ends, is low, and is
// there again.
type Driver struct {
	*streamprinter.Engine
	driver.Stream
	kind    Kind
	profile profile
	pace    atomic.Int64 // bytes a second that a serial line carries; 0 = no limit known
}

var (
	_ driver.Driver       = (*Driver)(nil)
	_ driver.Printer      = (*Driver)(nil)
	_ driver.Drawer       = (*Driver)(nil)
	_ driver.Configurable = (*Driver)(nil)
	_ driver.Checker      = (*Driver)(nil)
	_ driver.Eventful     = (*Driver)(nil)
)

// New makes a driver.
func New(k Kind, l streamprinter.Limits) *Driver {
	return &Driver{Engine: streamprinter.New(l), kind: k}
}

// Info implements driver.Driver.
func (d *Driver) Info() driver.Info {
	return driver.Info{ID: d.kind.Name, Version: "1.1.0", Vendor: "Shopwright", Classes: []string{"POSPrinter", "CashDrawer"}}
}

// ConfigSchema implements driver.Configurable.
func (d *Driver) ConfigSchema() json.RawMessage {
	return link.Schema("address", append(append([]string(nil), d.kind.Members...), Members()...)...)
}

// Configure implements driver.Configurable.
func (d *Driver) Configure(_ context.Context, raw json.RawMessage) error {
	var s Settings
	if err := link.Decode(raw, &s); err != nil {
		return err
	}
	if s.Address == "" {
		return errors.New("the address is missing")
	}
	a, err := d.kind.Address(s)
	if err != nil {
		return err
	}
	p, status, err := s.Profile()
	if err != nil {
		return err
	}
	d.profile.set(p)
	d.pace.Store(pace(a, s))
	d.Use(a, &tongue{status: status, strict: strings.HasPrefix(a.String(), "serial:"), paper: d.paperWatch()})
	return nil
}

// paperWatch reports the paper's state whenever it is another one; that there
// is paper at first is no news.
func (d *Driver) paperWatch() func(out, low bool) {
	var mu sync.Mutex
	var before [2]bool
	return func(out, low bool) {
		mu.Lock()
		defer mu.Unlock()
		if now := [2]bool{out, low}; now != before {
			before = now
			d.PaperIs("", out, low)
		}
	}
}

// Submit implements driver.Printer.
func (d *Driver) Submit(ctx context.Context, j driver.Job) (driver.JobStatus, error) {
	return d.Engine.Submit(ctx, j.JobKey, func() ([]byte, error) {
		data := j.Raw
		if j.Document != nil {
			data = escpos.Encode(wire.From(j.Document), d.profile.get())
		}
		return data, d.carries(ctx, len(data))
	})
}

// carries refuses, before the first byte, what a serial line cannot carry in
// the time that the caller has: the half of it would be paper for the bin.
func (d *Driver) carries(ctx context.Context, n int) error {
	end, limited := ctx.Deadline()
	rate := d.pace.Load()
	if !limited || rate == 0 || time.Duration(n)*time.Second/time.Duration(rate) < time.Until(end) {
		return nil
	}
	return fmt.Errorf("the serial line is too slow: %d bytes at %d bytes a second; raise its speed, or print text instead of pictures", n, rate)
}

// pace is what a serial line carries in a second: ten bits make a byte.
func pace(a port.Address, s Settings) int64 {
	if !strings.HasPrefix(a.String(), "serial:") {
		return 0
	}
	baud := int64(s.Baud)
	if _, query, ok := strings.Cut(s.Address, "?"); ok {
		v, err := url.ParseQuery(query)
		if n, e := strconv.ParseInt(v.Get("baud"), 10, 32); err == nil && e == nil {
			baud = n
		}
	}
	if baud == 0 {
		baud = 9600
	}
	return baud / 10
}

// Open implements driver.Drawer.
func (d *Driver) Open(ctx context.Context, id, _ string, pin int) error {
	return d.Kick(ctx, id, escpos.Kick(pin))
}
