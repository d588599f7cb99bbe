package tax_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/tax"
)

var ctx = context.Background()

func fake(n byte) id.ID { return id.ID{14: 0xfa, 15: n} }

func TestTheRateInForce(t *testing.T) {
	shop := fake(7)
	table := tax.NewTable(
		tax.Rate{Category: "food", Name: "old", Rate: 100_000, Until: "2026-12-31"},
		tax.Rate{Category: "food", From: "2026-03-01", Name: "new", Rate: 90_000},
		tax.Rate{Category: "food", From: "2026-06-01", Until: "2026-06-30", Name: "june", Rate: 0},
		tax.Rate{Category: "food", Shop: shop, From: "2026-09-01", Until: "2026-09-10", Name: "here", Rate: 50_000},
		tax.Rate{Category: "wine", From: "2027-01-01", Name: "later", Rate: 130_000},
		tax.Rate{Category: "books", Until: "2026-01-31", Name: "gone", Rate: 130_000},
	)
	for _, c := range []struct {
		category string
		date     clock.Date
		want     string
	}{
		{"food", "1999-01-01", "old 0.1 true"},
		{"food", "2026-02-28", "old 0.1 true"},
		{"food", "2026-03-01", "new 0.09 true"},
		{"food", "2026-05-31", "new 0.09 true"},
		{"food", "2026-06-01", "june 0 true"},
		{"food", "2026-06-30", "june 0 true"},
		{"food", "2026-07-01", "new 0.09 true"}, // the reduction is over
		{"food", "2026-09-01", "here 0.05 true"},
		{"food", "2026-09-10", "here 0.05 true"},
		{"food", "2026-09-11", "new 0.09 true"},
		{"wine", "2026-12-31", " 0 false"},
		{"wine", "2027-01-01", "later 0.13 true"},
		{"books", "2026-02-01", " 0 false"},
		{"none", "2026-02-01", " 0 false"},
		{"", "2026-02-01", " 0 false"},
	} {
		rate, name, ok := table.RateOn(c.category, c.date)
		if got := fmt.Sprint(name, " ", rate, " ", ok); got != c.want {
			t.Errorf("%s on %s: %s, not %s", c.category, c.date, got, c.want)
		}
	}
	def := tax.Default{Rate: 60_000, Name: "VAT"}
	if rate, name := table.For("", "2026-05-01", def); rate != 60_000 || name != "VAT" {
		t.Error(rate, name)
	}
	if rate, name := table.For("wine", "2026-05-01", def); rate != 60_000 || name != "VAT" {
		t.Error(rate, name)
	}
	if rate, name := table.For("", "2026-05-01", tax.Default{Name: "VAT"}); rate != 0 || name != "" { // no tax is charged
		t.Error(rate, name)
	}
	if rate, name := table.For("food", "2026-06-02", def); rate != 0 || name != "june" { // a rate of zero is a rate
		t.Error(rate, name)
	}
}

func put(d *db.DB, m id.ID, r *tax.Rate) error {
	return d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return tax.PutRate(ctx, tx, m, r) })
}

func putCategory(d *db.DB, m id.ID, c tax.Category) error {
	return d.InTx(ctx, func(_ context.Context, tx *db.Tx) error { return tax.PutCategory(tx, m, &c) })
}

