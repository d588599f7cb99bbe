package receipt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	_ "image/jpeg" // the two kinds of picture that a logo may be
	_ "image/png"
)

// Limits of a logo. The side keeps a small file that unpacks to a huge picture
// from taking the program's memory.
const (
	MaxLogo     = 512 << 10 // bytes of the file
	minLogoSide = 8
	maxLogoSide = 2048
)

// Logo is a picture as it was uploaded.
type Logo struct {
	Hash          string // of Data
	Type          string // "png", "jpeg"
	Width, Height int
	Data          []byte
}

// ReadLogo checks an uploaded picture. Faults: receipt.logo_too_large,
// receipt.logo_unreadable, receipt.logo_dimensions.
func ReadLogo(data []byte) (Logo, error) {
	if len(data) > MaxLogo {
		return Logo{}, ErrLogoTooLarge.On("logo").With("max", MaxLogo>>10)
	}
	c, kind, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || kind != "png" && kind != "jpeg" {
		return Logo{}, ErrLogoType.On("logo")
	}
	if min(c.Width, c.Height) < minLogoSide || max(c.Width, c.Height) > maxLogoSide {
		return Logo{}, ErrLogoSize.On("logo").With("least", minLogoSide).With("most", maxLogoSide)
	}
	if _, _, err := image.Decode(bytes.NewReader(data)); err != nil {
		return Logo{}, ErrLogoType.On("logo")
	}
	sum := sha256.Sum256(data)
	return Logo{Hash: hex.EncodeToString(sum[:]), Type: kind, Width: c.Width, Height: c.Height, Data: data}, nil
}

// Bitmap is the logo in black and white, at most that many dots wide and half as
// high again. Fault: receipt.logo_unreadable.
func (l Logo) Bitmap(dots int) (*Bitmap, error) {
	src, _, err := image.Decode(bytes.NewReader(l.Data))
	if err != nil {
		return nil, ErrLogoType
	}
	return Dither(src, dots, dots*3/2), nil
}

// Dither turns a picture into black and white dots that look grey from afar
// (Floyd and Steinberg's way), made to fit into that many dots by averaging;
// a smaller one stays as it is. What is transparent is white, and pure black and
// white stays exactly that.
func Dither(src image.Image, maxWidth, maxHeight int) *Bitmap {
	r := src.Bounds()
	w, h := r.Dx(), r.Dy()
	if w < 1 || h < 1 {
		return NewBitmap(1, 1)
	}
	if w > maxWidth {
		w, h = maxWidth, max(h*maxWidth/w, 1)
	}
	if h > maxHeight {
		w, h = max(w*maxHeight/h, 1), maxHeight
	}
	b := NewBitmap(w, h)
	now, next := make([]int, w+2), make([]int, w+2) // errors in sixteenths, one cell of margin
	for y := range h {
		clear(next)
		for x := range w {
			v := luminance(src, r.Min.X+x*r.Dx()/w, r.Min.Y+y*r.Dy()/h, r.Min.X+max((x+1)*r.Dx()/w, x*r.Dx()/w+1), r.Min.Y+max((y+1)*r.Dy()/h, y*r.Dy()/h+1)) + now[x+1]/16
			shown := 255
			if v < 128 {
				b.Set(x, y)
				shown = 0
			}
			e := v - shown
			now[x+2] += e * 7
			next[x] += e * 3
			next[x+1] += e * 5
			next[x+2] += e
		}
		now, next = next, now
	}
	return b
}

// luminance is the mean lightness of a rectangle over white, 0 to 255.
func luminance(src image.Image, x0, y0, x1, y1 int) int {
	var sum, n int
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			r, g, b, a := src.At(x, y).RGBA()
			sum += int((299*r+587*g+114*b)/1000 + 0xffff - a) // colours come multiplied by alpha
			n++
		}
	}
	return sum / n >> 8
}
