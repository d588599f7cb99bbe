package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/receipt"
)

//go:embed docs.css
var docsCSS string

//go:embed docs.html
var docsHTML string

//go:embed guide.html
var guideHTML string

var docsPage = template.Must(template.Must(template.New("docs").Parse(docsHTML)).Parse(guideHTML))

// docs serves the page that is made from the OpenAPI document, with a guide before
// the operations: plain HTML without a script, so that it works under the
// strictest policy and without a network.
// It speaks English, like the document.
func (a *api) docs(mux *http.ServeMux) {
	render := sync.OnceValues(func() ([]byte, error) {
		var b bytes.Buffer
		err := docsPage.Execute(&b, a.docsView())
		return b.Bytes(), err
	})
	mux.HandleFunc("GET /docs", func(w http.ResponseWriter, r *http.Request) {
		b, err := render()
		if err != nil {
			a.Log.ErrorContext(r.Context(), "the documentation could not be rendered", "error", err)
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(b)
	})
	style := func(css string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/css; charset=utf-8")
			w.Header().Set("Cache-Control", "public, max-age=3600")
			_, _ = w.Write([]byte(css))
		}
	}
	mux.HandleFunc("GET /docs/docs.css", style(docsCSS))
	mux.HandleFunc("GET "+receiptStyle, style(receipt.CSS))
}

// receiptStyle is where the style of a receipt's page is served.
const receiptStyle = "/docs/receipt.css"

