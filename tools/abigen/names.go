package main

import (
	"bytes"
	"fmt"
	"go/format"
	"strings"
)

// goNames writes the names that case files use for the values of enumerations.
// They stand apart from the types so that no guest carries them.
func (s *schema) goNames() ([]byte, error) {
	var w bytes.Buffer
	w.WriteString(strings.Replace(generated, "package rule\n", "package rulecase\n", 1))
	w.WriteString("// names are the enumerations' values as case files write them.\nvar names = map[string]map[string]uint8{\n")
	for _, e := range s.Enums {
		fmt.Fprintf(&w, "%q: {", e.Name)
		for i, n := range e.shortNames() {
			if i > 0 {
				w.WriteString(", ")
			}
			fmt.Fprintf(&w, "%q: %v", n, e.Values[i][1])
		}
		w.WriteString("},\n")
	}
	w.WriteString("}\n")
	return format.Source(w.Bytes())
}

// shortNames are the values as case files write them: HookPrice is "price".
func (e enum) shortNames() []string {
	names := e.plainNames()
	for i, n := range names {
		names[i] = strings.ToLower(upper(n))
	}
	return names
}

// plainNames drops the word that all names begin with: HookPrice is Price.
func (e enum) plainNames() []string {
	names := make([]string, len(e.Values))
	prefix := fmt.Sprint(e.Values[0][0])
	for i, v := range e.Values {
		names[i] = fmt.Sprint(v[0])
		for !strings.HasPrefix(names[i], prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	for i, n := range names {
		if len(prefix) < len(n) && n[len(prefix)] >= 'A' && n[len(prefix)] <= 'Z' {
			n = n[len(prefix):]
		}
		names[i] = n
	}
	return names
}
