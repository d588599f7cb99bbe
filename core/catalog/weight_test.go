package catalog_test

import (
	"context"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
)

// failing is a test, or one run of a property.
type failing interface {
	Helper()
	Fatal(...any)
}

func currency(t failing, code string) money.Currency {
	t.Helper()
	c, err := money.CurrencyOf(code)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func reader(t failing, cur, prefixes string, how money.Rounding) catalog.WeightReader {
	t.Helper()
	list, err := setting.ParseWeightCodes(prefixes)
	if err != nil {
		t.Fatal(err)
	}
	return catalog.WeightReader{Prefixes: list, Currency: currency(t, cur), Rounding: how}
}

func ean(t failing, twelve string) string {
	t.Helper()
	code, err := catalog.EAN13(twelve)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// read asks and reads as a flow does.
func (h *house) read(r catalog.WeightReader, code string) (catalog.Weighed, bool, error) {
	h.t.Helper()
	var hits []catalog.Hit
	if err := h.d.Batch(ctx, catalog.AskSKUs(h.m, nil, append(catalog.WeightArticles(code), code), &hits)); err != nil {
		h.t.Fatal(err)
	}
	return r.Read(code, hits)
}

func (h *house) write(r catalog.WeightReader, s catalog.SKU, weight money.Quantity) (code string, err error) {
	err = h.tx(func(ctx context.Context, tx *db.Tx) error {
		code, err = r.Write(ctx, tx, h.m, &s, weight)
		return err
	})
	return code, err
}

func TestWeightCodesAreRead(t *testing.T) {
	each(t, func(h *house) {
		sku := func(code string, price money.UnitPrice, barcodes ...string) catalog.SKU {
			return h.mustCreate(catalog.In{Code: code, Name: "n " + code, UnitPrice: price, Barcodes: barcodes})
		}
		ham := sku("HAM", 1_280_000, ean(t, "210012300000")) // ¥128.00
		pear := sku("456", 99_800)
		plum := sku("PLUM", 99_800, "00457")
		exact := sku("BOX", 100_000, ean(t, "210012300352"))
		sku("FREE", 0, "00999")
		gone := sku("461", 1_0000)
		if err := h.tx(func(ctx context.Context, tx *db.Tx) error { return catalog.Archive(ctx, tx, h.m, gone.ID) }); err != nil {
			t.Fatal(err)
		}
		r := reader(t, "CNY", "21:weight,22:price", money.HalfUp)
		for _, c := range []struct {
			code string
			sku  catalog.SKU
			want money.Quantity
		}{
			{ean(t, "210012300353"), ham, 353},
			{ean(t, "210012399999"), ham, 99_999},
			{ean(t, "210045600001"), pear, 1},
			{ean(t, "210045701500"), plum, 1500},
			{ean(t, "220045602000"), pear, 2004}, // ¥20.00 at ¥9.98
		} {
			w, ok, err := h.read(r, c.code)
			if !ok || err != nil || w.SKU.ID != c.sku.ID || w.Quantity != c.want {
				t.Errorf("%s: %+v %t %v", c.code, w, ok, err)
			}
		}
		if w, ok, err := h.read(r, ean(t, "210012300352")); ok || err != nil {
			t.Errorf("the code of %s itself was read as %+v %v", exact.Name, w, err)
		}
		for _, code := range []string{ean(t, "210012300000"), ean(t, "230012300353"), ean(t, "690123456789"), "21001230035", "21001230035x3", ""} {
			if _, ok, err := h.read(r, code); ok || err != nil {
				t.Errorf("%s was read: %v", code, err)
			}
		}
		if _, ok, err := h.read(catalog.WeightReader{Currency: r.Currency}, ean(t, "210012300353")); ok || err != nil {
			t.Errorf("read without a prefix: %v", err)
		}
		right := ean(t, "210012300353")
		wrong := right[:12] + string('0'+(right[12]-'0'+1)%10)
		for code, want := range map[string]error{
			wrong:                  catalog.ErrCheckDigit,
			ean(t, "210045600000"): catalog.ErrWeightZero,
			ean(t, "210077700353"): catalog.ErrWeightUnknown,
			ean(t, "210046100353"): catalog.ErrWeightUnknown, // archived
			ean(t, "220099900100"): catalog.ErrWeightPrice,   // costs nothing by the catalogue
			ean(t, "220012300353"): catalog.ErrWeightUnknown, // the base code has the other prefix
		} {
			if _, ok, err := h.read(r, code); !ok || !errors.Is(err, want) || fault.Of(err).Param != "barcode" {
				t.Errorf("%s: %t %v, want %v", code, ok, err, want)
			}
		}
	})
}

// A price that no quantity comes to is refused with what the label says, and never
// sold at another.
func TestAPriceThatHasChanged(t *testing.T) {
	each(t, func(h *house) {
		h.mustCreate(catalog.In{Code: "123", Name: "Ham", UnitPrice: 1_280_000})
		r := reader(t, "CNY", "22:price", money.HalfUp)
		if w, _, err := h.read(r, ean(t, "220012304506")); err != nil || w.Quantity != 352 || w.Price != 4506 { // 45.056
			t.Errorf("%+v %v", w, err)
		}
		_, _, err := h.read(r, ean(t, "220012304512"))
		if f := fault.Of(err); !errors.Is(err, catalog.ErrWeightPrice) || f.Args["label"] != "45.12" || f.Args["price"] != "128.00" || f.Args["name"] != "Ham" {
			t.Errorf("%+v", f)
		}
		if _, _, err := h.read(r, ean(t, "220012300001")); !errors.Is(err, catalog.ErrWeightPrice) { // less than a gram costs
			t.Error(err)
		}
	})
}

// Whatever a scale weighs in whole grams, and however shop and scale round, the line
// costs what the label says, within one minor unit; to the very unit where both round
// alike, and as the same weight where a gram costs more than one.
func TestAPriceComesOutAsTheLabelSays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cur := currency(t, rapid.SampledFrom([]string{"CNY", "JPY", "KWD"}).Draw(rt, "currency"))
		s := catalog.SKU{Name: "x", UnitPrice: money.UnitPrice(rapid.Int64Range(1, 50_000_000).Draw(rt, "price"))}
		weight := money.Quantity(rapid.Int64Range(1, 30_000).Draw(rt, "weight"))
		modes := []money.Rounding{money.HalfUp, money.HalfEven, money.Down}
		scale, own := rapid.SampledFrom(modes).Draw(rt, "scale"), rapid.SampledFrom(modes).Draw(rt, "shop")
		label, err := cur.Extend(s.UnitPrice, weight, scale)
		if err != nil || label < 1 || label > 99_999 {
			return
		}
		r := catalog.WeightReader{Prefixes: []setting.WeightPrefix{{Prefix: "22", Says: setting.SaysPrice}}, Currency: cur, Rounding: own}
		code := ean(rt, "2200123"+five(int64(label)))
		w, ok, err := r.Read(code, []catalog.Hit{{SKU: s, Barcode: "123"}})
		if !ok || err != nil {
			rt.Fatalf("%s: %t %v", code, ok, err)
		}
		paid, err := cur.Extend(s.UnitPrice, w.Quantity, own)
		gram, _ := cur.Extend(s.UnitPrice, 1, money.Down)
		switch d := (paid - label).Abs(); {
		case err != nil || d > 1 || scale == own && d > 0:
			rt.Fatalf("the label says %d, the line costs %d (%v)", label, paid, err)
		case gram >= 2 && w.Quantity != weight:
			rt.Fatalf("%d weighed, %d sold", weight, w.Quantity)
		}
	})
}

