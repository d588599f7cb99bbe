package checkout

import (
	"fmt"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

// weigh reads the lines' bar codes that are weight codes. The basket stays as it came
// in, so that it is still the one that a quote binds; quantityOf says how much a line
// is. Faults: catalog.barcode_check_digit, catalog.weight_zero, catalog.weight_counted,
// catalog.weight_unknown_article, catalog.weight_price_changed.
func (l *loaded) weigh(b *Basket) error {
	r := catalog.WeightReaderOf(l.settings, l.desk.Merchant.Currency)
	var read []catalog.Hit
	for i := range b.Lines {
		in := &b.Lines[i]
		if in.Kind != "" {
			continue
		}
		w, ok, err := r.Read(in.Barcode, l.hits)
		if ok && err == nil && in.Quantity != money.One {
			err = catalog.ErrWeightCount.On("quantity")
		}
		if err != nil {
			return fault.Of(err).On(fmt.Sprintf("lines[%d].%s", i, fault.Of(err).Param))
		}
		if !ok {
			continue
		}
		if l.weighed == nil {
			l.weighed = map[string]money.Quantity{}
		}
		l.weighed[in.Barcode] = w.Quantity
		read = append(read, catalog.Hit{SKU: w.SKU, Barcode: in.Barcode})
	}
	l.hits = append(read, l.hits...) // before one of the same code that is archived
	return nil
}

// quantityOf is how much a line is: what its weight code says, else what came in.
func (l *loaded) quantityOf(in *LineIn) money.Quantity {
	if q, ok := l.weighed[in.Barcode]; ok && in.Kind == "" {
		return q
	}
	return in.Quantity
}
