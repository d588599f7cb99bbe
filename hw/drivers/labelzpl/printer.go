package labelzpl

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "label-zpl"

// Labeler is the driver.
type Labeler struct {
	engine *streamprinter.Engine // not embedded: it would serve receipts too

	mu  sync.Mutex
	dpi int
}

var (
	_ driver.Driver       = (*Labeler)(nil)
	_ driver.Labeler      = (*Labeler)(nil)
	_ driver.Configurable = (*Labeler)(nil)
	_ driver.Checker      = (*Labeler)(nil)
)

// New makes the driver.
func New() driver.Driver { return newLabeler(streamprinter.Usual) }

func newLabeler(l streamprinter.Limits) *Labeler { return &Labeler{engine: streamprinter.New(l)} }

// Info implements driver.Driver.
func (*Labeler) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"LabelPrinter"}}
}

// DPIMember is the setting of a printer's resolution.
const DPIMember = `    "dpi": {"type": "integer", "enum": [203, 300, 600], "default": 203, "title": "Dots an inch", "x-title": {"zh": "分辨率（点/英寸）", "zh-Hant": "解析度（點/英吋）"}}`

// ConfigSchema implements driver.Configurable.
func (*Labeler) ConfigSchema() json.RawMessage {
	return link.Schema("address", streamprinter.AddressMember, DPIMember,
		`    "no_status": {"type": "boolean", "default": false, "title": "The printer answers no status questions", "x-title": {"zh": "打印机不回答状态查询", "zh-Hant": "印表機不回答狀態查詢"}}`)
}

// Configure implements driver.Configurable.
func (p *Labeler) Configure(_ context.Context, raw json.RawMessage) error {
	s := struct {
		Address  string `json:"address"`
		DPI      int    `json:"dpi"`
		NoStatus bool   `json:"no_status"`
	}{DPI: 203}
	if err := link.Decode(raw, &s); err != nil {
		return err
	}
	if Resolutions[s.DPI] == 0 {
		return fmt.Errorf("%d dots an inch are not known", s.DPI)
	}
	a, err := streamprinter.ParseAddress(s.Address)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.dpi = s.DPI
	p.mu.Unlock()
	p.engine.Use(a, tongue{noStatus: s.NoStatus})
	return nil
}

// Health implements driver.Checker.
func (p *Labeler) Health(ctx context.Context) driver.Health { return p.engine.Health(ctx) }

// PrintLabel implements driver.Labeler.
func (p *Labeler) PrintLabel(ctx context.Context, j driver.LabelJob) (driver.JobStatus, error) {
	return p.engine.Submit(ctx, j.JobKey, func() ([]byte, error) {
		p.mu.Lock()
		dpi := p.dpi
		p.mu.Unlock()
		return Encode(j.Label, j.Copies, dpi)
	})
}

// LabelStatus implements driver.Labeler.
func (p *Labeler) LabelStatus(ctx context.Context, key driver.JobKey) (driver.JobStatus, error) {
	return p.engine.JobStatus(ctx, key)
}
