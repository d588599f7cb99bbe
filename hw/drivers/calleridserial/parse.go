package calleridserial

import (
	"regexp"
	"strings"
)

// sign is what a device says of a call.
type sign struct {
	ring   bool
	hidden bool   // a call whose number is hidden
	number string // of a call; "" where only its ring was told
}

// The lengths of numbers that are taken.
const (
	shortest = 3
	longest  = 20
)

// number keeps the digits, and a plus sign at the front.
func number(s string) string {
	s = strings.TrimSpace(s)
	plus := strings.HasPrefix(s, "+")
	s = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if len(s) < shortest || len(s) > longest {
		return ""
	}
	if plus {
		s = "+" + s
	}
	return s
}

// scrubbed is a number as it may be logged.
func scrubbed(n string) string {
	if len(n) <= 4 {
		return "…"
	}
	return "…" + n[len(n)-4:]
}

var (
	reported = regexp.MustCompile(`(?:^|\s)(?:NMBR|CID|CALLER|DDN_NMBR)\s*[=:]\s*(.*?)(?:\s+(?:NAME|DATE|TIME)\s*=.*)?$`)
	clip     = regexp.MustCompile(`^\+CLIP:\s*"([^"]*)"`)
	withheld = regexp.MustCompile(`^(P|O|PRIVATE|UNAVAILABLE|ANONYMOUS|UNKNOWN|OUT OF AREA)?$`)
	groups   = regexp.MustCompile(`\+?[0-9]+`)
)

// modem reads a line of a modem.
func modem(line string) (sign, bool) {
	line = strings.ToUpper(strings.TrimSpace(line))
	if line == "RING" || strings.HasPrefix(line, "+CRING") {
		return sign{ring: true}, true
	}
	m := reported.FindStringSubmatch(line)
	if m == nil {
		m = clip.FindStringSubmatch(line)
	}
	if m == nil {
		return sign{}, false
	}
	if n := number(m[1]); n != "" {
		return sign{number: n}, true
	}
	return sign{hidden: true}, withheld.MatchString(strings.TrimSpace(m[1]))
}

// box reads what a box sends up to its end.
func box(line string) (sign, bool) {
	line = strings.ToUpper(strings.TrimSpace(line))
	if line == "RING" {
		return sign{ring: true}, true
	}
	if line != "" && withheld.MatchString(line) {
		return sign{hidden: true}, true
	}
	all := groups.FindAllString(line, -1)
	if len(all) == 0 {
		return sign{}, false
	}
	n := number(all[len(all)-1])
	return sign{number: n}, n != ""
}

// The messages and parameters of caller-id frames.
const (
	single   = 0x04
	multiple = 0x80

	paramNumber = 0x02
	paramHidden = 0x04
)

// network reads caller-id frames from bytes as they come.
type network struct{ rest []byte }

func (f *network) feed(b []byte) (out []sign) {
	f.rest = append(f.rest, b...)
	for {
		for len(f.rest) > 0 && f.rest[0] != single && f.rest[0] != multiple {
			f.rest = f.rest[1:] // the marks before a frame, or noise
		}
		if len(f.rest) < 2 || len(f.rest) < int(f.rest[1])+3 {
			return out
		}
		n := int(f.rest[1])
		var sum byte
		for _, c := range f.rest[:n+3] {
			sum += c
		}
		if sum != 0 {
			f.rest = f.rest[1:]
			continue
		}
		if s, ok := message(f.rest[0], f.rest[2:n+2]); ok {
			out = append(out, s)
		}
		f.rest = f.rest[n+3:]
	}
}

func message(kind byte, body []byte) (sign, bool) {
	if kind == single {
		if len(body) < 9 { // month, day, hour, minute, then the number or why not
			return sign{}, false
		}
		return told(string(body[8:]))
	}
	for len(body) >= 2 && len(body) >= 2+int(body[1]) {
		what, value := body[0], body[2:2+int(body[1])]
		switch what {
		case paramNumber:
			return told(string(value))
		case paramHidden:
			return sign{hidden: true}, true
		}
		body = body[2+len(value):]
	}
	return sign{}, false
}

func told(s string) (sign, bool) {
	if n := number(s); n != "" {
		return sign{number: n}, true
	}
	return sign{hidden: true}, withheld.MatchString(strings.TrimSpace(s))
}
