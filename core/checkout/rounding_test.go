package checkout_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

// TestA14_LinesSumToTheTotalInEveryPolicy goes through all policies of rounding,
// of prices and of tax, with weighed goods.
func TestA14_LinesSumToTheTotalInEveryPolicy(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.sku("odd", catalog.Goods, "food", 333, 100_000)
		s.activate("retail", `{"tier_on": false, "full_on": true, "full_steps": [{"spend": 1000, "off": 37}]}`)
		s.stockUp("rice", 100_000)
		rapid.Check(t, func(rt *rapid.T) {
			for key, values := range map[string][]string{
				"price.rounding": {"half_up", "half_even", "down"}, "price.rounding_at": {"line", "total"}, "tax.rounding": {"line", "total"},
				"tax.inclusive": {"true", "false"}, "tax.rate": {"0", "130000", "81000"},
			} {
				s.set(key, rapid.SampledFrom(values).Draw(rt, key))
			}
			b := s.basket(0, true)
			for range rapid.IntRange(1, 5).Draw(rt, "lines") {
				sku := rapid.SampledFrom([]string{"rice", "odd", "tea"}).Draw(rt, "sku")
				q := money.Quantity(rapid.IntRange(1, 9999).Draw(rt, "thousandths"))
				if sku == "tea" {
					q = money.One
				}
				b.Lines = append(b.Lines, checkout.LineIn{SKU: s.skus[sku].ID, Quantity: q})
			}
			q, err := s.desk.Quote(s.ctx, b)
			if err != nil {
				rt.Fatal(err)
			}
			in := checkout.SaleIn{Basket: b, QuoteRef: q.Ref}
			if q.Total > 0 {
				in.Tenders = []checkout.TenderIn{cash(q.Total)}
			}
			got, err := s.desk.Complete(s.ctx, in)
			if err != nil {
				rt.Fatal(err)
			}
			var net, tax, back money.Amount
			for _, l := range got.Lines {
				net += l.Net
				tax += l.Tax
			}
			if !q.Inclusive {
				net += tax
			}
			if net != got.Total || tax != got.Tax || got.Subtotal-got.Discount+map[bool]money.Amount{true: 0, false: tax}[q.Inclusive] != got.Total {
				rt.Fatalf("lines %d, tax %d; the document says %d and %d", net, tax, got.Total, got.Tax)
			}
			for i, l := range got.Lines { // each line by itself, then what is left
				if i == len(got.Lines)-1 {
					break
				}
				part, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: got.ID, Reason: "test", Lines: []checkout.RefundLine{{Line: l.ID, Quantity: l.Quantity}}})
				if err != nil {
					rt.Fatal(err)
				}
				back += part.Total
			}
			rest, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: got.ID, Reason: "test"})
			if err != nil {
				rt.Fatal(err)
			}
			if back += rest.Total; back != got.Total {
				rt.Fatalf("refunded %d of %d", back, got.Total)
			}
		})
		s.proven()
	})
}

