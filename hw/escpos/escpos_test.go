package escpos

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/receipt"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sample() receipt.Document {
	return receipt.Document{Blocks: []receipt.Block{
		receipt.Text{Text: "莲花美容", Style: receipt.Style{Bold: true, Size: receipt.Large, Align: receipt.Center}},
		receipt.Rule{},
		receipt.Columns{Cols: []receipt.Column{{Flex: true}, {Align: receipt.Right}}, Rows: [][]string{
			{"精剪造型（资深）", "¥128.00"}, {"Café crème", "$12.50"}, {"喆䶮㙍草本洗发水", "45.00"}, {"한국 차", "9.00"},
		}},
		receipt.Columns{Cols: []receipt.Column{{Flex: true}, {Align: receipt.Right}}, Rows: [][]string{{"合计", "¥194.50"}}, Bold: true},
		receipt.QR{Content: "https://lotus.example/r/1?k=7f", Caption: "扫码查看"},
		receipt.Barcode{Symbology: receipt.EAN13, Content: "690123456789"},
		receipt.Barcode{Symbology: receipt.Code128, Content: "W1-01-000123"},
		receipt.Feed{Lines: 2},
		receipt.Cut{},
	}}
}

// printed is what an independent reading of the byte stream finds.
type printed struct {
	lines    []string // text lines, decoded; pictures as "<WxH>"
	texts    []string // the text lines alone
	pictures []*receipt.Bitmap
	raw      []byte // the text bytes alone
	qr       []string
	barcodes []string
	cuts     int
	kicks    int
	columns  int // widest text line in bytes, which are cells in GB18030, scaled
}

// interpret reads ESC/POS as a printer does, from its manual, and fails on
// anything it does not know.
func interpret(b []byte) (out printed, err error) {
	var line []byte
	size := 1
	var code []byte
	next := func(n int) []byte {
		if n > len(b) {
			err = fmt.Errorf("the stream ends inside a command")
			n = len(b)
		}
		v := b[:n]
		b = b[n:]
		return v
	}
	for len(b) > 0 && err == nil {
		c := next(1)[0]
		switch {
		case c == '\n':
			s, e := simplifiedchinese.GB18030.NewDecoder().Bytes(line)
			if e != nil {
				return out, e
			}
			out.raw = append(append(out.raw, line...), '\n')
			out.lines, out.texts = append(out.lines, string(s)), append(out.texts, string(s))
			out.columns = max(out.columns, len(line)*size)
			line = nil
		case c == 0x1b:
			switch k := next(1)[0]; k {
			case '@':
				size = 1
			case 'R', 'a', 'E', 'd':
				next(1)
			case 'p':
				next(3)
				out.kicks++
			default:
				return out, fmt.Errorf("ESC %q", k)
			}
		case c == 0x1c:
			if k := next(1)[0]; k != '&' {
				return out, fmt.Errorf("FS %q", k)
			}
		case c == 0x1d:
			switch k := next(1)[0]; k {
			case '!':
				size = int(next(1)[0]>>4) + 1
			case 'h', 'w', 'H':
				next(1)
			case 'V':
				next(2)
				out.cuts++
			case 'k':
				kind := next(1)[0]
				data := string(next(int(next(1)[0])))
				out.barcodes = append(out.barcodes, fmt.Sprintf("%d:%s", kind, data))
			case 'v':
				h := next(6)
				if len(h) == 6 {
					stride, rows := int(h[2])|int(h[3])<<8, int(h[4])|int(h[5])<<8
					bits := next(stride * rows)
					out.pictures = append(out.pictures, &receipt.Bitmap{Width: stride * 8, Height: rows, Bits: bits})
					out.lines = append(out.lines, fmt.Sprintf("<%dx%d>", stride*8, rows))
				}
			case '(':
				h := next(3)
				if len(h) == 3 && h[0] == 'k' {
					body := next(int(h[1]) | int(h[2])<<8)
					switch body[1] {
					case 80:
						code = body[3:]
					case 81:
						out.qr = append(out.qr, string(code))
					}
				}
			default:
				return out, fmt.Errorf("GS %q", k)
			}
		case c >= 0x20:
			line = append(line, c)
			if c >= 0x81 { // a two-byte character: its second byte may look like anything
				line = append(line, next(1)...)
			}
		default:
			return out, fmt.Errorf("control byte %#x", c)
		}
	}
	return out, err
}

