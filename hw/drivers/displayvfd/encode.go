package displayvfd

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/width"

	"github.com/shopwright/shopwright/sdk/driver"
)

const (
	esc = 0x1b
	us  = 0x1f
	clr = 0x0c
)

// ledDigits is how many digits a display of digits has.
const ledDigits = 8

// hello is what a display gets after it was connected.
func (s settings) hello() []byte {
	if s.Kind == digits {
		return []byte{esc, '@', clr, esc, 's', '0'}
	}
	return []byte{esc, '@', us, 'C', 0, us, 1, clr} // no cursor; overwrite, do not scroll
}

// dark is what clears it.
func (s settings) dark() []byte {
	if s.Kind == digits {
		return []byte{clr, esc, 's', '0'}
	}
	return []byte{clr}
}

var lamps = map[driver.ShowKind]byte{driver.ShowText: '0', driver.ShowPrice: '1', driver.ShowTotal: '2', driver.ShowPaid: '3', driver.ShowChange: '4'}

// show is what shows something; fits is false where the display cannot show it.
func (s settings) show(v driver.Shown) (b []byte, fits bool) {
	if s.Kind == digits {
		return s.number(v)
	}
	lines := v.Lines
	if len(lines) == 0 { // the amount alone, at the lower right
		lines = make([]string, s.Lines)
		lines[s.Lines-1] = strings.Repeat(" ", max(s.Columns-len(v.Amount), 0)) + v.Amount
	}
	for y := range s.Lines {
		text := ""
		if y < len(lines) {
			text = lines[y]
		}
		b = append(append(b, us, '$', 1, byte(y+1)), s.fit(text)...)
	}
	return b, true
}

var amount = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// number shows an amount with its lamp. The point takes no place of its own.
func (s settings) number(v driver.Shown) (b []byte, fits bool) {
	a := strings.ReplaceAll(strings.TrimSpace(v.Amount), ",", "")
	if a == "" {
		return s.dark(), true
	}
	if !amount.MatchString(a) || len(strings.Replace(a, ".", "", 1)) > ledDigits {
		return s.dark(), false // a part of it, or the one before, would be wrong
	}
	lamp, ok := lamps[v.Kind]
	if !ok {
		lamp = '0'
	}
	return append(append([]byte{esc, 's', lamp, esc, 'Q', 'A'}, a...), '\r'), true
}

// fit encodes a line, cut or filled with blanks to the display's width. In both
// encodings a character takes as many cells as bytes.
func (s settings) fit(text string) []byte {
	out := make([]byte, 0, s.Columns)
	for _, r := range strings.ToValidUTF8(text, "?") {
		c := s.encode(r)
		if len(out)+len(c) > s.Columns {
			break
		}
		out = append(out, c...)
	}
	return append(out, bytes.Repeat([]byte{' '}, s.Columns-len(out))...)
}

func (s settings) encode(r rune) []byte {
	switch {
	case r == '\t' || r == '\n' || r == '\u00a0':
		return []byte{' '}
	case unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r):
		return nil
	case r < 0x80:
		return []byte{byte(r)}
	}
	if s.Encoding == gb18030 {
		if r == '\u00a5' {
			r = '\uffe5' // displays have the full-width yuan sign alone
		}
		b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(string(r)))
		if err == nil && len(b) == 2 {
			return b
		}
		return []byte{'?'}
	}
	if n := []rune(width.Narrow.String(string(r))); len(n) == 1 {
		r = n[0]
	}
	if b, ok := charmap.CodePage437.EncodeRune(r); ok && b >= 0x20 {
		return []byte{b}
	}
	return []byte{'?'}
}
