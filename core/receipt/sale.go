package receipt

import (
	"github.com/shopwright/shopwright/core/money"
)

// SaleView is everything a receipt shows of a sale or refund, as plain data.
// Amounts are in minor units of Currency; texts are already in the receipt's
// language. Empty fields are left out of the receipt.
type SaleView struct {
	Lang     string // BCP 47
	Currency money.Currency

	Merchant   string
	Shop       string
	Address    string
	Phone      string
	Header     []string // further lines above, centred: tax number, greeting
	BusinessNo string   // the registration number
	Logo       *Bitmap

	Number   string // the receipt number
	At       string // local date and time, written as the shop writes them
	Register string
	Cashier  string
	RefundOf string // the number of the receipt that is refunded; makes this a refund
	VoidOf   string // the number of the receipt that is reversed
	PayOut   bool   // prepaid money is given back without a sale that is refunded
	Training bool   // not a sale: marked so
	Copy     int    // 0 or 1 = the original, n = the nth attempt

	Member *MemberView

	Lines       []LineView
	Subtotal    money.Amount     // sum of the lines with what stands under them
	Adjustments []AdjustmentView // of the whole sale: bill discounts, what was dropped
	Total       money.Amount     // subtotal, adjustments, and taxes that are not in the prices
	Rounding    money.Amount     // of the part that is paid in cash; Total + Rounding is paid
	Saved       money.Amount     // all discounts together; shown where not zero
	Taxes       []TaxView        // one for each rate
	NoTaxTable  bool             // rates are not listed; taxes on top stay above the total

	Tenders []TenderView
	Change  money.Amount

	Points      *PointsView
	StoredValue *StoredValueView
	Punches     []PunchView
	Coupons     []CouponView // that the member still has

	QR        string // what the QR code holds
	QRCaption string
	Footer    []string // last lines, centred
}

// MemberView is a member as far as a receipt may show one.
type MemberView struct {
	Name string // as it may stand on paper
	Card string // masked by whoever fills it: "**** 1234"
	Tier string
}

// LineView is one line.
type LineView struct {
	Name        string
	Code        string // of the item
	Quantity    money.Quantity
	Unit        string // "kg", "次"; "" = pieces
	Price       money.UnitPrice
	Amount      money.Amount // quantity x price, before its adjustments
	Adjustments []AdjustmentView
	Staff       string // who served
	Note        string
	Face        money.Amount // gift cards: what the card may pay
	Number      string       // gift cards: as it may stand on paper
	Points      int64        // gifts: points paid for it
}

// AdjustmentView is a signed change with its text.
type AdjustmentView struct {
	Text   string
	Amount money.Amount
}

// TaxView is one rate of tax of the sale.
type TaxView struct {
	Name     string       // "VAT 13 %"
	Base     money.Amount // what is taxed, without the tax
	Amount   money.Amount
	Included bool // in the prices
}

// TenderView is one means of payment.
type TenderView struct {
	Name      string
	Amount    money.Amount
	Reference string // the acquirer's, masked card number
}

// PointsView is what the sale did to the points.
type PointsView struct {
	Earned, Spent, Balance int64
	Before                 *int64 // the balance before the sale; nil leaves it out
	Pending                int64  // of the balance, not to be spent yet
	PendingUntil           string // when the first of them can be; "" leaves it out
}

// StoredValueView is the stored value after the sale.
type StoredValueView struct {
	Spent, ToppedUp, Bonus money.Amount
	Balance                money.Amount
}

// PunchView is what is left on a punch card.
type PunchView struct {
	Name  string
	Used  int64
	Left  int64
	Until []UntilView // the visits left that end, the first to end first
}

// CouponView is a coupon that can be used.
type CouponView struct {
	Name string
	Code string
	Day  string // the last day, as the shop writes it; "" = for ever
}

// UntilView is visits that may be used up to and including a day.
type UntilView struct {
	Visits int64
	Day    string // as the shop writes it
}

var symbols = map[string]string{
	"CNY": "¥", "JPY": "¥", "TWD": "NT$", "HKD": "HK$", "MOP": "MOP$", "USD": "$", "SGD": "S$",
	"AUD": "A$", "CAD": "C$", "NZD": "NZ$", "EUR": "€", "GBP": "£", "KRW": "₩", "INR": "₹",
}

// Money writes an amount with its currency's sign: "-¥12.50", "CHF 12.50".
func Money(c money.Currency, a money.Amount) string {
	sign := ""
	if a < 0 {
		sign, a = "-", -a
	}
	if s, ok := symbols[c.Code]; ok {
		return sign + s + c.Format(a)
	}
	return sign + c.Code + " " + c.Format(a)
}

// Build makes the document of a sale. t answers the text of a message key;
// every key is one of LabelKeys and takes no arguments.
func Build(v SaleView, t func(key string, args ...any) string) Document {
	b := builder{v: v, t: t}
	b.head()
	b.lines()
	b.totals()
	b.payment()
	b.member()
	b.foot()
	title := t("receipt.title")
	if b.isRefund() {
		title = t("receipt.refund_title")
	}
	return Document{
		Title:    title + " " + v.Number,
		Lang:     v.Lang,
		Copy:     v.Copy,
		CopyMark: t("receipt.duplicate"),
		Blocks:   b.out,
	}
}

// LabelKeys lists every message key that Build asks for.
func LabelKeys() []string {
	return []string{
		"receipt.title", "receipt.refund_title", "receipt.duplicate", "receipt.training",
		"receipt.business_number", "receipt.number", "receipt.time", "receipt.register", "receipt.cashier", "receipt.refund_of", "receipt.void_of",
		"receipt.member", "receipt.card", "receipt.tier", "receipt.staff",
		"receipt.item", "receipt.amount",
		"receipt.face", "receipt.gift_card_number", "receipt.points_paid",
		"receipt.subtotal", "receipt.total", "receipt.refund_total", "receipt.cash_rounding", "receipt.to_pay", "receipt.paid_back", "receipt.saved",
		"receipt.tax", "receipt.tax_base", "receipt.tax_amount", "receipt.tax_included",
		"receipt.change",
		"receipt.points_before", "receipt.points_earned", "receipt.points_spent", "receipt.points_balance", "receipt.points_pending", "receipt.from",
		"receipt.stored_value_spent", "receipt.stored_value_topped_up", "receipt.stored_value_bonus", "receipt.stored_value_balance",
		"receipt.punches_used", "receipt.punches_left", "receipt.until", "receipt.coupons",
	}
}
