package setting_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
)

var ctx = context.Background()

func set(t *testing.T, d *db.DB, at setting.Place, key, text string) {
	t.Helper()
	if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return setting.Set(tx, at, key, text) }); err != nil {
		t.Fatal(err)
	}
}

func all(t *testing.T, d *db.DB, m, s, r id.ID) setting.Values {
	t.Helper()
	v, err := setting.All(ctx, d, m, s, r)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDefaults(t *testing.T) {
	var v setting.Values
	if setting.StrictShift.In(v) || setting.TillBlindCount.In(v) || setting.TillTolerance.In(v) != -1 || setting.TillOpenSales.In(v) != "refuse" || !setting.TaxInclusive.In(v) || setting.TaxRate.In(v) != 0 || setting.TaxName.In(v) != "" ||
		setting.PriceRounding.In(v) != "half_up" || setting.PointsPerUnit.In(v) != 100 ||
		setting.StoredValueConsumption.In(v) != "proportional" || setting.StoredValuePIN.In(v) != "if_set" || setting.StockAllowNegative.In(v) || setting.ReceiptLocale.In(v) != "" {
		t.Fatal("a default has changed: merchants that never set it would see another behaviour")
	}
	if setting.DiscountLimit.In(v) != 0 || setting.DropLimit.In(v) != 100 || setting.BonusDays.In(v) != 0 || setting.WalletRemindDays.In(v) != 30 || setting.GiftCardMonths.In(v) != 0 {
		t.Fatal("a default has changed: merchants that never set it would see another behaviour")
	}
	if setting.PointsPendingDays.In(v) != 0 || setting.PointsValidity.In(v) != "never" || setting.PointsValidityCount.In(v) != 0 || setting.PointsEarnBase.In(v) != "after_discount" ||
		setting.PointsOnStoredValue.In(v) || setting.PointsOnPoints.In(v) || setting.PointsRefundExpired.In(v) != "revive" || setting.PointsRefundGraceDays.In(v) != 30 ||
		setting.PointsRefundNegative.In(v) != "allow" || setting.TierUpgrade.In(v) != "next_receipt" || setting.TierDowngrade.In(v) != "never" ||
		setting.TierGraceDays.In(v) != 0 || setting.TierPeriod.In(v) != "day" {
		t.Fatal("a default of points or tiers has changed")
	}
	if setting.PrepaidLawProfile.In(v) != "none" || setting.PrepaidLawLevel.In(v) != "warn" || setting.PointsAdjustBelowZero.In(v) {
		t.Fatal("a default of prepaid value has changed")
	}
	if !setting.ReceiptPrintSales.In(v) || !setting.ReceiptPrintRefunds.In(v) || !setting.ReceiptPrintTopUps.In(v) || setting.ReceiptPrintShifts.In(v) || setting.KitchenTickets.In(v) {
		t.Fatal("a default of what is printed has changed")
	}
	if setting.WeightCodes.In(v) != "" || len(setting.WeightPrefixes(v)) != 0 {
		t.Fatal("a default has changed: codes of the shop's own would be read as weights")
	}
	if setting.Rounding(v) != money.HalfUp {
		t.Fatal(setting.Rounding(v))
	}
	if step, mode := setting.CashRounding(v); step != 0 || mode != money.HalfUp || setting.TaxPerTotal(v) || setting.PricePerTotal(v) {
		t.Fatal("a default of rounding has changed", step, mode)
	}
}

func TestTheMostSpecificWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m, other, shop, reg := id.New(1), id.New(1), id.New(1), id.New(1)
		const key = "receipt.footer"
		set(t, d, setting.Place{Merchant: m, Shop: shop, Register: reg}, key, "register")
		set(t, d, setting.Place{Merchant: m, Shop: shop}, key, "shop")
		set(t, d, setting.Place{Merchant: m}, key, "merchant")
		set(t, d, setting.Place{Merchant: m}, key, "merchant again")
		set(t, d, setting.Place{Merchant: other}, key, "another merchant")
		for _, c := range []struct {
			shop, reg id.ID
			want      string
		}{{shop, reg, "register"}, {shop, id.None, "shop"}, {id.None, id.None, "merchant again"}, {id.New(1), id.New(1), "merchant again"}} {
			if got := setting.ReceiptFooter.In(all(t, d, m, c.shop, c.reg)); got != c.want {
				t.Errorf("want %q, got %q", c.want, got)
			}
		}
		if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			return setting.Clear(tx, setting.Place{Merchant: m, Shop: shop, Register: reg}, key)
		}); err != nil {
			t.Fatal(err)
		}
		if got := setting.ReceiptFooter.In(all(t, d, m, shop, reg)); got != "shop" {
			t.Errorf("after Clear: %q", got)
		}
	})
}

