package scan

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/shopwright/shopwright/hw/port"
)

// Why something that came is no code.
var (
	ErrLong  = errors.New("longer than a code may be")
	ErrJunk  = errors.New("no characters of a code")
	ErrEmpty = errors.New("nothing between the marks")
	ErrLost  = errors.New("not whole")
)

// Rules say how a scanner marks its codes.
type Rules struct {
	Ends    string        // bytes each of which ends a code; "" = a pause alone
	Pause   time.Duration // without a byte, which ends a code too; 0 = none does
	Longest int           // bytes, with prefix and suffix
	Prefix  string        // stripped where it is there
	Suffix  string
	KeepAIM bool // identifiers are left in the code
}

// Code is what was read.
type Code struct {
	Data      []byte
	Symbology string // "ean13"; "" where the scanner does not say
}

// Clean makes a code of what came between two ends. It answers ErrEmpty or ErrJunk
// where it is none.
func (r Rules) Clean(line []byte) (Code, error) {
	b, symbology := line, ""
	aim := func() {
		if name, n := identifier(b); n > 0 && symbology == "" && !r.KeepAIM {
			symbology, b = name, b[n:]
		}
	}
	aim() // scanners put the identifier before or behind the prefix
	b = bytes.TrimPrefix(b, []byte(r.Prefix))
	aim()
	b = bytes.TrimSuffix(b, []byte(r.Suffix))
	b = bytes.Trim(b, "\r\n\t ")
	if len(b) == 0 {
		return Code{}, ErrEmpty
	}
	if !plausible(b) {
		return Code{}, ErrJunk
	}
	return Code{Data: bytes.Clone(b), Symbology: symbology}, nil
}

// plausible: codes hold text, in UTF-8 or GB18030, and the separators of GS1 and
// ISO 15434. Anything else is noise on the line or a wrong speed.
func plausible(b []byte) bool {
	for _, c := range b {
		if (c < 0x20 && (c < 0x1c || c > 0x1f) && c != 0x04) || c == 0x7f {
			return false
		}
	}
	if utf8.Valid(b) {
		return true
	}
	s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	return err == nil && !bytes.ContainsRune(s, utf8.RuneError)
}

// symbologies are the letters of AIM identifiers; a letter with its modifier goes
// before the letter alone.
var symbologies = map[string]string{
	"A": "code39", "C": "code128", "C1": "gs1-128", "C2": "gs1-128", "E": "ean13", "E4": "ean8", "F": "codabar", "G": "code93", "H": "code11", "I": "itf",
	"L": "pdf417", "M": "msi", "P": "plessey", "Q": "qr", "Q3": "gs1-qr", "R": "itf", "S": "code25", "U": "maxicode", "d": "datamatrix", "d2": "gs1-datamatrix",
	"e": "gs1-databar", "h": "hanxin", "z": "aztec", "z1": "gs1-aztec",
}

// identifier answers the symbology and the length of an AIM identifier at the
// beginning, 0 where there is none.
func identifier(b []byte) (name string, n int) {
	if len(b) < 4 || b[0] != ']' || !alphanumeric(b[2]) {
		return "", 0
	}
	if name, ok := symbologies[string(b[1:3])]; ok {
		return name, 3
	}
	if name, ok := symbologies[string(b[1:2])]; ok {
		return name, 3
	}
	return "", 0
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// Assembler collects bytes to codes. It is for one goroutine.
type Assembler struct {
	Rules
	Got     func(Code)
	Dropped func(why error, length int)

	line []byte
	seen int   // bytes since the last end, with those that were dropped
	why  error // the code under way is to be dropped
}

// Feed takes bytes as they come.
func (a *Assembler) Feed(b []byte) {
	for _, c := range b {
		if strings.IndexByte(a.Ends, c) >= 0 {
			a.end()
			continue
		}
		a.seen++
		if a.seen > a.Longest {
			a.line, a.why = a.line[:0], ErrLong
			continue
		}
		a.line = append(a.line, c)
	}
}

// Open reports whether a code is under way.
func (a *Assembler) Open() bool { return a.seen > 0 || a.why != nil }

// Spoil drops the code that is under way: something of it was lost.
func (a *Assembler) Spoil() { a.why = ErrLost }

// Paused tells that nothing came for the time of Pause: the code is over.
func (a *Assembler) Paused() { a.end() }

// Forget drops what is under way without a word: the device was unplugged.
func (a *Assembler) Forget() { a.line, a.seen, a.why = a.line[:0], 0, nil }

func (a *Assembler) end() {
	line, n, why := a.line, a.seen, a.why
	a.Forget()
	if n == 0 && why == nil {
		return // CR LF: the second of two ends
	}
	var code Code
	if why == nil {
		code, why = a.Clean(line)
	}
	switch {
	case why == nil:
		a.Got(code)
	case !errors.Is(why, ErrEmpty):
		a.Dropped(why, n)
	}
}

// Run feeds the assembler from a connection until that or ctx ends, and answers why.
// translate makes bytes of a code of what comes; nil where it is that already.
func (a *Assembler) Run(ctx context.Context, c *port.Conn, translate func([]byte) []byte) error {
	defer a.Forget()
	for {
		reading, cancel := ctx, context.CancelFunc(func() {})
		if a.Open() && a.Pause > 0 {
			reading, cancel = context.WithTimeout(ctx, a.Pause)
		}
		b, err := c.Read(reading)
		cancel()
		switch {
		case errors.Is(err, port.ErrSilent) && ctx.Err() == nil:
			a.Paused()
			continue
		case err != nil:
			return err
		case len(b) == 0:
			return io.ErrNoProgress
		}
		if translate != nil {
			b = translate(b)
		}
		a.Feed(b)
	}
}
