package checkout_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/till"
)

type ctxT = context.Context

var walletShort = ledger.ErrInsufficient

func (s *shop) closeShift(register int, counted money.Amount) till.Report {
	s.t.Helper()
	var rep till.Report
	sh, err := till.OpenShift(s.ctx, s.db, s.m.ID, s.registers[register].ID)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tx(func(ctx ctxT, tx *db.Tx) error {
		rep, _, err = till.Close(ctx, tx, s.m.ID, sh.ID, s.staff, counted)
		return err
	})
	return rep
}

const tills = 64

var noMember id.ID

// race lets 64 registers do the same at once and counts those that won; every
// loser must have lost for one of the allowed reasons.
func (s *shop) race(f func(register int) error, allowed ...error) int {
	s.t.Helper()
	var wg sync.WaitGroup
	var won atomic.Int64
	start := make(chan struct{})
	for i := range tills {
		wg.Add(1)
		go func() {
			defer wg.Done()
			<-start
			err := f(i)
			if err == nil {
				won.Add(1)
				return
			}
			for _, a := range allowed {
				if errors.Is(err, a) {
					return
				}
			}
			s.t.Errorf("register %d: %v", i, err)
		}()
	}
	close(start)
	wg.Wait()
	return int(won.Load())
}

func TestA07_SixtyFourTillsSpendOneBalance(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, tills)
		s.sell(s.basket(0, true, topUp(10000)), cash(10000))
		won := s.race(func(i int) error {
			_, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: s.basket(i, true, s.line("soap", "1")), Tenders: []checkout.TenderIn{stored(2500)}})
			return err
		}, walletShort)
		if w := s.wallet(); won != 4 || w.StoredValue() != 0 {
			t.Fatalf("%d won, %d left", won, w.StoredValue())
		}
		s.proven()
	})
}

func TestA08_OneUseCouponHasOneWinner(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, tills, "retail")
		code := s.coupon(coupon.Definition{Name: "all of it", Kind: coupon.KindCash, Amount: 9900}, noMember)
		won := s.race(func(i int) error {
			got, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: withCoupon(s.basket(i, false, s.line("soap", "1")), code)})
			if err == nil && got.Total != 0 {
				return fmt.Errorf("total %d: never below zero, and free here", got.Total)
			}
			return err
		}, coupon.ErrUsed)
		if won != 1 {
			t.Fatalf("%d won", won)
		}
		s.proven()
	})
}

func TestA18_LastUnitIsSoldOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, tills)
		s.sku("last", "goods", "home", perYuan, 1)
		won := s.race(func(i int) error {
			_, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: s.basket(i, false, s.line("last", "1"), s.line("soap", "1")), Tenders: []checkout.TenderIn{cash(2600)}})
			return err
		}, stock.ErrInsufficient)
		if won != 1 || s.onHand("last") != 0 || s.onHand("soap") != 999*money.One {
			t.Fatalf("%d won, %d left, soap %d", won, s.onHand("last"), s.onHand("soap"))
		}
		// two lines of one SKU: the demand is summed before the check
		s.sku("pair", "goods", "home", perYuan, 1)
		_, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: s.basket(0, false, s.line("pair", "1"), s.line("pair", "1")), Tenders: []checkout.TenderIn{cash(200)}})
		if !errors.Is(err, stock.ErrInsufficient) || s.onHand("pair") != money.One {
			t.Fatal(err)
		}
		s.proven()
	})
}

func TestTheSameKeyAHundredTimesIsOneSale(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1, "retail")
		code := s.coupon(coupon.Definition{Name: "one off", Kind: coupon.KindCash, Amount: 100}, noMember)
		in := checkout.SaleIn{Basket: withCoupon(s.basket(0, true, s.line("soap", "1")), code), Tenders: []checkout.TenderIn{cash(2400)}, Idem: db.Idem{Key: "k", Route: "POST /sales", BodyHash: "h"}}
		var mu sync.Mutex
		answers := map[string]int{}
		var wg sync.WaitGroup
		for range 100 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				in := in
				in.Basket.Coupons = []string{code}
				got, err := s.desk.Complete(s.ctx, in)
				if err != nil {
					t.Error(err)
					return
				}
				got.Rules, got.Trace, got.Replayed = nil, "", false // of the call, not of the sale
				raw, err := json.Marshal(got)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				answers[string(raw)]++
				mu.Unlock()
			}()
		}
		wg.Wait()
		n, err := db.Value[int](s.ctx, d, `select count(*) from sales where merchant_id = $1`, s.m.ID)
		if err != nil || n != 1 || len(answers) != 1 {
			t.Fatalf("%d sales, %d different answers: %v %v", n, len(answers), err, answers)
		}
		in.Idem.BodyHash = "other"
		if _, err := s.desk.Complete(s.ctx, in); !errors.Is(err, db.ErrKeyReused) {
			t.Fatal(err)
		}
		s.proven()
	})
}

