package setting

import "github.com/shopwright/shopwright/core/money"

// The settings of the program, by the feature that reads them.
var (
	StrictShift = Bool("till.strict_shift", false, PerShop,
		"a sale needs an open shift on its register; otherwise one is opened by itself with a float of nothing")

	TaxInclusive = Bool("tax.inclusive", true, PerShop,
		"shelf prices contain the tax")
	TaxRate = Int("tax.rate", 0, 0, int64(money.Whole), PerShop,
		"the rate of SKUs without a tax category, in millionths (130000 = 13 %)")
	TaxName = Text("tax.name", "", 40, PerShop,
		"what the tax is called on receipts")

	PriceRounding = Choice("price.rounding", []string{"half_up", "half_even", "down"}, PerMerchant,
		"how price x quantity and shares of a price are rounded to minor units")

	PointsPerUnit = Int("points.per_unit", 100, 1, 1_000_000_000, PerMerchant,
		"how many points are worth one major unit of the currency as a tender")
	StoredValueConsumption = Choice("stored_value.consumption", []string{"proportional", "principal_first", "bonus_first"}, PerMerchant,
		"which part of a top-up a spend takes: both in proportion, the paid part first, the given part first")

	StockAllowNegative = Bool("stock.allow_negative", false, PerShop,
		"a SKU may be sold below what is on hand; taken over by stock levels when they are made")

	ReceiptHeader = Text("receipt.header", "", 500, PerRegister,
		"lines above the receipt")
	ReceiptFooter = Text("receipt.footer", "", 500, PerRegister,
		"lines below the receipt")
	ReceiptLocale = Text("receipt.locale", "", 35, PerShop,
		"the receipt's language; empty: the merchant's")
)

// Rounding is PriceRounding as money knows it.
func Rounding(v Values) money.Rounding {
	switch PriceRounding.In(v) {
	case "half_even":
		return money.HalfEven
	case "down":
		return money.Down
	}
	return money.HalfUp
}

// DefaultTaxRate is TaxRate as money knows it.
func DefaultTaxRate(v Values) money.Rate { return money.Rate(TaxRate.In(v)) }
