package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var ctx = context.Background()

type house struct {
	t *testing.T
	d *db.DB
	m id.ID
	c *clock.Manual
}

func each(t *testing.T, f func(h *house)) {
	c := clock.NewManual(time.Date(2026, 5, 10, 9, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(&house{t, d, fake(1), c}) }, dbtest.WithClock(c))
}

func (h *house) tx(f func(ctx context.Context, tx *db.Tx) error) error { return h.d.InTx(ctx, f) }

func (h *house) must(f func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	if err := h.tx(f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) create(in catalog.In) (s catalog.SKU, err error) {
	if in.Merchant.IsNone() {
		in.Merchant = h.m
	}
	err = h.tx(func(ctx context.Context, tx *db.Tx) error {
		var err error
		s, err = catalog.Create(ctx, tx, in)
		return err
	})
	return s, err
}

func (h *house) mustCreate(in catalog.In) catalog.SKU {
	h.t.Helper()
	s, err := h.create(in)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func (h *house) want(err, want error) {
	h.t.Helper()
	if !errors.Is(err, want) {
		h.t.Fatalf("want %v, got %v", want, err)
	}
}

func same(a, b catalog.SKU) bool { return fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b) }

func TestCreateKeepsAndGuards(t *testing.T) {
	each(t, func(h *house) {
		s := h.mustCreate(catalog.In{Code: "SH-1", Name: " Shampoo  300ml ", Description: "mild", Category: "hair", UnitPrice: 398000, Cost: 120000, TaxCategory: "std", Stocked: true,
			Barcodes: []string{"6901234567892", "96385074", "6901234567892"}})
		got, err := catalog.Get(ctx, h.d, h.m, s.ID)
		if err != nil || !same(got, s) || got.Name != "Shampoo 300ml" || got.Kind != catalog.Goods || !got.Stocked || got.UnitPrice != 398000 || got.Cost != 120000 || strings.Join(got.Barcodes, " ") != "6901234567892 96385074" {
			h.t.Fatalf("%+v\n%+v %v", s, got, err)
		}
		second := h.mustCreate(catalog.In{Product: s.Product, Code: "SH-2", Name: "Shampoo 500ml", UnitPrice: 1})
		p, err := catalog.GetProduct(ctx, h.d, h.m, s.Product)
		if err != nil || p.Name != "Shampoo 300ml" || p.Description != "mild" || p.Category != "hair" || len(p.SKUs) != 2 || p.SKUs[1].ID != second.ID || len(p.SKUs[0].Barcodes) != 2 {
			h.t.Fatalf("%+v %v", p, err)
		}
		for i, c := range []struct {
			in   catalog.In
			want error
		}{
			{catalog.In{Code: "", Name: "x"}, catalog.ErrCode},
			{catalog.In{Code: "a b", Name: "x"}, catalog.ErrCode},
			{catalog.In{Code: "x", Name: " "}, catalog.ErrName},
			{catalog.In{Code: "x", Name: strings.Repeat("n", 161)}, catalog.ErrName},
			{catalog.In{Code: "x", Name: "x", Kind: "thing"}, catalog.ErrKind},
			{catalog.In{Code: "x", Name: "x", Kind: catalog.Service, Stocked: true}, catalog.ErrStocked},
			{catalog.In{Code: "x", Name: "x", UnitPrice: -1}, catalog.ErrPrice},
			{catalog.In{Code: "x", Name: "x", Cost: -1}, catalog.ErrPrice},
			{catalog.In{Code: "x", Name: "x", UnitPrice: 1 << 60}, catalog.ErrPrice},
			{catalog.In{Code: "x", Name: "x", Category: "a b"}, catalog.ErrCategory},
			{catalog.In{Code: "x", Name: "x", Description: strings.Repeat("d", 4001)}, catalog.ErrText},
			{catalog.In{Code: "x", Name: "x", Barcodes: []string{"6901234567893"}}, catalog.ErrCheckDigit},
			{catalog.In{Code: "x", Name: "x", Barcodes: []string{"96385075"}}, catalog.ErrCheckDigit},
			{catalog.In{Code: "x", Name: "x", Barcodes: []string{"条码"}}, catalog.ErrBarcode},
			{catalog.In{Code: "x", Name: "x", Barcodes: []string{""}}, catalog.ErrBarcode},
			{catalog.In{Code: "SH-1", Name: "x"}, catalog.ErrCodeTaken},
			{catalog.In{Code: "x", Name: "x", Barcodes: []string{"96385074"}}, catalog.ErrBarcodeTaken},
			{catalog.In{Code: "x", Name: "x", Product: fake(9)}, catalog.ErrProductNotFound},
		} {
			if _, err := h.create(c.in); !errors.Is(err, c.want) {
				h.t.Errorf("%d: want %v, got %v", i, c.want, err)
			}
		}
		other := h.mustCreate(catalog.In{Merchant: fake(2), Code: "SH-1", Name: "x", Barcodes: []string{"96385074"}})
		_, err = catalog.Get(ctx, h.d, h.m, other.ID)
		h.want(err, catalog.ErrNotFound)
	})
}

func ptr[T any](v T) *T { return &v }

func TestUpdateAndArchive(t *testing.T) {
	each(t, func(h *house) {
		a := h.mustCreate(catalog.In{Code: "A", Name: "Apple", UnitPrice: 10, Barcodes: []string{"111", "222"}})
		b := h.mustCreate(catalog.In{Product: a.Product, Code: "B", Name: "Pear", UnitPrice: 10, Barcodes: []string{"333"}})
		update := func(sku id.ID, p catalog.Patch) (s catalog.SKU, err error) {
			err = h.tx(func(ctx context.Context, tx *db.Tx) error {
				var err error
				s, err = catalog.Update(ctx, tx, h.m, sku, p)
				return err
			})
			return s, err
		}
		got, err := update(a.ID, catalog.Patch{Seen: a.UpdatedAt, Name: ptr("Red apple"), UnitPrice: ptr(money.UnitPrice(20)), Barcodes: ptr([]string{"444", "222"})})
		stored, err2 := catalog.Get(ctx, h.d, h.m, a.ID)
		if err != nil || err2 != nil || !same(got, stored) || got.Name != "Red apple" || got.UnitPrice != 20 || got.Code != "A" || strings.Join(got.Barcodes, " ") != "222 444" {
			h.t.Fatalf("%+v\n%+v %v %v", got, stored, err, err2)
		}
		_, err = update(a.ID, catalog.Patch{Seen: a.UpdatedAt, Name: ptr("late")})
		h.want(err, catalog.ErrStale)
		_, err = update(a.ID, catalog.Patch{Code: ptr("B")})
		h.want(err, catalog.ErrCodeTaken)
		_, err = update(a.ID, catalog.Patch{Barcodes: ptr([]string{"333"})})
		h.want(err, catalog.ErrBarcodeTaken)
		_, err = update(fake(9), catalog.Patch{})
		h.want(err, catalog.ErrNotFound)
		if _, err = update(b.ID, catalog.Patch{Barcodes: ptr([]string{"111"})}); err != nil { // free since a gave it up
			h.t.Fatal(err)
		}
		if items, _, err := catalog.List(ctx, h.d, h.m, catalog.Filter{Query: "RED"}, db.Page{}); err != nil || len(items) != 1 {
			h.t.Fatalf("%+v %v", items, err)
		}
		archived := func() bool {
			p, err := catalog.GetProduct(ctx, h.d, h.m, a.Product)
			if err != nil {
				h.t.Fatal(err)
			}
			return p.Archived
		}
		h.must(func(ctx context.Context, tx *db.Tx) error { return catalog.Archive(ctx, tx, h.m, a.ID) })
		if archived() {
			h.t.Fatal("the product is archived with one SKU in sale")
		}
		h.must(func(ctx context.Context, tx *db.Tx) error { return catalog.Archive(ctx, tx, h.m, b.ID) })
		if !archived() {
			h.t.Fatal("the product is not archived")
		}
		if _, err := update(b.ID, catalog.Patch{Archived: ptr(false)}); err != nil || archived() {
			h.t.Fatal("not restored", err)
		}
		h.must(func(ctx context.Context, tx *db.Tx) error {
			_, err := catalog.UpdateProduct(ctx, tx, h.m, a.Product, catalog.ProductPatch{Name: ptr("Fruit"), Description: ptr("fresh")})
			return err
		})
		if p, err := catalog.GetProduct(ctx, h.d, h.m, a.Product); err != nil || p.Name != "Fruit" || p.Description != "fresh" {
			h.t.Fatalf("%+v %v", p, err)
		}
		h.want(h.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := catalog.UpdateProduct(ctx, tx, h.m, fake(9), catalog.ProductPatch{})
			return err
		}), catalog.ErrProductNotFound)
	})
}

