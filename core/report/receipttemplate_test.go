package report_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
)

func logo(t *testing.T) receipt.Logo {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 160, 80))
	for y := range 80 {
		for x := range 160 {
			m.SetGray(x, y, color.Gray{Y: uint8(x)})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	l, err := receipt.ReadLogo(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A shop's template says how its receipts look from then on, old ones too; what
// was sold stays as it was.
func TestAShopsTemplate(t *testing.T) {
	eachPaper(t, func(s *paper, c *clock.Manual) {
		doc := s.full()
		ctx := context.Background()
		tpl := receipt.DefaultTemplate()
		tpl.Paper, tpl.Lang, tpl.Second, tpl.Copies, tpl.MemberName = 42, "zh-Hans", "en", 2, receipt.NameMasked
		tpl.Head = map[string]string{"en": "Open daily", "zh-Hans": "天天营业"}
		tpl.BusinessNo, tpl.Code, tpl.CodeText = "91330100MA27XYZ12P", receipt.CodeURL, "https://lotus.example/{number}"
		tpl.Fields = append(tpl.Fields, receipt.FieldPointsBefore, receipt.FieldCard, receipt.FieldCoupons)
		l := logo(s.t)
		tpl.Logo = l.Hash
		s.tx(func(_ context.Context, tx *db.Tx) error {
			receipt.QueueLogo(tx, s.m.ID, l)
			receipt.QueueLogo(tx, s.m.ID, l) // the same content once
			return receipt.QueueTemplate(tx, s.m.ID, s.shop.ID, tpl)
		})
		got, err := receipt.GetTemplate(ctx, s.d, s.m.ID, s.shop.ID)
		if err != nil || got.Logo != l.Hash || got.Paper != 42 || got.Head["en"] != "Open daily" || !got.Shows(receipt.FieldPointsBefore) {
			s.t.Fatalf("%+v %v", got, err)
		}
		if other, err := receipt.GetTemplate(ctx, s.d, s.m.ID, s.register.ID); err != nil || other.Paper != 48 || other.Copies != 1 {
			s.t.Fatalf("another shop: %+v %v", other, err)
		}
		c.Advance(400 * 24 * time.Hour)
		d, err := s.receipts.Print(ctx, s.m.ID, doc.ID, 1)
		if err != nil {
			s.t.Fatal(err)
		}
		text := receipt.PlainText(d, 42)
		for _, want := range []string{"天天营业", "Open daily", "税号 Registration no. 91330100MA27XYZ12P", "合计 Total", "L**", "[QR] https://lotus.example/A1-000002", "第1联 共2联", "第2联 共2联", "现金 Cash", "[Lotus]"} {
			if !strings.Contains(text, want) {
				s.t.Errorf("%q is not on\n%s", want, text)
			}
		}
		if strings.Contains(text, "Li Na") || strings.Contains(text, "DUPLICATE") || strings.Count(text, "A1-000002\n") < 2 {
			s.t.Error(text)
		}
		if d, err = s.receipts.Print(ctx, s.m.ID, doc.ID, 2); err != nil || strings.Count(receipt.PlainText(d, 42), "DUPLICATE 补打 #2") != 2 {
			s.t.Error(err, receipt.PlainText(d, 42))
		}
		// On a screen it is one receipt in the reader's language.
		screen := s.print(doc, "en", 48)
		if strings.Contains(screen, "合计") || strings.Contains(screen, "Copy") || !strings.Contains(screen, "Points before") || !strings.Contains(screen, "Open daily") {
			s.t.Error(screen)
		}
		var has bool
		for _, b := range d.Blocks {
			if img, ok := b.(receipt.Image); ok {
				has = img.Bitmap.Valid() && img.Bitmap.Width == 160
			}
		}
		if !has {
			s.t.Error("the logo is not on the receipt")
		}
	})
}

// A preview shows what is not stored yet, in each language and on each paper.
func TestPreviewOfATemplate(t *testing.T) {
	d := newPreview(t)
	for _, lang := range i18n.Tags() {
		for _, paper := range receipt.Papers {
			tpl := receipt.DefaultTemplate()
			tpl.Paper, tpl.Fields = paper, receipt.Fields()
			l := i18n.Must(lang)
			v := report.SampleSale(l, tpl, d)
			pic := logo(t)
			doc, err := new(report.Receipts).Preview(context.Background(), d.Desk.Merchant.ID, l, v, tpl, &pic)
			if err != nil {
				t.Fatal(err)
			}
			text := receipt.PlainText(doc, paper)
			if !strings.Contains(text, "A1-000123") || !strings.Contains(text, "250.00") || strings.Contains(text, "receipt.") || strings.Contains(text, "tender.") {
				t.Errorf("%s at %d:\n%s", lang, paper, text)
			}
		}
	}
}

func newPreview(t *testing.T) report.SampleShop {
	t.Helper()
	zone, err := clock.LoadZone("Asia/Shanghai", 240)
	if err != nil {
		t.Fatal(err)
	}
	at := report.SampleShop{Now: clock.Of(time.Date(2026, 5, 20, 6, 30, 0, 0, time.UTC))}
	at.Desk = tenant.Desk{Merchant: tenant.Merchant{Name: "Lotus", Currency: mustCNY(t)}, Shop: tenant.Shop{Name: "West Lake", Zone: zone}}
	return at
}

func mustCNY(t *testing.T) money.Currency {
	t.Helper()
	c, err := money.CurrencyOf("CNY")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
