package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
)

var (
	ErrColor    = fault.New(fault.Invalid, "ui.bad_colour")
	ErrContrast = fault.New(fault.Invalid, "ui.low_contrast")
)

// Color is an opaque sRGB colour.
type Color struct{ R, G, B uint8 }

// ParseColor reads "#0c6250" or "#fff". Fault: ui.bad_colour.
func ParseColor(s string) (Color, error) {
	h, ok := strings.CutPrefix(s, "#")
	if len(h) == 3 {
		h = string([]byte{h[0], h[0], h[1], h[1], h[2], h[2]})
	}
	n, err := strconv.ParseUint(h, 16, 24)
	if !ok || len(h) != 6 || err != nil {
		return Color{}, ErrColor.With("colour", s)
	}
	return Color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, nil
}

// String is the form "#0c6250".
func (c Color) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// Mix is share of c and the rest of o, as CSS color-mix(in srgb) does it.
func (c Color) Mix(o Color, share float64) Color {
	m := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*share + float64(b)*(1-share))) }
	return Color{m(c.R, o.R), m(c.G, o.G), m(c.B, o.B)}
}

func (c Color) luminance() float64 {
	lin := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
}

// Contrast is the ratio of WCAG 2.2, from 1 to 21. Text needs 4.5, large text
// and the edges of controls need 3.
func Contrast(a, b Color) float64 {
	la, lb := a.luminance(), b.luminance()
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

func ratioText(r float64) string { return strconv.FormatFloat(math.Floor(r*10)/10, 'f', 1, 64) }
