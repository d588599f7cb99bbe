package checkout_test

import (
	"errors"
	"testing"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

func weightCode(t *testing.T, twelve string) string {
	t.Helper()
	code, err := catalog.EAN13(twelve)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// A line that comes in with the code of a weighed label is sold, priced and taken from
// stock as the label says, with a quote and without, and once where it is sent twice.
func TestWeightCodesAreSold(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.sku("123", catalog.Goods, "deli", 128*perYuan, 10)
		s.sku("cake", catalog.Goods, "deli", 5*perYuan, 0)
		byWeight, byPrice := weightCode(t, "210012300352"), weightCode(t, "220012303213") // 45.06, 32.13 (0.251 kg)
		line := func(code string) checkout.LineIn { return checkout.LineIn{Barcode: code, Quantity: money.One} }
		b := s.basket(0, true, line(byWeight), line(byPrice), s.line("soap", "1"))
		if _, err := s.desk.Quote(s.ctx, b); !errors.Is(err, checkout.ErrUnknownSKU) {
			t.Fatalf("read without a prefix: %v", err)
		}
		s.set("catalog.weight_codes", "21:weight,22:price")
		q, err := s.desk.Quote(s.ctx, b)
		if err != nil || q.Total != 4506+3213+2500 || q.Lines[0].Quantity != 352 || q.Lines[1].Quantity != 251 || q.Lines[0].SKU != s.skus["123"].ID {
			t.Fatalf("%+v %v", q, err)
		}
		if b.Lines[0].Quantity != money.One {
			t.Fatal("the caller's basket was altered")
		}
		in := checkout.SaleIn{ID: id.New(1), Basket: b, QuoteRef: q.Ref, Tenders: []checkout.TenderIn{cash(q.Total)}}
		sold, err := s.desk.Complete(s.ctx, in)
		if err != nil || sold.Total != q.Total || sold.Lines[0].Net != 4506 || sold.Lines[1].Net != 3213 {
			t.Fatalf("%+v %v", sold, err)
		}
		if again, err := s.desk.Complete(s.ctx, in); err != nil || !again.Replayed || again.ID != sold.ID {
			t.Fatalf("sent again: %+v %v", again, err)
		}
		if left := s.onHand("123"); left != 10*money.One-352-251 {
			t.Fatal(left)
		}
		// A code that is an article's own goes first.
		s.tx(func(ctx ctxT, tx *db.Tx) error {
			own := []string{byWeight}
			_, err := catalog.Update(ctx, tx, s.m.ID, s.skus["cake"].ID, catalog.Patch{Barcodes: &own})
			return err
		})
		if q, err := s.desk.Quote(s.ctx, s.basket(0, false, line(byWeight))); err != nil || q.Lines[0].SKU != s.skus["cake"].ID || q.Total != 500 {
			t.Fatalf("%+v %v", q, err)
		}
		s.proven()
	})
}

func TestWeightCodesThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.sku("123", catalog.Goods, "deli", 128*perYuan, 10)
		s.set("catalog.weight_codes", "21:weight,22:price")
		good := weightCode(t, "210012300352")
		bad := good[:12] + string('0'+(good[12]-'0'+1)%10)
		for name, c := range map[string]struct {
			in    checkout.LineIn
			want  error
			param string
		}{
			"check digit": {checkout.LineIn{Barcode: bad, Quantity: money.One}, catalog.ErrCheckDigit, "lines[1].barcode"},
			"no weight":   {checkout.LineIn{Barcode: weightCode(t, "210012300000"), Quantity: money.One}, catalog.ErrWeightZero, "lines[1].barcode"},
			"unknown":     {checkout.LineIn{Barcode: weightCode(t, "210077700352"), Quantity: money.One}, catalog.ErrWeightUnknown, "lines[1].barcode"},
			"other price": {checkout.LineIn{Barcode: weightCode(t, "220012304512"), Quantity: money.One}, catalog.ErrWeightPrice, "lines[1].barcode"},
			"two of it":   {checkout.LineIn{Barcode: good, Quantity: 2 * money.One}, catalog.ErrWeightCount, "lines[1].quantity"},
		} {
			_, err := s.desk.Quote(s.ctx, s.basket(0, false, s.line("soap", "1"), c.in))
			if !errors.Is(err, c.want) || fault.Of(err).Param != c.param {
				t.Errorf("%s: %v on %q", name, err, fault.Of(err).Param)
			}
		}
		if n, err := db.Value[int](s.ctx, d, `select count(*) from sales where merchant_id = $1 and state = $2`, s.m.ID, string(sale.StateCompleted)); err != nil || n != 0 {
			t.Fatal(n, err)
		}
	})
}
