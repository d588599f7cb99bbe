package pack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"github.com/shopspring/decimal"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/shopwright/shopwright/core/fault"
)

var (
	ErrSchemaInvalid = fault.New(fault.Invalid, "pack.schema_invalid") // {detail}
	ErrConfigInvalid = fault.New(fault.Invalid, "pack.config_invalid") // {param} JSON pointer, {detail}; Hint: []Problem
)

const (
	maxConfig   = 64 << 10
	maxDepth    = 15 // of a configuration: modules read 16 levels
	maxDigits   = 40
	maxExponent = 30
	maxProblems = 20
	maxSteps    = 10_000 // of filling in defaults
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Pointer string `json:"pointer"` // JSON pointer to the value; "/" is the whole
	Detail  string `json:"detail"`
}

// form is a compiled settings form.
type form struct {
	schema *jsonschema.Schema
	doc    map[string]any
}

// noLoader keeps a form inside its bundle: nothing is read from a disk or a
// network.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) { return nil, fmt.Errorf("%s is outside the pack", url) }

const schemaURL = "pack:///" + schemaFile

func (b *Bundle) readForm() error {
	doc, err := decodeJSON(b.schema, 64)
	if err != nil {
		return ErrSchemaInvalid.With("detail", err.Error()).Wrap(err)
	}
	obj, ok := doc.(map[string]any)
	if !ok || obj["type"] != "object" {
		return ErrSchemaInvalid.With("detail", `"type" is not "object"`)
	}
	f, err := compile(obj)
	if err != nil {
		return ErrSchemaInvalid.With("detail", err.Error()).Wrap(err)
	}
	b.form = f
	if len(b.Defaults) > 0 {
		d, err := decodeJSON(b.Defaults, maxDepth)
		if err != nil {
			return badManifest("defaults", err.Error())
		}
		if b.defaults, ok = d.(map[string]any); !ok {
			return badManifest("defaults", "not an object")
		}
	}
	_, err = b.CheckConfig(nil)
	return err
}

// compile turns a library's panic about a hostile form into an error.
func compile(doc map[string]any) (f *form, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("%v", p)
		}
	}()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(noLoader{})
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, err
	}
	s, err := c.Compile(schemaURL)
	if err != nil {
		return nil, err
	}
	return &form{s, doc}, nil
}

// CheckConfig completes a configuration (none: {}) with the manifest's and the
// form's defaults, checks it against the form and answers its canonical form:
// keys sorted, numbers in their shortest form, no spaces. Equal settings have
// equal bytes. Fault: pack.config_invalid, whose Param is the JSON pointer of
// the first problem and whose Hint is a []Problem.
func (b *Bundle) CheckConfig(config []byte) (canonical []byte, err error) {
	if len(config) > maxConfig {
		return nil, invalid(Problem{"/", fmt.Sprintf("> %d bytes", maxConfig)})
	}
	if len(bytes.TrimSpace(config)) == 0 {
		config = []byte("{}")
	}
	v, err := decodeJSON(config, maxDepth)
	if err != nil {
		return nil, invalid(Problem{"/", err.Error()})
	}
	obj, ok := v.(map[string]any)
	if !ok {
		return nil, invalid(Problem{"/", "not an object"})
	}
	whole := merged(b.defaults, obj)
	f := filler{b.form, maxSteps}
	if f.fill(b.form.doc, whole, 0); f.left < 0 {
		return nil, invalid(Problem{"/", fmt.Sprintf("more than %d settings", maxSteps)})
	}
	if problems := b.form.check(whole); len(problems) > 0 {
		return nil, invalid(problems...)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(whole); err != nil {
		return nil, fault.ErrInternal.Wrap(err)
	}
	canonical = bytes.TrimRight(out.Bytes(), "\n")
	if len(canonical) > maxConfig {
		return nil, invalid(Problem{"/", fmt.Sprintf("> %d bytes", maxConfig)})
	}
	return canonical, nil
}

func invalid(ps ...Problem) error {
	return ErrConfigInvalid.On(ps[0].Pointer).With("detail", ps[0].Detail).WithHint(ps)
}

// decodeJSON reads one value with exact numbers in canonical form. Numbers of
// absurd size are refused, since exact arithmetic on 1e999999999 does not end.
func decodeJSON(b []byte, depth int) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("text after the end")
	}
	return plain(v, depth)
}

