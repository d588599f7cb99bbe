package receipt

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
)

// Faults of a template, each with the name of the field that is wrong.
var (
	ErrPaper        = fault.New(fault.Invalid, "receipt.paper_unknown")    // not one of Papers
	ErrLang         = fault.New(fault.Invalid, "receipt.language_unknown") // no catalogue speaks it
	ErrLangTwice    = fault.New(fault.Invalid, "receipt.language_twice")   // the second language is the first
	ErrText         = fault.New(fault.Invalid, "receipt.text_too_long")    // {max} characters, {lines} lines
	ErrCopies       = fault.New(fault.Invalid, "receipt.copies_invalid")   // not 1 to {max}
	ErrField        = fault.New(fault.Invalid, "receipt.field_unknown")
	ErrMemberName   = fault.New(fault.Invalid, "receipt.member_name_invalid") // none of the ways to name a member
	ErrCodeKind     = fault.New(fault.Invalid, "receipt.code_kind_invalid")
	ErrCodeContent  = fault.New(fault.Invalid, "receipt.code_content_invalid") // empty, over {max} bytes, or no web address
	ErrLogoWidth    = fault.New(fault.Invalid, "receipt.logo_width_invalid")
	ErrLogoTooLarge = fault.New(fault.Invalid, "receipt.logo_too_large")   // over {max} kilobytes
	ErrLogoType     = fault.New(fault.Invalid, "receipt.logo_unreadable")  // neither PNG nor JPEG
	ErrLogoSize     = fault.New(fault.Invalid, "receipt.logo_dimensions")  // a side is not {least} to {most} dots
	ErrLogoMissing  = fault.New(fault.NotFound, "receipt.logo_not_found")  // the template names a picture that is not there
	ErrBusinessNo   = fault.New(fault.Invalid, "receipt.business_invalid") // over 40 characters
)

// Papers are the widths of paper in columns: 58 mm, 76 mm and 80 mm.
var Papers = []int{32, 42, 48}

// MaxCopies is how often one printing of a receipt prints it.
const MaxCopies = 3

// Field is a part of a receipt that a shop may leave out.
type Field string

// The fields. What the books oblige a receipt to say, its number, lines, totals
// and tenders, is no field.
const (
	FieldMerchant     Field = "merchant"
	FieldShop         Field = "shop"
	FieldAddress      Field = "address"
	FieldRegister     Field = "register"
	FieldCashier      Field = "cashier"
	FieldCard         Field = "card" // the member's, masked
	FieldTier         Field = "tier"
	FieldCodes        Field = "codes"     // of the items
	FieldDiscounts    Field = "discounts" // each with what it is for; otherwise lines say what they cost after it
	FieldSaved        Field = "saved"
	FieldTaxes        Field = "taxes" // what is taxed at which rate
	FieldStaff        Field = "staff" // who served
	FieldPointsBefore Field = "points_before"
	FieldPoints       Field = "points"
	FieldWallet       Field = "wallet"
	FieldPunches      Field = "punches"
	FieldCoupons      Field = "coupons" // that the member still has
)

// Fields lists every field, as a form shows them.
func Fields() []Field {
	return []Field{FieldMerchant, FieldShop, FieldAddress, FieldRegister, FieldCashier, FieldCard, FieldTier, FieldCodes, FieldDiscounts,
		FieldSaved, FieldTaxes, FieldStaff, FieldPointsBefore, FieldPoints, FieldWallet, FieldPunches, FieldCoupons}
}

// How a member is named.
const (
	NameFull   = "full"
	NameMasked = "masked" // the first character
	NameNone   = "none"
)

// What the code at the foot holds.
const (
	CodeSale   = "sale"   // the document's id: a scan at the register finds it for a refund
	CodeNumber = "number" // the receipt's number
	CodeText   = "text"   // a fixed text
	CodeURL    = "url"    // a web address with {number} and {sale} in it
	CodeNone   = "none"
)

// LogoWidths are the parts of the paper that a logo may take, in percent.
var LogoWidths = []int{40, 60, 80, 100}

// Template is how a shop's receipts look. The zero value is not valid:
// DefaultTemplate is what a shop has that never made one.
type Template struct {
	Paper      int               `json:"paper"`            // columns
	Lang       string            `json:"lang,omitempty"`   // "" = the shop's receipt language
	Second     string            `json:"second,omitempty"` // a second language beside it; "" = none
	Head       map[string]string `json:"head,omitempty"`   // by language; lines above the sale
	Foot       map[string]string `json:"foot,omitempty"`   // likewise below
	BusinessNo string            `json:"business_no,omitempty"`
	Fields     []Field           `json:"fields"`
	MemberName string            `json:"member_name"`
	Code       string            `json:"code"`
	CodeText   string            `json:"code_text,omitempty"`
	Copies     int               `json:"copies"`
	Logo       string            `json:"logo,omitempty"` // the hash of its content
	LogoWidth  int               `json:"logo_width"`     // percent of the paper
}

// DefaultTemplate is the receipt without a template: what most shops need.
func DefaultTemplate() Template {
	t := Template{Paper: 48, MemberName: NameFull, Code: CodeSale, Copies: 1, LogoWidth: 60}
	for _, f := range Fields() {
		if f != FieldCard && f != FieldCodes && f != FieldPointsBefore && f != FieldCoupons {
			t.Fields = append(t.Fields, f)
		}
	}
	return t
}