func TestListAndAsk(t *testing.T) {
	each(t, func(h *house) {
		a := h.mustCreate(catalog.In{Code: "HAIR-CUT", Name: "剪发 Cut", Kind: catalog.Service, Category: "hair"})
		b := h.mustCreate(catalog.In{Code: "6901", Name: "50% off_mug", Category: "mug", Barcodes: []string{"777", "HAIR-CUT"}}) // a bar code like another's code
		c := h.mustCreate(catalog.In{Code: "C-1", Name: "Cup", Category: "mug"})
		old := h.mustCreate(catalog.In{Code: "OLD", Name: "Old cup", Category: "mug"})
		h.must(func(ctx context.Context, tx *db.Tx) error { return catalog.Archive(ctx, tx, h.m, old.ID) })
		for _, q := range []struct {
			f    catalog.Filter
			want string
		}{
			{catalog.Filter{}, "HAIR-CUT 6901 C-1"},
			{catalog.Filter{Archived: true}, "HAIR-CUT 6901 C-1 OLD"},
			{catalog.Filter{Query: "cu"}, "HAIR-CUT C-1"},
			{catalog.Filter{Query: "剪"}, "HAIR-CUT"},
			{catalog.Filter{Query: "c-1"}, "C-1"},
			{catalog.Filter{Query: "50%"}, "6901"},
			{catalog.Filter{Query: "f_m"}, "6901"},
			{catalog.Filter{Query: "o_d", Archived: true}, ""},
			{catalog.Filter{Barcode: " 777 "}, "6901"},
			{catalog.Filter{Barcode: "HAIR-CUT"}, "6901"},
			{catalog.Filter{Barcode: "C-1"}, "C-1"},
			{catalog.Filter{Barcode: "none"}, ""},
			{catalog.Filter{Category: "mug"}, "6901 C-1"},
			{catalog.Filter{Kind: catalog.Service}, "HAIR-CUT"},
		} {
			items, _, err := catalog.List(ctx, h.d, h.m, q.f, db.Page{})
			var codes []string
			for _, s := range items {
				codes = append(codes, s.Code)
			}
			if err != nil || strings.Join(codes, " ") != q.want {
				h.t.Errorf("%+v: %v (%v)", q.f, codes, err)
			}
		}
		first, next, err := catalog.List(ctx, h.d, h.m, catalog.Filter{}, db.Page{Limit: 2})
		if err != nil || len(first) != 2 || next != b.ID.String() || len(first[1].Barcodes) != 2 {
			h.t.Fatalf("%+v %s %v", first, next, err)
		}
		rest, next, err := catalog.List(ctx, h.d, h.m, catalog.Filter{}, db.Page{Limit: 2, After: b.ID})
		if err != nil || len(rest) != 1 || rest[0].ID != c.ID || next != "" {
			h.t.Fatalf("%+v %s %v", rest, next, err)
		}
		var hits []catalog.Hit
		err = h.d.Batch(ctx, catalog.AskSKUs(h.m, []id.ID{a.ID, old.ID, fake(9)}, []string{"777", "HAIR-CUT", "C-1", "none"}, &hits))
		var got []string
		for _, x := range hits {
			got = append(got, x.Code+"/"+x.Barcode)
		}
		slices.Sort(got)
		if err != nil || strings.Join(got, " ") != "6901/777 6901/HAIR-CUT C-1/C-1 HAIR-CUT/ OLD/" {
			h.t.Fatal(got, err)
		}
		for _, x := range hits {
			if x.Archived != (x.ID == old.ID) || x.Kind == "" || x.Name == "" {
				h.t.Errorf("%+v", x)
			}
		}
		if err := h.d.Batch(ctx, catalog.AskSKUs(h.m, nil, nil, &hits)); err != nil || len(hits) != 0 {
			h.t.Fatal(hits, err)
		}
		h.must(func(ctx context.Context, tx *db.Tx) error {
			for _, x := range []catalog.Category{{Code: "mug", Name: "Mugs"}, {Code: "hair", Name: "美发"}, {Code: "mug", Name: "Mugs & cups"}} {
				if err := catalog.UpsertCategory(ctx, tx, h.m, x); err != nil {
					return err
				}
			}
			return nil
		})
		cats, err := catalog.ListCategories(ctx, h.d, h.m)
		if err != nil || fmt.Sprint(cats) != "[{hair 美发} {mug Mugs & cups}]" {
			h.t.Fatal(cats, err)
		}
		h.want(h.tx(func(ctx context.Context, tx *db.Tx) error {
			return catalog.UpsertCategory(ctx, tx, h.m, catalog.Category{Code: "a b", Name: "x"})
		}), catalog.ErrCategory)
	})
}

