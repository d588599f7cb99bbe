package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

// BOM goes before a CSV file that a person opens: without it a spreadsheet takes
// Chinese for another encoding.
const BOM = "\ufeff"

// FormatUnit writes an amount of a unit: money with its currency's digits, points
// and visits as integers.
func FormatUnit(unit string, a money.Amount) string {
	if c, err := money.CurrencyOf(unit); err == nil {
		return c.Format(a)
	}
	return strconv.FormatInt(int64(a), 10)
}

// cell keeps a text from being a formula in a spreadsheet.
func cell(s string) string {
	if strings.ContainsAny(s[:min(len(s), 1)], "=+-@\t\r") {
		return "'" + s
	}
	return s
}

// unitName is how a unit is called in a file: "visits" with the service beside it.
func unitName(unit string) string {
	if _, ok := punchSKU(unit); ok {
		return "visits"
	}
	return unit
}

// LiabilityTable is the report as rows of texts, the first with the names of the
// columns: every kind that there is by itself, and what else the period has. name
// gives a shop's name.
func LiabilityTable(l *Liabilities, name func(id.ID) string) [][]string {
	kinds := LiabilityKinds()
	for _, k := range l.Kinds() {
		if kindRank(k) == len(liabilityKinds) {
			kinds = append(kinds, k)
		}
	}
	head := []string{"from", "to", "class", "unit", "service"}
	if l.By != Whole {
		head = append(head, "shop_id", "shop")
	}
	head = append(append(append(head, "opening"), kinds...), "closing")
	out := [][]string{head}
	for i := range l.Rows {
		r := &l.Rows[i]
		row := []string{string(l.From), string(l.To), r.Class, unitName(r.Unit), cell(r.Service)}
		if l.By != Whole {
			row = append(row, r.Shop.String(), cell(name(r.Shop)))
		}
		row = append(row, FormatUnit(r.Unit, r.Opening))
		for _, k := range kinds {
			row = append(row, FormatUnit(r.Unit, r.Moved(k)))
		}
		out = append(out, append(row, FormatUnit(r.Unit, r.Closing)))
	}
	return out
}

// WriteLiabilities writes the report as CSV (RFC 4180, UTF-8).
func WriteLiabilities(w io.Writer, l *Liabilities, name func(id.ID) string) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	return c.WriteAll(LiabilityTable(l, name))
}

// IsMoney reports whether a class is counted in money.
func IsMoney(class string) bool { return class != ledger.ClassPoints && class != ledger.ClassPunch }
