package tax_test

import (
	"errors"
	"math/big"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/tax"
)

func compute(t *testing.T, p tax.Policy, lines ...tax.Line) tax.Result {
	t.Helper()
	r, err := tax.Compute(p, lines)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func vat(net money.Amount, rate money.Rate) tax.Line {
	return tax.Line{Net: net, Rate: rate, Name: "VAT"}
}

func TestSeveralRatesOnOneReceipt(t *testing.T) {
	lines := []tax.Line{vat(11300, 130_000), vat(10900, 90_000), vat(5650, 130_000), {Net: 2000, Name: "Zero-rated"}, {Net: 50000, Prepaid: true, Rate: 130_000, Name: "VAT"}, {Net: 100}}
	got := compute(t, tax.Policy{Inclusive: true}, lines...)
	want := tax.Result{
		Lines: []money.Amount{1300, 900, 650, 0, 0, 0},
		Rates: []tax.Share{{Name: "VAT", Rate: 130_000, Base: 15000, Tax: 1950}, {Name: "VAT", Rate: 90_000, Base: 10000, Tax: 900}, {Name: "Zero-rated", Base: 2000}},
		Tax:   2850, Base: 27000, Amount: 79950,
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v\n%+v", got, want)
	}
	added := compute(t, tax.Policy{}, lines...)
	if added.Lines[0] != 1469 || added.Lines[4] != 0 || added.Rates[0] != (tax.Share{Name: "VAT", Rate: 130_000, Base: 16950, Tax: 2204}) || added.Amount != 79950+added.Tax {
		t.Fatalf("%+v", added)
	}
	if _, err := tax.Compute(tax.Policy{}, []tax.Line{vat(900_000_000_000_000, 1), vat(900_000_000_000_000, 1)}); !errors.Is(err, money.ErrOverflow) {
		t.Fatal(err)
	}
	if _, err := tax.Compute(tax.Policy{}, []tax.Line{vat(9_000_000_000_000_000, 1)}); !errors.Is(err, money.ErrOverflow) {
		t.Fatal(err)
	}
}

// TestLineOrTotal: three lines of 0.99 with 13 % inside are 0.11389… of tax each:
// 0.33 rounded by line, 0.34 rounded on the total, where the first takes the cent.
func TestLineOrTotal(t *testing.T) {
	three := []tax.Line{vat(99, 130_000), vat(99, 130_000), vat(99, 130_000)}
	byLine := compute(t, tax.Policy{Inclusive: true}, three...)
	total := compute(t, tax.Policy{Inclusive: true, At: tax.RoundTotal}, three...)
	if byLine.Tax != 33 || byLine.Base != 264 || total.Tax != 34 || total.Base != 263 || !reflect.DeepEqual(total.Lines, []money.Amount{12, 11, 11}) {
		t.Fatalf("%+v\n%+v", byLine, total)
	}
	for _, c := range []struct {
		mode money.Rounding
		want money.Amount
	}{{money.HalfUp, 13}, {money.HalfEven, 12}, {money.Down, 12}, {money.Up, 13}} { // 12.5 exactly
		if r := compute(t, tax.Policy{At: tax.RoundTotal, Mode: c.mode}, vat(50, 100_000), vat(75, 100_000)); r.Tax != c.want {
			t.Errorf("mode %d: %d", c.mode, r.Tax)
		}
	}
}

// document is a random sale: the nets are what discounts have left of the lines.
type document struct {
	policy tax.Policy
	lines  []tax.Line
}

func draw(t *rapid.T) document {
	ccy := money.MustCurrency(rapid.SampledFrom([]string{"JPY", "CNY", "KWD"}).Draw(t, "currency"))
	top := int64(2000)
	for range ccy.Digits {
		top *= 10
	}
	d := document{policy: tax.Policy{
		Inclusive: rapid.Bool().Draw(t, "inclusive"), At: rapid.SampledFrom([]tax.Rounding{tax.RoundLines, tax.RoundTotal}).Draw(t, "at"),
		Mode: rapid.SampledFrom([]money.Rounding{money.HalfUp, money.HalfEven, money.Down}).Draw(t, "mode"),
	}}
	var gross, room []money.Amount
	for range rapid.IntRange(1, 15).Draw(t, "lines") {
		l := tax.Line{Net: money.Amount(rapid.Int64Range(0, top).Draw(t, "gross")), Rate: money.Rate(rapid.SampledFrom([]int64{0, 50_000, 60_000, 75_000, 82_500, 130_000, 1_000_000}).Draw(t, "rate")),
			Name: rapid.SampledFrom([]string{"VAT", "GST", ""}).Draw(t, "name"), Prepaid: rapid.IntRange(0, 7).Draw(t, "prepaid") == 0}
		d.lines = append(d.lines, l)
		gross, room = append(gross, l.Net), append(room, l.Net)
	}
	off, _ := money.Allocate(money.Amount(rapid.Int64Range(0, top).Draw(t, "discount")), gross, room)
	for i := range off {
		d.lines[i].Net -= off[i]
	}
	return d
}

// TestTaxAddsUpToTheUnit is the promise of doc.go, against exact arithmetic of
// another library.
func TestTaxAddsUpToTheUnit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		r, err := tax.Compute(d.policy, d.lines)
		if err != nil {
			t.Fatal(err)
		}
		var sum, nets, ofLines, ofRates, taxed money.Amount
		groups := map[tax.Share]*big.Rat{}
		count := map[tax.Share]int64{}
		for i, l := range d.lines {
			x := r.Lines[i]
			sum += l.Net
			ofLines += x
			if l.Prepaid || l.Rate == 0 {
				if x != 0 {
					t.Fatalf("line %d is taxed: %+v", i, l)
				}
				if l.Prepaid || l.Name == "" {
					continue
				}
			}
			taxed += l.Net
			nets += l.Net
			per := int64(money.Whole)
			if d.policy.Inclusive {
				nets -= x
				per += int64(l.Rate)
				if x < 0 || x > l.Net {
					t.Fatalf("line %d: tax %d in %d", i, x, l.Net)
				}
			}
			exact := new(big.Rat).SetFrac64(int64(l.Net)*int64(l.Rate), per)
			if off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(int64(x))); off.Abs(off).Cmp(big.NewRat(1, 1)) >= 0 {
				t.Fatalf("line %d: %d for %s", i, x, exact.FloatString(4))
			}
			k := tax.Share{Name: l.Name, Rate: l.Rate}
			if groups[k] == nil {
				groups[k] = new(big.Rat)
			}
			groups[k].Add(groups[k], exact)
			count[k]++
		}
		for i, s := range r.Rates {
			ofRates += s.Tax
			k := tax.Share{Name: s.Name, Rate: s.Rate}
			exact, known := groups[k]
			if !known || i > 0 && r.Rates[i-1].Rate < s.Rate {
				t.Fatalf("%+v", r.Rates)
			}
			delete(groups, k)
			most := big.NewRat(1, 1) // rounded once; by line, once for each of them
			if d.policy.At == tax.RoundLines {
				most.SetInt64(count[k])
			}
			if off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(int64(s.Tax))); off.Abs(off).Cmp(most) > 0 {
				t.Fatalf("%+v for %s", s, exact.FloatString(4))
			}
		}
		if len(groups) != 0 {
			t.Fatalf("not in the breakdown: %v", groups)
		}
		due := sum
		if !d.policy.Inclusive {
			due += ofLines
		}
		if ofLines != r.Tax || ofRates != r.Tax || r.Base != nets || r.Amount != due {
			t.Fatalf("lines %d, rates %d, tax %d, base %d of %d, amount %d of %d", ofLines, ofRates, r.Tax, r.Base, nets, r.Amount, due)
		}
		if d.policy.Inclusive && r.Base+r.Tax != taxed {
			t.Fatalf("base %d and tax %d are not the gross %d", r.Base, r.Tax, taxed)
		}
	})
}

