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

var day0 = time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC)

// withMerchant makes the merchant's and the shop's rows.
func withMerchant(t *testing.T, d *db.DB) {
	t.Helper()
	if err := in(d, func(_ context.Context, tx *db.Tx) error {
		tx.Queue(`insert into merchants (merchant_id, handle, name, edition, currency, locale, created_at) values ($1,'lily','Lily','community','CNY','en',0)`, merchant)
		tx.Queue(`insert into shops (merchant_id, id, name, time_zone, cut_off) values ($1,$2,'Main','Asia/Shanghai',240)`, merchant, shop)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func expire(t *testing.T, d *db.DB, batch int) (n int) {
	t.Helper()
	if err := in(d, func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = wallet.ExpireDue(ctx, tx, new(ledger.Book), merchant, batch)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestA06_ExpiryTouchesOnlyTheUnspentRest: every debit names its lots, so that
// old debits never count against what is still there.
func TestA06_ExpiryTouchesOnlyTheUnspentRest(t *testing.T) {
	c := clock.NewManual(day0)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(day0)
		withMerchant(t, d)
		o := func(tx *db.Tx) wallet.Origin { return wallet.Origin{Shop: shop, Line: tx.NewID()} }
		must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			soon := tx.Now.Add(24 * time.Hour)
			wallet.EarnFrom(tx, p, e, 100, 0, soon, o(tx))
			wallet.EarnFrom(tx, p, e, 70, 0, 0, o(tx))
			wallet.EarnFrom(tx, p, e, 30, soon, 0, o(tx))
			wallet.TopUpOn(tx, p, e, "CNY", wallet.TopUpTerms{Principal: 1000, Bonus: 200, Policy: wallet.Proportional, BonusEnds: soon}, o(tx))
			wallet.SellPunchesUntil(tx, p, e, service, 10, 1000, soon, o(tx))
			h := ledger.House(merchant, shop, "CNY", wallet.HousePunchesDeferred)
			e.Add(&h, 1000, nil)
			return nil
		})
		must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			if _, err := wallet.Punch(tx, p, e, service, 4, tx.Now); err != nil {
				return err
			}
			return errors.Join(wallet.BurnPoints(tx, p, e, 60, tx.Now), wallet.Spend(tx, p, e, "CNY", 600, tx.Now))
		})
		if w := get(t, d); w.Points != 110 || w.PointsPending != 30 || w.StoredValue() != 600 || w.Punches[0].Remaining != 6 {
			t.Fatalf("%+v", w)
		}
		if n := expire(t, d, 10); n != 0 {
			t.Fatalf("%d ended before their end", n)
		}
		c.Advance(24 * time.Hour)
		before := get(t, d)
		if before.Points != 100 || before.PointsLapsed != 40 || before.StoredValue() != 500 || before.Lapsed != 100 || len(before.Punches) != 0 {
			t.Fatalf("%+v", before)
		}
		if err := book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			return wallet.Spend(tx, p, e, "CNY", 501, tx.Now)
		}); !errors.Is(err, wallet.ErrInsufficient) {
			t.Fatal(err)
		}
		if n := expire(t, d, 10); n != 3 {
			t.Fatalf("%d", n)
		}
		if n := expire(t, d, 10); n != 0 {
			t.Fatalf("%d a second time", n)
		}
		after := get(t, d)
		if after.Points != before.Points || after.StoredValue() != before.StoredValue() || after.PointsLapsed != 0 || after.Lapsed != 0 {
			t.Fatalf("%+v", after)
		}
		for class, want := range map[string]money.Amount{"points_expired": 40, "bonus_expired": 100, "punch_expired": 6, wallet.HousePunchesLapsed: 600} {
			if n := houseSum(t, d, class); n != want {
				t.Fatal(class, n)
			}
		}
		proven(t, d)
	}, dbtest.WithClock(c))
}

func TestExpiryLeavesWhatIsHeldAndGoesOnLater(t *testing.T) {
	c := clock.NewManual(day0)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(day0)
		withMerchant(t, d)
		sale := id.New(1)
		must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			wallet.EarnFrom(tx, p, e, 100, 0, tx.Now.Add(time.Hour), wallet.Origin{Shop: shop, Line: tx.NewID()})
			return nil
		})
		var at clock.Instant
		must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			at = tx.Now
			ledger.QueueHold(tx, merchant, p.Find(ledger.UnitPoints, ledger.ClassPoints), sale, 60)
			return nil
		})
		c.Advance(2 * time.Hour)
		must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error { // would cover the hold, but was not there when it was made
			wallet.Earn(tx, p, e, 500, 0, wallet.Origin{Shop: shop, Line: tx.NewID()})
			return nil
		})
		if n := expire(t, d, 10); n != 0 {
			t.Fatal(n)
		}
		must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			a := p.Find(ledger.UnitPoints, ledger.ClassPoints)
			hold, err := db.Value[string](context.Background(), tx, `select cast(id as text) from holds where merchant_id = $1 and sale_id = $2`, merchant, sale)
			if err != nil {
				return err
			}
			ledger.QueueEndHold(tx, merchant, a, ledger.Hold{ID: id.MustParse(hold), Amount: 60}, true)
			return wallet.BurnPoints(tx, p, e, 60, at)
		})
		if n := expire(t, d, 10); n != 1 {
			t.Fatal(n)
		}
		if w := get(t, d); w.Points != 500 {
			t.Fatalf("%+v", w)
		}
		proven(t, d)
	}, dbtest.WithClock(c))
}

