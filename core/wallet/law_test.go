package wallet_test

import (
	"errors"
	"testing"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/wallet"
)

// TestSinglePurposeCards is the profile at each of its limits.
func TestSinglePurposeCards(t *testing.T) {
	cn := wallet.Law("cn_single_purpose")
	topUp := func(after, cash money.Amount) wallet.Purchase {
		return wallet.Purchase{Currency: "CNY", TopUps: 1_00, BalanceAfter: after, Price: 1_00, Cash: cash, BuyerKnown: true}
	}
	cards := func(n int, face money.Amount) (b wallet.Purchase) {
		b = wallet.Purchase{Currency: "CNY", BuyerKnown: true}
		for range n {
			b.GiftCards = append(b.GiftCards, face)
			b.Price += face
		}
		return b
	}
	with := func(b wallet.Purchase, f func(*wallet.Purchase)) wallet.Purchase { f(&b); return b }
	for name, x := range map[string]struct {
		b    wallet.Purchase
		want error
	}{
		"named at the limit":      {topUp(5_000_00, 0), nil},
		"named above":             {topUp(5_000_01, 0), wallet.ErrLawNamedBalance},
		"only spending now":       {wallet.Purchase{Currency: "CNY", BalanceAfter: 9_000_00}, nil},
		"unnamed at the limit":    {cards(1, 1_000_00), nil},
		"unnamed above":           {cards(1, 1_000_01), wallet.ErrLawUnnamedFace},
		"buyer of a top-up":       {with(topUp(1_00, 0), func(b *wallet.Purchase) { b.BuyerKnown = false }), wallet.ErrLawBuyerUnknown},
		"9,999.99 without buyer":  {with(cards(9, 1_000_00), func(b *wallet.Purchase) { b.GiftCards = append(b.GiftCards, 999_99); b.BuyerKnown = false }), nil},
		"10,000 without buyer":    {with(cards(10, 1_000_00), func(b *wallet.Purchase) { b.BuyerKnown = false }), wallet.ErrLawBuyerUnknown},
		"a unit's 4,999.99":       {with(cards(1, 1_000_00), func(b *wallet.Purchase) { b.Price, b.Cash, b.Organisation = 4_999_99, 1, true }), nil},
		"a unit's 5,000 in cash":  {with(cards(5, 1_000_00), func(b *wallet.Purchase) { b.Cash, b.Organisation = 1, true }), wallet.ErrLawCash},
		"a unit's 5,000 by bank":  {with(cards(5, 1_000_00), func(b *wallet.Purchase) { b.Organisation = true }), nil},
		"a person's 49,000 cash":  {with(cards(49, 1_000_00), func(b *wallet.Purchase) { b.Cash = b.Price }), nil},
		"a person's 50,000 cash":  {with(cards(50, 1_000_00), func(b *wallet.Purchase) { b.Cash = 1 }), wallet.ErrLawCash},
		"unnamed for two years":   {with(cards(1, 1_00), func(b *wallet.Purchase) { b.GiftYears = 2 }), wallet.ErrLawUnnamedExpiry},
		"unnamed for three years": {with(cards(1, 1_00), func(b *wallet.Purchase) { b.GiftYears = 3 }), nil},
		"named that ends":         {with(topUp(1_00, 0), func(b *wallet.Purchase) { b.TopUpYears = 5 }), wallet.ErrLawNamedExpiry},
		"another currency":        {with(topUp(9_000_00, 0), func(b *wallet.Purchase) { b.Currency = "EUR" }), nil},
	} {
		found := wallet.Check(cn, x.b)
		if x.want == nil && len(found) != 0 || x.want != nil && (len(found) != 1 || !errors.Is(found[0], x.want)) {
			t.Errorf("%s: %+v", name, found)
		}
		if len(wallet.Check(wallet.Law("none"), x.b)) != 0 {
			t.Errorf("%s: no profile has no findings", name)
		}
	}
	bad := topUp(6_000_00, 0)
	if f, err := wallet.Enforce(wallet.LawOff, cn, bad); len(f) != 0 || err != nil {
		t.Fatal(f, err)
	}
	if f, err := wallet.Enforce(wallet.LawWarn, cn, bad); len(f) != 1 || f[0].Args["limit"] != "5000.00" || err != nil {
		t.Fatal(f, err)
	}
	if _, err := wallet.Enforce(wallet.LawBlock, cn, bad); !errors.Is(err, wallet.ErrLawNamedBalance) {
		t.Fatal(err)
	}
	if _, err := wallet.Enforce(wallet.LawBlock, cn, topUp(1_00, 0)); err != nil {
		t.Fatal(err)
	}
}
