package ledger_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
)

func statement(t *testing.T, d *db.DB, q ledger.StatementOf) (*ledger.Statement, []ledger.Movement) {
	t.Helper()
	q.Merchant = merchant
	s, err := ledger.OpenStatement(context.Background(), d, q)
	if err != nil {
		t.Fatal(err)
	}
	var all []ledger.Movement
	if err := s.Each(context.Background(), func(m ledger.Movement) error { all = append(all, m); return nil }); err != nil {
		t.Fatal(err)
	}
	return s, all
}

// TestStatementsJoin: any cut of the past into periods gives every posting once,
// each period opens as the one before closed, and the last closes at the balance.
func TestStatementsJoin(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := &ledger.Book{}
		rnd := rand.New(rand.NewPCG(7, 7))
		c.Set(time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC))
		start := d.Now()
		balance := money.Amount(0)
		for range 80 {
			n := money.Amount(rnd.IntN(500) + 1)
			amounts := []money.Amount{n}
			if balance > n {
				amounts = append(amounts, -n/2)
				balance -= n / 2
			}
			balance += n
			mustBook(t, d, b, amounts...)
			c.Advance(time.Duration(rnd.IntN(3)) * time.Hour / 2)
		}
		end := d.Now() + 1
		whole, all := statement(t, d, ledger.StatementOf{OwnerKind: ledger.OwnerMember, Owner: owner})
		if len(whole.Sections) != 1 || whole.Sections[0].Opening != 0 || whole.Sections[0].Closing != balance || int(whole.Sections[0].Movements) != len(all) || all[len(all)-1].Balance != balance {
			t.Fatalf("%+v, %d movements, balance %d", whole.Sections, len(all), balance)
		}
		at, got, last := start, 0, money.Amount(0)
		for at < end {
			to := min(at.Add(time.Duration(rnd.IntN(7*60))*time.Minute+1000), end)
			s, part := statement(t, d, ledger.StatementOf{OwnerKind: ledger.OwnerMember, Owner: owner, From: at, To: to})
			if s.Sections[0].Opening != last || int(s.Sections[0].Movements) != len(part) {
				t.Fatalf("opens at %d, the one before closed at %d", s.Sections[0].Opening, last)
			}
			run := last
			for _, m := range part {
				run += m.Amount
				if m.At < at || m.At >= to || m.Balance != run || m != all[got] {
					t.Fatalf("%+v, running %d, whole %+v", m, run, all[got])
				}
				got++
			}
			last = s.Sections[0].Closing
			if run != last {
				t.Fatalf("closing %d, movements give %d", last, run)
			}
			at = to
		}
		if got != len(all) || last != balance {
			t.Fatalf("%d of %d movements, closing %d", got, len(all), last)
		}
		pages(t, d, whole, all)
		house, rows := statement(t, d, ledger.StatementOf{OwnerKind: ledger.OwnerHouse, Owner: shop})
		if house.Sections[0].Class != "test" || house.Sections[0].Closing != -balance || int(house.Sections[0].Movements) != len(rows) {
			t.Fatalf("%+v", house.Sections)
		}
		if s, _ := statement(t, d, ledger.StatementOf{OwnerKind: ledger.OwnerHouse, Owner: shop, Class: "other"}); len(s.Sections) != 0 {
			t.Fatalf("%+v", s.Sections)
		}
	}, dbtest.WithClock(c))
}

// pages: a statement read page by page is the whole one.
func pages(t *testing.T, d *db.DB, s *ledger.Statement, all []ledger.Movement) {
	t.Helper()
	var after id.ID
	got := 0
	for {
		list, next, err := s.Page(context.Background(), after, 7)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			if m != all[got] {
				t.Fatalf("page after %s: %+v, whole %+v", after, m, all[got])
			}
			got++
		}
		if after = next; next.IsNone() {
			break
		}
		if len(list) < 7 {
			t.Fatalf("a page of %d", len(list))
		}
	}
	if got != len(all) {
		t.Fatalf("%d of %d", got, len(all))
	}
}

// TestSeveralAccountsInTheOrderOfEntries: what one entry does to several accounts
// stands together.
func TestSeveralAccountsInTheOrderOfEntries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := &ledger.Book{}
		for range 1200 / 400 {
			err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
				for range 400 {
					cash, sales, tax := ledger.House(merchant, shop, "CNY", "tender:cash"), ledger.House(merchant, shop, "CNY", "sales"), ledger.House(merchant, shop, "CNY", "tax")
					e := ledger.Entry{Shop: shop, BusinessDate: "2026-05-20", Kind: "sale"}
					e.Add(&cash, -106, nil)
					e.Add(&sales, 100, nil)
					e.Add(&tax, 6, nil)
					if err := b.Post(tx, merchant, &e); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		s, all := statement(t, d, ledger.StatementOf{OwnerKind: ledger.OwnerHouse, Owner: shop})
		if len(s.Sections) != 3 || len(all) != 3600 {
			t.Fatal(len(s.Sections), len(all))
		}
		for i, m := range all {
			want := []string{"tender:cash", "sales", "tax"}[i%3]
			n := money.Amount(i/3 + 1)
			if m.Class != want || m.No != int64(i%3) || m.Entry != all[i-i%3].Entry || m.Balance != map[string]money.Amount{"tender:cash": -106, "sales": 100, "tax": 6}[want]*n {
				t.Fatalf("%d: %+v", i, m)
			}
		}
		if s.Sections[2].Class != "tender:cash" || s.Sections[2].Closing != -106*1200 {
			t.Fatalf("%+v", s.Sections)
		}
	})
}
