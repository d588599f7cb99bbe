package ui

import (
	"strconv"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/ean"

	"github.com/shopwright/shopwright/core/fault"
)

// ErrBarcode: the code cannot be drawn: an EAN with a wrong check digit, or
// characters that Code 128 does not have.
var ErrBarcode = fault.New(fault.Invalid, "ui.bad_barcode")

// Barcode is a code as bars, ready for SVG.
type Barcode struct {
	Code  string // as printed below the bars
	Width int    // modules, quiet zones included
	path  string
}

const quiet = 10 // modules of white that scanners need on both sides

// NewBarcode draws 8 or 13 digits as EAN (12 and 7 get their check digit), the
// rest as Code 128. Fault: ui.bad_barcode.
func NewBarcode(code string) (Barcode, error) {
	var img barcode.Barcode
	var err error
	if isEAN(code) {
		img, err = ean.Encode(code)
	} else {
		img, err = code128.Encode(code)
	}
	if err != nil {
		return Barcode{}, ErrBarcode.With("code", code).Wrap(err)
	}
	b := Barcode{Code: img.Content(), Width: img.Bounds().Dx() + 2*quiet}
	var path strings.Builder
	for x := 0; x < img.Bounds().Dx(); {
		run := 0
		for x+run < img.Bounds().Dx() && dark(img, x+run) {
			run++
		}
		if run > 0 {
			w := strconv.Itoa(run)
			path.WriteString("M" + strconv.Itoa(x+quiet) + " 0h" + w + "v40h-" + w + "z")
		}
		x += max(run, 1)
	}
	b.path = path.String()
	return b, nil
}

func isEAN(code string) bool {
	switch len(code) {
	case 7, 8, 12, 13:
		return strings.Trim(code, "0123456789") == ""
	}
	return false
}

func dark(img barcode.Barcode, x int) bool {
	r, _, _, _ := img.At(x, 0).RGBA()
	return r == 0
}

func (b Barcode) box() string { return "0 0 " + strconv.Itoa(b.Width) + " 40" }
