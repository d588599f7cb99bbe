package checkout_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/rules/packs"
)

// shop is a merchant in business, with the real rule host and the packs that come
// with the program.
type shop struct {
	t         testing.TB
	ctx       context.Context
	db        *db.DB
	desk      *checkout.Desk
	clock     *clock.Manual
	m         tenant.Merchant
	shop      tenant.Shop
	registers []tenant.Register
	skus      map[string]catalog.SKU
	member    id.ID
	staff     id.ID
}

var (
	hostOnce sync.Once
	hostReg  *pack.Registry
	host     *rules.Host
)

func ruleHost(t testing.TB) (*pack.Registry, *rules.Host) {
	t.Helper()
	hostOnce.Do(func() {
		hostReg = pack.NewRegistry()
		for _, data := range packs.Bundles() {
			b, err := pack.Open(data)
			if err != nil {
				t.Fatal(err)
			}
			if err := hostReg.Add(b); err != nil {
				t.Fatal(err)
			}
		}
		dir, err := os.UserCacheDir()
		if err != nil {
			dir = os.TempDir()
		}
		if host, err = rules.New(context.Background(), rules.Options{CacheDir: dir + "/shopwright-test-rules", Load: hostReg.Module}); err != nil {
			t.Fatal(err)
		}
	})
	return hostReg, host
}

const perYuan = money.UnitPrice(10_000)

// newShop makes a merchant with registers, SKUs, stock, one member and packs on.
func newShop(t testing.TB, d *db.DB, c *clock.Manual, registers int, on ...string) *shop {
	t.Helper()
	reg, h := ruleHost(t)
	vault, err := member.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, ctx: context.Background(), db: d, clock: c, skus: map[string]catalog.SKU{}}
	s.desk = &checkout.Desk{DB: d, Rules: h, Packs: reg, Vault: vault, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		if s.m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "m" + tx.NewID().String()[24:], Name: "Test", Currency: "CNY"}); err != nil {
			return err
		}
		s.shop, err = tenant.CreateShop(ctx, tx, s.m.ID, tenant.NewShop{Name: "Shop", TimeZone: "Asia/Shanghai", CutOff: 240})
		return err
	})
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		stock.CreateFloor(tx, s.m.ID, s.shop.ID, "floor")
		for range registers {
			r, err := tenant.CreateRegister(ctx, tx, s.m.ID, s.shop.ID, tenant.NewRegister{Name: "till"})
			if err != nil {
				return err
			}
			s.registers = append(s.registers, r)
		}
		for i, code := range []string{"silver", "gold"} {
			if err := member.CreateTier(ctx, tx, s.m.ID, member.Tier{Code: code, Name: code, Rank: i + 1}); err != nil {
				return err
			}
		}
		st, err := auth.CreateStaff(ctx, tx, s.m.ID, auth.NewStaff{Profile: auth.Profile{Name: "Mei", Role: auth.Cashier, Level: "senior"}, Login: "mei"})
		if err != nil {
			return err
		}
		s.staff = st.ID
		mem, err := member.Create(ctx, tx, vault, member.In{Merchant: s.m.ID, Name: "Li Na", Phone: "13800000001", Birthday: "1990-05-17"})
		s.member = mem.ID
		return err
	})
	s.sku("tea", catalog.Goods, "drinks", 8*perYuan+5000, 1000)
	s.sku("soap", catalog.Goods, "home", 25*perYuan, 1000)
	s.sku("rice", catalog.Goods, "food", 3*perYuan+3300, 1000)
	s.sku("cut", catalog.Service, "hair", 120*perYuan, 0)
	for _, p := range on {
		s.activate(p, "")
	}
	return s
}

func (s *shop) tx(f func(context.Context, *db.Tx) error) {
	s.t.Helper()
	if err := s.db.InTx(s.ctx, f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) sku(code string, kind catalog.Kind, category string, price money.UnitPrice, onHand int64) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		v, err := catalog.Create(ctx, tx, catalog.In{Merchant: s.m.ID, Code: code, Name: code, Kind: kind, Category: category, UnitPrice: price, Stocked: kind == catalog.Goods})
		if err != nil {
			return err
		}
		s.skus[code] = v
		return nil
	})
	if onHand > 0 {
		s.stockUp(code, onHand)
	}
}

func (s *shop) stockUp(code string, units int64) {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return stock.Adjust(tx, stock.Adjustment{Merchant: s.m.ID, Shop: s.shop.ID, Kind: stock.KindReceipt, Moves: []stock.Move{{SKU: s.skus[code].ID, Quantity: money.Quantity(units) * money.One}}})
	})
}

