package ui

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// Form is a form made from a schema.
type Form struct {
	ID     string // prefix of the controls' ids; unique on the page
	Schema *Schema
	Value  json.RawMessage // as stored; nil starts from the defaults
	Raw    url.Values      // what was just typed: shown instead of Value
	Errors FieldErrors
}

// node is one control or group, ready to be written.
type node struct {
	kind     string // group, rows, text, area, select, check, set
	name, id string
	title    string
	hint     string
	text     string
	required bool
	checked  bool
	master   bool // switches its section
	fault    errorText
	schema   *Schema
	children []*node
	options  []option

	kept     bool // carries a keep mark
	row      bool
	spare    bool  // the extra row for browsers without scripts
	next     int   // rows: the number that a new one gets
	template *node // rows: a new row
	mark     string
	full     bool // rows: no more allowed
}

type option struct {
	value, label string
	on           bool
}

type errorText struct{ text, reason string }

type viewer struct {
	c      Ctx
	form   Form
	values url.Values
	rows   map[string][]int
}

func (f Form) viewer(c Ctx) viewer {
	values := f.Raw
	if values == nil {
		value := f.Value
		if value == nil {
			value = f.Schema.Defaults()
		}
		values = formOf(f.Schema, value)
	}
	return viewer{c, f, values, rowIndex(values)}
}

func (v viewer) properties(s *Schema, at string, level int) []*node {
	var out []*node
	for _, p := range s.Properties {
		n := v.node(p.Schema, at+"/"+escape(p.Name), level)
		n.title, n.required = p.Title(v.c.Locale), p.Required
		out = append(out, n)
	}
	return out
}

func (v viewer) node(s *Schema, at string, level int) *node {
	n := &node{name: at, id: v.id(at), title: s.Title(v.c.Locale), hint: s.Description(v.c.Locale), schema: s, kept: v.values.Has(markKeep + at)}
	if f := v.form.Errors[at]; f != nil {
		n.fault.text, n.fault.reason = v.c.FaultText(f)
	}
	switch {
	case s.Type == "object":
		n.kind, n.children = "group", v.properties(s, at, level)
	case s.isSet():
		n.kind, n.options = "set", v.options(s.Items, v.values[at])
	case s.Type == "array":
		n.kind = "rows"
		v.fill(n, s, at, level)
	case len(s.Enum) > 0:
		n.kind, n.options = "select", v.options(s, []string{v.values.Get(at)})
	case s.Type == "boolean":
		n.kind, n.checked = "check", v.values.Get(at) == "true"
	default:
		if n.kind = "text"; !s.Secret() {
			n.text = v.values.Get(at)
		}
		if s.Type == "string" && (s.Format == "multiline" || s.MaxLen > 200) {
			n.kind = "area"
		}
	}
	return n
}

func (v viewer) options(s *Schema, chosen []string) []option {
	var out []option
	for _, c := range s.Enum {
		o := option{value: scalarText(c.Value), label: c.Label(v.c.Locale)}
		for _, t := range chosen {
			o.on = o.on || t == o.value
		}
		out = append(out, o)
	}
	return out
}

func (v viewer) fill(n *node, s *Schema, at string, level int) {
	for _, i := range v.rows[at] {
		n.children = append(n.children, v.row(s, at+"/"+strconv.Itoa(i), level))
		n.next = i + 1
	}
	n.full = s.MaxItems > 0 && len(n.children) >= s.MaxItems
	if n.full {
		return
	}
	// One more where it was asked for, and one to spare without a script.
	if v.values.Get(markAdd) == at {
		n.children = append(n.children, v.row(s, at+"/"+strconv.Itoa(n.next), level))
		n.next++
	}
	spare := v.row(s, at+"/"+strconv.Itoa(n.next), level)
	spare.spare = true
	n.children = append(n.children, spare)
	n.next++

	n.mark = "__" + strconv.Itoa(level) + "__"
	fresh := url.Values{}
	here := at + "/" + n.mark
	if d := s.Items.Defaults(); d != nil {
		encode(s.Items, d, here, fresh)
		fresh.Del(markKeep + here)
	}
	t := viewer{v.c, v.form, fresh, rowIndex(fresh)}
	n.template = t.row(s, here, level)
}

func (v viewer) row(s *Schema, at string, level int) *node {
	r := v.node(s.Items, at, level+1)
	r.row = true
	return r
}

// id makes a pointer fit for an id: no white space.
func (v viewer) id(at string) string {
	return v.form.ID + strings.Join(strings.Fields(strings.ReplaceAll(at, "%", "%25")), "%20")
}

func (n *node) describedBy() string {
	var ids []string
	if n.hint != "" {
		ids = append(ids, n.id+"-hint")
	}
	if n.fault.text != "" {
		ids = append(ids, n.id+"-error")
	}
	return strings.Join(ids, " ")
}

// inputType is the type attribute: text for every number, since a number field
// changes by the wheel and refuses "12,50" without saying why.
func (n *node) inputType() string {
	switch {
	case n.schema.Type != "string":
		return "text"
	case n.schema.Format == "date":
		return "date"
	case n.schema.Format == "time":
		return "time"
	case n.schema.Format == "email":
		return "email"
	case n.schema.Format == "uri":
		return "url"
	case n.schema.Secret():
		return "password"
	}
	return "text"
}

func (n *node) inputMode() string {
	switch {
	case n.schema.Type == "number", n.schema.Unit == UnitMinor, n.schema.Unit == UnitRate, n.schema.Unit == UnitQuantity:
		return "decimal"
	case n.schema.Type == "integer" && n.schema.Unit != UnitClock:
		return "numeric"
	}
	return ""
}

func (n *node) numeric() bool { return n.schema.Type == "integer" || n.schema.Type == "number" }

func (n *node) prefix(c Ctx) string {
	if n.schema.Unit == UnitMinor {
		return strings.TrimSpace(Symbol(n.schema.currency))
	}
	return ""
}

func (n *node) suffix(c Ctx) string {
	switch n.schema.Unit {
	case UnitRate, UnitPercent:
		return "%"
	case UnitMinutes:
		return c.T("ui.unit_minutes")
	case UnitPoints:
		return c.T("ui.unit_points")
	case UnitDays:
		return c.T("ui.unit_days")
	}
	return ""
}

func (n *node) placeholder() string {
	if n.schema.Unit == UnitClock {
		return "09:00"
	}
	if n.schema.Default != nil && !n.row {
		return n.schema.text(compact(n.schema.Default))
	}
	return ""
}

func (n *node) maxLength() string {
	if n.schema.MaxLen > 0 {
		return strconv.Itoa(n.schema.MaxLen)
	}
	return ""
}

// farLimit is where an upper limit keeps figures computable and tells a person
// nothing.
const farLimit = 1_000_000_000

// limits puts the schema's limits into words, where it has both or one.
func (n *node) limits(c Ctx) string {
	var lo, hi string
	switch n.schema.Type {
	case "integer":
		if n.schema.Min != nil {
			lo = n.schema.unitText(*n.schema.Min)
		}
		if n.schema.Max != nil && *n.schema.Max < farLimit {
			hi = n.schema.unitText(*n.schema.Max)
		}
	case "number":
		lo, hi = n.schema.MinNumber.String(), n.schema.MaxNumber.String()
	}
	switch {
	case lo != "" && hi != "":
		return c.T("ui.range", "min", lo, "max", hi)
	case lo != "" && lo != "0" && lo != "0.00":
		return c.T("ui.at_least", "min", lo)
	case hi != "":
		return c.T("ui.at_most", "max", hi)
	}
	return ""
}
