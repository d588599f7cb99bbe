package checkout_test

import (
	"errors"
	"testing"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

func sameTenders(a, b []sale.Tender) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestARefundIsQuotedAsItIsBooked: the quote writes nothing, and what it says is
// what the refund does.
func TestARefundIsQuotedAsItIsBooked(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("salon", `{"tier_on": false, "topup_steps": [{"amount": 50000, "bonus": 10000}]}`)
		s.activate("retail", pointAYuan)
		top := s.sell(s.basket(0, true, topUp(50000)), cash(50000))
		earned := s.sell(s.basket(0, true, s.line("soap", "40")), stored(30000), cash(70000))
		s.sell(s.basket(0, true, s.line("soap", "1")), points(600), cash(1900))
		number, card := s.giftCard(10000, 9000)
		s.sell(s.basket(0, false, s.line("soap", "2")), giftCard(number, 5000))

		for _, in := range []checkout.RefundIn{
			{Sale: earned.ID, Lines: []checkout.RefundLine{units(earned, 0, 3)}},
			{Sale: earned.ID, Lines: []checkout.RefundLine{units(earned, 0, 5)}, Plan: checkout.RefundPlan{Order: []string{sale.TenderCash}}},
			{Sale: earned.ID, OnShort: checkout.ShortNegative},
			{Sale: top.ID, Prepaid: wallet.Claim{Case: wallet.CaseConsumer}, UsedAtList: 32000},
			{Sale: card.ID, Prepaid: wallet.Claim{Case: wallet.CasePolicy}},
		} {
			in.Merchant, in.Reason = s.m.ID, "test"
			before := s.state()
			q, err := s.desk.QuoteRefund(s.ctx, in)
			if err != nil {
				t.Fatal(in, err)
			}
			if s.state() != before {
				t.Fatal("a quote changed the books")
			}
			had := s.wallet().Points
			other := q.Refund.Total + 1
			in.Expected = &other
			if _, err := s.desk.Refund(s.ctx, in); !errors.Is(err, checkout.ErrTotalChanged) || s.state() != before {
				t.Fatal("booked another total than was shown", err)
			}
			if _, err := s.desk.RequestRefund(s.ctx, in); !errors.Is(err, checkout.ErrTotalChanged) || s.state() != before {
				t.Fatal("asked for another total than was shown", err)
			}
			in.Expected = &q.Refund.Total
			back, err := s.desk.Refund(s.ctx, in)
			if err != nil {
				t.Fatal(in, err)
			}
			if q.Refund.Total != back.Total || q.Refund.Points != back.Points || q.Refund.Commission != back.Commission || q.Refund.CashRounding != back.CashRounding || !sameTenders(q.Refund.Tenders, back.Tenders) {
				t.Errorf("quoted %+v, booked %+v", q.Refund, back)
			}
			if q.Refund.Number != 0 || q.Refund.Lines[0].Withheld != back.Lines[0].Withheld {
				t.Errorf("quoted %+v", q.Refund)
			}
			if debt := max(-s.wallet().Points, 0) - max(-had, 0); q.Missing != debt {
				t.Errorf("%d points are missing, the debt grew by %d", q.Missing, debt)
			}
		}
		if _, err := s.desk.QuoteRefund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: top.ID, Reason: "test"}); !errors.Is(err, checkout.ErrNothingLeft) {
			t.Error(err)
		}
		s.proven()
	})
}

func TestARequestIsQuotedWithWhatItHolds(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		of := s.sell(s.basket(0, true, topUp(50000)), cash(50000))
		req, err := s.desk.RequestRefund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "test"})
		if err != nil {
			t.Fatal(err)
		}
		q, err := s.desk.QuoteRequest(s.ctx, s.m.ID, req.ID)
		if err != nil || q.Refund.Total != 50000 {
			t.Fatal(q, err)
		}
		if w := s.wallet(); w.Held != money.Amount(50000) {
			t.Fatalf("the quote let go of what is held: %+v", w)
		}
		if _, err := s.desk.DecideRefund(s.ctx, checkout.Decide{Merchant: s.m.ID, Request: req.ID, Note: "no"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.desk.QuoteRequest(s.ctx, s.m.ID, req.ID); !errors.Is(err, sale.ErrRequestDecided) {
			t.Error(err)
		}
		if _, err := s.desk.QuoteRequest(s.ctx, s.m.ID, of.ID); !errors.Is(err, sale.ErrRequestNotFound) {
			t.Error(err)
		}
	})
}
