package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

const sampleSchema = `{
  "type": "object",
  "title": "Member prices",
  "required": ["enabled", "label", "rate", "tiers", "window"],
  "properties": {
    "enabled": {"type": "boolean", "title": "Enabled", "default": true},
    "label": {"type": "string", "title": "Label", "x-title": {"zh": "名称", "zh-Hant": "名稱"}, "maxLength": 40, "default": "Member day"},
    "note": {"type": "string", "x-format": "multiline", "description": "Shown to staff only."},
    "rate": {"type": "integer", "x-unit": "rate", "minimum": 0, "maximum": 1000000, "default": 850000},
    "cap": {"type": "integer", "x-unit": "minor", "minimum": 0, "title": "At most"},
    "share": {"type": "integer", "x-unit": "percent", "minimum": -100, "maximum": 100},
    "pause": {"type": "integer", "x-unit": "minutes", "minimum": 0},
    "weight": {"type": "integer", "x-unit": "quantity"},
    "factor": {"type": "number", "minimum": -5, "maximum": 5.5},
    "round": {"enum": ["down", "half_up"], "x-labels": {"down": {"en": "Down", "zh": "舍去"}}},
    "mode": {"oneOf": [{"const": 1, "title": "One"}, {"const": 2, "title": "Two"}]},
    "days": {"type": "array", "uniqueItems": true, "items": {"type": "integer", "enum": [0, 1, 2, 3, 4, 5, 6]}},
    "skus": {"type": "array", "items": {"type": "string", "minLength": 1}},
    "counts": {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
    "window": {"type": "object", "required": ["from"], "properties": {
      "from": {"type": "integer", "x-unit": "clock", "minimum": 0, "maximum": 1440, "default": 540},
      "to": {"type": "integer", "x-unit": "clock", "minimum": 0, "maximum": 1440}}},
    "extra": {"type": "object", "properties": {"a~b/c d": {"type": "string"}, "on": {"type": "boolean"}}},
    "tiers": {"type": "array", "title": "Tiers", "items": {"type": "object", "required": ["code", "spend"], "properties": {
      "code": {"type": "string"},
      "spend": {"type": "integer", "x-unit": "minor", "minimum": 0},
      "vip": {"type": "boolean"},
      "gifts": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}, "n": {"type": "integer"}}}}}}}
  }
}`

