package dotmatrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "dot-matrix"

// Printer is the driver.
type Printer struct {
	*streamprinter.Engine

	mu      sync.Mutex
	profile Profile
}

var (
	_ driver.Driver       = (*Printer)(nil)
	_ driver.Printer      = (*Printer)(nil)
	_ driver.Configurable = (*Printer)(nil)
	_ driver.Checker      = (*Printer)(nil)
)

// New makes the driver.
func New() driver.Driver { return newPrinter(streamprinter.Usual) }

func newPrinter(l streamprinter.Limits) *Printer { return &Printer{Engine: streamprinter.New(l)} }

// Info implements driver.Driver.
func (p *Printer) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"POSPrinter"}}
}

// Settings are a printer's settings of its own.
type Settings struct {
	Columns int    `json:"columns"` // 0 = 80
	Text    string `json:"text"`    // "" = gb18030, or ascii
	Form    int    `json:"form_lines"`
	Tear    *int   `json:"tear_lines"` // absent = 6
	OneWay  bool   `json:"one_way"`
	Carbon  bool   `json:"carbon"`
}

// tearUsual is how far above the usual printer's edge its last line stands.
const tearUsual = 6

// Profile checks the settings; its errors are for the shop.
func (s Settings) Profile() (Profile, error) {
	p := Profile{Columns: s.Columns, Form: s.Form, Tear: tearUsual, OneWay: s.OneWay, Carbon: s.Carbon}
	if s.Tear != nil {
		p.Tear = *s.Tear
	}
	switch {
	case p.Columns == 0:
		p.Columns = 80
	case p.Columns != 80 && p.Columns != 136:
		return Profile{}, fmt.Errorf("%d characters a line are not known", p.Columns)
	}
	switch s.Text {
	case "", "gb18030":
	case "ascii":
		p.NoHan = true
	default:
		return Profile{}, fmt.Errorf("text %q is not known", s.Text)
	}
	if p.Form < 0 || p.Form > 127 {
		return Profile{}, errors.New("a form has at most 127 lines; 0 is paper without forms")
	}
	if p.Tear < 0 || p.Tear > 50 {
		return Profile{}, errors.New("it is 0 to 50 lines to the tear-off edge")
	}
	return p, nil
}

// Members are the schemas of the settings.
func Members() []string {
	return []string{
		`    "columns": {"type": "integer", "enum": [80, 136], "default": 80, "title": "Characters a line", "x-title": {"zh": "每行字符数", "zh-Hant": "每行字元數"},
      "description": "136 on wide printers", "x-description": {"zh": "宽行打印机为 136", "zh-Hant": "寬行印表機為 136"}}`,
		`    "text": {"type": "string", "enum": ["gb18030", "ascii"], "default": "gb18030", "title": "Text", "x-title": {"zh": "文字", "zh-Hant": "文字"},
      "x-labels": {"gb18030": {"en": "the printer has a Chinese font", "zh": "打印机有中文字库", "zh-Hant": "印表機有中文字庫"}, "ascii": {"en": "Chinese as pictures", "zh": "中文以图形打印", "zh-Hant": "中文以圖形列印"}}}`,
		`    "form_lines": {"type": "integer", "minimum": 0, "maximum": 127, "default": 0, "title": "Lines of a form", "x-title": {"zh": "每张表单行数", "zh-Hant": "每張表單行數"},
      "description": "at six an inch: 66 is 11 inches, 33 half, 22 a third of it; 0 is paper without forms", "x-description": {"zh": "每英寸 6 行：整张 11 英寸为 66，二等分 33，三等分 22；0 为无分页的连续纸", "zh-Hant": "每英吋 6 行：整張 11 英吋為 66，二等分 33，三等分 22；0 為不分頁的連續紙"}}`,
		`    "tear_lines": {"type": "integer", "minimum": 0, "maximum": 50, "default": 6, "title": "Lines to the tear-off edge", "x-title": {"zh": "走纸到撕纸口的行数", "zh-Hant": "走紙到撕紙口的行數"},
      "description": "of paper without forms", "x-description": {"zh": "用于无分页的连续纸", "zh-Hant": "用於不分頁的連續紙"}}`,
		`    "one_way": {"type": "boolean", "default": false, "title": "Print in one direction", "x-title": {"zh": "单向打印", "zh-Hant": "單向列印"},
      "description": "slower; where lines do not align", "x-description": {"zh": "较慢；用于上下对不齐时", "zh-Hant": "較慢；用於上下對不齊時"}}`,
		`    "carbon": {"type": "boolean", "default": false, "title": "Strike twice", "x-title": {"zh": "重打（多联纸）", "zh-Hant": "重複列印（多聯紙）"},
      "description": "for the last parts of a form with many", "x-description": {"zh": "联数多、末联不清时使用", "zh-Hant": "聯數多、末聯不清時使用"}}`,
	}
}

// ConfigSchema implements driver.Configurable.
func (p *Printer) ConfigSchema() json.RawMessage {
	return link.Schema("address", append([]string{streamprinter.AddressMember}, Members()...)...)
}

// Configure implements driver.Configurable.
func (p *Printer) Configure(_ context.Context, raw json.RawMessage) error {
	var s struct {
		Address string `json:"address"`
		Settings
	}
	if err := link.Decode(raw, &s); err != nil {
		return err
	}
	a, err := streamprinter.ParseAddress(s.Address)
	if err != nil {
		return err
	}
	profile, err := s.Profile()
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.profile = profile
	p.mu.Unlock()
	p.Use(a, streamprinter.Silent{})
	return nil
}

// Submit implements driver.Printer.
func (p *Printer) Submit(ctx context.Context, j driver.Job) (driver.JobStatus, error) {
	return p.Engine.Submit(ctx, j.JobKey, func() ([]byte, error) {
		if j.Document == nil {
			return j.Raw, nil
		}
		p.mu.Lock()
		profile := p.profile
		p.mu.Unlock()
		return Encode(wire.From(j.Document), profile), nil
	})
}
