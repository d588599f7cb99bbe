package checkout_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// acquirer answers what the test says, and remembers what it was asked.
type acquirer struct {
	mu        sync.Mutex
	authorise checkout.Outcome
	query     checkout.Outcome
	charged   map[string]money.Amount
	released  []string
	crash     bool // panics after the money was taken, as a power cut would
}

func (a *acquirer) Takes(context.Context, checkout.Charge) bool { return true }

func (a *acquirer) Authorise(_ context.Context, c checkout.Charge) (checkout.Outcome, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.charged == nil {
		a.charged = map[string]money.Amount{}
	}
	a.charged[c.Reference] = c.Amount
	if a.crash {
		panic("the power is gone")
	}
	if a.authorise == checkout.Unknown {
		return checkout.Unknown, errors.New("time-out")
	}
	return a.authorise, nil
}

func (a *acquirer) Query(_ context.Context, c checkout.Charge) (checkout.Outcome, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.charged[c.Reference]; !ok {
		return checkout.Refused, nil
	}
	return a.query, nil
}

func (a *acquirer) Release(_ context.Context, c checkout.Charge) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.released = append(a.released, c.Reference)
	return nil
}

// onCard is a sale of soap and tea with a coupon, stored value, points' worth of
// everything that can be set aside, and a card.
func onCard(t *testing.T, s *shop) (checkout.SaleIn, string) {
	t.Helper()
	s.sell(s.basket(0, true, topUp(10000)), cash(10000))
	code := s.coupon(coupon.Definition{Name: "one off", Kind: coupon.KindCash, Amount: 100}, s.member)
	b := withCoupon(s.basket(0, true, s.line("soap", "2"), s.line("tea", "1")), code)
	return checkout.SaleIn{Basket: b, Tenders: []checkout.TenderIn{stored(2000), {Type: sale.TenderCard, Amount: 3750}}, Idem: db.Idem{Key: "card", Route: "r", BodyHash: "h"}}, code
}

func TestACardIsTakenBetweenTwoTransactions(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1, "retail")
		a := &acquirer{authorise: checkout.Paid}
		in, _ := onCard(t, s)
		s.desk.Acquirer = a
		before := s.wallet()
		got, err := s.desk.Complete(s.ctx, in)
		if err != nil || got.State != sale.StateCompleted || got.Number == 0 {
			t.Fatal(got, err)
		}
		if w := s.wallet(); w.StoredValue() != before.StoredValue()-2000 || w.Held != 0 {
			t.Fatalf("%+v", w)
		}
		again, err := s.desk.Complete(s.ctx, in)
		if err != nil || again.ID != got.ID || len(a.charged) != 1 {
			t.Fatal("a repetition charged again", err)
		}
		s.proven()
	})
}

func TestARefusedCardLeavesNoTrace(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1, "retail")
		in, code := onCard(t, s)
		s.desk.Acquirer = &acquirer{authorise: checkout.Refused}
		before, soap := s.wallet(), s.onHand("soap")
		if _, err := s.desk.Complete(s.ctx, in); !errors.Is(err, checkout.ErrPaymentRefused) {
			t.Fatal(err)
		}
		if w := s.wallet(); w.StoredValue() != before.StoredValue() || w.Held != 0 || s.onHand("soap") != soap {
			t.Fatalf("%+v", w)
		}
		s.desk.Acquirer = nil
		s.sell(withCoupon(s.basket(0, true, s.line("soap", "1")), code), cash(2400)) // the coupon is free again
		in.Tenders[1].Type = sale.TenderCash
		in.Basket.Coupons, in.Tenders[1].Amount = nil, 3850
		if _, err := s.desk.Complete(s.ctx, in); err != nil { // and so is the key
			t.Fatal(err)
		}
		s.proven()
	})
}

func TestAnUnknownAnswerIsAskedAgainAndNeverGuessed(t *testing.T) {
	for _, end := range []checkout.Outcome{checkout.Paid, checkout.Refused} {
		t.Run(string(end), func(t *testing.T) {
			each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
				s := newShop(t, d, c, 1, "retail")
				in, _ := onCard(t, s)
				a := &acquirer{authorise: checkout.Unknown, query: checkout.Unknown}
				s.desk.Acquirer = a
				before := s.wallet()
				_, err := s.desk.Complete(s.ctx, in)
				if !errors.Is(err, checkout.ErrPaymentPending) {
					t.Fatal(err)
				}
				if w := s.wallet(); w.Held != 2000 || w.StoredValue() != before.StoredValue()-2000 {
					t.Fatalf("nothing is held: %+v", w)
				}
				if _, err := s.desk.Complete(s.ctx, in); !errors.Is(err, checkout.ErrPaymentPending) || len(a.charged) != 1 {
					t.Fatal("a repetition while it is pending", err)
				}
				c.Advance(2 * time.Minute)
				if n, err := s.desk.Recover(s.ctx, s.m.ID); n != 0 || err != nil {
					t.Fatal("unknown was guessed", n, err)
				}
				s.proven()
				a.query = end
				c.Advance(time.Minute) // at once it is not asked again
				if n, err := s.desk.Recover(s.ctx, s.m.ID); n != 1 || err != nil {
					t.Fatal(n, err)
				}
				w := s.wallet()
				if w.Held != 0 || end == checkout.Paid && w.StoredValue() != before.StoredValue()-2000 || end == checkout.Refused && w.StoredValue() != before.StoredValue() {
					t.Fatalf("%+v", w)
				}
				if n, err := s.desk.Recover(s.ctx, s.m.ID); n != 0 || err != nil {
					t.Fatal("ended twice", n, err)
				}
				s.proven()
			})
		})
	}
}

