package wallet_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
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
	other = id.MustParse("01890000-0000-7000-8000-000000000005")
	actor = id.MustParse("01890000-0000-7000-8000-000000000006")
	on    = wallet.Operation{Merchant: merchant, Shop: shop, BusinessDate: "2026-05-20", Actor: actor, Reason: "asked for"}
)

func in(d *db.DB, f func(ctx context.Context, tx *db.Tx) error) error {
	return d.InTx(context.Background(), f)
}

func move(d *db.DB, from, to id.ID, amount money.Amount, points int64) (out wallet.Transferred, err error) {
	err = in(d, func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = wallet.Move(ctx, tx, new(ledger.Book), wallet.Transfer{Operation: on, From: from, To: to, Currency: "CNY", Amount: amount, Points: points})
		return err
	})
	return out, err
}

func of(t *testing.T, d *db.DB, who id.ID) wallet.Wallet {
	t.Helper()
	w, err := wallet.Get(context.Background(), d, merchant, who)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestATransferKeepsPriceRatioAndEnd: 500 paid and 100 given, 300 used, then half
// of the rest given away. Together both are refunded what one alone would be.
func TestATransferKeepsPriceRatioAndEnd(t *testing.T) {
	for _, policy := range []wallet.Policy{wallet.Proportional, wallet.PrincipalFirst, wallet.BonusFirst} {
		t.Run(string(policy), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				line := topUp(t, d, 50000, 10000, policy)
				spend(t, d, 30000)
				got, err := move(d, member, other, 15000, 0)
				if err != nil || got.Principal+got.Bonus != 15000 {
					t.Fatal(got, err)
				}
				var sum money.Amount
				for _, who := range []id.ID{member, other} {
					var groups []wallet.Prepaid
					if err := d.Batch(context.Background(), wallet.AskPrepaid(merchant, who, line, &groups)); err != nil || len(groups) != 1 {
						t.Fatal(groups, err)
					}
					g := groups[0]
					if g.SoldPaid != 50000 || g.SoldBonus != 10000 || g.Policy != policy {
						t.Fatalf("%+v", g)
					}
					if want := money.Amount(30000); who == member && g.Used() != want || who == other && g.Used() != 0 {
						t.Fatalf("used %d", g.Used())
					}
					s, err := wallet.Calculate(wallet.Claim{Case: wallet.CaseMerchant}, groups)
					if err != nil {
						t.Fatal(err)
					}
					sum += s.Refund
				}
				if sum != 25000 {
					t.Fatalf("%d", sum)
				}
				again, err := wallet.GetTransfer(context.Background(), d, merchant, got.Entry)
				if err != nil || again != got {
					t.Fatal(again, err)
				}
				done, err := wallet.Operations(context.Background(), d, merchant, other, 10)
				if err != nil || len(done) != 1 || done[0].Kind != wallet.KindTransfer || done[0].Member != member || done[0].Actor != actor {
					t.Fatal(done, err)
				}
				proven(t, d)
			})
		})
	}
}

func TestATransferOfPointsPaysTheReceiversDebt(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ends := d.Now().Add(24 * time.Hour)
		must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			wallet.EarnFrom(tx, p, e, 100, 0, ends, wallet.Origin{Shop: shop, Line: tx.NewID()})
			wallet.EarnFrom(tx, p, e, 1000, tx.Now.Add(time.Hour), 0, wallet.Origin{Shop: shop, Line: tx.NewID()}) // pending
			return nil
		})
		if err := in(d, func(ctx context.Context, tx *db.Tx) error {
			_, err := wallet.AdjustPoints(ctx, tx, new(ledger.Book), wallet.PointsChange{Operation: on, Member: other, Points: -30, BelowZero: true})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := move(d, member, other, 0, 101); !errors.Is(err, wallet.ErrPointsShort) {
			t.Fatal("pending points went along", err)
		}
		if _, err := move(d, member, other, 0, 80); err != nil {
			t.Fatal(err)
		}
		lots, err := wallet.Lots(context.Background(), d, merchant, other)
		if err != nil || len(lots) != 1 || lots[0].Remaining != 50 || lots[0].ExpiresAt != ends {
			t.Fatalf("%+v %v", lots, err)
		}
		if a, b := of(t, d, member), of(t, d, other); a.Points != 20 || a.PointsPending != 1000 || b.Points != 50 {
			t.Fatal(a, b)
		}
		proven(t, d)
	})
}

func TestTransfersThatAreRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		topUp(t, d, 50000, 0, wallet.Proportional)
		for want, f := range map[error]func() error{
			wallet.ErrSameMember:   func() error { _, err := move(d, member, member, 1, 0); return err },
			wallet.ErrNothing:      func() error { _, err := move(d, member, other, 0, 0); return err },
			wallet.ErrInsufficient: func() error { _, err := move(d, member, other, 50001, 0); return err },
			wallet.ErrPointsShort:  func() error { _, err := move(d, member, other, 0, 1); return err },
		} {
			if err := f(); !errors.Is(err, want) {
				t.Fatal(want, err)
			}
		}
		if _, err := move(d, member, other, -5, 10); !errors.Is(err, wallet.ErrNothing) {
			t.Fatal(err)
		}
		freeze(t, d, other)
		if _, err := move(d, member, other, 1, 0); !errors.Is(err, wallet.ErrFrozen) {
			t.Fatal(err)
		}
	})
}

func freeze(t *testing.T, d *db.DB, who id.ID) {
	t.Helper()
	if err := in(d, func(ctx context.Context, tx *db.Tx) error {
		return wallet.Freeze(ctx, tx, merchant, who, actor, "card lost")
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAFreezeStopsAlsoAccountsThatComeLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		freeze(t, d, member) // without any account
		if err := in(d, func(ctx context.Context, tx *db.Tx) error {
			return wallet.Freeze(ctx, tx, merchant, member, actor, "again")
		}); !errors.Is(err, wallet.ErrAlreadyFrozen) {
			t.Fatal(err)
		}
		line := topUp(t, d, 50000, 0, wallet.Proportional)
		must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			wallet.Earn(tx, p, e, 10, 0, wallet.Origin{Shop: shop, Line: tx.NewID()})
			wallet.SellPunches(tx, p, e, service, 3, 300, wallet.Origin{Shop: shop, Line: tx.NewID()})
			return nil
		})
		if w := get(t, d); !w.Frozen || w.StoredValue() != 50000 {
			t.Fatalf("%+v", w)
		}
		for name, f := range map[string]func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error{
			"spend": func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
				return wallet.Spend(tx, p, e, "CNY", 1, tx.Now)
			},
			"burn": func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
				return wallet.BurnPoints(tx, p, e, 1, tx.Now)
			},
			"punch": func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
				_, err := wallet.Punch(tx, p, e, service, 1, tx.Now)
				return err
			},
			"reserve": func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
				_, err := wallet.Reserve(p, "CNY", 1, tx.Now)
				return err
			},
		} {
			if err := book(t, d, f); !errors.Is(err, wallet.ErrFrozen) {
				t.Fatal(name, err)
			}
		}
		if _, err := payOut(t, d, wallet.Claim{Case: wallet.CasePolicy}, line); !errors.Is(err, wallet.ErrFrozen) {
			t.Fatal(err)
		}
		// What was set aside before the freeze is paid for: it may be captured.
		must(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
			for i := range p.Lots {
				p.Lots[i].AvailableAt = 0
			}
			return wallet.Spend(tx, p, e, "CNY", 1, tx.Now-1)
		})
		if err := in(d, func(ctx context.Context, tx *db.Tx) error {
			return wallet.Restore(ctx, tx, merchant, member, actor, " ")
		}); !errors.Is(err, wallet.ErrReason) {
			t.Fatal(err)
		}
		for _, want := range []error{nil, wallet.ErrNotFrozen} {
			if err := in(d, func(ctx context.Context, tx *db.Tx) error {
				return wallet.Restore(ctx, tx, merchant, member, actor, "found")
			}); !errors.Is(err, want) {
				t.Fatal(err)
			}
		}
		spend(t, d, 1)
		stops, err := wallet.Stops(context.Background(), d, merchant, member)
		if err != nil || len(stops) != 1 || stops[0].Reason != "card lost" || stops[0].RestoreReason != "found" || stops[0].RestoredAt == 0 || stops[0].FrozenBy != actor {
			t.Fatalf("%+v %v", stops, err)
		}
		proven(t, d)
	})
}

func TestAdjustmentsByHand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		points := func(n int64, below bool) error {
			return in(d, func(ctx context.Context, tx *db.Tx) error {
				_, err := wallet.AdjustPoints(ctx, tx, new(ledger.Book), wallet.PointsChange{Operation: on, Member: member, Points: n, BelowZero: below})
				return err
			})
		}
		bonus := func(n money.Amount) error {
			return in(d, func(ctx context.Context, tx *db.Tx) error {
				_, err := wallet.AdjustBonus(ctx, tx, new(ledger.Book), wallet.BonusChange{Operation: on, Member: member, Currency: "CNY", Amount: n})
				return err
			})
		}
		for i, x := range []struct {
			err  error
			want error
		}{
			{points(50, false), nil}, {points(-60, false), wallet.ErrPointsShort}, {points(-60, true), nil}, {points(25, false), nil}, {points(0, false), wallet.ErrNothing},
			{bonus(500), nil}, {bonus(-501), wallet.ErrInsufficient}, {bonus(-200), nil}, {bonus(0), wallet.ErrNothing},
		} {
			if !errors.Is(x.err, x.want) {
				t.Fatal(i, x.err)
			}
		}
		if w := get(t, d); w.Points != 15 || w.Bonus != 300 {
			t.Fatalf("%+v", w)
		}
		if n := houseSum(t, d, wallet.HousePointsAdjusted); n != -15 {
			t.Fatal(n)
		}
		err := in(d, func(ctx context.Context, tx *db.Tx) error {
			o := on
			o.Reason = ""
			_, err := wallet.AdjustPoints(ctx, tx, new(ledger.Book), wallet.PointsChange{Operation: o, Member: member, Points: 1})
			return err
		})
		if !errors.Is(err, wallet.ErrReason) {
			t.Fatal(err)
		}
		proven(t, d)
	})
}

