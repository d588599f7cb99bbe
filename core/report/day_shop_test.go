package report_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/till"
)

// generous is the pack of these tests: a tenth off, visits from
// punch cards, a fifth on top of a top-up, points.
type generous struct{}

func (generous) Evaluate(_ context.Context, _ promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	var a promotion.Answer
	switch in.Hook {
	case promotion.HookBenefit:
		a.Output.Candidates = []promotion.Candidate{{Kind: promotion.Percent, Class: promotion.ClassLine, Basis: promotion.Remaining, Rate: 100_000, Note: promotion.Note{Code: "ten"}}}
		for _, l := range in.Lines {
			if l.Kind == promotion.KindService && len(in.Punches) > 0 {
				a.Output.Candidates = append(a.Output.Candidates, promotion.Candidate{Kind: promotion.Punch, Targets: []promotion.Target{{Line: l.ID}}, Units: l.Quantity, Note: promotion.Note{Code: "visit"}})
			}
		}
	case promotion.HookTopUp:
		for _, l := range in.Lines {
			a.Output.Bonuses = append(a.Output.Bonuses, promotion.TopUpBonus{Line: l.ID, Amount: l.Net / 5, Note: promotion.Note{Code: "bonus"}})
		}
	case promotion.HookEarn:
		a.Output.Earns = []promotion.Earn{{Line: 1, Points: 40, Note: promotion.Note{Code: "earn"}}}
	}
	return a, nil
}

// market is a merchant with shops that have a register each.
type market struct {
	t         testing.TB
	ctx       context.Context
	db        *db.DB
	clock     *clock.Manual
	desk      *checkout.Desk
	m         tenant.Merchant
	shops     []tenant.Shop
	registers []tenant.Register
	tea, cut  id.ID
	member    id.ID
	staff     id.ID
}

var opening = time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC) // 11:00 in Shanghai

func eachMarket(t *testing.T, f func(t *testing.T, s *market)) {
	t.Helper()
	c := clock.NewManual(opening)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(opening)
		f(t, newMarket(t, d, c))
	}, dbtest.WithClock(c))
}

func newMarket(t testing.TB, d *db.DB, c *clock.Manual) *market {
	t.Helper()
	data, err := pack.Build(pack.Manifest{ID: "generous", Version: "1.0.0", ABI: pack.ABIRange{Min: 1, Max: 1}, Hooks: []string{"benefit", "topup", "earn"}, Powers: []string{"discount", "topup", "points"}},
		map[string][]byte{"rule.wasm": []byte("\x00asm\x01\x00\x00\x00"), "config.schema.json": []byte(`{"type":"object","additionalProperties":false}`),
			"locales/en.json": []byte(`{"pack.name":"Generous","ten":"A tenth off","bonus":"Bonus","visit":"A visit","earn":"Points"}`)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	reg := pack.NewRegistry()
	if _, err := reg.Install(data); err != nil {
		t.Fatal(err)
	}
	vault, err := member.NewVault(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := &market{t: t, ctx: context.Background(), db: d, clock: c}
	s.desk = &checkout.Desk{DB: d, Rules: generous{}, Packs: reg, Vault: vault, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		s.m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "m" + tx.NewID().String()[24:], Name: "Test", Currency: "CNY"})
		return err
	})
	for _, name := range []string{"North", "South"} {
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			sh, err := tenant.CreateShop(ctx, tx, s.m.ID, tenant.NewShop{Name: name, TimeZone: "Asia/Shanghai", CutOff: 240})
			if err != nil {
				return err
			}
			stock.CreateFloor(tx, s.m.ID, sh.ID, "floor")
			s.shops = append(s.shops, sh)
			r, err := tenant.CreateRegister(ctx, tx, s.m.ID, sh.ID, tenant.NewRegister{Name: name})
			s.registers = append(s.registers, r)
			return err
		})
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		for code, to := range map[string]*id.ID{"tea": &s.tea, "cut": &s.cut} {
			in := catalog.In{Merchant: s.m.ID, Code: code, Name: code, Kind: catalog.Service, UnitPrice: 120 * money.PerUnit}
			if code == "tea" {
				in.Kind, in.UnitPrice = catalog.Goods, 8*money.PerUnit+5700
			}
			v, err := catalog.Create(ctx, tx, in)
			if err != nil {
				return err
			}
			*to = v.ID
		}
		st, err := auth.CreateStaff(ctx, tx, s.m.ID, auth.NewStaff{Profile: auth.Profile{Name: "Mei", Role: auth.Cashier}, Login: "mei"})
		if err != nil {
			return err
		}
		mem, err := member.Create(ctx, tx, vault, member.In{Merchant: s.m.ID, Name: "Li Na", Phone: "13800000001"})
		s.staff, s.member = st.ID, mem.ID
		return err
	})
	for i := range s.shops {
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			return pack.Set(ctx, tx, pack.Change{Merchant: s.m.ID, Shops: []id.ID{s.shops[i].ID}, PackID: "generous", Enabled: true, Version: "1.0.0", Config: []byte("{}")})
		})
	}
	s.set(0, "tax.rate", "130000")
	s.set(1, "tax.rate", "60000")
	s.set(1, "tax.inclusive", "false")
	return s
}

func (s *market) tx(f func(context.Context, *db.Tx) error) {
	s.t.Helper()
	if err := s.db.InTx(s.ctx, f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *market) set(shop int, key, value string) {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return setting.Set(tx, setting.Place{Merchant: s.m.ID, Shop: s.shops[shop].ID}, key, value)
	})
}

func (s *market) basket(shop int, lines ...checkout.LineIn) checkout.Basket {
	return checkout.Basket{Merchant: s.m.ID, Shop: s.shops[shop].ID, Register: s.registers[shop].ID, Member: s.member, Lines: lines}
}

// sell takes what is left after the given tenders in cash.
func (s *market) sell(b checkout.Basket, tenders ...checkout.TenderIn) *sale.Sale {
	s.t.Helper()
	q, err := s.desk.Quote(s.ctx, b)
	if err != nil {
		s.t.Fatal(err)
	}
	rest := q.Total
	for _, t := range tenders {
		rest -= t.Amount
	}
	switch {
	case q.CashDue(rest) > 0:
		tenders = append(tenders, checkout.TenderIn{Type: sale.TenderCash, Amount: rest + 5_00})
	case rest > 0: // less than the smallest coin
		tenders = append(tenders, checkout.TenderIn{Type: sale.TenderQR, Amount: rest})
	}
	got, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: b, Tenders: tenders, Origin: sale.OriginTill, Actor: s.staff})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s *market) refund(of *sale.Sale, lines ...checkout.RefundLine) *sale.Sale {
	s.t.Helper()
	got, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "brought back", Lines: lines, Actor: s.staff, Origin: sale.OriginTill})
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s *market) void(of *sale.Sale) {
	s.t.Helper()
	if _, err := s.desk.Void(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "a mistake", Actor: s.staff, Origin: sale.OriginTill}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *market) close(shop int, off money.Amount) till.Report {
	s.t.Helper()
	var rep till.Report
	sh, err := till.OpenShift(s.ctx, s.db, s.m.ID, s.registers[shop].ID)
	if err != nil {
		s.t.Fatal(err)
	}
	x, _, err := till.X(s.ctx, s.db, s.m.ID, sh.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		rep, _, err = till.Close(ctx, tx, s.m.ID, sh.ID, s.staff, x.Expected+off)
		return err
	})
	return rep
}

func units(n int64) money.Quantity { return money.Quantity(n) * money.One }
