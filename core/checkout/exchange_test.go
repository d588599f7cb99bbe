package checkout_test

import (
	"errors"
	"testing"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
)

func TestAnExchange(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", pointAYuan)
		exchange := func(key string, of *sale.Sale, back []checkout.RefundLine, lines []checkout.LineIn, tenders ...checkout.TenderIn) (checkout.Exchanged, error) {
			return s.desk.Exchange(s.ctx, checkout.ExchangeIn{
				Refund: checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "the wrong one", Lines: back, Idem: db.Idem{Key: key + "/refund", Route: "r", BodyHash: "h"}},
				Sale:   checkout.SaleIn{Basket: s.basket(0, true, lines...), Tenders: tenders, Idem: db.Idem{Key: key + "/sale", Route: "r", BodyHash: "h"}},
			})
		}
		// For something dearer: the difference is paid.
		of := s.sell(s.basket(0, true, s.line("tea", "4")), cash(3400))
		drawer := s.drawer()
		x, err := exchange("a", of, []checkout.RefundLine{units(of, 0, 2)}, []checkout.LineIn{s.line("soap", "1")}, cash(1000))
		if err != nil {
			t.Fatal(err)
		}
		if x.Refund.Total != 1700 || x.Sale.Total != 2500 || x.Sale.Change != 200 || s.drawer()-drawer != 800 || s.onCard(x.Voucher) != 0 {
			t.Fatalf("refund %d, sale %d, change %d, drawer %d, left on the card %d", x.Refund.Total, x.Sale.Total, x.Sale.Change, s.drawer()-drawer, s.onCard(x.Voucher))
		}
		again, err := exchange("a", of, []checkout.RefundLine{units(of, 0, 2)}, []checkout.LineIn{s.line("soap", "1")}, cash(1000))
		if err != nil || again.Refund.ID != x.Refund.ID || again.Sale.ID != x.Sale.ID {
			t.Fatalf("repeated: %+v %v", again, err)
		}
		// For something cheaper: the rest goes back as it was paid.
		drawer = s.drawer()
		x, err = exchange("b", x.Sale, nil, []checkout.LineIn{s.line("tea", "1")})
		if err != nil || x.Refund.Total != 2500 || x.Sale.Total != 850 {
			t.Fatal(x, err)
		}
		if back := drawer - s.drawer(); back < 0 || back > 800 {
			t.Fatalf("the drawer gave %d", back)
		}
		// The new goods are not there: the value stays on the card, and the same keys go on.
		of = s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
		s.sku("rare", "goods", "x", 20*perYuan, 0)
		if _, err = exchange("c", of, nil, []checkout.LineIn{s.line("rare", "1")}); !errors.Is(err, stock.ErrInsufficient) {
			t.Fatal(err)
		}
		s.stockUp("rare", 1)
		x, err = exchange("c", of, nil, []checkout.LineIn{s.line("rare", "1")})
		if err != nil || x.Sale.Total != 2000 || x.Refund.Total != 2500 || s.onHand("rare") != 0 {
			t.Fatal(x, err)
		}
		// The exchange is undone: the card has it again, and nothing is lost.
		s.refund(x.Sale)
		if s.onCard(x.Voucher) != 2000 || s.onHand("rare") != money.One {
			t.Fatal(s.onCard(x.Voucher))
		}
		s.proven()
	})
}

func TestA13_EachRefundGivesBackItsShareOfTheOrderDiscount(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.sku("dear", "goods", "x", 150*perYuan, 10)
		s.sku("cheap", "goods", "x", 60*perYuan, 10)
		b := s.basket(0, false, s.line("dear", "1"), s.line("cheap", "1"))
		b.Discounts = []checkout.Discount{{Rate: 200000, Reason: "a fifth off"}}
		sell := func() *sale.Sale {
			of, err := s.desk.Complete(s.asManager(), checkout.SaleIn{Basket: b, Tenders: []checkout.TenderIn{cash(16800)}})
			if err != nil {
				t.Fatal(err)
			}
			return of
		}
		of := sell()
		if back := s.refund(of, units(of, 0, 1)); back.Total != 12000 {
			t.Fatalf("the 150 gives %d", back.Total)
		}
		if back := s.refund(of); back.Total != 4800 {
			t.Fatalf("the 60 gives %d", back.Total)
		}
		of = sell()
		if first, rest := s.refund(of, units(of, 1, 1)), s.refund(of); first.Total != 4800 || rest.Total != 12000 {
			t.Fatal(first.Total, rest.Total)
		}
		s.proven()
	})
}

// TestA16_TheOrderOfPacksChangesNothing: whichever was switched on first, the
// total is the same and the explanation names who excluded whom.
func TestA16_TheOrderOfPacksChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		configs := map[string]string{
			"salon":    `{"birthday_percent": 10, "birthday_goods": true, "tier_on": false}`,
			"retail":   `{"tier_on": false, "full_on": true, "full_steps": [{"spend": 5000, "off": 700}]}`,
			"catering": `{"tier_on": false, "member_days_on": true, "member_days": [{"weekday": "wed", "percent": 15}]}`,
		}
		var want *checkout.Quote
		for _, order := range [][]string{{"salon", "retail", "catering"}, {"catering", "retail", "salon"}, {"retail", "catering", "salon"}} {
			s := newShop(t, d, c, 1)
			for _, p := range order {
				s.activate(p, configs[p])
			}
			q, err := s.desk.Quote(s.ctx, s.basket(0, true, s.line("soap", "3"), s.line("tea", "2")))
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = q
				if len(q.Trace.Lost) == 0 || q.Trace.Lost[0].ByPack == "" {
					t.Fatalf("nobody says who lost to whom: %+v", q.Trace)
				}
			}
			if q.Total != want.Total || len(q.Adjustments) != len(want.Adjustments) || len(q.Trace.Lost) != len(want.Trace.Lost) {
				t.Fatalf("%v: %d, was %d", order, q.Total, want.Total)
			}
			for i := range q.Adjustments {
				if q.Adjustments[i].Code != want.Adjustments[i].Code || q.Adjustments[i].Amount != want.Adjustments[i].Amount {
					t.Errorf("%v: %+v, was %+v", order, q.Adjustments[i], want.Adjustments[i])
				}
			}
		}
	})
}
