package ui

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/admin/static"
	"github.com/shopwright/shopwright/core/fault"
)

var (
	tokenBlock = regexp.MustCompile(`(?s):where\((:root[^{]*)\)\s*\{(.*?)\}`)
	tokenDecl  = regexp.MustCompile(`(--[a-z0-9-]+):\s*([^;]+);`)
	mixCall    = regexp.MustCompile(`^color-mix\(in srgb, (.+) (\d+)%, (.+)\)$`)
	varCall    = regexp.MustCompile(`^var\((--[a-z0-9-]+)\)$`)
)

// themeTokens reads tokens.css: the light theme, dark by the device, dark by choice.
func themeTokens(t *testing.T) (light, device, chosen map[string]string) {
	t.Helper()
	light, device, chosen = map[string]string{}, map[string]string{}, map[string]string{}
	for _, b := range tokenBlock.FindAllStringSubmatch(string(static.Bytes("tokens.css")), -1) {
		to := light
		switch {
		case strings.Contains(b[1], `:not([data-theme="light"])`):
			to = device
		case strings.Contains(b[1], `[data-theme="dark"]`):
			to = chosen
		case strings.Contains(b[1], ":lang"):
			continue
		}
		for _, d := range tokenDecl.FindAllStringSubmatch(b[2], -1) {
			to[d[1]] = d[2]
		}
	}
	return light, device, chosen
}

func resolve(t *testing.T, theme map[string]string, v string) Color {
	t.Helper()
	if m := varCall.FindStringSubmatch(v); m != nil {
		return resolve(t, theme, theme[m[1]])
	}
	if m := mixCall.FindStringSubmatch(v); m != nil {
		n, _ := strconv.Atoi(m[2]) // digits by the pattern
		return resolve(t, theme, m[1]).Mix(resolve(t, theme, m[3]), float64(n)/100)
	}
	c, err := ParseColor(v)
	if err != nil {
		t.Fatalf("token value %q: %v", v, err)
	}
	return c
}

// Every pair of colours that the style sheets put on each other is readable, in
// both themes (WCAG 2.2 AA).
func TestTokensContrast(t *testing.T) {
	light, device, chosen := themeTokens(t)
	if len(light) < 30 || len(chosen) < 25 {
		t.Fatalf("%d light and %d dark tokens: the file was not understood", len(light), len(chosen))
	}
	for k, v := range chosen {
		if device[k] != v {
			t.Errorf("%s is %q in dark by choice and %q by the device", k, v, device[k])
		}
	}
	if len(device) != len(chosen) {
		t.Error("the two dark themes have different tokens")
	}
	type pair struct {
		fore, back string
		needed     float64
	}
	var pairs []pair
	for _, ink := range []string{"--ink", "--ink-2", "--ink-3", "--brand-text", "--bad", "--warn", "--ok"} {
		for _, back := range []string{"--bg", "--surface", "--surface-2"} {
			pairs = append(pairs, pair{ink, back, 4.5})
		}
	}
	for _, tone := range []string{"ok", "warn", "bad", "info"} {
		pairs = append(pairs, pair{"--" + tone, "--" + tone + "-soft", 4.5}, pair{"--ink", "--" + tone + "-soft", 4.5}, pair{"--ink-2", "--" + tone + "-soft", 4.5})
	}
	pairs = append(pairs,
		pair{"--ink", "--sunken", 4.5}, pair{"--ink-2", "--sunken", 4.5}, pair{"--ink-3", "--sunken", 4.5},
		pair{"--brand-ink", "--brand", 4.5}, pair{"--brand-ink", "--brand-strong", 4.5}, pair{"--brand-text", "--brand-soft", 4.5},
		pair{"--bad-ink", "--bad", 4.5}, pair{"--paper-ink", "--paper", 7}, pair{"--bg", "--ink", 4.5},
		pair{"--line-strong", "--surface", 3}, pair{"--line-strong", "--bg", 3}, pair{"--line-strong", "--sunken", 3},
		pair{"--focus", "--surface", 3}, pair{"--focus", "--bg", 3}, pair{"--brand", "--surface", 3}, pair{"--accent", "--surface", 3},
		pair{"--series-1", "--surface", 3}, pair{"--series-2", "--surface", 3}, pair{"--series-3", "--surface", 3}, pair{"--series-4", "--surface", 3})
	for name, theme := range map[string]map[string]string{"light": light, "dark": chosen} {
		for _, p := range pairs {
			if got := Contrast(resolve(t, theme, theme[p.fore]), resolve(t, theme, theme[p.back])); got < p.needed {
				t.Errorf("%s: %s on %s is %.2f, needs %.1f", name, p.fore, p.back, got, p.needed)
			}
		}
	}
}

