package checkout_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

func points(a money.Amount) checkout.TenderIn {
	return checkout.TenderIn{Type: sale.TenderPoints, Amount: a}
}

// pointLots is what each lot of points still holds, the oldest first.
func (s *shop) pointLots() (out []int64) {
	s.t.Helper()
	lots, err := wallet.Lots(s.ctx, s.db, s.m.ID, s.member)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, l := range lots {
		if l.Class == ledger.ClassPoints {
			out = append(out, int64(l.Remaining))
		}
	}
	return out
}

func (s *shop) refund(of *sale.Sale, lines ...checkout.RefundLine) *sale.Sale {
	s.t.Helper()
	back, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "test", Lines: lines})
	if err != nil {
		s.t.Fatal(err)
	}
	return back
}

func units(of *sale.Sale, line int, n int64) checkout.RefundLine {
	return checkout.RefundLine{Line: of.Lines[line].ID, Quantity: money.Quantity(n) * money.One}
}

// pointAYuan is retail with a point for each yuan and nothing else.
const pointAYuan = `{"tier_on": false, "topup_on": false}`

func TestA02_SpentPointsGoBackToTheirLotsAndAreNotTakenAgain(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", pointAYuan)
		s.sell(s.basket(0, true, s.line("soap", "40")), cash(100000)) // 1,000 points
		c.Advance(time.Hour)
		s.sell(s.basket(0, true, s.line("soap", "8")), cash(20000)) // 200 points, a lot of their own
		before := s.pointLots()
		of := s.sell(s.basket(0, true, s.line("soap", "4"), s.line("soap", "2")), points(1100), cash(13900))
		if lots := s.pointLots(); len(before) != 2 || lots[0] != 100 { // the first lot is empty, the second half spent
			t.Fatalf("lots %v before, %v after", before, lots)
		}
		s.refund(of, units(of, 0, 4)) // without the line that would carry the reward elsewhere
		s.refund(of, units(of, 1, 1))
		s.refund(of)
		after := s.pointLots()
		if len(after) != len(before) || after[0] != before[0] || after[1] != before[1] {
			t.Fatalf("lots %v before, %v after the refunds", before, after)
		}
		s.proven()
	})
}

func TestA03_AReturnTakesExactlyItsShareOfThePoints(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", pointAYuan)
		of := s.sell(s.basket(0, true, s.line("soap", "40")), cash(100000))
		if of.Points != 1000 {
			t.Fatalf("earned %d", of.Points)
		}
		back := s.refund(of, units(of, 0, 4))
		if back.Points != 100 || s.wallet().Points != 900 {
			t.Fatalf("%d went, %d left", back.Points, s.wallet().Points)
		}
		var sum int64
		for range 12 { // thirds and sevenths too: the shares add up
			if s.wallet().Points == 0 {
				break
			}
			sum += s.refund(of, units(of, 0, 3)).Points
		}
		if sum != 900 || s.wallet().Points != 0 {
			t.Fatalf("the rest gave %d, left %d", sum, s.wallet().Points)
		}
		s.proven()
	})
}

func TestA04_AnOpenSaleHoldsAndACompletedOneNeverChanges(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", pointAYuan)
		s.sell(s.basket(0, true, s.line("soap", "40")), cash(100000))
		before := s.state()
		s.desk.Acquirer = &acquirer{authorise: checkout.Unknown, query: checkout.Unknown}
		b := s.basket(0, true, s.line("soap", "4"))
		_, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: b, Tenders: []checkout.TenderIn{points(1000), {Type: sale.TenderCard, Amount: 9000}}})
		if !errors.Is(err, checkout.ErrPaymentPending) {
			t.Fatal(err)
		}
		if w := s.wallet(); w.Points != 0 {
			t.Fatalf("held points can be spent: %d", w.Points)
		}
		if s.state() != before {
			t.Fatal("an open sale has spent")
		}
		if _, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: s.basket(0, true, s.line("soap", "1")), Tenders: []checkout.TenderIn{points(100), cash(2400)}}); !errors.Is(err, wallet.ErrPointsShort) {
			t.Fatalf("held points were spent: %v", err)
		}
		s.proven()
	})
}

func TestA05_ASaleThatCameToNothingLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", `{"tier_on": false, "commission_on": true}`)
		s.activate("salon", "")
		before := s.state()
		s.desk.Acquirer = &acquirer{authorise: checkout.Refused}
		l := s.line("soap", "4")
		l.Staff = s.staff
		_, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: s.basket(0, true, l), Tenders: []checkout.TenderIn{{Type: sale.TenderCard, Amount: 10000}}})
		if !errors.Is(err, checkout.ErrPaymentRefused) {
			t.Fatal(err)
		}
		if s.state() != before || s.onHand("soap") != 1000*money.One {
			t.Fatal("a voided basket earned, paid commission or moved stock")
		}
		s.desk.Acquirer = nil
		of := s.sell(s.basket(0, true, l), cash(10000))
		if _, err := s.desk.Void(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "wrong customer"}); err != nil {
			t.Fatal(err)
		}
		if after := s.state(); after != before {
			t.Fatalf("after the void:\n%s\n%s", before, after)
		}
		s.proven()
	})
}

func TestA06_ExpiryTouchesOnlyWhatIsUnspent(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", pointAYuan)
		s.set("points.validity", "days")
		s.set("points.validity_count", "10")
		of := s.sell(s.basket(0, true, s.line("soap", "40")), cash(100000)) // 1,000, until the 30th
		c.Advance(5 * 24 * time.Hour)
		s.sell(s.basket(0, true, s.line("soap", "4")), cash(10000)) // 100, five days longer
		second := s.sell(s.basket(0, true, s.line("soap", "8")), points(400), cash(19600))
		if lots := s.pointLots(); lots[0] != 600 {
			t.Fatalf("what ends first is not spent first: %v", lots)
		}
		c.Advance(6 * 24 * time.Hour)
		if w := s.wallet(); w.Points != 100+second.Points {
			t.Fatalf("expired points count: %d", w.Points)
		}
		s.expire()
		if w := s.wallet(); w.Points != 100+second.Points || w.PointsLapsed != 0 {
			t.Fatalf("%+v", w)
		}
		s.expire()
		// The refund of what was paid with them: the lot is gone, the points come anew.
		s.refund(second)
		if w := s.wallet(); w.Points != 100+400 {
			t.Fatalf("after the refund %d", w.Points)
		}
		s.set("points.refund_expired", "lost")
		s.refund(of) // the earned ones: 600 have expired, 400 were given back anew
		if w := s.wallet(); w.Points < 0 {
			t.Fatalf("points that expired became a debt: %d", w.Points)
		}
		s.proven()
	})
}

func TestA22_WhatPointsAreEarnedOnIsDeclared(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", pointAYuan)
		s.sell(s.basket(0, true, topUp(100000)), cash(100000))
		earned := func(tenders ...checkout.TenderIn) int64 {
			return s.sell(s.basket(0, true, s.line("soap", "8")), tenders...).Points
		}
		if n := earned(cash(20000)); n != 200 {
			t.Errorf("cash: %d", n)
		}
		if n := earned(stored(10000), cash(10000)); n != 100 {
			t.Errorf("half from stored value: %d", n)
		}
		if n := earned(points(33), cash(19967)); n != 199 { // 19,967 / 20,000 x 200, rounded down
			t.Errorf("a part in points, to the cent: %d", n)
		}
		s.set("points.on_stored_value", "true")
		if n := earned(stored(10000), cash(10000)); n != 200 {
			t.Errorf("declared: stored value earns: %d", n)
		}
		b := s.basket(0, true, s.line("soap", "8"))
		b.Discounts = []checkout.Discount{{Rate: money.Whole / 2, Reason: "half"}}
		got, err := s.desk.Complete(s.asManager(), checkout.SaleIn{Basket: b, Tenders: []checkout.TenderIn{cash(10000)}})
		if err != nil || got.Points != 100 {
			t.Fatal(got, err)
		}
		s.set("points.earn_base", "before_discount")
		if got, err = s.desk.Complete(s.asManager(), checkout.SaleIn{Basket: b, Tenders: []checkout.TenderIn{cash(10000)}}); err != nil || got.Points != 200 || got.Total != 10000 {
			t.Fatal(got, err)
		}
		s.proven()
	})
}

func TestPointsThatWereSpentMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", pointAYuan)
		of := s.sell(s.basket(0, true, s.line("soap", "40")), cash(100000))
		s.sell(s.basket(0, true, s.line("soap", "1")), points(900), cash(1600))
		_, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "test", OnShort: checkout.ShortRefuse})
		if !errors.Is(err, checkout.ErrPointsSpent) {
			t.Fatal(err)
		}
		s.refund(of) // the merchant lets members owe
		if w := s.wallet(); w.Points >= 0 {
			t.Fatalf("no debt: %d", w.Points)
		}
		debt := s.wallet().Points
		s.sell(s.basket(0, true, s.line("soap", "4")), cash(10000))
		if w := s.wallet(); w.Points != debt+100 {
			t.Fatalf("the debt was not paid off: %d", w.Points)
		}
		s.proven()
	})
}

