package receipt

// Letters draws a line of text that many dots high, as wide as it becomes. Labels
// have letters of any size, receipts those of Size.
func Letters(line string, bold bool, high int) *Bitmap {
	style, base := Style{Bold: bold}, CellHeight
	if high > 3*CellHeight/2 {
		style.Size, base = Large, 2*CellHeight
	}
	across, _ := style.Size.Scale()
	src := LinePicture(Line{Text: line, Style: style}, max(measure(line, GlyphCells), 1)*across*CellWidth, GlyphCells)
	out := NewBitmap(max(src.Width*high/base, 1), high)
	for y := range out.Height {
		for x := range out.Width {
			if src.Black(x*base/high, y*base/high) {
				out.Set(x, y)
			}
		}
	}
	return out
}

// QRPicture draws a QR code that is at most that many dots wide, quiet zone
// included; nil where it cannot be made so small.
func QRPicture(content string, side int) *Bitmap {
	m, err := qrModules(content)
	if err != nil || side/(len(m)+8) < 1 {
		return nil
	}
	return drawModules(m, side/(len(m)+8))
}

// BarPicture draws a bar code with its text under it, that many dots high and at
// most that wide; nil where it cannot be.
func BarPicture(b Barcode, width, high int) *Bitmap {
	m, err := bars(b)
	if err != nil || width < len(m) {
		return nil
	}
	dot := min(width/len(m), 3)
	text := Letters(b.Content, false, CellHeight)
	p := NewBitmap(max(len(m)*dot, text.Width), high+text.Height)
	for x, on := range m {
		if on {
			p.fill(x*dot, 0, dot, high)
		}
	}
	p.draw(max((len(m)*dot-text.Width)/2, 0), high, text)
	return p
}

// Draw puts another picture on this one, its upper left corner at x, y; what lies
// outside is dropped.
func (b *Bitmap) Draw(x, y int, o *Bitmap) { b.draw(x, y, o) }