func TestAThousandSKUsInOneTransaction(t *testing.T) {
	each(t, func(h *house) {
		h.must(func(_ context.Context, tx *db.Tx) error {
			for i := range 1000 {
				ean, err := catalog.EAN13(fmt.Sprintf("20%010d", i))
				if err != nil {
					return err
				}
				if _, err := catalog.QueueCreate(tx, catalog.In{Merchant: h.m, Code: fmt.Sprintf("S%04d", i), Name: fmt.Sprintf("Thing %d", i), UnitPrice: 10000, Barcodes: []string{ean}}); err != nil {
					return err
				}
			}
			return nil
		})
		items, _, err := catalog.List(ctx, h.d, h.m, catalog.Filter{Barcode: "2000000009995"}, db.Page{})
		if err != nil || len(items) != 1 || items[0].Code != "S0999" {
			h.t.Fatalf("%+v %v", items, err)
		}
	})
}

func TestEAN13(t *testing.T) {
	for in, want := range map[string]string{"400638133393": "4006381333931", "690123456789": "6901234567892", "000000000000": "0000000000000"} {
		if got, err := catalog.EAN13(in); err != nil || got != want || catalog.CheckBarcode(got) != nil {
			t.Errorf("%s: %s %v", in, got, err)
		}
	}
	for _, in := range []string{"", "12345678901", "1234567890123", "12345678901x"} {
		if _, err := catalog.EAN13(in); !errors.Is(err, catalog.ErrBarcode) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// fake is an id in the order of n. The generator's own ids would begin anew at
// its instant and so spoil the order of those that the database's clock gives.
func fake(n int) id.ID { return id.ID{13: 0xfa, 14: byte(n >> 8), 15: byte(n)} }