func five(n int64) string {
	out := []byte("00000")
	for i := 4; n > 0; n /= 10 {
		out[i] = byte('0' + n%10)
		i--
	}
	return string(out)
}

func TestWeightCodesAreWritten(t *testing.T) {
	each(t, func(h *house) {
		ham := h.mustCreate(catalog.In{Code: "HAM", Name: "Ham", UnitPrice: 1_280_000, Barcodes: []string{ean(t, "210012300000"), "690"}})
		pear := h.mustCreate(catalog.In{Code: "456", Name: "Pear", UnitPrice: 99_800})
		box := h.mustCreate(catalog.In{Code: "BOX", Name: "Box", UnitPrice: 99_800})
		other := h.mustCreate(catalog.In{Code: "00456", Name: "Other", UnitPrice: 99_800})
		both := reader(t, "CNY", "22:price,21:weight", money.HalfUp)
		priced := reader(t, "CNY", "22:price", money.HalfUp)
		for _, c := range []struct {
			r    catalog.WeightReader
			s    catalog.SKU
			kg   money.Quantity
			code string
			want error
		}{
			{both, ham, 352, ean(t, "210012300352"), nil},
			{priced, ham, 352, ean(t, "220069004506"), nil}, // by its short bar code
			{both, other, 352, ean(t, "210045600352"), nil},
			{both, pear, 352, "", catalog.ErrWeightTaken}, // 00456 is the other's as it stands
			{both, box, 352, "", catalog.ErrWeightNumber},
			{both, ham, 100_000, "", catalog.ErrWeightBeyond},
			{priced, ham, 10_000, "", catalog.ErrWeightBeyond}, // ¥1280.00
			{catalog.WeightReader{}, box, 352, "", nil},
		} {
			if c.r.Currency.Code == "" {
				c.r.Currency = both.Currency
			}
			code, err := h.write(c.r, c.s, c.kg)
			if code != c.code || !errors.Is(err, c.want) && (err != nil || c.want != nil) {
				t.Errorf("%s %d: %q %v, want %q %v", c.s.Name, c.kg, code, err, c.code, c.want)
			}
			if code == "" {
				continue
			}
			if w, ok, err := h.read(c.r, code); !ok || err != nil || w.SKU.ID != c.s.ID || w.Quantity != c.kg {
				t.Errorf("%s reads back as %+v %v", code, w, err)
			}
		}
		// 100 kg fit as a price where they do not fit as a weight.
		leaf := h.mustCreate(catalog.In{Code: "7", Name: "Leaf", UnitPrice: 1000})
		if code, err := h.write(both, leaf, 150_000); err != nil || code != ean(t, "220000701500") {
			t.Error(code, err)
		}
	})
}