func TestTypedValues(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m, shop := id.New(1), id.New(1)
		at := setting.Place{Merchant: m}
		set(t, d, at, "till.strict_shift", "true")
		set(t, d, at, "tax.rate", "130000")
		set(t, d, at, "price.rounding", "half_even")
		set(t, d, at, "tax.rounding", "total")
		set(t, d, at, "price.rounding_at", "total")
		set(t, d, at, "cash.rounding_step", "10")
		set(t, d, at, "cash.rounding_mode", "down")
		set(t, d, setting.Place{Merchant: m, Shop: shop}, "tax.rate", "0") // the default's value, set on purpose
		v := all(t, d, m, id.None, id.None)
		if !setting.StrictShift.In(v) || setting.DefaultTaxRate(v) != 130000 || setting.Rounding(v) != money.HalfEven {
			t.Fatalf("%+v", v)
		}
		if step, mode := setting.CashRounding(v); step != 10 || mode != money.Down || !setting.TaxPerTotal(v) || !setting.PricePerTotal(v) {
			t.Fatal(step, mode)
		}
		set(t, d, at, "cash.rounding_mode", "up")
		if _, mode := setting.CashRounding(all(t, d, m, id.None, id.None)); mode != money.Up {
			t.Fatal(mode)
		}
		if setting.TaxRate.In(all(t, d, m, shop, id.None)) != 0 {
			t.Fatal("the shop's own value is its default's: it must still win")
		}
	})
}

func TestSetRefuses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m, shop, reg := id.New(1), id.New(1), id.New(1)
		for _, c := range []struct {
			at        setting.Place
			key, text string
			want      error
		}{
			{setting.Place{Merchant: m}, "no.such_key", "1", setting.ErrUnknown},
			{setting.Place{Merchant: m}, "till.strict_shift", "yes", setting.ErrValue},
			{setting.Place{Merchant: m}, "tax.rate", "1000001", setting.ErrValue},
			{setting.Place{Merchant: m}, "tax.rate", "-1", setting.ErrValue},
			{setting.Place{Merchant: m}, "tax.rate", "+5", setting.ErrValue},
			{setting.Place{Merchant: m}, "points.per_unit", "0", setting.ErrValue},
			{setting.Place{Merchant: m}, "price.rounding", "up", setting.ErrValue},
			{setting.Place{Merchant: m}, "cash.rounding_step", "-5", setting.ErrValue},
			{setting.Place{Merchant: m}, "cash.rounding_mode", "half_up", setting.ErrValue},
			{setting.Place{Merchant: m}, "receipt.footer", strings.Repeat("谢", 501), setting.ErrValue},
			{setting.Place{Merchant: m}, "receipt.footer", "a\x00b", setting.ErrValue},
			{setting.Place{Merchant: m}, "catalog.weight_codes", "30:weight", setting.ErrWeightCodes},
			{setting.Place{Merchant: m}, "catalog.weight_codes", "21:weight,", setting.ErrWeightCodes},
			{setting.Place{Merchant: m}, "catalog.weight_codes", "21:weight,21:price", setting.ErrWeightCodes},
			{setting.Place{Merchant: m}, "catalog.weight_codes", "21:grams", setting.ErrWeightCodes},
			{setting.Place{Merchant: m}, "catalog.weight_codes", strings.Repeat(" ", 101), setting.ErrValue},
			{setting.Place{Merchant: m, Shop: shop}, "catalog.weight_codes", "21:weight", setting.ErrScope},
			{setting.Place{Merchant: m, Shop: shop}, "points.per_unit", "10", setting.ErrScope},
			{setting.Place{Merchant: m, Shop: shop, Register: reg}, "tax.rate", "10", setting.ErrScope},
		} {
			err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return setting.Set(tx, c.at, c.key, c.text) })
			if !errors.Is(err, c.want) {
				t.Errorf("%s = %.10q: want %v, got %v", c.key, c.text, c.want, err)
			}
		}
		n, err := db.Value[int](ctx, d, `select count(*) from settings`)
		if err != nil || n != 0 {
			t.Fatalf("%d rows, %v", n, err)
		}
	})
}

