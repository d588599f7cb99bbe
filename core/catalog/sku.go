package catalog

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrNotFound        = fault.New(fault.NotFound, "catalog.not_found")
	ErrProductNotFound = fault.New(fault.NotFound, "catalog.product_not_found")
	ErrCode            = fault.New(fault.Invalid, "catalog.code_invalid") // not 1 to 64 printable characters without spaces
	ErrCodeTaken       = fault.New(fault.Conflict, "catalog.code_taken")  // another SKU has it
	ErrName            = fault.New(fault.Invalid, "catalog.name_invalid") // not 1 to 160 characters
	ErrText            = fault.New(fault.Invalid, "catalog.text_too_long")
	ErrKind            = fault.New(fault.Invalid, "catalog.kind_invalid")    // neither goods nor a service
	ErrPrice           = fault.New(fault.Invalid, "catalog.price_invalid")   // negative, or too large to be meant
	ErrStocked         = fault.New(fault.Invalid, "catalog.service_stocked") // a service has no stock
	ErrCategory        = fault.New(fault.Invalid, "catalog.category_invalid")
	ErrBarcode         = fault.New(fault.Invalid, "catalog.barcode_invalid")
	ErrCheckDigit      = fault.New(fault.Invalid, "catalog.barcode_check_digit") // the last digit of an EAN is wrong
	ErrBarcodeTaken    = fault.New(fault.Conflict, "catalog.barcode_taken")
	ErrStale           = fault.New(fault.Conflict, "catalog.stale") // somebody else changed it meanwhile
)

var (
	_ = db.Guard("ux_skus_code", ErrCodeTaken)
	_ = db.Guard("barcodes_pkey", ErrBarcodeTaken)
	_ = db.Guard("ck_skus_price", ErrPrice)
	_ = db.Guard("skus_merchant_id_product_id_fkey", ErrProductNotFound)
)

// Kind is what a SKU is.
type Kind string

const (
	Goods   Kind = "goods"
	Service Kind = "service" // takes staff time and no stock
)

// Product is what is shown in the catalogue; it has one or more SKUs.
type Product struct {
	ID          id.ID
	Name        string
	Description string
	Category    string
	Archived    bool
	CreatedAt   clock.Instant
	SKUs        []SKU // filled by GetProduct
}

// SKU is the smallest thing that is priced, sold and stocked.
type SKU struct {
	ID          id.ID
	Product     id.ID
	Code        string
	Name        string
	Kind        Kind
	Category    string // a category's code
	UnitPrice   money.UnitPrice
	Cost        money.UnitPrice // of one unit, in the scale of a price; 0 where unknown
	TaxCategory string
	Stocked     bool // sales take it from stock
	Archived    bool
	UpdatedAt   clock.Instant
	Barcodes    []string // in order; not filled by AskSKUs
}

// searchForm is what a search looks through: name and code in lower case.
func (s *SKU) searchForm() string { return strings.ToLower(s.Name + " " + s.Code) }

// normalise brings the fields into their stored form and checks them.
func (s *SKU) normalise() error {
	s.Code = strings.TrimSpace(s.Code)
	if !printable(s.Code, 64) {
		return ErrCode.On("code")
	}
	var err error
	if s.Name, err = cleanName(s.Name); err != nil {
		return err
	}
	if s.Kind == "" {
		s.Kind = Goods
	}
	switch {
	case s.Kind != Goods && s.Kind != Service:
		return ErrKind.On("kind")
	case s.Kind == Service && s.Stocked:
		return ErrStocked.On("stocked")
	case s.UnitPrice < 0 || !money.Fits(int64(s.UnitPrice)):
		return ErrPrice.On("unit_price")
	case s.Cost < 0 || !money.Fits(int64(s.Cost)):
		return ErrPrice.On("cost")
	case s.Category != "" && !printable(s.Category, 64):
		return ErrCategory.On("category")
	case s.TaxCategory != "" && !printable(s.TaxCategory, 64):
		return ErrText.On("tax_category")
	}
	return s.normaliseBarcodes()
}

func (s *SKU) normaliseBarcodes() error {
	out := make([]string, 0, len(s.Barcodes))
	for _, b := range s.Barcodes {
		b = strings.TrimSpace(b)
		if err := CheckBarcode(b); err != nil {
			return err
		}
		out = append(out, b)
	}
	slices.Sort(out)
	s.Barcodes = slices.Compact(out)
	return nil
}

func cleanName(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if n := utf8.RuneCountInString(s); n == 0 || n > 160 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", ErrName.On("name")
	}
	return s, nil
}

// printable reports whether s has 1 to most characters, none of them a space or
// a control. A code may be in any script.
func printable(s string, most int) bool {
	n := utf8.RuneCountInString(s)
	return n > 0 && n <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
}

// CheckBarcode accepts what a scanner may read: 1 to 64 visible ASCII
// characters. Eight or thirteen digits are an EAN and must have its check digit.
// Faults: catalog.barcode_invalid, catalog.barcode_check_digit.
func CheckBarcode(b string) error {
	if len(b) == 0 || len(b) > 64 {
		return ErrBarcode.On("barcodes")
	}
	digits := true
	for i := 0; i < len(b); i++ {
		if b[i] <= ' ' || b[i] > '~' {
			return ErrBarcode.On("barcodes")
		}
		digits = digits && b[i] >= '0' && b[i] <= '9'
	}
	if n := len(b); digits && (n == 8 || n == 13) && b[n-1] != checkDigit(b[:n-1]) {
		return ErrCheckDigit.On("barcodes").With("barcode", b)
	}
	return nil
}

// checkDigit is GS1's: from the right the digits count three times and once in turn.
func checkDigit(digits string) byte {
	sum, weight := 0, 3
	for i := len(digits) - 1; i >= 0; i-- {
		sum += int(digits[i]-'0') * weight
		weight = 4 - weight
	}
	return byte('0' + (10-sum%10)%10)
}

// EAN13 completes twelve digits to an EAN-13, e.g. for in-store codes, which
// begin with 20 to 29. Fault: catalog.barcode_invalid.
func EAN13(prefix12 string) (string, error) {
	if len(prefix12) != 12 || strings.Trim(prefix12, "0123456789") != "" {
		return "", ErrBarcode
	}
	return prefix12 + string(checkDigit(prefix12)), nil
}
