package receipt

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/money"
)

// templates are twenty shops' wishes.
func templates() map[string]Template {
	out := map[string]Template{}
	add := func(name string, change func(*Template)) {
		t := DefaultTemplate()
		change(&t)
		out[name] = t
	}
	without := func(t *Template, gone ...Field) {
		t.Fields = slices.DeleteFunc(slices.Clone(t.Fields), func(f Field) bool { return slices.Contains(gone, f) })
	}
	add("default", func(*Template) {})
	add("narrow", func(t *Template) { t.Paper = 32 })
	add("middle", func(t *Template) { t.Paper = 42 })
	add("everything", func(t *Template) { t.Fields = Fields() })
	add("everything narrow", func(t *Template) { t.Fields, t.Paper = Fields(), 32 })
	add("nothing", func(t *Template) { t.Fields, t.MemberName, t.Code = nil, NameNone, CodeNone })
	add("masked", func(t *Template) { t.MemberName = NameMasked; without(t, FieldCard) })
	add("no member", func(t *Template) {
		t.MemberName = NameNone
		without(t, FieldCard, FieldTier, FieldPoints, FieldWallet, FieldPunches)
	})
	add("folded", func(t *Template) { without(t, FieldDiscounts, FieldSaved) })
	add("no taxes", func(t *Template) { without(t, FieldTaxes) })
	add("codes", func(t *Template) { t.Fields = append(t.Fields, FieldCodes) })
	add("coupons", func(t *Template) { t.Fields = append(t.Fields, FieldCoupons, FieldPointsBefore) })
	add("url", func(t *Template) {
		t.Code, t.CodeText = CodeURL, "https://lotus.example/r/{number}?s={sale}"
	})
	add("text code", func(t *Template) { t.Code, t.CodeText = CodeText, "WIFI:T:WPA;S:Lotus;P:welcome88;;" })
	add("number code", func(t *Template) { t.Code, t.Paper = CodeNumber, 32 })
	add("two languages", func(t *Template) { t.Second = "en" })
	add("two languages narrow", func(t *Template) { t.Second, t.Paper = "zh-Hant", 32 })
	add("words", func(t *Template) {
		t.Head = map[string]string{"en": "Open daily\n9 to 21", "zh-Hans": "每天营业\n9点到21点"}
		t.Foot = map[string]string{"zh-Hans": "谢谢惠顾", "zh-Hant": "謝謝惠顧"}
	})
	add("registered", func(t *Template) { t.BusinessNo = "91330100MA27XYZ12P"; t.Copies = 2 })
	add("three copies", func(t *Template) {
		t.Copies, t.Second = 3, "en"
		t.Foot = map[string]string{"en": "Goods are taken back within 14 days with this receipt."}
	})
	return out
}

func render(tpl Template, lang string) Document {
	langs := tpl.Langs(lang)
	v := sampleSale(lang)
	before := int64(2065)
	v.Points.Before = &before
	v.Coupons = []CouponView{{Name: v.Adjustments[0].Text, Code: "NEW20", Day: "2026-12-31"}}
	v.Lines[0].Code = "CUT-01"
	say := func(key string, _ ...any) string {
		s := speak(langs[0])(key)
		if len(langs) > 1 && speak(langs[1])(key) != s {
			s += " " + speak(langs[1])(key)
		}
		return s
	}
	return Build(tpl.Apply(v, langs), say).Times(tpl.Copies, func(no, of int) string { return fmt.Sprintf("%d / %d", no, of) })
}

