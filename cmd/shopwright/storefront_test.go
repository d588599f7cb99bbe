package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/storefront"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/hw/connectors/storefronthttp"
	"github.com/shopwright/shopwright/hw/connectors/storefrontsim"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

// onlineShop is a merchant with one register and a connector's process to a mall.
type onlineShop struct {
	*testing.T
	a        *app
	ctx      context.Context
	mall     *sim.Mall
	merchant tenant.Merchant
	shop     id.ID
	register id.ID
	device   id.ID
	skus     map[string]id.ID
}

func newOnlineShop(t *testing.T) *onlineShop {
	t.Helper()
	dir := t.TempDir()
	ctx := context.Background()
	mall, err := sim.NewMall(5)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mall.Close)
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
	s := &onlineShop{T: t, a: a, ctx: ctx, mall: mall, skus: map[string]id.ID{}}
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		if s.merchant, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "online", Name: "Online", Currency: "CNY"}); err != nil {
			return err
		}
		sh, err := tenant.CreateShop(ctx, tx, s.merchant.ID, tenant.NewShop{Name: "茶店", TimeZone: "Asia/Shanghai", CutOff: 240})
		s.shop = sh.ID
		return err
	})
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		stock.CreateFloor(tx, s.merchant.ID, s.shop, "floor")
		r, err := tenant.CreateRegister(ctx, tx, s.merchant.ID, s.shop, tenant.NewRegister{Name: "online"})
		s.register = r.ID
		return err
	})
	for code, n := range map[string]int64{"tea": 4000, "soap": 4000, "rare": 30} {
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			v, err := catalog.Create(ctx, tx, catalog.In{Merchant: s.merchant.ID, Code: code, Name: code, Kind: catalog.Goods, UnitPrice: 100_000, Stocked: true})
			s.skus[code] = v.ID
			return err
		})
		s.tx(func(_ context.Context, tx *db.Tx) error {
			return stock.Adjust(tx, stock.Adjustment{Merchant: s.merchant.ID, Shop: s.shop, Kind: stock.KindReceipt, Moves: []stock.Move{{SKU: s.skus[code], Quantity: money.Quantity(n) * money.One}}})
		})
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		dev, err := device.Create(ctx, tx, device.Device{Merchant: s.merchant.ID, Shop: s.shop, Name: "Mall", Class: storefront.Class, Driver: storefronthttp.Name, Config: mall.Config(), Enabled: true})
		s.device = dev.ID
		if err != nil {
			return err
		}
		if err := storefront.Save(ctx, tx, storefront.Channel{Merchant: s.merchant.ID, ID: dev.ID, Code: "mall", Shop: s.shop, Register: s.register, Catalogue: true}); err != nil {
			return err
		}
		_, err = storefront.Offer(ctx, tx, s.merchant.ID, dev.ID)
		return err
	})
	s.until("the connector runs", func() bool { _, ok := a.plugins.Storefront(s.device.String()); return ok })
	return s
}

func (s *onlineShop) tx(f func(context.Context, *db.Tx) error) {
	s.Helper()
	if err := s.a.db.InTx(s.ctx, f); err != nil {
		s.Fatal(err)
	}
}

func (s *onlineShop) until(what string, ok func() bool) {
	s.Helper()
	for began := time.Now(); !ok(); time.Sleep(50 * time.Millisecond) {
		s.a.online.Wake()
		if time.Since(began) > 3*time.Minute {
			s.Fatal("not in time: ", what)
		}
	}
}

func (s *onlineShop) onHand(code string) money.Quantity {
	s.Helper()
	var ls []stock.Level
	if err := s.a.db.Batch(s.ctx, stock.AskLevels(s.merchant.ID, stock.Floor(s.merchant.ID, s.shop), []id.ID{s.skus[code]}, &ls)); err != nil || len(ls) != 1 {
		s.Fatal(ls, err)
	}
	return ls[0].OnHand
}

