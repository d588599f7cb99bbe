package edition

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
)

func TestBuiltins(t *testing.T) {
	for _, id := range Builtins() {
		e, err := Builtin(id)
		if err != nil {
			t.Fatal(err)
		}
		if e.ID != id || e.Brand.Logo.Type != "image/svg+xml" || len(e.Offered()) != 3 {
			t.Errorf("%+v", e)
		}
	}
	salon, err := Builtin("salon")
	if err != nil {
		t.Fatal(err)
	}
	if got := salon.Locale("en").T("term.member"); got != "client" {
		t.Error(got)
	}
	if got := salon.Locale("zh-TW,zh;q=0.8").T("term.member"); got != "顧客" {
		t.Error(got)
	}
	neutral, err := Builtin(Default)
	if err != nil {
		t.Fatal(err)
	}
	if got := neutral.Locale("en").T("term.member"); got != "member" {
		t.Error(got)
	}
	if neutral.CSS() != "" {
		t.Error("the neutral edition has the default look", neutral.CSS())
	}
	if salon.Has("tables") || !salon.Has("wallet") || !neutral.Has("tables") || neutral.Has("nonsense") {
		t.Error("modules")
	}
	if err := salon.Need("tables"); !fault.ReasonIs(err, "edition.module_off") {
		t.Error(err)
	}
	if _, limited := salon.Limit(LimitShops); limited {
		t.Error("limited")
	}
	if _, err := Builtin("nonsense"); !fault.ReasonIs(err, "edition.unknown") {
		t.Error(err)
	}
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z" fill="url(#a)"/></svg>`

func manifest(rest string) []byte {
	return []byte(`{"id":"acme","name":"Acme","brand":{"name":"Acme POS"}` + rest + `}`)
}

func branded(colors string) []byte {
	return []byte(`{"id":"acme","name":"Acme","brand":{"name":"Acme POS","colors":` + colors + `}}`)
}

func withLogo(data string) []byte {
	return []byte(`{"id":"acme","name":"Acme","brand":{"name":"Acme POS","logo":{"data":"data:image/png;base64,` + base64.StdEncoding.EncodeToString([]byte(data)) + `"}}}`)
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name          string
		manifest      []byte
		reason, param string
	}{
		{"no JSON", []byte("x"), "edition.malformed", ""},
		{"an unknown field", manifest(`,"colour":1`), "edition.malformed", ""},
		{"text after the end", append(manifest(""), '{'), "edition.malformed", ""},
		{"too large", manifest(`,"terms":{"en":{"x":"` + strings.Repeat("x", maxManifest) + `"}}`), "edition.malformed", ""},
		{"an id", []byte(`{"id":"../x","name":"A","brand":{"name":"A"}}`), "edition.bad_id", "id"},
		{"no name", []byte(`{"id":"x","name":" ","brand":{"name":"A"}}`), "edition.no_name", "name"},
		{"no brand", []byte(`{"id":"x","name":"A"}`), "edition.no_name", "brand.name"},
		{"a locale", manifest(`,"locales":["en","fr"]`), "edition.unknown_locale", "locales[1]"},
		{"a locale twice", manifest(`,"locales":["en","en"]`), "edition.unknown_locale", "locales[1]"},
		{"a locale of terms", manifest(`,"terms":{"fr":{"term.member":"x"}}`), "edition.unknown_locale", "terms.fr"},
		{"a key", manifest(`,"terms":{"en":{"term.nonsense":"x"}}`), "edition.unknown_text", "terms.en.term.nonsense"},
		{"a text", manifest(`,"terms":{"en":{"term.member":"{"}}`), "edition.bad_text", "terms.en.term.member"},
		{"an argument that is not given", manifest(`,"terms":{"en":{"internal.error":"{secret}"}}`), "edition.bad_text", "terms.en.internal.error"},
		{"a term of terms", manifest(`,"terms":{"en":{"term.member":"{=members}"}}`), "edition.bad_text", "terms.en.term.member"},
		{"a pack", manifest(`,"packs":[{"id":"a b","on":true}]`), "edition.bad_pack", "packs[0].id"},
		{"a pack twice", manifest(`,"packs":[{"id":"a"},{"id":"a"}]`), "edition.bad_pack", "packs[1].id"},
		{"a configuration", manifest(`,"packs":[{"id":"a","config":[1]}]`), "edition.bad_pack", "packs[0].config"},
		{"a module", manifest(`,"modules":["wallet","x"]`), "edition.unknown_module", "modules[1]"},
		{"a limit", manifest(`,"limits":{"x":1}`), "edition.unknown_limit", "limits.x"},
		{"a limit of none", manifest(`,"limits":{"shops":0}`), "edition.bad_limit", "limits.shops"},
		{"a token", branded(`{"light":{"x":"#fff"}}`), "edition.unknown_colour", "brand.colors.light.x"},
		{"a colour", branded(`{"dark":{"brand":"red;}*{display:none"}}`), "edition.bad_colour", "brand.colors.dark.brand"},
		{"a light grey brand", branded(`{"light":{"brand":"#cccccc"}}`), "edition.low_contrast", "brand.colors.light.brand-text"},
		{"grey on grey", branded(`{"light":{"brand":"#0c6250","brand-ink":"#338877"}}`), "edition.low_contrast", "brand.colors.light.brand-ink"},
		{"dark ink in the dark", branded(`{"dark":{"ink":"#333333"}}`), "edition.low_contrast", "brand.colors.dark.ink"},
		{"a logo file without a folder", []byte(`{"id":"x","name":"A","brand":{"name":"A","logo":{"file":"a.svg"}}}`), "edition.bad_logo", "brand.logo"},
		{"a logo that is no image", withLogo("hello"), "edition.bad_logo", "brand.logo"},
		{"a script", withLogo(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "edition.bad_logo", "brand.logo"},
		{"a handler", withLogo(`<svg onload="alert(1)"></svg>`), "edition.bad_logo", "brand.logo"},
		{"a foreign image", withLogo(`<svg><use href="https://example.com/x.svg#a"/></svg>`), "edition.bad_logo", "brand.logo"},
		{"a foreign fill", withLogo(`<svg><path fill="url(https://example.com/x)"/></svg>`), "edition.bad_logo", "brand.logo"},
		{"an entity", withLogo(`<!DOCTYPE x [<!ENTITY a "b">]><svg/>`), "edition.bad_logo", "brand.logo"},
		{"a stylesheet", withLogo(`<?xml-stylesheet href="x"?><svg/>`), "edition.bad_logo", "brand.logo"},
		{"a broken drawing", withLogo(`<svg><g></svg>`), "edition.bad_logo", "brand.logo"},
		{"a large logo", withLogo("\x89PNG\r\n\x1a\n" + strings.Repeat("x", maxLogo)), "edition.logo_too_large", "brand.logo"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.manifest)
			f := fault.Of(err)
			if err == nil || f.Reason != c.reason || f.Param != c.param {
				t.Fatalf("%v, want %s (%s)", err, c.reason, c.param)
			}
			for _, tag := range i18n.Tags() {
				if s := i18n.Fault(i18n.Must(tag), f); strings.Contains(s, "…") || strings.Contains(s, c.reason) {
					t.Errorf("%s: %s", tag, s)
				}
			}
		})
	}
}

