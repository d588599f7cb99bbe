package backtest_test

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/rules/packs"
)

// shop is a merchant in business, with the real rule host and the packs that come
// with the program.
type shop struct {
	t        testing.TB
	ctx      context.Context
	db       *db.DB
	clock    *clock.Manual
	desk     *checkout.Desk
	service  *backtest.Service
	m        tenant.Merchant
	shop     tenant.Shop
	register tenant.Register
	skus     map[string]catalog.SKU
	members  []id.ID
	staff    id.ID
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

var codec = backtest.Codec{Encode: rules.Encode, DecodeInput: rules.DecodeInput, Decode: rules.Decode}

// start is 11:00 in Shanghai.
var start = time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC)

const perYuan = money.UnitPrice(10_000)

// newShop makes a merchant with a register, SKUs, stock, members and packs on.
func newShop(t testing.TB, d *db.DB, c *clock.Manual, on ...string) *shop {
	t.Helper()
	reg, h := ruleHost(t)
	vault, err := member.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, ctx: context.Background(), db: d, clock: c, skus: map[string]catalog.SKU{}}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s.desk = &checkout.Desk{DB: d, Rules: h, Packs: reg, Vault: vault, Encode: codec.Encode, Log: log}
	s.service = &backtest.Service{DB: d, Rules: h, Codec: codec, Vault: vault, Log: log, Packs: func(context.Context, id.ID) backtest.Bundles { return reg }}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		if s.m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "m" + tx.NewID().String()[24:], Name: "Test", Currency: "CNY"}); err != nil {
			return err
		}
		s.shop, err = tenant.CreateShop(ctx, tx, s.m.ID, tenant.NewShop{Name: "Shop", TimeZone: "Asia/Shanghai", CutOff: 240})
		return err
	})
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		stock.CreateFloor(tx, s.m.ID, s.shop.ID, "floor")
		if s.register, err = tenant.CreateRegister(ctx, tx, s.m.ID, s.shop.ID, tenant.NewRegister{Name: "till"}); err != nil {
			return err
		}
		for i, code := range []string{"silver", "gold"} {
			if err := member.CreateTier(ctx, tx, s.m.ID, member.Tier{Code: code, Name: code, Rank: i + 1}); err != nil {
				return err
			}
		}
		st, err := auth.CreateStaff(ctx, tx, s.m.ID, auth.NewStaff{Profile: auth.Profile{Name: "Mei", Role: auth.Cashier, Level: "senior"}, Login: "mei"})
		s.staff = st.ID
		return err
	})
	for i, birthday := range []string{"1990-05-17", "1985-11-02", ""} {
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			v, err := member.Create(ctx, tx, vault, member.In{Merchant: s.m.ID, Name: "Member " + string(rune('A'+i)), Phone: "1380000000" + string(rune('0'+i)), Birthday: birthday})
			s.members = append(s.members, v.ID)
			return err
		})
	}
	s.sku("tea", catalog.Goods, "drinks", 8*perYuan+5000)
	s.sku("soap", catalog.Goods, "home", 25*perYuan)
	s.sku("rice", catalog.Goods, "food", 3*perYuan+3300)
	s.sku("cut", catalog.Service, "hair", 120*perYuan)
	for _, p := range on {
		s.activate(p, "", true)
	}
	return s
}

func (s *shop) tx(f func(context.Context, *db.Tx) error) {
	s.t.Helper()
	if err := s.db.InTx(s.ctx, f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) sku(code string, kind catalog.Kind, category string, price money.UnitPrice) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		v, err := catalog.Create(ctx, tx, catalog.In{Merchant: s.m.ID, Code: code, Name: code, Kind: kind, Category: category, UnitPrice: price, Stocked: kind == catalog.Goods})
		s.skus[code] = v
		return err
	})
	if kind == catalog.Goods {
		s.tx(func(_ context.Context, tx *db.Tx) error {
			return stock.Adjust(tx, stock.Adjustment{Merchant: s.m.ID, Shop: s.shop.ID, Kind: stock.KindReceipt, Moves: []stock.Move{{SKU: s.skus[code].ID, Quantity: 100_000_000 * money.One}}})
		})
	}
}

