package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
)

var (
	ErrWeightZero    = fault.New(fault.Invalid, "catalog.weight_zero")             // the label says no weight, or costs nothing
	ErrWeightUnknown = fault.New(fault.NotFound, "catalog.weight_unknown_article") // {article}, five digits, is no SKU's
	ErrWeightPrice   = fault.New(fault.Conflict, "catalog.weight_price_changed")   // no quantity of {name} at {price} costs {label}
	ErrWeightCount   = fault.New(fault.Invalid, "catalog.weight_counted")          // a label is one piece of goods, not several
	ErrWeightNumber  = fault.New(fault.Invalid, "catalog.weight_no_number")        // {name} has no number of five digits
	ErrWeightTaken   = fault.New(fault.Conflict, "catalog.weight_number_taken")    // the number of {name} leads to something else
	ErrWeightBeyond  = fault.New(fault.Exceeded, "catalog.weight_beyond_code")     // five digits do not hold it
)

const (
	weightDigits = 13     // of the whole code
	maxWeighed   = 99_999 // what five digits hold
	maxMeasured  = 100_000 * money.One
)

// WeightReader reads and writes weight codes: PP IIIII VVVVV C, an EAN-13 with a
// prefix that the merchant chose, the number of an article, a weight in grams or a
// price in minor units, and the check digit. A SKU that is weighed is sold by the
// kilogram, so that grams are thousandths of its unit.
type WeightReader struct {
	Prefixes []setting.WeightPrefix
	Currency money.Currency
	Rounding money.Rounding // of price x quantity
}

// WeightReaderOf is the reader that the settings ask for.
func WeightReaderOf(v setting.Values, cur money.Currency) WeightReader {
	return WeightReader{Prefixes: setting.WeightPrefixes(v), Currency: cur, Rounding: setting.Rounding(v)}
}

// Weighed is what a weight code means.
type Weighed struct {
	SKU      SKU // without bar codes
	Quantity money.Quantity
	Says     string       // setting.SaysWeight, setting.SaysPrice
	Price    money.Amount // as the label says it, where it does
}

// LooksWeighed reports whether a code has the form of a weight code; whether it is
// one, the merchant's settings say.
func LooksWeighed(code string) bool {
	return len(code) == weightDigits && code[0] == '2' && strings.Trim(code, "0123456789") == ""
}

// WeightArticles is what AskSKUs has to be asked for along with a code so that Read
// can tell what it means: the code with no value, and the article's number with and
// without its leading zeros. nil where the code has not the form.
func WeightArticles(code string) []string {
	if !LooksWeighed(code) {
		return nil
	}
	base := code[:7] + "00000"
	out := []string{base + string(checkDigit(base)), code[2:7]}
	if short := strings.TrimLeft(code[2:7], "0"); short != "" && short != code[2:7] {
		out = append(out, short)
	}
	return out
}

// Read says what a code means by the hits of AskSKUs for the code and its
// WeightArticles. It is no weight code (false) where its prefix is not the
// merchant's, or where it is a SKU's own bar code or code as it stands: that goes
// first. Faults: catalog.barcode_check_digit, catalog.weight_zero,
// catalog.weight_unknown_article, catalog.weight_price_changed.
func (r WeightReader) Read(code string, hits []Hit) (w Weighed, ok bool, err error) {
	if !LooksWeighed(code) || hitOf(hits, code) != nil {
		return w, false, nil
	}
	at := slices.IndexFunc(r.Prefixes, func(p setting.WeightPrefix) bool { return p.Prefix == code[:2] })
	if at < 0 {
		return w, false, nil
	}
	if code[12] != checkDigit(code[:12]) {
		return w, true, ErrCheckDigit.On("barcode").With("barcode", code)
	}
	value := int64(0)
	for _, c := range code[7:12] {
		value = value*10 + int64(c-'0')
	}
	if value == 0 {
		return w, true, ErrWeightZero.On("barcode")
	}
	var h *Hit
	for _, name := range WeightArticles(code) {
		if h == nil {
			h = hitOf(hits, name)
		}
	}
	if h == nil {
		return w, true, ErrWeightUnknown.On("barcode").With("article", code[2:7])
	}
	w = Weighed{SKU: h.SKU, Says: r.Prefixes[at].Says, Quantity: money.Quantity(value)}
	if w.Says == setting.SaysPrice {
		w.Price = money.Amount(value)
		w.Quantity, err = r.costing(&w.SKU, w.Price)
	}
	return w, true, err
}