// TestCrossingTransfersDoNotDeadlock: both directions at once, many times.
func TestCrossingTransfersDoNotDeadlock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		topUp(t, d, 100000, 0, wallet.Proportional)
		if _, err := move(d, member, other, 50000, 0); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 24 {
			wg.Go(func() {
				from, to := member, other
				if i%2 == 1 {
					from, to = to, from
				}
				if _, err := move(d, from, to, money.Amount(100+i), 0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if a, b := of(t, d, member), of(t, d, other); a.Principal+b.Principal != 100000 || a.Principal != 50000+12 {
			t.Fatal(a.Principal, b.Principal)
		}
		proven(t, d)
	})
}

// TestA07_SpendsAndTransfersNeverOverdraw: 64 tills and transfers on one wallet.
func TestA07_SpendsAndTransfersNeverOverdraw(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		topUp(t, d, 5000, 1000, wallet.Proportional)
		topUp(t, d, 3000, 0, wallet.BonusFirst)
		var mu sync.Mutex
		var spent, moved money.Amount
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				amount := money.Amount(150 + i)
				var err error
				if i%4 == 0 {
					_, err = move(d, member, other, amount, 0)
				} else {
					err = book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
						return wallet.Spend(tx, p, e, "CNY", amount, tx.Now)
					})
				}
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil && !errors.Is(err, wallet.ErrInsufficient):
					t.Error(err)
				case err == nil && i%4 == 0:
					moved += amount
				case err == nil:
					spent += amount
				}
			})
		}
		wg.Wait()
		if w := get(t, d); spent+moved > 9000 || w.Principal+w.Bonus != 9000-spent-moved || w.StoredValue() > 220 {
			t.Fatalf("spent %d, moved %d, left %d", spent, moved, w.Principal+w.Bonus)
		}
		if w := of(t, d, other); w.StoredValue() != moved {
			t.Fatal(w.StoredValue(), moved)
		}
		proven(t, d)
	})
}

// TestWhateverHappensThePurseAddsUp does random things to a wallet and proves the
// books after each run; a hold is always among them.
func TestWhateverHappensThePurseAddsUp(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 20, 0, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		rnd := rand.New(rand.NewPCG(3, 5))
		amount := func(n int64) money.Amount { return money.Amount(1 + rnd.Int64N(n)) }
		policies := []wallet.Policy{wallet.Proportional, wallet.PrincipalFirst, wallet.BonusFirst}
		for range 120 {
			c.Advance(time.Duration(rnd.Int64N(int64(6 * time.Hour))))
			var err error
			switch rnd.IntN(8) {
			case 0, 1:
				err = book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
					wallet.TopUpOn(tx, p, e, "CNY", wallet.TopUpTerms{Principal: amount(900), Bonus: amount(300) - 1, Policy: policies[rnd.IntN(3)], BonusEnds: tx.Now.Add(48 * time.Hour)}, wallet.Origin{Shop: shop, Sale: tx.NewID(), Line: tx.NewID()})
					return nil
				})
			case 2, 3:
				err = book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
					return wallet.Spend(tx, p, e, "CNY", amount(700), tx.Now)
				})
			case 4:
				_, err = move(d, member, other, amount(400), 0)
			case 5:
				_, err = move(d, other, member, amount(400), 0)
			case 6:
				_, err = payOut(t, d, wallet.Claim{Case: wallet.Cases[rnd.IntN(3)]}, id.None)
			case 7:
				err = book(t, d, func(tx *db.Tx, p *ledger.Purse, e *ledger.Entry) error {
					parts, err := wallet.Reserve(p, "CNY", amount(300), tx.Now)
					for _, s := range parts {
						ledger.QueueHold(tx, merchant, s.Account, tx.NewID(), s.Amount)
					}
					return err
				})
			}
			if err != nil && !errors.Is(err, wallet.ErrInsufficient) && !errors.Is(err, wallet.ErrHeld) {
				t.Fatal(err)
			}
		}
		proven(t, d)
	}, dbtest.WithClock(c))
}