// drawer is what the till's cash account says.
func (s *shop) drawer() money.Amount {
	s.t.Helper()
	v, err := db.Value[int64](s.ctx, s.db, `select cast(coalesce(-sum(p.amount), 0) as bigint) from postings p join accounts a on a.merchant_id = p.merchant_id and a.id = p.account_id
		where p.merchant_id = $1 and a.class = 'tender:cash'`, s.m.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return money.Amount(v)
}

func TestA15_OnlyTheCashPartIsRounded(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.set("cash.rounding_step", "5")
		s.sku("nut", catalog.Goods, "food", 10300, 1000) // 1.03
		for _, v := range []struct {
			tenders  []checkout.TenderIn
			rounding money.Amount
			cash     money.Amount
			change   money.Amount
		}{
			{[]checkout.TenderIn{cash(105)}, 2, 105, 0},
			{[]checkout.TenderIn{cash(200)}, 2, 105, 95},
			{[]checkout.TenderIn{{Type: sale.TenderCard, Amount: 103}}, 0, 0, 0},
			{[]checkout.TenderIn{{Type: sale.TenderCard, Amount: 51}, cash(50)}, -2, 50, 0},
		} {
			before := s.drawer()
			of := s.sell(s.basket(0, false, s.line("nut", "1")), v.tenders...)
			if of.Total != 103 || of.CashRounding != v.rounding || of.Change != v.change || s.drawer()-before != v.cash {
				t.Errorf("%v: rounding %d, change %d, into the drawer %d", v.tenders, of.CashRounding, of.Change, s.drawer()-before)
			}
			back := s.refund(of)
			if back.Total != 103 || back.CashRounding != v.rounding || s.drawer() != before {
				t.Errorf("%v: the refund: rounding %d, drawer %d, want %d", v.tenders, back.CashRounding, s.drawer(), before)
			}
		}
		if _, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: s.basket(0, false, s.line("nut", "1")), Tenders: []checkout.TenderIn{cash(103)}}); !errors.Is(err, checkout.ErrUnderpaid) {
			t.Errorf("two cents that no coin pays: %v", err)
		}
		// Any path of refunds gives back what the drawer took.
		rapid.Check(t, func(rt *rapid.T) {
			before := s.drawer()
			n := rapid.IntRange(1, 7).Draw(rt, "units")
			b := s.basket(0, false, checkout.LineIn{SKU: s.skus["nut"].ID, Quantity: money.Quantity(n) * money.One}, s.line("rice", "0.7"))
			q, err := s.desk.Quote(s.ctx, b)
			if err != nil {
				rt.Fatal(err)
			}
			card := money.Amount(rapid.Int64Range(0, int64(q.Total)-1).Draw(rt, "card"))
			tenders := []checkout.TenderIn{cash(q.CashDue(q.Total - card))}
			if card > 0 {
				tenders = append(tenders, checkout.TenderIn{Type: sale.TenderCard, Amount: card})
			}
			if tenders[0].Amount == 0 {
				return // nothing to pay in cash
			}
			of, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: b, Tenders: tenders})
			if err != nil {
				rt.Fatal(err)
			}
			for range rapid.IntRange(0, n-1).Draw(rt, "steps") {
				if _, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "test", Lines: []checkout.RefundLine{units(of, 0, 1)}}); err != nil {
					rt.Fatal(err)
				}
			}
			if _, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "test"}); err != nil {
				rt.Fatal(err)
			}
			if s.drawer() != before {
				rt.Fatalf("the drawer has %d more than before", s.drawer()-before)
			}
		})
		s.proven()
	})
}

func TestADiscountByHand(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		b := s.basket(0, false, s.line("soap", "2"), s.line("tea", "1"))
		b.Discounts = []checkout.Discount{{Line: 1, Rate: money.Whole / 10, Reason: "the box is dented"}}
		if _, err := s.desk.Quote(s.ctx, b); !errors.Is(err, checkout.ErrNeedsManager) {
			t.Fatal(err)
		}
		s.set("discount.cashier_limit", "100000")
		q, err := s.desk.Quote(s.ctx, b)
		if err != nil || q.Total != 5350 || len(q.Adjustments) != 1 || q.Adjustments[0].Amount != -500 {
			t.Fatal(q, err)
		}
		b.Drop = 50
		q, err = s.desk.Quote(s.ctx, b)
		if err != nil || q.Total != 5300 || len(q.Adjustments) != 3 {
			t.Fatal(q, err)
		}
		of := s.sell(b, cash(5300))
		if back := s.refund(of); back.Total != 5300 {
			t.Fatal(back.Total)
		}
		b.Drop = 150
		if _, err := s.desk.Quote(s.ctx, b); !errors.Is(err, checkout.ErrNeedsManager) {
			t.Fatal(err)
		}
		if q, err = s.desk.Quote(s.asManager(), b); err != nil || q.Total != 5200 {
			t.Fatal(q, err)
		}
		for _, wrong := range []checkout.Discount{{Line: 1, Amount: 5001, Reason: "x"}, {Line: 3, Amount: 1, Reason: "x"}, {Amount: 1, Rate: 1, Reason: "x"}, {Amount: -1, Reason: "x"}, {Reason: "x"}} {
			b := s.basket(0, false, s.line("soap", "2"), s.line("tea", "1"))
			b.Discounts = []checkout.Discount{wrong}
			if _, err := s.desk.Quote(s.asManager(), b); !errors.Is(err, checkout.ErrDiscount) {
				t.Errorf("%+v: %v", wrong, err)
			}
		}
		s.proven()
	})
}