// TestRefundsGiveBackExactlyTheStoredTax: any sequence of partial refunds ends at
// the tax of the sale, per line and per rate, with no unit over or short.
func TestRefundsGiveBackExactlyTheStoredTax(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		r, err := tax.Compute(d.policy, d.lines)
		if err != nil {
			t.Fatal(err)
		}
		back := map[tax.Share]tax.Share{}
		var given money.Amount
		units := make([]int64, len(d.lines))
		done := make([]int64, len(d.lines))
		left := int64(0)
		for i := range units {
			units[i] = rapid.Int64Range(1, 4000).Draw(t, "quantity")
			left += units[i]
		}
		for left > 0 {
			var refund []tax.Stored
			for i, l := range d.lines {
				now := rapid.Int64Range(0, units[i]-done[i]).Draw(t, "back")
				if left < 1000 { // end at last
					now = units[i] - done[i]
				}
				part := l
				part.Net = money.Portion(l.Net, units[i], done[i], now)
				refund = append(refund, tax.Stored{Line: part, Tax: money.Portion(r.Lines[i], units[i], done[i], now)})
				done[i] += now
				left -= now
			}
			for _, s := range tax.Breakdown(d.policy.Inclusive, refund) {
				k := tax.Share{Name: s.Name, Rate: s.Rate}
				was := back[k]
				back[k] = tax.Share{Name: s.Name, Rate: s.Rate, Base: was.Base + s.Base, Tax: was.Tax + s.Tax}
				given += s.Tax
			}
		}
		if given != r.Tax {
			t.Fatalf("%d of %d", given, r.Tax)
		}
		for _, s := range r.Rates {
			if back[tax.Share{Name: s.Name, Rate: s.Rate}] != s {
				t.Fatalf("%+v came back as %+v", s, back)
			}
		}
	})
}
