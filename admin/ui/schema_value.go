package ui

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

// What can be wrong with a field of a form.
var (
	ErrRequired    = fault.New(fault.Invalid, "ui.field_required")
	ErrNotNumber   = fault.New(fault.Invalid, "ui.field_not_a_number")
	ErrNotTime     = fault.New(fault.Invalid, "ui.field_not_a_time")
	ErrTooSmall    = fault.New(fault.Invalid, "ui.field_too_small")
	ErrTooLarge    = fault.New(fault.Invalid, "ui.field_too_large")
	ErrTooShort    = fault.New(fault.Invalid, "ui.field_too_short")
	ErrTooLong     = fault.New(fault.Invalid, "ui.field_too_long")
	ErrPattern     = fault.New(fault.Invalid, "ui.field_pattern")
	ErrNotAChoice  = fault.New(fault.Invalid, "ui.field_not_a_choice")
	ErrTooFewRows  = fault.New(fault.Invalid, "ui.field_too_few_rows")
	ErrTooManyRows = fault.New(fault.Invalid, "ui.field_too_many_rows")
)

type matcher interface{ MatchString(string) bool }

func compilePattern(p string) (matcher, error) { return regexp.Compile(p) }

// scalarText is a JSON scalar without quotes.
func scalarText(raw json.RawMessage) string {
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// text is a stored scalar as a person reads it: 1250 of unit minor is "12.50".
func (s *Schema) text(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	if s.Type != "integer" || s.Unit == "" || len(s.Enum) > 0 {
		return scalarText(raw)
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return string(raw)
	}
	return s.unitText(n)
}

func (s *Schema) unitText(n int64) string {
	switch s.Unit {
	case UnitMinor:
		return s.currency.Format(money.Amount(n))
	case UnitRate:
		return percentText(n)
	case UnitQuantity:
		return money.Quantity(n).String()
	case UnitClock:
		if n >= 0 && n <= 24*60 {
			return fmt.Sprintf("%02d:%02d", n/60, n%60)
		}
	}
	return strconv.FormatInt(n, 10)
}

// percentText writes millionths as per cent. A unit price has the four decimals
// that this needs, so its exact conversions serve here too.
func percentText(n int64) string { return money.Currency{}.FormatPrice(money.UnitPrice(n)) }

// parse reads what a person typed into the stored scalar; text is not blank.
func (s *Schema) parse(text string) (json.RawMessage, *fault.Fault) {
	if len(s.Enum) > 0 {
		for _, c := range s.Enum {
			if scalarText(c.Value) == text {
				return c.Value, nil
			}
		}
		return nil, ErrNotAChoice
	}
	switch s.Type {
	case "integer":
		return s.parseInteger(text)
	case "number":
		return s.parseNumber(text)
	}
	return s.parseString(text)
}

func (s *Schema) parseInteger(text string) (json.RawMessage, *fault.Fault) {
	text = plainNumber(text)
	if s.Unit == UnitRate || s.Unit == UnitPercent {
		text = strings.TrimSpace(strings.TrimSuffix(text, "%"))
	}
	var n int64
	var err error
	switch s.Unit {
	case UnitMinor:
		var a money.Amount
		a, err = s.currency.Parse(text)
		n = int64(a)
	case UnitRate:
		var p money.UnitPrice
		p, err = money.ParsePrice(text)
		n = int64(p)
	case UnitQuantity:
		var q money.Quantity
		q, err = money.ParseQuantity(text)
		n = int64(q)
	case UnitClock:
		var ok bool
		if n, ok = parseClock(text); !ok {
			return nil, ErrNotTime
		}
	default:
		n, err = strconv.ParseInt(text, 10, 64)
	}
	switch {
	case err != nil:
		return nil, ErrNotNumber.Wrap(err)
	case s.Min != nil && n < *s.Min:
		return nil, ErrTooSmall.With("min", s.unitText(*s.Min))
	case s.Max != nil && n > *s.Max:
		return nil, ErrTooLarge.With("max", s.unitText(*s.Max))
	}
	return strconv.AppendInt(nil, n, 10), nil
}

// plainNumber forgives what people type around a number: spaces, the true minus
// sign, full-width digits of a Chinese keyboard and commas between thousands.
func plainNumber(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '．' || r == '。':
			return '.'
		case r == '：':
			return ':'
		case r == '％':
			return '%'
		case r == '\u2212' || r == '－':
			return '-'
		case r == ',' || r == '，' || r == ' ' || r == '\u00a0' || r == '\u3000':
			return -1
		}
		return r
	}, text)
}

// parseClock reads "8:30" up to "24:00".
func parseClock(text string) (int64, bool) {
	h, m, ok := strings.Cut(text, ":")
	if !ok || len(h) < 1 || len(h) > 2 || len(m) != 2 {
		return 0, false
	}
	hh, err1 := strconv.ParseUint(h, 10, 8)
	mm, err2 := strconv.ParseUint(m, 10, 8)
	if err1 != nil || err2 != nil || mm > 59 || hh*60+mm > 24*60 {
		return 0, false
	}
	return int64(hh*60 + mm), true
}

// parseNumber keeps the digits as they were typed: no float touches them.
func (s *Schema) parseNumber(text string) (json.RawMessage, *fault.Fault) {
	text = plainNumber(text)
	if len(text) > 64 || !json.Valid([]byte(text)) || typeOf(json.RawMessage(text)) != "integer" && typeOf(json.RawMessage(text)) != "number" {
		return nil, ErrNotNumber
	}
	// A float64 bound on the size keeps big.Rat from expanding a huge exponent.
	if f, err := strconv.ParseFloat(text, 64); err != nil || f != 0 && math.Abs(f) < 1e-300 {
		return nil, ErrNotNumber
	}
	v, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, ErrNotNumber
	}
	if lo, ok := new(big.Rat).SetString(s.MinNumber.String()); ok && v.Cmp(lo) < 0 {
		return nil, ErrTooSmall.With("min", s.MinNumber.String())
	}
	if hi, ok := new(big.Rat).SetString(s.MaxNumber.String()); ok && v.Cmp(hi) > 0 {
		return nil, ErrTooLarge.With("max", s.MaxNumber.String())
	}
	return json.RawMessage(text), nil
}

func (s *Schema) parseString(text string) (json.RawMessage, *fault.Fault) {
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text):
		return nil, ErrPattern
	case n < s.MinLen:
		return nil, ErrTooShort.With("min", s.MinLen)
	case s.MaxLen > 0 && n > s.MaxLen:
		return nil, ErrTooLong.With("max", s.MaxLen)
	case s.pattern != nil && !s.pattern.MatchString(text):
		return nil, ErrPattern
	}
	b, err := json.Marshal(text)
	if err != nil {
		return nil, ErrPattern.Wrap(err) // a string of valid UTF-8 always encodes
	}
	return b, nil
}
