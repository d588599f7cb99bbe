package checkout_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
)

// TestOneSaleEndToEnd is the story of the first page: top up 500 and get 100,
// sell lines with a coupon and a punch card on two tenders, refund two lines,
// refund the rest, and find everything as before.
func TestOneSaleEndToEnd(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1, "salon")
		s.sell(s.basket(0, true, topUp(50000)), cash(50000))
		if w := s.wallet(); w.Principal != 50000 || w.Bonus != 10000 {
			t.Fatalf("500 should get 100: %+v", w)
		}
		s.sell(s.basket(0, true, checkout.LineIn{Kind: sale.LinePunchCard, SKU: s.skus["cut"].ID, Amount: 100000, Visits: 10, FreeVisits: 2}), cash(100000))
		if w := s.wallet(); len(w.Punches) != 1 || w.Punches[0].Remaining != 12 {
			t.Fatalf("punches: %+v", w)
		}
		code := s.coupon(coupon.Definition{Name: "ten off", Kind: coupon.KindCash, Amount: 1000}, s.member)
		before, teaBefore := s.wallet(), s.onHand("tea")
		b := s.basket(0, true, s.line("tea", "3"), s.line("soap", "1"), s.line("rice", "1.5"), s.line("cut", "1"), s.line("tea", "1"))
		b.Lines[3].Staff = s.staff
		b.Coupons = []string{code}
		q, err := s.desk.Quote(s.ctx, b)
		if err != nil {
			t.Fatal(err)
		}
		// 25.50 + 25.00 + 5.00 (3.33 x 1.5 = 4.995) + 120.00 + 8.50 = 184.00; the cut is paid by a visit, ten off
		if q.Subtotal != 18400 || q.Total != 5400 {
			t.Fatalf("subtotal %d total %d, want 18400 and 5400; %+v", q.Subtotal, q.Total, q.Adjustments)
		}
		got := s.sell(b, stored(3000), cash(10000))
		if got.Change != 7600 || got.Total != 5400 || got.Points == 0 || got.Commission != 0 {
			t.Fatalf("change %d points %d commission %d", got.Change, got.Points, got.Commission)
		}
		after := s.wallet()
		if after.StoredValue() != before.StoredValue()-3000 || after.Principal != 47500 || after.Bonus != 9500 || after.Punches[0].Remaining != 11 {
			t.Fatalf("after the sale: %+v", after)
		}
		if s.onHand("tea") != teaBefore-4*money.One {
			t.Fatal("stock did not move")
		}
		s.proven()
		loaded, err := sale.Get(s.ctx, d, s.m.ID, got.ID)
		if err != nil {
			t.Fatal(err)
		}
		part, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: got.ID, Reason: "broken", Lines: []checkout.RefundLine{{Line: loaded.Lines[0].ID, Quantity: money.One}, {Line: loaded.Lines[3].ID, Quantity: money.One}}})
		if err != nil {
			t.Fatal(err)
		}
		if w := s.wallet(); w.Punches[0].Remaining != 12 {
			t.Fatalf("the visit did not come back: %+v", w)
		}
		s.proven()
		rest, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: got.ID, Reason: "all of it"})
		if err != nil {
			t.Fatal(err)
		}
		if part.Total+rest.Total != got.Total {
			t.Fatalf("%d + %d is not %d", part.Total, rest.Total, got.Total)
		}
		if w := s.wallet(); fmt.Sprint(w) != fmt.Sprint(before) {
			t.Fatalf("the wallet is not as before:\n%+v\n%+v", before, w)
		}
		if s.onHand("tea") != teaBefore {
			t.Fatal("stock is not as before")
		}
		if _, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: got.ID, Reason: "again"}); !errors.Is(err, checkout.ErrNothingLeft) {
			t.Fatal(err)
		}
		s.sell(withCoupon(s.basket(0, true, s.line("soap", "1")), code), cash(1500)) // the coupon is back
		s.proven()
	})
}

func withCoupon(b checkout.Basket, code string) checkout.Basket {
	b.Coupons = []string{code}
	return b
}

