package scannerserial

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/drivers/scan"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "scanner-serial"

// Scanner is the driver.
type Scanner struct {
	driver.Stream
	line link.Link
	log  *slog.Logger
}

type settings struct {
	Address string `json:"address"`
	scan.Settings
}

var (
	_ driver.Driver       = (*Scanner)(nil)
	_ driver.Configurable = (*Scanner)(nil)
	_ driver.Checker      = (*Scanner)(nil)
	_ driver.Eventful     = (*Scanner)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Scanner{log: driver.Logger()} }

// Info implements driver.Driver.
func (s *Scanner) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"Scanner"}}
}

// ConfigSchema implements driver.Configurable.
func (s *Scanner) ConfigSchema() json.RawMessage {
	return link.Schema("address", link.AddressMember, scan.Members)
}

// Configure implements driver.Configurable.
func (s *Scanner) Configure(_ context.Context, raw json.RawMessage) error {
	set := settings{Settings: scan.Usual()}
	if err := link.Decode(raw, &set); err != nil {
		return err
	}
	a, err := port.Parse(set.Address)
	if err != nil {
		return err
	}
	rules, err := set.Rules()
	if err != nil {
		return err
	}
	s.line.Start(a, func(ctx context.Context, c *port.Conn) error {
		codes := scan.Assembler{
			Rules:   rules,
			Got:     func(code scan.Code) { s.Scanned("", code.Data, code.Symbology, "") },
			Dropped: scan.Drops(s.log),
		}
		return codes.Run(ctx, c, nil)
	})
	return nil
}

// Health implements driver.Checker. A scanner says nothing by itself: it is well
// while its line is there.
func (s *Scanner) Health(context.Context) driver.Health { return s.line.Health() }