// Shows reports whether a field is shown.
func (t Template) Shows(f Field) bool { return slices.Contains(t.Fields, f) }

// Dots is the width of the paper's print in dots.
func (t Template) Dots() int { return t.Paper * CellWidth }

// LogoDots is how wide the logo may be.
func (t Template) LogoDots() int { return t.Dots() * t.LogoWidth / 100 &^ 7 }

const (
	maxText     = 600 // characters of all lines in one language
	maxLines    = 12
	maxCodeText = 400 // bytes: a code of more is too fine for receipt paper
)

// Check validates a template and brings it into its stored form. Faults:
// receipt.paper_unknown, receipt.language_unknown, receipt.language_twice,
// receipt.text_too_long, receipt.business_invalid, receipt.field_unknown,
// receipt.member_name_invalid, receipt.code_kind_invalid,
// receipt.code_content_invalid, receipt.copies_invalid,
// receipt.logo_width_invalid.
func (t *Template) Check() error {
	switch {
	case !slices.Contains(Papers, t.Paper):
		return ErrPaper.On("paper")
	case t.Lang != "" && !i18n.Known(t.Lang):
		return ErrLang.On("lang")
	case t.Second != "" && !i18n.Known(t.Second):
		return ErrLang.On("second")
	case t.Second != "" && t.Second == t.Lang:
		return ErrLangTwice.On("second")
	case t.MemberName != NameFull && t.MemberName != NameMasked && t.MemberName != NameNone:
		return ErrMemberName.On("member_name")
	case t.Copies < 1 || t.Copies > MaxCopies:
		return ErrCopies.On("copies").With("max", MaxCopies)
	case !slices.Contains(LogoWidths, t.LogoWidth):
		return ErrLogoWidth.On("logo_width")
	}
	var err error
	if t.Head, err = cleanTexts(t.Head, "head"); err != nil {
		return err
	}
	if t.Foot, err = cleanTexts(t.Foot, "foot"); err != nil {
		return err
	}
	t.BusinessNo = strings.Join(strings.Fields(clean(t.BusinessNo)), " ")
	if utf8.RuneCountInString(t.BusinessNo) > 40 {
		return ErrBusinessNo.On("business_no")
	}
	known := Fields()
	var fields []Field
	for _, f := range known {
		if t.Shows(f) {
			fields = append(fields, f)
		}
	}
	for _, f := range t.Fields {
		if !slices.Contains(known, f) {
			return ErrField.On("fields")
		}
	}
	t.Fields = fields
	return t.checkCode()
}

func (t *Template) checkCode() error {
	t.CodeText = strings.TrimSpace(clean(t.CodeText))
	bad := ErrCodeContent.On("code_text").With("max", maxCodeText)
	switch t.Code {
	case CodeSale, CodeNumber, CodeNone:
		t.CodeText = ""
		return nil
	case CodeText:
		if t.CodeText == "" || len(t.CodeText) > maxCodeText {
			return bad
		}
		return nil
	case CodeURL:
		u, err := url.Parse(fillCode(t.CodeText, "A1-000001", "00000000-0000-7000-8000-000000000000"))
		if err != nil || len(t.CodeText) > maxCodeText || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return bad
		}
		return nil
	}
	return ErrCodeKind.On("code")
}

func fillCode(text, number, sale string) string {
	return strings.NewReplacer("{number}", url.QueryEscape(number), "{sale}", url.QueryEscape(sale)).Replace(text)
}

// cleanTexts trims what is written in each language and leaves out what is empty.
func cleanTexts(in map[string]string, param string) (map[string]string, error) {
	out := map[string]string{}
	for _, lang := range slices.Sorted(maps.Keys(in)) {
		if !i18n.Known(lang) {
			return nil, ErrLang.On(param)
		}
		s := strings.TrimSpace(clean(in[lang]))
		if s == "" {
			continue
		}
		if utf8.RuneCountInString(s) > maxText || strings.Count(s, "\n") >= maxLines {
			return nil, ErrText.On(param+"_"+lang).With("max", maxText).With("lines", maxLines)
		}
		out[lang] = s
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// in answers the lines of a text on a receipt in those languages: each language's
// own, the same lines once; where none of them has any, the first that is there.
func in(texts map[string]string, langs []string) (out []string) {
	var had []string
	for _, l := range langs {
		if s := texts[l]; s != "" && !slices.Contains(had, s) {
			had = append(had, s)
			out = append(out, strings.Split(s, "\n")...)
		}
	}
	if out != nil {
		return out
	}
	for _, l := range i18n.Tags() {
		if s := texts[l]; s != "" {
			return strings.Split(s, "\n")
		}
	}
	return nil
}

// Langs are the languages of a receipt whose first is lang.
func (t Template) Langs(lang string) []string {
	if t.Second == "" || t.Second == lang {
		return []string{lang}
	}
	return []string{lang, t.Second}
}

// Texts says a message in each of the languages, once where they say the same.
func Texts(langs []string, join string) func(key string, args ...any) string {
	first := i18n.Match(langs[0])
	if len(langs) == 1 {
		return first.T
	}
	second := i18n.Match(langs[1])
	return func(key string, args ...any) string {
		a, b := first.T(key, args...), second.T(key, args...)
		if a == b || b == "" {
			return a
		}
		return a + join + b
	}
}
