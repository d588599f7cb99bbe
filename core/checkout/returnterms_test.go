package checkout_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

// fee keeps a tenth of each line, and of the whole what is asked for.
func fee(whole money.Amount) answer {
	return func(in *promotion.Input) (promotion.Output, error) {
		var out promotion.Output
		if !in.Refund.Present {
			return out, nil
		}
		for _, l := range in.Lines {
			out.Returns = append(out.Returns, promotion.ReturnTerm{Kind: promotion.ReturnFee, Line: l.ID, Amount: l.Net / 10, Note: note("given")})
		}
		if whole > 0 {
			out.Returns = append(out.Returns, promotion.ReturnTerm{Kind: promotion.ReturnFee, Amount: whole, Note: note("given")})
		}
		return out, nil
	}
}

var onReturn = []promotion.Hook{promotion.HookReturn}

func TestARefundKeepsAFeeAsThePackOfTheSaleSays(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.set("tax.rate", "130000")
		s.set("cash.rounding_step", "5")
		s.fake("fees", "1.0.0", onReturn, fee(0))
		sold := s.sell(s.basket(0, true, s.line("soap", "2"), s.line("tea", "1")), cash(5850))
		s.fake("fees", "2.0.0", onReturn, fee(100_000)) // a later version has no say in this sale
		in := checkout.RefundIn{Merchant: s.m.ID, Sale: sold.ID, Reason: "test", Lines: []checkout.RefundLine{{Line: sold.Lines[0].ID, Quantity: money.One}}}
		q, err := s.desk.QuoteRefund(s.ctx, in)
		if err != nil || q.Refund.Total != 2250 || q.Refund.Lines[0].Net != 2250 || q.Refund.Tax != 259 && q.Refund.Tax != 258 {
			t.Fatalf("%+v %v", q.Refund, err)
		}
		in.Expected = &q.Refund.Total
		back, err := s.desk.Refund(s.ctx, in)
		if err != nil || back.Total != 2250 || back.Tenders[0].Amount != 2250 {
			t.Fatalf("%+v %v", back, err)
		}
		read, trace, err := s.desk.Explain(s.ctx, s.m.ID, back.ID)
		if err != nil || len(trace.Grants) != 1 || trace.Grants[0].Kind != "return_fee" || trace.Grants[0].Amount != 250 || trace.Grants[0].Version != "1.0.0" || len(read.Rules) != 1 || read.Rules[0].PackVersion != "1.0.0" {
			t.Fatalf("%+v %v", trace, err)
		}
		rest := s.back(sold) // 25.00 and 8.50 less a tenth
		if rest.Total != 2250+765 {
			t.Fatalf("%+v", rest)
		}
		if _, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: sold.ID, Reason: "test"}); !fault.ReasonIs(err, "checkout.nothing_left_to_refund") {
			t.Fatalf("what was kept can be had after all: %v", err)
		}
		second := s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
		if got := s.back(second); got.Total != 0 || len(got.Tenders) != 0 { // more than there is: never below nothing
			t.Fatalf("%+v", got)
		}
		third := s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
		if v, err := s.desk.Void(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: third.ID, Reason: "test"}); err != nil || v.Total != 2500 {
			t.Fatalf("a void: %+v %v", v, err)
		}
		s.proven()
	})
}

// The trace of a refund has what each term took in fact and the refund's own line;
// the packs are not asked about a gift card, and count the lines without it.
func TestATermSaysWhatItTookAndOfWhichLine(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.fake("fees", "", onReturn, fee(100_000)) // a tenth of each, then more than is left
		sold := s.sell(s.basket(0, true, checkout.LineIn{Kind: sale.LineGiftCard, Amount: 5000}, s.line("soap", "1"), s.line("tea", "1")), cash(8350))
		q, err := s.desk.QuoteRefund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: sold.ID, Reason: "test"})
		if err != nil || q.Refund.Total != 5000 || !slices.Equal(q.Before, []money.Amount{5000, 2500, 850}) {
			t.Fatalf("%+v %v %v", q.Refund, q.Before, err)
		}
		_, trace, err := s.desk.Explain(s.ctx, s.m.ID, s.back(sold).ID)
		if err != nil || len(trace.Grants) != 3 {
			t.Fatal(trace, err)
		}
		for i, want := range []struct {
			line   uint32
			amount int64
		}{{0, 3350}, {2, 0}, {3, 0}} { // the whole goes first
			if g := trace.Grants[i]; g.Line != want.line || g.Amount != want.amount || !g.OfReturn() {
				t.Errorf("%d: %+v", i, g)
			}
		}
		s.proven()
	})
}

