package sim

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/shopwright/shopwright/core/receipt"
)

// DotPage is what stands on a form of a dot matrix printer, or on paper
// without forms up to now.
type DotPage struct {
	Lines   []string        // from the top; text at its place, two cells for a Chinese character
	Picture *receipt.Bitmap // what was sent as dots, at 180 an inch both ways
}

// Text is the page's lines as one text, without its empty end.
func (p DotPage) Text() string { return strings.TrimRight(strings.Join(p.Lines, "\n"), "\n ") }

// DotPrinter is a 24-pin printer (ESC/P) on a TCP port. It reads the stream by
// the printer's manual and notes what it does not know.
type DotPrinter struct {
	*printerPort

	mu      sync.Mutex
	pages   []DotPage
	unknown []string
	raw     []byte

	paper dotPaper
	rest  []byte // a command of which the end has not come yet
	han   bool
	form  int // lines of a form, 0 = none
}

// dotPaper is the form under the head, in dots of 1/180 inch.
type dotPaper struct {
	text map[int][]placed // by vertical place
	dots map[[2]int]bool
	x, y int
	used bool
}

type placed struct {
	x int
	s string
	w int
}

const (
	dotCell = 18 // ten characters an inch
	dotLine = 30 // six lines an inch
)

// NewDotPrinter listens on a free port.
func NewDotPrinter() (*DotPrinter, error) {
	p := &DotPrinter{}
	p.clear()
	port, err := listen(p.serve)
	p.printerPort = port
	return p, err
}

// Pages answers the forms that came out, and the one under the head where
// anything is on it.
func (p *DotPrinter) Pages() []DotPage {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := append([]DotPage(nil), p.pages...)
	if p.paper.used {
		out = append(out, p.page())
	}
	return out
}

// Raw answers every byte that came.
func (p *DotPrinter) Raw() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.raw)
}

// Unknown answers the commands that the printer did not know.
func (p *DotPrinter) Unknown() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.unknown...)
}

func (p *DotPrinter) serve(c net.Conn) {
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		p.mu.Lock()
		p.raw = append(p.raw, buf[:n]...)
		p.rest = append(p.rest, buf[:n]...)
		for len(p.rest) > 0 {
			k := p.step(p.rest)
			if k == 0 {
				break
			}
			p.rest = p.rest[k:]
		}
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *DotPrinter) clear() {
	p.paper = dotPaper{text: map[int][]placed{}, dots: map[[2]int]bool{}}
}

// step does one command and answers its length; 0 where more must come.
func (p *DotPrinter) step(b []byte) int {
	switch c := b[0]; {
	case c == '\r':
		p.paper.x = 0
	case c == '\n':
		p.down(dotLine)
	case c == '\f':
		p.eject()
	case c == 0x1b:
		return p.escape(b)
	case c == 0x1c:
		return p.chinese(b)
	case c < ' ':
		p.unknown = append(p.unknown, fmt.Sprintf("%#x", c))
	case c >= 0x81 && p.han:
		if len(b) < 2 {
			return 0
		}
		s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b[:2])
		if err != nil {
			p.unknown = append(p.unknown, fmt.Sprintf("% x", b[:2]))
		}
		p.print(string(s), 2)
		return 2
	default:
		p.print(string(rune(c)), 1)
	}
	return 1
}

func (p *DotPrinter) print(s string, cells int) {
	p.paper.text[p.paper.y] = append(p.paper.text[p.paper.y], placed{p.paper.x, s, cells})
	p.paper.x += cells * dotCell
	p.paper.used = true
}

func (p *DotPrinter) down(dots int) {
	p.paper.y += dots
	p.paper.used = true
	if p.form > 0 && p.paper.y >= p.form*dotLine {
		rest, x := p.paper.y-p.form*dotLine, p.paper.x
		p.eject()
		p.paper.y, p.paper.x = rest, x
	}
}

func (p *DotPrinter) eject() {
	p.pages = append(p.pages, p.page())
	p.clear()
}

// lengths of the commands that only set something, after ESC.
var dotSettings = map[byte]int{'@': 2, 'P': 2, '2': 2, 'O': 2, 'G': 2, 'E': 2, 'F': 2, 'U': 3, 'C': 3, 'J': 3, '$': 4}

func (p *DotPrinter) escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	if b[1] == '*' {
		return p.graphics(b)
	}
	n, ok := dotSettings[b[1]]
	if !ok {
		p.unknown = append(p.unknown, fmt.Sprintf("ESC %q", b[1]))
		return 2
	}
	if len(b) < n {
		return 0
	}
	switch b[1] {
	case '@':
		p.han, p.form = false, 0
	case 'C':
		p.form = int(b[2])
	case 'J':
		p.down(int(b[2]))
	case '$':
		p.paper.x = (int(b[2]) | int(b[3])<<8) * 3
	}
	return n
}

func (p *DotPrinter) chinese(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '&', '.':
		p.han = b[1] == '&'
		return 2
	case 'S':
		if len(b) < 4 {
			return 0
		}
		return 4
	}
	p.unknown = append(p.unknown, fmt.Sprintf("FS %q", b[1]))
	return 2
}

// graphics prints a pass of 24 pins.
func (p *DotPrinter) graphics(b []byte) int {
	if len(b) < 5 {
		return 0
	}
	columns := int(b[3]) | int(b[4])<<8
	n := 5 + 3*columns
	if len(b) < n {
		return 0
	}
	across := map[byte]int{33: 3, 39: 2}[b[2]] // half dots of 1/180 inch
	if across == 0 {
		p.unknown = append(p.unknown, fmt.Sprintf("ESC * %d", b[2]))
		return n
	}
	for i := range columns {
		for dy := range 24 {
			if b[5+3*i+dy/8]&(0x80>>(dy%8)) != 0 {
				p.paper.dots[[2]int{p.paper.x + i*across/2, p.paper.y + dy}] = true
			}
		}
	}
	p.paper.x += columns * across / 2
	p.paper.used = true
	return n
}

// page reads the paper: text by its place, dots as a picture.
func (p *DotPrinter) page() DotPage {
	var out DotPage
	last := p.paper.y / dotLine
	for y := range p.paper.text {
		last = max(last, y/dotLine)
	}
	for row := range last + 1 {
		var cells []string
		for y := row * dotLine; y < (row+1)*dotLine; y++ {
			for _, t := range p.paper.text[y] {
				for len(cells) < t.x/dotCell+t.w {
					cells = append(cells, " ")
				}
				cells[t.x/dotCell] = t.s
				for i := 1; i < t.w; i++ {
					cells[t.x/dotCell+i] = ""
				}
			}
		}
		out.Lines = append(out.Lines, strings.Join(cells, ""))
	}
	w, h := 0, 0
	for d := range p.paper.dots {
		w, h = max(w, d[0]+1), max(h, d[1]+1)
	}
	if w > 0 {
		const margin = 40
		out.Picture = receipt.NewBitmap(w+2*margin, h+2*margin)
		for d := range p.paper.dots {
			out.Picture.Set(d[0]+margin, d[1]+margin)
		}
	}
	return out
}