func TestA29_GoldenBytes(t *testing.T) {
	for _, columns := range []int{32, 42, 48} {
		got := hex.Dump(Encode(sample(), Profile{Columns: columns}))
		path := filepath.Join("testdata", fmt.Sprintf("gb18030.%d.hex", columns))
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%d columns: the bytes differ from %s", columns, path)
		}
	}
}

func TestA29_ChineseAndYenAreReadBack(t *testing.T) {
	out, err := interpret(Encode(sample(), Profile{Columns: 32}))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(out.lines, "\n")
	for _, want := range []string{"莲花美容", "精剪造型（资深）", "￥128.00", "合计", "￥194.50", "$12.50", "扫码查看"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not on paper:\n%s", want, all)
		}
	}
	if strings.Contains(all, "喆䶮㙍") || strings.Contains(all, "한국") {
		t.Error("four-byte characters were sent as text")
	}
	if n := strings.Count(all, "<384x"); n != 2 {
		t.Errorf("%d lines as pictures, want 2:\n%s", n, all)
	}
	if len(out.qr) != 1 || out.qr[0] != "https://lotus.example/r/1?k=7f" || out.cuts != 1 {
		t.Errorf("%+v", out)
	}
	if strings.Join(out.barcodes, " ") != "67:690123456789 73:{BW1-01-000123" {
		t.Errorf("%q", out.barcodes)
	}
	if out.columns > 32 {
		t.Errorf("%d cells on 32", out.columns)
	}
	// The same bytes by iconv, which shares no code with us.
	if path, err := exec.LookPath("iconv"); err == nil {
		cmd := exec.Command(path, "-f", "GB18030", "-t", "UTF-8")
		cmd.Stdin = bytes.NewReader(out.raw)
		text, err := cmd.Output()
		if err != nil || !strings.Contains(string(text), "￥128.00") || !strings.Contains(string(text), "精剪造型（资深）") {
			t.Errorf("iconv reads %q, %v", text, err)
		}
	}
}

func TestRasterProfileSendsNoText(t *testing.T) {
	out, err := interpret(Encode(sample(), Profile{Columns: 48, Text: Raster}))
	if err != nil {
		t.Fatal(err)
	}
	if len(out.raw) > 0 || len(out.qr) > 0 || len(out.lines) < 8 {
		t.Errorf("%+v", out)
	}
}

// A picture whose dots spell "open the drawer" or "clear the buffer" spells it
// no more, and is changed by no more than a dot beside each.
func TestPicturesCarryNoCommands(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	p := receipt.NewBitmap(384, 300)
	evil := []byte{0x10, 0x14, 0x01, 0x00, 0x01, 0x10, 0x04, 0x10, 0x05, 0x10, 0x10, 0x14}
	for i := range p.Bits {
		p.Bits[i] = evil[rng.IntN(len(evil))]
	}
	before := bytes.Clone(p.Bits)
	out, err := interpret(Encode(receipt.Document{Blocks: []receipt.Block{receipt.Image{Bitmap: p}}}, Profile{Columns: 32}))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, p.Bits) {
		t.Error("the document's own picture was changed")
	}
	changed := 0
	for _, b := range out.pictures {
		for _, c := range []byte{0x04, 0x05, 0x14} {
			if bytes.Contains(b.Bits, []byte{0x10, c}) {
				t.Errorf("10 %02x is in a picture", c)
			}
		}
		changed += bytes.Count(b.Bits, []byte{0x18})
	}
	if changed == 0 {
		t.Error("nothing was in the picture: the test shows nothing")
	}
}

// A line with a rare character keeps the columns of its neighbours: the amount
// ends at the right edge in the picture too.
func TestPictureLinesKeepTheColumns(t *testing.T) {
	l := receipt.Layout(sample(), receipt.Metrics{Columns: 32, Cells: Cells})
	for _, line := range l {
		if !strings.Contains(line.Text, "䶮") {
			continue
		}
		p := receipt.LinePicture(line, 384, Cells)
		for x := p.Width - 12; x < p.Width; x++ {
			for y := range p.Height {
				if p.Black(x, y) {
					return
				}
			}
		}
		t.Fatal("nothing in the last cell")
	}
	t.Fatal("no such line")
}

