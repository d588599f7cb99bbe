package wallet_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/wallet"
)

// issue sells a card of 100 for 90 and answers it.
func issue(t *testing.T, d *db.DB, number string, more ...func(*wallet.GiftCard)) (c wallet.GiftCard, err error) {
	t.Helper()
	err = in(d, func(_ context.Context, tx *db.Tx) error {
		c = wallet.GiftCard{Merchant: merchant, Number: number, Currency: "CNY", Face: 10000, Price: 9000, Sale: tx.NewID(), Line: tx.NewID(), Shop: shop, Buyer: member}
		for _, f := range more {
			f(&c)
		}
		e := ledger.Entry{Shop: shop, BusinessDate: "2026-05-20", Kind: "sale", Sale: c.Sale}
		p, err := wallet.QueueIssueGiftCard(tx, &e, &c)
		if err != nil {
			return err
		}
		h := ledger.House(merchant, shop, "CNY", "tender:cash")
		e.Add(&h, -c.Price, nil)
		if err := new(ledger.Book).Post(tx, merchant, &e); err != nil {
			return err
		}
		p.Queue(tx)
		return nil
	})
	return c, err
}

// onCard books f on a card under its locks; the house takes the other side.
func onCard(d *db.DB, card, sale, of id.ID, f func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, c *wallet.GiftCard, taken []wallet.Taken) error) error {
	return in(d, func(ctx context.Context, tx *db.Tx) error {
		p := wallet.NewGiftCardPurse(merchant, card)
		var cs []wallet.GiftCard
		var taken []wallet.Taken
		wallet.Ask(tx, of, p)
		tx.AskAll(wallet.AskGiftCards(merchant, []id.ID{card}, true, &cs), wallet.AskTakenOfCards(merchant, of, &taken))
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		e := ledger.Entry{Shop: shop, BusinessDate: "2026-05-20", Kind: "sale", Sale: sale}
		if err := f(tx, p, &e, &cs[0], taken); err != nil {
			return err
		}
		var open money.Amount
		for _, q := range e.Postings {
			open += q.Amount
		}
		h := ledger.House(merchant, shop, "CNY", "test")
		e.Add(&h, -open, nil)
		if err := new(ledger.Book).Post(tx, merchant, &e); err != nil {
			return err
		}
		p.Queue(tx)
		return nil
	})
}

func pay(d *db.DB, card, sale id.ID, amount money.Amount) error {
	return onCard(d, card, sale, id.None, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, c *wallet.GiftCard, _ []wallet.Taken) error {
		return wallet.SpendGiftCard(tx, p, e, c, amount, tx.Now)
	})
}

func kill(d *db.DB, card id.ID, rest bool) (back money.Amount, err error) {
	err = onCard(d, card, id.None, id.None, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, c *wallet.GiftCard, _ []wallet.Taken) (err error) {
		back, err = wallet.KillGiftCard(tx, p, e, c, rest, "refund")
		return err
	})
	return back, err
}

