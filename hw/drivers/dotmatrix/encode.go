package dotmatrix

import (
	"bytes"

	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw/escpos"
)

// Profile is a printer and its paper.
type Profile struct {
	Columns int  // at ten an inch: 80, or 136 on wide printers; 0 = 80
	NoHan   bool // the printer has no Chinese font: such lines go as pictures
	Form    int  // lines of a form at six an inch; 0 = paper without forms
	Tear    int  // lines from the last one to the tear-off edge, without forms
	OneWay  bool // print in one direction: columns of rules and pictures align
	Carbon  bool // strike twice, for the last parts of a form
}

const (
	esc = 0x1b
	fs  = 0x1c

	pins      = 24 // rows of dots that one pass prints
	cellDots  = 12 // dots of a cell at 120 an inch, as its picture has them
	fineDots  = 18 // dots of a cell at 180 an inch
	cellUnits = 6  // of 1/60 inch, the unit that positions are given in
	density   = 33 // 24 pins, 120 dots an inch across: text
	fine      = 39 // 24 pins, 180 dots an inch both ways: codes and pictures
)

type encoder struct {
	p     Profile
	b     bytes.Buffer
	cells func(rune) int
	ended bool // the form is at its end
}

// Encode makes the bytes of a document, from initialising the printer to the
// end of the form.
func Encode(d receipt.Document, p Profile) []byte {
	if p.Columns == 0 {
		p.Columns = 80
	}
	e := encoder{p: p, cells: escpos.Cells}
	if p.NoHan {
		e.cells = receipt.GlyphCells
	}
	e.begin()
	for _, l := range receipt.Layout(d, receipt.Metrics{Columns: p.Columns, Cells: e.cells}) {
		e.line(l)
	}
	if p.Form > 0 && !e.ended {
		e.put('\f')
	}
	return e.b.Bytes()
}

func (e *encoder) put(b ...byte) { e.b.Write(b) }

func (e *encoder) begin() {
	e.put(esc, '@', esc, 'P', esc, '2', esc, 'O') // initialise; ten an inch; six lines an inch; print over perforations
	if e.p.NoHan {
		e.put(fs, '.')
	} else {
		e.put(fs, '&', fs, 'S', 6, 6) // Chinese; its characters as wide as two cells
	}
	if e.p.Form > 0 {
		e.put(esc, 'C', byte(e.p.Form)) // a form begins here
	}
	if e.p.OneWay {
		e.put(esc, 'U', 1)
	}
	if e.p.Carbon {
		e.put(esc, 'G')
	}
}

func (e *encoder) line(l receipt.Line) {
	e.ended = false
	switch b := l.Block.(type) {
	case nil:
		e.text(l)
	case receipt.Feed:
		e.feed(b.Lines)
	case receipt.Cut:
		if e.p.Form > 0 {
			e.put('\f')
			e.ended = true
		} else {
			e.feed(e.p.Tear)
		}
	default:
		e.picture(receipt.LinePicture(l, e.p.Columns*fineDots, e.cells), fine)
	}
}

func (e *encoder) feed(lines int) {
	for range lines {
		e.put('\r', '\n')
	}
}

// text prints a line in the printer's own font, where it has every character
// and the size is its usual one; else as a picture.
func (e *encoder) text(l receipt.Line) {
	runs, ok := split(l.Text, e.p.NoHan)
	if !ok || l.Style.Size != receipt.Normal {
		e.picture(receipt.LinePicture(l, e.p.Columns*cellDots, e.cells), density)
		return
	}
	width := 0
	for _, r := range l.Text {
		width += e.cells(r)
	}
	at := 0
	switch l.Style.Align {
	case receipt.Center:
		at = (e.p.Columns - width) / 2
	case receipt.Right:
		at = e.p.Columns - width
	}
	if l.Style.Bold {
		e.put(esc, 'E')
	}
	for _, r := range runs {
		if at > 0 {
			e.place(at * cellUnits)
		}
		e.b.Write(r.bytes)
		at += r.cells
	}
	if l.Style.Bold {
		e.put(esc, 'F')
	}
	e.put('\r', '\n')
}

func (e *encoder) place(units int) { e.put(esc, '$', byte(units), byte(units>>8)) }

// run is text of one width.
type run struct {
	bytes []byte
	cells int
}

// split parts a line into runs of ASCII and of Chinese. It answers false where
// the printer lacks a character.
func split(s string, noHan bool) ([]run, bool) {
	var out []run
	wide := false
	for _, r := range s {
		b, ok := escpos.EncodeText(string(r))
		if !ok || noHan && len(b) > 1 {
			return nil, false
		}
		if len(out) == 0 || wide != (len(b) > 1) {
			out, wide = append(out, run{}), len(b) > 1
		}
		last := &out[len(out)-1]
		last.bytes = append(last.bytes, b...)
		last.cells += len(b) // one byte a cell, two bytes two
	}
	return out, true
}

// picture prints dots in passes of the pins, and leaves the head on the line
// below.
func (e *encoder) picture(p *receipt.Bitmap, mode byte) {
	height := p.Height
	for height > 1 && blank(p, height-1) {
		height--
	}
	for y := 0; y < height; y += pins {
		if y > 0 {
			e.put(esc, 'J', pins) // on by a pass
		}
		e.pass(p, y, mode)
	}
	e.put('\r', '\n')
}

// pass prints 24 rows; white paper on the right is left out.
func (e *encoder) pass(p *receipt.Bitmap, y int, mode byte) {
	data := make([]byte, 0, 3*p.Width)
	used := 0
	for x := range p.Width {
		var col [3]byte
		for dy := range pins {
			if p.Black(x, y+dy) {
				col[dy/8] |= 0x80 >> (dy % 8)
			}
		}
		data = append(data, col[:]...)
		if col != [3]byte{} {
			used = x + 1
		}
	}
	if used == 0 {
		return
	}
	e.put(esc, '*', mode, byte(used), byte(used>>8))
	e.b.Write(data[:3*used])
	e.put('\r')
}

func blank(p *receipt.Bitmap, y int) bool {
	row := p.Bits[y*p.Stride() : (y+1)*p.Stride()]
	return len(bytes.Trim(row, "\x00")) == 0
}
