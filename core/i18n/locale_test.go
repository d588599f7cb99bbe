package i18n

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/shopwright/shopwright/core/fault"
)

// Every locale has every key, with the same placeholders, and every term that a
// text uses.
func TestCataloguesAgree(t *testing.T) {
	all := catalogues()
	for _, tag := range tags {
		for key, text := range all[tag] {
			other, ok := all[English][key]
			if !ok {
				t.Errorf("%s: %s is not in %s", tag, key, English)
				continue
			}
			if strings.TrimSpace(text.raw) == "" {
				t.Errorf("%s: %s has an empty text", tag, key)
			}
			if !slices.Equal(text.Args(), other.Args()) {
				t.Errorf("%s: %s shows %v, in %s it shows %v", tag, key, text.Args(), English, other.Args())
			}
			for _, name := range text.Terms() {
				if _, ok := all[tag]["term."+name]; !ok {
					t.Errorf("%s: %s uses the term %s, which there is not", tag, key, name)
				}
			}
			if strings.HasPrefix(key, "term.") && (len(text.Args()) > 0 || len(text.Terms()) > 0) {
				t.Errorf("%s: the term %s has placeholders", tag, key)
			}
		}
		for key := range all[English] {
			if _, ok := all[tag][key]; !ok {
				t.Errorf("%s: %s is missing", tag, key)
			}
		}
	}
}

