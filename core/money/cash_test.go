package money_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/money"
)

func TestRoundCash(t *testing.T) {
	for _, c := range []struct {
		a, step                money.Amount
		nearest, down, up, off money.Amount
	}{
		{1242, 5, 1240, 1240, 1245, 2},
		{1243, 5, 1245, 1240, 1245, 3},
		{1244, 10, 1240, 1240, 1250, 4},
		{1245, 10, 1250, 1240, 1250, 5},
		{1225, 50, 1250, 1200, 1250, 25},
		{1224, 50, 1200, 1200, 1250, 24},
		{1250, 100, 1300, 1200, 1300, 50},
		{1200, 100, 1200, 1200, 1200, 0},
		{3, 5, 5, 0, 5, 3},
		{2, 5, 0, 0, 5, 2},
		{0, 5, 0, 0, 0, 0},
		{1243, 0, 1243, 1243, 1243, 0},
		{1243, 1, 1243, 1243, 1243, 0},
	} {
		for _, sign := range []money.Amount{1, -1} {
			got := [...]money.Amount{money.RoundCash(sign*c.a, c.step, money.HalfUp), money.RoundCash(sign*c.a, c.step, money.Down), money.RoundCash(sign*c.a, c.step, money.Up), money.Drop(sign*c.a, c.step)}
			if want := [...]money.Amount{sign * c.nearest, sign * c.down, sign * c.up, sign * c.off}; got != want {
				t.Errorf("%d to %d: %v, not %v", sign*c.a, c.step, got, want)
			}
		}
	}
}

// TestRoundCashIsSymmetricAndClose: a refund rounds as its sale did, nothing is
// rounded further than to the next step, and what is dropped is below a step.
func TestRoundCashIsSymmetricAndClose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount(rapid.Int64Range(-10_000_000, 10_000_000).Draw(t, "amount"))
		step := money.Amount(rapid.SampledFrom([]int64{5, 10, 50, 100}).Draw(t, "step"))
		for _, m := range []money.Rounding{money.HalfUp, money.HalfEven, money.Down, money.Up} {
			r := money.RoundCash(a, step, m)
			if r%step != 0 || r != -money.RoundCash(-a, step, m) || money.RoundCash(r, step, m) != r {
				t.Fatalf("%d became %d", a, r)
			}
			far := (r - a).Abs()
			if far >= step || (m == money.HalfUp || m == money.HalfEven) && 2*far > step || m == money.Down && r.Abs() > a.Abs() || m == money.Up && r.Abs() < a.Abs() {
				t.Fatalf("%d became %d in mode %d", a, r, m)
			}
		}
		if d := money.Drop(a, step); d.Abs() >= step || (a-d)%step != 0 || d != 0 && (d > 0) != (a > 0) {
			t.Fatalf("%d dropped of %d", d, a)
		}
	})
}

func TestPortionsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := money.Amount(rapid.Int64Range(-100_000, 100_000).Draw(t, "whole"))
		all := rapid.Int64Range(1, 5000).Draw(t, "all")
		var sum money.Amount
		for done := int64(0); done < all; {
			now := rapid.Int64Range(1, all-done).Draw(t, "now")
			p := money.Portion(whole, all, done, now)
			if p != 0 && (p > 0) != (whole > 0) {
				t.Fatalf("%d of %d", p, whole)
			}
			sum, done = sum+p, done+now
		}
		if sum != whole {
			t.Fatalf("%d of %d", sum, whole)
		}
	})
}

