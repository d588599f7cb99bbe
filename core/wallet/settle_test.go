package wallet_test

import (
	"context"
	"errors"
	"math/rand/v2"
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

// must books and fails the test where it does not work.
func must(t *testing.T, d *db.DB, f func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error) {
	t.Helper()
	if err := book(t, d, f); err != nil {
		t.Fatal(err)
	}
}

func topUp(t *testing.T, d *db.DB, principal, bonus money.Amount, policy wallet.Policy) (line id.ID) {
	t.Helper()
	must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
		line = tx.NewID()
		wallet.TopUp(tx, p, e, "CNY", principal, bonus, policy, wallet.Origin{Shop: shop, Sale: tx.NewID(), Line: line})
		return nil
	})
	return line
}

func spend(t *testing.T, d *db.DB, amount money.Amount) {
	t.Helper()
	must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
		return wallet.Spend(tx, p, e, "CNY", amount, tx.Now)
	})
}

// payOut computes a refund under the purse's locks and books it.
func payOut(t *testing.T, d *db.DB, c wallet.Claim, line id.ID) (s wallet.Settlement, err error) {
	t.Helper()
	err = d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		p := wallet.NewPurse(merchant, member)
		var groups []wallet.Prepaid
		p.Ask(tx, id.None)
		tx.AskAll(wallet.AskPrepaid(merchant, member, line, &groups))
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		var err error
		if s, err = wallet.Calculate(c, groups); err != nil {
			return err
		}
		e := ledger.Entry{Shop: shop, BusinessDate: "2026-05-20", Kind: wallet.KindCashOut}
		paid, err := wallet.PayOut(tx, p, &e, "CNY", s)
		if err != nil {
			return err
		}
		h := ledger.House(merchant, shop, "CNY", "tender:cash")
		e.Add(&h, paid, nil)
		if err := new(ledger.Book).Post(tx, merchant, &e); err != nil {
			return err
		}
		p.Queue(tx)
		return nil
	})
	return s, err
}

// TestTheCourtsRefund is the case of 2024: 3,000 with 1,000 given, then 5,000
// with nothing, 3,594 used: 5,304.50 is paid back, not 4,406.
func TestTheCourtsRefund(t *testing.T) {
	for c, want := range map[wallet.Case]money.Amount{wallet.CaseMerchant: 530450, wallet.CasePolicy: 530450} {
		t.Run(string(c), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				topUp(t, d, 300000, 100000, wallet.Proportional)
				topUp(t, d, 500000, 0, wallet.Proportional)
				spend(t, d, 359400)
				s, err := payOut(t, d, wallet.Claim{Case: c}, id.None)
				if err != nil || s.Refund != want || len(s.Payments) != 2 || s.Payments[0].Counted != 269550 {
					t.Fatalf("%+v %v", s, err)
				}
				if w := get(t, d); w.Principal != 0 || w.Bonus != 0 {
					t.Fatalf("%+v", w)
				}
				if n := houseSum(t, d, wallet.HouseBonusForfeited); n != 10150 {
					t.Fatalf("forfeited %d", n)
				}
				proven(t, d)
			})
		})
	}
}

func houseSum(t *testing.T, d *db.DB, class string) money.Amount {
	t.Helper()
	n, err := db.Value[int64](context.Background(), d, `select cast(coalesce(sum(p.amount), 0) as bigint) from accounts a
		join postings p on p.merchant_id = a.merchant_id and p.account_id = a.id where a.merchant_id = $1 and a.owner_kind = 'house' and a.class = $2`, merchant, class)
	if err != nil {
		t.Fatal(err)
	}
	return money.Amount(n)
}

// TestRefundByCase is the example of 500 paid and 100 given, 300 used.
func TestRefundByCase(t *testing.T) {
	for name, x := range map[string]struct {
		policy wallet.Policy
		claim  wallet.Claim
		list   money.Amount
		want   money.Amount
	}{
		"proportional":      {wallet.Proportional, wallet.Claim{Case: wallet.CasePolicy}, 0, 25000},
		"principal first":   {wallet.PrincipalFirst, wallet.Claim{Case: wallet.CasePolicy}, 0, 20000},
		"bonus first":       {wallet.BonusFirst, wallet.Claim{Case: wallet.CasePolicy}, 0, 30000},
		"list price":        {wallet.Proportional, wallet.Claim{Case: wallet.CaseConsumer}, 0, 20000},
		"dearer list price": {wallet.Proportional, wallet.Claim{Case: wallet.CaseConsumer}, 36000, 14000},
		"never below zero":  {wallet.Proportional, wallet.Claim{Case: wallet.CaseConsumer}, 60000, 0},
		"merchant, p first": {wallet.PrincipalFirst, wallet.Claim{Case: wallet.CaseMerchant}, 0, 25000},
		"merchant, b first": {wallet.BonusFirst, wallet.Claim{Case: wallet.CaseMerchant}, 0, 25000},
		"agreed share":      {wallet.Proportional, wallet.Claim{Case: wallet.CaseAgreement, Share: 900_000}, 0, 22500},
		"agreed amount":     {wallet.Proportional, wallet.Claim{Case: wallet.CaseAgreement, Amount: 24000}, 0, 24000},
		"agreed worse":      {wallet.Proportional, wallet.Claim{Case: wallet.CaseAgreement, Amount: 100}, 0, 20000},
		"agreed too much":   {wallet.Proportional, wallet.Claim{Case: wallet.CaseAgreement, Amount: 90000}, 0, 50000},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				line := topUp(t, d, 50000, 10000, x.policy)
				spend(t, d, 30000)
				var groups []wallet.Prepaid
				if err := d.Batch(context.Background(), wallet.AskPrepaid(merchant, member, line, &groups)); err != nil || len(groups) != 1 {
					t.Fatal(groups, err)
				}
				groups[0].UsedAtList = x.list
				s, err := wallet.Calculate(x.claim, groups)
				if err != nil || s.Refund != x.want {
					t.Fatalf("%+v %v", s, err)
				}
				if x.list == 0 {
					if s, err = payOut(t, d, x.claim, line); err != nil || s.Refund != x.want {
						t.Fatalf("%+v %v", s, err)
					}
					proven(t, d)
					if n := houseSum(t, d, "tender:cash"); n != x.want {
						t.Fatal(n)
					}
				}
			})
		})
	}
}