// While a payment is under way nobody else takes the last gift, and the member not
// one more than the limit: what is paid can be booked. What comes to nothing gives
// the gift back.
func TestGiftsAreHeldWhileAPaymentIsUnderWay(t *testing.T) {
	for _, end := range []checkout.Outcome{checkout.Paid, checkout.Refused} {
		t.Run(string(end), func(t *testing.T) {
			each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
				s := newShop(t, d, c, 1)
				s.fake("earns", "", []promotion.Hook{promotion.HookEarn}, func(*promotion.Input) (promotion.Output, error) {
					return promotion.Output{Earns: []promotion.Earn{{Points: 100, Note: note("given")}}}, nil
				})
				s.sell(s.basket(0, true, s.line("soap", "1")), cash(2500))
				last := loyalty.Gift{Name: "cup", Points: 10, Counted: true, OnHand: 1}
				once := loyalty.Gift{Name: "bag", Points: 10, PerMember: 1}
				s.tx(func(_ context.Context, tx *db.Tx) error {
					return errors.Join(loyalty.CreateGift(tx, s.m.ID, &last), loyalty.CreateGift(tx, s.m.ID, &once))
				})
				gift := func(g loyalty.Gift) checkout.LineIn {
					return checkout.LineIn{Kind: sale.LineGift, Gift: g.ID, Quantity: money.One}
				}
				a := &acquirer{authorise: checkout.Unknown, query: checkout.Unknown}
				s.desk.Acquirer = a
				in := checkout.SaleIn{Basket: s.basket(0, true, s.line("tea", "1"), gift(last), gift(once)), Tenders: []checkout.TenderIn{{Type: sale.TenderCard, Amount: 850}}, Idem: db.Idem{Key: "gifts", Route: "r", BodyHash: "h"}}
				if _, err := s.desk.Complete(s.ctx, in); !errors.Is(err, checkout.ErrPaymentPending) {
					t.Fatal(err)
				}
				other := s.another("Wei", "13800000002")
				s.tx(func(ctx context.Context, tx *db.Tx) error {
					_, err := wallet.AdjustPoints(ctx, tx, &ledger.Book{}, wallet.PointsChange{Operation: wallet.Operation{Merchant: s.m.ID, Shop: s.shop.ID, BusinessDate: "2026-05-20", Reason: "test"}, Member: other, Points: 50})
					return err
				})
				b := s.basket(0, false, s.line("tea", "1"), gift(last))
				b.Member = other
				if _, err := s.desk.Quote(s.ctx, b); !errors.Is(err, loyalty.ErrGiftGone) {
					t.Fatal("the last one was promised twice", err)
				}
				if _, err := s.desk.Quote(s.ctx, s.basket(0, true, s.line("tea", "1"), gift(once))); !errors.Is(err, loyalty.ErrGiftLimit) {
					t.Fatal("one more than the limit", err)
				}
				a.query = end
				c.Advance(2 * time.Minute)
				if n, err := s.desk.Recover(s.ctx, s.m.ID); n != 1 || err != nil {
					t.Fatal(n, err)
				}
				list, _, err := loyalty.ListRedemptions(s.ctx, d, s.m.ID, id.None, db.Page{Limit: 10})
				if err != nil || end == checkout.Paid && len(list) != 2 || end == checkout.Refused && len(list) != 0 {
					t.Fatalf("%+v %v", list, err)
				}
				a.authorise = checkout.Paid
				in.Basket.Lines, in.Idem.Key = in.Basket.Lines[:2], "again"
				if _, err := s.desk.Complete(s.ctx, in); (err == nil) != (end == checkout.Refused) || err != nil && !errors.Is(err, loyalty.ErrGiftGone) {
					t.Fatal(err)
				}
				s.proven()
			})
		})
	}
}

func TestACutAfterTheChargeIsRecovered(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1, "retail")
		in, _ := onCard(t, s)
		a := &acquirer{crash: true, query: checkout.Paid}
		s.desk.Acquirer = a
		func() {
			defer func() { _ = recover() }()
			_, _ = s.desk.Complete(s.ctx, in)
		}()
		c.Advance(2 * time.Minute)
		other := &checkout.Desk{DB: d, Rules: s.desk.Rules, Packs: s.desk.Packs, Vault: s.desk.Vault, Log: s.desk.Log, Acquirer: a} // after the restart
		if n, err := other.Recover(s.ctx, s.m.ID); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		got, err := other.Complete(s.ctx, in)
		if err != nil || got.State != sale.StateCompleted || len(got.Lines) != 2 {
			t.Fatal(got, err)
		}
		s.proven()
	})
}
