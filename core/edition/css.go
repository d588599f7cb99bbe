package edition

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// palette is the tokens of one theme as colours.
type palette map[string]colour

// defaults are the values that the screens' own style sheet gives the tokens.
var defaults = struct{ light, dark palette }{
	light: mustPalette("bg #f5f4f0 surface #ffffff surface-2 #faf9f6 sunken #efede7 line #e3e0d8 line-strong #868276 ink #1c211f ink-2 #4f5652 ink-3 #646a65 " +
		"brand #0c6250 brand-ink #ffffff accent #b4530a focus #1a66c9 ok #17693a warn #845000 bad #a8261d bad-ink #ffffff info #1d5891"),
	dark: mustPalette("bg #111413 surface #191d1b surface-2 #1f2422 sunken #0d100f line #2d3330 line-strong #77807a ink #edefec ink-2 #b6bcb7 ink-3 #98a09a " +
		"brand #3cb594 brand-ink #03120c accent #f0a35a focus #7db4ff ok #74d598 warn #f1bf62 bad #ff9d92 bad-ink #250502 info #8fc1f5"),
}

func mustPalette(s string) palette {
	p := palette{}
	f := strings.Fields(s)
	for i := 0; i+1 < len(f); i += 2 {
		c, ok := parseColour(f[i+1])
		if !ok {
			panic("edition: colour " + f[i+1])
		}
		p[f[i]] = c
	}
	return p
}

// Tokens lists the colours that an edition may set; each is the custom property
// of that name ("brand" is --brand).
func Tokens() []string { return slices.Sorted(maps.Keys(defaults.light)) }

// pair is a text (or an edge) and the ground on which it is seen.
type pair struct {
	text, ground string
	needed       float64
}

// pairs are all that a person must be able to tell apart. brand-text, brand-soft
// and brand-strong are the shades that the style sheet mixes from brand.
var pairs = []pair{
	{"brand-ink", "brand", 4.5}, {"brand-ink", "brand-strong", 4.5}, {"brand-text", "surface", 4.5}, {"brand-text", "brand-soft", 4.5},
	{"ink", "bg", 4.5}, {"ink", "surface", 4.5}, {"ink", "surface-2", 4.5}, {"ink", "sunken", 4.5},
	{"ink-2", "bg", 4.5}, {"ink-2", "surface", 4.5}, {"ink-2", "surface-2", 4.5}, {"ink-2", "sunken", 4.5},
	{"ink-3", "bg", 4.5}, {"ink-3", "surface", 4.5},
	{"ok", "surface", 4.5}, {"warn", "surface", 4.5}, {"bad", "surface", 4.5}, {"info", "surface", 4.5}, {"bad-ink", "bad", 4.5},
	{"accent", "surface", 3}, {"focus", "surface", 3}, {"line-strong", "surface", 3},
}

// theme is what differs between light and dark when shades are mixed.
type theme struct {
	name       string
	mixText    colour
	text, soft float64
}

var (
	lightTheme = theme{"light", black, 0.90, 0.10}
	darkTheme  = theme{"dark", white, 0.62, 0.18}
)

// whole is a palette with the defaults and the mixed shades.
func (t theme) whole(own palette) palette {
	p := maps.Clone(defaults.light)
	if t.name == darkTheme.name {
		p = maps.Clone(defaults.dark)
	}
	maps.Copy(p, own)
	p["brand-strong"] = p["brand"].mix(t.mixText, 0.86)
	p["brand-soft"] = p["brand"].mix(p["surface"], t.soft)
	p["brand-text"] = p["brand"].mix(t.mixText, t.text)
	return p
}

// unreadable finds the first pair without enough contrast.
func (t theme) unreadable(own palette) (pair, float64, bool) {
	p := t.whole(own)
	for _, x := range pairs {
		if r := contrast(p[x.text], p[x.ground]); r < x.needed {
			return x, r, true
		}
	}
	return pair{}, 0, false
}

// checkColors reads both themes, derives what is not given and measures.
func (e *Edition) checkColors() error {
	for _, t := range []struct {
		theme
		given map[string]string
		into  *palette
	}{{lightTheme, e.Brand.Colors.Light, &e.light}, {darkTheme, e.Brand.Colors.Dark, &e.dark}} {
		field := "brand.colors." + t.name + "."
		own := palette{}
		for _, token := range slices.Sorted(maps.Keys(t.given)) {
			if _, ok := defaults.light[token]; !ok {
				return ErrUnknownColour.On(field+token).With("token", token)
			}
			c, ok := parseColour(t.given[token])
			if !ok {
				return ErrBadColour.On(field+token).With("token", token).With("value", t.given[token])
			}
			own[token] = c
		}
		if t.name == darkTheme.name {
			e.deriveDark(own)
		}
		deriveInk(own)
		if x, ratio, bad := t.unreadable(own); bad {
			return ErrLowContrast.On(field+x.text).With("theme", t.name).With("text", x.text).With("ground", x.ground).
				With("ratio", ratioText(ratio)).With("needed", ratioText(x.needed))
		}
		*t.into = own
	}
	return nil
}

func deriveInk(own palette) {
	if c, ok := own["brand"]; ok {
		if _, given := own["brand-ink"]; !given {
			own["brand-ink"] = inkFor(c)
		}
	}
}

// deriveDark lightens the light theme's brand until it can be read on the dark
// ground; where no shade can, the default stays.
func (e *Edition) deriveDark(own palette) {
	brand, ok := e.light["brand"]
	if _, given := own["brand"]; given || !ok {
		return
	}
	for share := 1.0; share > 0; share -= 0.05 {
		try := maps.Clone(own)
		try["brand"] = brand.mix(white, share)
		deriveInk(try)
		p := darkTheme.whole(try)
		if _, _, bad := darkTheme.unreadable(try); !bad && contrast(p["brand"], p["surface"]) >= 3 {
			own["brand"] = try["brand"]
			return
		}
	}
}

// ratioText rounds down, so that 4.49 does not read as 4.5.
func ratioText(r float64) string {
	return strconv.FormatFloat(float64(int(r*10))/10, 'f', 1, 64)
}

// CSS is the edition's style sheet, to be loaded after the screens' own: custom
// properties for the tokens that the edition sets, in both themes. An edition
// that sets none has an empty sheet.
func (e *Edition) CSS() string {
	var b strings.Builder
	if light := e.light.css(); light != "" {
		b.WriteString(":root{" + light + "}\n")
	}
	if dark := e.dark.css(); dark != "" {
		b.WriteString("@media (prefers-color-scheme:dark){:root:not([data-theme=\"light\"]){" + dark + "}}\n:root[data-theme=\"dark\"]{" + dark + "}\n")
	}
	return b.String()
}

func (p palette) css() string {
	var b strings.Builder
	for _, token := range slices.Sorted(maps.Keys(p)) {
		b.WriteString("--" + token + ":" + p[token].String() + ";")
	}
	return b.String()
}

// Color is a token's colour in a theme, derived and default ones too:
// "#0c6250"; "" for a token that is none.
func (e *Edition) Color(dark bool, token string) string {
	t, own := lightTheme, e.light
	if dark {
		t, own = darkTheme, e.dark
	}
	if c, ok := t.whole(own)[token]; ok {
		return c.String()
	}
	return ""
}
