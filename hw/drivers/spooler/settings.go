package spooler

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/shopwright/shopwright/hw/drivers/dotmatrix"
	"github.com/shopwright/shopwright/hw/drivers/labelzpl"
	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/drivers/thermal"
	"github.com/shopwright/shopwright/hw/escpos"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

// The languages of the printer behind a queue.
const (
	langESCPOS = "escpos"
	langESCP   = "escp"
	langZPL    = "zpl"
)

var (
	errNoReceipts = errors.New("the printer of this queue prints labels, no receipts")
	errNoLabels   = errors.New("the printer of this queue prints receipts, no labels")
	errNoDrawer   = errors.New("the printer of this queue has no drawer")
)

type settings struct {
	Queue    string `json:"queue"`
	Language string `json:"language"`  // "" = escpos
	Model    string `json:"profile"`   // escpos
	Columns  int    `json:"columns"`   // 0 = the model's; escp: 80
	Text     string `json:"text"`      // "" or "auto" = the model's
	QRRaster bool   `json:"qr_raster"` // escpos
	NoCutter bool   `json:"no_cutter"` // escpos
	Form     int    `json:"form_lines"`
	DPI      int    `json:"dpi"` // zpl; 0 = 203

	thermal escpos.Profile
	dots    dotmatrix.Profile
}

// check fills in what is left out. Its errors are for the shop.
func (s *settings) check() (err error) {
	switch {
	case s.Queue == "":
		return errors.New("the queue is missing")
	case len(s.Queue) > 200 || strings.HasPrefix(s.Queue, "-") || strings.ContainsFunc(s.Queue, unicode.IsControl):
		return fmt.Errorf("%q is no queue", s.Queue)
	}
	switch s.Language {
	case "", langESCPOS:
		s.Language = langESCPOS
		s.thermal, _, err = thermal.Printer{Model: s.Model, Columns: s.Columns, Text: s.Text, QRRaster: s.QRRaster, NoCutter: s.NoCutter}.Profile()
		return err
	case langESCP:
		text := s.Text
		if text == "auto" {
			text = ""
		}
		s.dots, err = dotmatrix.Settings{Columns: s.Columns, Text: text, Form: s.Form}.Profile()
		return err
	case langZPL:
		if s.DPI == 0 {
			s.DPI = 203
		}
		if labelzpl.Resolutions[s.DPI] == 0 {
			return fmt.Errorf("%d dots an inch are not known", s.DPI)
		}
		return nil
	}
	return fmt.Errorf("the language %q is not known", s.Language)
}

func (s *settings) receipt(d *driver.Document) ([]byte, error) {
	switch s.Language {
	case langESCPOS:
		return escpos.Encode(wire.From(d), s.thermal), nil
	case langESCP:
		return dotmatrix.Encode(wire.From(d), s.dots), nil
	}
	return nil, errNoReceipts
}

func (s *settings) label(l *driver.Label, copies int) ([]byte, error) {
	if s.Language != langZPL {
		return nil, errNoLabels
	}
	return labelzpl.Encode(l, copies, s.DPI)
}

// ConfigSchema implements driver.Configurable.
func (p *Printer) ConfigSchema() json.RawMessage {
	members := []string{
		`    "queue": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Queue", "x-title": {"zh": "打印队列", "zh-Hant": "列印佇列"},
      "description": "the printer's name in the operating system", "x-description": {"zh": "打印机在操作系统中的名称", "zh-Hant": "印表機在作業系統中的名稱"}}`,
		`    "language": {"type": "string", "enum": ["escpos", "escp", "zpl"], "default": "escpos", "title": "Printer language", "x-title": {"zh": "打印机指令", "zh-Hant": "印表機指令"},
      "x-labels": {"escpos": {"en": "ESC/POS (receipts)", "zh": "ESC/POS（小票）", "zh-Hant": "ESC/POS（收據）"}, "escp": {"en": "ESC/P (dot matrix)", "zh": "ESC/P（针式）", "zh-Hant": "ESC/P（點陣）"}, "zpl": {"en": "ZPL (labels)", "zh": "ZPL（标签）", "zh-Hant": "ZPL（標籤）"}}}`,
	}
	for _, m := range thermal.Members() {
		switch {
		case strings.Contains(m, `"no_status"`): // a queue answers no questions to the printer
		case strings.Contains(m, `"columns"`):
			members = append(members, strings.Replace(m, "[0, 32, 42, 48]", "[0, 32, 42, 48, 80, 136]", 1))
		default:
			members = append(members, m)
		}
	}
	for _, m := range dotmatrix.Members() {
		if strings.Contains(m, `"form_lines"`) {
			members = append(members, m)
		}
	}
	return link.Schema("queue", append(members, labelzpl.DPIMember)...)
}