// Every template in every language: no line is wider than the paper, what the
// books oblige a receipt to say is on it, the picture has ink within its edges
// and is a PNG, and an independent reader reads the code.
func TestTwentyTemplatesInThreeLanguages(t *testing.T) {
	all := templates()
	if len(all) != 20 {
		t.Fatal(len(all))
	}
	zbar, missing := exec.LookPath("zbarimg")
	if missing != nil && os.Getenv("CI") != "" {
		t.Fatal("zbarimg is not installed")
	}
	for name, tpl := range all {
		if err := tpl.Check(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, lang := range []string{"en", "zh-Hans", "zh-Hant"} {
			doc := render(tpl, lang)
			v := sampleSale(lang)
			text := PlainText(doc, tpl.Paper)
			for i, line := range strings.Split(text, "\n") {
				if w := TextCells(line); w > tpl.Paper {
					t.Errorf("%s %s: line %d is %d cells wide: %q", name, lang, i+1, w, line)
				}
			}
			for _, want := range []string{v.Number, v.Lines[0].Name, Money(v.Currency, v.Total), v.Tenders[1].Name, Money(v.Currency, v.Change)} {
				if strings.Count(text, want) < tpl.Copies {
					t.Errorf("%s %s lacks %q:\n%s", name, lang, want, text)
				}
			}
			if !strings.Contains(HTML(doc), v.Number) {
				t.Errorf("%s %s: no number in HTML", name, lang)
			}
			pic := Picture(doc, tpl.Dots())
			if x0, _, x1, _ := ink(pic); x0 < 0 || x1 > pic.Width || x1-x0 < pic.Width/2 {
				t.Errorf("%s %s: ink from %d to %d of %d", name, lang, x0, x1, pic.Width)
			}
			var b bytes.Buffer
			if err := PNG(&b, doc, tpl.Dots()); err != nil {
				t.Fatal(err)
			}
			if _, err := png.Decode(bytes.NewReader(b.Bytes())); err != nil {
				t.Errorf("%s %s: %v", name, lang, err)
			}
			if tpl.Code == CodeNone || missing != nil || lang != "zh-Hans" {
				continue
			}
			path := filepath.Join(t.TempDir(), "r.png")
			if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			want := map[string]string{CodeSale: v.QR, CodeNumber: v.Number, CodeText: tpl.CodeText, CodeURL: "https://lotus.example/r/W1-01-000123?s=https%3A%2F%2Flotus.example%2Fr%2FW1-01-000123%3Fk%3D7f3a"}[tpl.Code]
			out, err := exec.Command(zbar, "-q", path).Output()
			if err != nil || strings.Count(string(out), "QR-Code:"+want) != tpl.Copies {
				t.Errorf("%s: read %q, %v", name, out, err)
			}
		}
	}
}

func TestGoldenTemplates(t *testing.T) {
	all := templates()
	for _, name := range []string{"everything", "two languages narrow", "folded", "three copies", "words", "nothing"} {
		for _, lang := range []string{"en", "zh-Hans"} {
			tpl := all[name]
			golden(t, fmt.Sprintf("template.%s.%s.txt", strings.ReplaceAll(name, " ", "-"), lang), []byte(PlainText(render(tpl, lang), tpl.Paper)))
		}
	}
}

// Whatever a template leaves out, what is to be paid stays, and the view it was
// given is not changed.
func TestATemplateChangesNoAmount(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tpl := DefaultTemplate()
		tpl.Fields = rapid.SliceOfDistinct(rapid.SampledFrom(Fields()), rapid.ID[Field]).Draw(rt, "fields")
		tpl.MemberName = rapid.SampledFrom([]string{NameFull, NameMasked, NameNone}).Draw(rt, "name")
		tpl.Code = rapid.SampledFrom([]string{CodeSale, CodeNumber, CodeNone}).Draw(rt, "code")
		lang := rapid.SampledFrom([]string{"en", "zh-Hans", "zh-Hant"}).Draw(rt, "lang")
		had := fmt.Sprintf("%+v", sampleSale(lang))
		v := sampleSale(lang)
		got := tpl.Apply(v, []string{lang})
		if was := v; got.Total != was.Total || got.Rounding != was.Rounding || got.Change != was.Change || got.Subtotal != was.Subtotal || len(got.Tenders) != len(was.Tenders) || len(got.Lines) != len(was.Lines) {
			rt.Fatalf("%+v", got)
		}
		var sum money.Amount
		for _, l := range got.Lines {
			sum += l.Amount
			for _, a := range l.Adjustments {
				sum += a.Amount
			}
		}
		if sum != v.Subtotal {
			rt.Fatalf("the lines sum to %d, the subtotal is %d", sum, v.Subtotal)
		}
		if now := sampleSale(lang); fmt.Sprintf("%+v", now.Lines) != fmt.Sprintf("%+v", v.Lines) || v.Member.Name != now.Member.Name || !strings.Contains(had, v.Number) {
			rt.Fatal("the caller's view was changed")
		}
	})
}