// The files are flat and sorted, so that two changes meet in a diff and not in a
// conflict of the whole file.
func TestCataloguesAreSorted(t *testing.T) {
	names, err := filepath.Glob("locales/*.json")
	if err != nil || len(names) != len(tags) {
		t.Fatal(names, err)
	}
	deep, err := filepath.Glob("locales/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, deep...) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(strings.NewReader(string(data)))
		last, n := "", 0
		for d.More() {
			tok, err := d.Token()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			s, ok := tok.(string)
			if !ok {
				continue // the opening brace
			}
			if n++; n%2 == 0 {
				continue // a text
			}
			if s <= last {
				t.Errorf("%s: %s stands after %s", name, s, last)
			}
			last = s
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, fsys := range map[string]fstest.MapFS{
		"no file":       {},
		"nested":        {"locales/en.json": {Data: []byte(`{"a":{"b":"c"}}`)}},
		"a broken text": {"locales/en.json": {Data: []byte(`{"a":"b {c"}`)}},
		"a key twice":   {"locales/en.json": {Data: []byte(`{"a":"b"}`)}, "locales/en/x.json": {Data: []byte(`{"a":"c"}`)}},
	} {
		if _, err := load(fsys, "en"); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	c, err := load(fstest.MapFS{"locales/en.json": {Data: []byte(`{"a":"b"}`)}, "locales/en/x.json": {Data: []byte(`{"c":"d"}`)}}, "en")
	if err != nil || len(c) != 2 {
		t.Fatal(c, err)
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		accept  string
		offered []string
		want    string
	}{
		{"zh-TW,zh;q=0.9,en;q=0.8", nil, "zh-Hant"},
		{"zh-HK", nil, "zh-Hant"},
		{"zh-MO", nil, "zh-Hant"},
		{"zh-CN,zh;q=0.9", nil, "zh-Hans"},
		{"zh", nil, "zh-Hans"},
		{"zh-SG", nil, "zh-Hans"},
		{"en-GB", nil, "en"},
		{"fr-FR,fr", nil, "en"},
		{"fr;q=1, zh-Hant;q=0.5", nil, "zh-Hant"},
		{"", nil, "en"},
		{"zh-Hans", nil, "zh-Hans"},
		{";;;q=zzz", nil, "en"},
		{strings.Repeat("en,", 100_000), []string{"zh-Hans", "en"}, "zh-Hans"},
		{"fr", []string{"zh-Hant", "en"}, "zh-Hant"},
		{"en", []string{"zh-Hans"}, "zh-Hans"},
		{"zh-TW", []string{"en", "zh-Hans"}, "zh-Hans"}, // the other script before another language
		{"zh-TW", []string{"nonsense"}, "zh-Hant"},
	} {
		if got := Match(c.accept, c.offered...).Tag(); got != c.want {
			t.Errorf("%.40q of %v: %s, want %s", c.accept, c.offered, got, c.want)
		}
	}
}

func TestTexts(t *testing.T) {
	l, err := Must(English).With(map[string]string{
		"x.lines": "{count} {count|line|lines} for {who}", "x.term": "{=Member} and {=members}", "x.plain": "plain", "term.member": "client",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		got, want string
	}{
		{l.T("x.lines", "count", 1, "who", "Ann"), "1 line for Ann"},
		{l.T("x.lines", "count", 1200, "who", "Ann"), "1,200 lines for Ann"},
		{l.T("x.lines", map[string]any{"count": int64(0), "who": "{who}"}), "0 lines for {who}"},
		{l.T("x.lines", "count", 2), "2 lines for …"},
		{l.T("x.lines", "count"), "… … for …"},
		{l.T("x.term"), "Client and members"},
		{l.T("x.plain", "a", 1), "plain"},
		{l.T("x.none"), "x.none"},
		{Locale{}.T("term.member"), "member"},
		{Must(Traditional).T("term.member"), "會員"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	if !slices.Equal(l.Placeholders("x.lines"), []string{"count", "who"}) {
		t.Error(l.Placeholders("x.lines"))
	}
}

func TestTermsDoNotGoInCircles(t *testing.T) {
	l, err := Must(English).With(map[string]string{"term.member": "{=members}", "term.members": "{=member}", "x": "{=member}"})
	if err != nil {
		t.Fatal(err)
	}
	if got := l.T("x"); got != "{=members}" {
		t.Error(got)
	}
}

func TestBrokenTexts(t *testing.T) {
	for _, s := range []string{"{", "}", "a {b", "a b}", "{}", "{a|b}", "{a|b|c|d}", "{=}", "{= a}", "{a b}", "{1}", "{a{b}}", "{成}"} {
		if _, err := Parse(s); !fault.ReasonIs(err, "i18n.malformed_text") {
			t.Errorf("%q: %v", s, err)
		}
	}
	if _, err := Must(English).With(map[string]string{"k": "{"}); fault.Of(err).Param != "k" {
		t.Error(err)
	}
}

func TestFault(t *testing.T) {
	f := fault.Of(ErrText.With("text", "{").On("terms.en.x"))
	if got := Fault(Must(English), f); got != "The text “{” has a placeholder that is not closed or not known." {
		t.Error(got)
	}
	if got := Fault(Must(Simplified), fault.ErrInternal); got != "系统出了点问题，请重试。" {
		t.Error(got)
	}
	if got := Fault(Must(English), &fault.Fault{Reason: "no.such_text"}); !strings.Contains(got, "no.such_text") {
		t.Error(got)
	}
	l, err := Must(English).With(map[string]string{"no.such_text": "see {param}"})
	if err != nil {
		t.Fatal(err)
	}
	if got := Fault(l, &fault.Fault{Reason: "no.such_text", Param: "lines[2]"}); got != "see lines[2]" {
		t.Error(got)
	}
	if Fault(l, nil) != "" {
		t.Error("no fault has a sentence")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("{count} {count|line|lines} {=Member}")
	f.Fuzz(func(t *testing.T, s string) {
		text, err := Parse(s)
		if err == nil && !strings.ContainsAny(s, "{}") && text.Format(Locale{}) != s {
			t.Fatalf("%q", s)
		}
	})
}

func FuzzMatch(f *testing.F) {
	f.Add("zh-TW,zh;q=0.9")
	f.Fuzz(func(t *testing.T, s string) {
		if !Known(Match(s).Tag()) {
			t.Fatal(s)
		}
	})
}