func mustSchema(t testing.TB, text string) *Schema {
	t.Helper()
	s, err := ParseSchema([]byte(text), money.MustCurrency("CNY"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// successful is what a browser would send for the form, the spare rows included.
func successful(t interface{ Fatal(...any) }, markup string) url.Values {
	doc, err := html.Parse(strings.NewReader(markup))
	if err != nil {
		t.Fatal(err)
	}
	out := url.Values{}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		attr := func(k string) (string, bool) {
			for _, a := range n.Attr {
				if a.Key == k {
					return a.Val, true
				}
			}
			return "", false
		}
		name, _ := attr("name")
		switch n.Data {
		case "template":
			return
		case "input":
			kind, _ := attr("type")
			_, checked := attr("checked")
			v, _ := attr("value")
			if kind != "checkbox" || checked {
				if kind != "hidden" {
					v = strings.NewReplacer("\r", "", "\n", "").Replace(v)
				}
				out.Add(name, v)
			}
		case "textarea":
			v := ""
			if n.FirstChild != nil {
				v = n.FirstChild.Data
			}
			out.Add(name, strings.ReplaceAll(strings.TrimPrefix(v, "\n"), "\n", "\r\n"))
		case "select":
			picked := ""
			for o := n.FirstChild; o != nil; o = o.NextSibling {
				for _, a := range o.Attr {
					if a.Key == "selected" {
						for _, b := range o.Attr {
							if b.Key == "value" {
								picked = b.Val
							}
						}
					}
				}
			}
			out.Add(name, picked)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	return out
}

func gen(s *Schema) *rapid.Generator[any] {
	words := rapid.StringMatching(`[a-z<>&"'/~ 中文%]{1,12}`)
	return rapid.Custom(func(t *rapid.T) any {
		switch {
		case len(s.Enum) > 0:
			var v any
			raw := rapid.SampledFrom(s.Enum).Draw(t, "choice").Value
			if json.Unmarshal(raw, &v) != nil {
				t.Fatal("a choice is not JSON")
			}
			return v
		case s.Type == "object":
			m := map[string]any{}
			for _, p := range s.Properties {
				if p.Required || p.Schema.Type == "boolean" || rapid.Bool().Draw(t, "has "+p.Name) {
					m[p.Name] = gen(p.Schema).Draw(t, p.Name)
				}
			}
			return m
		case s.isSet():
			var out = []any{}
			for _, c := range s.Items.Enum {
				if rapid.Bool().Draw(t, "in") {
					var v any
					_ = json.Unmarshal(c.Value, &v)
					out = append(out, v)
				}
			}
			return out
		case s.Type == "array":
			limit := 4
			if s.MaxItems > 0 {
				limit = s.MaxItems
			}
			out := []any{}
			for range rapid.IntRange(0, limit).Draw(t, "rows") {
				out = append(out, gen(s.Items).Draw(t, "row"))
			}
			return out
		case s.Type == "boolean":
			return rapid.Bool().Draw(t, "bool")
		case s.Type == "number":
			return json.Number(rapid.SampledFrom([]string{"0", "1.5", "-5", "5.5", "0.0001", "-0.125"}).Draw(t, "number"))
		case s.Type == "integer":
			lo, hi := int64(-1_000_000_000), int64(1_000_000_000_000)
			if s.Min != nil {
				lo = *s.Min
			}
			if s.Max != nil {
				hi = *s.Max
			}
			return json.Number(fmt.Sprint(rapid.Int64Range(lo, hi).Draw(t, "int")))
		}
		if s.Format == "multiline" {
			return words.Draw(t, "a") + "\n" + words.Draw(t, "b")
		}
		return words.Draw(t, "text")
	})
}

func decodeAny(t interface{ Fatal(...any) }, b []byte) any {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err, string(b))
	}
	return v
}

// The form of any value gives that value back, through real markup, and what
// comes back is valid for an independent validator.
func TestFormRoundTrip(t *testing.T) {
	s := mustSchema(t, sampleSchema)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(sampleSchema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("sample.json", doc); err != nil {
		t.Fatal(err)
	}
	validator, err := compiler.Compile("sample.json")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		want, err := json.Marshal(gen(s).Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		var page bytes.Buffer
		if err := SchemaForm(testCtx("en"), Form{ID: "f", Schema: s, Value: want}).Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		got, err := FormValues(s, successful(t, page.String()))
		if err != nil {
			t.Fatalf("%v\nvalue %s", err, want)
		}
		if !reflect.DeepEqual(decodeAny(t, got), decodeAny(t, want)) {
			t.Fatalf("\n got %s\nwant %s", got, want)
		}
		inst, err := jsonschema.UnmarshalJSON(bytes.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		if err := validator.Validate(inst); err != nil {
			t.Fatal(err)
		}
		// What was typed, shown again, says the same.
		page.Reset()
		if err := SchemaForm(testCtx("zh-Hans"), Form{ID: "f", Schema: s, Raw: formOf(s, want)}).Render(t.Context(), &page); err != nil {
			t.Fatal(err)
		}
		again, err := FormValues(s, successful(t, page.String()))
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("again %s, %v\n want %s", again, err, got)
		}
	})
}

func TestFormShowsUnits(t *testing.T) {
	s := mustSchema(t, sampleSchema)
	v := formOf(s, []byte(`{"rate":850000,"cap":1250,"share":-5,"weight":1500,"window":{"from":510,"to":1440}}`))
	for at, want := range map[string]string{"/rate": "85", "/cap": "12.50", "/share": "-5", "/weight": "1.5", "/window/from": "08:30", "/window/to": "24:00"} {
		if got := v.Get(at); got != want {
			t.Errorf("%s shows %q, want %q", at, got, want)
		}
	}
}

func TestFormValuesReadsWhatPeopleType(t *testing.T) {
	s := mustSchema(t, sampleSchema)
	for typed, want := range map[[2]string]string{
		{"/rate", "85 %"}: `"rate":850000`, {"/rate", "８５％"}: `"rate":850000`, {"/rate", "0.0001"}: `"rate":1`,
		{"/cap", "1,234.5"}: `"cap":123450`, {"/cap", " 12 "}: `"cap":1200`,
		{"/window/to", "9：05"}: `"to":545`, {"/factor", "-0"}: `"factor":-0`,
	} {
		v := formOf(s, []byte(`{"enabled":true,"label":"x","rate":1,"tiers":[],"window":{"from":0}}`))
		v.Set(typed[0], typed[1])
		got, err := FormValues(s, v)
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%v: %s, %v; want %s", typed, got, err, want)
		}
	}
}

func TestFormValuesRefuses(t *testing.T) {
	s := mustSchema(t, sampleSchema)
	for _, c := range []struct{ at, typed, reason string }{
		{"/rate", "", "ui.field_required"},
		{"/rate", "101", "ui.field_too_large"},
		{"/rate", "0.00001", "ui.field_not_a_number"}, // finer than a millionth: never rounded
		{"/cap", "1.005", "ui.field_not_a_number"},
		{"/cap", "-1", "ui.field_too_small"},
		{"/cap", "1e3", "ui.field_not_a_number"},
		{"/cap", "99999999999999999999", "ui.field_not_a_number"},
		{"/window/from", "24:01", "ui.field_not_a_time"},
		{"/window/from", "7:60", "ui.field_not_a_time"},
		{"/factor", "5.51", "ui.field_too_large"},
		{"/factor", "1e999999999", "ui.field_not_a_number"},
		{"/factor", "1e-999999999", "ui.field_not_a_number"},
		{"/factor", "NaN", "ui.field_not_a_number"},
		{"/round", "up", "ui.field_not_a_choice"},
		{"/label", strings.Repeat("好", 41), "ui.field_too_long"},
		{"/tiers/0/spend", "", "ui.field_required"},
		{"/skus/0", "\xff", "ui.field_pattern"},
	} {
		v := formOf(s, []byte(`{"enabled":true,"label":"x","rate":1,"tiers":[{"code":"a","spend":1}],"window":{"from":0}}`))
		v.Set(c.at, c.typed)
		got, err := FormValues(s, v)
		errs, ok := err.(FieldErrors)
		if !ok || got != nil || len(errs) != 1 || errs[c.at] == nil || errs[c.at].Reason != c.reason {
			t.Errorf("%s=%q: %s, %v; want %s", c.at, c.typed, got, err, c.reason)
		}
		if f := fault.Of(err); f.Param != c.at || f.Kind != fault.Invalid {
			t.Errorf("%s: fault %v on %q", c.at, f, f.Param)
		}
	}
}

func TestRows(t *testing.T) {
	s := mustSchema(t, sampleSchema)
	base := `{"enabled":true,"label":"x","rate":1,"tiers":[{"code":"a","spend":1},{"code":"b","spend":2},{"code":"c","spend":3}],"window":{"from":0}}`
	v := formOf(s, []byte(base))
	v.Set(markRemove+"/tiers/1", "1")
	v.Set("/tiers/7/code", "late") // rows may have gaps, as scripts leave them
	v.Set("/tiers/7/spend", "4")
	v.Set("/tiers/12/code", "") // blank and not there before: dropped
	v.Set("/tiers/99999/code", "no")
	got, err := FormValues(s, v)
	want := `"tiers":[{"code":"a","spend":1,"vip":false},{"code":"c","spend":3,"vip":false},{"code":"late","spend":400,"vip":false}]`
	if err != nil || !strings.Contains(string(got), want) {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}

	v = formOf(s, []byte(base))
	v.Set("/counts/0", "1")
	v.Set("/counts/1", "2")
	v.Set("/counts/2", "3")
	v.Set("/counts/3", "4")
	if _, err := FormValues(s, v); !fault.ReasonIs(err, "ui.field_too_many_rows") {
		t.Errorf("too many rows: %v", err)
	}

	v = formOf(s, []byte(base))
	v.Set(markAdd, "/tiers")
	if !WantsRow(v) {
		t.Error("WantsRow is false")
	}
	var page bytes.Buffer
	if err := SchemaForm(testCtx("en"), Form{ID: "f", Schema: s, Raw: v}).Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	if n := len(rowIndex(successful(t, page.String()))["/tiers"]); n != 5 { // three, the one asked for, one to spare
		t.Errorf("%d rows, want 5", n)
	}
}

func TestDefaults(t *testing.T) {
	s := mustSchema(t, sampleSchema)
	want := `{"enabled":true,"label":"Member day","rate":850000,"window":{"from":540}}`
	if got := string(s.Defaults()); got != want {
		t.Errorf("Defaults = %s, want %s", got, want)
	}
}

func TestParseSchemaRefuses(t *testing.T) {
	for _, text := range []string{
		`[]`, `{`, `{"type":"string"}`, `{"type":"object","properties":{"a":{"type":"null"}}}`,
		`{"type":"object","properties":{"a":{"anyOf":[{"type":"string"}]}}}`,
		`{"type":"object","properties":{"a":{"$ref":"#/x"}}}`,
		`{"type":"object","properties":{"a":{"type":"string","x-unit":"minor"}}}`,
		`{"type":"object","properties":{"a":{"type":"integer","x-unit":"miles"}}}`,
		`{"type":"object","properties":{"a":{"type":"integer","minimum":1.5}}}`,
		`{"type":"object","properties":{"a":{"type":"string","pattern":"("}}}`,
		`{"type":"object","properties":{"a":{"type":"array"}}}`,
		`{"type":"object","properties":{"a":{"enum":[{}]}}}`,
		strings.Repeat(`{"type":"object","properties":{"a":`, 12) + `{"type":"string"}` + strings.Repeat(`}}`, 12),
	} {
		if _, err := ParseSchema([]byte(text), money.MustCurrency("CNY")); !fault.ReasonIs(err, "ui.schema_unsupported") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSchemaTitles(t *testing.T) {
	s := mustSchema(t, sampleSchema)
	label := s.Properties[1]
	for locale, want := range map[string]string{"en": "Label", "zh-Hans": "名称", "zh-Hant": "名稱", "fr": "Label"} {
		if got := label.Title(locale); got != want {
			t.Errorf("%s: %q, want %q", locale, got, want)
		}
	}
	if got := s.Properties[3].Title("en"); got != "Rate" {
		t.Errorf("untitled: %q", got)
	}
}

func FuzzFormValues(f *testing.F) {
	s := mustSchema(f, sampleSchema)
	f.Add("/tiers/0/code=a&keep:/tiers/0=1&/rate=85&/label=x&/window/from=1:00")
	f.Add("/tiers/-1/code=a&/tiers/01/code=b&/=c&//=d")
	f.Fuzz(func(t *testing.T, query string) {
		v, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		got, err := FormValues(s, v)
		if err == nil && !json.Valid(got) {
			t.Errorf("not JSON: %s", got)
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("kind of %v", err)
		}
	})
}

// A choice of nothing, "every day", is a value and no reason to keep a row that
// nobody has filled in.
func TestAChoiceOfNothingFillsNoRow(t *testing.T) {
	s := mustSchema(t, `{"type":"object","properties":{"slots":{"type":"array","items":{"type":"object","required":["days","from"],"properties":{
		"days":{"type":"string","enum":["","1"]},"from":{"type":"string","minLength":1}}}}}}`)
	v := url.Values{"/slots/0/days": {""}, "/slots/0/from": {"14:00"}, "/slots/1/days": {""}, "/slots/1/from": {""}}
	got, err := FormValues(s, v)
	if want := `{"slots":[{"days":"","from":"14:00"}]}`; err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
	v.Set("/slots/1/days", "1")
	if _, err := FormValues(s, v); !fault.ReasonIs(err, "ui.field_invalid") && err == nil {
		t.Error("a row that was begun was dropped")
	}
}
