package receipt

import (
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/money"
)

// Sample is a sale that was never made, with something in every field: what a
// template is looked at with. t speaks the receipt's languages.
func Sample(l i18n.Locale, c money.Currency, zone clock.Zone, now clock.Instant, t func(key string, args ...any) string) SaleView {
	unit := money.Amount(1)
	for range c.Digits {
		unit *= 10
	}
	a := func(whole money.Amount) money.Amount { return whole * unit }
	next := zone.BusinessDate(now)
	before := int64(1565)
	v := SaleView{
		Lang: l.Tag(), Currency: c, Merchant: t("receipt.sample_merchant"), Shop: t("receipt.sample_shop"), Address: t("receipt.sample_address"),
		Number: "A1-000123", At: l.DateTime(now, zone), Register: "1", Cashier: t("receipt.sample_cashier"),
		Member: &MemberView{Name: t("receipt.sample_member"), Card: "**** 6688", Tier: t("receipt.sample_tier")},
		Lines: []LineView{
			{Name: t("receipt.sample_service"), Code: "CUT-01", Quantity: money.One, Price: c.Price(a(128)), Amount: a(128), Staff: t("receipt.sample_cashier"),
				Adjustments: []AdjustmentView{{t("receipt.sample_member_price"), -a(28)}}},
			{Name: t("receipt.sample_goods"), Code: "6901234567892", Quantity: 2 * money.One, Price: c.Price(a(45)), Amount: a(90)},
			{Name: t("receipt.sample_by_weight"), Code: "TEA-7", Quantity: money.One / 4, Unit: "kg", Price: c.Price(a(320)), Amount: a(80)},
		},
		Subtotal: a(270), Adjustments: []AdjustmentView{{t("receipt.sample_coupon"), -a(20)}}, Total: a(250), Saved: a(48),
		Taxes:   []TaxView{{Name: t("receipt.sample_tax") + " 6%", Base: 23585 * unit / 100, Amount: 1415 * unit / 100, Included: true}},
		Tenders: []TenderView{{Name: t("tender.stored_value"), Amount: a(100)}, {Name: t("tender.cash"), Amount: a(200)}}, Change: a(50),
		Points: &PointsView{Before: &before, Earned: 265, Balance: 1830}, StoredValue: &StoredValueView{Spent: a(100), Balance: a(300)},
		Punches: []PunchView{{Name: t("receipt.sample_punches"), Used: 1, Left: 7, Until: []UntilView{{7, l.Date(next.AddDays(180))}}}},
		Coupons: []CouponView{{Name: t("receipt.sample_coupon"), Code: "NEW20", Day: l.Date(next.AddDays(30))}},
		QR:      "00000000-0000-7000-8000-000000000000", QRCaption: "A1-000123",
	}
	return v
}
