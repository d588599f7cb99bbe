package labelzpl

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/shopwright/shopwright/core/receipt"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// Resolutions are the dots of a millimetre for each resolution in dots an inch.
var Resolutions = map[int]int{203: 8, 300: 12, 600: 24}

// maxSide is the longest side of a label in tenths of a millimetre.
const maxSide = 5000

// usualHeight is a letter's where a text names none, in tenths of a millimetre.
const usualHeight = 30

type encoder struct {
	b     bytes.Buffer
	dpmm  int
	width int // dots
}

// Encode makes the bytes that print a label a number of times. Its errors are
// for the shop: they say what cannot be printed.
func Encode(l *hwv1.Label, copies, dpi int) ([]byte, error) {
	e := encoder{dpmm: Resolutions[dpi]}
	switch {
	case e.dpmm == 0:
		return nil, fmt.Errorf("%d dots an inch are not known", dpi)
	case l.GetWidth() < 1 || l.GetHeight() < 1 || l.GetWidth() > maxSide || l.GetHeight() > maxSide:
		return nil, errors.New("a label is at most 500 mm wide and long")
	case copies < 1 || copies > 9999:
		return nil, errors.New("a label is printed 1 to 9999 times")
	}
	e.width = e.dots(l.GetWidth())
	fmt.Fprintf(&e.b, "^XA^CI28^LH0,0^PW%d^LL%d\n", e.width, e.dots(l.GetHeight()))
	for _, it := range l.GetItems() {
		if it.GetX() < 0 || it.GetY() < 0 || it.GetX() > l.GetWidth() || it.GetY() > l.GetHeight() {
			return nil, errors.New("a part of the label lies outside it")
		}
		x, y := e.dots(it.GetX()), e.dots(it.GetY())
		switch k := it.GetKind().(type) {
		case *hwv1.LabelItem_Text:
			e.text(x, y, k.Text)
		case *hwv1.LabelItem_Code:
			if err := e.code(x, y, k.Code); err != nil {
				return nil, err
			}
		}
	}
	fmt.Fprintf(&e.b, "^PQ%d\n^XZ\n", copies)
	return e.b.Bytes(), nil
}

// dots are a length's, at least one where it is any.
func (e *encoder) dots(tenths int32) int {
	if tenths <= 0 {
		return 0
	}
	return max(int(tenths)*e.dpmm/10, 1)
}

func (e *encoder) text(x, y int, t *hwv1.LabelText) {
	h := t.GetHeight()
	if h <= 0 {
		h = usualHeight
	}
	high := max(e.dots(min(h, maxSide)), 10) // smaller, no letter is a letter
	for line := range strings.SplitSeq(t.GetText(), "\n") {
		if line = clean(line); line != "" {
			if t.GetBold() || !isASCII(line) {
				e.picture(x, y, letters(line, t.GetBold(), high))
			} else {
				fmt.Fprintf(&e.b, "^FO%d,%d^A0N,%d,0^FH_^FD%s^FS\n", x, y, high, escape(line))
			}
		}
		y += high + high/5
	}
}

// letters draws a line that many dots high.
func letters(line string, bold bool, high int) *receipt.Bitmap {
	style, base := receipt.Style{Bold: bold}, receipt.CellHeight
	if high > 3*receipt.CellHeight/2 {
		style.Size, base = receipt.Large, 2*receipt.CellHeight
	}
	across, _ := style.Size.Scale()
	cells := 0
	for _, r := range line {
		cells += receipt.GlyphCells(r)
	}
	src := receipt.LinePicture(receipt.Line{Text: line, Style: style}, max(cells, 1)*across*receipt.CellWidth, receipt.GlyphCells)
	out := receipt.NewBitmap(max(src.Width*high/base, 1), high)
	for py := range out.Height {
		for px := range out.Width {
			if src.Black(px*base/high, py*base/high) {
				out.Set(px, py)
			}
		}
	}
	return out
}

func (e *encoder) picture(x, y int, p *receipt.Bitmap) {
	fmt.Fprintf(&e.b, "^FO%d,%d^GFA,%d,%d,%d,%X^FS\n", x, y, len(p.Bits), len(p.Bits), p.Stride(), p.Bits)
}

func (e *encoder) code(x, y int, c *hwv1.LabelCode) error {
	content := c.GetContent()
	high := e.dots(c.GetHeight())
	if high < 1 {
		high = 10 * e.dpmm
	}
	switch c.GetSymbology() {
	case string(receipt.EAN13):
		if !validEAN(content) {
			return fmt.Errorf("%q is no EAN-13 number", content)
		}
		w, err := e.bar(x, 95, content)
		if err != nil {
			return err
		}
		fmt.Fprintf(&e.b, "^FO%d,%d^BY%d^BEN,%d,Y,N^FD%s^FS\n", x, y, w, high, content[:12])
	case string(receipt.Code128):
		if content == "" || !isASCII(content) || len(content) > 80 {
			return fmt.Errorf("%q is nothing that Code 128 holds", content)
		}
		w, err := e.bar(x, 11*(len(content)+3)+2, content)
		if err != nil {
			return err
		}
		fmt.Fprintf(&e.b, "^FO%d,%d^BY%d^BCN,%d,Y,N,N^FH_^FD>:%s^FS\n", x, y, w, high, escape(strings.ReplaceAll(content, ">", ">0")))
	case "qr":
		return e.qr(x, y, high, content)
	default:
		return fmt.Errorf("codes of the kind %q are not known", c.GetSymbology())
	}
	return nil
}

// bar answers how many dots wide a bar is, so that so many of them end before
// the label does.
func (e *encoder) bar(x, bars int, content string) (int, error) {
	for w := max(e.dpmm/4, 2); w > 0; w-- {
		if x+bars*w <= e.width {
			return w, nil
		}
	}
	return 0, fmt.Errorf("the label is too narrow for the code of %q", content)
}

// finest is the size of a module in the picture that they are counted in.
const finest = 8

func (e *encoder) qr(x, y, side int, content string) error {
	l := receipt.Layout(receipt.Document{Blocks: []receipt.Block{receipt.QR{Content: content}}}, receipt.Metrics{Columns: 250})
	if content == "" || len(l) == 0 || l[0].Block == nil {
		return errors.New("the content does not fit a QR code")
	}
	p := receipt.LinePicture(l[0], 250*receipt.CellWidth, receipt.GlyphCells)
	left, right := p.Width, 0
	for py := range p.Height {
		for px := range p.Width {
			if p.Black(px, py) {
				left, right = min(left, px), max(right, px+1)
			}
		}
	}
	modules := (right - left) / finest
	module := min(max(side/modules, 1), 10)
	if x+modules*module > e.width {
		return errors.New("the label is too narrow for its QR code")
	}
	fmt.Fprintf(&e.b, "^FO%d,%d^BQN,2,%d^FH_^FDMA,%s^FS\n", x, y, module, escape(content))
	return nil
}

func validEAN(s string) bool {
	if len(s) != 12 && len(s) != 13 || strings.Trim(s, "0123456789") != "" {
		return false
	}
	if len(s) == 12 {
		return true
	}
	sum := 0
	for i, r := range s[:12] {
		sum += int(r-'0') * (1 + 2*(i%2))
	}
	return int(s[12]-'0') == (10-sum%10)%10
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// clean leaves out what is no letter.
func clean(s string) string {
	return strings.TrimRight(strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.Is(unicode.C, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD")), " ")
}

// escape writes every byte that could be a command, or is none of ASCII, as
// its number; ^FH_ reads it back.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '^' || c == '~' || c == '_' || c == '\\' {
			fmt.Fprintf(&b, "_%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