func TestAStoredValueThatIsNoLongerAcceptedCountsAsNotSet(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m, shop := id.New(1), id.New(1)
		set(t, d, setting.Place{Merchant: m}, "tax.rate", "5")
		err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			for _, kv := range [][2]string{{"tax.rate", "much"}, {"points.per_unit", "7"}, {"gone.key", "1"}} {
				tx.Queue(`insert into settings (merchant_id, scope_kind, scope_id, key, value, updated_at) values ($1, 'shop', $2, $3, $4, 0)`, m, shop, kv[0], kv[1])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		v := all(t, d, m, shop, id.None)
		if setting.TaxRate.In(v) != 5 || setting.PointsPerUnit.In(v) != 100 {
			t.Fatalf("%+v", v)
		}
	})
}

func TestListShowsWhereAValueComesFrom(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m, shop := id.New(1), id.New(1)
		set(t, d, setting.Place{Merchant: m}, "tax.rate", "5")
		set(t, d, setting.Place{Merchant: m, Shop: shop}, "tax.name", "VAT")
		list, err := setting.List(ctx, d, setting.Place{Merchant: m, Shop: shop})
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]setting.Entry{}
		for i, e := range list {
			by[e.Key] = e
			if e.Scope < setting.PerShop || e.Doc == "" || i > 0 && list[i-1].Key >= e.Key {
				t.Errorf("%+v", e)
			}
		}
		if e := by["tax.rate"]; e.Value != "5" || !e.IsSet || e.From != setting.PerMerchant || e.Here {
			t.Errorf("%+v", e)
		}
		if e := by["tax.name"]; e.Value != "VAT" || !e.Here {
			t.Errorf("%+v", e)
		}
		if e := by["tax.inclusive"]; e.Value != "true" || e.IsSet || e.Here {
			t.Errorf("%+v", e)
		}
		if whole, err := setting.List(ctx, d, setting.Place{Merchant: m}); err != nil || len(whole) != len(setting.Declarations()) {
			t.Errorf("%d %v", len(whole), err)
		}
	})
}

func TestWeightPrefixes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := id.New(1)
		for _, text := range []string{"21:weight, 22:price", " 21 : Weight,22:PRICE ", "21：weight，22：price", "21:weight、22:price"} {
			set(t, d, setting.Place{Merchant: m}, "catalog.weight_codes", text)
			got := setting.WeightPrefixes(all(t, d, m, id.New(1), id.New(1)))
			if len(got) != 2 || got[0] != (setting.WeightPrefix{Prefix: "21", Says: setting.SaysWeight}) || got[1] != (setting.WeightPrefix{Prefix: "22", Says: setting.SaysPrice}) {
				t.Errorf("%q: %+v", text, got)
			}
		}
		set(t, d, setting.Place{Merchant: m}, "catalog.weight_codes", " ")
		if got := setting.WeightPrefixes(all(t, d, m, id.None, id.None)); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		err := setting.Set(&db.Tx{}, setting.Place{Merchant: m}, "catalog.weight_codes", "21:weight, 2x:price")
		if f := fault.Of(err); !errors.Is(err, setting.ErrWeightCodes) || f.Param != "catalog.weight_codes" || f.Args["part"] != "2x:price" {
			t.Errorf("%+v", f)
		}
	})
}
