package escpos

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/receipt"
)

// tool is the file of a program that reads what we print; without it the test
// is skipped, except where everything must run.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", name)
	}
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// sample of what names are made of: what every Chinese font has, what only
// GB18030's four bytes hold, and what is no Chinese at all.
func randomName(rng *rand.Rand, lang string) string {
	words := []string{"Tea", "Haircut", "Shampoo 250ml", "A&B", "50%", "(new)", "#7", "Crème", "<b>", "{B", "~^|"}
	var b strings.Builder
	for range 1 + rng.IntN(4) {
		switch {
		case lang == i18n.English && rng.IntN(5) > 0:
			b.WriteString(words[rng.IntN(len(words))] + " ")
		case rng.IntN(12) == 0: // four bytes: extensions A and B, other scripts
			b.WriteRune([]rune("㐀㙍䶮𠮷𡃁𪚥한にЖĀẞ😀")[rng.IntN(12)])
		default:
			for range 1 + rng.IntN(7) {
				b.WriteRune(rune(0x4e00 + rng.IntN(0x9fa5-0x4e00+1)))
			}
			b.WriteString([]string{"", "（大）", " ¥9.90", "·", "—", "％", "｜"}[rng.IntN(7)])
		}
	}
	return strings.TrimSpace(b.String())
}

// randomReceipt is the n-th receipt, with codes that no other one has.
func randomReceipt(rng *rand.Rand, n int) (d receipt.Document, codes []string) {
	lang := i18n.Tags()[n%3]
	v := receipt.SaleView{
		Lang: lang, Currency: money.MustCurrency([]string{"CNY", "JPY", "TWD", "EUR", "USD"}[rng.IntN(5)]),
		Merchant: randomName(rng, lang), Shop: randomName(rng, lang), Number: fmt.Sprintf("W1-01-%06d", n), At: "2026-09-12 14:03", Cashier: randomName(rng, lang),
		QR: fmt.Sprintf("https://lotus.example/r/%06d?k=%x", n, rng.Uint64()), QRCaption: randomName(rng, lang), Footer: []string{randomName(rng, lang)},
	}
	if rng.IntN(2) == 0 {
		v.QR += "&n=" + strings.Repeat(fmt.Sprintf("%%E4%%BD%%%02X", 0x80+rng.IntN(0x40)), 1+rng.IntN(8))
	}
	if rng.IntN(4) == 0 {
		v.Copy = 2
	}
	for range 1 + rng.IntN(6) {
		amount := money.Amount(rng.IntN(1_000_000))
		l := receipt.LineView{Name: randomName(rng, lang), Quantity: money.Quantity(1000 * (1 + rng.IntN(3))), Price: money.UnitPrice(amount * 100), Amount: amount}
		if rng.IntN(3) == 0 {
			l.Adjustments = []receipt.AdjustmentView{{Text: randomName(rng, lang), Amount: -money.Amount(rng.IntN(1000))}}
		}
		v.Lines = append(v.Lines, l)
		v.Total += amount
	}
	v.Subtotal = v.Total
	v.Tenders = []receipt.TenderView{{Name: randomName(rng, lang), Amount: v.Total}}
	d = receipt.Build(v, i18n.Must(lang).T)
	ean := fmt.Sprintf("690%09d", n*7919)
	code := fmt.Sprintf("S-%06d", n)
	d.Blocks = append(d.Blocks, receipt.Feed{Lines: 2}, receipt.Barcode{Symbology: receipt.EAN13, Content: ean}, receipt.Feed{Lines: 2}, receipt.Barcode{Symbology: receipt.Code128, Content: code}, receipt.Feed{Lines: 2})
	return d, []string{"QR-Code:" + v.QR, "EAN-13:" + ean, "CODE-128:" + code}
}

func howMany(t *testing.T) int {
	t.Helper()
	if testing.Short() {
		return 30
	}
	return 500
}

