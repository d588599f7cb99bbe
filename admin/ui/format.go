package ui

import (
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"
)

const minus = "\u2212" // a true minus sign lines up with digits

var symbols = map[string]string{
	"CNY": "¥", "JPY": "¥", "TWD": "NT$", "HKD": "HK$", "MOP": "MOP$", "USD": "$", "EUR": "€", "GBP": "£", "SGD": "S$", "MYR": "RM",
	"THB": "฿", "AUD": "A$", "CAD": "C$", "NZD": "NZ$", "PHP": "₱", "INR": "₹", "KRW": "₩", "VND": "₫", "IDR": "Rp",
}

// Symbol is the sign written before an amount: "¥", or the code and a space.
func Symbol(cur money.Currency) string {
	if s, ok := symbols[cur.Code]; ok {
		return s
	}
	if cur.Code == "" {
		return ""
	}
	return cur.Code + "\u00a0"
}

// Money writes an amount for reading: "¥1,234.50", "−¥5.00".
func (c Ctx) Money(a money.Amount) string {
	s := c.Currency.Format(a)
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		return minus + Symbol(c.Currency) + group(rest)
	}
	return Symbol(c.Currency) + group(s)
}

// MoneySigned is Money with a plus before what is added: "+¥5.00".
func (c Ctx) MoneySigned(a money.Amount) string {
	if a > 0 {
		return "+" + c.Money(a)
	}
	return c.Money(a)
}

// Int writes a count: "12,345".
func (c Ctx) Int(n int64) string {
	s := money.Currency{}.Format(money.Amount(n))
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		return minus + group(rest)
	}
	return group(s)
}

// Percent writes a rate: "85 %", "12.5 %".
func (c Ctx) Percent(r money.Rate) string {
	s := percentText(int64(r))
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		s = minus + rest
	}
	return s + "\u00a0%"
}

// group puts a comma between thousands of a plain decimal without sign.
func group(s string) string {
	whole, frac, dotted := strings.Cut(s, ".")
	var b strings.Builder
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	if dotted {
		b.WriteByte('.')
		b.WriteString(frac)
	}
	return b.String()
}

func (c Ctx) local(i clock.Instant) time.Time {
	if c.Zone == nil {
		return i.Time()
	}
	return i.Time().In(c.Zone)
}

// DateTime writes an instant in the shop's time: "21 Nov 2025, 14:05".
func (c Ctx) DateTime(i clock.Instant) string {
	if i == 0 {
		return "–"
	}
	if c.zh() {
		return c.local(i).Format("2006年1月2日 15:04")
	}
	return c.local(i).Format("2 Jan 2006, 15:04")
}

// Time writes the time of day of an instant: "14:05".
func (c Ctx) Time(i clock.Instant) string {
	if i == 0 {
		return "–"
	}
	return c.local(i).Format("15:04")
}

// Date writes a business date: "21 Nov 2025".
func (c Ctx) Date(d clock.Date) string {
	if d == "" {
		return "–"
	}
	if c.zh() {
		return d.Time().Format("2006年1月2日")
	}
	return d.Time().Format("2 Jan 2006")
}

func (c Ctx) zh() bool { return strings.HasPrefix(c.Locale, "zh") }