func TestLogoFile(t *testing.T) {
	m := func(file string) fstest.MapFS {
		return fstest.MapFS{
			"edition.json": {Data: []byte(`{"id":"acme","name":"Acme","brand":{"name":"Acme","logo":{"file":` + fmt.Sprintf("%q", file) + `}}}`)},
			"logo.svg":     {Data: []byte(svg)},
		}
	}
	e, err := Load(m("logo.svg"))
	if err != nil || string(e.Brand.Logo.Bytes) != svg || !strings.HasPrefix(e.Brand.Logo.URL(), "data:image/svg+xml;base64,") {
		t.Fatal(e, err)
	}
	for _, file := range []string{"../edition.json", "/etc/passwd", ".", "none.svg", `c:\x`} {
		if _, err := Load(m(file)); !fault.ReasonIs(err, "edition.bad_logo") {
			t.Errorf("%s: %v", file, err)
		}
	}
	if _, err := Load(fstest.MapFS{}); !fault.ReasonIs(err, "edition.unknown") {
		t.Error(err)
	}
	again, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(again)
	if err != nil || string(back.Brand.Logo.Bytes) != svg || back.ID != e.ID {
		t.Fatalf("%s: %v", again, err)
	}
}

func TestCSS(t *testing.T) {
	e, err := Parse(branded(`{"light":{"brand":"#8D2B5E"}}`))
	if err != nil {
		t.Fatal(err)
	}
	css := e.CSS()
	if !strings.HasPrefix(css, ":root{--brand:#8d2b5e;--brand-ink:#ffffff;}\n") || strings.Count(css, "--brand:") != 3 {
		t.Error(css)
	}
	if !regexp.MustCompile(`^[-a-z0-9:;#{}@()\[\]="\n ]+$`).MatchString(css) {
		t.Error(css)
	}
	dark, ok := parseColour(e.Color(true, "brand"))
	ground, _ := parseColour(e.Color(true, "surface"))
	if !ok || contrast(dark, ground) < 3 || e.Color(true, "brand") == "#8d2b5e" {
		t.Error("the brand was not made readable in the dark:", e.Color(true, "brand"))
	}
	if e.Color(false, "nonsense") != "" {
		t.Error("a colour of nothing")
	}
}