// What an open sale has set aside is there when its card is paid, whatever the
// member came to owe meanwhile.
func TestWhatWasSetAsideGoesBeforeALaterDebt(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", pointAYuan)
		of := s.sell(s.basket(0, true, s.line("soap", "40")), cash(100000)) // 1,000 points
		a := &acquirer{authorise: checkout.Unknown, query: checkout.Unknown}
		s.desk.Acquirer = a
		_, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: s.basket(0, true, s.line("soap", "4")), Tenders: []checkout.TenderIn{points(900), {Type: sale.TenderCard, Amount: 9100}}})
		if !errors.Is(err, checkout.ErrPaymentPending) {
			t.Fatal(err)
		}
		c.Advance(2 * time.Minute)
		s.refund(of)
		owed := s.wallet().Points
		a.query = checkout.Paid
		if n, err := s.desk.Recover(s.ctx, s.m.ID); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if w := s.wallet(); owed >= 0 || w.Held != 0 || w.Points >= 0 {
			t.Fatalf("owed %d, %+v", owed, w)
		}
		s.proven()
	})
}

func TestARebateIsGivenAndTakenBack(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", `{"tier_on": false, "topup_on": false, "points_on": false, "rebate_percent": 10}`)
		of := s.sell(s.basket(0, true, s.line("soap", "4")), cash(10000))
		if w := s.wallet(); w.Bonus != 1000 || of.Lines[0].Bonus != 1000 {
			t.Fatalf("%+v", w)
		}
		again := s.sell(s.basket(0, true, s.line("soap", "4")), stored(800), cash(9200))
		if w := s.wallet(); w.Bonus != 200+920 || again.Lines[0].Bonus != 920 { // nothing back on what a rebate paid
			t.Fatalf("%+v", w)
		}
		s.refund(of, units(of, 0, 1))
		if w := s.wallet(); w.Bonus != 1120-250 {
			t.Fatalf("%+v", w)
		}
		s.refund(of)
		s.sell(s.basket(0, true, s.line("tea", "1")), stored(120), cash(730))
		s.refund(again) // 800 come back, 920 go: what is short is the shop's
		if w := s.wallet(); w.Bonus != 0 && w.Bonus != 800-920+s.house("rebate_lost") {
			t.Fatalf("%+v, lost %d", w, s.house("rebate_lost"))
		}
		s.proven()
	})
}

func TestWhoeverIsAboutToLosePointsIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", pointAYuan)
		s.set("points.validity", "days")
		s.set("points.validity_count", "10")
		s.sell(s.basket(0, true, s.line("soap", "4")), cash(10000))
		remind := func(days int) (n int) {
			s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
				n, err = wallet.Remind(ctx, tx, s.m.ID, tx.Now.Add(time.Duration(days)*24*time.Hour), 100)
				return err
			})
			return n
		}
		if n := remind(5); n != 0 {
			t.Fatalf("told %d too early", n)
		}
		if n := remind(30); n != 1 {
			t.Fatalf("told %d", n)
		}
		if n := remind(30); n != 0 {
			t.Fatalf("told %d again", n)
		}
		n, err := db.Value[int](s.ctx, s.db, `select count(*) from events where merchant_id = $1 and type = 'wallet.expiring.v1'`, s.m.ID)
		if err != nil || n != 1 {
			t.Fatal(n, err)
		}
		s.proven()
	})
}

func TestACardThatEarnsNothing(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("retail", pointAYuan)
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := member.HandOut(ctx, tx, s.desk.Vault, s.m.ID, s.member, member.Issue{Number: "NOPOINTS1", Kind: member.KindCard, Points: member.Off})
			return err
		})
		b := s.basket(0, true, s.line("soap", "4"))
		if q, err := s.desk.Quote(s.ctx, b); err != nil || q.Points != 100 {
			t.Fatal(q, err)
		}
		b.Card = "NOPOINTS1"
		if got := s.sell(b, cash(10000)); got.Points != 0 || s.wallet().Points != 0 {
			t.Fatal(got.Points)
		}
		s.proven()
	})
}