func TestA09_ASaleMadeAtTheTillIsBookedOnce(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		in := checkout.SaleIn{ID: s.member, Basket: s.basket(0, false, s.line("soap", "1")), Tenders: []checkout.TenderIn{cash(2500)}}
		for i := range 10 {
			in.Idem = db.Idem{Key: fmt.Sprint("retry", i), Route: "POST /sales", BodyHash: "h"}
			got, err := s.desk.Complete(s.ctx, in)
			if err != nil || got.ID != in.ID || got.Number != 1 {
				t.Fatal(i, got, err)
			}
		}
		in.Basket.Lines[0].Quantity = 2 * money.One
		in.Tenders[0].Amount = 5000
		in.Idem.Key = "another sale"
		if _, err := s.desk.Complete(s.ctx, in); !errors.Is(err, sale.ErrIDTaken) {
			t.Fatal(err)
		}
		s.proven()
	})
}

// countingConn counts the frontend's Sync messages: each ends one round trip.
type countingConn struct {
	net.Conn
	syncs *atomic.Int64
	rest  []byte
	hello bool
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.rest = append(c.rest, b...)
	for {
		if !c.hello { // the start-up message has a length and no type
			if len(c.rest) < 4 {
				break
			}
			n := int(c.rest[0])<<24 | int(c.rest[1])<<16 | int(c.rest[2])<<8 | int(c.rest[3])
			if len(c.rest) < n {
				break
			}
			c.rest, c.hello = c.rest[n:], true
			continue
		}
		if len(c.rest) < 5 {
			break
		}
		n := 1 + (int(c.rest[1])<<24 | int(c.rest[2])<<16 | int(c.rest[3])<<8 | int(c.rest[4]))
		if len(c.rest) < n {
			break
		}
		if c.rest[0] == 'S' || c.rest[0] == 'Q' { // Sync, or a simple query
			c.syncs.Add(1)
		}
		c.rest = c.rest[n:]
	}
	return c.Conn.Write(b)
}

func TestACheckoutIsThreeRoundTripsAndTwoWithItsQuote(t *testing.T) {
	var trips atomic.Int64
	c := clock.NewManual(time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC))
	d := dbtest.Postgres(t, dbtest.WithClock(c), func(o *db.Options) {
		o.MaxOpen = 1
		o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			return &countingConn{Conn: conn, syncs: &trips}, err
		}
	})
	s := newShop(t, d, c, 1, "retail")
	s.sell(s.basket(0, true, topUp(10_000_000)), cash(10_000_000))
	basket := func(lines int) checkout.Basket {
		var ls []checkout.LineIn
		for i := range lines {
			ls = append(ls, s.line([]string{"tea", "soap", "rice"}[i%3], "1"))
		}
		return withCoupon(s.basket(0, true, ls...), s.coupon(coupon.Definition{Name: "one off", Kind: coupon.KindCash, Amount: 100}, s.member))
	}
	pay := func(b checkout.Basket, ref string, total money.Amount) int64 {
		t.Helper()
		before := trips.Load()
		_, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: b, QuoteRef: ref, Tenders: []checkout.TenderIn{stored(total / 2), cash(total)}, Idem: db.Idem{Key: fmt.Sprint("trip", before), Route: "r", BodyHash: "h"}})
		if err != nil {
			t.Fatal(err)
		}
		return trips.Load() - before
	}
	quote := func(b checkout.Basket) *checkout.Quote {
		t.Helper()
		q, err := s.desk.Quote(s.ctx, b)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	for _, lines := range []int{3, 100, 3} { // every statement is prepared on the connection, the tier's too
		b := basket(lines)
		q := quote(b)
		pay(b, q.Ref, q.Total)
	}
	for _, lines := range []int{1, 3, 20, 100} {
		b := basket(lines)
		total := quote(b).Total
		if n := pay(b, "", total); n != 3 {
			t.Errorf("%d lines without a quote at hand: %d round trips, want 3", lines, n)
		}
		b = basket(lines)
		q := quote(b)
		if n := pay(b, q.Ref, q.Total); n != 2 {
			t.Errorf("%d lines with the quote at hand: %d round trips, want 2", lines, n)
		}
	}
	s.proven()
}