func saleRow(t *testing.T, d *db.DB, sale id.ID) {
	t.Helper()
	withMerchant(t, d)
	reg := id.New(1)
	if err := in(d, func(_ context.Context, tx *db.Tx) error {
		tx.Queue(`insert into registers (merchant_id, id, shop_id, name, series) values ($1,$2,$3,'1','A1')`, merchant, reg, shop)
		tx.Queue(`insert into sales (merchant_id, id, kind, state, shop_id, register_id, currency, subtotal, discount, tax, total, paid, change_given, points_earned, commission, business_date, occurred_at, recorded_at, origin)
			values ($1,$2,'sale','completed',$3,$4,'CNY',0,0,0,0,0,0,0,0,'2026-05-20',0,0,'api')`, merchant, sale, shop, reg)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestA23_FaceAndPriceAreTwoFields: a card of 100 sold for 90 is worth 100 to its
// holder, and the difference stands in the books.
func TestA23_FaceAndPriceAreTwoFields(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c, err := issue(t, d, "GIFT000001")
		if err != nil {
			t.Fatal(err)
		}
		v, err := wallet.FindGiftCard(context.Background(), d, merchant, " gift-0000 01")
		if err != nil || v.ID != c.ID || v.Face != 10000 || v.Price != 9000 || v.Balance != 10000 || v.Available() != 10000 || v.State != wallet.GiftCardActive || v.Buyer != member {
			t.Fatalf("%+v %v", v, err)
		}
		if n := houseSum(t, d, wallet.HouseGiftCardDiscount); n != -1000 {
			t.Fatal(n)
		}
		if _, err := issue(t, d, "GIFT000001"); !errors.Is(err, wallet.ErrGiftCardTaken) {
			t.Fatal(err)
		}
		if _, err := wallet.FindGiftCard(context.Background(), d, merchant, "GIFT000002"); !errors.Is(err, wallet.ErrGiftCardNotFound) {
			t.Fatal(err)
		}
		if _, err := issue(t, d, "GIFT000003", func(c *wallet.GiftCard) { c.Face = 0 }); !errors.Is(err, wallet.ErrGiftCardFace) {
			t.Fatal(err)
		}
		proven(t, d)
	})
}

// TestA24_TheRefundOfACardsSaleKillsIt while nothing is spent; of one that is
// partly spent only the rest, and only where somebody says so.
func TestA24_TheRefundOfACardsSaleKillsIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		whole, err := issue(t, d, "GIFT000001")
		if err != nil {
			t.Fatal(err)
		}
		if back, err := kill(d, whole.ID, false); err != nil || back != 9000 {
			t.Fatal(back, err)
		}
		if err := pay(d, whole.ID, id.New(1), 1); !errors.Is(err, wallet.ErrGiftCardVoid) {
			t.Fatal(err)
		}
		if _, err := kill(d, whole.ID, true); !errors.Is(err, wallet.ErrGiftCardVoid) {
			t.Fatal(err)
		}
		if n := houseSum(t, d, wallet.HouseGiftCardDiscount); n != 0 {
			t.Fatal(n)
		}
		part, err := issue(t, d, "GIFT000002")
		if err != nil {
			t.Fatal(err)
		}
		if err := pay(d, part.ID, id.New(1), 4000); err != nil {
			t.Fatal(err)
		}
		if _, err := kill(d, part.ID, false); !errors.Is(err, wallet.ErrGiftCardSpent) {
			t.Fatal(err)
		}
		if back, err := kill(d, part.ID, true); err != nil || back != 5400 {
			t.Fatal(back, err)
		}
		if v, err := wallet.GetGiftCard(context.Background(), d, merchant, part.ID); err != nil || v.Balance != 0 || v.State != wallet.GiftCardVoid || v.Reason != "refund" {
			t.Fatalf("%+v %v", v, err)
		}
		proven(t, d)
	})
}

// TestWhatACardPaidGoesBackToIt, also where the card was given back meanwhile.
func TestWhatACardPaidGoesBackToIt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c, err := issue(t, d, "GIFT000001")
		if err != nil {
			t.Fatal(err)
		}
		sale := id.New(1)
		saleRow(t, d, sale)
		if err := pay(d, c.ID, sale, 4000); err != nil {
			t.Fatal(err)
		}
		if _, err := kill(d, c.ID, true); err != nil {
			t.Fatal(err)
		}
		var paying []wallet.GiftCard
		if err := d.Batch(context.Background(), wallet.AskGiftCardsPaying(merchant, sale, false, &paying)); err != nil || len(paying) != 1 || paying[0].ID != c.ID {
			t.Fatal(paying, err)
		}
		for _, x := range []struct{ give, rest money.Amount }{{1500, 0}, {2600, 100}} {
			if err := onCard(d, c.ID, sale, sale, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, c *wallet.GiftCard, taken []wallet.Taken) error {
				if rest := wallet.GiveBackGiftCard(tx, p, e, c, taken, x.give); rest != x.rest {
					t.Error(rest)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := wallet.GetGiftCard(context.Background(), d, merchant, c.ID); err != nil || v.Balance != 4000 || v.State != wallet.GiftCardActive {
			t.Fatalf("%+v %v", v, err)
		}
		if ms, err := wallet.GiftCardMovements(context.Background(), d, merchant, c.ID, 10); err != nil || len(ms) != 5 {
			t.Fatal(ms, err)
		}
		proven(t, d)
	})
}