// books are the orders that became sales, and what stands on the tender's account.
func (s *onlineShop) books() (sales int64, took int64) {
	s.Helper()
	type row struct{ n, sum int64 }
	v, err := db.One(s.ctx, s.a.db, func(r db.Row, v *row) error { return r.Scan(&v.n, &v.sum) },
		`select (select count(*) from sales where merchant_id = $1 and kind = 'sale'), (select coalesce(-sum(p.amount), 0) from postings p join accounts a on a.merchant_id = p.merchant_id and a.id = p.account_id
		 where p.merchant_id = $1 and a.owner_kind = 'house' and a.class = 'tender:online:mall')`, s.merchant.ID)
	if err != nil {
		s.Fatal(err)
	}
	return v.n, v.sum
}

// TestOnlineOrdersWithTheConnectorKilled places 1,000 orders in a mall that repeats,
// shuffles, breaks off and answers nonsense, kills the connector at random, and finds
// each order sold once, equal stock on both sides and books that prove.
func TestOnlineOrdersWithTheConnectorKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute of work")
	}
	s := newOnlineShop(t)
	r := rand.New(rand.NewPCG(11, 4))
	s.until("the mall knows the stock", func() bool { return s.mall.Available("tea") == 4_000_000 && s.mall.Available("rare") == 30_000 })
	s.mall.Misbehave(sim.MallFaults{Down: 8, Cut: 8, Twice: 10, Shuffled: 30, Repeated: 20, Forged: 2})
	var placed []string
	for n := range 1000 {
		lines := []driver.OrderLine{{SKU: "tea", Quantity: 1000 * (1 + r.Int64N(3)), UnitPrice: 1000}}
		if r.IntN(3) == 0 {
			lines = append(lines, driver.OrderLine{SKU: "soap", Quantity: 1000, UnitPrice: 700, Discount: 50})
		}
		no, err := s.mall.Place(storefrontsim.Buy{Lines: lines, Shipping: 600, Currency: "CNY", Buyer: fmt.Sprint("b", r.IntN(50))})
		if err != nil {
			t.Fatal(err)
		}
		placed = append(placed, no)
		switch old := placed[r.IntN(len(placed))]; r.IntN(12) {
		case 0:
			_ = s.mall.Cancel(old)
		case 1:
			_ = s.mall.Refund(old, 1000, map[string]int64{"1": 1000})
		case 2:
			_ = s.mall.Refund(old, 0, nil)
		}
		if n%60 == 30 { // beside it the counter sells
			if _, err := s.a.desk.Complete(s.ctx, checkout.SaleIn{Basket: checkout.Basket{Merchant: s.merchant.ID, Shop: s.shop, Register: s.register, Lines: []checkout.LineIn{{SKU: s.skus["tea"], Quantity: money.One}}},
				Tenders: []checkout.TenderIn{{Type: sale.TenderCash, Amount: 1000}}}); err != nil {
				t.Fatal(err)
			}
		}
		if n%40 == 20 {
			_ = s.a.plugins.Kill(s.device.String())
		}
	}
	s.mall.Misbehave(sim.MallFaults{})
	want, _ := s.mall.Paid()
	s.until("the books have what the mall has", func() bool {
		due, err := db.Value[int64](s.ctx, s.a.db, `select count(*) from online_orders where merchant_id = $1 and due`, s.merchant.ID)
		n, nerr := db.Value[int64](s.ctx, s.a.db, `select count(*) from online_orders where merchant_id = $1`, s.merchant.ID)
		_, took := s.books()
		return err == nil && nerr == nil && due == 0 && n == 1000 && took == want
	})
	for _, code := range []string{"tea", "soap"} {
		s.until("the stock of "+code+" is equal", func() bool { return s.mall.Available(code) == int64(s.onHand(code)) })
	}
	twice, err := db.Value[int64](s.ctx, s.a.db, `select count(*) from (select reference from sale_tenders t join sales x on x.merchant_id = t.merchant_id and x.id = t.sale_id where t.merchant_id = $1 and x.kind = 'sale' and t.type = 'online:mall' group by reference having count(*) > 1) d`, s.merchant.ID)
	if err != nil || twice != 0 {
		t.Errorf("%d orders were sold twice: %v", twice, err)
	}
	if w := s.mall.Wrong(); len(w) > 0 {
		t.Errorf("%d requests were wrong, the first: %s", len(w), w[0])
	}
	p, err := report.Prove(s.ctx, s.a.db, s.merchant)
	if err != nil || len(p.Differences) > 0 {
		t.Errorf("the books do not prove: %v %v", p.Differences, err)
	}
}

