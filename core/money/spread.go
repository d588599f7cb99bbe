package money

import "github.com/shopspring/decimal"

// Spread multiplies every amount by num/den, rounds the exact sum once and each
// share to one of its two neighbours, by largest remainder: the shares sum to the
// total exactly and none is a whole unit away from its exact value. Ties go to
// the earlier share; zeros get nothing. den must be positive. Fault:
// money.overflow.
func Spread(amounts []Amount, num, den int64, m Rounding) (shares []Amount, total Amount, err error) {
	exact := make([]decimal.Decimal, len(amounts))
	n := decimal.New(num, 0)
	for i, a := range amounts {
		exact[i] = decimal.New(int64(a), 0).Mul(n)
	}
	return spread(exact, den, m)
}

// ExtendAll is Extend for the lines of a document whose prices are rounded once,
// for the total: the exact sum of price x quantity is rounded, and the amounts of
// the lines, which sum to it, differ from their exact products by less than one
// minor unit. Prices and quantities pair by index. Fault: money.overflow.
func (c Currency) ExtendAll(prices []UnitPrice, quantities []Quantity, m Rounding) (amounts []Amount, total Amount, err error) {
	exact := make([]decimal.Decimal, len(prices))
	for i, p := range prices {
		exact[i] = decimal.New(int64(p), 0).Mul(decimal.New(int64(quantities[i]), 0)).Shift(c.Digits)
	}
	return spread(exact, int64(PerUnit)*int64(One), m)
}

// spread divides numerators by one denominator, see Spread.
func spread(nums []decimal.Decimal, den int64, m Rounding) (shares []Amount, total Amount, err error) {
	if den <= 0 {
		panic("money: a denominator that is not positive")
	}
	d := decimal.New(den, 0)
	sum := decimal.Zero
	for _, n := range nums {
		if _, err := bounded(n.Abs().DivRound(d, 0)); err != nil {
			return nil, 0, err
		}
		sum = sum.Add(n)
	}
	sign := Amount(1)
	if sum.Sign() < 0 { // so that the mirrored document has the mirrored shares
		sign, sum = -1, sum.Neg()
	}
	whole := divide(sum, d, m)
	v, err := bounded(whole)
	if err != nil {
		return nil, 0, err
	}
	total = Amount(v)
	shares = make([]Amount, len(nums))
	rest := make([]decimal.Decimal, len(nums))
	left := total
	for i, n := range nums {
		q, r := n.Mul(decimal.New(int64(sign), 0)).QuoRem(d, 0)
		if r.Sign() < 0 { // floor, not toward zero
			q, r = q.Sub(decimal.New(1, 0)), r.Add(d)
		}
		shares[i], rest[i] = Amount(q.IntPart()), r
		left -= shares[i]
	}
	for ; left > 0; left-- {
		best := -1
		for i := range rest {
			if rest[i].Sign() > 0 && (best < 0 || rest[i].GreaterThan(rest[best])) {
				best = i
			}
		}
		shares[best]++
		rest[best] = decimal.Zero
	}
	for i := range shares {
		shares[i] *= sign
	}
	return shares, total * sign, nil
}

// divide is p/d, rounded once; d must be positive.
func divide(p, d decimal.Decimal, m Rounding) decimal.Decimal {
	q, rem := p.QuoRem(d, 0)
	if rem.IsZero() {
		return q
	}
	up := decimal.New(int64(p.Sign()), 0)
	twice := rem.Abs().Mul(decimal.New(2, 0)).Cmp(d)
	away := m == Up
	switch m {
	case HalfUp:
		away = twice >= 0
	case HalfEven:
		away = twice > 0 || twice == 0 && !q.Mod(decimal.New(2, 0)).IsZero()
	}
	if away {
		return q.Add(up)
	}
	return q
}
