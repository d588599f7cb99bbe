package ui

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/money"
)

const sectionedSchema = `{"type":"object","properties":{
	"note": {"type":"string","title":"Note"},
	"fees_on": {"type":"boolean","title":"Fees apply","default":true,"x-section":{"en":"Fees","zh-Hans":"费用","zh-Hant":"費用"}},
	"fees": {"type":"array","title":"Fees by day","items":{"type":"object","required":["percent"],"properties":{"days":{"type":"integer"},"percent":{"type":"integer","maximum":100}}}},
	"gift_count": {"type":"integer","title":"Gifts a day","x-section":{"en":"Gifts"}},
	"joined_on": {"type":"boolean","title":"For joining"},
	"birthday_on": {"type":"boolean","title":"For a birthday"},
	"gift_repeat": {"type":"boolean","title":"Again each year"},
	"feedback": {"type":"integer","title":"Days","maximum":30,"x-section":{"fr":"Retour"}},
	"round": {"type":"boolean","title":"Round","x-section":{"en":"Rounding"}},
	"round_to": {"type":"string","title":"Round to"}}}`

// cut renders a form and answers its sections: title to whether it is open, and
// the markup of the whole.
func cut(t *testing.T, locale string, f Form) (map[string]bool, *html.Node, string) {
	t.Helper()
	f.ID = "cfg"
	text := render(t, within(Page(testCtx(locale), Frame{Title: "Pack"}), within(Card("Settings"), SchemaForm(testCtx(locale), f))))
	checkPage(t, locale, text)
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for n := range doc.Descendants() {
		if n.Data != "h3" || n.Parent.Data != "summary" {
			continue
		}
		_, open := attrOf(n.Parent.Parent, "open")
		out[n.FirstChild.Data] = open
	}
	return out, doc, text
}

func attrOf(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func TestSectionsOpenWhereTheyAreOn(t *testing.T) {
	s := mustSchema(t, sectionedSchema)
	for name, c := range map[string]struct {
		f    Form
		want map[string]bool
	}{
		"defaults":       {Form{}, map[string]bool{"Fees": true, "Gifts": false, "Days": true, "Rounding": false}},
		"one of several": {Form{Value: []byte(`{"fees_on":false,"birthday_on":true}`)}, map[string]bool{"Fees": false, "Gifts": true, "Days": true, "Rounding": false}},
		// A boolean that only refines an offer does not switch it.
		"not the switch":        {Form{Value: []byte(`{"fees_on":false,"gift_repeat":true}`)}, map[string]bool{"Fees": false, "Gifts": false, "Days": true, "Rounding": false}},
		"the first of no _on":   {Form{Value: []byte(`{"fees_on":false,"round":true}`)}, map[string]bool{"Fees": false, "Gifts": false, "Days": true, "Rounding": true}},
		"an error in a row":     {Form{Raw: url.Values{"/fees/0/percent": {"200"}}, Errors: FieldErrors{"/fees/0/percent": ErrTooLarge.With("max", "100")}}, map[string]bool{"Fees": true, "Gifts": false, "Days": true, "Rounding": false}},
		"an error of its own":   {Form{Raw: url.Values{"/gift_count": {"x"}}, Errors: FieldErrors{"/gift_count": ErrNotNumber}}, map[string]bool{"Fees": false, "Gifts": true, "Days": true, "Rounding": false}},
		"a row was asked for":   {Form{Raw: url.Values{markAdd: {"/fees"}}}, map[string]bool{"Fees": true, "Gifts": false, "Days": true, "Rounding": false}},
		"a name that is longer": {Form{Raw: url.Values{}, Errors: FieldErrors{"/round_to": ErrPattern}}, map[string]bool{"Fees": false, "Gifts": false, "Days": true, "Rounding": true}},
	} {
		c.f.Schema = s
		got, _, _ := cut(t, "en", c.f)
		if len(got) != len(c.want) {
			t.Errorf("%s: sections %v", name, got)
		}
		for title, open := range c.want {
			if got[title] != open {
				t.Errorf("%s: %s open %v", name, title, got[title])
			}
		}
	}
}

// Everything of the form is sent, closed or not, and each link of the index leads
// to its section.
func TestSectionsKeepTheForm(t *testing.T) {
	s := mustSchema(t, sectionedSchema)
	value := `{"note":"a","fees_on":false,"fees":[{"days":1,"percent":10}],"gift_count":3,"joined_on":false,"birthday_on":false,"gift_repeat":true,"feedback":7,"round":false,"round_to":"x"}`
	sections, doc, text := cut(t, "zh-Hant", Form{Schema: s, Value: []byte(value), Errors: FieldErrors{"/fees/0/percent": ErrTooLarge.With("max", "1"), "/fees/0/days": ErrTooSmall.With("min", "2")}})
	got, err := FormValues(s, successful(t, text))
	if err != nil || string(got) != value {
		t.Errorf("%s, %v\nwant %s", got, err, value)
	}
	if open, ok := sections["費用"]; !ok || !open {
		t.Errorf("sections %v", sections)
	}
	ids, links, named := map[string]bool{}, 0, 0
	for n := range doc.Descendants() {
		if v, ok := attrOf(n, "id"); ok {
			ids[v] = true
		}
	}
	for n := range doc.Descendants() {
		if href, ok := attrOf(n, "href"); ok && strings.HasPrefix(href, "#section-") {
			links++
			if !ids[href[1:]] {
				t.Errorf("%s leads nowhere", href)
			}
		}
		if by, ok := attrOf(n, "aria-labelledby"); ok && n.Data == "fieldset" && ids[by] {
			named++
		}
	}
	if links != 4 || named != 4 {
		t.Errorf("%d links, %d groups with a name", links, named)
	}
	if want := testCtx("zh-Hant").T("ui.section_errors", "n", 2); strings.Count(text, want) != 2 { // in the index and on the section
		t.Errorf("%q %d times", want, strings.Count(text, want))
	}
	note := strings.Index(text, `id="cfg/note"`)
	if first := strings.Index(text, `<details class="form-section"`); note < 0 || note > first {
		t.Error("what stands before the first section is not before it")
	}
}

func TestAFormWithoutSectionsHasNone(t *testing.T) {
	got, doc, _ := cut(t, "en", Form{Schema: mustSchema(t, sampleSchema)})
	if len(got) > 0 {
		t.Errorf("sections %v", got)
	}
	for n := range doc.Descendants() {
		if v, _ := attrOf(n, "class"); v == "form-index" {
			t.Error("an index of nothing")
		}
	}
}

// The packs' own schemas, with their defaults: every section has a title of its
// own in each language, and one that is off is closed.
func TestSectionsOfThePacks(t *testing.T) {
	files, err := filepath.Glob(filepath.FromSlash("../../rules/packs/*/config.schema.json"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d schemas, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ParseSchema(data, money.MustCurrency("CNY"))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, p := range s.Properties {
			if len(p.Schema.xSection) > 0 {
				n++
			}
		}
		for _, locale := range []string{"en", "zh-Hans", "zh-Hant"} {
			got, _, _ := cut(t, locale, Form{Schema: s})
			closed := 0
			for _, open := range got {
				if !open {
					closed++
				}
			}
			if len(got) != n || n < 4 || closed == 0 || closed == n {
				t.Errorf("%s %s: %d titles for %d sections, %d closed", file, locale, len(got), n, closed)
			}
		}
	}
}