// hitOf is the goods that are sold under a code.
func hitOf(hits []Hit, code string) *Hit {
	for i := range hits {
		if hits[i].Barcode == code && !hits[i].Archived {
			return &hits[i]
		}
	}
	return nil
}

// costing is the quantity that costs what a label says, or within one minor unit of
// it: a scale may round otherwise than the shop does.
func (r WeightReader) costing(s *SKU, price money.Amount) (money.Quantity, error) {
	changed := ErrWeightPrice.On("barcode").With("name", s.Name).With("label", r.Currency.Format(price)).With("price", r.Currency.FormatPrice(s.UnitPrice))
	if s.UnitPrice <= 0 {
		return 0, changed
	}
	near := money.Quantity(money.Amount(r.Currency.Price(price)).MulDiv(int64(money.One), int64(s.UnitPrice), money.HalfUp))
	best, off := money.Quantity(0), money.Amount(2)
	for _, q := range []money.Quantity{near, near + 1, near - 1} { // the nearest goes first; another where the shop rounds down
		if q <= 0 || q > maxMeasured {
			continue
		}
		a, err := r.Currency.Extend(s.UnitPrice, q, r.Rounding)
		if err != nil {
			return 0, err
		}
		if d := (a - price).Abs(); d < off {
			best, off = q, d
		}
	}
	if best == 0 {
		return 0, changed
	}
	return best, nil
}

// Write makes the weight code of so much of a SKU, read with its bar codes: one that
// says the weight where the merchant has a prefix for it, else one that says the
// price. "" where there is no prefix. What it answers reads back as this SKU. Faults:
// catalog.weight_no_number, catalog.weight_number_taken, catalog.weight_beyond_code.
func (r WeightReader) Write(ctx context.Context, rd db.Reader, m id.ID, s *SKU, weight money.Quantity) (string, error) {
	if len(r.Prefixes) == 0 {
		return "", nil
	}
	price, err := r.Currency.Extend(s.UnitPrice, weight, r.Rounding)
	if err != nil {
		return "", err
	}
	var codes, ask []string
	numbered := false
	for _, says := range []string{setting.SaysWeight, setting.SaysPrice} {
		value := int64(weight)
		if says == setting.SaysPrice {
			value = int64(price)
		}
		for _, p := range r.Prefixes {
			for _, number := range s.weightNumbers(p.Prefix) {
				if p.Says != says {
					continue
				}
				numbered = true
				if value < 1 || value > maxWeighed {
					continue
				}
				code := fmt.Sprintf("%s%s%05d", p.Prefix, number, value)
				code += string(checkDigit(code))
				codes, ask = append(codes, code), append(append(ask, code), WeightArticles(code)...)
			}
		}
	}
	switch {
	case !numbered:
		return "", ErrWeightNumber.With("name", s.Name)
	case len(codes) == 0:
		return "", ErrWeightBeyond.With("name", s.Name)
	}
	var hits []Hit
	if err := rd.Batch(ctx, AskSKUs(m, nil, ask, &hits)); err != nil {
		return "", err
	}
	for _, code := range codes {
		if w, ok, err := r.Read(code, hits); ok && err == nil && w.SKU.ID == s.ID {
			return code, nil
		}
	}
	return "", ErrWeightTaken.With("name", s.Name)
}

// weightNumbers are the five digits that a code of this prefix may name the SKU by:
// its bar code with no value, else a code or bar code of up to five digits.
func (s *SKU) weightNumbers(prefix string) (out []string) {
	for _, b := range s.Barcodes {
		if LooksWeighed(b) && b[:2] == prefix && b[7:12] == "00000" {
			out = append(out, b[2:7])
		}
	}
	for _, b := range append([]string{s.Code}, s.Barcodes...) {
		if n := len(b); n > 0 && n <= 5 && strings.Trim(b, "0123456789") == "" {
			out = append(out, strings.Repeat("0", 5-n)+b)
		}
	}
	return out
}