func plain(v any, depth int) (any, error) {
	if depth < 0 {
		return nil, fmt.Errorf("nested too deeply")
	}
	var err error
	switch x := v.(type) {
	case json.Number:
		return plainNumeral(x)
	case map[string]any:
		for k := range x {
			if x[k], err = plain(x[k], depth-1); err != nil {
				return nil, err
			}
		}
	case []any:
		for i := range x {
			if x[i], err = plain(x[i], depth-1); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func plainNumeral(n json.Number) (any, error) {
	s := n.String()
	mantissa, exp, has := strings.Cut(strings.ToLower(s), "e")
	if has {
		if e, err := strconv.Atoi(exp); err != nil || e > maxExponent || e < -maxExponent {
			return nil, fmt.Errorf("a number out of range")
		}
	}
	if len(mantissa) > maxDigits {
		return nil, fmt.Errorf("a number out of range")
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return nil, fmt.Errorf("a number out of range")
	}
	return json.Number(d.String()), nil
}

// merged lays over on top of base; objects merge key by key, all else replaces.
func merged(base, over map[string]any) map[string]any {
	out := make(map[string]any, len(base)+len(over))
	for k, v := range base {
		out[k] = clone(v)
	}
	for k, v := range over {
		below, isObj := out[k].(map[string]any)
		if above, ok := v.(map[string]any); ok && isObj {
			out[k] = merged(below, above)
			continue
		}
		out[k] = clone(v)
	}
	return out
}

func clone(v any) any {
	switch x := v.(type) {
	case map[string]any:
		return merged(nil, x)
	case []any:
		c := make([]any, len(x))
		for i := range x {
			c[i] = clone(x[i])
		}
		return c
	}
	return v
}

// filler sets what is absent to the default that the form states for it. It
// follows properties, items and references inside the form, within a budget of
// steps: a form that refers to itself can ask for more defaults than there is
// memory.
type filler struct {
	*form
	left int
}

func (f *filler) fill(node map[string]any, v any, depth int) {
	if f.left--; depth > maxDepth || f.left < 0 {
		return
	}
	if ref, ok := node["$ref"].(string); ok {
		if to := f.find(ref); to != nil {
			f.fill(to, v, depth+1)
		}
	}
	switch x := v.(type) {
	case map[string]any:
		f.fillObject(node, x, depth)
	case []any:
		if items, ok := node["items"].(map[string]any); ok {
			for _, e := range x {
				f.fill(items, e, depth+1)
			}
		}
	}
}

func (f *filler) fillObject(node, v map[string]any, depth int) {
	props, _ := node["properties"].(map[string]any)
	for _, k := range slices.Sorted(maps.Keys(props)) {
		p, ok := props[k].(map[string]any)
		if !ok || f.left < 0 {
			continue
		}
		if _, has := v[k]; !has {
			def, ok := f.defaultOf(p, 0)
			if !ok {
				continue
			}
			v[k] = clone(def)
		}
		f.fill(p, v[k], depth+1)
	}
}

func (f *form) defaultOf(p map[string]any, depth int) (any, bool) {
	if d, ok := p["default"]; ok {
		return d, true
	}
	ref, _ := p["$ref"].(string)
	if to := f.find(ref); to != nil && depth < maxDepth {
		return f.defaultOf(to, depth+1)
	}
	return nil, false
}

// find follows a reference such as "#/$defs/tier".
func (f *form) find(ref string) map[string]any {
	if ref == "#" {
		return f.doc
	}
	pointer, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	at := f.doc
	for _, step := range strings.Split(pointer, "/") {
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		if at, ok = at[step].(map[string]any); !ok {
			return nil
		}
	}
	return at
}

// check lists what is wrong, in the order of the pointers.
func (f *form) check(v any) (problems []Problem) {
	defer func() {
		if p := recover(); p != nil {
			problems = []Problem{{"/", fmt.Sprint(p)}}
		}
	}()
	err := f.schema.Validate(v)
	if err == nil {
		return nil
	}
	ve, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return []Problem{{"/", err.Error()}}
	}
	p := message.NewPrinter(language.English)
	collect(ve, p, &problems)
	slices.SortFunc(problems, func(a, b Problem) int {
		return strings.Compare(a.Pointer+"\x00"+a.Detail, b.Pointer+"\x00"+b.Detail)
	})
	problems = slices.Compact(problems)
	return problems[:min(len(problems), maxProblems)]
}

// collect gathers the leaves: what stands above them only says that something
// below is wrong.
func collect(e *jsonschema.ValidationError, p *message.Printer, into *[]Problem) {
	for _, c := range e.Causes {
		collect(c, p, into)
	}
	if len(e.Causes) > 0 {
		return
	}
	at := e.InstanceLocation
	switch k := e.ErrorKind.(type) { // point at the property itself, which is where a form shows it
	case *kind.Required:
		for _, name := range k.Missing {
			*into = append(*into, Problem{pointer(append(slices.Clone(at), name)), "missing"})
		}
		return
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			*into = append(*into, Problem{pointer(append(slices.Clone(at), name)), "not a setting of this pack"})
		}
		return
	}
	*into = append(*into, Problem{pointer(at), e.ErrorKind.LocalizedString(p)})
}

func pointer(at []string) string {
	var b strings.Builder
	for _, s := range at {
		b.WriteString("/" + strings.ReplaceAll(strings.ReplaceAll(s, "~", "~0"), "/", "~1"))
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}