// Random receipts in three languages: what the printer is sent as text, read
// by iconv, is the very text of the layout; what its font may lack is a
// picture, codes are what they should be, and nothing else is on the paper.
func TestA29_ReceiptsInThreeLanguagesReadByIconv(t *testing.T) {
	iconv := tool(t, "iconv")
	rng := rand.New(rand.NewPCG(5, 00))
	var sent []byte
	var want strings.Builder
	pictures := 0
	for n := range howMany(t) {
		doc, codes := randomReceipt(rng, n)
		p := Profile{Columns: []int{32, 42, 48}[rng.IntN(3)], QRRaster: rng.IntN(2) == 0}
		out, err := interpret(Encode(doc, p))
		if err != nil {
			t.Fatal(err)
		}
		dots, bands := p.Columns*receipt.CellWidth, 0
		var lines []string
		for _, l := range receipt.Layout(doc, receipt.Metrics{Columns: p.Columns, Cells: Cells}) {
			_, isQR := l.Block.(receipt.QR)
			_, isBar := l.Block.(receipt.Barcode)
			_, isText := EncodeText(l.Text)
			switch {
			case l.Block == nil && isText:
				lines = append(lines, strings.ReplaceAll(l.Text, "¥", "￥"))
			case isBar, isQR && !p.QRRaster:
				lines = append(lines, "") // the end of its line
			case l.Block == nil, isQR:
				bands += (receipt.LinePicture(l, dots, Cells).Height + bandRows - 1) / bandRows
			}
		}
		if len(out.pictures) != bands {
			t.Fatalf("receipt %d: %d pictures, want %d", n, len(out.pictures), bands)
		}
		for _, b := range out.pictures {
			if b.Width != dots {
				t.Fatalf("receipt %d: a picture of %d dots on %d", n, b.Width, dots)
			}
		}
		if !p.QRRaster && (len(out.qr) != 1 || "QR-Code:"+out.qr[0] != codes[0]) {
			t.Fatalf("receipt %d: %q", n, out.qr)
		}
		if got := strings.Join(out.barcodes, " "); got != "67:"+strings.TrimPrefix(codes[1], "EAN-13:")+" 73:{B"+strings.TrimPrefix(codes[2], "CODE-128:") {
			t.Fatalf("receipt %d: %q", n, got)
		}
		if out.columns > p.Columns {
			t.Fatalf("receipt %d: %d cells on %d", n, out.columns, p.Columns)
		}
		pictures += bands
		sent = append(sent, out.raw...)
		want.WriteString(strings.Join(lines, "\n") + "\n")
	}
	cmd := exec.Command(iconv, "-f", "GB18030", "-t", "UTF-8")
	cmd.Stdin = bytes.NewReader(sent)
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want.String() {
		g, w := strings.Split(string(got), "\n"), strings.Split(want.String(), "\n")
		for i := range min(len(g), len(w)) {
			if g[i] != w[i] {
				t.Fatalf("line %d: iconv reads %q, the layout is %q", i, g[i], w[i])
			}
		}
		t.Fatalf("iconv reads %d lines, the layout has %d", len(g), len(w))
	}
	if pictures < howMany(t) {
		t.Errorf("only %d pictures: the rare characters are missing in the test", pictures)
	}
}

// The codes of the same receipts, read by zbarimg: from the picture that the
// office shows, and from the dots that a printer without codes of its own is
// sent.
func TestA29_CodesOfReceiptsReadByZbar(t *testing.T) {
	zbar := tool(t, "zbarimg")
	rng := rand.New(rand.NewPCG(5, 00))
	folder := t.TempDir()
	const batch = 50
	var files, want []string
	flush := func() {
		if len(files) == 0 {
			return
		}
		args := append([]string{"-q", "-S*.disable", "-Sqrcode.enable", "-Sean13.enable", "-Scode128.enable"}, files...)
		out, err := exec.CommandContext(context.WithoutCancel(t.Context()), zbar, args...).Output()
		if err != nil {
			t.Fatalf("zbarimg: %v", err)
		}
		read := strings.Split(strings.TrimSpace(string(out)), "\n")
		for _, w := range want {
			// EAN-13 is read with its check digit, which we do not give.
			found := 0
			for _, r := range read {
				if r == w || strings.HasPrefix(w, "EAN-13:") && strings.HasPrefix(r, w) {
					found++
				}
			}
			if found != 2 {
				t.Errorf("%q was read %d times of 2", w, found)
			}
		}
		if len(read) != 2*len(want) {
			t.Errorf("%d codes were read of %d", len(read), 2*len(want))
		}
		for _, f := range files {
			_ = os.Remove(f)
		}
		files, want = nil, nil
	}
	save := func(name string, write func(io.Writer) error) {
		path := filepath.Join(folder, name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := write(f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	for n := range howMany(t) {
		doc, codes := randomReceipt(rng, n)
		columns := []int{32, 42, 48}[rng.IntN(3)]
		_ = rng.IntN(2)
		save(fmt.Sprintf("%d.office.png", n), func(w io.Writer) error { return receipt.PNG(w, doc, columns*receipt.CellWidth) })
		out, err := interpret(Encode(doc, Profile{Columns: columns, Text: Raster}))
		if err != nil {
			t.Fatal(err)
		}
		if len(out.raw)+len(out.qr)+len(out.barcodes) > 0 {
			t.Fatalf("receipt %d: text or codes on a printer of pictures", n)
		}
		save(fmt.Sprintf("%d.printer.png", n), func(w io.Writer) error { return png.Encode(w, paper(out.pictures).Image()) })
		want = append(want, codes...)
		if len(files) >= batch {
			flush()
		}
	}
	flush()
}

// paper puts the pictures of a stream below each other.
func paper(ps []*receipt.Bitmap) *receipt.Bitmap {
	out := &receipt.Bitmap{Width: ps[0].Width}
	for _, p := range ps {
		out.Height += p.Height
		out.Bits = slices.Concat(out.Bits, p.Bits)
	}
	return out
}
