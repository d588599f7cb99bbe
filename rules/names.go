package rules

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxName = 160 // bytes of a function's name that are kept

// nameSection answers a custom section with the names of the functions, so that
// a trap in the log says where it came from. The rewriting keeps the indices of
// functions. The section is built anew: the runtime's decoder allocates what a
// count claims, and a name may hold anything. Nil where there is none or it is
// malformed, which refuses nothing.
func (m *module) nameSection() []byte {
	if m.names == nil {
		return nil
	}
	names, n := m.functionNames()
	if n == 0 {
		return nil
	}
	names = append(putU(nil, uint64(n)), names...)
	body := append(putU(nil, 4), "name"...)
	body = append(body, 1)
	body = putU(body, uint64(len(names)))
	return append(body, names...)
}

// functionNames answers the entries that are kept, and how many.
func (m *module) functionNames() (out []byte, n int) {
	var err error
	func() {
		defer guard(&err)
		for r := (&scan{m.names, 0}); r.p < len(r.b); {
			kind, body := r.byte(), r.bytes(r.u32())
			if kind != 1 || n > 0 {
				continue
			}
			in, next := &scan{body, 0}, uint32(0)
			for left := in.count(); left > 0; left-- {
				i, name := in.u32(), in.name()
				if i < next || int64(i) >= int64(len(m.funcs)) {
					malformed("names")
				}
				next = i + 1
				name = printable(name, maxName)
				out = putU(out, uint64(i))
				out = append(putU(out, uint64(len(name))), name...)
				n++
			}
		}
	}()
	if err != nil {
		return nil, 0
	}
	return out, n
}

// clip keeps a module's own words short in faults and logs, and without what
// would change how the words around them are read: direction marks, characters
// of no width, control characters.
func clip(s string) string { return printable(s, 80) }

func printable(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// escaped shows a name of the module in ASCII, so that no letter of another
// alphabet passes for one that it is not.
func escaped(s string) string {
	q := strconv.QuoteToASCII(s[:min(len(s), 80)])
	return q[1 : len(q)-1]
}

// plain reports whether a name is printable ASCII of a sensible length.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != "" && len(s) <= 200
}
