package escpos

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// A printer without a Chinese font gets ASCII as text and all else as pictures
// as wide as its paper; it is not put into a mode that it does not have.
func TestWithoutAChineseFont(t *testing.T) {
	data := Encode(sample(), Profile{Columns: 42, Dots: 512, Text: ASCII})
	out, err := interpret(data)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte{0x1c, '&'}) || len(out.qr) != 1 || len(out.barcodes) != 2 {
		t.Errorf("%q %q", out.qr, out.barcodes)
	}
	for _, s := range out.texts {
		if strings.IndexFunc(s, func(r rune) bool { return r > '~' }) >= 0 {
			t.Errorf("%q was sent as text", s)
		}
	}
	if !slices.Contains(out.texts, strings.Repeat("-", 42)) {
		t.Errorf("%q", out.texts)
	}
	if len(out.pictures) != 7 { // the title, four rows and the total, the caption
		t.Errorf("%d pictures", len(out.pictures))
	}
	for _, p := range out.pictures {
		if p.Width != 512 {
			t.Errorf("a picture of %d dots", p.Width)
		}
	}
}

// Every model encodes, and says what settings name it by once.
func TestModels(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Models {
		if seen[m.Key] || m.Title == "" || m.Status == "" || m.Columns == 0 || m.Text == "" {
			t.Errorf("%+v", m)
		}
		seen[m.Key] = true
		out, err := interpret(Encode(sample(), m.Profile))
		if err != nil {
			t.Errorf("%s: %v", m.Key, err)
		}
		if wantQR, wantCut := !m.QRRaster, !m.NoCutter; (len(out.qr) == 1) != wantQR || (out.cuts == 1) != wantCut {
			t.Errorf("%s: %d codes, %d cuts", m.Key, len(out.qr), out.cuts)
		}
	}
	if m, ok := FindModel(DefaultModel); !ok || m.Profile != (Profile{Columns: 48, Text: GB18030}) || m.Status != StatusFull {
		t.Errorf("settings of earlier versions mean another printer: %+v", m)
	}
	if _, ok := FindModel("other"); ok {
		t.Error("found")
	}
}
