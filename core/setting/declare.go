package setting

import "github.com/shopwright/shopwright/core/money"

// The settings of the program, by the feature that reads them.
var (
	StrictShift = Bool("till.strict_shift", false, PerShop,
		"a sale needs an open shift on its register; otherwise one is opened by itself with a float of nothing")
	TillBlindCount = Bool("till.blind_count", false, PerShop,
		"whoever counts the drawer is not told what is expected before the count is in")
	TillTolerance = Int("till.over_short_tolerance", -1, -1, 1_000_000_000_000, PerShop,
		"how much the drawer may be off, in minor units, before a reason has to be given; -1: any amount")
	TillOpenSales = Choice("till.open_sales", []string{"refuse", "carry"}, PerShop,
		"sales that wait for an acquirer when a shift is closed: keep it open, or carry them to the next")

	TaxInclusive = Bool("tax.inclusive", true, PerShop,
		"shelf prices contain the tax")
	TaxRate = Int("tax.rate", 0, 0, int64(money.Whole), PerShop,
		"the rate of SKUs without a tax category, in millionths (130000 = 13 %)")
	TaxName = Text("tax.name", "", 40, PerShop,
		"what the tax is called on receipts")

	TaxRounding = Choice("tax.rounding", []string{"line", "total"}, PerShop,
		"where tax is rounded: each line by itself, or once per rate on the sum of its lines")

	PriceRounding = Choice("price.rounding", []string{"half_up", "half_even", "down"}, PerMerchant,
		"how price x quantity and shares of a price are rounded to minor units")
	PriceRoundingAt = Choice("price.rounding_at", []string{"line", "total"}, PerMerchant,
		"where price x quantity is rounded: each line by itself, or once on the sum of the lines")

	CashRoundingStep = Int("cash.rounding_step", 0, 0, 1_000_000, PerShop,
		"the smallest amount that is paid in cash, in minor units; what is paid in cash is rounded to it; 0: to the minor unit")
	CashRoundingMode = Choice("cash.rounding_mode", []string{"nearest", "down", "up"}, PerShop,
		"how what is paid in cash is rounded to its step")

	DiscountLimit = Int("discount.cashier_limit", 0, 0, int64(money.Whole), PerShop,
		"the most that somebody without the permission to adjust may take off by hand, in millionths (50000 = 5 %)")
	DropLimit = Int("discount.drop_limit", 100, 0, 1_000_000, PerShop,
		"the most that anybody may take off a bill to make it round, in minor units; more needs the permission to adjust")

	PointsPerUnit = Int("points.per_unit", 100, 1, 1_000_000_000, PerMerchant,
		"how many points are worth one major unit of the currency as a tender")
	PointsTenderRate = Int("points.tender_rate", int64(money.Whole), 0, int64(money.Whole), PerShop,
		"the most of a bill that points may pay, in millionths (200000 = 20 %)")
	PointsTenderStep = Int("points.tender_step", 0, 0, 1_000_000_000, PerShop,
		"points pay whole multiples of this amount, in minor units; 0: any amount")
	PointsTenderFrom = Int("points.tender_from", 0, 0, 1_000_000_000_000, PerShop,
		"a bill below this amount is not paid with points, in minor units")
	PointsPendingDays = Int("points.pending_days", 0, 0, 365, PerMerchant,
		"after how many business days earned points can be spent; 0: at once")
	PointsValidity = Choice("points.validity", []string{"never", "days", "months", "year_end"}, PerMerchant,
		"when earned points expire: never; so many days or months after they became available; at the end of the calendar year, so many years on")
	PointsValidityCount = Int("points.validity_count", 0, 0, 3650, PerMerchant,
		"the days, months or years of points.validity; with year_end 0 is the running year, 1 the next")
	PointsEarnBase = Choice("points.earn_base", []string{"after_discount", "before_discount"}, PerMerchant,
		"what points are earned on: what a line costs after its benefits, or before")
	PointsOnStoredValue = Bool("points.on_stored_value", false, PerMerchant,
		"what is paid with stored value earns points too")
	PointsOnPoints = Bool("points.on_points", false, PerMerchant,
		"what is paid with points earns points too")
	WalletRemindDays = Int("points.remind_days", 30, 0, 365, PerMerchant,
		"how many days before points, bonus money or visits end their member is told; 0: not at all")
	PointsRefundExpired = Choice("points.refund_expired", []string{"revive", "grace", "lost"}, PerMerchant,
		"spent points that a refund gives back after they expired: valid anew, valid for some days, lost")
	PointsRefundGraceDays = Int("points.refund_grace_days", 30, 1, 3650, PerMerchant,
		"for how many days points hold that a refund gave back after they expired (grace)")
	PointsRefundNegative = Choice("points.refund_negative", []string{"allow", "refuse"}, PerMerchant,
		"a refund takes earned points back that are spent already: the balance becomes negative, or the refund is refused")

	TierUpgrade = Choice("tier.upgrade", []string{"next_receipt", "at_once", "period_end"}, PerMerchant,
		"when a member rises: with the sale that reaches the step, for the receipts after it; already on that receipt; at the end of the period")
	TierDowngrade = Choice("tier.downgrade", []string{"never", "one_step", "by_balance"}, PerMerchant,
		"how far a member falls whose figures do not reach the tier: not at all, one tier in a period, to the tier that they reach")
	TierGraceDays = Int("tier.grace_days", 0, 0, 3650, PerMerchant,
		"how many days a member keeps a tier that the figures no longer reach")
	TierPeriod = Choice("tier.period", []string{"day", "month", "quarter", "year", "membership_year"}, PerMerchant,
		"at the end of which period tiers are reviewed")

	StoredValueConsumption = Choice("stored_value.consumption", []string{"proportional", "principal_first", "bonus_first"}, PerMerchant,
		"which part of a top-up a spend takes: both in proportion, the paid part first, the given part first")
	StoredValueCategories = Text("stored_value.categories", "", 500, PerShop,
		"the categories that stored value pays for, separated by commas; empty: all")
	StoredValuePIN = Choice("stored_value.pin", []string{"if_set", "never", "always"}, PerShop,
		"whether spending stored value asks for the member's PIN: where one is set, never, always")

	BonusDays = Int("stored_value.bonus_days", 0, 0, 3650, PerMerchant,
		"for how many days the given part of a top-up may be spent; 0: for ever")
	GiftCardMonths = Int("gift_card.valid_months", 0, 0, 600, PerMerchant,
		"for how many months a gift card that is sold may be used; 0: for ever; what is on it stays, and the card can be extended")
	PrepaidLawProfile = Choice("prepaid.law_profile", []string{"none", "cn_single_purpose"}, PerMerchant,
		"which law's limits on prepaid value are looked at")
	PrepaidLawLevel = Choice("prepaid.law_level", []string{"warn", "off", "block"}, PerMerchant,
		"what happens where a sale of prepaid value breaks a limit of the law profile")
	PointsAdjustBelowZero = Bool("points.adjust_below_zero", false, PerMerchant,
		"points may be taken by hand beyond what there is; the rest is a debt")

	ReferralLevels = Int("referral.levels", 0, 0, 2, PerMerchant,
		"how far up bringing a member is rewarded: not at all, who brought it, and who brought that one")
	TriggerMemberLimit = Int("trigger.member_day_limit", 10, 0, 1000, PerMerchant,
		"how often in a day triggers give one member something")
	TriggerDayLimit = Int("trigger.day_limit", 10_000, 0, 1_000_000_000, PerMerchant,
		"how often in a day triggers give something, all members together")
	TriggerLapseDays = Text("trigger.lapse_days", "", 100, PerMerchant,
		"after how many days without a visit a lapse is noticed, separated by commas (30, 60, 90); empty: never")

	MessageKinds = Text("message.kinds", "", 500, PerMerchant,
		"the kinds of message that are sent, separated by commas; empty: none, and nothing is written")
	MessageChannels = Choice("message.channels", []string{"wechat_then_sms", "sms_then_wechat", "sms", "wechat"}, PerMerchant,
		"by which way a member is told, where there is a connector for it and the member can be reached by it")
	MessageQuietHours = Text("message.quiet_hours", "21:00-09:00", 11, PerShop,
		"when offers are held back until the end of it, by the shop's clock; empty: never")
	MessageMarketingCap = Int("message.marketing_cap", 4, 0, 1000, PerMerchant,
		"how many offers a member gets in thirty days at most; 0: any number")
	MessageMonthLimit = Int("message.month_limit", 0, 0, 1_000_000_000_000, PerMerchant,
		"what all messages of a month may cost, in minor units; 0: no limit; verification codes are sent beyond it")
	MessageSMSPrice = Int("message.sms_price", 0, 0, 1_000_000, PerMerchant,
		"what a part of a text message costs, in minor units, where the provider does not tell")
	MessageSignature = Text("message.signature", "", 40, PerShop,
		"who a text message comes from, as registered with the provider; empty: the merchant's name")

	WeightCodes = TextOf("catalog.weight_codes", "", 100, PerMerchant, checkWeightCodes,
		"which prefixes, 20 to 29, begin an EAN-13 of goods weighed at another counter, and what its five value digits say: 21:weight, 22:price; empty: none")

	StockAllowNegative = Bool("stock.allow_negative", false, PerShop,
		"a SKU may be sold below what is on hand; taken over by stock levels when they are made")

	ReceiptHeader = Text("receipt.header", "", 500, PerRegister,
		"lines above the receipt")
	ReceiptFooter = Text("receipt.footer", "", 500, PerRegister,
		"lines below the receipt")
	ReceiptPrintSales = Bool("receipt.print_sales", true, PerShop,
		"the receipt of a sale is printed by itself")
	ReceiptPrintRefunds = Bool("receipt.print_refunds", true, PerShop,
		"the document of a refund, a reversal or a cash-out is printed by itself")
	ReceiptPrintTopUps = Bool("receipt.print_top_ups", true, PerShop,
		"the receipt of a sale of nothing but prepaid value is printed by itself")
	ReceiptPrintShifts = Bool("receipt.print_shifts", false, PerShop,
		"the report of a shift is printed when it is closed")
	KitchenTickets = Bool("kitchen.tickets", false, PerShop,
		"what is ordered is told to the stations that prepare it, on paper")
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

// TaxPerTotal says that tax is rounded once per rate, not in each line.
func TaxPerTotal(v Values) bool { return TaxRounding.In(v) == "total" }

// PricePerTotal says that prices are rounded once for all lines, not in each.
func PricePerTotal(v Values) bool { return PriceRoundingAt.In(v) == "total" }

// CashRounding is the step, 0 where cash is not rounded, and the mode as
// money.RoundCash takes them.
func CashRounding(v Values) (step money.Amount, mode money.Rounding) {
	step = money.Amount(CashRoundingStep.In(v))
	switch CashRoundingMode.In(v) {
	case "down":
		return step, money.Down
	case "up":
		return step, money.Up
	}
	return step, money.HalfUp
}
