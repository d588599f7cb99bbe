package till

import (
	"slices"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrDenomination  = fault.New(fault.Invalid, "till.unknown_denomination") // the currency has no such note or coin
	ErrPieces        = fault.New(fault.Invalid, "till.bad_pieces")           // fewer than none, more than a drawer holds, or named twice
	ErrCountMismatch = fault.New(fault.Invalid, "till.count_mismatch")       // the pieces add up to another sum than the one given
)

// MaxPieces bounds the pieces of one note or coin in a drawer.
const MaxPieces = 1_000_000

// Denomination is a note or coin of a currency, in minor units.
type Denomination struct {
	Value money.Amount
	Coin  bool
}

// Count is how many pieces of a note or coin lie in the drawer.
type Count struct {
	Value  money.Amount `json:"value"` // of one piece
	Pieces int64        `json:"pieces"`
}

// Amount is what the pieces are worth.
func (c Count) Amount() money.Amount { return c.Value * money.Amount(c.Pieces) }

// cash is what is in use, in minor units: notes and coins, the largest first. A
// piece that is being withdrawn stays listed as long as shops may still take it.
var cash = map[string]struct{ notes, coins []money.Amount }{
	"CNY": {[]money.Amount{10000, 5000, 2000, 1000, 500, 100}, []money.Amount{100, 50, 10}},
	"TWD": {[]money.Amount{200000, 100000, 50000, 20000, 10000}, []money.Amount{5000, 2000, 1000, 500, 100}},
	"HKD": {[]money.Amount{100000, 50000, 10000, 5000, 2000, 1000}, []money.Amount{1000, 500, 200, 100, 50, 20, 10}},
	"MOP": {[]money.Amount{100000, 50000, 10000, 5000, 2000, 1000}, []money.Amount{1000, 500, 200, 100, 50, 20, 10}},
	"USD": {[]money.Amount{10000, 5000, 2000, 1000, 500, 200, 100}, []money.Amount{100, 50, 25, 10, 5, 1}},
	"EUR": {[]money.Amount{50000, 20000, 10000, 5000, 2000, 1000, 500}, []money.Amount{200, 100, 50, 20, 10, 5, 2, 1}},
	"GBP": {[]money.Amount{5000, 2000, 1000, 500}, []money.Amount{200, 100, 50, 20, 10, 5, 2, 1}},
	"SGD": {[]money.Amount{100000, 10000, 5000, 1000, 500, 200}, []money.Amount{100, 50, 20, 10, 5}},
	"MYR": {[]money.Amount{10000, 5000, 2000, 1000, 500, 100}, []money.Amount{50, 20, 10, 5}},
	"THB": {[]money.Amount{100000, 50000, 10000, 5000, 2000}, []money.Amount{1000, 500, 200, 100, 50, 25}},
	"AUD": {[]money.Amount{10000, 5000, 2000, 1000, 500}, []money.Amount{200, 100, 50, 20, 10, 5}},
	"CAD": {[]money.Amount{10000, 5000, 2000, 1000, 500}, []money.Amount{200, 100, 25, 10, 5}},
	"CHF": {[]money.Amount{100000, 20000, 10000, 5000, 2000, 1000}, []money.Amount{500, 200, 100, 50, 20, 10, 5}},
	"NZD": {[]money.Amount{10000, 5000, 2000, 1000, 500}, []money.Amount{200, 100, 50, 20, 10}},
	"PHP": {[]money.Amount{100000, 50000, 20000, 10000, 5000, 2000}, []money.Amount{2000, 1000, 500, 100, 25, 5, 1}},
	"IDR": {[]money.Amount{10000000, 5000000, 2000000, 1000000, 500000, 200000, 100000}, []money.Amount{100000, 50000, 20000, 10000}},
	"INR": {[]money.Amount{50000, 20000, 10000, 5000, 2000, 1000}, []money.Amount{2000, 1000, 500, 200, 100}},
	"JPY": {[]money.Amount{10000, 5000, 2000, 1000}, []money.Amount{500, 100, 50, 10, 5, 1}},
	"KRW": {[]money.Amount{50000, 10000, 5000, 1000}, []money.Amount{500, 100, 50, 10}},
	"VND": {[]money.Amount{500000, 200000, 100000, 50000, 20000, 10000, 5000, 2000, 1000}, nil},
	"KWD": {[]money.Amount{20000, 10000, 5000, 1000, 500, 250}, []money.Amount{100, 50, 20, 10, 5}},
	"BHD": {[]money.Amount{20000, 10000, 5000, 1000, 500}, []money.Amount{100, 50, 25, 10, 5}},
	"OMR": {[]money.Amount{50000, 20000, 10000, 5000, 1000, 500, 100}, []money.Amount{50, 25, 10, 5}},
	"JOD": {[]money.Amount{50000, 20000, 10000, 5000, 1000}, []money.Amount{500, 250, 100, 50}},
	"TND": {[]money.Amount{50000, 20000, 10000, 5000}, []money.Amount{5000, 2000, 1000, 500, 200, 100, 50, 20, 10}},
}

// Denominations lists the notes and coins of a currency, the largest first. A
// value that is a note and a coin is listed once, as the note: a count asks for
// values. It is empty for a currency that the table does not know, which is
// counted as one figure.
func Denominations(c money.Currency) []Denomination {
	of := cash[c.Code]
	var out []Denomination
	for _, v := range of.notes {
		out = append(out, Denomination{Value: v})
	}
	for _, v := range of.coins {
		if !slices.Contains(of.notes, v) {
			out = append(out, Denomination{Value: v, Coin: true})
		}
	}
	return out
}

// Total adds a count up and puts it in order, the largest first; pieces of none
// are left out. Faults: till.unknown_denomination, till.bad_pieces.
func Total(c money.Currency, counts []Count) (money.Amount, []Count, error) {
	known := Denominations(c)
	pieces := map[money.Amount]int64{}
	for _, n := range counts {
		if !slices.ContainsFunc(known, func(d Denomination) bool { return d.Value == n.Value }) {
			return 0, nil, ErrDenomination.On("counts").With("value", c.Format(n.Value)).With("currency", c.Code)
		}
		if _, twice := pieces[n.Value]; twice || n.Pieces < 0 || n.Pieces > MaxPieces {
			return 0, nil, ErrPieces.On("counts").With("value", c.Format(n.Value)).With("limit", int64(MaxPieces))
		}
		pieces[n.Value] = n.Pieces
	}
	var sum money.Amount
	var out []Count
	for _, d := range known {
		if n := pieces[d.Value]; n > 0 {
			v := Count{d.Value, n}
			out = append(out, v)
			sum += v.Amount()
		}
	}
	return sum, out, nil
}
