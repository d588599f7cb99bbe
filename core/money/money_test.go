package money_test

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/money"
)

var cny = money.MustCurrency("CNY")

func TestParseTakesWhatItSaysAndNothingElse(t *testing.T) {
	for s, want := range map[string]money.Amount{"12.50": 1250, "0": 0, "-0.01": -1, "+3": 300, "12.5": 1250, "007": 700, ".5": 50} {
		if got, err := cny.Parse(s); err != nil || got != want {
			t.Errorf("%q: %d %v", s, got, err)
		}
	}
	for _, s := range []string{"", "NaN", "Inf", "1e3", "12.505", "1,000", " 1", "1 ", "--1", "1.2.3", "0x10", "٣", "-", ".", "99999999999999999999999999"} {
		if got, err := cny.Parse(s); err == nil {
			t.Errorf("%q was taken for %d", s, got)
		}
	}
	if _, err := cny.Parse("99999999999999"); !errors.Is(err, money.ErrOverflow) {
		t.Error(err)
	}
	for code, s := range map[string]string{"JPY": "1250", "CNY": "12.50", "KWD": "1.250"} {
		if c := money.MustCurrency(code); c.Format(1250) != s {
			t.Errorf("%s: %s", code, c.Format(1250))
		}
	}
}

func TestFormatAndParseAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount(rapid.Int64Range(-1_000_000_000_000, 1_000_000_000_000).Draw(t, "amount"))
		c := money.MustCurrency(rapid.SampledFrom([]string{"CNY", "JPY", "KWD"}).Draw(t, "currency"))
		if got, err := c.Parse(c.Format(a)); err != nil || got != a {
			t.Fatalf("%d became %d: %v", a, got, err)
		}
		q := money.Quantity(a / 1000)
		if got, err := money.ParseQuantity(q.String()); err != nil || got != q {
			t.Fatalf("%d became %d: %v", q, got, err)
		}
	})
}

func TestRounding(t *testing.T) {
	for _, c := range []struct {
		num                  int64
		up, even, down, away money.Amount
	}{
		{25, 3, 2, 2, 3}, {35, 4, 4, 3, 4}, {-25, -3, -2, -2, -3}, {24, 2, 2, 2, 3}, {26, 3, 3, 2, 3}, {-26, -3, -3, -2, -3}, {20, 2, 2, 2, 2},
	} {
		a := money.Amount(c.num)
		if got := [...]money.Amount{a.MulDiv(1, 10, money.HalfUp), a.MulDiv(1, 10, money.HalfEven), a.MulDiv(1, 10, money.Down), a.MulDiv(1, 10, money.Up)}; got != [...]money.Amount{c.up, c.even, c.down, c.away} {
			t.Errorf("%d/10: %v", c.num, got)
		}
	}
	if got, err := cny.Extend(33300, 1500, money.HalfUp); err != nil || got != 500 { // 3.33 x 1.5 = 4.995
		t.Error(got, err)
	}
	if _, err := cny.Extend(1_000_000_000_000_000, 1_000_000_000, money.Down); !errors.Is(err, money.ErrOverflow) {
		t.Error(err)
	}
}

// TestMulDivAgreesWithIntegers compares with exact arithmetic of another library.
func TestMulDivAgreesWithIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(-1_000_000_000, 1_000_000_000).Draw(t, "a")
		n := rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "n")
		d := rapid.Int64Range(1, 1_000_000).Draw(t, "d")
		if new(big.Int).Abs(new(big.Int).Quo(new(big.Int).Mul(big.NewInt(a), big.NewInt(n)), big.NewInt(d))).Cmp(big.NewInt(900_000_000_000_000)) > 0 {
			return
		}
		want := new(big.Int).Quo(new(big.Int).Mul(big.NewInt(a), big.NewInt(n)), big.NewInt(d)).Int64()
		if got := money.Amount(a).MulDiv(n, d, money.Down); int64(got) != want {
			t.Fatalf("%d*%d/%d = %d, not %d", a, n, d, got, want)
		}
	})
}

func TestAllocate(t *testing.T) {
	shares, rest := money.Allocate(100, []money.Amount{1, 1, 1}, nil)
	if rest != 0 || shares[0] != 34 || shares[1] != 33 || shares[2] != 33 {
		t.Fatal(shares, rest)
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		weights, caps := make([]money.Amount, n), make([]money.Amount, n)
		var room money.Amount
		for i := range n {
			weights[i] = money.Amount(rapid.Int64Range(-5, 100_000).Draw(t, "weight"))
			caps[i] = money.Amount(rapid.Int64Range(0, 50_000).Draw(t, "cap"))
			if weights[i] > 0 {
				room += caps[i]
			}
		}
		total := money.Amount(rapid.Int64Range(-200_000, 200_000).Draw(t, "total"))
		shares, rest := money.Allocate(total, weights, caps)
		sum := rest
		for i, s := range shares {
			sum += s
			if s.Abs() > caps[i] || weights[i] <= 0 && s != 0 || s != 0 && (s > 0) != (total > 0) {
				t.Fatalf("share %d is %d of weight %d, cap %d", i, s, weights[i], caps[i])
			}
		}
		if sum != total || rest != 0 && rest.Abs() != total.Abs()-room {
			t.Fatalf("sum %d of %d, rest %d, room %d", sum, total, rest, room)
		}
		free, _ := money.Allocate(total, weights, nil)
		var all money.Amount
		for _, w := range weights {
			all += max(w, 0)
		}
		for i, s := range free { // within one unit of the exact share
			if weights[i] > 0 && (s*all-total*weights[i]).Abs() >= all {
				t.Fatalf("share %d is %d, exactly %d/%d", i, s, total*weights[i], all)
			}
		}
	})
}
