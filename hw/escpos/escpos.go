package escpos

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/shopwright/shopwright/core/receipt"
)

// Text says how a printer is given text.
type Text string

// The ways.
const (
	GB18030 Text = "gb18030" // printers with a Chinese font
	ASCII   Text = "ascii"   // printers without one: lines beyond ASCII as pictures
	Raster  Text = "raster"  // every line as a picture: any printer, any script
)

// Profile is what a printer can do. The zero value is a printer of 48 columns
// with a Chinese font, native QR codes and a cutter.
type Profile struct {
	Columns  int  // cells of font A: 32 (58 mm), 42 or 48 (80 mm); 0 = 48
	Dots     int  // across the paper; 0 = 12 for each column
	Text     Text // "" = GB18030
	QRRaster bool // the printer has no QR command
	NoCutter bool
}

func (p Profile) columns() int {
	if p.Columns == 0 {
		return receipt.Dots80mm / receipt.CellWidth
	}
	return p.Columns
}

func (p Profile) dots() int {
	if p.Dots == 0 {
		return p.columns() * receipt.CellWidth
	}
	return p.Dots
}

// cells is the measure that lines are laid out by.
func (p Profile) cells() func(rune) int {
	if p.Text == ASCII || p.Text == Raster {
		return receipt.GlyphCells
	}
	return Cells
}

const (
	esc = 0x1b
	fs  = 0x1c
	gs  = 0x1d
)

// bandRows is how many rows of dots go in one raster command: printers with
// small buffers stall on more.
const bandRows = 128

// Encode makes the bytes of a document, from initialising the printer to the
// cut.
func Encode(d receipt.Document, p Profile) []byte {
	e := encoder{p: p}
	e.begin()
	m := receipt.Metrics{Columns: p.columns(), Cells: p.cells()}
	for _, l := range receipt.Layout(d, m) {
		e.line(l, m)
	}
	return e.b.Bytes()
}

// Kick is the pulse that opens a cash drawer on connector pin 0 or 1: 50 ms
// on, 500 ms off.
func Kick(pin int) []byte { return []byte{esc, 'p', byte(pin & 1), 25, 250} }

// Real-time and in-order questions to a printer.
var (
	AskOnline = []byte{0x10, 0x04, 1} // DLE EOT 1: answered at once
	AskPaper  = []byte{0x10, 0x04, 4} // DLE EOT 4: answered at once
	AskDone   = []byte{gs, 'r', 1}    // GS r 1: answered when everything before it was processed
)

// IsAutomatic reports whether a byte begins the four of a status that the
// printer sends unasked: its fixed bits are 0xx1xx00.
func IsAutomatic(b byte) bool { return b&0x93 == 0x10 }

// IsStatus reports whether a byte can be an answer to a DLE EOT question: the
// fixed bits are 0xx1xx10.
func IsStatus(b byte) bool { return b&0x93 == 0x12 }

// IsDone reports whether a byte can be the answer to AskDone: its fixed bits
// are 0xx0xxxx, which no answer to a DLE EOT question has.
func IsDone(b byte) bool { return b&0x90 == 0 }

// DoneWithoutPaper reads the answer to AskDone.
func DoneWithoutPaper(b byte) bool { return b&0x0c == 0x0c }

// Offline reads the answer to AskOnline.
func Offline(b byte) bool { return b&0x08 != 0 }

// PaperOut reads the answer to AskPaper.
func PaperOut(b byte) bool { return b&0x60 == 0x60 }

// PaperLow reads the answer to AskPaper: there is paper, and not much.
func PaperLow(b byte) bool { return b&0x0c == 0x0c && !PaperOut(b) }

// Cells is the width of a character on a printer with a Chinese font: ASCII
// one cell, every two-byte character two. What goes as a
// picture keeps the width of its glyph.
func Cells(r rune) int {
	if r < 0x80 {
		return 1
	}
	if _, ok := twoBytes(r); ok {
		return 2
	}
	return receipt.GlyphCells(r)
}

// yen is ¥, which GB18030 has only in four bytes; its full-width twin is in
// every Chinese font.
const (
	yen          = '\u00a5'
	fullWidthYen = '\uffe5'
)

// twoBytes answers the bytes of a character in the two-byte part of GB18030
// that is also GBK: the few characters that GB18030 added there, as the euro
// sign, are missing in the fonts of older printers.
func twoBytes(r rune) ([]byte, bool) {
	if r == yen {
		r = fullWidthYen
	}
	if r < 0x80 {
		return nil, false
	}
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(string(r)))
	return b, err == nil && len(b) == 2
}

// EncodeText answers a line in the part of GB18030 that every Chinese font has,
// false where it holds a character beyond it.
func EncodeText(s string) ([]byte, bool) {
	var b bytes.Buffer
	for _, r := range s {
		if r < 0x80 {
			b.WriteByte(byte(r))
			continue
		}
		two, ok := twoBytes(r)
		if !ok {
			return nil, false
		}
		b.Write(two)
	}
	return b.Bytes(), true
}

