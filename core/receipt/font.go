package receipt

import (
	"bytes"
	"compress/flate"
	_ "embed" // the font file
	"encoding/binary"
	"io"
	"sort"
	"sync"
	"unicode"
)

// GNU Unifont, see font/README.md for its origin and licence.
//
//go:embed font/unifont.bin
var fontFile []byte

type fontSpan struct {
	first rune
	count int
	width int // 8 or 16 dots
	at    int // offset of the first bitmap
}

type bitmapFont struct {
	spans []fontSpan
	bits  []byte
}

// font unpacks the glyphs (1.8 MB) at the first use.
var font = sync.OnceValue(func() *bitmapFont {
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(fontFile)))
	if err != nil {
		panic("receipt: the embedded font is damaged: " + err.Error())
	}
	next := func() int {
		v, n := binary.Uvarint(raw)
		if n <= 0 {
			panic("receipt: the embedded font is damaged")
		}
		raw = raw[n:]
		return int(v)
	}
	f := &bitmapFont{spans: make([]fontSpan, next())}
	at := 0
	for i := range f.spans {
		f.spans[i] = fontSpan{rune(next()), next(), next(), at}
		at += f.spans[i].count * f.spans[i].width * 2
	}
	if len(raw) != at {
		panic("receipt: the embedded font is damaged")
	}
	f.bits = raw
	return f
})

// glyph answers the sixteen rows of a character, the left dot in bit 15, and
// its width in dots. A character that the font lacks is a box with its code
// point in it, so that the paper still says what was meant.
func (f *bitmapFont) glyph(r rune) (rows [16]uint16, width int) {
	i := sort.Search(len(f.spans), func(i int) bool { return f.spans[i].first > r }) - 1
	if i < 0 || int(r-f.spans[i].first) >= f.spans[i].count {
		return boxed(r), 16
	}
	s := f.spans[i]
	at := s.at + int(r-s.first)*s.width*2
	for y := range rows {
		if s.width == 8 {
			rows[y] = uint16(f.bits[at+y]) << 8
		} else {
			rows[y] = uint16(f.bits[at+2*y])<<8 | uint16(f.bits[at+2*y+1])
		}
	}
	return rows, s.width
}

// tinyHex is 0-F in 3 by 5 dots, five rows of three bits.
var tinyHex = [16]uint16{
	0b111_101_101_101_111, 0b010_110_010_010_111, 0b111_001_111_100_111, 0b111_001_111_001_111,
	0b101_101_111_001_001, 0b111_100_111_001_111, 0b111_100_111_101_111, 0b111_001_010_010_010,
	0b111_101_111_101_111, 0b111_101_111_001_111, 0b010_101_111_101_101, 0b110_101_110_101_110,
	0b011_100_100_100_011, 0b110_101_101_101_110, 0b111_100_110_100_111, 0b111_100_110_100_100,
}

// boxed draws a frame with the code point in two lines of three digits.
func boxed(r rune) (rows [16]uint16) {
	for y := 1; y < 15; y++ {
		rows[y] = 0b0100_0000_0000_0010
	}
	rows[1], rows[14] = 0b0111_1111_1111_1110, 0b0111_1111_1111_1110
	for i := range 6 {
		d := tinyHex[uint32(r)>>(4*(5-i))&15]
		x, y := 3+4*(i%3)-1, 3+6*(i/3)-1
		for row := range 5 {
			bits := d >> (3 * (4 - row)) & 7
			rows[y+row+1] |= bits << (16 - 3 - x - 1)
		}
	}
	return rows
}

// zeroWidth reports whether a character is drawn over the one before it.
func zeroWidth(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me) || r == 0x200B || r == 0x200D || r >= 0xFE00 && r <= 0xFE0F
}

// GlyphCells is how many cells a character takes in the picture: 0, 1 or 2.
func GlyphCells(r rune) int {
	if zeroWidth(r) {
		return 0
	}
	_, w := font().glyph(r)
	return w / 8
}
