package edition

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// colour is an opaque sRGB colour.
type colour struct{ r, g, b uint8 }

var (
	white = colour{0xff, 0xff, 0xff}
	black = colour{}
)

// parseColour reads "#0c6250" or "#fff".
func parseColour(s string) (colour, bool) {
	h, ok := strings.CutPrefix(s, "#")
	if len(h) == 3 {
		h = string([]byte{h[0], h[0], h[1], h[1], h[2], h[2]})
	}
	n, err := strconv.ParseUint(h, 16, 32)
	if !ok || len(h) != 6 || err != nil {
		return colour{}, false
	}
	return colour{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
}

func (c colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// mix is share of c and the rest of o, as CSS color-mix(in srgb) does it.
func (c colour) mix(o colour, share float64) colour {
	m := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*share + float64(b)*(1-share))) }
	return colour{m(c.r, o.r), m(c.g, o.g), m(c.b, o.b)}
}

// luminance is the relative luminance of WCAG 2.2.
func (c colour) luminance() float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// contrast is the ratio of WCAG 2.2, from 1 to 21.
func contrast(a, b colour) float64 {
	la, lb := a.luminance(), b.luminance()
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

// inkFor is black or white, whichever is easier to read on c; one of them always
// has more than 4.5.
func inkFor(c colour) colour {
	if contrast(white, c) >= contrast(black, c) {
		return white
	}
	return black
}