func (s *shop) activate(packID, config string) {
	s.t.Helper()
	b, err := s.desk.Packs.Latest(packID)
	if err != nil {
		s.t.Fatal(err)
	}
	if config == "" {
		config = "{}"
	}
	canonical, err := b.CheckConfig([]byte(config))
	if err != nil {
		s.t.Fatal(err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		return pack.Set(ctx, tx, pack.Change{Merchant: s.m.ID, Shops: []id.ID{s.shop.ID}, PackID: packID, Enabled: true, Version: b.Version, Config: canonical})
	})
}

func (s *shop) coupon(d coupon.Definition, member id.ID) string {
	s.t.Helper()
	var code string
	s.tx(func(_ context.Context, tx *db.Tx) error {
		if err := coupon.Define(tx, s.m.ID, &d); err != nil {
			return err
		}
		c := coupon.Issue(tx, s.m.ID, &d, member, "", 0)
		code = c.Code
		return nil
	})
	return code
}

// set changes a setting of the merchant.
func (s *shop) set(key, value string) {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return setting.Set(tx, setting.Place{Merchant: s.m.ID}, key, value)
	})
}

// reprice changes a SKU's list price.
func (s *shop) reprice(code string, price money.UnitPrice) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := catalog.Update(ctx, tx, s.m.ID, s.skus[code].ID, catalog.Patch{UnitPrice: &price})
		return err
	})
}

// expire books what has come to its end, as the nightly run does.
func (s *shop) expire() {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := wallet.ExpireDue(ctx, tx, &ledger.Book{}, s.m.ID, 100)
		return err
	})
}

// asManager is a context of somebody who may adjust.
func (s *shop) asManager() context.Context {
	return auth.WithActor(s.ctx, auth.Actor{Kind: auth.KindStaff, Merchant: s.m.ID, Role: auth.Manager})
}

// another enrols one more member.
func (s *shop) another(name, phone string) (member id.ID) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		m, err := memberCreate(ctx, tx, s, name, phone)
		member = m
		return err
	})
	return member
}

func memberCreate(ctx context.Context, tx *db.Tx, s *shop, name, phone string) (id.ID, error) {
	m, err := member.Create(ctx, tx, s.desk.Vault, member.In{Merchant: s.m.ID, Name: name, Phone: phone})
	return m.ID, err
}

func (s *shop) basket(register int, member bool, lines ...checkout.LineIn) checkout.Basket {
	b := checkout.Basket{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.registers[register].ID, Lines: lines}
	if member {
		b.Member = s.member
	}
	return b
}

func (s *shop) line(code string, quantity string) checkout.LineIn {
	s.t.Helper()
	q, err := money.ParseQuantity(quantity)
	if err != nil {
		s.t.Fatal(err)
	}
	return checkout.LineIn{SKU: s.skus[code].ID, Quantity: q}
}

func topUp(amount money.Amount) checkout.LineIn {
	return checkout.LineIn{Kind: sale.LineTopUp, Amount: amount}
}

func cash(a money.Amount) checkout.TenderIn {
	return checkout.TenderIn{Type: sale.TenderCash, Amount: a}
}
func stored(a money.Amount) checkout.TenderIn {
	return checkout.TenderIn{Type: sale.TenderStoredValue, Amount: a}
}

func (s *shop) sell(b checkout.Basket, tenders ...checkout.TenderIn) *sale.Sale {
	s.t.Helper()
	got, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: b, Tenders: tenders, Origin: sale.OriginTill})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s *shop) wallet() wallet.Wallet {
	s.t.Helper()
	w, err := wallet.Get(s.ctx, s.db, s.m.ID, s.member)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

func (s *shop) onHand(code string) money.Quantity {
	s.t.Helper()
	var ls []stock.Level
	if err := s.db.Batch(s.ctx, stock.AskLevels(s.m.ID, stock.Floor(s.m.ID, s.shop.ID), []id.ID{s.skus[code].ID}, &ls)); err != nil || len(ls) != 1 {
		s.t.Fatal(ls, err)
	}
	return ls[0].OnHand
}

// proven fails the test where a figure does not follow from the entries.
func (s *shop) proven() {
	s.t.Helper()
	p, err := report.Prove(s.ctx, s.db, s.m)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range p.Differences {
		s.t.Errorf("the books do not prove: %+v", d)
	}
	if p.Checked() == 0 {
		s.t.Error("the proof looked at nothing")
	}
}

func each(t *testing.T, f func(t *testing.T, d *db.DB, c *clock.Manual)) {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC)) // 11:00 in Shanghai
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC))
		f(t, d, c)
	}, dbtest.WithClock(c))
}
