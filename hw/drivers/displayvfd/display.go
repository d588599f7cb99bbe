package displayvfd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/port"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "display-vfd"

// The kinds of displays and the encodings of letters.
const (
	letters = "letters"
	digits  = "digits"

	cp437   = "cp437"
	gb18030 = "gb18030"
)

// Display is the driver.
type Display struct {
	line link.Link
	log  *slog.Logger

	mu    sync.Mutex
	set   settings
	shown []byte     // what stands on it, as it was sent
	order sync.Mutex // one change after another
}

type settings struct {
	Address  string `json:"address"`
	Kind     string `json:"kind"`
	Encoding string `json:"encoding"`
	Columns  int    `json:"columns"`
	Lines    int    `json:"lines"`
}

var (
	_ driver.Driver       = (*Display)(nil)
	_ driver.Configurable = (*Display)(nil)
	_ driver.Checker      = (*Display)(nil)
	_ driver.Display      = (*Display)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Display{log: driver.Logger()} }

// Info implements driver.Driver.
func (d *Display) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"LineDisplay"}}
}

// ConfigSchema implements driver.Configurable.
func (d *Display) ConfigSchema() json.RawMessage {
	return link.Schema("address", link.AddressMember, `    "kind": {"type": "string", "enum": ["letters", "digits"], "default": "letters", "title": "Kind of display",
      "x-title": {"en": "Kind of display", "zh-Hans": "客显类型", "zh-Hant": "客顯類型"},
      "x-labels": {"letters": {"en": "Letters (VFD, LCD)", "zh-Hans": "字符（VFD、LCD）", "zh-Hant": "字元（VFD、LCD）"}, "digits": {"en": "Digits with lamps (LED)", "zh-Hans": "数码管带指示灯（LED）", "zh-Hant": "數碼管帶指示燈（LED）"}}},
    "encoding": {"type": "string", "enum": ["cp437", "gb18030"], "default": "cp437", "title": "Characters",
      "x-title": {"en": "Characters", "zh-Hans": "字符集", "zh-Hant": "字元集"},
      "x-labels": {"cp437": {"en": "Latin (code page 437)", "zh-Hans": "拉丁（CP437）", "zh-Hant": "拉丁（CP437）"}, "gb18030": {"en": "Chinese (GB18030)", "zh-Hans": "中文（GB18030）", "zh-Hant": "中文（GB18030）"}}},
    "columns": {"type": "integer", "minimum": 4, "maximum": 40, "default": 20, "title": "Characters a line", "description": "Of displays of letters",
      "x-title": {"en": "Characters a line", "zh-Hans": "每行字符数", "zh-Hant": "每行字元數"},
      "x-description": {"en": "Of displays of letters", "zh-Hans": "用于字符客显", "zh-Hant": "用於字元客顯"}},
    "lines": {"type": "integer", "minimum": 1, "maximum": 4, "default": 2, "title": "Lines",
      "description": "Of displays of letters",
      "x-title": {"en": "Lines", "zh-Hans": "行数", "zh-Hant": "行數"}, "x-description": {"en": "Of displays of letters", "zh-Hans": "用于字符客显", "zh-Hant": "用於字元客顯"}}`)
}

// Configure implements driver.Configurable.
func (d *Display) Configure(_ context.Context, raw json.RawMessage) error {
	set := settings{Kind: letters, Encoding: cp437, Columns: 20, Lines: 2}
	if err := link.Decode(raw, &set); err != nil {
		return err
	}
	a, err := port.Parse(set.Address)
	if err != nil {
		return err
	}
	switch {
	case set.Kind != letters && set.Kind != digits:
		return fmt.Errorf("a display of %q is not known", set.Kind)
	case set.Encoding != cp437 && set.Encoding != gb18030:
		return fmt.Errorf("the characters %q are not known", set.Encoding)
	case set.Columns < 4 || set.Columns > 40:
		return errors.New("a line has between 4 and 40 characters")
	case set.Lines < 1 || set.Lines > 4:
		return errors.New("a display has between 1 and 4 lines")
	}
	d.line.Close()
	d.mu.Lock()
	d.set, d.shown = set, set.dark()
	d.mu.Unlock()
	d.line.Start(a, d.serve)
	return nil
}

// serve greets the display and shows again what stood on it, then waits until it is
// gone: displays say nothing.
func (d *Display) serve(ctx context.Context, c *port.Conn) error {
	d.order.Lock()
	d.mu.Lock()
	greeting := append(d.set.hello(), d.shown...)
	d.mu.Unlock()
	err := d.line.Send(ctx, greeting)
	d.order.Unlock()
	for err == nil {
		_, err = c.Read(ctx)
	}
	return err
}

// Health implements driver.Checker.
func (d *Display) Health(context.Context) driver.Health { return d.line.Health() }

// Show implements driver.Display. What does not fit is left out: a display of digits
// is dark rather than wrong. Where the display is away, what is to be shown appears
// when it is back; the error says that it is away.
func (d *Display) Show(ctx context.Context, v driver.Shown) error {
	d.mu.Lock()
	set := d.set
	d.mu.Unlock()
	if set.Kind == "" {
		return link.ErrNotConfigured
	}
	b, fits := set.show(v)
	if !fits {
		d.log.Warn("an amount that the display cannot show was left out", "characters", len(v.Amount))
	}
	return d.put(ctx, b)
}

// Clear implements driver.Display.
func (d *Display) Clear(ctx context.Context, _ string) error {
	d.mu.Lock()
	set := d.set
	d.mu.Unlock()
	if set.Kind == "" {
		return link.ErrNotConfigured
	}
	return d.put(ctx, set.dark())
}

func (d *Display) put(ctx context.Context, b []byte) error {
	d.order.Lock()
	defer d.order.Unlock()
	d.mu.Lock()
	d.shown = b
	d.mu.Unlock()
	return d.line.Send(ctx, b)
}