func TestContrast(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want string
	}{{"#000", "#fff", "21.0"}, {"#777777", "#ffffff", "4.4"}, {"#767676", "#ffffff", "4.5"}, {"#fff", "#fff", "1.0"}} {
		a, _ := parseColour(c.a)
		b, _ := parseColour(c.b)
		if got := ratioText(contrast(a, b)); got != c.want || contrast(a, b) != contrast(b, a) {
			t.Errorf("%s on %s: %s", c.a, c.b, got)
		}
	}
	for g := range 256 {
		c := colour{uint8(g), uint8(g), uint8(g)}
		if contrast(inkFor(c), c) < 4.5 {
			t.Errorf("no ink for %s", c)
		}
	}
	for _, s := range []string{"", "#", "fff", "#ffff", "#ggg", "#12345g", "#+12345"} {
		if _, ok := parseColour(s); ok {
			t.Errorf("%q is a colour", s)
		}
	}
}

// The default tokens are readable, and they are those of the screens.
func TestDefaultTokens(t *testing.T) {
	for _, th := range []theme{lightTheme, darkTheme} {
		if x, r, bad := th.unreadable(nil); bad {
			t.Errorf("%s: %v has %.2f", th.name, x, r)
		}
	}
	css, err := os.ReadFile(filepath.FromSlash("../../admin/static/tokens.css"))
	if err != nil {
		t.Fatal(err)
	}
	light, rest, _ := strings.Cut(string(css), "@media")
	for _, token := range Tokens() {
		for name, p := range map[string]struct {
			css string
			own palette
		}{"light": {light, defaults.light}, "dark": {rest, defaults.dark}} {
			if !strings.Contains(p.css, "--"+token+": "+p.own[token].String()+";") {
				t.Errorf("%s: --%s is not %s in the screens' tokens", name, token, p.own[token])
			}
		}
	}
}

func TestLimits(t *testing.T) {
	e, err := Parse(manifest(`,"limits":{"shops":3},"modules":["wallet"],"locales":["zh-Hant","en"],"packs":[{"id":"salon","on":true,"priority":5,"config":{"a":1}}]`))
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := e.Limit(LimitShops); !ok || n != 3 {
		t.Error(n, ok)
	}
	if got := e.Locale("fr").Tag(); got != "zh-Hant" {
		t.Error(got)
	}
	if !slices.Equal(e.Offered(), []string{"zh-Hant", "en"}) || e.Packs[0].Priority != 5 {
		t.Errorf("%+v", e)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(manifest(`,"limits":{"shops":3}`))
	f.Add(branded(`{"light":{"brand":"#8D2B5E"}}`))
	f.Add(withLogo(svg))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Parse(b)
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		if strings.ContainsAny(e.CSS(), "<>\\/") {
			t.Fatal(e.CSS())
		}
	})
}
