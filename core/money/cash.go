package money

// RoundCash rounds an amount to a multiple of step, as it is where the smallest
// coins are out of use: HalfUp to the nearest (half a step away from zero), Down
// toward zero, Up away from zero. It is symmetric: RoundCash(-a) = -RoundCash(a),
// so that a refund of a rounded amount gives back what was paid. A step of 0 or 1
// changes nothing.
//
// Only the part that is paid in cash is rounded; the difference
// RoundCash(a, step, m) - a is the document's cash rounding.
func RoundCash(a, step Amount, m Rounding) Amount {
	if step <= 1 {
		return a
	}
	return a.MulDiv(1, int64(step), m) * step
}

// Drop is what is taken off a bill so that nothing below step is left (抹零): 3 of
// 12.43 at a step of 10. It has the sign of a and is less than step; 0 for a step
// of 0 or 1. As a discount it is allocated to the lines like one.
func Drop(a, step Amount) Amount { return a - RoundCash(a, step, Down) }

// Portion is what of a whole belongs to the units from done to done+now, of all
// units. Each is computed from the beginning, so that any sequence of portions
// which reaches all adds up to the whole. all must be positive.
func Portion(whole Amount, all, done, now int64) Amount {
	return whole.MulDiv(done+now, all, HalfUp) - whole.MulDiv(done, all, HalfUp)
}