func TestSevenDayWithdrawal(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC))
		line := topUp(t, d, 50000, 10000, wallet.Proportional)
		claim := wallet.Claim{Case: wallet.CaseWithdrawal, At: c.Now().Add(7*24*time.Hour + 1000)}
		if _, err := payOut(t, d, claim, line); !errors.Is(err, wallet.ErrWithdrawalLate) {
			t.Fatal(err)
		}
		claim.At = c.Now().Add(7 * 24 * time.Hour)
		spend(t, d, 1)
		if _, err := payOut(t, d, claim, line); !errors.Is(err, wallet.ErrWithdrawalUsed) {
			t.Fatal(err)
		}
		second := topUp(t, d, 70000, 0, wallet.Proportional)
		if s, err := payOut(t, d, claim, second); err != nil || s.Refund != 70000 {
			t.Fatal(s, err)
		}
		proven(t, d)
	}, dbtest.WithClock(c))
}

// TestPartUsedPunchCard: 12 visits for 1,000, five used.
func TestPartUsedPunchCard(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var line id.ID
		must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			line = tx.NewID()
			wallet.SellPunches(tx, p, e, service, 12, 100000, wallet.Origin{Shop: shop, Line: line})
			h := ledger.House(merchant, shop, "CNY", wallet.HousePunchesDeferred)
			e.Add(&h, 100000, nil)
			return nil
		})
		must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			worth, err := wallet.Punch(tx, p, e, service, 5, tx.Now)
			h := ledger.House(merchant, shop, "CNY", wallet.HousePunchesDeferred)
			e.Add(&h, -worth, nil)
			return err
		})
		var groups []wallet.Prepaid
		if err := d.Batch(context.Background(), wallet.AskPrepaid(merchant, member, line, &groups)); err != nil || len(groups) != 1 {
			t.Fatal(groups, err)
		}
		groups[0].UsedAtList = 5 * 10000 // 100 a visit on the price list
		if s, err := wallet.Calculate(wallet.Claim{Case: wallet.CaseConsumer}, groups); err != nil || s.Refund != 50000 {
			t.Fatal(s, err)
		}
		s, err := payOut(t, d, wallet.Claim{Case: wallet.CaseMerchant}, line)
		if err != nil || s.Refund != 100000-5*8333 {
			t.Fatalf("%+v %v", s, err)
		}
		if w := get(t, d); len(w.Punches) != 0 {
			t.Fatal(w)
		}
		if n := houseSum(t, d, wallet.HousePunchesDeferred); n != 0 {
			t.Fatalf("%d of nothing are still deferred", n)
		}
		proven(t, d)
	})
}

// TestARefundNeverExceedsWhatWasPaid: for any top-up and any use, refund and
// counted use are exactly what was paid, and a better ratio for the consumer
// never pays less.
func TestARefundNeverExceedsWhatWasPaid(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 11))
	for range 20000 {
		g := wallet.Prepaid{Unit: "CNY", Principal: money.Amount(rnd.Int64N(1_000_000)), Bonus: money.Amount(rnd.Int64N(300_000))}
		g.Paid, g.SoldPaid, g.SoldBonus = g.Principal, g.Principal, g.Bonus
		g.PrincipalLeft, g.BonusLeft = money.Amount(rnd.Int64N(int64(g.Principal)+1)), money.Amount(rnd.Int64N(int64(g.Bonus)+1))
		refund := map[wallet.Case]money.Amount{}
		for _, c := range []wallet.Case{wallet.CasePolicy, wallet.CaseMerchant, wallet.CaseConsumer, wallet.CaseAgreement} {
			s, err := wallet.Calculate(wallet.Claim{Case: c, Share: money.Rate(rnd.Int64N(int64(money.Whole) + 1))}, []wallet.Prepaid{g, g})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range s.Payments {
				if p.Refund < 0 || p.Refund > g.Paid || p.Refund+p.Counted != g.Paid || p.Withheld+p.Refund != g.PrincipalLeft {
					t.Fatalf("%s: %+v", c, p)
				}
			}
			if s.Refund != 2*s.Payments[0].Refund {
				t.Fatalf("%s: %+v", c, s)
			}
			refund[c] = s.Refund
		}
		if refund[wallet.CaseMerchant] < refund[wallet.CaseConsumer] || refund[wallet.CaseAgreement] < refund[wallet.CaseConsumer] {
			t.Fatalf("%+v %v", g, refund)
		}
	}
}
