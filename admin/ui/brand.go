package ui

import (
	"net/http"
	"strings"
)

// Brand is how an edition looks: its name, its logo, its three colours for each
// theme. Colours left empty keep the default.
type Brand struct {
	Name    string
	LogoURL string // from our own origin or a data: URL; "" is the default mark
	Light   Palette
	Dark    Palette
}

// Palette is the three colours that an edition chooses; every other shade of the
// brand is mixed from them in tokens.css.
type Palette struct {
	Brand    string // "#0c6250": buttons, marks
	BrandInk string // text on Brand
	Accent   string // small highlights
}

var (
	lightSurface = Color{0xff, 0xff, 0xff}
	darkSurface  = Color{0x19, 0x1d, 0x1b}
	white, black = Color{0xff, 0xff, 0xff}, Color{}
)

// Finding is one pair of colours that was measured.
type Finding struct {
	Theme  string // "light", "dark"
	Pair   string // i18n key: "ui.contrast.button" …
	Fore   Color
	Back   Color
	Ratio  float64
	Needed float64
}

// OK reports whether the pair is readable.
func (f Finding) OK() bool { return f.Ratio >= f.Needed }

// CheckBrand measures what an edition's colours are used for. Faults: a colour
// that cannot be read (ui.bad_colour). A finding that is not OK is advice to the
// reseller; EditionCSS refuses such a brand.
func CheckBrand(b Brand) ([]Finding, error) {
	var out []Finding
	add := func(theme, pair string, fore, back Color, needed float64) {
		out = append(out, Finding{theme, pair, fore, back, Contrast(fore, back), needed})
	}
	for _, t := range []struct {
		theme            string
		p                Palette
		surface, mixText Color
		text, soft       float64
	}{
		{"light", b.Light, lightSurface, black, 0.90, 0.10},
		{"dark", b.Dark, darkSurface, white, 0.62, 0.18},
	} {
		if t.p.Brand != "" {
			brand, err := ParseColor(t.p.Brand)
			if err != nil {
				return nil, err
			}
			ink := inkFor(brand)
			if t.p.BrandInk != "" {
				if ink, err = ParseColor(t.p.BrandInk); err != nil {
					return nil, err
				}
			}
			text := brand.Mix(t.mixText, t.text)
			soft := brand.Mix(t.surface, t.soft)
			strong := brand.Mix(t.mixText, 0.86)
			add(t.theme, "ui.contrast.button", ink, brand, 4.5)
			add(t.theme, "ui.contrast.button_hover", ink, strong, 4.5)
			add(t.theme, "ui.contrast.link", text, t.surface, 4.5)
			add(t.theme, "ui.contrast.chosen", text, soft, 4.5)
		}
		if t.p.Accent != "" {
			accent, err := ParseColor(t.p.Accent)
			if err != nil {
				return nil, err
			}
			add(t.theme, "ui.contrast.accent", accent, t.surface, 3)
		}
	}
	return out, nil
}

// inkFor is black or white, whichever is easier to read on c.
func inkFor(c Color) Color {
	if Contrast(white, c) >= Contrast(black, c) {
		return white
	}
	return black
}

// EditionCSS is the style sheet of an edition, to be served as /edition.css after
// app.css. Where only the light brand is given, the dark one is the same colour,
// lightened until it can be read. Faults: ui.bad_colour, ui.low_contrast.
func EditionCSS(b Brand) (string, error) {
	if b.Dark.Brand == "" && b.Light.Brand != "" {
		c, err := ParseColor(b.Light.Brand)
		if err != nil {
			return "", err
		}
		b.Dark = darken(c, b.Dark)
	}
	found, err := CheckBrand(b)
	if err != nil {
		return "", err
	}
	for _, f := range found {
		if !f.OK() {
			return "", ErrContrast.With("theme", f.Theme).With("pair", f.Pair).With("ratio", ratioText(f.Ratio)).With("needed", ratioText(f.Needed))
		}
	}
	light, dark := b.Light.css(), b.Dark.css()
	var w strings.Builder
	if light != "" {
		w.WriteString(":root{" + light + "}\n")
	}
	if dark != "" {
		w.WriteString("@media (prefers-color-scheme:dark){:root:not([data-theme=\"light\"]){" + dark + "}}\n")
		w.WriteString(":root[data-theme=\"dark\"]{" + dark + "}\n")
	}
	return w.String(), nil
}

// darken adapts a light theme's brand to the dark theme.
func darken(c Color, p Palette) Palette {
	for share := 1.0; share > 0; share -= 0.05 {
		m := c.Mix(white, share)
		found, _ := CheckBrand(Brand{Dark: Palette{Brand: m.String()}}) // m is a valid colour
		good := Contrast(m, darkSurface) >= 3.5
		for _, f := range found {
			good = good && f.OK()
		}
		if good {
			p.Brand = m.String()
			break
		}
	}
	return p
}

// css writes declarations from parsed colours only, so that nothing else can be
// smuggled into the sheet. The palette was checked before.
func (p Palette) css() string {
	var w strings.Builder
	put := func(token, v string) {
		if c, err := ParseColor(v); err == nil {
			w.WriteString(token + ":" + c.String() + ";")
		}
	}
	put("--brand", p.Brand)
	if c, err := ParseColor(p.Brand); err == nil && p.BrandInk == "" {
		put("--brand-ink", inkFor(c).String())
	}
	put("--brand-ink", p.BrandInk)
	put("--accent", p.Accent)
	return w.String()
}

// EditionHandler serves the style sheet of the brand that of answers for the
// request; a brand that cannot be used serves an empty sheet, so the default
// look stays.
func EditionHandler(of func(*http.Request) Brand) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		css, err := EditionCSS(of(r))
		if err != nil {
			css = ""
		}
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("Cache-Control", "private, max-age=300")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write([]byte(css)) // the reader has gone away: nobody is left to tell
	})
}
