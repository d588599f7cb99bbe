package pack

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/shopwright/shopwright/core/promotion"
)

// Difference is one setting that is not the same in two configurations or forms.
type Difference struct {
	Pointer string          `json:"pointer"` // JSON pointer
	Before  json.RawMessage `json:"before"`  // nil: it was not there
	After   json.RawMessage `json:"after"`   // nil: it is not there any more
}

// DiffConfigs lists what changes from one configuration to another, in the order
// of the pointers. What is no JSON counts as nothing.
func DiffConfigs(before, after []byte) []Difference {
	a, errA := decodeJSON(orNothing(before), 64)
	b, errB := decodeJSON(orNothing(after), 64)
	if errA != nil {
		a = map[string]any{}
	}
	if errB != nil {
		b = map[string]any{}
	}
	var out []Difference
	diff("", a, b, &out)
	return out
}

func orNothing(b []byte) []byte {
	if len(bytes.TrimSpace(b)) == 0 {
		return []byte("{}")
	}
	return b
}

func diff(at string, a, b any, out *[]Difference) {
	x, objA := a.(map[string]any)
	y, objB := b.(map[string]any)
	if objA && objB {
		keys := map[string]bool{}
		for k := range x {
			keys[k] = true
		}
		for k := range y {
			keys[k] = true
		}
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			step := at + pointer([]string{k})
			va, hasA := x[k]
			vb, hasB := y[k]
			switch {
			case !hasA:
				*out = append(*out, Difference{Pointer: step, After: encoded(vb)})
			case !hasB:
				*out = append(*out, Difference{Pointer: step, Before: encoded(va)})
			default:
				diff(step, va, vb, out)
			}
		}
		return
	}
	l, listA := a.([]any)
	m, listB := b.([]any)
	if listA && listB {
		for i := range max(len(l), len(m)) {
			step := at + "/" + strconv.Itoa(i)
			switch {
			case i >= len(l):
				*out = append(*out, Difference{Pointer: step, After: encoded(m[i])})
			case i >= len(m):
				*out = append(*out, Difference{Pointer: step, Before: encoded(l[i])})
			default:
				diff(step, l[i], m[i], out)
			}
		}
		return
	}
	if before, after := encoded(a), encoded(b); !bytes.Equal(before, after) {
		if at == "" {
			at = "/"
		}
		*out = append(*out, Difference{Pointer: at, Before: before, After: after})
	}
}

// encoded is a value as JSON; what decodeJSON gave can always be written.
func encoded(v any) json.RawMessage {
	var w bytes.Buffer
	e := json.NewEncoder(&w)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return json.RawMessage("null")
	}
	return bytes.TrimRight(w.Bytes(), "\n")
}

// Names is what a list of names gains and loses.
type Names struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
}

// VersionDiff is what differs between two versions of a pack.
type VersionDiff struct {
	Hooks      Names        `json:"hooks"`
	Powers     Names        `json:"powers"`
	Facts      Names        `json:"facts"`
	Categories Names        `json:"categories"`
	Messages   Names        `json:"messages"` // codes of its English texts
	Settings   []Difference `json:"settings"` // what its form says of each setting
	Priority   [2]int32     `json:"priority"`
}

// DiffVersions lists what changes from one version of a pack to another.
func DiffVersions(from, to *Bundle) VersionDiff {
	return VersionDiff{
		Hooks: names(from.Hooks, to.Hooks), Powers: names(from.Powers, to.Powers), Facts: names(from.factNames(), to.factNames()),
		Categories: names(from.Categories, to.Categories), Messages: names(from.Codes(), to.Codes()),
		Settings: DiffConfigs(from.settings(), to.settings()), Priority: [2]int32{from.Priority, to.Priority},
	}
}

// Same reports whether nothing differs that a merchant would see.
func (d *VersionDiff) Same() bool {
	for _, n := range []Names{d.Hooks, d.Powers, d.Facts, d.Categories, d.Messages} {
		if len(n.Added)+len(n.Removed) > 0 {
			return false
		}
	}
	return len(d.Settings) == 0 && d.Priority[0] == d.Priority[1]
}

func names(from, to []string) Names {
	n := Names{Added: []string{}, Removed: []string{}}
	for _, s := range slices.Sorted(slices.Values(to)) {
		if !slices.Contains(from, s) {
			n.Added = append(n.Added, s)
		}
	}
	for _, s := range slices.Sorted(slices.Values(from)) {
		if !slices.Contains(to, s) {
			n.Removed = append(n.Removed, s)
		}
	}
	return n
}

func (m *Manifest) factNames() []string {
	out := make([]string, len(m.Facts))
	for i, f := range m.Facts {
		out[i] = f.Name()
	}
	return out
}

// Name is a fact with its window, as lists show it: "spend/365d", "spend" for the
// whole life, with "@shop" where it is counted in one shop.
func (f Fact) Name() string {
	name := f.Kind
	if w := promotion.WindowName(f.WindowDays); w != "" {
		name += "/" + w
	}
	if f.Shop {
		name += "@shop"
	}
	return name
}

// settings is the form as one object of pointers to what the form says of each
// setting: its type, default and bounds, without what is nested in it.
func (b *Bundle) settings() []byte {
	flat := map[string]any{}
	b.form.flatten("", b.form.doc, flat, 0, map[string]bool{})
	return encoded(flat)
}

func (f *form) flatten(at string, node, into map[string]any, depth int, seen map[string]bool) {
	if depth > maxDepth || len(into) > maxSteps {
		return
	}
	if ref, ok := node["$ref"].(string); ok {
		to := f.find(ref)
		if to == nil || seen[ref] {
			return
		}
		seen[ref] = true
		defer delete(seen, ref)
		f.flatten(at, to, into, depth+1, seen)
	}
	props, _ := node["properties"].(map[string]any)
	for k, v := range props {
		p, ok := v.(map[string]any)
		if !ok {
			continue
		}
		step := k
		if at != "" {
			step = at + "." + k
		}
		own := map[string]any{}
		for name, x := range p {
			if name != "properties" && name != "items" && name != "$defs" {
				own[name] = x
			}
		}
		into[step] = own
		f.flatten(step, p, into, depth+1, seen)
	}
	if items, ok := node["items"].(map[string]any); ok {
		f.flatten(at+"[]", items, into, depth+1, seen)
	}
}