// TestExtendAllSumsExactly compares with exact arithmetic of another library, in
// currencies of 0, 2 and 3 decimals and every mode.
func TestExtendAllSumsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ccy := money.MustCurrency(rapid.SampledFrom([]string{"JPY", "KRW", "CNY", "KWD", "BHD", "TND"}).Draw(t, "currency"))
		mode := rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfEven, money.Down, money.Up}).Draw(t, "mode")
		n := rapid.IntRange(0, 12).Draw(t, "lines")
		prices, quantities := make([]money.UnitPrice, n), make([]money.Quantity, n)
		scale := new(big.Rat).SetFrac64(1, 10_000_000)
		for range ccy.Digits {
			scale.Mul(scale, big.NewRat(10, 1))
		}
		exact, sum := make([]*big.Rat, n), new(big.Rat)
		sign := rapid.SampledFrom([]int64{1, -1}).Draw(t, "sign")
		for i := range n {
			prices[i] = money.UnitPrice(rapid.Int64Range(0, 5_000_000).Draw(t, "price"))
			quantities[i] = money.Quantity(sign * rapid.Int64Range(0, 20_000).Draw(t, "quantity"))
			if rapid.IntRange(0, 9).Draw(t, "return") == 0 { // an exchange has lines of both signs
				quantities[i] = -quantities[i]
			}
			exact[i] = new(big.Rat).Mul(new(big.Rat).SetFrac64(int64(prices[i]), 1), new(big.Rat).SetFrac64(int64(quantities[i]), 1))
			exact[i].Mul(exact[i], scale)
			sum.Add(sum, exact[i])
		}
		amounts, total, err := ccy.ExtendAll(prices, quantities, mode)
		if err != nil {
			t.Fatal(err)
		}
		one, got := big.NewRat(1, 1), money.Amount(0)
		for i, a := range amounts {
			got += a
			if off := new(big.Rat).Sub(exact[i], new(big.Rat).SetInt64(int64(a))); off.Abs(off).Cmp(one) >= 0 {
				t.Fatalf("line %d: %d for %s", i, a, exact[i].FloatString(4))
			}
		}
		if got != total {
			t.Fatalf("the lines sum to %d, the total is %d", got, total)
		}
		off := new(big.Rat).Sub(sum, new(big.Rat).SetInt64(int64(total)))
		far := new(big.Rat).Abs(off)
		if far.Cmp(one) >= 0 || (mode == money.HalfUp || mode == money.HalfEven) && far.Cmp(big.NewRat(1, 2)) > 0 ||
			mode == money.Down && off.Sign()*sum.Sign() < 0 || mode == money.Up && off.Sign()*sum.Sign() > 0 {
			t.Fatalf("%s became %d in mode %d", sum.FloatString(4), total, mode)
		}
		for i := range quantities {
			quantities[i] = -quantities[i]
		}
		back, mirrored, err := ccy.ExtendAll(prices, quantities, mode)
		if err != nil || mirrored != -total {
			t.Fatalf("%d mirrored is %d, %v", total, mirrored, err)
		}
		if total != 0 { // at zero there is no sign to mirror by
			for i := range back {
				if back[i] != -amounts[i] {
					t.Fatalf("line %d: %d mirrored is %d", i, amounts[i], back[i])
				}
			}
		}
	})
}

// TestPerTotalIsWhatASupermarketPrints: three lines of 3.33 x 0.5 are 1.665 each;
// by line they round to 5.01, by total to 5.00.
func TestPerTotalIsWhatASupermarketPrints(t *testing.T) {
	p, q := []money.UnitPrice{33300, 33300, 33300}, []money.Quantity{500, 500, 500}
	var byLine money.Amount
	for i := range p {
		a, err := cny.Extend(p[i], q[i], money.HalfUp)
		if err != nil {
			t.Fatal(err)
		}
		byLine += a
	}
	amounts, total, err := cny.ExtendAll(p, q, money.HalfUp)
	if err != nil || byLine != 501 || total != 500 || amounts[0] != 167 || amounts[1] != 167 || amounts[2] != 166 {
		t.Fatal(byLine, total, amounts, err)
	}
	if _, _, err := cny.ExtendAll([]money.UnitPrice{1_000_000_000_000_000}, []money.Quantity{1_000_000_000}, money.Down); err == nil {
		t.Fatal("no overflow")
	}
}

func TestCurrenciesHaveTheirDigits(t *testing.T) {
	for code, digits := range map[string]int32{"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "CNY": 2, "TWD": 2, "HKD": 2, "HUF": 2, "IDR": 2, "CHF": 2,
		"KWD": 3, "BHD": 3, "TND": 3, "OMR": 3, "JOD": 3, "IQD": 3, "LYD": 3} {
		c, err := money.CurrencyOf(code)
		if err != nil || c.Digits != digits {
			t.Errorf("%s: %+v %v", code, c, err)
		}
	}
	for _, code := range []string{"", "cny", "XXX", "BTC"} {
		if _, err := money.CurrencyOf(code); err == nil {
			t.Errorf("%q is a currency", code)
		}
	}
	jpy, kwd := money.MustCurrency("JPY"), money.MustCurrency("KWD")
	for _, c := range []struct {
		ccy  money.Currency
		p    money.UnitPrice
		q    money.Quantity
		want money.Amount
	}{{jpy, 1_234_000, 1500, 185}, {jpy, 1_000_000, 1000, 100}, {kwd, 12345, 1000, 1235}, {kwd, 12345, 3000, 3704}, {kwd, 12344, 1000, 1234}} {
		if got, err := c.ccy.Extend(c.p, c.q, money.HalfUp); err != nil || got != c.want {
			t.Errorf("%s %d x %d: %d %v", c.ccy.Code, c.p, c.q, got, err)
		}
	}
	if jpy.FormatPrice(1_234_000) != "123.4" || jpy.FormatPrice(1_230_000) != "123" || kwd.FormatPrice(12345) != "1.2345" || kwd.FormatPrice(12000) != "1.200" {
		t.Error(jpy.FormatPrice(1_234_000), jpy.FormatPrice(1_230_000), kwd.FormatPrice(12345), kwd.FormatPrice(12000))
	}
	if jpy.Price(185) != 1_850_000 || kwd.Price(1234) != 12340 {
		t.Error(jpy.Price(185), kwd.Price(1234))
	}
	if _, err := jpy.Parse("1.5"); err == nil {
		t.Error("half a yen was read")
	}
}
