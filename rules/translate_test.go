package rules

import (
	"reflect"
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/sdk/rule"
)

// fill gives every field a value that differs from zero, and from field to field
// where the type allows it.
func fill(v reflect.Value, n *int64) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.String:
		v.SetString(string(rune('a'+*n%26)) + string(rune('a'+*n/26%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(*n)
	default:
		v.SetUint(1 + uint64(*n)%249)
	}
}

// holes lists the fields that are still zero.
func holes(v reflect.Value, path string) (zero []string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			zero = append(zero, holes(v.Field(i), path+"."+v.Type().Field(i).Name)...)
		}
	case reflect.Slice:
		if v.Len() != 2 {
			return []string{path}
		}
		for i := range 2 {
			zero = append(zero, holes(v.Index(i), path)...)
		}
	default:
		if v.IsZero() {
			zero = append(zero, path)
		}
	}
	return zero
}

// TestEveryFieldTravels: a field that core/promotion or the ABI gains must be
// translated; this fails until it is.
func TestEveryFieldTravels(t *testing.T) {
	var in promotion.Input
	var n int64
	fill(reflect.ValueOf(&in).Elem(), &n)
	in.Date = "2026-01-31"
	msg := Encode(&in)
	var got rule.Input
	if err := rule.DecodeInput(msg, string(msg), &got); err != nil {
		t.Fatal(err)
	}
	if z := holes(reflect.ValueOf(got), "Input"); len(z) > 0 {
		t.Errorf("not translated: %v", z)
	}
	if got.Date != 20260131 || got.Lines[1].Category != in.Lines[1].Category || int64(got.Lines[1].Net) != int64(in.Lines[1].Net) {
		t.Errorf("%+v", got)
	}

	var out rule.Output
	fill(reflect.ValueOf(&out).Elem(), &n)
	back, err := Decode(rule.AppendOutput(nil, &out))
	if err != nil {
		t.Fatal(err)
	}
	if z := holes(reflect.ValueOf(back), "Output"); len(z) > 0 {
		t.Errorf("not translated: %v", z)
	}
	if back.Candidates[1].Targets[1].Line != out.Candidates[1].Targets[1].Line || back.Commissions[1].Code != out.Commissions[1].Code {
		t.Errorf("%+v", back)
	}
}

// TestNumbersOfTheABI: an enumeration has the same number on both sides.
func TestNumbersOfTheABI(t *testing.T) {
	pairs := map[string][2]int{
		"price": {int(promotion.HookPrice), int(rule.HookPrice)}, "return": {int(promotion.HookReturn), int(rule.HookReturn)},
		"top-up": {int(promotion.HookTopUp), int(rule.HookTopUp)}, "commission": {int(promotion.HookCommission), int(rule.HookCommission)},
		"gift card": {int(promotion.KindGiftCard), int(rule.KindGiftCard)}, "product": {int(promotion.CouponProduct), int(rule.CouponProduct)},
		"last visit": {int(promotion.FactLastVisit), int(rule.FactLastVisit)}, "free": {int(promotion.FreeUnits), int(rule.FreeUnits)},
		"punch": {int(promotion.Punch), int(rule.Punch)}, "class": {int(promotion.ClassTender), int(rule.ClassTender)},
		"basis": {int(promotion.Initial), int(rule.Initial)}, "up": {int(money.Up), int(rule.Up)}, "even": {int(money.HalfEven), int(rule.HalfEven)},
		"one": {int(money.One), int(rule.One)}, "whole": {int(money.Whole), int(rule.Whole)},
	}
	for name, p := range pairs {
		if p[0] != p[1] {
			t.Errorf("%s: %d in the core, %d in the ABI", name, p[0], p[1])
		}
	}
}

// TestGuestRoundsAsTheCore: sdk/rule cannot import core/money, so its product is
// compared here.
func TestGuestRoundsAsTheCore(t *testing.T) {
	for _, a := range []int64{0, 1, 5, 15, 25, 50, 99, 1250, 123_456_789, 900_000_000_000, -5, -15, -25, -1250} {
		for _, r := range []int64{0, 1, 5000, 25_000, 100_000, 125_000, 333_333, 500_000, 999_999, 1_000_000} {
			for m := money.HalfUp; m <= money.Up; m++ {
				want := money.Amount(a).Times(money.Rate(r), m)
				if got := rule.Amount(a).Times(rule.Rate(r), rule.Rounding(m)); int64(got) != int64(want) {
					t.Fatalf("%d x %d, rounding %d: guest %d, core %d", a, r, m, got, want)
				}
			}
		}
	}
}

func TestDateNumber(t *testing.T) {
	for in, want := range map[clock.Date]rule.Date{"2026-01-31": 20260131, "": 0, "2026/01/31": 0, "2026-1-31x": 0, "abcd-ef-gh": 0} {
		if got := dateNumber(in); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}
