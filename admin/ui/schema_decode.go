package ui

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
)

// The names of a form's controls are the JSON pointers of the values, and these:
const (
	markKeep   = "keep:"   // + pointer: the object, array or row was there already
	markRemove = "remove:" // + pointer: the row is to go
	markAdd    = "add"     // value = pointer of the array that wants one more row
)

const maxRows, maxIndex = 1000, 9999

// FieldErrors is what is wrong with a form, by JSON pointer.
type FieldErrors map[string]*fault.Fault

func (e FieldErrors) first() *fault.Fault {
	keys := make([]string, 0, len(e))
	for k := range e {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return e[keys[0]].On(keys[0])
}

// Error names the first field that is wrong.
func (e FieldErrors) Error() string { return e.first().Error() }

// Unwrap answers the first fault, so that fault.Of finds it.
func (e FieldErrors) Unwrap() error { return e.first() }

// WantsRow reports whether the form was sent to get one more row rather than to
// be stored; show it again with Form.Raw.
func WantsRow(v url.Values) bool { return v.Has(markAdd) }

// FormValues reads the form of a schema back into JSON. Blank optional fields are
// absent, blank rows are dropped. The error is a FieldErrors with ui.field_*
// faults. It checks what the form promises; whoever stores the result validates
// it against the whole schema.
func FormValues(s *Schema, v url.Values) ([]byte, error) {
	d := decoder{values: v, rows: rowIndex(v)}
	out := d.object(s, "")
	if len(out.errs) > 0 {
		return nil, out.errs
	}
	return out.raw, nil
}

type decoder struct {
	values url.Values
	rows   map[string][]int // array pointer -> the numbers that occur below it
}

// decoded keeps its errors to itself until the parent decides that the value
// counts: a required field of a blank row is not an error.
type decoded struct {
	raw   json.RawMessage
	blank bool
	taken bool // a choice of "": it counts, and does not make its row one that was filled in
	errs  FieldErrors
}

func (d *decoded) fail(at string, f *fault.Fault) {
	if d.errs == nil {
		d.errs = FieldErrors{}
	}
	d.errs[at] = f
}

func (d *decoded) take(o decoded) {
	for k, f := range o.errs {
		d.fail(k, f)
	}
}

func (d decoder) value(s *Schema, at string) decoded {
	switch s.Type {
	case "object":
		return d.object(s, at)
	case "array":
		return d.array(s, at)
	case "boolean":
		if len(s.Enum) == 0 {
			on := d.values.Get(at) == "true"
			return decoded{raw: strconv.AppendBool(nil, on), blank: !on}
		}
	}
	return d.scalar(s, at)
}

func (d decoder) scalar(s *Schema, at string) (out decoded) {
	text := d.values.Get(at)
	if s.Format == "multiline" {
		text = strings.ReplaceAll(text, "\r\n", "\n") // browsers send it so
	}
	if s.Type != "string" {
		text = strings.TrimSpace(text)
	}
	if text == "" {
		out.blank = true
		if slices.ContainsFunc(s.Enum, func(c Choice) bool { return string(c.Value) == `""` }) {
			out.raw, out.taken = json.RawMessage(`""`), true
		}
		return out
	}
	raw, f := s.parse(text)
	if f != nil {
		out.fail(at, f)
	}
	out.raw = raw
	return out
}

func (d decoder) object(s *Schema, at string) decoded {
	out := decoded{blank: true}
	var b bytes.Buffer
	b.WriteByte('{')
	for _, p := range s.Properties {
		here := at + "/" + escape(p.Name)
		v := d.value(p.Schema, here)
		out.blank = out.blank && v.blank
		if v.blank && !v.taken && !d.kept(here) && p.Schema.Type != "boolean" {
			if !p.Required {
				continue
			}
			d.missing(p.Schema, here, &v)
		}
		out.take(v)
		if v.raw == nil {
			continue // its error is noted
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(mustJSON(p.Name))
		b.WriteByte(':')
		b.Write(v.raw)
	}
	b.WriteByte('}')
	out.raw = b.Bytes()
	return out
}

// missing fills a required value that was left blank, where blank is a value.
func (d decoder) missing(s *Schema, at string, v *decoded) {
	if v.raw != nil { // an object, with the errors of what it lacks; an empty array
		return
	}
	if s.Type == "string" && len(s.Enum) == 0 {
		if raw, f := s.parseString(""); f == nil && s.Format == "" {
			v.raw = raw
			return
		}
	}
	v.fail(at, ErrRequired)
}

func (d decoder) array(s *Schema, at string) decoded {
	var rows [][]byte
	out := decoded{}
	if s.isSet() {
		for _, c := range s.Items.Enum {
			if slices.Contains(d.values[at], scalarText(c.Value)) {
				rows = append(rows, c.Value)
			}
		}
	} else {
		for _, n := range d.rows[at] {
			here := at + "/" + strconv.Itoa(n)
			if d.values.Has(markRemove + here) {
				continue
			}
			v := d.value(s.Items, here)
			if v.blank && !d.kept(here) {
				continue
			}
			out.take(v)
			if v.raw != nil {
				rows = append(rows, v.raw)
			}
		}
	}
	limit := maxRows
	if s.MaxItems > 0 {
		limit = s.MaxItems
	}
	out.blank = len(rows) == 0 && len(out.errs) == 0
	switch {
	case len(rows) > limit:
		out.fail(at, ErrTooManyRows.With("max", limit))
	case len(rows) < s.MinItems && (len(rows) > 0 || d.kept(at)):
		out.fail(at, ErrTooFewRows.With("min", s.MinItems))
	}
	out.raw = slices.Concat([]byte("["), bytes.Join(rows, []byte(",")), []byte("]"))
	return out
}

func (d decoder) kept(at string) bool { return d.values.Has(markKeep + at) }

// rowIndex finds the row numbers below each pointer: "/tiers/2/rate" is row 2 of
// "/tiers". Numbers beyond maxIndex are not ours.
func rowIndex(v url.Values) map[string][]int {
	rows := map[string][]int{}
	for name := range v {
		at, ok := strings.CutPrefix(name, markKeep)
		if !ok {
			at = name
		}
		for i := strings.IndexByte(at, '/'); i >= 0 && i < len(at); {
			rest := at[i+1:]
			step, _, more := strings.Cut(rest, "/")
			if n, err := strconv.Atoi(step); err == nil && n >= 0 && n <= maxIndex && strconv.Itoa(n) == step {
				rows[at[:i]] = append(rows[at[:i]], n)
			}
			if !more {
				break
			}
			i += 1 + len(step)
		}
	}
	for at, ns := range rows {
		slices.Sort(ns)
		rows[at] = slices.Compact(ns)
	}
	return rows
}

func mustJSON(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic("ui: a string did not encode: " + err.Error())
	}
	return b
}
