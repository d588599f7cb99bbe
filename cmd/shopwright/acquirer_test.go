package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/payment"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/hw/connectors"
	"github.com/shopwright/shopwright/hw/connectors/acquirersim"
)

// payShop is a merchant with one register, cents to sell, and a connector's process.
type payShop struct {
	*testing.T
	a        *app
	ctx      context.Context
	merchant tenant.Merchant
	shop     id.ID
	register id.ID
	cent     id.ID
	device   id.ID
	n        int
}

func newPayShop(t *testing.T) *payShop {
	t.Helper()
	dir := t.TempDir()
	ctx := context.Background()
	a, err := open(ctx, config{Data: dir, DB: "sqlite:" + filepath.Join(dir, "shop.db")}, slog.New(slog.DiscardHandler), openOptions{cheap: true})
	if err != nil {
		t.Fatal(err)
	}
	stop := a.work(ctx)
	t.Cleanup(func() {
		grace, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		stop(grace)
		a.Close()
	})
	s := &payShop{T: t, a: a, ctx: ctx}
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		if s.merchant, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "pay", Name: "Pay", Currency: "CNY"}); err != nil {
			return err
		}
		sh, err := tenant.CreateShop(ctx, tx, s.merchant.ID, tenant.NewShop{Name: "茶店", TimeZone: "Asia/Shanghai", CutOff: 240})
		s.shop = sh.ID
		return err
	})
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		stock.CreateFloor(tx, s.merchant.ID, s.shop, "floor")
		r, err := tenant.CreateRegister(ctx, tx, s.merchant.ID, s.shop, tenant.NewRegister{Name: "till"})
		if err != nil {
			return err
		}
		s.register = r.ID
		v, err := catalog.Create(ctx, tx, catalog.In{Merchant: s.merchant.ID, Code: "cent", Name: "cent", Kind: catalog.Service, UnitPrice: 100})
		s.cent = v.ID
		return err
	})
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		config, err := json.Marshal(map[string]any{"folder": filepath.Join(dir, "book"), "later_ms": 1200})
		if err != nil {
			return err
		}
		dev, err := device.Create(ctx, tx, device.Device{Merchant: s.merchant.ID, Shop: s.shop, Name: "Provider", Class: connectors.Class, Driver: acquirersim.Name, Config: config, Enabled: true})
		s.device = dev.ID
		return err
	})
	s.ready()
	return s
}

func (s *payShop) tx(f func(context.Context, *db.Tx) error) {
	s.Helper()
	if err := s.a.db.InTx(s.ctx, f); err != nil {
		s.Fatal(err)
	}
}

func (s *payShop) until(what string, ok func() bool) {
	s.Helper()
	for began := time.Now(); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 40*time.Second {
			s.Fatal("not in time: ", what)
		}
	}
}

// ready waits for the connector's process.
func (s *payShop) ready() {
	s.Helper()
	s.until("the connector runs", func() bool { _, ok := s.a.plugins.Acquirer(s.device.String()); return ok })
}

// sell sells so many cents by card; the last two digits say what the provider does.
func (s *payShop) sell(cents int64) (*sale.Sale, payment.Intent, error) {
	s.Helper()
	s.n++
	in := checkout.SaleIn{Basket: checkout.Basket{Merchant: s.merchant.ID, Shop: s.shop, Register: s.register, Lines: []checkout.LineIn{{SKU: s.cent, Quantity: money.Quantity(cents) * money.One}}},
		Tenders: []checkout.TenderIn{{Type: sale.TenderCard, Amount: money.Amount(cents)}}, ID: id.New(int64(s.a.db.Now())), Idem: db.Idem{Key: fmt.Sprint(s.n), Route: "r", BodyHash: "h"}}
	got, err := s.a.desk.Complete(s.ctx, in)
	i, ierr := payment.Get(s.ctx, s.a.db, s.merchant.ID, payment.Reference(in.ID, 0))
	if ierr != nil {
		s.Fatal(err, ierr)
	}
	return got, i, err
}

func (s *payShop) refunded(i payment.Intent) bool {
	rs, err := payment.RefundsOf(s.ctx, s.a.db, s.merchant.ID, []id.ID{i.ID})
	return err == nil && len(rs) == 1 && rs[0].State == payment.RefundDone
}

// The whole way: till, intent, connector's process, notices, jobs, books.
func TestA26_ThroughAConnectorsProcess(t *testing.T) {
	s := newPayShop(t)
	for cents, what := range map[int64]string{1200: "paid", 1206: "charged, and the answer lost", 1204: "paid a moment later", 1203: "charged, and nobody answers for a while", 1207: "told twice"} {
		got, i, err := s.sell(cents)
		if err != nil || got.State != sale.StateCompleted || i.State != payment.Paid || i.Outcome != payment.Used {
			t.Errorf("%s: %+v %+v %v", what, got, i, err)
		}
	}
	if _, i, err := s.sell(1201); !errors.Is(err, checkout.ErrPaymentRefused) || i.State != payment.Refused || i.Reason == "" {
		t.Errorf("refused: %+v %v", i, err)
	}
	_, late, err := s.sell(1205)
	if !errors.Is(err, checkout.ErrPaymentRefused) || late.Outcome != payment.Abandoned {
		t.Fatalf("%+v %v", late, err)
	}
	s.until("the late success is given back", func() bool { return s.refunded(late) })
	if now, err := payment.Get(s.ctx, s.a.db, s.merchant.ID, late.Reference); err != nil || now.State != payment.Paid || now.Outcome != payment.Abandoned {
		t.Errorf("%+v %v", now, err)
	}
	// Killed while the provider waits for the customer.
	go func() {
		time.Sleep(300 * time.Millisecond)
		_ = s.a.plugins.Kill(s.device.String())
	}()
	got, i, err := s.sell(1304)
	if err != nil || got.State != sale.StateCompleted {
		t.Fatalf("%+v %+v %v", got, i, err)
	}
	s.ready()
	if _, err := s.a.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.merchant.ID, Sale: got.ID, Reason: "not wanted"}); err != nil {
		t.Fatal(err)
	}
	s.until("the refund is done", func() bool { return s.refunded(i) })
	if n, err := db.Value[int](s.ctx, s.a.db, `select count(*) from sales where merchant_id = $1 and kind = 'sale' and state = 'completed'`, s.merchant.ID); err != nil || n != 6 {
		t.Error(n, err)
	}
	proof, err := report.Prove(s.ctx, s.a.db, s.merchant)
	if err != nil || !proof.Clean() {
		t.Error(proof, err)
	}
}