func TestAQuoteBinds(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		b := s.basket(0, true, s.line("soap", "2"))
		q, err := s.desk.Quote(s.ctx, b)
		if err != nil || q.Total != 5000 {
			t.Fatal(q, err)
		}
		s.tx(func(_ ctxT, tx *db.Tx) error {
			tx.Queue(`update skus set unit_price = 300000 where merchant_id = $1 and id = $2`, s.m.ID, s.skus["soap"].ID)
			return nil
		})
		got, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: b, QuoteRef: q.Ref, Tenders: []checkout.TenderIn{cash(5000)}})
		if err != nil || got.Total != 5000 {
			t.Fatalf("the quote does not bind: %v", err)
		}
		shown := money.Amount(5000)
		_, err = s.desk.Complete(s.ctx, checkout.SaleIn{Basket: b, ExpectedTotal: &shown, Tenders: []checkout.TenderIn{cash(5000)}})
		if !errors.Is(err, checkout.ErrTotalChanged) {
			t.Fatalf("want checkout.total_changed, got %v", err)
		}
		// a quote that is not at hand any more still carries what the screen showed
		other := &checkout.Desk{DB: d, Rules: s.desk.Rules, Packs: s.desk.Packs, Vault: s.desk.Vault, Log: s.desk.Log}
		_, err = other.Complete(s.ctx, checkout.SaleIn{Basket: b, QuoteRef: q.Ref, Tenders: []checkout.TenderIn{cash(5000)}})
		if !errors.Is(err, checkout.ErrTotalChanged) {
			t.Fatalf("want checkout.total_changed, got %v", err)
		}
		s.proven()
	})
}

func TestWrongBasketsLeaveNoTrace(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s, other := newShop(t, d, c, 1), newShop(t, d, c, 1)
		ok := s.line("soap", "1")
		for name, v := range map[string]struct {
			in   checkout.SaleIn
			want error
		}{
			"empty":              {checkout.SaleIn{Basket: s.basket(0, false)}, checkout.ErrEmpty},
			"negative quantity":  {checkout.SaleIn{Basket: s.basket(0, false, checkout.LineIn{SKU: ok.SKU, Quantity: -1000})}, checkout.ErrQuantity},
			"unknown sku":        {checkout.SaleIn{Basket: s.basket(0, false, checkout.LineIn{SKU: s.member, Quantity: 1000})}, checkout.ErrUnknownSKU},
			"another's sku":      {checkout.SaleIn{Basket: s.basket(0, false, checkout.LineIn{SKU: other.skus["soap"].ID, Quantity: 1000})}, checkout.ErrUnknownSKU},
			"another's member":   {checkout.SaleIn{Basket: checkout.Basket{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.registers[0].ID, Member: other.member, Lines: []checkout.LineIn{ok}}}, checkout.ErrUnknownMember},
			"underpaid":          {checkout.SaleIn{Basket: s.basket(0, false, ok), Tenders: []checkout.TenderIn{cash(2499)}}, checkout.ErrUnderpaid},
			"card over total":    {checkout.SaleIn{Basket: s.basket(0, false, ok), Tenders: []checkout.TenderIn{{Type: sale.TenderCard, Amount: 2501}}}, checkout.ErrOverpaid},
			"stored value alone": {checkout.SaleIn{Basket: s.basket(0, false, ok), Tenders: []checkout.TenderIn{stored(2500)}}, checkout.ErrMemberNeeded},
			"no stored value":    {checkout.SaleIn{Basket: s.basket(0, true, ok), Tenders: []checkout.TenderIn{stored(2500)}}, walletShort},
			"out of stock":       {checkout.SaleIn{Basket: s.basket(0, false, s.line("soap", "1001")), Tenders: []checkout.TenderIn{cash(99999999)}}, stock.ErrInsufficient},
		} {
			if _, err := s.desk.Complete(s.ctx, v.in); !errors.Is(err, v.want) {
				t.Errorf("%s: want %v, got %v", name, v.want, err)
			}
		}
		for _, table := range []string{"sales", "entries", "shifts", "(select merchant_id from events where type <> 'member.joined.v1') e"} {
			n, err := db.Value[int](s.ctx, d, `select count(*) from `+table+` where merchant_id = $1`, s.m.ID)
			if err != nil || n != 0 {
				t.Errorf("%s has %d rows, %v", table, n, err)
			}
		}
		s.proven()
	})
}

func TestVoidOnlyWithinItsShift(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1, "retail")
		before := s.wallet()
		first := s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
		back, err := s.desk.Void(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: first.ID, Reason: "mistake"})
		if err != nil || back.Kind != sale.KindVoid || back.Total != 2500 {
			t.Fatal(back, err)
		}
		if w := s.wallet(); fmt.Sprint(w) != fmt.Sprint(before) {
			t.Fatalf("%+v\n%+v", before, w)
		}
		second := s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
		s.closeShift(0, 2500)
		if _, err := s.desk.Void(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: second.ID, Reason: "late"}); !errors.Is(err, checkout.ErrVoidLate) {
			t.Fatal(err)
		}
		s.proven()
	})
}
