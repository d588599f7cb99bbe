package receipt

import (
	"image/png"
	"io"
	"sync"
)

// The cell of a receipt printer's font A at 203 dots an inch.
const (
	CellWidth  = 12
	CellHeight = 24
)

// The printable widths of the two usual papers, in dots.
const (
	Dots58mm = 384 // 32 columns
	Dots80mm = 576 // 48 columns
)

// Picture draws a document as a thermal printer would print it on a paper of
// that many dots (at least 96); the columns follow from the width.
func Picture(d Document, dots int) *Bitmap {
	dots = max(dots, 8*CellWidth)
	lines := Layout(d, Metrics{Columns: dots / CellWidth, Cells: GlyphCells})
	parts := make([]*Bitmap, len(lines))
	height := CellHeight
	for i, l := range lines {
		parts[i] = drawLine(l, dots, GlyphCells)
		height += parts[i].Height
	}
	page := NewBitmap(dots, height)
	y := CellHeight / 2
	for _, p := range parts {
		page.draw(0, y, p)
		y += p.Height
	}
	return page
}

// PNG writes the picture of a document as a 1-bit PNG.
func PNG(w io.Writer, d Document, dots int) error {
	return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, Picture(d, dots).Image())
}

// LinePicture draws one laid-out line across a paper of that many dots, with
// the widths it was laid out by. Printer languages send lines so that the
// printer's own font cannot show.
func LinePicture(l Line, dots int, cells func(rune) int) *Bitmap { return drawLine(l, dots, cells) }

func drawLine(l Line, dots int, cells func(rune) int) *Bitmap {
	switch b := l.Block.(type) {
	case Feed:
		return NewBitmap(dots, b.Lines*CellHeight)
	case QR:
		if m, err := qrModules(b.Content); err == nil {
			return centred(drawModules(m, qrDot(len(m), dots)), dots)
		}
	case Barcode:
		if m, err := bars(b); err == nil {
			return drawBars(m, b.Content, dots)
		}
	case Image:
		if b.Bitmap.Width > dots {
			return centred(FromImage(b.Bitmap.Image(), dots), dots)
		}
		return centred(b.Bitmap, dots)
	case Cut:
		p := NewBitmap(dots, CellHeight)
		for x := 0; x < dots; x += 12 {
			p.fill(x, CellHeight/2, 6, 1)
		}
		return p
	}
	return drawText(l, dots, cells)
}

func centred(b *Bitmap, dots int) *Bitmap {
	p := NewBitmap(dots, b.Height+16)
	p.draw((dots-b.Width)/2, 8, b)
	return p
}

// qrDot is how many dots a module gets: large enough for a phone, and at most
// three fifths of the paper where the code allows it.
func qrDot(n, dots int) int { return min(max(dots*3/5/n, 3), 8) }

func drawModules(m [][]bool, dot int) *Bitmap {
	n := len(m)
	p := NewBitmap((n+8)*dot, (n+8)*dot) // with the quiet zone of four modules
	for y := range m {
		for x := range m[y] {
			if m[y][x] {
				p.fill((x+4)*dot, (y+4)*dot, dot, dot)
			}
		}
	}
	return p
}

func drawBars(m []bool, text string, dots int) *Bitmap {
	dot := min(max(dots*4/5/len(m), 2), 3)
	const high = 80
	caption := drawText(Line{Text: text, Style: Style{Align: Center}}, dots, GlyphCells)
	p := NewBitmap(dots, 8+high+caption.Height)
	left := (dots - len(m)*dot) / 2
	for x, on := range m {
		if on {
			p.fill(left+x*dot, 8, dot, high)
		}
	}
	p.draw(0, 8+high, caption)
	return p
}

