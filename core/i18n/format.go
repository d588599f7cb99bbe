package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"
)

// Cash is an amount with its currency, to be given as an argument of a text.
type Cash struct {
	Currency money.Currency
	Amount   money.Amount
}

// symbols are what stands before an amount. A merchant has one base currency,
// so ¥ and $ are clear where they are read.
var symbols = map[string]string{
	"CNY": "¥", "JPY": "¥", "TWD": "NT$", "HKD": "HK$", "MOP": "MOP$", "USD": "$", "EUR": "€", "GBP": "£", "SGD": "S$", "MYR": "RM",
	"THB": "฿", "AUD": "A$", "CAD": "C$", "NZD": "NZ$", "PHP": "₱", "IDR": "Rp", "INR": "₹", "KRW": "₩", "VND": "₫",
}

// Symbol is a currency's sign; its code and a space where it has none of its own.
func Symbol(c money.Currency) string {
	if s, ok := symbols[c.Code]; ok {
		return s
	}
	return c.Code + " "
}

// Money writes an amount for reading: "¥1,234.50", "-¥5.00".
func (l Locale) Money(c money.Currency, a money.Amount) string {
	return l.signed(Symbol(c), c.Format(a))
}

// Price writes a unit price for reading; it may have more digits than an amount.
func (l Locale) Price(c money.Currency, p money.UnitPrice) string {
	return l.signed(Symbol(c), c.FormatPrice(p))
}

// Number writes a whole number with its thousands grouped: points, counts.
func (l Locale) Number(n int64) string { return l.signed("", strconv.FormatInt(n, 10)) }

// Quantity writes a quantity: "1,200", "1.5".
func (l Locale) Quantity(q money.Quantity) string { return l.signed("", q.String()) }

// Percent writes a rate as "12.5%".
func (l Locale) Percent(r money.Rate) string {
	return l.signed("", money.Rate(int64(r)*100).String()) + "%"
}

// signed groups the digits of a plain decimal and puts the sign first. All
// locales of the catalogue group by three with a comma and have a decimal point.
func (l Locale) signed(symbol, s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, frac, point := strings.Cut(s, ".")
	var b strings.Builder
	b.WriteString(sign + symbol)
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(whole[i])
	}
	if point {
		b.WriteString("." + frac)
	}
	return b.String()
}

func (l Locale) chinese() bool { return l.Tag() != English }

// Date writes a business date: "21 Nov 2026", "2026年11月21日"; "" where there is
// none.
func (l Locale) Date(d clock.Date) string {
	t := d.Time()
	if t.IsZero() {
		return ""
	}
	return l.day(t)
}

func (l Locale) day(t time.Time) string {
	if l.chinese() {
		return t.Format("2006年1月2日")
	}
	return t.Format("2 Jan 2006")
}

// Month writes the month of a date: "Nov 2026", "2026年11月".
func (l Locale) Month(d clock.Date) string {
	t := d.Time()
	switch {
	case t.IsZero():
		return ""
	case l.chinese():
		return t.Format("2006年1月")
	}
	return t.Format("Jan 2006")
}

// DateTime writes an instant in a shop's wall time, to the minute; "" for none.
func (l Locale) DateTime(i clock.Instant, z clock.Zone) string {
	if i == 0 {
		return ""
	}
	t := z.Local(i)
	return l.day(t) + " " + t.Format("15:04")
}

// Time writes the hour and minute of an instant in a shop's wall time.
func (l Locale) Time(i clock.Instant, z clock.Zone) string {
	if i == 0 {
		return ""
	}
	return z.Local(i).Format("15:04")
}

var weekdays = [...]string{"日", "一", "二", "三", "四", "五", "六"}

// Weekday names a day of the week (0 = Sunday): "Tue", "周二", "週二".
func (l Locale) Weekday(n int) string {
	n = ((n % 7) + 7) % 7
	switch l.Tag() {
	case Simplified:
		return "周" + weekdays[n]
	case Traditional:
		return "週" + weekdays[n]
	}
	return time.Weekday(n).String()[:3]
}

// show writes an argument of a text.
func (l Locale) show(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case Cash:
		return l.Money(x.Currency, x.Amount)
	case money.Quantity:
		return l.Quantity(x)
	case money.Rate:
		return l.Percent(x)
	case clock.Date:
		return l.Date(x)
	}
	if n, ok := whole(v); ok {
		return l.Number(n)
	}
	return fmt.Sprint(v)
}

// whole reads any integer type. Amounts without a currency are among them: they
// are points and counts.
func whole(v any) (int64, bool) {
	switch x := v.(type) {
	case int:
		return int64(x), true
	case int64:
		return x, true
	case int32:
		return int64(x), true
	case uint32:
		return int64(x), true
	case uint16:
		return int64(x), true
	case uint8:
		return int64(x), true
	case money.Amount:
		return int64(x), true
	}
	return 0, false
}

func isOne(v any) bool {
	if q, ok := v.(money.Quantity); ok {
		return q == money.One
	}
	n, ok := whole(v)
	return ok && n == 1
}
