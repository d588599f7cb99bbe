package i18n

import (
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"
)

func TestFormats(t *testing.T) {
	cny, jpy, kwd, chf := money.MustCurrency("CNY"), money.MustCurrency("JPY"), money.MustCurrency("KWD"), money.MustCurrency("CHF")
	zone, err := clock.LoadZone("Asia/Shanghai", 240)
	if err != nil {
		t.Fatal(err)
	}
	at := clock.Of(time.Date(2026, 11, 20, 18, 5, 9, 0, time.UTC)) // 02:05 on the 21st in Shanghai
	en, hans, hant := Must(English), Must(Simplified), Must(Traditional)
	for _, c := range []struct{ got, want string }{
		{en.Money(cny, 123450), "¥1,234.50"},
		{en.Money(cny, -500), "-¥5.00"},
		{en.Money(cny, 0), "¥0.00"},
		{en.Money(cny, 99), "¥0.99"},
		{en.Money(jpy, 123456789), "¥123,456,789"},
		{en.Money(kwd, 1234567), "KWD 1,234.567"},
		{en.Money(chf, 100000), "CHF 1,000.00"},
		{en.Price(cny, 12_345_678), "¥1,234.5678"},
		{en.Price(cny, 12500), "¥1.25"},
		{en.Number(-1234567), "-1,234,567"},
		{en.Number(999), "999"},
		{en.Quantity(1_234_500), "1,234.5"},
		{en.Percent(125_000), "12.5%"},
		{en.Date("2026-11-21"), "21 Nov 2026"},
		{hans.Date("2026-01-02"), "2026年1月2日"},
		{en.Date("no date"), ""},
		{en.Month("2026-11-21"), "Nov 2026"},
		{hant.Month("2026-11-21"), "2026年11月"},
		{en.DateTime(at, zone), "21 Nov 2026 02:05"},
		{hant.DateTime(at, zone), "2026年11月21日 02:05"},
		{en.DateTime(0, zone), ""},
		{en.Time(at, zone), "02:05"},
		{en.Weekday(2), "Tue"},
		{hans.Weekday(0), "周日"},
		{hant.Weekday(6), "週六"},
		{en.show(Cash{cny, 500}), "¥5.00"},
		{en.show(money.Rate(800_000)), "80%"},
		{en.show(money.Quantity(1500)), "1.5"},
		{hans.show(clock.Date("2026-01-02")), "2026年1月2日"},
		{en.show(true), "true"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	if !isOne(money.One) || isOne(money.Quantity(1)) || isOne("1") || !isOne(uint32(1)) {
		t.Error("what counts as one")
	}
}
