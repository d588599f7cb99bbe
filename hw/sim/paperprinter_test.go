package sim_test

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw/escpos"
	"github.com/shopwright/shopwright/hw/sim"
)

// What is on the paper is what was printed, whatever pieces it came in; dots
// that look like a question stay dots.
func TestPapers(t *testing.T) {
	p := receipt.NewBitmap(384, 40)
	for i := range p.Bits {
		p.Bits[i] = []byte{0x1d, 'r', 0x01, 0x1d, 'v'}[i%5]
	}
	doc := receipt.Document{Blocks: []receipt.Block{
		receipt.Text{Text: "莲花美容"},
		receipt.Columns{Cols: []receipt.Column{{Flex: true}, {Align: receipt.Right}}, Rows: [][]string{{"茶", "¥9.00"}}},
		receipt.Image{Bitmap: p},
		receipt.QR{Content: "https://lotus.example/r/1"},
		receipt.Barcode{Symbology: receipt.Code128, Content: "W1-{000}"},
		receipt.Feed{Lines: 2}, receipt.Text{Text: "end"}, receipt.Cut{},
	}}
	bytesOf := append(escpos.Encode(doc, escpos.Profile{Columns: 32}), escpos.Kick(0)...)
	for _, size := range []int{1, 3, 4096} {
		n, err := sim.NewNetPrinter(sim.Behaviour{Status: true, ReadSizes: size})
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", n.Addr())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(append(bytesOf, escpos.AskDone...)); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 8)
		if k, err := c.Read(answer); err != nil || k != 1 {
			t.Fatalf("%d answers to one question, %v", k, err)
		}
		c.Close()
		if jobs := n.Jobs(); len(jobs) != 1 || !bytes.Equal(jobs[0], bytesOf) {
			t.Fatalf("%d bytes at a time: not what was sent", size)
		}
		papers := n.Papers()
		if len(papers) != 2 || !papers[0].Whole || papers[1].Kicks != 1 {
			t.Fatalf("%+v", papers)
		}
		got := papers[0]
		want := []string{"莲花美容", "茶" + strings.Repeat(" ", 24) + "￥9.00", "[picture 384x56]", "[QR https://lotus.example/r/1]", "", "[Code128 W1-{000}]", "", "", "", "end"}
		if strings.Join(got.Lines, "|") != strings.Join(want, "|") || len(got.Unknown) > 0 {
			t.Errorf("%q %v", got.Lines, got.Unknown)
		}
		if len(got.Pictures) != 1 || len(got.QR) != 1 || len(got.Barcodes) != 1 || got.Barcodes[0] != "W1-{000}" {
			t.Errorf("%+v", got)
		}
		n.Close()
	}
}

// Junk is read to its end.
func TestPapersOfJunk(t *testing.T) {
	for _, s := range []string{"", "\x1d", "\x1b", "\x1dv0\x00\xff\xff\xff\xff", "\x1d(k", "\x1d(k\xff\xff1Q", "\x81", "\x1dk\x43\xff", "\x1c"} {
		for _, p := range sim.ReadPaper([]byte(s)) {
			if p.Whole {
				t.Errorf("%q was cut", s)
			}
		}
	}
}
