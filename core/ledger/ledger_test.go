package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

var (
	merchant = id.MustParse("01890000-0000-7000-8000-000000000001")
	shop     = id.MustParse("01890000-0000-7000-8000-000000000002")
	owner    = id.MustParse("01890000-0000-7000-8000-000000000003")
)

// book posts amounts on the owner's account against the house, each as a lot or
// from the oldest lots.
func book(t *testing.T, d *db.DB, b *ledger.Book, amounts ...money.Amount) error {
	t.Helper()
	return d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		p := &ledger.Purse{Merchant: merchant, OwnerKind: ledger.OwnerMember, Owner: owner}
		p.Ask(tx, id.None)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		e := ledger.Entry{Shop: shop, BusinessDate: "2026-05-20", Kind: "test"}
		a := p.Open(tx, "CNY", ledger.ClassPrincipal, 0)
		h := ledger.House(merchant, shop, "CNY", "test")
		for _, n := range amounts {
			if n > 0 {
				e.Add(a, n, p.AddLot(tx, a, ledger.Lot{Amount: n, Remaining: n, Group: tx.NewID(), Policy: "fifo", OriginShop: shop}))
			} else {
				left := -n
				for _, l := range p.Of(a) {
					part := min(l.Remaining, left)
					p.Take(l, part)
					e.Add(a, -part, l)
					left -= part
				}
				e.Add(a, -left, nil)
			}
			e.Add(&h, -n, nil)
		}
		if err := b.Post(tx, merchant, &e); err != nil {
			return err
		}
		p.Queue(tx)
		return nil
	})
}

func verify(t *testing.T, d *db.DB) (out []string) {
	t.Helper()
	n, err := ledger.Verify(context.Background(), d, merchant, func(check, _ string, want, got int64) { out = append(out, fmt.Sprint(check, " ", want, " ", got)) })
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	return out
}

func seal(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
		n, err = ledger.Seal(ctx, tx, merchant)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func exec(t *testing.T, d *db.DB, q string) {
	t.Helper()
	if err := d.InTx(context.Background(), func(_ context.Context, tx *db.Tx) error { tx.Queue(q); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestAnEntryThatDoesNotBalanceIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		err := d.InTx(context.Background(), func(_ context.Context, tx *db.Tx) error {
			a, h := ledger.NewAccount(tx, ledger.OwnerMember, owner, "CNY", ledger.ClassPrincipal, 0), ledger.House(merchant, shop, "points", "test")
			e := ledger.Entry{Shop: shop, BusinessDate: "2026-05-20", Kind: "test"}
			e.Add(&a, 100, nil)
			e.Add(&h, -100, nil) // another unit
			return new(ledger.Book).Post(tx, merchant, &e)
		})
		if !errors.Is(err, ledger.ErrUnbalanced) {
			t.Fatal(err)
		}
	})
}

func TestABalanceNeverGoesBelowItsFloor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := &ledger.Book{}
		if err := book(t, d, b, 300, 200); err != nil {
			t.Fatal(err)
		}
		if err := book(t, d, b, -501); !errors.Is(err, ledger.ErrInsufficient) {
			t.Fatal(err)
		}
		if err := book(t, d, b, -450); err != nil {
			t.Fatal(err)
		}
		if diff := verify(t, d); len(diff) > 0 {
			t.Fatal(diff)
		}
	})
}

func TestBalancesAtAnInstant(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := &ledger.Book{}
		if err := book(t, d, b, 300); err != nil {
			t.Fatal(err)
		}
		between := d.Now()
		for d.Now() == between {
		}
		if err := book(t, d, b, -120); err != nil {
			t.Fatal(err)
		}
		at := func(i clock.Instant) money.Amount {
			var out []ledger.BalanceAt
			if err := d.Batch(context.Background(), ledger.AskBalancesAt(merchant, ledger.OwnerMember, owner, i, &out)); err != nil || len(out) != 1 {
				t.Fatal(out, err)
			}
			return out[0].Balance
		}
		if a, z := at(between), at(d.Now()); a != 300 || z != 180 {
			t.Fatal(a, z)
		}
	})
}
