package tax

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrCategory         = fault.New(fault.Invalid, "tax.category_invalid") // code not 1 to 64 printable characters without spaces
	ErrName             = fault.New(fault.Invalid, "tax.name_invalid")     // not 1 to 40 characters
	ErrCategoryNotFound = fault.New(fault.NotFound, "tax.category_not_found")
	ErrRate             = fault.New(fault.Invalid, "tax.rate_invalid")     // below zero or above one
	ErrValidity         = fault.New(fault.Invalid, "tax.validity_invalid") // no dates, or the last before the first
	ErrRateTaken        = fault.New(fault.Conflict, "tax.rate_taken")      // another rate of the category begins on that day there
	ErrRateNotFound     = fault.New(fault.NotFound, "tax.rate_not_found")
)

var (
	_ = db.Guard("ck_tax_rates_rate", ErrRate)
	_ = db.Guard("ck_tax_rates_validity", ErrValidity)
	_ = db.Guard("ux_tax_rates_category_place_id_valid_from", ErrRateTaken)
	_ = db.Guard("tax_rates_merchant_id_category_fkey", ErrCategoryNotFound)
)

// Category groups SKUs that are taxed alike.
type Category struct {
	Code     string
	Name     string
	Archived bool // not offered for SKUs any more; those that have it keep it
}

func (c *Category) normalise() error {
	c.Code = strings.TrimSpace(c.Code)
	n := utf8.RuneCountInString(c.Code)
	if n == 0 || n > 64 || !utf8.ValidString(c.Code) || strings.ContainsFunc(c.Code, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		return ErrCategory.On("code")
	}
	var err error
	c.Name, err = cleanName(c.Name, 160)
	return err
}

func cleanName(s string, most int) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if n := utf8.RuneCountInString(s); n == 0 || n > most || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", ErrName.On("name").With("max", most)
	}
	return s, nil
}

// Rate is what a category is taxed with from a business date on.
type Rate struct {
	ID        id.ID
	Category  string     // its code
	Shop      id.ID      // none: all shops
	From      clock.Date // the first business date; "" since ever
	Until     clock.Date // the last business date; "" without end
	Name      string     // as receipts print it, without the rate: "VAT"
	Rate      money.Rate
	UpdatedAt clock.Instant
}

func (r *Rate) normalise() (err error) {
	if r.Name, err = cleanName(r.Name, 40); err != nil {
		return err
	}
	switch {
	case r.Category == "":
		return ErrCategoryNotFound.On("category")
	case r.Rate < 0 || r.Rate > money.Whole:
		return ErrRate.On("rate")
	case !isDate(r.From):
		return ErrValidity.On("from")
	case !isDate(r.Until) || r.Until != "" && r.Until < r.From:
		return ErrValidity.On("until")
	}
	return nil
}

func isDate(d clock.Date) bool {
	if d == "" {
		return true
	}
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// In reports whether the rate holds on a date, others apart.
func (r *Rate) In(date clock.Date) bool { return r.From <= date && (r.Until == "" || date <= r.Until) }

// Table is the rates that may apply in one shop. The zero value has none.
type Table struct{ rates []Rate }

// NewTable makes one of these rates.
func NewTable(rates ...Rate) Table {
	var t Table
	for _, r := range rates {
		t.insert(r)
	}
	return t
}

// Rates lists them as they win: by category, a shop's own before the merchant's,
// the later beginning first.
func (t Table) Rates() []Rate { return t.rates }

func (t *Table) insert(r Rate) {
	at, _ := slices.BinarySearchFunc(t.rates, r, order)
	t.rates = slices.Insert(t.rates, at, r)
}

func order(a, b Rate) int {
	return cmp.Or(strings.Compare(a.Category, b.Category), -strings.Compare(string(a.Shop[:]), string(b.Shop[:])), -strings.Compare(string(a.From), string(b.From)))
}

// RateOn is the rate of a category on a business date: the shop's own rates come
// before the merchant's, and of those in force the one that began last wins. So a
// change is a new rate from its date on, and a reduction for a time is a rate with
// an end, after which the earlier one holds again. ok is false where there is none.
func (t Table) RateOn(category string, date clock.Date) (rate money.Rate, name string, ok bool) {
	if category == "" {
		return 0, "", false
	}
	for i := range t.rates {
		if r := &t.rates[i]; r.Category == category && r.In(date) {
			return r.Rate, r.Name, true
		}
	}
	return 0, "", false
}

// Default is what applies to a SKU without a category, and to one whose category
// has no rate in force: the settings tax.rate and tax.name.
type Default struct {
	Rate money.Rate
	Name string
}

// For is the rate of a SKU's category on a business date, or the default. A
// default of zero has no name: a shop without one charges no tax, and lists none.
func (t Table) For(category string, date clock.Date, def Default) (money.Rate, string) {
	if rate, name, ok := t.RateOn(category, date); ok {
		return rate, name
	}
	if def.Rate == 0 {
		return 0, ""
	}
	return def.Rate, def.Name
}
