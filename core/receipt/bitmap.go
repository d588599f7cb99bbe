package receipt

import (
	"image"
	"image/color"
)

// Bitmap is a black and white picture: rows of bytes, the left dot in the
// highest bit, 1 = black. It is the form that thermal printers take.
type Bitmap struct {
	Width, Height int
	Bits          []byte // Stride() bytes a row
}

// NewBitmap is white paper of that many dots.
func NewBitmap(width, height int) *Bitmap {
	return &Bitmap{Width: width, Height: height, Bits: make([]byte, (width+7)/8*height)}
}

// Stride is the number of bytes of a row.
func (b *Bitmap) Stride() int { return (b.Width + 7) / 8 }

// Black reports whether a dot is black; dots outside are white.
func (b *Bitmap) Black(x, y int) bool {
	if x < 0 || y < 0 || x >= b.Width || y >= b.Height {
		return false
	}
	return b.Bits[y*b.Stride()+x>>3]&(0x80>>(x&7)) != 0
}

// Set makes a dot black; dots outside are dropped.
func (b *Bitmap) Set(x, y int) {
	if x < 0 || y < 0 || x >= b.Width || y >= b.Height {
		return
	}
	b.Bits[y*b.Stride()+x>>3] |= 0x80 >> (x & 7)
}

// fill blackens a rectangle.
func (b *Bitmap) fill(x, y, w, h int) {
	for dy := range h {
		for dx := range w {
			b.Set(x+dx, y+dy)
		}
	}
}

// draw puts another picture on this one.
func (b *Bitmap) draw(x, y int, o *Bitmap) {
	if x == 0 && y >= 0 && o.Width == b.Width && y+o.Height <= b.Height { // whole lines
		to := b.Bits[y*b.Stride():]
		for i, v := range o.Bits {
			to[i] |= v
		}
		return
	}
	for dy := range o.Height {
		for dx := range o.Width {
			if o.Black(dx, dy) {
				b.Set(x+dx, y+dy)
			}
		}
	}
}

// Valid reports whether the bytes are as many as the size asks for, and the
// size is one that paper can have.
func (b *Bitmap) Valid() bool {
	return b != nil && b.Width > 0 && b.Height > 0 && b.Width <= 4096 && b.Height <= 1<<16 && len(b.Bits) == b.Stride()*b.Height
}

// Image is the picture in two colours, for PNG.
func (b *Bitmap) Image() *image.Paletted {
	p := image.NewPaletted(image.Rect(0, 0, b.Width, b.Height), color.Palette{color.White, color.Black})
	for y := range b.Height {
		for x := range b.Width {
			if b.Black(x, y) {
				p.Pix[y*p.Stride+x] = 1
			}
		}
	}
	return p
}

// FromImage turns a picture into black and white: dots darker than half are
// black, transparent ones are white. A picture wider than maxWidth dots is
// made smaller by whole dots.
func FromImage(src image.Image, maxWidth int) *Bitmap {
	r := src.Bounds()
	step := 1
	for maxWidth > 0 && r.Dx()/step > maxWidth {
		step++
	}
	b := NewBitmap(r.Dx()/step, r.Dy()/step)
	for y := range b.Height {
		for x := range b.Width {
			var dark, n uint32
			for dy := range step {
				for dx := range step {
					cr, cg, cb, ca := src.At(r.Min.X+x*step+dx, r.Min.Y+y*step+dy).RGBA()
					lum := (299*cr + 587*cg + 114*cb) / 1000 // already multiplied by alpha
					dark += ca - min(ca, lum)
					n++
				}
			}
			if dark/n > 0x7fff {
				b.Set(x, y)
			}
		}
	}
	return b
}