func TestKickAndStatus(t *testing.T) {
	out, err := interpret(Kick(1))
	if err != nil || out.kicks != 1 || Kick(1)[2] != 1 || Kick(0)[2] != 0 {
		t.Errorf("%v %+v", err, out)
	}
	if !IsStatus(0x12) || !IsStatus(0x1a) || IsStatus(0xff) || IsStatus(0) || Offline(0x12) || !Offline(0x1a) || PaperOut(0x12) || !PaperOut(0x72) {
		t.Error("status bytes are misread")
	}
}

// Whatever the texts are, the stream is valid, fits the paper and brings no
// command of its own; what the Chinese font has is read back unchanged.
func TestAnyTextIsSafe(t *testing.T) {
	pool := []rune("aZ09 $¥￥中文發髮龍㐀𠮷éжΩあ한\x1b\x1d@\x00\x10\x7f|~（）")
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom(pool), 0, 80, -1).Draw(rt, "text")
		columns := rapid.SampledFrom([]int{32, 42, 48}).Draw(rt, "columns")
		size := rapid.SampledFrom([]receipt.Size{receipt.Normal, receipt.Large}).Draw(rt, "size")
		doc := receipt.Document{Blocks: []receipt.Block{
			receipt.Text{Text: s, Style: receipt.Style{Size: size}},
			receipt.Columns{Cols: []receipt.Column{{Flex: true}, {}}, Rows: [][]string{{s, "1.00"}}}}}
		out, err := interpret(Encode(doc, Profile{Columns: columns}))
		if err != nil {
			rt.Fatal(err)
		}
		if out.cuts+out.kicks+len(out.qr) > 0 || out.columns > columns {
			rt.Fatalf("%+v", out)
		}
		if !strings.ContainsAny(s, "㐀𠮷éΩあ한ж") {
			want := strings.Map(func(r rune) rune {
				switch {
				case r <= ' ' || r == 0x7f:
					return -1
				case r == '¥':
					return '￥'
				}
				return r
			}, s)
			got := strings.NewReplacer(" ", "", "\n", "").Replace(strings.Join(out.lines, ""))
			if got != want+want+"1.00" && got != want+"1.00"+want && !sameRunes(got, want+want+"1.00") {
				rt.Fatalf("%q became %q", want, got)
			}
		}
	})
}

// Five hundred receipts of random Chinese names, of simplified and traditional
// characters, are decoded by iconv to the very text of the layout.
func TestA29_RandomReceiptsReadByIconv(t *testing.T) {
	path, err := exec.LookPath("iconv")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("iconv is not installed")
		}
		t.Skip("iconv is not installed; TestA29_ChineseAndYenAreReadBack reads with another decoder")
	}
	rng := rand.New(rand.NewPCG(2, 9))
	var sent []byte
	var want strings.Builder
	for range 500 {
		var rows [][]string
		for range 1 + rng.IntN(8) {
			var name []rune
			for range 1 + rng.IntN(24) {
				r := rune(0x4e00 + rng.IntN(0x9fa5-0x4e00+1))
				name = append(name, r)
			}
			rows = append(rows, []string{string(name), fmt.Sprintf("¥%d.%02d", rng.IntN(10000), rng.IntN(100))})
		}
		doc := receipt.Document{Blocks: []receipt.Block{receipt.Columns{Cols: []receipt.Column{{Flex: true}, {Align: receipt.Right}}, Rows: rows}}}
		columns := []int{32, 42, 48}[rng.IntN(3)]
		out, err := interpret(Encode(doc, Profile{Columns: columns}))
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, out.raw...)
		for _, l := range receipt.Layout(doc, receipt.Metrics{Columns: columns, Cells: Cells}) {
			want.WriteString(strings.ReplaceAll(l.Text, "¥", "￥") + "\n")
		}
	}
	cmd := exec.Command(path, "-f", "GB18030", "-t", "UTF-8")
	cmd.Stdin = bytes.NewReader(sent)
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want.String() {
		t.Error("iconv reads another text")
	}
}

// sameRunes: a wrapped cell puts the amount between the lines of the text.
func sameRunes(a, b string) bool {
	count := map[rune]int{}
	for _, r := range a {
		count[r]++
	}
	for _, r := range b {
		count[r]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}
