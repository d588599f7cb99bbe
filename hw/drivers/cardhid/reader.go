package cardhid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/hw/drivers/cards"
	"github.com/shopwright/shopwright/hw/drivers/keys"
	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/drivers/scan"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "card-hid"

// Reader is the driver.
type Reader struct {
	driver.Stream
	line link.Link
	desk cards.Desk
	log  *slog.Logger
	sys  string // where HID devices are listed
}

type settings struct {
	Device     string `json:"device"`
	Technology string `json:"technology"`
	PauseMS    int    `json:"pause_ms"`
}

var (
	_ driver.Driver       = (*Reader)(nil)
	_ driver.Configurable = (*Reader)(nil)
	_ driver.Checker      = (*Reader)(nil)
	_ driver.Eventful     = (*Reader)(nil)
	_ driver.CardStation  = (*Reader)(nil)
)

// New makes the driver.
func New() driver.Driver {
	r := &Reader{log: driver.Logger(), sys: keys.HIDDir}
	r.desk = cards.Desk{Clock: clock.System{}, Unasked: func(c driver.Card) { r.Presented("", c) }}
	return r
}

// Info implements driver.Driver.
func (r *Reader) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"MSR", "RFIDScanner", "SmartCardRW"}}
}

// ConfigSchema implements driver.Configurable.
func (r *Reader) ConfigSchema() json.RawMessage {
	return link.Schema("device", `    "device": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Reader", "description": "A part of its name, or the path of its file (/dev/hidraw0)",
      "x-title": {"en": "Reader", "zh-Hans": "读卡器", "zh-Hant": "讀卡機"},
      "x-description": {"en": "A part of its name, or the path of its file (/dev/hidraw0)", "zh-Hans": "名称的一部分，或设备文件路径（/dev/hidraw0）", "zh-Hant": "名稱的一部分，或裝置檔路徑（/dev/hidraw0）"}}`,
		cards.TechnologyMember,
		`    "pause_ms": {"type": "integer", "minimum": 20, "maximum": 2000, "default": 200, "title": "Pause that ends a card without Enter, in milliseconds",
      "x-title": {"en": "Pause that ends a card without Enter, in milliseconds", "zh-Hans": "无回车时视为结束的停顿（毫秒）", "zh-Hant": "無 Enter 時視為結束的停頓（毫秒）"}}`)
}

// Configure implements driver.Configurable.
func (r *Reader) Configure(_ context.Context, raw json.RawMessage) error {
	set := settings{Technology: cards.RFID, PauseMS: 200}
	if err := link.Decode(raw, &set); err != nil {
		return err
	}
	switch {
	case set.Device == "":
		return errors.New("the reader's name is missing")
	case !cards.Known(set.Technology):
		return fmt.Errorf("the technology %q is not known", set.Technology)
	case set.PauseMS < 20 || set.PauseMS > 2000:
		return errors.New("the pause must be between 20 and 2000 ms")
	}
	if err := keys.Supported(); err != nil {
		return err
	}
	r.line.StartOpen(set.Device, func(ctx context.Context) (*port.Conn, error) {
		path := set.Device
		if !filepath.IsAbs(path) {
			name, err := keys.FindHID(r.sys, set.Device)
			if err != nil {
				return nil, err
			}
			path = filepath.Join("/dev", name)
		}
		return keys.OpenHID(ctx, r.sys, path)
	}, func(ctx context.Context, c *port.Conn) error { return r.serve(ctx, c, set) })
	return nil
}

// serve types what the reader reports, and reads the lines as cards.
func (r *Reader) serve(ctx context.Context, c *port.Conn, set settings) error {
	lines := scan.Assembler{
		Rules: scan.Rules{Ends: "\r\n\t", Pause: time.Duration(set.PauseMS) * time.Millisecond, Longest: cards.LongestLine, KeepAIM: true},
		Got: func(code scan.Code) {
			card, err := cards.Parse(code.Data, set.Technology)
			if err != nil {
				r.log.Warn("something that is no member card was dropped", "why", err)
				return
			}
			r.desk.Present(card)
		},
		Dropped: scan.Drops(r.log),
	}
	var reports keys.Reports
	return lines.Run(ctx, c, func(b []byte) []byte {
		typed, lost := reports.Feed(b)
		if lost {
			lines.Spoil()
		}
		return typed
	})
}

// Health implements driver.Checker.
func (r *Reader) Health(context.Context) driver.Health { return r.line.Health() }

// ReadCard implements driver.CardStation: it waits for the next card.
func (r *Reader) ReadCard(ctx context.Context, _ string) (driver.Card, error) {
	if err := r.line.Ready(ctx); err != nil {
		return driver.Card{}, err
	}
	return r.desk.Wait(ctx)
}

// WriteCard implements driver.CardStation: a reader cannot.
func (r *Reader) WriteCard(context.Context, string, string, driver.Card) (string, error) {
	return "", fmt.Errorf("%w: the reader cannot write", driver.ErrUnsupported)
}
