package sim

import (
	"image/png"
	"io"
	"regexp"

	"github.com/shopwright/shopwright/core/receipt"
)

var codeLine = regexp.MustCompile(`^\[(QR|EAN13|Code128|picture) (.*)\]$`)

// Document is the paper as a document, to be drawn: its text, codes and pictures in
// their order. Sizes and places within a line are not kept.
func (p Paper) Document() receipt.Document {
	d := receipt.Document{Lang: "zh-Hans"}
	pictures := p.Pictures
	for _, line := range p.Lines {
		m := codeLine.FindStringSubmatch(line)
		switch {
		case m == nil:
			d.Blocks = append(d.Blocks, receipt.Text{Text: line})
		case m[1] == "QR":
			d.Blocks = append(d.Blocks, receipt.QR{Content: m[2]})
		case m[1] == "EAN13":
			d.Blocks = append(d.Blocks, receipt.Barcode{Symbology: receipt.EAN13, Content: m[2]})
		case m[1] == "Code128":
			d.Blocks = append(d.Blocks, receipt.Barcode{Symbology: receipt.Code128, Content: m[2]})
		case len(pictures) > 0:
			d.Blocks = append(d.Blocks, receipt.Image{Bitmap: pictures[0], Alt: line})
			pictures = pictures[1:]
		}
	}
	return d
}

// PNG writes the paper as a picture.
func (p Paper) PNG(w io.Writer) error { return receipt.PNG(w, p.Document(), receipt.Dots80mm) }

// Text is what stands on the label, a field a line.
func (l PrintedLabel) Text() (out string) {
	for _, f := range l.Fields {
		if f.Data != "" {
			out += f.Data + "\n"
		}
	}
	return out
}

// PNG writes the label as a picture: each field at its place.
func (l PrintedLabel) PNG(w io.Writer) error {
	page := receipt.NewBitmap(max(l.Width, 200), max(l.Height, 100))
	for _, f := range l.Fields {
		b := f.Bitmap
		if b == nil {
			b = drawnField(f, page.Width-f.X)
		}
		for y := range b.Height {
			for x := range b.Width {
				if b.Black(x, y) && f.X+x < page.Width && f.Y+y < page.Height {
					page.Set(f.X+x, f.Y+y)
				}
			}
		}
	}
	return png.Encode(w, page.Image())
}

// drawnField draws a field by itself, without the margin of a page.
func drawnField(f LabelField, room int) *receipt.Bitmap {
	var block receipt.Block = receipt.Text{Text: f.Data}
	switch f.Kind {
	case "qr":
		block = receipt.QR{Content: f.Data}
	case "ean13":
		block = receipt.Barcode{Symbology: receipt.EAN13, Content: f.Data}
	case "code128":
		block = receipt.Barcode{Symbology: receipt.Code128, Content: f.Data}
	}
	whole := receipt.Picture(receipt.Document{Blocks: []receipt.Block{block}}, max(room, 96))
	left, top := whole.Width, whole.Height
	for y := range whole.Height {
		for x := range whole.Width {
			if whole.Black(x, y) {
				left, top = min(left, x), min(top, y)
			}
		}
	}
	out := receipt.NewBitmap(max(whole.Width-left, 1), max(whole.Height-top, 1))
	for y := range out.Height {
		for x := range out.Width {
			if whole.Black(x+left, y+top) {
				out.Set(x, y)
			}
		}
	}
	return out
}
