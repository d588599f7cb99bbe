package report

import (
	"context"
	"fmt"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/label"
	"github.com/shopwright/shopwright/core/money"
)

// LabelContent is what a SKU's label says, as of now: its price in the words of l, and
// its bar code, an EAN of thirteen digits before others. perUnit is the price of a unit
// as it is to be printed ("¥9.00 / 100 g"); "" is none.
func LabelContent(l i18n.Locale, cur money.Currency, shop string, s *catalog.SKU, perUnit string) label.Content {
	c := label.Content{Shop: shop, Name: s.Name, Price: l.Price(cur, s.UnitPrice), PerUnit: perUnit, SKU: s.Code}
	for _, b := range s.Barcodes {
		if c.Barcode == "" || len(b) == 13 && len(c.Barcode) != 13 {
			c.Barcode = b
		}
	}
	return c
}

// MaxLabelWeight is the most that a label says, in thousandths of a kilogram.
const MaxLabelWeight = 10_000*money.One - 1

// WeighedContent is LabelContent of so many kilograms: with the weight, what it costs,
// and what a kilogram does where perUnit does not say otherwise. Faults:
// label.weight_invalid, money.overflow.
func WeighedContent(l i18n.Locale, r catalog.WeightReader, shop string, s *catalog.SKU, weight money.Quantity, perUnit string) (label.Content, error) {
	if weight < 1 || weight > MaxLabelWeight {
		return label.Content{}, label.ErrWeight.On("weight").With("max", kilograms(MaxLabelWeight))
	}
	price, err := r.Currency.Extend(s.UnitPrice, weight, r.Rounding)
	if err != nil {
		return label.Content{}, err
	}
	if perUnit == "" {
		perUnit = l.T("label.per_kilogram", "price", l.Price(r.Currency, s.UnitPrice))
	}
	c := LabelContent(l, r.Currency, shop, s, perUnit)
	c.Weight, c.Price = l.T("label.kilograms", "weight", kilograms(weight)), l.Money(r.Currency, price)
	return c, nil
}

// WeighedLabel is a label of so many kilograms in a design. Its code is the weight code
// where the merchant has a prefix for one, so that the till sells what the label says;
// else the SKU's own. Faults: those of WeighedContent and of catalog.WeightReader.Write.
func WeighedLabel(ctx context.Context, rd db.Reader, m id.ID, d label.Design, l i18n.Locale, r catalog.WeightReader, shop string, s *catalog.SKU, weight money.Quantity, perUnit string) (label.Label, error) {
	c, err := WeighedContent(l, r, shop, s, weight, perUnit)
	if err != nil || d.Code == label.CodeNone {
		return label.Layout(d, c), err
	}
	code, err := r.Write(ctx, rd, m, s, weight)
	if err != nil {
		return label.Label{}, err
	}
	if code != "" {
		c.Barcode = code
	}
	return label.Layout(d, c), nil
}

// kilograms writes a weight with its three decimals, as scales do.
func kilograms(q money.Quantity) string {
	return fmt.Sprintf("%d.%03d", int64(q/money.One), int64(q%money.One))
}
