package ui

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

// ErrSchema: the schema uses what a form cannot show; its args name the place
// and the keyword.
var ErrSchema = fault.New(fault.Invalid, "ui.schema_unsupported")

// Unit says what an integer stands for, so that people see and type it as usual.
type Unit string

// The units of "x-unit".
const (
	UnitMinor    Unit = "minor"    // minor units of the currency: 1250 is 12.50
	UnitRate     Unit = "rate"     // millionths: 850000 is 85 %
	UnitPercent  Unit = "percent"  // 85 is 85 %
	UnitMinutes  Unit = "minutes"  // a duration in minutes
	UnitClock    Unit = "clock"    // minutes since midnight: 510 is 08:30, 1440 is 24:00
	UnitQuantity Unit = "quantity" // thousandths: 1500 is 1.5
	UnitPoints   Unit = "points"   // a count, shown with its name
	UnitDays     Unit = "days"
)

var unitsKnown = []Unit{"", UnitMinor, UnitRate, UnitPercent, UnitMinutes, UnitClock, UnitQuantity, UnitPoints, UnitDays}

// Schema is a JSON Schema (draft 2020-12) of the kind that a form can be made
// from: object, array (of objects, strings, numbers), string, integer, number,
// boolean, enum, and oneOf of const with title. "x-title", "x-description" and
// "x-labels" carry texts by locale; "x-section" of a setting at the root is the title,
// by locale, of the section of the form that begins with it. multipleOf is left to the schema's own check
// when the value is stored.
type Schema struct {
	Type       string // object, array, string, integer, number, boolean
	Unit       Unit
	Format     string // of strings: date, time, email, uri, color; "multiline" as x-format
	Properties []Property
	Items      *Schema
	Enum       []Choice

	Min, Max             *int64 // integers, in the stored unit
	MinNumber, MaxNumber json.Number
	MinLen, MaxLen       int // strings (characters); MaxLen 0 is no limit
	MinItems, MaxItems   int // arrays; MaxItems 0 is no limit
	Unique               bool
	Pattern              string

	Default json.RawMessage

	title, description   string
	xTitle, xDescription map[string]string
	xSection             map[string]string
	secret               bool
	currency             money.Currency
	pattern              matcher
}

// Property is a named member of an object, in the schema's order.
type Property struct {
	Name     string
	Required bool
	Schema   *Schema
}

// Choice is one value of an enum; Value is its JSON.
type Choice struct {
	Value  json.RawMessage
	labels map[string]string
	title  string
}

// Title is the name of the field in a language, else made from its key.
func (p Property) Title(locale string) string {
	if t := pick(p.Schema.xTitle, locale, p.Schema.title); t != "" {
		return t
	}
	words := strings.NewReplacer("_", " ", "-", " ").Replace(p.Name)
	if words == "" {
		return words
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// Title is the schema's own title in a language; "" where it has none.
func (s *Schema) Title(locale string) string { return pick(s.xTitle, locale, s.title) }

// Description is the schema's explanation in a language.
func (s *Schema) Description(locale string) string {
	return pick(s.xDescription, locale, s.description)
}

// Label is the name of a choice in a language, else its value.
func (c Choice) Label(locale string) string {
	if t := pick(c.labels, locale, c.title); t != "" {
		return t
	}
	return scalarText(c.Value)
}

func pick(m map[string]string, locale, fallback string) string {
	if t, ok := m[locale]; ok {
		return t
	}
	if base, _, ok := strings.Cut(locale, "-"); ok {
		if t, ok := m[base]; ok {
			return t
		}
	}
	if fallback == "" {
		return m["en"]
	}
	return fallback
}

// Secret reports whether a setting's value is never shown: "x-secret": true, or the
// format "password".
func (s *Schema) Secret() bool { return s.secret || s.Format == "password" }

// Unlimited is the schema of a text whatever its length and form: what is stored sealed
// is not what was typed.
func (s *Schema) Unlimited() *Schema {
	c := *s
	c.MinLen, c.MaxLen, c.Pattern, c.pattern = 0, 0, "", nil
	return &c
}

// isSet: an array that is a choice of several, shown as check boxes. Its order
// means nothing, so the form answers it in the order of the choices.
func (s *Schema) isSet() bool { return s.Type == "array" && s.Unique && len(s.Items.Enum) > 0 }

// members reads an object's members in their order, which a map would lose.
type members []struct {
	key string
	raw json.RawMessage
}

func (m *members) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return ErrSchema
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		key, _ := t.(string) // the keys of an object are strings
		*m = append(*m, struct {
			key string
			raw json.RawMessage
		}{key, raw})
	}
	return nil
}

type rawSchema struct {
	Type         string                       `json:"type"`
	Unit         Unit                         `json:"x-unit"`
	Format       string                       `json:"format"`
	XFormat      string                       `json:"x-format"`
	Title        string                       `json:"title"`
	Description  string                       `json:"description"`
	XTitle       map[string]string            `json:"x-title"`
	XDescription map[string]string            `json:"x-description"`
	XSection     map[string]string            `json:"x-section"`
	XSecret      bool                         `json:"x-secret"`
	XLabels      map[string]map[string]string `json:"x-labels"`
	Properties   members                      `json:"properties"`
	Required     []string                     `json:"required"`
	Items        json.RawMessage              `json:"items"`
	Enum         []json.RawMessage            `json:"enum"`
	OneOf        []struct {
		Const       json.RawMessage   `json:"const"`
		Title       string            `json:"title"`
		XTitle      map[string]string `json:"x-title"`
		Description string            `json:"description"`
	} `json:"oneOf"`
	Minimum   json.Number     `json:"minimum"`
	Maximum   json.Number     `json:"maximum"`
	MinLength int             `json:"minLength"`
	MaxLength int             `json:"maxLength"`
	MinItems  int             `json:"minItems"`
	MaxItems  int             `json:"maxItems"`
	Unique    bool            `json:"uniqueItems"`
	Pattern   string          `json:"pattern"`
	Default   json.RawMessage `json:"default"`

	// Not to be shown as a form: refused rather than silently left out.
	AnyOf            json.RawMessage `json:"anyOf"`
	AllOf            json.RawMessage `json:"allOf"`
	Not              json.RawMessage `json:"not"`
	If               json.RawMessage `json:"if"`
	Ref              string          `json:"$ref"`
	PrefixItems      json.RawMessage `json:"prefixItems"`
	PatternProps     json.RawMessage `json:"patternProperties"`
	ExclusiveMinimum json.Number     `json:"exclusiveMinimum"`
	ExclusiveMaximum json.Number     `json:"exclusiveMaximum"`
}