// TestAnOnlineOrderFromEndToEnd is an oversold order that is sent, and a refund that
// the staff make.
func TestAnOnlineOrderFromEndToEnd(t *testing.T) {
	s := newOnlineShop(t)
	s.until("the mall knows the stock", func() bool { return s.mall.Available("rare") == 30_000 })
	s.until("the mall knows what it costs", func() bool {
		a := s.mall.Article("rare")
		return a.Title == "rare" && a.Price == 1000 && a.Currency == "CNY"
	})
	s.tx(func(_ context.Context, tx *db.Tx) error {
		tx.Queue(`update skus set unit_price = 123456 where merchant_id = $1 and code = 'rare'`, s.merchant.ID)
		return nil
	})
	s.until("the mall knows what it costs now", func() bool { return s.mall.Article("rare").Price == 1235 })
	no, err := s.mall.Place(storefrontsim.Buy{Lines: []driver.OrderLine{{SKU: "rare", Quantity: 32_000, UnitPrice: 1000}}, Currency: "CNY", Buyer: "b", Force: true, ShipTo: driver.ShipTo{Name: "Li Lei", Address: "1 Example Road"}})
	if err != nil {
		t.Fatal(err)
	}
	var o storefront.Order
	state := func() storefront.Order {
		t.Helper()
		v, err := storefront.FindByNo(s.ctx, s.a.db, s.merchant.ID, s.device, no)
		if err != nil {
			return storefront.Order{}
		}
		return v
	}
	s.until("it is booked", func() bool { o = state(); return o.Stage == storefront.Booked })
	if o.Attention != storefront.Oversold || s.onHand("rare") != 0 {
		t.Errorf("%+v", o)
	}
	s.until("the mall is sold out", func() bool { return s.mall.Available("rare") == 0 })
	if a, err := s.a.online.ShipTo(s.ctx, s.merchant.ID, s.device, no); err != nil || a.Name != "Li Lei" {
		t.Errorf("%+v %v", a, err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		return storefront.Ship(ctx, tx, s.merchant.ID, o.ID, "SF", "SF1")
	})
	s.until("the mall knows of the parcel", func() bool { return len(s.mall.Parcels(no)) == 1 && state().ShipPushed })
	of, err := sale.Get(s.ctx, s.a.db, s.merchant.ID, o.Sale)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.a.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.merchant.ID, Sale: of.ID, Reason: "broken", Lines: []checkout.RefundLine{{Line: of.Lines[0].ID, Quantity: 3 * money.One}}}); err != nil {
		t.Fatal(err)
	}
	s.until("the mall has paid it back, and told of it", func() bool {
		v, _ := s.mall.Order(no)
		o = state()
		return v.Refunded == 3000 && v.Lines[0].Refunded == 3000 && o.Refunded == 3000 && !o.Due
	})
	if _, took := s.books(); took != 29_000 || s.onHand("rare") != money.One {
		t.Errorf("%d %v %+v", took, s.onHand("rare"), o)
	}
	var config map[string]string
	dev, err := device.Get(s.ctx, s.a.db, s.merchant.ID, s.device)
	if err != nil || json.Unmarshal(dev.Config, &config) != nil || config["key_id"] != s.mall.Key {
		t.Error(err, config)
	}
}
