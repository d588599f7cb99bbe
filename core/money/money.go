package money

import (
	"math"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/shopwright/shopwright/core/fault"
)

var (
	ErrMalformed = fault.New(fault.Invalid, "money.malformed") // not a number of that scale
	ErrOverflow  = fault.New(fault.Invalid, "money.overflow")  // too large to be meant
	ErrCurrency  = fault.New(fault.Invalid, "money.unknown_currency")
)

// Amount is money in minor units of a currency that stands beside it
// (1250 = 12.50 CNY). Also used for points and counts, whose minor unit is one.
type Amount int64

// UnitPrice is a price per one unit of a SKU in 1/10,000 of the major unit
// (1.25 CNY = 12500), so that a gram or a metre can be priced finely.
type UnitPrice int64

// Quantity is in thousandths (1500 = 1.5).
type Quantity int64

// Rate is in millionths (80 % = 800000).
type Rate int64

const (
	One     Quantity  = 1000
	Whole   Rate      = 1_000_000
	PerUnit UnitPrice = 10_000

	maxAmount = 1_000_000_000_000_000 // 10^15 minor units: beyond any shop, and safe to add
)

// Currency is an ISO 4217 code and its minor digits.
type Currency struct {
	Code   string
	Digits int32
}

// currencies are those of ISO 4217 that a shop may keep its books in, with their
// minor digits.
var currencies = func() map[string]int32 {
	out := map[string]int32{}
	for digits, codes := range map[int32]string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
		2: "AED ARS AUD BDT BND BRL CAD CHF CNY COP CZK DKK EGP EUR GBP GEL GHS HKD HUF IDR ILS INR KES KHR KZT LAK LKR MAD MMK MNT MOP MXN MYR " +
			"NGN NOK NPR NZD PEN PHP PKR PLN QAR RON SAR SEK SGD THB TRY TWD TZS UAH USD UYU UZS ZAR",
		3: "BHD IQD JOD KWD LYD OMR TND",
	} {
		for _, c := range strings.Fields(codes) {
			out[c] = digits
		}
	}
	return out
}()

// CurrencyOf looks a code up. Fault: money.unknown_currency.
func CurrencyOf(code string) (Currency, error) {
	d, ok := currencies[code]
	if !ok {
		return Currency{}, ErrCurrency.With("currency", code)
	}
	return Currency{code, d}, nil
}

// MustCurrency is CurrencyOf for constants and for codes read from our own rows.
func MustCurrency(code string) Currency {
	c, err := CurrencyOf(code)
	if err != nil {
		panic(err)
	}
	return c
}

// Format writes an amount as "12.50"; the sign comes first.
func (c Currency) Format(a Amount) string {
	return decimal.New(int64(a), -c.Digits).StringFixed(c.Digits)
}

// Parse reads "12.50" exactly: more digits than the currency has are an error,
// never rounded. Faults: money.malformed, money.overflow.
func (c Currency) Parse(s string) (Amount, error) {
	v, err := parseScaled(s, c.Digits)
	return Amount(v), err
}

// FormatPrice writes a unit price with at least the currency's digits.
func (c Currency) FormatPrice(p UnitPrice) string {
	s := decimal.New(int64(p), -4).StringFixed(4)
	for n := int32(4); n > c.Digits && strings.HasSuffix(s, "0"); n-- {
		s = s[:len(s)-1]
	}
	return strings.TrimSuffix(s, ".")
}

// ParsePrice reads a unit price with up to four decimals.
func ParsePrice(s string) (UnitPrice, error) {
	v, err := parseScaled(s, 4)
	return UnitPrice(v), err
}

// ParseQuantity reads "1.5", up to three decimals.
func ParseQuantity(s string) (Quantity, error) {
	v, err := parseScaled(s, 3)
	return Quantity(v), err
}

// String writes the shortest form: "2", "1.5".
func (q Quantity) String() string { return decimal.New(int64(q), -3).String() }

// ParseRate reads "0.85".
func ParseRate(s string) (Rate, error) {
	v, err := parseScaled(s, 6)
	return Rate(v), err
}

// String writes "0.85".
func (r Rate) String() string { return decimal.New(int64(r), -6).String() }

// parseScaled reads a plain decimal (no exponent, no spaces, no NaN) into an
// integer of that scale.
func parseScaled(s string, scale int32) (int64, error) {
	if len(s) == 0 || len(s) > 24 {
		return 0, ErrMalformed
	}
	digits, dots := 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			dots++
		case (c == '-' || c == '+') && i == 0:
		default:
			return 0, ErrMalformed
		}
	}
	if digits == 0 || dots > 1 {
		return 0, ErrMalformed
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return 0, ErrMalformed
	}
	v := d.Shift(scale)
	if !v.IsInteger() {
		return 0, ErrMalformed
	}
	return bounded(v)
}

func bounded(d decimal.Decimal) (int64, error) {
	if d.Abs().GreaterThan(decimal.New(maxAmount, 0)) {
		return 0, ErrOverflow
	}
	return d.IntPart(), nil
}

