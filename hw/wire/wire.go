package wire

import (
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// To makes the message of a document.
func To(d receipt.Document) *driver.Document {
	out := &driver.Document{Title: d.Title, Lang: d.Lang}
	for _, b := range d.Body() {
		m := &hwv1.Block{}
		switch b := b.(type) {
		case receipt.Text:
			m.Kind = &hwv1.Block_Text{Text: &hwv1.Text{Text: b.Text, Bold: b.Bold, Size: hwv1.Size(b.Size), Align: hwv1.Align(b.Align)}}
		case receipt.Columns:
			c := &hwv1.Columns{Bold: b.Bold, Header: b.Header}
			for _, col := range b.Cols {
				c.Cols = append(c.Cols, &hwv1.Column{Width: int32(col.Width), Flex: col.Flex, Align: hwv1.Align(col.Align)})
			}
			for _, r := range b.Rows {
				c.Rows = append(c.Rows, &hwv1.Row{Cells: r})
			}
			m.Kind = &hwv1.Block_Columns{Columns: c}
		case receipt.Rule:
			m.Kind = &hwv1.Block_Rule{Rule: &hwv1.Rule{Double: b.Double}}
		case receipt.Feed:
			m.Kind = &hwv1.Block_Feed{Feed: &hwv1.Feed{Lines: int32(b.Lines)}}
		case receipt.QR:
			m.Kind = &hwv1.Block_Qr{Qr: &hwv1.QR{Content: b.Content, Caption: b.Caption}}
		case receipt.Barcode:
			m.Kind = &hwv1.Block_Barcode{Barcode: &hwv1.Barcode{Symbology: string(b.Symbology), Content: b.Content}}
		case receipt.Image:
			if !b.Bitmap.Valid() {
				m.Kind = &hwv1.Block_Text{Text: &hwv1.Text{Text: b.Alt, Align: hwv1.Align_ALIGN_CENTER}}
				break
			}
			m.Kind = &hwv1.Block_Image{Image: &hwv1.Image{Width: int32(b.Bitmap.Width), Height: int32(b.Bitmap.Height), Bits: b.Bitmap.Bits, Alt: b.Alt}}
		case receipt.Cut:
			m.Kind = &hwv1.Block_Cut{Cut: &hwv1.Cut{}}
		default:
			continue
		}
		out.Blocks = append(out.Blocks, m)
	}
	return out
}

// From makes the document of a message. Blocks of a later minor version are
// left out.
func From(m *driver.Document) receipt.Document {
	d := receipt.Document{Title: m.GetTitle(), Lang: m.GetLang()}
	add := func(b receipt.Block) { d.Blocks = append(d.Blocks, b) }
	for _, b := range m.GetBlocks() {
		switch k := b.GetKind().(type) {
		case *hwv1.Block_Text:
			add(receipt.Text{Text: k.Text.GetText(), Style: receipt.Style{Bold: k.Text.GetBold(), Size: receipt.Size(k.Text.GetSize() & 3), Align: align(k.Text.GetAlign())}})
		case *hwv1.Block_Columns:
			c := receipt.Columns{Bold: k.Columns.GetBold(), Header: k.Columns.GetHeader()}
			for _, col := range k.Columns.GetCols() {
				c.Cols = append(c.Cols, receipt.Column{Width: int(min(max(col.GetWidth(), 0), 255)), Flex: col.GetFlex(), Align: align(col.GetAlign())})
			}
			for _, r := range k.Columns.GetRows() {
				c.Rows = append(c.Rows, r.GetCells())
			}
			add(c)
		case *hwv1.Block_Rule:
			add(receipt.Rule{Double: k.Rule.GetDouble()})
		case *hwv1.Block_Feed:
			add(receipt.Feed{Lines: int(k.Feed.GetLines())})
		case *hwv1.Block_Qr:
			add(receipt.QR{Content: k.Qr.GetContent(), Caption: k.Qr.GetCaption()})
		case *hwv1.Block_Barcode:
			add(receipt.Barcode{Symbology: receipt.Symbology(k.Barcode.GetSymbology()), Content: k.Barcode.GetContent()})
		case *hwv1.Block_Image:
			add(receipt.Image{Bitmap: &receipt.Bitmap{Width: int(k.Image.GetWidth()), Height: int(k.Image.GetHeight()), Bits: k.Image.GetBits()}, Alt: k.Image.GetAlt()})
		case *hwv1.Block_Cut:
			add(receipt.Cut{})
		}
	}
	return d
}

func align(a hwv1.Align) receipt.Align { return receipt.Align(min(max(a, 0), 2)) }
