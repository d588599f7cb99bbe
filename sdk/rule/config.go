package rule

import "unicode/utf8"

// Value is a part of a configuration: a small JSON reader, since encoding/json
// would add a megabyte to a guest. The zero Value is an absent one; every
// accessor answers its default for what is absent or of another type, because
// the host has checked the configuration against the pack's schema. The accessors
// are not inlined: a pack calls them a hundred times, and configures rarely.
type Value struct {
	kind   byte // 0 absent, 'n' number, 's' string, 't' true, 'f' false, '0' null, '[' or '{'
	text   string
	keys   []string
	values []Value
}

// ErrConfig answers for bytes that are no JSON, or deeper or larger than a
// configuration may be.
var ErrConfig error = failure("malformed configuration")

const maxConfigDepth = 16

// ParseConfig reads a configuration. Empty bytes are an empty object. Fault: ErrConfig.
func ParseConfig(b []byte) (Value, error) {
	p := parser{b: b}
	p.space()
	if p.at == len(b) {
		return Value{kind: '{'}, nil
	}
	v := p.value(0)
	p.space()
	if p.bad || p.at != len(b) || !utf8.Valid(b) { // JSON is UTF-8
		return Value{}, ErrConfig
	}
	return v, nil
}

// Get is the member of an object; absent where there is none.
//
//go:noinline
func (v Value) Get(key string) Value {
	for i := range v.keys {
		if v.keys[i] == key {
			return v.values[i]
		}
	}
	return Value{}
}

// Items are the elements of an array.
func (v Value) Items() []Value {
	if v.kind != '[' {
		return nil
	}
	return v.values
}

// List is the elements of the array under key.
//
//go:noinline
func (v Value) List(key string) []Value { return v.Get(key).Items() }

// Bool is the flag under key.
//
//go:noinline
func (v Value) Bool(key string, absent bool) bool {
	switch v.Get(key).kind {
	case 't':
		return true
	case 'f':
		return false
	}
	return absent
}

// Text is the string under key.
//
//go:noinline
func (v Value) Text(key, absent string) string {
	if x := v.Get(key); x.kind == 's' {
		return x.text
	}
	return absent
}

// Str is v itself as a string; "" where it is none.
//
//go:noinline
func (v Value) Str() string {
	if v.kind == 's' {
		return v.text
	}
	return ""
}

// Int is the whole number under key.
//
//go:noinline
func (v Value) Int(key string, absent int64) int64 {
	if n, ok := v.Get(key).scaled(0); ok {
		return n
	}
	return absent
}

// Amount is the money under key, in minor units.
//
//go:noinline
func (v Value) Amount(key string, absent Amount) Amount { return Amount(v.Int(key, int64(absent))) }

// Percent is the percentage under key as a rate: 12.5 is 125000.
//
//go:noinline
func (v Value) Percent(key string, absent Rate) Rate {
	if n, ok := v.Get(key).scaled(4); ok {
		return Rate(n)
	}
	return absent
}

// Scaled is the decimal under key times 10^digits; digits beyond are cut off.
//
//go:noinline
func (v Value) Scaled(key string, digits int, absent int64) int64 {
	if n, ok := v.Get(key).scaled(digits); ok {
		return n
	}
	return absent
}

func (v Value) scaled(digits int) (int64, bool) {
	if v.kind != 'n' {
		return 0, false
	}
	s, neg := v.text, false
	if s[0] == '-' {
		s, neg = s[1:], true
	}
	var n int64
	seen, after := false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '.':
			seen = true
		case seen && after == digits:
		default:
			n = n*10 + int64(c-'0')
			if seen {
				after++
			}
			if n > Max {
				return 0, false
			}
		}
	}
	for ; after < digits; after++ {
		if n *= 10; n > Max {
			return 0, false
		}
	}
	if neg {
		n = -n
	}
	return n, true
}

type parser struct {
	b   []byte
	at  int
	bad bool
}

func (p *parser) space() {
	for p.at < len(p.b) && (p.b[p.at] == ' ' || p.b[p.at] == '\n' || p.b[p.at] == '\t' || p.b[p.at] == '\r') {
		p.at++
	}
}