func (s *shop) config(packID, config string) (version string, canonical []byte) {
	s.t.Helper()
	b, err := hostReg.Latest(packID)
	if err != nil {
		s.t.Fatal(err)
	}
	if config == "" {
		config = "{}"
	}
	if canonical, err = b.CheckConfig([]byte(config)); err != nil {
		s.t.Fatal(err)
	}
	return b.Version, canonical
}

func (s *shop) activate(packID, config string, on bool) {
	s.t.Helper()
	version, canonical := s.config(packID, config)
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		return pack.Set(ctx, tx, pack.Change{Merchant: s.m.ID, Shops: []id.ID{s.shop.ID}, PackID: packID, Enabled: on, Version: version, Config: canonical})
	})
}

func (s *shop) set(key, value string) {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return setting.Set(tx, setting.Place{Merchant: s.m.ID}, key, value)
	})
}

// variant is a pack in its newest version.
func (s *shop) variant(packID, config string) backtest.Variant {
	s.t.Helper()
	version, canonical := s.config(packID, config)
	return backtest.Variant{Mode: backtest.Set, Version: version, Config: canonical}
}

// spec tries a pack against its absence, over the days around the start.
func (s *shop) spec(packID, config string) backtest.Spec {
	s.t.Helper()
	spec := backtest.Spec{Pack: packID, From: "2026-05-01", To: "2026-06-30", A: backtest.Variant{Mode: backtest.Off}, B: s.variant(packID, config)}
	if err := s.service.Check(s.ctx, s.m.ID, &spec); err != nil {
		s.t.Fatal(err)
	}
	return spec
}

// tried runs a spec to its end and answers the report.
func (s *shop) tried(spec backtest.Spec) *backtest.Report {
	s.t.Helper()
	run := s.create(spec)
	if err := s.service.Run(s.ctx, s.m.ID, run.ID); err != nil {
		s.t.Fatal(err)
	}
	return s.report(run.ID)
}

func (s *shop) create(spec backtest.Spec) (run backtest.Run) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		run, err = backtest.Create(ctx, tx, s.m.ID, spec, id.None)
		return err
	})
	return run
}

func (s *shop) report(run id.ID) *backtest.Report {
	s.t.Helper()
	r, err := backtest.ReportOf(s.ctx, s.db, s.m.ID, run)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *shop) get(run id.ID) backtest.Run {
	s.t.Helper()
	v, err := backtest.Get(s.ctx, s.db, s.m.ID, run)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *shop) line(code string, quantity money.Quantity) checkout.LineIn {
	return checkout.LineIn{SKU: s.skus[code].ID, Quantity: quantity}
}

// basket is one at random; member 0 is nobody.
func (s *shop) basket(r *rand.Rand) checkout.Basket {
	b := checkout.Basket{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.register.ID}
	for range 1 + r.IntN(4) {
		l := s.line([]string{"tea", "soap", "rice", "cut"}[r.IntN(4)], money.Quantity(1+r.IntN(6))*money.One)
		if r.IntN(2) == 0 {
			l.Staff = s.staff
		}
		b.Lines = append(b.Lines, l)
	}
	if n := r.IntN(len(s.members) + 1); n > 0 {
		b.Member = s.members[n-1]
	}
	return b
}

// sell completes a basket, paid in cash to the cent.
func (s *shop) sell(b checkout.Basket) *sale.Sale {
	s.t.Helper()
	q, err := s.desk.Quote(s.ctx, b)
	if err != nil {
		s.t.Fatal(err)
	}
	in := checkout.SaleIn{Basket: b, Origin: sale.OriginTill}
	if due := q.CashDue(q.Total); due > 0 {
		in.Tenders = []checkout.TenderIn{{Type: sale.TenderCash, Amount: due}}
	}
	got, err := s.desk.Complete(s.ctx, in)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// days lets time pass.
func (s *shop) days(n int) { s.clock.Advance(time.Duration(n) * 24 * time.Hour) }

func each(t *testing.T, f func(t *testing.T, d *db.DB, c *clock.Manual)) {
	t.Helper()
	c := clock.NewManual(start)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(start)
		f(t, d, c)
	}, dbtest.WithClock(c))
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Reason
}
