package thermal

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/shopwright/shopwright/hw/escpos"
)

// Printer is the part of the settings that says what the printer can do.
type Printer struct {
	Model    string `json:"profile"`   // a key of escpos.Models; "" = the default
	Columns  int    `json:"columns"`   // 0 = the model's
	Text     string `json:"text"`      // "" or "auto" = the model's
	QRRaster bool   `json:"qr_raster"` // these three take away what the model has
	NoCutter bool   `json:"no_cutter"`
	NoStatus bool   `json:"no_status"`
}

// Profile answers the model with the settings of its own. Its errors are for
// the shop.
func (p Printer) Profile() (escpos.Profile, escpos.Status, error) {
	if p.Model == "" {
		p.Model = escpos.DefaultModel
	}
	m, ok := escpos.FindModel(p.Model)
	if !ok {
		return escpos.Profile{}, "", fmt.Errorf("the model %q is not known", p.Model)
	}
	switch p.Columns {
	case 0:
	case 32, 42, 48:
		if p.Columns != m.Columns {
			m.Columns, m.Dots = p.Columns, 0
		}
	default:
		return escpos.Profile{}, "", fmt.Errorf("%d characters a line are not known", p.Columns)
	}
	switch t := escpos.Text(p.Text); t {
	case "", "auto":
	case escpos.GB18030, escpos.ASCII, escpos.Raster:
		m.Text = t
	default:
		return escpos.Profile{}, "", fmt.Errorf("text %q is not known", p.Text)
	}
	m.QRRaster = m.QRRaster || p.QRRaster
	m.NoCutter = m.NoCutter || p.NoCutter
	if p.NoStatus {
		m.Status = escpos.StatusNone
	}
	return m.Profile, m.Status, nil
}

// Members are the schemas of Printer's settings.
func Members() []string {
	return []string{
		`    "profile": {"type": "string", "default": "` + escpos.DefaultModel + `", "title": "Model", "x-title": {"zh": "型号", "zh-Hant": "型號"},
      "oneOf": [` + models() + `]}`,
		`    "columns": {"type": "integer", "enum": [0, 32, 42, 48], "default": 0, "title": "Characters a line", "x-title": {"zh": "每行字符数", "zh-Hant": "每行字元數"},
      "description": "32 for 58 mm paper, 42 or 48 for 80 mm", "x-description": {"zh": "58 毫米纸为 32，80 毫米纸为 42 或 48", "zh-Hant": "58 公釐紙為 32，80 公釐紙為 42 或 48"},
      "x-labels": {"0": {"en": "as the model", "zh": "按型号", "zh-Hant": "依型號"}}}`,
		`    "text": {"type": "string", "enum": ["auto", "gb18030", "ascii", "raster"], "default": "auto", "title": "Text", "x-title": {"zh": "文字", "zh-Hant": "文字"},
      "x-labels": {"auto": {"en": "as the model", "zh": "按型号", "zh-Hant": "依型號"}, "gb18030": {"en": "the printer has a Chinese font", "zh": "打印机有中文字库", "zh-Hant": "印表機有中文字庫"}, "ascii": {"en": "Chinese as pictures", "zh": "中文以图形打印", "zh-Hant": "中文以圖形列印"}, "raster": {"en": "everything as pictures", "zh": "全部以图形打印", "zh-Hant": "全部以圖形列印"}}}`,
		`    "qr_raster": {"type": "boolean", "default": false, "title": "The printer has no QR command", "x-title": {"zh": "打印机没有二维码指令", "zh-Hant": "印表機沒有二維碼指令"}}`,
		`    "no_cutter": {"type": "boolean", "default": false, "title": "The printer has no cutter", "x-title": {"zh": "打印机没有切刀", "zh-Hant": "印表機沒有切刀"}}`,
		`    "no_status": {"type": "boolean", "default": false, "title": "The printer answers no status questions", "x-title": {"zh": "打印机不回答状态查询", "zh-Hant": "印表機不回答狀態查詢"}}`,
	}
}

func models() string {
	var out []string
	for _, m := range escpos.Models {
		b, err := json.Marshal(struct {
			Const  string            `json:"const"`
			Title  string            `json:"title"`
			Titles map[string]string `json:"x-title,omitempty"`
		}{m.Key, m.Title, m.Titles})
		if err == nil { // texts always are JSON
			out = append(out, string(b))
		}
	}
	return strings.Join(out, ", ")
}

// profile is what the printer can do, as configured.
type profile struct {
	mu sync.Mutex
	p  escpos.Profile
}

func (p *profile) set(v escpos.Profile) { p.mu.Lock(); p.p = v; p.mu.Unlock() }

func (p *profile) get() escpos.Profile {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.p
}