type encoder struct {
	p     Profile
	b     bytes.Buffer
	style receipt.Style // as the printer has it now
}

func (e *encoder) put(b ...byte) { e.b.Write(b) }

func (e *encoder) begin() {
	e.put(esc, '@')    // initialise
	e.put(esc, 'R', 0) // the American set: '$' is '$', not a currency of the country
	if e.p.Text != Raster && e.p.Text != ASCII {
		e.put(fs, '&') // two-byte characters are Chinese
	}
}

func (e *encoder) line(l receipt.Line, m receipt.Metrics) {
	switch b := l.Block.(type) {
	case nil:
		e.text(l, m)
	case receipt.Feed:
		e.put(esc, 'd', byte(b.Lines))
	case receipt.Cut:
		if e.p.NoCutter {
			e.put(esc, 'd', 4) // to the tear bar
		} else {
			e.put(gs, 'V', 66, 0) // feed to the cutter, then cut
		}
	case receipt.QR:
		if e.p.QRRaster || e.p.Text == Raster {
			e.picture(receipt.LinePicture(l, e.p.dots(), m.Cells))
		} else {
			e.qr(b.Content)
		}
	case receipt.Barcode:
		e.barcode(b, l, m)
	default:
		e.picture(receipt.LinePicture(l, e.p.dots(), m.Cells))
	}
}

func (e *encoder) text(l receipt.Line, m receipt.Metrics) {
	if e.p.Text != Raster {
		if b, ok := EncodeText(l.Text); ok && (e.p.Text != ASCII || len(b) == len([]rune(l.Text))) {
			e.set(l.Style)
			e.b.Write(b)
			e.put('\n')
			return
		}
	}
	e.picture(receipt.LinePicture(l, e.p.dots(), m.Cells))
}

// set brings the printer from the style it has to the one that is wanted.
func (e *encoder) set(s receipt.Style) {
	if s.Align != e.style.Align {
		e.put(esc, 'a', byte(s.Align))
	}
	if s.Bold != e.style.Bold {
		on := byte(0)
		if s.Bold {
			on = 1
		}
		e.put(esc, 'E', on)
	}
	if s.Size != e.style.Size {
		across, down := s.Size.Scale()
		e.put(gs, '!', byte((across-1)<<4|(down-1)))
	}
	e.style = s
}

// qr prints a code with the printer's own command: model 2, correction M.
func (e *encoder) qr(content string) {
	e.set(receipt.Style{Align: receipt.Center})
	fn := func(b ...byte) { e.put(append([]byte{gs, '(', 'k', byte(len(b)), byte(len(b) >> 8)}, b...)...) }
	module := byte(6)
	if len(content) > 120 {
		module = 4
	}
	fn(49, 65, 50, 0)
	fn(49, 67, module)
	fn(49, 69, 49)
	fn(append([]byte{49, 80, 48}, content...)...)
	fn(49, 81, 48)
	e.put('\n')
}

// barcode prints a code with the printer's own command and its text below;
// where that cannot hold it, as a picture.
func (e *encoder) barcode(b receipt.Barcode, l receipt.Line, m receipt.Metrics) {
	var kind byte
	data := b.Content
	switch b.Symbology {
	case receipt.EAN13:
		kind = 67
	case receipt.Code128:
		kind, data = 73, "{B"+strings.ReplaceAll(b.Content, "{", "{{")
	}
	if e.p.Text == Raster || kind == 0 || len(data) > 60 {
		e.picture(receipt.LinePicture(l, e.p.dots(), m.Cells))
		return
	}
	e.set(receipt.Style{Align: receipt.Center})
	e.put(gs, 'h', 80, gs, 'w', 2, gs, 'H', 2, gs, 'k', kind, byte(len(data)))
	e.b.WriteString(data)
	e.put('\n')
}

// picture sends dots in bands (GS v 0).
func (e *encoder) picture(p *receipt.Bitmap) {
	e.set(receipt.Style{})
	stride := p.Stride()
	for y := 0; y < p.Height; y += bandRows {
		rows := min(bandRows, p.Height-y)
		e.put(gs, 'v', '0', 0, byte(stride), byte(stride>>8), byte(rows), byte(rows>>8))
		e.b.Write(harmless(p.Bits[y*stride : (y+rows)*stride]))
	}
}

// dle begins the commands that printers obey at once, in the middle of a
// picture too: questions, "clear the buffer", "open the drawer".
const dle = 0x10

// harmless is a picture without such commands: the lone dot that is DLE gets a
// neighbour where the next byte would make it one.
func harmless(bits []byte) []byte {
	copied := false
	for i := range len(bits) - 1 {
		if bits[i] != dle || bits[i+1] != 0x04 && bits[i+1] != 0x05 && bits[i+1] != 0x14 {
			continue
		}
		if !copied {
			bits, copied = bytes.Clone(bits), true
		}
		bits[i] |= dle >> 1
	}
	return bits
}