func TestCheckRefuses(t *testing.T) {
	long := strings.Repeat("字", maxText+1)
	for _, c := range []struct {
		name   string
		change func(*Template)
		want   error
	}{
		{"paper", func(t *Template) { t.Paper = 40 }, ErrPaper},
		{"lang", func(t *Template) { t.Lang = "xx" }, ErrLang},
		{"second", func(t *Template) { t.Second = "xx" }, ErrLang},
		{"twice", func(t *Template) { t.Lang, t.Second = "en", "en" }, ErrLangTwice},
		{"head", func(t *Template) { t.Head = map[string]string{"en": long} }, ErrText},
		{"lines", func(t *Template) { t.Foot = map[string]string{"en": strings.Repeat("x\n", 20) + "x"} }, ErrText},
		{"tongue", func(t *Template) { t.Foot = map[string]string{"xx": "x"} }, ErrLang},
		{"copies", func(t *Template) { t.Copies = 4 }, ErrCopies},
		{"no copies", func(t *Template) { t.Copies = 0 }, ErrCopies},
		{"field", func(t *Template) { t.Fields = append(t.Fields, "shoe_size") }, ErrField},
		{"name", func(t *Template) { t.MemberName = "" }, ErrMemberName},
		{"code", func(t *Template) { t.Code = "bar" }, ErrCodeKind},
		{"text", func(t *Template) { t.Code = CodeText }, ErrCodeContent},
		{"url", func(t *Template) { t.Code, t.CodeText = CodeURL, "lotus.example/{number}" }, ErrCodeContent},
		{"script", func(t *Template) { t.Code, t.CodeText = CodeURL, "javascript:alert(1)" }, ErrCodeContent},
		{"long url", func(t *Template) { t.Code, t.CodeText = CodeURL, "https://a/"+strings.Repeat("x", 500) }, ErrCodeContent},
		{"business", func(t *Template) { t.BusinessNo = strings.Repeat("9", 41) }, ErrBusinessNo},
		{"logo", func(t *Template) { t.LogoWidth = 7 }, ErrLogoWidth},
	} {
		tpl := DefaultTemplate()
		c.change(&tpl)
		if err := tpl.Check(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	tpl := DefaultTemplate()
	tpl.Head, tpl.BusinessNo = map[string]string{"en": " \x1b@Hello \r\n", "zh-Hans": " "}, " 91  33\x00 "
	if err := tpl.Check(); err != nil || tpl.Head["en"] != "@Hello" || len(tpl.Head) != 1 || tpl.BusinessNo != "91 33" {
		t.Errorf("%v %+v", err, tpl)
	}
}

func TestMaskName(t *testing.T) {
	for in, want := range map[string]string{"王小明": "王**", "Alexandra": "A***", "李": "*", "": "", "𠮷野": "𠮷*"} {
		if got := MaskName(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

// gradient is a picture from black at the left to white at the right.
func gradient(w, h int) image.Image {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetGray(x, y, color.Gray{Y: uint8(255 * x / (w - 1))})
		}
	}
	return m
}

// A dithered grey is as dark as the grey it stands for, a black and white picture
// stays what it is, and what is larger than the paper is made smaller.
func TestDither(t *testing.T) {
	b := Dither(gradient(256, 64), 512, 512)
	if b.Width != 256 || b.Height != 64 {
		t.Fatal(b.Width, b.Height)
	}
	for part := range 4 {
		black := 0
		for y := range 64 {
			for x := part * 64; x < part*64+64; x++ {
				if b.Black(x, y) {
					black++
				}
			}
		}
		want := 64 * 64 * (7 - 2*part) / 8
		if diff := abs(black - want); diff > 64*64/20 {
			t.Errorf("part %d has %d black dots, want about %d", part, black, want)
		}
	}
	two := image.NewGray(image.Rect(0, 0, 40, 40))
	for y := range 40 {
		for x := range 40 {
			if (x/5+y/3)%2 == 0 {
				two.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	exact := Dither(two, 100, 100)
	for y := range 40 {
		for x := range 40 {
			if exact.Black(x, y) != (two.GrayAt(x, y).Y == 0) {
				t.Fatalf("dot %d,%d of a black and white picture has changed", x, y)
			}
		}
	}
	if s := Dither(gradient(1000, 3000), 200, 300); s.Width != 100 || s.Height != 300 || !s.Valid() {
		t.Error(s.Width, s.Height)
	}
	clear := Dither(image.NewNRGBA(image.Rect(0, 0, 20, 20)), 100, 100)
	if x0, _, x1, _ := ink(clear); x0 < x1 {
		t.Error("what is transparent is printed")
	}
}

func TestReadLogo(t *testing.T) {
	var good, jpg, tiny, huge bytes.Buffer
	for _, e := range []error{png.Encode(&good, gradient(300, 120)), jpeg.Encode(&jpg, gradient(200, 100), nil), png.Encode(&tiny, gradient(4, 40)), png.Encode(&huge, gradient(3000, 10))} {
		if e != nil {
			t.Fatal(e)
		}
	}
	for _, c := range []struct {
		data []byte
		want error
	}{{good.Bytes(), nil}, {jpg.Bytes(), nil}, {tiny.Bytes(), ErrLogoSize}, {huge.Bytes(), ErrLogoSize}, {[]byte("GIF89a"), ErrLogoType}, {nil, ErrLogoType},
		{good.Bytes()[:good.Len()-40], ErrLogoType}, {make([]byte, MaxLogo+1), ErrLogoTooLarge}} {
		if _, err := ReadLogo(c.data); !errors.Is(err, c.want) {
			t.Errorf("%d bytes: %v, want %v", len(c.data), err, c.want)
		}
	}
	l, err := ReadLogo(good.Bytes())
	if err != nil || l.Width != 300 || l.Height != 120 || l.Type != "png" || len(l.Hash) != 64 {
		t.Fatalf("%+v %v", l, err)
	}
	b, err := l.Bitmap(200)
	if err != nil || b.Width != 200 || b.Height != 80 {
		t.Fatalf("%v %v", b, err)
	}
	doc := Document{Blocks: []Block{Image{b, "logo"}}}
	if x0, _, x1, _ := ink(Picture(doc, Dots58mm)); x1-x0 < 100 {
		t.Error("the logo is not on the paper")
	}
}
