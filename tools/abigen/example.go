package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// values are a record's fields by name; tables are []values, groups and tables of
// one are values, strings string, all else int64.
type values map[string]any

// span is a piece of a message with what it is.
type span struct {
	at, n int
	text  string
}

// layer writes a message by the schema alone, and notes what each byte is.
type layer struct {
	s     *schema
	b     []byte
	spans []span
}

func (s *schema) layout(message string, v values) *layer {
	l := &layer{s: s}
	m := s.byName[message]
	l.grow(m.size)
	copy(l.b, m.Magic)
	l.note(0, 4, fmt.Sprintf("magic %q", m.Magic))
	l.put(4, 4, int64(m.size))
	l.note(4, 4, fmt.Sprintf("the header has %d bytes", m.size))
	l.fill(m, 0, v, "")
	return l
}

func (l *layer) note(at, n int, text string) { l.spans = append(l.spans, span{at, n, text}) }

// grow adds n zero bytes at a multiple of eight.
func (l *layer) grow(n int) int {
	if over := len(l.b) % 8; over != 0 {
		l.note(len(l.b), 8-over, "unused, up to a multiple of eight")
		l.b = append(l.b, make([]byte, 8-over)...)
	}
	at := len(l.b)
	l.b = append(l.b, make([]byte, n)...)
	return at
}

func (l *layer) put(at, width int, v int64) {
	if width == 8 {
		binary.LittleEndian.PutUint64(l.b[at:], uint64(v))
		return
	}
	binary.LittleEndian.PutUint32(l.b[at:], uint32(v))
}

func (l *layer) fill(r *record, from int, v values, path string) {
	for _, f := range r.Fields {
		at, name := from+f.at, path+f.Name
		x := v[f.Name]
		switch f.Type {
		case "group":
			inner, _ := x.(values)
			l.fill(l.s.byName[f.Of], at, inner, path+f.Of+".")
		case "table", "one":
			l.table(f, at, x, name)
		case "str":
			text, _ := x.(string)
			l.str(at, text, name)
		default:
			n, _ := x.(int64)
			l.put(at, f.width, n)
			said := fmt.Sprintf("%s: %s", name, l.said(f, n))
			if f.Name == "_" {
				said = "unused"
			}
			l.note(at, f.width, said)
		}
	}
}

func (l *layer) table(f field, at int, x any, name string) {
	rows, _ := x.([]values)
	if one, ok := x.(values); ok {
		rows = []values{one}
	}
	if len(rows) == 0 {
		l.note(at, 12, name+": empty")
		return
	}
	of := l.s.byName[f.Of]
	to := l.grow(len(rows) * of.size)
	l.put(at, 4, int64(to))
	l.put(at+4, 4, int64(len(rows)))
	l.put(at+8, 4, int64(of.size))
	l.note(at, 12, fmt.Sprintf("%s: at %d, %d record(s), stride %d", name, to, len(rows), of.size))
	for i, row := range rows {
		l.fill(of, to+i*of.size, row, fmt.Sprintf("%s[%d].", name, i))
	}
}

// str writes a text once.
func (l *layer) str(at int, text, name string) {
	if text == "" {
		l.note(at, 8, name+": empty")
		return
	}
	to := -1
	for _, s := range l.spans {
		if s.text == fmt.Sprintf("%q", text) {
			to = s.at
		}
	}
	if to < 0 {
		to = len(l.b)
		l.b = append(l.b, text...)
		l.note(to, len(text), fmt.Sprintf("%q", text))
	}
	l.put(at, 4, int64(to))
	l.put(at+4, 4, int64(len(text)))
	l.note(at, 8, fmt.Sprintf("%s: %d bytes at %d, %q", name, len(text), to, text))
}

func (l *layer) said(f field, n int64) string {
	for _, e := range l.s.Enums {
		for _, v := range e.Values {
			if e.Name == f.Type && fmt.Sprint(v[1]) == fmt.Sprint(n) {
				return fmt.Sprint(v[0])
			}
		}
	}
	return fmt.Sprint(n)
}

// table of offsets, bytes and meanings, in the order of the bytes; runs of what is
// empty or zero are drawn together.
func (l *layer) markdown() string {
	by := map[int]span{}
	for _, s := range l.spans {
		by[s.at] = s
	}
	var w bytes.Buffer
	w.WriteString("| offset | bytes | what they are |\n| ---: | --- | --- |\n")
	for at := 0; at < len(l.b); {
		s := by[at]
		end, text := at+s.n, s.text
		if l.void(s) {
			var names []string
			for end = at; l.void(by[end]) && end < len(l.b); end += by[end].n {
				name, _, _ := strings.Cut(by[end].text, ":")
				names = append(names, name)
			}
			text = strings.Join(names, ", ")
			fmt.Fprintf(&w, "| %d | `00` × %d | %s |\n", at, end-at, text)
			at = end
			continue
		}
		fmt.Fprintf(&w, "| %d | `% x` | %s |\n", at, l.b[at:end], text)
		at = end
	}
	return w.String()
}

func (l *layer) void(s span) bool {
	for _, c := range l.b[s.at : s.at+s.n] {
		if c != 0 {
			return false
		}
	}
	return s.n > 0
}

// exampleInput and exampleOutput are the page's example: a member has birthday.
func (s *schema) exampleInput() *layer {
	return s.layout("Input", values{
		"Hook": int64(4), "Date": int64(20260113), "Now": int64(1_768_272_000_000_000), "Seed": int64(7), "Weekday": int64(2), "MinuteOfDay": int64(900),
		"Currency": "CNY", "CurrencyDigits": int64(2), "Shop": "s1",
		"Member": values{"Present": int64(1), "BirthdayMonth": int64(1), "BirthdayToday": int64(1), "JoinedDays": int64(400), "Tier": "gold", "Points": int64(120)},
		"Lines": []values{{"ID": int64(1), "Kind": int64(1), "SKU": "TEA", "Category": "drinks", "Quantity": int64(3000), "Unit": int64(299_000),
			"Gross": int64(8970), "Net": int64(8970)}},
	})
}

func (s *schema) exampleOutput() *layer {
	return s.layout("Output", values{"Earns": []values{{"Points": int64(50), "Note": values{"Code": "birthday_points", "Arg": int64(50)}}}})
}

func (s *schema) example() string {
	in, out := s.exampleInput(), s.exampleOutput()
	return fmt.Sprintf("The host asks the hook earn for a gold member whose birthday it is and who buys three\nteas at 29.90. The Input has %d bytes:\n\n%s\nThe rule gives 50 points for the birthday. The Output has %d bytes:\n\n%s",
		len(in.b), in.markdown(), len(out.b), strings.TrimRight(out.markdown(), "\n"))
}