func (p *parser) fail() Value {
	p.bad = true
	p.at = len(p.b)
	return Value{}
}

// take consumes c after white space.
func (p *parser) take(c byte) bool {
	p.space()
	if p.at < len(p.b) && p.b[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) value(depth int) Value {
	p.space()
	if p.at >= len(p.b) || depth > maxConfigDepth {
		return p.fail()
	}
	switch c := p.b[p.at]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		return Value{kind: 's', text: p.str()}
	case c == 't':
		return p.word("true", 't')
	case c == 'f':
		return p.word("false", 'f')
	case c == 'n':
		return p.word("null", '0')
	}
	return p.number()
}

func (p *parser) word(w string, kind byte) Value {
	if len(p.b)-p.at < len(w) || string(p.b[p.at:p.at+len(w)]) != w {
		return p.fail()
	}
	p.at += len(w)
	return Value{kind: kind}
}

func (p *parser) object(depth int) Value {
	v := Value{kind: '{'}
	p.at++
	if p.take('}') {
		return v
	}
	for {
		p.space()
		if p.at >= len(p.b) || p.b[p.at] != '"' {
			return p.fail()
		}
		key := p.str()
		if !p.take(':') {
			return p.fail()
		}
		v.keys, v.values = append(v.keys, key), append(v.values, p.value(depth+1))
		if p.take('}') {
			return v
		}
		if !p.take(',') {
			return p.fail()
		}
	}
}

func (p *parser) array(depth int) Value {
	v := Value{kind: '['}
	p.at++
	if p.take(']') {
		return v
	}
	for {
		v.values = append(v.values, p.value(depth+1))
		if p.take(']') {
			return v
		}
		if !p.take(',') {
			return p.fail()
		}
	}
}

// number accepts plain decimals; an exponent is refused, nobody enters one.
func (p *parser) number() Value {
	start, digits, dots := p.at, 0, 0
	for ; p.at < len(p.b); p.at++ {
		c := p.b[p.at]
		switch {
		case c == '-' && p.at == start:
		case c == '.' && digits > 0 && dots == 0:
			dots++
		case c >= '0' && c <= '9':
			digits++
		case c == 'e' || c == 'E' || c == '+' || c == '-' || c == '.':
			return p.fail()
		default:
			goto done
		}
	}
done:
	if digits == 0 || digits > 19 || p.b[p.at-1] == '.' {
		return p.fail()
	}
	return Value{kind: 'n', text: string(p.b[start:p.at])}
}

func (p *parser) str() string {
	p.at++
	start := p.at
	for p.at < len(p.b) && p.b[p.at] != '"' && p.b[p.at] != '\\' && p.b[p.at] >= ' ' {
		p.at++
	}
	out := append([]byte(nil), p.b[start:p.at]...)
	for p.at < len(p.b) {
		c := p.b[p.at]
		p.at++
		switch {
		case c == '"':
			return string(out)
		case c < ' ':
			p.fail()
		case c != '\\':
			out = append(out, c)
		case p.at == len(p.b):
			p.fail()
		default:
			out = p.escape(out)
		}
	}
	p.fail()
	return ""
}

func (p *parser) escape(out []byte) []byte {
	c := p.b[p.at]
	p.at++
	switch c {
	case '"', '\\', '/':
		return append(out, c)
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'u':
		r := p.hex()
		if r >= 0xd800 && r < 0xdc00 && p.at+1 < len(p.b) && p.b[p.at] == '\\' && p.b[p.at+1] == 'u' {
			p.at += 2
			if low := p.hex(); low >= 0xdc00 && low < 0xe000 {
				return utf8.AppendRune(out, (r-0xd800)<<10+(low-0xdc00)+0x10000)
			}
			return utf8.AppendRune(out, utf8.RuneError)
		}
		return utf8.AppendRune(out, r)
	}
	p.fail()
	return out
}

func (p *parser) hex() rune {
	if len(p.b)-p.at < 4 {
		p.fail()
		return 0
	}
	var r rune
	for i := 0; i < 4; i++ {
		c := p.b[p.at]
		p.at++
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			p.fail()
			return 0
		}
	}
	return r
}