func TestACardsLife(t *testing.T) {
	c := clock.NewManual(day0)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(day0)
		card, err := issue(t, d, "GIFT000001", func(g *wallet.GiftCard) { g.ExpiresAt = clock.Of(day0.AddDate(3, 0, 0)) })
		if err != nil {
			t.Fatal(err)
		}
		act := func(f func(ctx context.Context, tx *db.Tx) (wallet.GiftCard, error)) error {
			return in(d, func(ctx context.Context, tx *db.Tx) error { _, err := f(ctx, tx); return err })
		}
		block := func(why string) error {
			return act(func(ctx context.Context, tx *db.Tx) (wallet.GiftCard, error) {
				return wallet.BlockGiftCard(ctx, tx, merchant, card.ID, why)
			})
		}
		extend := func(until clock.Instant) error {
			return act(func(ctx context.Context, tx *db.Tx) (wallet.GiftCard, error) {
				return wallet.ExtendGiftCard(ctx, tx, merchant, card.ID, until)
			})
		}
		if err := block(""); !errors.Is(err, wallet.ErrReason) {
			t.Fatal(err)
		}
		if err := block("lost"); err != nil {
			t.Fatal(err)
		}
		if err := pay(d, card.ID, id.New(1), 1); !errors.Is(err, wallet.ErrGiftCardBlocked) {
			t.Fatal(err)
		}
		if err := act(func(ctx context.Context, tx *db.Tx) (wallet.GiftCard, error) {
			return wallet.UnblockGiftCard(ctx, tx, merchant, card.ID)
		}); err != nil {
			t.Fatal(err)
		}
		if err := pay(d, card.ID, id.New(1), 1); err != nil {
			t.Fatal(err)
		}
		c.Set(day0.AddDate(3, 0, 0))
		if err := pay(d, card.ID, id.New(1), 1); !errors.Is(err, wallet.ErrGiftCardExpired) {
			t.Fatal(err)
		}
		withMerchant(t, d)
		if n := expire(t, d, 10); n != 0 { // what is on it stays
			t.Fatal(n)
		}
		if err := extend(clock.Of(day0)); !errors.Is(err, wallet.ErrEndsEarlier) {
			t.Fatal(err)
		}
		if err := extend(clock.Of(day0.AddDate(4, 0, 0))); err != nil {
			t.Fatal(err)
		}
		if err := pay(d, card.ID, id.New(1), 9999); err != nil {
			t.Fatal(err)
		}
		if err := pay(d, card.ID, id.New(1), 1); !errors.Is(err, wallet.ErrInsufficient) {
			t.Fatal(err)
		}
		if err := extend(0); err != nil {
			t.Fatal(err)
		}
		proven(t, d)
	}, dbtest.WithClock(c))
}

func TestFiveWrongPINsBlockACard(t *testing.T) {
	hash, err := wallet.HashPIN("4711")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"123", "12345678901234", "12a4"} {
		if _, err := wallet.HashPIN(bad); !errors.Is(err, wallet.ErrGiftCardPINForm) {
			t.Fatal(bad, err)
		}
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c, err := issue(t, d, "GIFT000001", func(c *wallet.GiftCard) { c.PINHash = hash })
		if err != nil {
			t.Fatal(err)
		}
		if c.CheckPIN("4711") != nil || !errors.Is(c.CheckPIN("4712"), wallet.ErrGiftCardPIN) || !errors.Is(c.CheckPIN(""), wallet.ErrGiftCardPIN) {
			t.Fatal("the PIN")
		}
		wrong := func(n int) wallet.GiftCardView {
			for range n {
				if err := in(d, func(_ context.Context, tx *db.Tx) error { wallet.QueueWrongPIN(tx, merchant, c.ID); return nil }); err != nil {
					t.Fatal(err)
				}
			}
			v, err := wallet.GetGiftCard(context.Background(), d, merchant, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		if v := wrong(4); v.State != wallet.GiftCardActive {
			t.Fatal(v.State)
		}
		if err := in(d, func(_ context.Context, tx *db.Tx) error { wallet.QueueRightPIN(tx, merchant, c.ID); return nil }); err != nil {
			t.Fatal(err)
		}
		if v := wrong(4); v.State != wallet.GiftCardActive {
			t.Fatal(v.State)
		}
		if v := wrong(1); v.State != wallet.GiftCardBlocked || v.Reason != "pin" {
			t.Fatal(v.State)
		}
	})
}

