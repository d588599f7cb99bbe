package main

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// schema is sw1.json as it stands, with the layout worked out.
type schema struct {
	Name     string
	Version  int
	Doc      string
	Scalars  []scalar
	Enums    []enum
	Groups   []record
	Records  []record
	Messages []record

	byName map[string]*record
	kinds  map[string]string // named type -> scalar | enum
	basics map[string]string // named scalar -> its wire type
}

type scalar struct{ Name, Type, Doc string }

type enum struct {
	Name, Doc string
	Values    [][3]any // name, number, doc
}

type record struct {
	Name, Doc, Magic string
	Fields           []field
	size             int
	message          bool
	inTable          bool
}

type field struct {
	Name, Type, Of, Doc string
	Default             int64
	at, width           int
}

const headerSize = 8 // of a message: magic and header size

func parse(b []byte) (*schema, error) {
	s := &schema{byName: map[string]*record{}, kinds: map[string]string{}, basics: map[string]string{}}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, err
	}
	for _, x := range s.Scalars {
		s.kinds[x.Name], s.basics[x.Name] = "scalar", x.Type
	}
	for _, x := range s.Enums {
		s.kinds[x.Name] = "enum"
	}
	for _, list := range [][]record{s.Groups, s.Records, s.Messages} {
		for i := range list {
			r := &list[i]
			if s.byName[r.Name] != nil {
				return nil, fmt.Errorf("%s is declared twice", r.Name)
			}
			s.byName[r.Name] = r
			r.message = r.Magic != ""
			if err := s.lay(r); err != nil {
				return nil, fmt.Errorf("%s: %w", r.Name, err)
			}
		}
	}
	return s, nil
}

// lay gives every field its offset. Order of declaration is order in memory; a
// hole is an error, because a hole would later be filled with a field whose
// default an old writer could not leave out.
func (s *schema) lay(r *record) error {
	at := 0
	if r.message {
		at = headerSize
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		align := 4
		switch f.Type {
		case "u32", "i32", "bool":
			f.width = 4
		case "i64", "u64":
			f.width, align = 8, 8
		case "str":
			f.width = 8
		case "table", "one":
			f.width = 12
			of := s.byName[f.Of]
			if of == nil {
				return fmt.Errorf("%s: %q is not declared before it", f.Name, f.Of)
			}
			of.inTable = true
		case "group":
			of := s.byName[f.Of]
			if of == nil {
				return fmt.Errorf("%s: %q is not declared before it", f.Name, f.Of)
			}
			f.width, align = of.size, 8
		default:
			switch s.kinds[f.Type] {
			case "enum":
				f.width = 4
			case "scalar":
				f.width = 8
				if s.basics[f.Type] == "u32" {
					f.width = 4
				}
				align = f.width
			default:
				return fmt.Errorf("%s: unknown type %q", f.Name, f.Type)
			}
		}
		if at%align != 0 {
			return fmt.Errorf("%s would lie at %d: put a \"_\" of type u32 before it", f.Name, at)
		}
		f.at = at
		at += f.width
	}
	if at%8 != 0 || at > 256 {
		return fmt.Errorf("size %d: must be a multiple of 8, at most 256", at)
	}
	r.size = at
	return nil
}

// cuts is the set of offsets, in words of four bytes, at which an older and
// shorter form of the record may end: those between two fields.
func (r *record) cuts() uint64 {
	var c uint64
	for _, f := range r.Fields {
		if f.at > 0 {
			c |= 1 << (f.at / 4)
		}
	}
	return c
}

// lockLines is the published layout, one line a field.
func (s *schema) lockLines() []string {
	var out []string
	for _, list := range [][]record{s.Groups, s.Records, s.Messages} {
		for _, r := range list {
			n := 0
			for _, f := range r.Fields {
				name := f.Name
				if name == "_" {
					n++
					name = fmt.Sprintf("_%d", n)
				}
				typ := f.Type
				if f.Of != "" {
					typ += ":" + f.Of
				}
				out = append(out, fmt.Sprintf("%s.%s %d %s %d", r.Name, name, f.at, typ, f.Default))
			}
			if r.Magic != "" {
				out = append(out, fmt.Sprintf("%s.(magic) 0 %s 0", r.Name, r.Magic))
			}
		}
	}
	for _, g := range s.Groups { // a group lies inside other records and can never grow
		out = append(out, fmt.Sprintf("%s.(size) 0 %d 0", g.Name, g.size))
	}
	for _, e := range s.Enums {
		for _, v := range e.Values {
			out = append(out, fmt.Sprintf("%s.%v %v enum 0", e.Name, v[0], v[1]))
		}
	}
	sort.Strings(out)
	return out
}

// checkLock refuses a schema in which something published has moved.
func (s *schema) checkLock(lock string) error {
	have := map[string]bool{}
	for _, l := range s.lockLines() {
		have[l] = true
	}
	for _, l := range strings.Split(lock, "\n") {
		if l = strings.TrimSpace(l); l == "" || strings.HasPrefix(l, "#") || have[l] {
			continue
		}
		return fmt.Errorf("published, and now moved, changed or gone: %s", l)
	}
	return nil
}
