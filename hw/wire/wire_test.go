package wire

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/sdk/driver"
)

func sample() receipt.Document {
	logo := receipt.NewBitmap(17, 9)
	logo.Set(3, 4)
	return receipt.Document{Title: "小票 1", Lang: "zh-Hans", Blocks: []receipt.Block{
		receipt.Image{Bitmap: logo, Alt: "logo"},
		receipt.Image{Alt: "no picture"},
		receipt.Text{Text: "莲花", Style: receipt.Style{Bold: true, Size: receipt.Large, Align: receipt.Center}},
		receipt.Rule{Double: true},
		receipt.Columns{Cols: []receipt.Column{{Flex: true}, {Width: 9, Align: receipt.Right}}, Rows: [][]string{{"a", "1"}, {"b"}}, Bold: true, Header: true},
		receipt.Barcode{Symbology: receipt.Code128, Content: "A1"},
		receipt.QR{Content: "x", Caption: "y"},
		receipt.Feed{Lines: 2},
		receipt.Cut{},
	}}
}

func TestBothWaysShowTheSame(t *testing.T) {
	d := sample()
	raw, err := proto.Marshal(To(d))
	if err != nil {
		t.Fatal(err)
	}
	var m driver.Document
	if err := proto.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	back := From(&m)
	if a, b := receipt.PlainText(d, 42), receipt.PlainText(back, 42); a != b {
		t.Errorf("%s\n%s", a, b)
	}
	if a, b := receipt.HTML(d), receipt.HTML(back); a != b {
		t.Errorf("%s\n%s", a, b)
	}
	if a, b := receipt.Picture(d, 384), receipt.Picture(back, 384); string(a.Bits) != string(b.Bits) {
		t.Error("the pictures differ")
	}
}

func TestACopyIsMarkedInTheMessage(t *testing.T) {
	d := sample()
	d.Copy = 2
	if s := receipt.PlainText(From(To(d)), 32); strings.Count(s, "DUPLICATE 补打 #2") != 2 {
		t.Error(s)
	}
}

// A broken message from the other side harms nobody.
func TestBrokenMessages(t *testing.T) {
	d := From(&driver.Document{})
	d.Blocks = append(d.Blocks, receipt.Image{Bitmap: &receipt.Bitmap{Width: 1 << 30, Height: -1, Bits: []byte{1}}, Alt: "x"})
	receipt.Picture(d, 384)
	receipt.HTML(d)
	receipt.PlainText(d, 32)
}
