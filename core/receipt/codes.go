package receipt

import (
	"errors"
	"image/color"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/ean"
	"github.com/boombuler/barcode/qr"
)

var errCode = errors.New("receipt: the content does not fit the code") // stays inside: shown as text instead

// qrModules answers the modules of a QR code, true = black.
func qrModules(content string) ([][]bool, error) {
	if content == "" || len(content) > 1200 { // beyond, the modules are too small for receipt paper
		return nil, errCode
	}
	c, err := qr.Encode(content, qr.M, qr.Auto)
	if err != nil {
		return nil, errCode
	}
	n := c.Bounds().Dx()
	out := make([][]bool, n)
	for y := range out {
		out[y] = make([]bool, n)
		for x := range out[y] {
			out[y][x] = black(c, x, y)
		}
	}
	return out, nil
}

// bars answers the modules of a bar code from left to right.
func bars(b Barcode) ([]bool, error) {
	var c barcode.Barcode
	var err error
	switch b.Symbology {
	case EAN13:
		if len(b.Content) != 12 && len(b.Content) != 13 {
			return nil, errCode
		}
		c, err = ean.Encode(b.Content)
	case Code128:
		for _, r := range b.Content {
			if r < ' ' || r > '~' {
				return nil, errCode
			}
		}
		c, err = code128.Encode(b.Content)
	default:
		return nil, errCode
	}
	if err != nil || c.Bounds().Dx() > 180 { // 180 modules of two dots are the narrow paper
		return nil, errCode
	}
	out := make([]bool, c.Bounds().Dx())
	for x := range out {
		out[x] = black(c, x, 0)
	}
	return out, nil
}

func black(c barcode.Barcode, x, y int) bool {
	r := c.Bounds()
	return color.GrayModel.Convert(c.At(r.Min.X+x, r.Min.Y+y)).(color.Gray).Y < 0x80
}