const maxDepth = 8

// ParseSchema reads the schema of a configuration; cur is the currency of its
// amounts. Its root must be an object. Fault: ui.schema_unsupported.
func ParseSchema(data []byte, cur money.Currency) (*Schema, error) {
	s, err := parseSchema(data, cur, "", 0)
	if err != nil {
		return nil, err
	}
	if s.Type != "object" {
		return nil, ErrSchema.With("at", "/").With("keyword", "type")
	}
	return s, nil
}

func parseSchema(data []byte, cur money.Currency, at string, depth int) (*Schema, error) {
	bad := func(keyword string) error {
		if at == "" {
			at = "/"
		}
		return ErrSchema.With("at", at).With("keyword", keyword)
	}
	var r rawSchema
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, ErrSchema.With("at", at).With("keyword", "json").Wrap(err)
	}
	if depth > maxDepth {
		return nil, bad("depth")
	}
	for _, k := range []struct {
		name string
		set  bool
	}{
		{"anyOf", r.AnyOf != nil}, {"allOf", r.AllOf != nil}, {"not", r.Not != nil}, {"if", r.If != nil}, {"$ref", r.Ref != ""},
		{"prefixItems", r.PrefixItems != nil}, {"patternProperties", r.PatternProps != nil},
		{"exclusiveMinimum", r.ExclusiveMinimum != ""}, {"exclusiveMaximum", r.ExclusiveMaximum != ""},
	} {
		if k.set {
			return nil, bad(k.name)
		}
	}
	s := &Schema{
		Type: r.Type, Unit: r.Unit, Format: r.Format, MinLen: r.MinLength, MaxLen: r.MaxLength, MinItems: r.MinItems, MaxItems: r.MaxItems, Unique: r.Unique,
		Pattern: r.Pattern, Default: r.Default, title: r.Title, description: r.Description, xTitle: r.XTitle, xDescription: r.XDescription, xSection: r.XSection, currency: cur,
	}
	s.secret = r.XSecret
	if r.XFormat != "" {
		s.Format = r.XFormat
	}
	for _, v := range r.Enum {
		s.Enum = append(s.Enum, Choice{Value: compact(v), labels: r.XLabels[scalarText(v)]})
	}
	for _, o := range r.OneOf {
		if o.Const == nil {
			return nil, bad("oneOf")
		}
		s.Enum = append(s.Enum, Choice{Value: compact(o.Const), title: o.Title, labels: o.XTitle})
	}
	for _, c := range s.Enum {
		if c.Value[0] == '{' || c.Value[0] == '[' {
			return nil, bad("enum")
		}
	}
	if s.Type == "" && len(s.Enum) > 0 {
		s.Type = typeOf(s.Enum[0].Value)
	}
	if !slices.Contains(unitsKnown, s.Unit) || s.Unit != "" && s.Type != "integer" && (s.Type != "number" || s.Unit != UnitPercent) {
		return nil, bad("x-unit")
	}
	return s, s.finish(r, at, depth, bad)
}

// finish reads what depends on the type.
func (s *Schema) finish(r rawSchema, at string, depth int, bad func(string) error) (err error) {
	switch s.Type {
	case "object":
		for _, m := range r.Properties {
			p := Property{Name: m.key, Required: slices.Contains(r.Required, m.key)}
			if p.Schema, err = parseSchema(m.raw, s.currency, at+"/"+escape(m.key), depth+1); err != nil {
				return err
			}
			s.Properties = append(s.Properties, p)
		}
	case "array":
		if s.Items, err = parseSchema(r.Items, s.currency, at+"/-", depth+1); err != nil {
			return err
		}
		if s.Items.Type == "array" {
			return bad("items") // rows within rows need an object between them
		}
	case "integer":
		if s.Min, err = integer(r.Minimum); err != nil {
			return bad("minimum")
		}
		if s.Max, err = integer(r.Maximum); err != nil {
			return bad("maximum")
		}
	case "number":
		s.MinNumber, s.MaxNumber = r.Minimum, r.Maximum
	case "string":
		if s.Pattern != "" {
			if s.pattern, err = compilePattern(s.Pattern); err != nil {
				return bad("pattern")
			}
		}
	case "boolean":
	default:
		return bad("type")
	}
	return nil
}

func integer(n json.Number) (*int64, error) {
	if n == "" {
		return nil, nil
	}
	v, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

func typeOf(raw json.RawMessage) string {
	switch raw[0] {
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if bytes.ContainsAny(raw, ".eE") {
			return "number"
		}
		return "integer"
	}
	return ""
}

func compact(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw // came out of a decoder, so it is valid
	}
	return b.Bytes()
}

// escape writes a property name as a step of a JSON pointer.
func escape(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }
