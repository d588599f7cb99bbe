package rule

import (
	"math/bits"
	"strconv"
)

const (
	// One is a quantity of one.
	One Quantity = 1000
	// Whole is a rate of 100 %.
	Whole Rate = 1_000_000
	// Max is the largest amount, price or count that the host accepts.
	Max = 1_000_000_000_000_000
)

// Times is a x r, rounded once to a minor unit, exactly as the host computes it.
// A result beyond Max is Max.
func (a Amount) Times(r Rate, m Rounding) Amount {
	return Amount(MulDiv(int64(a), int64(r), int64(Whole), m))
}

// MulDiv is a x b / c, computed exactly and rounded once. c must be positive;
// 0 is answered where it is not. A result beyond Max is Max with its sign.
func MulDiv(a, b, c int64, m Rounding) int64 {
	if c <= 0 {
		return 0
	}
	neg := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if hi >= uint64(c) {
		return signed(Max, neg)
	}
	q, rem := bits.Div64(hi, lo, uint64(c))
	up := false
	switch m {
	case HalfUp:
		up = rem >= uint64(c)-rem
	case HalfEven:
		up = rem > uint64(c)-rem || rem == uint64(c)-rem && q&1 == 1
	case Up:
		up = rem > 0
	}
	if up && rem > 0 {
		q++
	}
	if q > Max {
		q = Max
	}
	return signed(q, neg)
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

func signed(v uint64, neg bool) int64 {
	if neg {
		return -int64(v)
	}
	return int64(v)
}

// MajorUnit is one whole unit of the basket's currency in minor units: 100
// where it has two digits, 1 where it has none.
func (in *Input) MajorUnit() int64 {
	u := int64(1)
	for i := uint32(0); i < in.CurrencyDigits && i < 6; i++ {
		u *= 10
	}
	return u
}

// Whole is how many whole units a quantity holds.
func (q Quantity) Whole() int64 { return int64(q / One) }

// PercentText writes a rate as a percentage: 125000 is "12.5".
func (r Rate) PercentText() string {
	b := strconv.AppendInt(nil, int64(r/10_000), 10)
	rest := int64(r % 10_000)
	if rest < 0 {
		rest = -rest
		if r > -10_000 {
			b = append([]byte{'-'}, b...)
		}
	}
	for at := int64(1000); rest > 0; at /= 10 {
		if at == 1000 {
			b = append(b, '.')
		}
		b = append(b, byte('0'+rest/at))
		rest %= at
	}
	return string(b)
}
