package api

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

// Money is an amount in a document's currency, as a string: no reader turns it
// into a binary fraction by accident.
type Money string

// Quantity is a decimal string with up to three decimals.
type Quantity string

// Rate is a decimal string: 0.15 is fifteen per cent.
type Rate string

// notDecimal is what the validation says of a text that is no plain decimal; the
// problem document then has the code money.malformed.
const notDecimal = `a plain decimal in quotes, such as "12.50"`

func decimalSchema(pattern, doc, example string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: pattern, PatternDescription: notDecimal, Description: doc, Examples: []any{example}}
}

// Schema describes Money.
func (Money) Schema(huma.Registry) *huma.Schema {
	return decimalSchema(`^[+-]?[0-9]{1,16}(\.[0-9]{1,4})?$`, "An amount of money in the currency of the document.", "12.50")
}

// Schema describes Quantity.
func (Quantity) Schema(huma.Registry) *huma.Schema {
	return decimalSchema(`^[+-]?[0-9]{1,16}(\.[0-9]{1,3})?$`, "A quantity with up to three decimals.", "1.5")
}

// Schema describes Rate.
func (Rate) Schema(huma.Registry) *huma.Schema {
	return decimalSchema(`^[+-]?[0-9]{1,6}(\.[0-9]{1,6})?$`, "A rate: 0.15 is fifteen per cent.", "0.15")
}

// amount reads money of the caller's currency.
func (c caller) amount(m Money, param string) (money.Amount, error) {
	v, err := c.currency.Parse(string(m))
	return v, on(err, param)
}

// price reads a unit price, which may have more digits than the currency.
func price(m Money, param string) (money.UnitPrice, error) {
	v, err := money.ParsePrice(string(m))
	return v, on(err, param)
}

func quantity(q Quantity, param string) (money.Quantity, error) {
	v, err := money.ParseQuantity(string(q))
	return v, on(err, param)
}

func rate(r Rate, param string) (money.Rate, error) {
	v, err := money.ParseRate(string(r))
	return v, on(err, param)
}

// on names the input that an error speaks of.
func on(err error, param string) error {
	if err == nil {
		return nil
	}
	return fault.Of(err).On(param)
}

func (c caller) money(a money.Amount) Money { return Money(c.currency.Format(a)) }

// moneyIn is a function that writes amounts of a currency.
func moneyIn(c money.Currency) func(money.Amount) Money {
	return func(a money.Amount) Money { return Money(c.Format(a)) }
}

// Instant is a moment, RFC 3339 in UTC.
type Instant clock.Instant

// Schema describes Instant.
func (Instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Examples: []any{"2026-05-01T09:30:00.000000Z"}}
}

// MarshalText writes RFC 3339.
func (i Instant) MarshalText() ([]byte, error) { return clock.Instant(i).MarshalText() }

// UnmarshalText reads RFC 3339.
func (i *Instant) UnmarshalText(b []byte) error { return (*clock.Instant)(i).UnmarshalText(b) }

// instant converts for a document.
func instant(i clock.Instant) Instant { return Instant(i) }

// TenderIn is a means of payment and its amount.
type TenderIn struct {
	Type      string `json:"type" enum:"cash,card,qr,stored_value,points,gift_card"`
	Amount    Money  `json:"amount" doc:"Points: their worth in money."`
	Reference string `json:"reference,omitempty" maxLength:"80" doc:"Of a terminal that is not ours; the code read from the customer's telephone, which is not stored; a gift card's number."`
	PIN       string `json:"pin,omitempty" maxLength:"12" doc:"Stored value where quote.asks_pin, gift cards that have one. Never kept."`
}

// TenderChoice pays a whole sale: a tender type alone, or {"type", "amount"} where
// another amount is handed over.
type TenderChoice TenderIn

var tenderTypes = []any{"cash", "card", "qr", "stored_value", "points"}

// Schema describes both forms.
func (TenderChoice) Schema(r huma.Registry) *huma.Schema {
	kind := &huma.Schema{Type: huma.TypeString, Enum: tenderTypes}
	return &huma.Schema{
		Description: "A tender type, or a tender with its amount.",
		OneOf: []*huma.Schema{{
			Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"type"},
			Properties: map[string]*huma.Schema{"type": kind, "amount": Money("").Schema(r), "reference": {Type: huma.TypeString, MaxLength: new(80)}},
		}, kind},
		Examples: []any{"cash"},
	}
}

// UnmarshalJSON reads both forms.
func (t *TenderChoice) UnmarshalJSON(b []byte) error {
	*t = TenderChoice{}
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &t.Type)
	}
	return json.Unmarshal(b, (*TenderIn)(t))
}
