package report

import (
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/i18n"
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