var receiptHTML = template.Must(template.New("receipt").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title><link rel="stylesheet" href="{{.Style}}"></head>
<body>{{.Body}}</body></html>
`))

// receiptPage is a receipt as a page of its own.
func receiptPage(d receipt.Document) (string, error) {
	var b strings.Builder
	err := receiptHTML.Execute(&b, struct {
		Lang, Title, Style string
		Body               template.HTML
	}{d.Lang, d.Title, receiptStyle, template.HTML(receipt.HTML(d))}) //nolint:gosec // the renderer escapes every text
	return b.String(), err
}

// docsData is what the page shows.
type docsData struct {
	Title, Version, Intro string
	Groups                []docsGroup
	Events                []docsEvent
	Errors                []docsError
	KeyHeader             string
}

type docsGroup struct {
	Name, Anchor string
	Operations   []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Description string
	Params                                 []docsField
	Body                                   []docsField
	BodyExample                            string
	Status, Answer                         string
	Fields                                 []docsField
	AnswerExample                          string
	Failures                               string
}

// docsField is a row of a table; Depth is how far inside it stands.
type docsField struct {
	Name, Type, Doc, In string
	Required            bool
	Depth               int
}

type docsError struct{ Code, Text string }

func (a *api) docsView() docsData {
	o := a.huma.OpenAPI()
	d := docsData{Title: o.Info.Title, Version: o.Info.Version, Intro: o.Info.Description, KeyHeader: KeyHeader, Events: docsEvents()}
	s := schemas{o.Components.Schemas}
	english := i18n.Must(i18n.English)
	for _, code := range fault.Reasons() {
		d.Errors = append(d.Errors, docsError{code, english.T(code)})
	}
	var paths []string
	for p := range o.Paths {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	at := map[string]int{}
	for _, p := range paths {
		item := o.Paths[p]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			tag := op.Tags[0]
			if _, seen := at[tag]; !seen {
				at[tag] = len(d.Groups)
				d.Groups = append(d.Groups, docsGroup{Name: tag, Anchor: strings.ReplaceAll(tag, " ", "-")})
			}
			g := &d.Groups[at[tag]]
			g.Operations = append(g.Operations, s.operation(p, op))
		}
	}
	slices.SortFunc(d.Groups, func(a, b docsGroup) int { return strings.Compare(a.Name, b.Name) })
	return d
}

func (s schemas) operation(path string, op *huma.Operation) docsOperation {
	out := docsOperation{ID: op.OperationID, Method: op.Method, Path: path, Summary: op.Summary, Description: op.Description}
	for _, p := range op.Parameters {
		out.Params = append(out.Params, docsField{Name: p.Name, In: p.In, Type: s.kind(p.Schema), Doc: firstOf(p.Description, p.Schema.Description), Required: p.Required})
	}
	if op.RequestBody != nil && op.RequestBody.Content["application/json"] != nil { // a file has no fields
		schema := op.RequestBody.Content["application/json"].Schema
		out.Body, out.BodyExample = s.fields(schema, 0), s.exampleText(schema)
	}
	var failures []string
	for code, r := range op.Responses {
		if code >= "300" || code == "202" {
			failures = append(failures, code)
			continue
		}
		out.Status = code
		if m := r.Content["application/json"]; m != nil && m.Schema != nil {
			out.Fields, out.AnswerExample = s.fields(m.Schema, 0), s.exampleText(m.Schema)
		}
	}
	slices.Sort(failures)
	out.Failures = strings.Join(failures, ", ")
	return out
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// schemas follows references for the page.
type schemas struct{ registry huma.Registry }

func (s schemas) of(v *huma.Schema) *huma.Schema {
	for v.Ref != "" {
		v = s.registry.SchemaFromRef(v.Ref)
	}
	return v
}

const docsDepth = 4

// fields lists an object's properties, those inside it after each.
func (s schemas) fields(v *huma.Schema, depth int) []docsField {
	v = s.of(v)
	if v.Type == huma.TypeArray {
		v = s.of(v.Items)
	}
	var names []string
	for name := range v.Properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { // what is required first
		if ra, rb := slices.Contains(v.Required, a), slices.Contains(v.Required, b); ra != rb {
			return map[bool]int{true: -1, false: 1}[ra]
		}
		return strings.Compare(a, b)
	})
	var out []docsField
	for _, name := range names {
		p := v.Properties[name]
		out = append(out, docsField{Name: name, Type: s.kind(p), Doc: firstOf(p.Description, s.of(p).Description), Required: slices.Contains(v.Required, name), Depth: depth})
		if depth < docsDepth {
			out = append(out, s.fields(p, depth+1)...)
		}
	}
	return out
}

// kind says in a word what a value is.
func (s schemas) kind(v *huma.Schema) string {
	v = s.of(v)
	switch {
	case v.Type == huma.TypeArray:
		return "list of " + s.kind(v.Items)
	case len(v.Enum) > 0:
		var words []string
		for _, e := range v.Enum {
			if w, ok := e.(string); ok {
				words = append(words, w)
			}
		}
		return strings.Join(words, " | ")
	case len(v.OneOf) > 0:
		var words []string
		for _, o := range v.OneOf {
			words = append(words, s.kind(o))
		}
		return strings.Join(words, ", or ")
	case v.PatternDescription == notDecimal:
		return "decimal string"
	case v.Format != "":
		return v.Format
	case v.Type == "":
		return "any"
	}
	return v.Type
}

func (s schemas) exampleText(v *huma.Schema) string {
	b, err := json.MarshalIndent(s.example(v, 0), "", "  ")
	if err != nil {
		return ""
	}
	return string(b)
}

// example makes a value that the schema describes.
func (s schemas) example(v *huma.Schema, depth int) any {
	if len(v.Examples) > 0 {
		return v.Examples[0]
	}
	v = s.of(v)
	switch {
	case len(v.Examples) > 0:
		return v.Examples[0]
	case len(v.Enum) > 0:
		return v.Enum[0]
	case len(v.OneOf) > 0:
		return s.example(v.OneOf[len(v.OneOf)-1], depth)
	}
	switch v.Type {
	case huma.TypeObject:
		o := map[string]any{}
		for name, p := range v.Properties {
			if depth < docsDepth && slices.Contains(v.Required, name) {
				o[name] = s.example(p, depth+1)
			}
		}
		return o
	case huma.TypeArray:
		return []any{s.example(v.Items, depth+1)}
	case huma.TypeInteger, huma.TypeNumber:
		return 1
	case huma.TypeBoolean:
		return true
	case huma.TypeString:
		return map[string]string{"uuid": "019a5c1e-7b3a-7cc1-9f52-3d8c6c0a4b11", "date": "2026-05-01"}[v.Format]
	}
	return map[string]any{}
}