func TestExpiryInSmallTransactions(t *testing.T) {
	c := clock.NewManual(day0)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(day0)
		withMerchant(t, d)
		var who []id.ID
		for i := range 5 {
			m := id.New(int64(i + 1))
			who = append(who, m)
			if err := in(d, func(ctx context.Context, tx *db.Tx) error {
				_, err := wallet.AdjustPoints(ctx, tx, new(ledger.Book), wallet.PointsChange{Operation: on, Member: m, Points: 10, Until: tx.Now.Add(time.Hour + time.Duration(i))})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		var soon []wallet.Expiring
		for pg := (db.Page{Limit: 2}); ; {
			items, next, err := wallet.ExpiringSoon(context.Background(), d, merchant, d.Now().Add(2*time.Hour), pg)
			if err != nil {
				t.Fatal(err)
			}
			soon = append(soon, items...)
			if next == "" {
				break
			}
			pg.After = id.MustParse(next)
		}
		if len(soon) != 5 || soon[0].Amount != 10 || soon[0].Class != ledger.ClassPoints {
			t.Fatalf("%+v", soon)
		}
		c.Advance(2 * time.Hour)
		for i, want := range []int{2, 2, 1, 0} {
			if n := expire(t, d, 2); n != want {
				t.Fatal(i, n)
			}
		}
		for _, m := range who {
			if w := of(t, d, m); w.Points != 0 {
				t.Fatal(w)
			}
		}
		proven(t, d)
	}, dbtest.WithClock(c))
}

// TestA01_UndoingAnEarningIsItsMirror: with a debt paid off meanwhile, with
// points spent, with points expired, the wallet ends as though nothing was earned.
func TestA01_UndoingAnEarningIsItsMirror(t *testing.T) {
	c := clock.NewManual(day0)
	for name, x := range map[string]struct {
		debt, spent int64
		expired     bool
		left        int64
	}{
		"plain":                 {0, 0, false, 0},
		"a debt was paid off":   {30, 0, false, -30},
		"more debt than points": {130, 0, false, -130},
		"some were spent":       {0, 40, false, -40},
		"debt and spent":        {30, 20, false, -50},
		"the rest expired":      {0, 40, true, -40},
		"debt, spent, expired":  {10, 40, true, -50},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				c.Set(day0)
				withMerchant(t, d)
				sale := id.New(1)
				if x.debt > 0 {
					if err := in(d, func(ctx context.Context, tx *db.Tx) error {
						_, err := wallet.AdjustPoints(ctx, tx, new(ledger.Book), wallet.PointsChange{Operation: on, Member: member, Points: -x.debt, BelowZero: true})
						return err
					}); err != nil {
						t.Fatal(err)
					}
				}
				must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
					wallet.EarnFrom(tx, p, e, 100, 0, tx.Now.Add(time.Hour), wallet.Origin{Shop: shop, Sale: sale, Line: sale})
					return nil
				})
				proven(t, d)
				if x.spent > 0 {
					must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
						return wallet.BurnPoints(tx, p, e, x.spent, tx.Now)
					})
				}
				if x.expired {
					c.Advance(time.Hour)
					expire(t, d, 10)
				}
				if err := in(d, func(ctx context.Context, tx *db.Tx) error {
					p := wallet.NewPurse(merchant, member)
					var expired int64
					p.Ask(tx, sale)
					tx.AskAll(wallet.AskExpiredOf(merchant, sale, member, &expired))
					if err := tx.Flush(ctx); err != nil {
						return err
					}
					e := ledger.Entry{Shop: shop, BusinessDate: "2026-05-20", Kind: "refund"}
					wallet.UndoEarn(tx, p, &e, sale, 100, expired)
					h := ledger.House(merchant, shop, ledger.UnitPoints, wallet.HousePointsIssued)
					e.Add(&h, 100, nil)
					if err := new(ledger.Book).Post(tx, merchant, &e); err != nil {
						return err
					}
					p.Queue(tx)
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				if w := get(t, d); w.Points != x.left {
					t.Fatalf("%d points", w.Points)
				}
				if issued, gone := houseSum(t, d, wallet.HousePointsIssued), houseSum(t, d, "points_expired"); issued != 0 || gone != 0 {
					t.Fatal(issued, gone)
				}
				proven(t, d)
			}, dbtest.WithClock(c))
		})
	}
}
