package staff

import (
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// Returned is a line of a refund: its own document and date, and as figures what
// this refund gives back, positive.
type Returned struct {
	Work
	OfSale id.ID
	OfLine id.ID
	To     money.Quantity // refunded of the line once this refund is done
	Of     money.Quantity // sold
}

// upTo is the part of a whole that belongs to the units given back so far.
func (r *Returned) upTo(whole money.Amount) money.Amount {
	return whole.MulDiv(int64(r.To), int64(r.Of), money.HalfUp)
}

// ClawBack answers the entries that a refund's line takes back: the mirror of the
// original entries, staff by staff, at their rate and split. entries are those of
// the sale and of its earlier refunds. What is taken is computed from the start
// each time, so that refunds of any sizes add up to the whole, and what the last
// one takes is exactly what is left of every entry.
func ClawBack(entries []CommissionEntry, r Returned) []CommissionEntry {
	if r.Of <= 0 {
		return nil
	}
	var of []*CommissionEntry
	for i := range entries {
		if e := &entries[i]; e.Kind == KindSale && e.Line == r.OfLine && e.Sale == r.OfSale {
			of = append(of, e)
		}
	}
	taken := make([]CommissionEntry, len(of)) // so far, negative
	rests := make([]money.Amount, len(of))
	var total, before money.Amount
	for i, e := range of {
		for k := range entries {
			if b := &entries[k]; b.Kind == KindClawBack && b.OfEntry == e.ID {
				taken[i].Amount += b.Amount
				taken[i].Basis += b.Basis
				taken[i].Quantity += b.Quantity
				taken[i].Margin += b.Margin
			}
		}
		rests[i] = e.Amount + taken[i].Amount
		total += e.Amount
		before -= taken[i].Amount
	}
	amounts, _ := money.Allocate(r.upTo(total)-before, rests, rests)
	var out []CommissionEntry
	for i, e := range of {
		b := *e
		b.ID, b.Kind, b.Code, b.OfEntry, b.OfSale = id.None, KindClawBack, KindClawBack, e.ID, r.OfSale
		b.Sale, b.Line, b.Shop, b.BusinessDate, b.At = r.Sale, r.Line, r.Shop, r.BusinessDate, 0
		b.Amount = -amounts[i]
		b.Basis = -r.upTo(e.Basis) - taken[i].Basis
		b.Quantity = -money.Quantity(r.upTo(money.Amount(e.Quantity))) - taken[i].Quantity
		b.Margin = -r.upTo(e.Margin) - taken[i].Margin
		if b.Amount != 0 || b.Basis != 0 || b.Quantity != 0 || b.Margin != 0 {
			out = append(out, b)
		}
	}
	return out
}

// WorkBack answers the rows that a refund's line takes back of the sale's: the
// refund's figures, spread over what is left of each person's part. rows are
// those of the sale and of its earlier refunds.
func WorkBack(rows []LineStaff, r Returned) []LineStaff {
	type part struct{ staff, role string }
	at := map[part]int{}
	var out, rest []LineStaff
	for _, row := range rows {
		if row.Sale == r.OfSale && row.Line == r.OfLine {
			at[part{row.Staff.String(), string(row.Role)}] = len(rest)
			rest = append(rest, row)
		}
	}
	for _, row := range rows {
		i, known := at[part{row.Staff.String(), string(row.Role)}]
		if !known || row.OfSale != r.OfSale || row.OfLine != r.OfLine {
			continue
		}
		rest[i].Quantity += row.Quantity
		for k, f := range rest[i].figures() {
			*f += *row.figures()[k]
		}
	}
	weights := make([]money.Amount, len(rest))
	spread := func(total money.Amount, of func(*LineStaff) money.Amount) []money.Amount {
		for i := range rest {
			weights[i] = of(&rest[i])
		}
		parts, _ := money.Allocate(total, weights, weights)
		return parts
	}
	for i := range rest {
		row := rest[i]
		row.Work = r.Work
		row.OfSale, row.OfLine, row.OfDate, row.At = r.OfSale, r.OfLine, dateOf(rest[i]), 0
		// What describes the line stays as it was sold.
		row.LineKind, row.SKUCode, row.Category = rest[i].LineKind, rest[i].SKUCode, rest[i].Category
		out = append(out, row)
	}
	for i, n := range spread(money.Amount(r.Quantity), func(l *LineStaff) money.Amount { return money.Amount(l.Quantity) }) {
		out[i].Quantity = -money.Quantity(n)
	}
	for k := range (&Work{}).figures() {
		for i, part := range spread(*r.figures()[k], func(l *LineStaff) money.Amount { return *l.figures()[k] }) {
			*out[i].figures()[k] = -part
		}
	}
	return out
}

func dateOf(l LineStaff) clock.Date {
	if l.OfDate != "" {
		return l.OfDate
	}
	return l.BusinessDate
}

// TotalOf sums entries with their signs.
func TotalOf(entries []CommissionEntry) (sum money.Amount) {
	for i := range entries {
		sum += entries[i].Amount
	}
	return sum
}