func TestCategoriesAndRatesAreKept(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 10, 9, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m, other, here, there := fake(1), fake(2), fake(3), fake(4)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(putCategory(d, m, tax.Category{Code: " food ", Name: " Food  and drink "}))
		must(putCategory(d, m, tax.Category{Code: "books", Name: "Books", Archived: true}))
		must(putCategory(d, m, tax.Category{Code: "books", Name: "Books & maps"}))
		must(putCategory(d, other, tax.Category{Code: "food", Name: "Other"}))
		cats, err := tax.ListCategories(ctx, d, m)
		if err != nil || fmt.Sprint(cats) != "[{books Books & maps false} {food Food and drink false}]" {
			t.Fatal(cats, err)
		}
		for i, bad := range []struct {
			c    tax.Category
			want error
		}{{tax.Category{Code: "a b", Name: "x"}, tax.ErrCategory}, {tax.Category{Name: "x"}, tax.ErrCategory}, {tax.Category{Code: strings.Repeat("c", 65), Name: "x"}, tax.ErrCategory}, {tax.Category{Code: "x", Name: " "}, tax.ErrName}} {
			if err := putCategory(d, m, bad.c); !errors.Is(err, bad.want) {
				t.Errorf("%d: %v", i, err)
			}
		}
		whole := &tax.Rate{Category: "food", Name: "VAT", Rate: 90_000}
		must(put(d, m, whole))
		own := &tax.Rate{Category: "food", Shop: here, From: "2026-05-01", Until: "2026-05-31", Name: "VAT", Rate: 50_000}
		must(put(d, m, own))
		must(put(d, other, &tax.Rate{Category: "food", Name: "Other", Rate: 10_000}))
		for i, bad := range []struct {
			r    tax.Rate
			want error
		}{
			{tax.Rate{Category: "none", Name: "VAT"}, tax.ErrCategoryNotFound},
			{tax.Rate{Name: "VAT"}, tax.ErrCategoryNotFound},
			{tax.Rate{Category: "food"}, tax.ErrName},
			{tax.Rate{Category: "food", Name: strings.Repeat("n", 41)}, tax.ErrName},
			{tax.Rate{Category: "food", Name: "VAT", Rate: -1}, tax.ErrRate},
			{tax.Rate{Category: "food", Name: "VAT", Rate: 1_000_001}, tax.ErrRate},
			{tax.Rate{Category: "food", Name: "VAT", From: "2026-02-30"}, tax.ErrValidity},
			{tax.Rate{Category: "food", Name: "VAT", From: "1 May"}, tax.ErrValidity},
			{tax.Rate{Category: "food", Name: "VAT", Until: "x"}, tax.ErrValidity},
			{tax.Rate{Category: "food", Name: "VAT", From: "2026-05-02", Until: "2026-05-01"}, tax.ErrValidity},
			{tax.Rate{Category: "food", Name: "VAT"}, tax.ErrRateTaken},
			{tax.Rate{Category: "food", Shop: here, From: "2026-05-01", Name: "VAT"}, tax.ErrRateTaken},
			{tax.Rate{ID: fake(99), Category: "food", Name: "VAT", From: "2026-08-01"}, tax.ErrRateNotFound},
		} {
			if err := put(d, m, &bad.r); !errors.Is(err, bad.want) {
				t.Errorf("%d: want %v, got %v", i, bad.want, err)
			}
		}
		read := func(shop id.ID) (t tax.Table, err error) {
			return t, d.Batch(ctx, tax.AskRates(m, shop, &t))
		}
		for shop, want := range map[id.ID]money.Rate{here: 50_000, there: 90_000, id.None: 90_000} {
			table, err := read(shop)
			if got, _, ok := table.RateOn("food", "2026-05-10"); err != nil || !ok || got != want {
				t.Errorf("%v: %v %v %v", shop, got, ok, err)
			}
		}
		own.Rate, own.Until = 60_000, ""
		must(put(d, m, own))
		stored, err := tax.GetRate(ctx, d, m, own.ID)
		if err != nil || stored != *own {
			t.Fatalf("%+v\n%+v %v", stored, own, err)
		}
		if _, err := tax.GetRate(ctx, d, other, own.ID); !errors.Is(err, tax.ErrRateNotFound) {
			t.Fatal(err)
		}
		all, err := tax.ListRates(ctx, d, m)
		if err != nil || len(all) != 2 || all[0].ID != own.ID || all[1].ID != whole.ID || !all[1].Shop.IsNone() {
			t.Fatalf("%+v %v", all, err)
		}
		remove := func(m id.ID) error {
			return d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return tax.RemoveRate(ctx, tx, m, own.ID) })
		}
		if err := remove(other); !errors.Is(err, tax.ErrRateNotFound) {
			t.Fatal(err)
		}
		must(remove(m))
		if table, err := read(here); err != nil || len(table.Rates()) != 1 {
			t.Fatal(table, err)
		}
		if err := tax.MustCategory(ctx, d, m, "none"); !errors.Is(err, tax.ErrCategoryNotFound) {
			t.Fatal(err)
		}
		must(tax.MustCategory(ctx, d, m, ""))
		must(tax.MustCategory(ctx, d, m, "food"))
	}, dbtest.WithClock(c))
}