// drawText draws a line of text at its size and place.
func drawText(l Line, dots int, cells func(rune) int) *Bitmap {
	across, down := l.Style.Size.Scale()
	cell := CellWidth * across
	columns := dots / CellWidth
	p := NewBitmap(dots, CellHeight*down+2)
	wide := measure(l.Text, cells) * cell
	x := (dots - columns*CellWidth) / 2
	switch l.Style.Align {
	case Center:
		x = (dots - wide) / 2
	case Right:
		x = dots - x - wide
	}
	for _, r := range l.Text {
		w := cells(r)
		at := x
		if w == 0 { // over the character before
			at = x - cell
		}
		p.draw(at, 0, drawnGlyph(glyphKey{r, across, down, l.Style.Bold}))
		x += w * cell
	}
	return p
}

// glyphKey names a glyph as it is drawn.
type glyphKey struct {
	r            rune
	across, down int
	bold         bool
}

// glyphs keeps drawn glyphs: a receipt repeats its digits and words. At most
// glyphLimit are kept (about 100 bytes each), enough for every till.
var glyphs = struct {
	sync.RWMutex
	m map[glyphKey]*Bitmap
}{m: map[glyphKey]*Bitmap{}}

const glyphLimit = 20_000

func drawnGlyph(k glyphKey) *Bitmap {
	glyphs.RLock()
	p := glyphs.m[k]
	glyphs.RUnlock()
	if p != nil {
		return p
	}
	p = drawGlyph(k)
	glyphs.Lock()
	if len(glyphs.m) < glyphLimit {
		glyphs.m[k] = p
	}
	glyphs.Unlock()
	return p
}

// drawGlyph brings a glyph of 8 or 16 by 16 dots to the printer's cell. It is
// made three times as large with its diagonals kept smooth (Scale3x), then
// halved in each direction that is not doubled. Halving keeps a dot where all
// but one of its parts are black, or two that touch by their corners (strokes
// one dot thin, unbroken where they slant); in bold, where half are.
func drawGlyph(k glyphKey) *Bitmap {
	rows, w := font().glyph(k.r)
	at := func(x, y int) bool {
		return x >= 0 && y >= 0 && x < w && y < 16 && rows[y]&(0x8000>>x) != 0
	}
	big := func(x, y int) bool { return scale3(at, x/3, y/3, x%3, y%3) }
	sx, sy := 3-k.across, 3-k.down  // parts of a dot: 2 where the size is normal
	p := NewBitmap(w*3/sx+1, 48/sy) // one dot more: bold smears to the right
	for y := range 48 / sy {
		for x := range w * 3 / sx {
			n, parts := 0, sx*sy
			for dy := range sy {
				for dx := range sx {
					if big(x*sx+dx, y*sy+dy) {
						n++
					}
				}
			}
			keep := n >= min(parts, 3) || parts == 4 && n == 2 && big(x*sx, y*sy) == big(x*sx+1, y*sy+1)
			if k.bold {
				keep = n >= max(parts/2, 1)
			}
			if keep {
				p.Set(x, y)
				if k.bold && parts == 1 {
					p.Set(x+1, y)
				}
			}
		}
	}
	return p
}

// scale3 is one of the nine parts of a dot in the Scale3x algorithm.
func scale3(at func(x, y int) bool, x, y, px, py int) bool {
	e := at(x, y)
	if px == 1 && py == 1 {
		return e
	}
	b, d, f, h := at(x, y-1), at(x-1, y), at(x+1, y), at(x, y+1)
	if b == h || d == f {
		return e
	}
	a, c, g, i := at(x-1, y-1), at(x+1, y-1), at(x-1, y+1), at(x+1, y+1)
	switch 3*py + px {
	case 0:
		if d == b {
			return d
		}
	case 1:
		if d == b && e != c || b == f && e != a {
			return b
		}
	case 2:
		if b == f {
			return f
		}
	case 3:
		if d == b && e != g || d == h && e != a {
			return d
		}
	case 5:
		if b == f && e != i || h == f && e != c {
			return f
		}
	case 6:
		if d == h {
			return d
		}
	case 7:
		if d == h && e != i || h == f && e != g {
			return h
		}
	case 8:
		if h == f {
			return f
		}
	}
	return e
}
