package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
)

// upper turns MinSpend into MIN_SPEND, SKU into SKU.
func upper(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		isUp := c >= 'A' && c <= 'Z'
		if isUp && i > 0 && (name[i-1] >= 'a' || i+1 < len(name) && name[i+1] >= 'a') {
			b.WriteByte('_')
		}
		b.WriteByte(c)
	}
	return strings.ToUpper(b.String())
}

// wire names the type of a field as it lies in memory.
func (s *schema) wire(f field) string {
	switch f.Type {
	case "bool":
		return "flag (u32)"
	case "str":
		return "string: u32 offset, u32 length"
	case "table":
		return "table of " + f.Of + ": u32 offset, u32 count, u32 stride"
	case "one":
		return "table of none or one " + f.Of
	case "group":
		return f.Of + ", in place"
	}
	if s.kinds[f.Type] == "enum" {
		return "u32: " + f.Type
	}
	if b, ok := s.basics[f.Type]; ok {
		return b + ": " + f.Type
	}
	return f.Type
}

//go:embed core/page.md
var pageText string

// page writes the reference.
func (s *schema) page() []byte {
	var w bytes.Buffer
	w.WriteString(strings.NewReplacer("@VERSION@", fmt.Sprint(s.Version), "@NAME@", s.Name, "@EXAMPLE@", s.example()).Replace(pageText))
	w.WriteString("\n## 12. Numbers\n\n| name | in memory | what it is |\n| --- | --- | --- |\n")
	for _, x := range s.Scalars {
		fmt.Fprintf(&w, "| %s | %s | %s |\n", x.Name, x.Type, x.Doc)
	}
	w.WriteString("\n## 13. Enumerations\n\n")
	for _, e := range s.Enums {
		fmt.Fprintf(&w, "**%s** (u32): %s.\n\n| value | name | in cases | meaning |\n| --- | --- | --- | --- |\n", e.Name, e.Doc)
		for i, short := range e.shortNames() {
			v := e.Values[i]
			fmt.Fprintf(&w, "| %v | %v | `%s` | %v |\n", v[1], v[0], short, v[2])
		}
		w.WriteByte('\n')
	}
	titles := []string{"14. Messages", "15. Records", "16. Groups (they lie inside of other records and never change)"}
	for i, list := range [][]record{s.Messages, s.Records, s.Groups} {
		fmt.Fprintf(&w, "## %s\n\n", titles[i])
		for _, r := range list {
			fmt.Fprintf(&w, "### %s\n\n%s.\n\n", r.Name, strings.ToUpper(r.Doc[:1])+r.Doc[1:])
			w.WriteString("| offset | field | type | meaning |\n| ---: | --- | --- | --- |\n")
			if r.message {
				fmt.Fprintf(&w, "| 0 | (magic) | u32 | %q |\n| 4 | (header size) | u32 | %d in this version |\n", r.Magic, r.size)
			}
			for _, f := range r.Fields {
				name, doc := f.Name, f.Doc
				if name == "_" {
					name, doc = "(unused)", "0"
				}
				if f.Default != 0 {
					doc += fmt.Sprintf(" (default %d)", f.Default)
				}
				fmt.Fprintf(&w, "| %d | %s | %s | %s |\n", f.at, name, s.wire(f), doc)
			}
			fmt.Fprintf(&w, "\nSize: %d bytes.\n\n", r.size)
		}
	}
	return append(bytes.TrimRight(w.Bytes(), "\n"), '\n')
}
