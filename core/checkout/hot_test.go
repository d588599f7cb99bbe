package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// hot is 64 registers that sell, top up and refund on one member at once.
type hot struct {
	*shop
	retries *atomic.Int64
	added   atomic.Int64 // to the wallet, by what was answered
	done    atomic.Int64
	refused atomic.Int64
	runs    int
	mu      sync.Mutex
	took    []time.Duration
}

// timed does one operation; only a lack of money is a reason to refuse it.
func (h *hot) timed(f func() error) bool {
	began := time.Now()
	err := f()
	took := time.Since(began)
	h.mu.Lock()
	h.took = append(h.took, took)
	h.mu.Unlock()
	switch {
	case errors.Is(err, walletShort), errors.Is(err, checkout.ErrPrepaidUsed):
		h.refused.Add(1)
		return false
	case err != nil:
		h.t.Errorf("surfaced to a caller: %v", err)
		return false
	}
	h.done.Add(1)
	return true
}

// register works until end: a top-up, three sales from the wallet, a refund of one
// of them, and now and then the refund of the top-up itself.
func (h *hot) register(no int, end <-chan struct{}) {
	for turn := 0; ; turn++ {
		select {
		case <-end:
			return
		default:
		}
		key := func(what string) db.Idem {
			return db.Idem{Key: fmt.Sprintf("%s-%d-%d-%d", what, h.runs, no, turn), Route: what, BodyHash: "h"}
		}
		var up *sale.Sale
		h.timed(func() (err error) {
			if up, err = h.desk.Complete(h.ctx, checkout.SaleIn{Basket: h.basket(no, true, topUp(5000)), Tenders: []checkout.TenderIn{cash(5000)}, Idem: key("up")}); err == nil {
				h.added.Add(5000)
			}
			return err
		})
		var last *sale.Sale
		for i := range 3 {
			h.timed(func() error {
				got, err := h.desk.Complete(h.ctx, checkout.SaleIn{Basket: h.basket(no, true, h.line("soap", "1")), Tenders: []checkout.TenderIn{stored(2500)}, Idem: key(fmt.Sprint("sale", i))})
				if err == nil {
					last = got
					h.added.Add(-2500)
				}
				return err
			})
		}
		give := func(of *sale.Sale, back money.Amount) {
			if of == nil {
				return
			}
			h.timed(func() error {
				_, err := h.desk.Refund(h.ctx, checkout.RefundIn{Merchant: h.m.ID, Sale: of.ID, Reason: "hot", Idem: key("back" + of.ID.String())})
				if err == nil {
					h.added.Add(int64(back))
				}
				return err
			})
		}
		give(last, 2500)
		if turn%4 == 3 {
			give(up, -5000)
		}
	}
}

// run lets 64 registers work for so long and compares the wallet with the answers.
func (h *hot) run(d time.Duration) {
	h.t.Helper()
	h.runs++
	h.took = nil
	h.stockUp("soap", 10_000_000)
	end := make(chan struct{})
	var wg sync.WaitGroup
	for no := range h.registers {
		wg.Go(func() { h.register(no, end) })
	}
	looked := make(chan struct{})
	go func() { // somebody looks at the wallet all the time
		defer close(looked)
		for {
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
			if w := h.wallet(); w.StoredValue() < 0 {
				h.t.Errorf("available: %d", w.StoredValue())
			}
		}
	}()
	began := time.Now()
	time.Sleep(d)
	close(end)
	wg.Wait()
	<-looked
	took := time.Since(began)
	if w := h.wallet(); int64(w.StoredValue()) != h.added.Load() || w.Held != 0 {
		h.t.Errorf("%d in the wallet, %d held; the answers come to %d", w.StoredValue(), w.Held, h.added.Load())
	}
	if h.done.Load() < int64(len(h.registers)) {
		h.t.Errorf("only %d operations", h.done.Load())
	}
	h.proven()
	slices.Sort(h.took)
	at := func(share float64) time.Duration {
		return h.took[min(int(float64(len(h.took))*share), len(h.took)-1)].Round(10 * time.Microsecond)
	}
	h.t.Logf("%d operations in %s by %d registers, %.0f a second; %d refused, %d conflicts retried; p50 %s, p99 %s",
		h.done.Load(), took.Round(time.Millisecond), len(h.registers), float64(h.done.Load())/took.Seconds(), h.refused.Load(), h.retries.Load(), at(0.50), at(0.99))
}

func newHot(t testing.TB, d *db.DB, c *clock.Manual, retries *atomic.Int64) *hot {
	return &hot{shop: newShop(t, d, c, tills), retries: retries}
}

var hotMorning = time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC)