func TestNumbersCheckThemselves(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		n, err := wallet.NewGiftCardNumber()
		if err != nil || len(n) != 16 || seen[n] {
			t.Fatal(n, err)
		}
		seen[n] = true
		sum := 0
		for i := range 16 {
			v := int(n[15-i] - '0')
			if i%2 == 1 {
				if v *= 2; v > 9 {
					v -= 9
				}
			}
			sum += v
		}
		if sum%10 != 0 {
			t.Fatal(n)
		}
		if kept, err := wallet.GiftCardNumber(n); err != nil || kept != n {
			t.Fatal(kept, err)
		}
	}
	for _, bad := range []string{"", "12345", "abc def!", "123456789012345678901234567890123"} {
		if _, err := wallet.GiftCardNumber(bad); !errors.Is(err, wallet.ErrGiftCardNumber) {
			t.Fatal(bad, err)
		}
	}
}

// TestA07_OneCardAtManyTills: 32 tills pay with one card of 100.
func TestA07_OneCardAtManyTills(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c, err := issue(t, d, "GIFT000001")
		if err != nil {
			t.Fatal(err)
		}
		var paid atomic.Int64
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				switch err := pay(d, c.ID, id.New(1), 700); {
				case err == nil:
					paid.Add(700)
				case !errors.Is(err, wallet.ErrInsufficient):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		v, err := wallet.GetGiftCard(context.Background(), d, merchant, c.ID)
		if err != nil || paid.Load() != 9800 || v.Balance != 200 {
			t.Fatal(paid.Load(), v.Balance, err)
		}
		proven(t, d)
	})
}

func TestListOfCards(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var cards []wallet.GiftCard
		for _, n := range []string{"GIFT000001", "GIFT000002", "GIFT000003"} {
			c, err := issue(t, d, n, func(c *wallet.GiftCard) {
				if n == "GIFT000003" {
					c.Buyer = id.None
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			cards = append(cards, c)
			time.Sleep(time.Millisecond)
		}
		list := func(f wallet.GiftCardFilter, pg db.Page) ([]wallet.GiftCardView, string) {
			vs, next, err := wallet.ListGiftCards(context.Background(), d, merchant, f, pg)
			if err != nil {
				t.Fatal(err)
			}
			return vs, next
		}
		first, next := list(wallet.GiftCardFilter{}, db.Page{Limit: 2})
		if len(first) != 2 || first[0].ID != cards[2].ID || next == "" {
			t.Fatal(first, next)
		}
		if rest, end := list(wallet.GiftCardFilter{}, db.Page{Limit: 2, After: id.MustParse(next)}); len(rest) != 1 || rest[0].ID != cards[0].ID || end != "" {
			t.Fatal(rest, end)
		}
		if vs, _ := list(wallet.GiftCardFilter{Buyer: member, State: wallet.GiftCardActive}, db.Page{}); len(vs) != 2 {
			t.Fatal(vs)
		}
		if vs, _ := list(wallet.GiftCardFilter{Sale: cards[1].Sale}, db.Page{}); len(vs) != 1 || vs[0].ID != cards[1].ID {
			t.Fatal(vs)
		}
		if vs, _ := list(wallet.GiftCardFilter{State: wallet.GiftCardVoid}, db.Page{}); len(vs) != 0 {
			t.Fatal(vs)
		}
	})
}
