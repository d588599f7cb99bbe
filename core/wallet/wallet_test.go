package wallet_test

import (
	"context"
	"errors"
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

var (
	merchant = id.MustParse("01890000-0000-7000-8000-000000000001")
	shop     = id.MustParse("01890000-0000-7000-8000-000000000002")
	member   = id.MustParse("01890000-0000-7000-8000-000000000003")
	service  = id.MustParse("01890000-0000-7000-8000-000000000004")
)

// book runs f on the member's purse and posts what it does; the other side is a
// house account that takes whatever is open.
func book(t *testing.T, d *db.DB, f func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error) error {
	t.Helper()
	return d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		p := wallet.NewPurse(merchant, member)
		p.Ask(tx, id.None)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		e := ledger.Entry{Shop: shop, BusinessDate: "2026-05-20", Kind: "test"}
		if err := f(tx, p, &e); err != nil {
			return err
		}
		open := map[string]money.Amount{}
		for _, q := range e.Postings {
			open[q.Account.Unit] += q.Amount
		}
		for unit, n := range open {
			h := ledger.House(merchant, shop, unit, "test")
			e.Add(&h, -n, nil)
		}
		if err := new(ledger.Book).Post(tx, merchant, &e); err != nil {
			return err
		}
		p.Queue(tx)
		return nil
	})
}

func get(t *testing.T, d *db.DB) wallet.Wallet {
	t.Helper()
	w, err := wallet.Get(context.Background(), d, merchant, member)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func proven(t *testing.T, d *db.DB) {
	t.Helper()
	if _, err := ledger.Verify(context.Background(), d, merchant, func(check, subject string, want, got int64) {
		t.Errorf("%s %s: %d, not %d", check, subject, want, got)
	}); err != nil {
		t.Fatal(err)
	}
}

// TestConsumptionByPolicy is the example of the domain rules: 500 paid and 100
// given, 300 spent.
func TestConsumptionByPolicy(t *testing.T) {
	for policy, left := range map[wallet.Policy]money.Amount{wallet.Proportional: 25000, wallet.PrincipalFirst: 20000, wallet.BonusFirst: 30000} {
		t.Run(string(policy), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				err := book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
					wallet.TopUp(tx, p, e, "CNY", 50000, 10000, policy, wallet.Origin{Shop: shop, Line: tx.NewID()})
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
					return wallet.Spend(tx, p, e, "CNY", 30000, tx.Now)
				}); err != nil {
					t.Fatal(err)
				}
				if w := get(t, d); w.Principal != left || w.StoredValue() != 30000 {
					t.Fatalf("principal %d, all %d", w.Principal, w.StoredValue())
				}
				err = book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
					return wallet.Spend(tx, p, e, "CNY", 30001, tx.Now)
				})
				if !errors.Is(err, wallet.ErrInsufficient) {
					t.Fatal(err)
				}
				proven(t, d)
			})
		})
	}
}

// TestVisitsAreWorthTheirShare: 10 paid and 2 free for 1,000 are 83.33 a visit,
// and the last takes the remainder.
func TestVisitsAreWorthTheirShare(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			wallet.SellPunches(tx, p, e, service, 12, 100000, wallet.Origin{Shop: shop, Line: tx.NewID()})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var sum, last money.Amount
		for range 12 {
			if err := book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) (err error) {
				last, err = wallet.Punch(tx, p, e, service, 1, tx.Now)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			sum += last
		}
		if sum != 100000 || last != 8337 {
			t.Fatalf("sum %d, last %d", sum, last)
		}
		err = book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			_, err := wallet.Punch(tx, p, e, service, 1, tx.Now)
			return err
		})
		if !errors.Is(err, wallet.ErrPunchesShort) {
			t.Fatal(err)
		}
		proven(t, d)
	})
}

func TestPointsGoByExpiryAndADebtIsPaidOffFirst(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC))
		sale := id.New(1)
		in := func(f func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error) {
			t.Helper()
			if err := book(t, d, f); err != nil {
				t.Fatal(err)
			}
		}
		in(func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			wallet.Earn(tx, p, e, 100, 0, wallet.Origin{Shop: shop, Sale: sale, Line: sale})
			wallet.Earn(tx, p, e, 50, tx.Now.Add(24*time.Hour), wallet.Origin{Shop: shop, Line: tx.NewID()})
			return nil
		})
		in(func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			return wallet.BurnPoints(tx, p, e, 60, tx.Now)
		})
		lots, err := wallet.Lots(context.Background(), d, merchant, member)
		if err != nil || len(lots) != 1 || lots[0].Remaining != 90 {
			t.Fatalf("the one that expires goes first: %+v %v", lots, err)
		}
		in(func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			wallet.TakeBackPoints(tx, p, e, sale, 100) // 10 of them were spent
			return nil
		})
		if w := get(t, d); w.Points != -10 {
			t.Fatalf("%d points", w.Points)
		}
		proven(t, d)
		in(func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			wallet.Earn(tx, p, e, 25, 0, wallet.Origin{Shop: shop, Line: tx.NewID()})
			return nil
		})
		if w := get(t, d); w.Points != 15 {
			t.Fatalf("%d points", w.Points)
		}
		if err := book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			return wallet.BurnPoints(tx, p, e, 16, tx.Now)
		}); !errors.Is(err, wallet.ErrPointsShort) {
			t.Fatal(err)
		}
		proven(t, d)
	}, dbtest.WithClock(c))
}