// hotOptions is the clock, and a counter of the transactions that run again.
func hotOptions() (c *clock.Manual, retries *atomic.Int64, count dbtest.Option) {
	c, retries = clock.NewManual(hotMorning), &atomic.Int64{}
	return c, retries, func(o *db.Options) { o.Clock, o.Retried = c, func() { retries.Add(1) } }
}

// TestSixtyFourRegistersAtOneMember: no update is lost, nothing goes below zero,
// and no register hears of a deadlock or of a conflict. SHOPWRIGHT_HOT says for how
// long, "1m"; SHOPWRIGHT_POSTGRES="autovacuum=on autovacuum_naptime=5s" lets PostgreSQL
// work as a server does.
func TestSixtyFourRegistersAtOneMember(t *testing.T) {
	d := 3 * time.Second
	if v := os.Getenv("SHOPWRIGHT_HOT"); v != "" {
		var err error
		if d, err = time.ParseDuration(v); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		c, retries, count := hotOptions()
		newHot(t, dbtest.SQLite(t, count), c, retries).run(d)
	})
	t.Run("postgres", func(t *testing.T) {
		c, retries, count := hotOptions()
		newHot(t, dbtest.Postgres(t, count), c, retries).run(d)
	})
}

// BenchmarkHot is the same for a minute. SQLite syncs each commit here.
func BenchmarkHot(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		c, retries := clock.NewManual(hotMorning), &atomic.Int64{}
		d, err := db.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "shop.db"), db.Options{Clock: c, Retried: func() { retries.Add(1) }})
		if err != nil {
			b.Fatal(err)
		}
		defer d.Close()
		if _, err := d.Migrate(b.Context()); err != nil {
			b.Fatal(err)
		}
		h := newHot(b, d, c, retries)
		for b.Loop() {
			h.run(time.Minute)
		}
	})
	b.Run("postgres", func(b *testing.B) {
		c, retries, count := hotOptions()
		h := newHot(b, dbtest.Postgres(b, count), c, retries)
		for b.Loop() {
			h.run(time.Minute)
		}
	})
}

// TestNothingIsChargedThatCannotBeBooked: a gift costs points that the member does
// not have; the acquirer is never asked.
func TestNothingIsChargedThatCannotBeBooked(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		g := loyalty.Gift{Name: "a cup", Points: 70, Money: 500}
		s.tx(func(_ context.Context, tx *db.Tx) error { return loyalty.CreateGift(tx, s.m.ID, &g) })
		a := &acquirer{authorise: checkout.Paid}
		s.desk.Acquirer = a
		in := checkout.SaleIn{Basket: s.basket(0, true, checkout.LineIn{Kind: sale.LineGift, Gift: g.ID}), Tenders: []checkout.TenderIn{{Type: sale.TenderCard, Amount: 500}}}
		if _, err := s.desk.Complete(s.ctx, in); !errors.Is(err, wallet.ErrPointsShort) {
			t.Fatal(err)
		}
		if len(a.charged) != 0 {
			t.Fatalf("charged %v for a sale that cannot be booked", a.charged)
		}
		open, err := sale.ListOpen(s.ctx, s.db, s.m.ID, c.Now().Add(time.Hour), 10)
		if err != nil || len(open) != 0 {
			t.Fatalf("%d sales are open for ever: %v", len(open), err)
		}
		s.proven()
	})
}

// TestWhatIsHeldIsThereWhenItIsCaptured: the visits that an open sale counted on
// are used by another, which left as many newer ones.
func TestWhatIsHeldIsThereWhenItIsCaptured(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 2)
		s.activate("salon", `{"birthday_on": false, "tier_on": false}`)
		card := checkout.LineIn{Kind: sale.LinePunchCard, SKU: s.skus["cut"].ID, Amount: 20000, Visits: 2}
		s.sell(s.basket(0, true, card), cash(20000))
		c.Advance(time.Minute)
		a := &acquirer{authorise: checkout.Unknown, query: checkout.Paid}
		s.desk.Acquirer = a
		waits := checkout.SaleIn{Basket: s.basket(0, true, s.line("cut", "2"), s.line("soap", "1")), Tenders: []checkout.TenderIn{{Type: sale.TenderCard, Amount: 2500}}}
		if _, err := s.desk.Complete(s.ctx, waits); !errors.Is(err, checkout.ErrPaymentPending) {
			t.Fatal(err)
		}
		c.Advance(time.Minute)
		s.sell(s.basket(1, true, card), cash(20000))
		s.sell(s.basket(1, true, s.line("cut", "2")))
		c.Advance(time.Hour)
		if n, err := s.desk.Recover(s.ctx, s.m.ID); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		if w := s.wallet(); len(w.Punches) != 0 || w.Held != 0 {
			t.Fatalf("%+v", w)
		}
		s.proven()
	})
}
