package label

import "github.com/shopwright/shopwright/core/receipt"

// dotsPerMM is the usual resolution of a label printer, 203 dots an inch.
const dotsPerMM = 8

// Picture draws a label as a printer of 203 dots an inch would.
func Picture(l Label) *receipt.Bitmap {
	dots := func(tenths int) int { return tenths * dotsPerMM / 10 }
	p := receipt.NewBitmap(dots(l.Width), dots(l.Height))
	for _, it := range l.Items {
		x, y := dots(it.X), dots(it.Y)
		var o *receipt.Bitmap
		switch it.Symbology {
		case "":
			o = receipt.Letters(it.Text, it.Bold, max(dots(it.Height), 10))
		case CodeQR:
			o = receipt.QRPicture(it.Content, dots(it.Height))
		default:
			o = receipt.BarPicture(receipt.Barcode{Symbology: receipt.Symbology(it.Symbology), Content: it.Content}, p.Width-2*x, dots(it.Height))
		}
		if o == nil {
			o = receipt.Letters(it.Content, false, 24)
		}
		p.Draw(x, y, o)
	}
	return p
}
