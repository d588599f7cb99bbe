package main

import (
	"context"
	"errors"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/driver"
)

// testDocument is a page that shows what can be wrong with a printer: its width, its
// alphabets, its codes, its knife.
func testDocument(name, when string) receipt.Document {
	middle := receipt.Style{Align: receipt.Center}
	return receipt.Document{Title: "test", Lang: "en", Blocks: []receipt.Block{
		receipt.Text{Text: name, Style: receipt.Style{Align: receipt.Center, Bold: true, Size: receipt.Tall}},
		receipt.Text{Text: "test / 测试 / 測試", Style: middle},
		receipt.Rule{},
		receipt.Text{Text: "0123456789 ¥ ABCDEFGHIJ abcdefghij"},
		receipt.Columns{Cols: []receipt.Column{{Flex: true}, {Align: receipt.Right}}, Rows: [][]string{{"left / 左", "right / 右"}, {"一二三四五六七八九十", "¥1,234.50"}}},
		receipt.Rule{},
		receipt.Barcode{Symbology: receipt.EAN13, Content: "6901234567892"},
		receipt.QR{Content: "test 测试 測試 0123456789"},
		receipt.Text{Text: when, Style: middle},
		receipt.Cut{},
	}}
}

// testPage prints it. It is not a print job: it is for the person who stands before the
// printer.
func (d *deviceDesk) testPage(ctx context.Context, row device.Device) error {
	p, ok := d.a.reach.Printer(row.ID.String())
	if !ok {
		return plugins.ErrNotReady
	}
	shop, err := tenant.GetShop(ctx, d.a.db, row.Merchant, row.Shop)
	if err != nil {
		return err
	}
	now := d.a.db.Now()
	st, err := p.Submit(ctx, driver.Job{JobKey: driver.JobKey{ID: "test-" + id.New(int64(now)).String(), Attempt: 1},
		Document: wire.To(testDocument(row.Name, shop.Zone.Local(now).Format("2006-01-02 15:04:05")))})
	return tried(errors.Join(err, failedJob(st)))
}