// CheckBrand mixes as tokens.css does: same shares, same surfaces.
func TestCheckBrandFollowsTokens(t *testing.T) {
	light, _, dark := themeTokens(t)
	found, err := CheckBrand(Brand{Light: Palette{light["--brand"], light["--brand-ink"], light["--accent"]}, Dark: Palette{dark["--brand"], dark["--brand-ink"], dark["--accent"]}})
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string][2]string{"ui.contrast.button": {"--brand-ink", "--brand"}, "ui.contrast.button_hover": {"--brand-ink", "--brand-strong"},
		"ui.contrast.link": {"--brand-text", "--surface"}, "ui.contrast.chosen": {"--brand-text", "--brand-soft"}, "ui.contrast.accent": {"--accent", "--surface"}}
	if len(found) != 2*len(tokens) {
		t.Fatalf("%d findings", len(found))
	}
	for _, f := range found {
		theme := map[string]map[string]string{"light": light, "dark": dark}[f.Theme]
		want := tokens[f.Pair]
		if f.Fore != resolve(t, theme, theme[want[0]]) || f.Back != resolve(t, theme, theme[want[1]]) {
			t.Errorf("%s %s: %v on %v, tokens say %v on %v", f.Theme, f.Pair, f.Fore, f.Back, resolve(t, theme, theme[want[0]]), resolve(t, theme, theme[want[1]]))
		}
		if !f.OK() {
			t.Errorf("%s %s: %.2f", f.Theme, f.Pair, f.Ratio)
		}
	}
}

func TestContrastKnownValues(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want string
	}{{"#000", "#ffffff", "21.0"}, {"#777777", "#ffffff", "4.4"}, {"#ff0000", "#ffffff", "3.9"}, {"#123456", "#123456", "1.0"}} {
		a, err1 := ParseColor(c.a)
		b, err2 := ParseColor(c.b)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if got := ratioText(Contrast(a, b)); got != c.want || ratioText(Contrast(b, a)) != got {
			t.Errorf("%s on %s: %s, want %s", c.a, c.b, got, c.want)
		}
	}
	for _, s := range []string{"", "#", "red", "#12345", "#1234567", "#ggg", "123456", "#+12345", "#12 456"} {
		if _, err := ParseColor(s); !fault.ReasonIs(err, "ui.bad_colour") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestEditionCSS(t *testing.T) {
	css, err := EditionCSS(Brand{Light: Palette{Brand: "#7a1f5c", Accent: "#b4530a"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{":root{--brand:#7a1f5c;--brand-ink:#ffffff;--accent:#b4530a;}", `:root[data-theme="dark"]{--brand:#`, "prefers-color-scheme:dark"} {
		if !strings.Contains(css, want) {
			t.Errorf("no %s in\n%s", want, css)
		}
	}
	// Any light brand that is good enough gets a dark one by itself.
	for _, brand := range []string{"#000000", "#0c6250", "#b00020", "#1a237e", "#5d4037", "#1565c0"} {
		if _, err := EditionCSS(Brand{Light: Palette{Brand: brand}}); err != nil {
			t.Errorf("%s: %v", brand, err)
		}
	}
	if _, err := EditionCSS(Brand{Light: Palette{Brand: "#ffe14d", BrandInk: "#ffffff"}}); !fault.ReasonIs(err, "ui.low_contrast") {
		t.Errorf("white on yellow: %v", err)
	}
	if _, err := EditionCSS(Brand{Light: Palette{Brand: "#fff;}*{display:none"}}); !fault.ReasonIs(err, "ui.bad_colour") {
		t.Errorf("an injected colour: %v", err)
	}
	if css, err := EditionCSS(Brand{Name: "Plain"}); css != "" || err != nil {
		t.Errorf("no colours: %q, %v", css, err)
	}
}
