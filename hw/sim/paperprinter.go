package sim

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/shopwright/shopwright/core/receipt"
)

// Paper is what stands on a piece of paper of an ESC/POS printer, up to a cut.
type Paper struct {
	Lines    []string // text from the top; codes as "[QR …]", "[EAN13 …]", pictures as "[picture 384x26]"
	QR       []string
	Barcodes []string
	Pictures []*receipt.Bitmap // what was sent as dots
	Whole    bool              // a cut ended it
	Kicks    int               // pulses to the drawer
	Unknown  []string          // commands that the printer does not know
}

// Text is the lines as one text.
func (p Paper) Text() string { return strings.Join(p.Lines, "\n") }

// Papers answers what the printer has on paper, piece by piece.
func (p *NetPrinter) Papers() []Paper { return ReadPaper(bytes.Join(p.Jobs(), nil)) }

// ReadPaper reads a stream of ESC/POS as a printer with a Chinese font does, by
// the language's manual.
func ReadPaper(stream []byte) []Paper {
	r := paperReader{rest: stream}
	for len(r.rest) > 0 {
		r.step()
	}
	r.feed(0)
	if len(r.paper.Lines)+r.paper.Kicks+len(r.paper.Unknown) > 0 {
		r.done = append(r.done, r.paper)
	}
	return r.done
}

type paperReader struct {
	rest  []byte
	done  []Paper
	paper Paper
	line  []byte
	qr    string // stored, not printed yet
}

// next takes n bytes; the stream may end inside a command.
func (r *paperReader) next(n int) []byte {
	out := make([]byte, n)
	k := copy(out, r.rest)
	r.rest = r.rest[k:]
	return out
}

// data takes n bytes, or what there is.
func (r *paperReader) data(n int) []byte { return r.next(min(n, len(r.rest))) }

// feed ends the line under the head and moves on.
func (r *paperReader) feed(lines int) {
	if len(r.line) > 0 {
		s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(r.line)
		if err != nil {
			s = fmt.Appendf(nil, "% x", r.line)
		}
		r.put(string(s))
		r.line, lines = nil, lines-1
	}
	for range lines {
		r.put("")
	}
}

func (r *paperReader) put(s string) { r.paper.Lines = append(r.paper.Lines, s) }

func (r *paperReader) unknown(b ...byte) {
	r.paper.Unknown = append(r.paper.Unknown, fmt.Sprintf("% x", b))
}

func (r *paperReader) step() {
	switch c := r.next(1)[0]; {
	case c == '\n':
		r.feed(1)
	case c == 0x1b:
		r.esc()
	case c == 0x1c:
		if k := r.next(1)[0]; k != '&' && k != '.' {
			r.unknown(c, k)
		}
	case c == 0x1d:
		r.gs()
	case c < ' ':
		r.unknown(c)
	case c >= 0x81 && len(r.rest) > 0:
		r.line = append(r.line, c, r.next(1)[0])
	default:
		r.line = append(r.line, c)
	}
}

func (r *paperReader) esc() {
	switch k := r.next(1)[0]; k {
	case '@':
	case 'R', 'a', 'E', 't':
		r.next(1)
	case 'd':
		r.feed(int(r.next(1)[0]))
	case 'p':
		r.next(3)
		r.paper.Kicks++
	default:
		r.unknown(0x1b, k)
	}
}

func (r *paperReader) gs() {
	switch k := r.next(1)[0]; k {
	case '!', 'h', 'w', 'H':
		r.next(1)
	case 'V':
		r.next(2)
		r.feed(0)
		r.paper.Whole = true
		r.done, r.paper = append(r.done, r.paper), Paper{}
	case 'k':
		h := r.next(2)
		data := strings.ReplaceAll(strings.TrimPrefix(string(r.data(int(h[1]))), "{B"), "{{", "{")
		r.paper.Barcodes = append(r.paper.Barcodes, data)
		r.put("[" + map[byte]string{67: "EAN13", 73: "Code128"}[h[0]] + " " + data + "]")
	case 'v':
		h := r.next(6)
		stride, rows := int(h[2])|int(h[3])<<8, int(h[4])|int(h[5])<<8
		r.feed(0)
		r.put(fmt.Sprintf("[picture %dx%d]", stride*8, rows))
		r.paper.Pictures = append(r.paper.Pictures, &receipt.Bitmap{Width: stride * 8, Height: rows, Bits: r.data(stride * rows)})
	case '(':
		h := r.next(3)
		body := r.data(int(h[1]) | int(h[2])<<8)
		switch {
		case h[0] != 'k' || len(body) < 2:
			r.unknown(0x1d, k, h[0])
		case body[1] == 80 && len(body) > 3:
			r.qr = string(body[3:])
		case body[1] == 81:
			r.paper.QR = append(r.paper.QR, r.qr)
			r.put("[QR " + r.qr + "]")
		}
	default:
		r.unknown(0x1d, k)
	}
}