func TestARefundMayKeepPointsAndCoupons(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		code := s.coupon(coupon.Definition{Name: "five off", Kind: coupon.KindCash, Amount: 500, Uses: 1}, s.member)
		s.fake("keeps", "", []promotion.Hook{promotion.HookReturn, promotion.HookEarn, promotion.HookBenefit}, func(in *promotion.Input) (promotion.Output, error) {
			var out promotion.Output
			switch in.Hook {
			case promotion.HookEarn:
				out.Earns = []promotion.Earn{{Line: 1, Points: 20, Note: note("given")}, {Line: 2, Points: 10, Note: note("given")}}
			case promotion.HookBenefit:
				out.Candidates = []promotion.Candidate{{Kind: promotion.AmountOff, Class: promotion.ClassOrder, Basis: promotion.Remaining, Amount: 500, Coupon: 1, Note: note("given")}}
			case promotion.HookReturn:
				if len(in.Coupons) != 1 || in.Refund.Points != 30 || !in.Refund.Full || in.Refund.Days != 0 || in.Refund.Amount != in.Lines[0].Net+in.Lines[1].Net {
					return out, errBroken
				}
				out.Returns = []promotion.ReturnTerm{{Kind: promotion.ReturnKeepPoints, Points: 15, Note: note("given")}, {Kind: promotion.ReturnKeepCoupon, Coupon: 1, Note: note("given")}}
			}
			return out, nil
		})
		b := s.basket(0, true, s.line("soap", "1"), s.line("tea", "1"))
		b.Coupons = []string{code}
		sold := s.sell(b, cash(2850))
		back := s.back(sold)
		if back.Points != 15 || back.Total != 2850 || s.wallet().Points != 15 || back.Fallbacks != "" {
			t.Fatalf("%+v, points %d", back, s.wallet().Points)
		}
		if cs := s.couponsOf(s.member); cs[0].Used != 1 {
			t.Fatalf("the coupon came back: %+v", cs[0])
		}
		s.proven()
	})
}

func TestAFailingReturnRuleLeavesTheStoredAllocation(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.fake("fees", "", onReturn, broken)
		sold := s.sell(s.basket(0, true, s.line("soap", "3")), cash(7500))
		q, err := s.desk.QuoteRefund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: sold.ID, Reason: "test"})
		if err != nil || q.Refund.Total != 7500 || q.Refund.Fallbacks != "fees" {
			t.Fatalf("%+v %v", q.Refund, err)
		}
		back := s.back(sold)
		if back.Total != 7500 || back.Fallbacks != "fees" {
			t.Fatalf("%+v", back)
		}
		n, err := db.Value[int](s.ctx, d, `select count(*) from events where merchant_id = $1 and type = 'pack.failed.v1'`, s.m.ID)
		if err != nil || n != 1 {
			t.Fatal(n, err)
		}
		s.proven()
	})
}

func TestRefundsAtOnceNeverGiveBackMoreThanThereIs(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.fake("fees", "", onReturn, fee(7))
		sold := s.sell(s.basket(0, true, s.line("soap", "4")), cash(10_000))
		var g sync.WaitGroup
		var mu sync.Mutex
		var total money.Amount
		made := 0
		for range 8 {
			g.Go(func() {
				back, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: sold.ID, Reason: "test", Lines: []checkout.RefundLine{{Line: sold.Lines[0].ID, Quantity: money.One}}})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made++
					total += back.Total
				} else if !fault.ReasonIs(err, "sale.refund_exceeds_rest") {
					t.Error(err)
				}
			})
		}
		g.Wait()
		for range 4 - made { // whoever gave up in the crowd comes again
			total += func() money.Amount {
				back, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: sold.ID, Reason: "test", Lines: []checkout.RefundLine{{Line: sold.Lines[0].ID, Quantity: money.One}}})
				if err != nil {
					t.Fatal(err)
				}
				return back.Total
			}()
		}
		if total != 4*(2250-7) {
			t.Fatalf("gave back %d", total)
		}
		if got, err := sale.Get(s.ctx, d, s.m.ID, sold.ID); err != nil || got.Total != 10_000 {
			t.Fatal(got, err)
		}
		s.proven()
	})
}
