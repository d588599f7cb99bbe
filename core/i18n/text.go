package i18n

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is a sentence taken apart once, when its catalogue is read.
type Text struct {
	raw   string
	parts []part
}

// part is literal text, or an argument, or a term.
type part struct {
	lit       string
	arg       string // argument or term name
	term      bool
	capital   bool   // a term at the beginning of a sentence
	one, many string // of a plural argument
	plural    bool
}

// Parse takes a sentence apart. A brace that closes nothing is an error, so
// that a broken translation is found when it comes in, not at a till. Fault:
// i18n.malformed_text.
func Parse(raw string) (Text, error) {
	t := Text{raw: raw}
	for rest := raw; rest != ""; {
		open := strings.IndexAny(rest, "{}")
		if open < 0 {
			t.parts = append(t.parts, part{lit: rest})
			break
		}
		if rest[open] == '}' {
			return Text{}, ErrText.With("text", raw)
		}
		if open > 0 {
			t.parts = append(t.parts, part{lit: rest[:open]})
		}
		end := strings.IndexByte(rest, '}')
		if end < open {
			return Text{}, ErrText.With("text", raw)
		}
		p, ok := parsePlace(rest[open+1 : end])
		if !ok {
			return Text{}, ErrText.With("text", raw)
		}
		t.parts = append(t.parts, p)
		rest = rest[end+1:]
	}
	return t, nil
}

func parsePlace(s string) (part, bool) {
	if name, ok := strings.CutPrefix(s, "="); ok {
		first, n := utf8.DecodeRuneInString(name)
		p := part{term: true, capital: unicode.IsUpper(first), arg: name}
		if p.capital {
			p.arg = string(unicode.ToLower(first)) + name[n:]
		}
		return p, isName(p.arg)
	}
	fields := strings.Split(s, "|")
	p := part{arg: fields[0]}
	if len(fields) == 3 {
		p.plural, p.one, p.many = true, fields[1], fields[2]
	}
	return p, isName(p.arg) && (len(fields) == 1 || p.plural)
}

func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return s != ""
}

// Args lists the names of the arguments that the sentence shows or counts,
// sorted, each once.
func (t Text) Args() []string {
	var names []string
	for _, p := range t.parts {
		if p.arg != "" && !p.term {
			names = append(names, p.arg)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Terms lists the names of the terms in the sentence.
func (t Text) Terms() []string {
	var names []string
	for _, p := range t.parts {
		if p.term {
			names = append(names, p.arg)
		}
	}
	return names
}

// Format renders the sentence; arguments as for T.
func (t Text) Format(l Locale, args ...any) string { return t.render(l, lookup(args)) }

func (t Text) render(l Locale, arg func(name string) (any, bool)) string {
	if len(t.parts) == 1 && t.parts[0].arg == "" {
		return t.raw
	}
	var b strings.Builder
	for _, p := range t.parts {
		switch {
		case p.arg == "":
			b.WriteString(p.lit)
		case p.term:
			b.WriteString(l.term(p))
		default:
			v, ok := arg(p.arg)
			switch {
			case !ok:
				b.WriteString("…") // a person can do nothing with the placeholder's name
			case p.plural && isOne(v):
				b.WriteString(p.one)
			case p.plural:
				b.WriteString(p.many)
			default:
				b.WriteString(l.show(v))
			}
		}
	}
	return b.String()
}

func (l Locale) term(p part) string {
	w := p.arg
	if t, ok := l.find("term." + p.arg); ok {
		w = t.raw // as it stands: a term has no placeholders, so it cannot go in circles
	}
	if p.capital {
		if first, n := utf8.DecodeRuneInString(w); n > 0 {
			w = string(unicode.ToUpper(first)) + w[n:]
		}
	}
	return w
}