// Rounding says what happens to half a minor unit.
type Rounding uint8

const (
	HalfUp   Rounding = iota // away from zero at the half: what a receipt shows by default
	HalfEven                 // banker's
	Down                     // toward zero: 只舍不入
	Up                       // away from zero: points spent
)

func (m Rounding) apply(d decimal.Decimal) decimal.Decimal {
	switch m {
	case HalfEven:
		return d.RoundBank(0)
	case Down:
		return d.RoundDown(0)
	case Up:
		return d.RoundUp(0)
	}
	return d.Round(0)
}

// Extend is price x quantity in minor units, rounded once. Fault: money.overflow.
func (c Currency) Extend(p UnitPrice, q Quantity, m Rounding) (Amount, error) {
	v := decimal.New(int64(p), -4).Mul(decimal.New(int64(q), -3)).Shift(c.Digits)
	n, err := bounded(m.apply(v))
	return Amount(n), err
}

// Price converts an amount of minor units into a unit price, exactly.
func (c Currency) Price(a Amount) UnitPrice {
	return UnitPrice(decimal.New(int64(a), 4-c.Digits).IntPart())
}

// Times is a x rate, rounded once. |rate| above 10^6 is not meant and overflows.
func (a Amount) Times(r Rate, m Rounding) Amount {
	v := m.apply(decimal.New(int64(a), 0).Mul(decimal.New(int64(r), -6)))
	n, err := bounded(v)
	if err != nil {
		panic(err) // both factors are bounded by the callers' checks
	}
	return Amount(n)
}

// MulDiv is a x num / den, rounded once; den must be positive.
func (a Amount) MulDiv(num, den int64, m Rounding) Amount {
	if den <= 0 {
		panic("money: MulDiv by a denominator that is not positive")
	}
	q := divide(decimal.New(int64(a), 0).Mul(decimal.New(num, 0)), decimal.New(den, 0), m)
	n, err := bounded(q)
	if err != nil {
		panic(err)
	}
	return Amount(n)
}

// Abs is the magnitude.
func (a Amount) Abs() Amount {
	if a < 0 {
		return -a
	}
	return a
}

// Sum adds amounts. Fault: money.overflow.
func Sum(as ...Amount) (Amount, error) {
	var t Amount
	for _, a := range as {
		t += a
		if t > maxAmount || t < -maxAmount {
			return 0, ErrOverflow
		}
	}
	return t, nil
}

// Allocate splits total by weights with the largest remainder: shares sum to
// total exactly, ties go to the earlier share, zero and negative weights get
// nothing, no share exceeds its cap where caps are given (nil = uncapped). What
// the caps cannot take stays unallocated: the second result.
// Method: Hamilton; the same allocation is stored with a sale and used by refunds.
func Allocate(total Amount, weights []Amount, caps []Amount) (shares []Amount, rest Amount) {
	shares = make([]Amount, len(weights))
	sign := Amount(1)
	if total < 0 {
		sign, total = -1, -total
	}
	open := make([]bool, len(weights))
	for i, w := range weights {
		open[i] = w > 0 && (caps == nil || caps[i] > 0)
	}
	for left := total; left > 0; {
		var sum int64
		for i, w := range weights {
			if open[i] {
				sum += int64(w)
			}
		}
		if sum == 0 {
			rest = left * sign
			break
		}
		left -= allocateRound(left, sum, weights, caps, open, shares)
	}
	for i := range shares {
		shares[i] *= sign
	}
	return shares, rest
}

// allocateRound gives out one round and closes the shares that met their caps;
// it answers how much it gave.
func allocateRound(left Amount, sum int64, weights, caps []Amount, open []bool, shares []Amount) Amount {
	type rem struct {
		i int
		r decimal.Decimal
	}
	var given Amount
	give := make([]Amount, len(weights))
	var rems []rem
	ds := decimal.New(sum, 0)
	for i, w := range weights {
		if !open[i] {
			continue
		}
		q, r := decimal.New(int64(left), 0).Mul(decimal.New(int64(w), 0)).QuoRem(ds, 0)
		give[i] = Amount(q.IntPart())
		given += give[i]
		rems = append(rems, rem{i, r})
	}
	for over := left - given; over > 0; over-- {
		best := -1
		for k := range rems {
			if rems[k].r.Sign() >= 0 && (best < 0 || rems[k].r.GreaterThan(rems[best].r)) {
				best = k
			}
		}
		give[rems[best].i]++
		rems[best].r = decimal.New(-1, 0)
	}
	given = 0
	for i := range give {
		if caps != nil && open[i] && shares[i]+give[i] >= caps[i] {
			give[i] = caps[i] - shares[i]
			open[i] = false
		}
		shares[i] += give[i]
		given += give[i]
	}
	return given
}

// Fits reports whether v is in the range that the books accept.
func Fits(v int64) bool { return v <= maxAmount && v >= -maxAmount && v != math.MinInt64 }
