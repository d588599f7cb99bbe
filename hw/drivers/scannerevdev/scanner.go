package scannerevdev

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"

	"github.com/shopwright/shopwright/hw/drivers/keys"
	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/drivers/scan"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "scanner-evdev"

// Scanner is the driver.
type Scanner struct {
	driver.Stream
	line link.Link
	log  *slog.Logger
	dir  string // where devices are listed by name
}

type settings struct {
	Device string `json:"device"`
	scan.Settings
}

var (
	_ driver.Driver       = (*Scanner)(nil)
	_ driver.Configurable = (*Scanner)(nil)
	_ driver.Checker      = (*Scanner)(nil)
	_ driver.Eventful     = (*Scanner)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Scanner{log: driver.Logger(), dir: keys.InputDir} }

// Info implements driver.Driver.
func (s *Scanner) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"Scanner"}}
}

const deviceMember = `    "device": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Scanner", "description": "A part of its name under /dev/input/by-id, or the whole path of its device file",
      "x-title": {"en": "Scanner", "zh-Hans": "扫描器", "zh-Hant": "掃描器"},
      "x-description": {"en": "A part of its name under /dev/input/by-id, or the whole path of its device file", "zh-Hans": "/dev/input/by-id 下名称的一部分，或设备文件的完整路径", "zh-Hant": "/dev/input/by-id 下名稱的一部分，或裝置檔的完整路徑"}}`

// ConfigSchema implements driver.Configurable.
func (s *Scanner) ConfigSchema() json.RawMessage {
	return link.Schema("device", deviceMember, scan.Members)
}

// Configure implements driver.Configurable.
func (s *Scanner) Configure(_ context.Context, raw json.RawMessage) error {
	set := settings{Settings: scan.Usual()}
	if err := link.Decode(raw, &set); err != nil {
		return err
	}
	if set.Device == "" {
		return errors.New("the scanner's name is missing")
	}
	rules, err := set.Rules()
	if err != nil {
		return err
	}
	if err := keys.Supported(); err != nil {
		return err
	}
	s.line.StartOpen(set.Device, func(ctx context.Context) (*port.Conn, error) {
		path := set.Device
		if !filepath.IsAbs(path) { // looked for each time: it may be plugged in elsewhere
			var err error
			if path, err = keys.FindInput(s.dir, set.Device); err != nil {
				return nil, err
			}
		}
		return keys.OpenInput(ctx, path)
	}, func(ctx context.Context, c *port.Conn) error { return s.serve(ctx, c, rules) })
	return nil
}

// serve types what the kernel tells of the keys.
func (s *Scanner) serve(ctx context.Context, c *port.Conn, rules scan.Rules) error {
	codes := scan.Assembler{
		Rules:   rules,
		Got:     func(code scan.Code) { s.Scanned("", code.Data, code.Symbology, "") },
		Dropped: scan.Drops(s.log),
	}
	var events keys.Events
	return codes.Run(ctx, c, func(b []byte) []byte {
		typed, lost := events.Feed(b)
		if lost {
			codes.Spoil()
		}
		return typed
	})
}

// Health implements driver.Checker.
func (s *Scanner) Health(context.Context) driver.Health { return s.line.Health() }
