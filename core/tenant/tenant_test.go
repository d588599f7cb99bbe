package tenant_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/tenant"
)

var ctx = context.Background()

func inTx(t *testing.T, d *db.DB, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, f); err != nil {
		t.Fatal(err)
	}
}

func makeMerchant(t *testing.T, d *db.DB, handle string) (m tenant.Merchant) {
	t.Helper()
	inTx(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
		m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: handle, Name: " Lily ", Currency: "CNY", Locale: "zh-Hans"})
		return err
	})
	return m
}

func makeShop(t *testing.T, d *db.DB, m id.ID) (s tenant.Shop) {
	t.Helper()
	inTx(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = tenant.CreateShop(ctx, tx, m, tenant.NewShop{Name: "West", Address: "1 Road", TimeZone: "Asia/Shanghai", CutOff: 240})
		return err
	})
	return s
}

func makeRegister(t *testing.T, d *db.DB, m, s id.ID, series string) (r tenant.Register, err error) {
	t.Helper()
	err = d.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		r, err = tenant.CreateRegister(ctx, tx, m, s, tenant.NewRegister{Name: "Front", Series: series})
		return err
	})
	return r, err
}

func TestDeskIsOneRowWithEverything(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m, other := makeMerchant(t, d, "lily"), makeMerchant(t, d, "rose")
		s := makeShop(t, d, m.ID)
		r, err := makeRegister(t, d, m.ID, s.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		var desk tenant.Desk
		if err := d.Batch(ctx, tenant.AskDesk(m.ID, r.ID, &desk)); err != nil {
			t.Fatal(err)
		}
		if desk.Merchant != m || desk.Register != r || desk.Shop.TimeZone() != "Asia/Shanghai" || desk.Shop.CutOff() != 240 || desk.Shop.Name != "West" {
			t.Fatalf("%+v", desk)
		}
		if m.Name != "Lily" || m.Edition != tenant.DefaultEdition || m.Currency != money.MustCurrency("CNY") || r.Series != "A1" {
			t.Fatalf("%+v %+v", m, r)
		}
		// 03:59 in Shanghai is still yesterday.
		if got := desk.Shop.Zone.BusinessDate(clock.Of(clock.Date("2026-03-01").Time()).Add(-5 * 3600e9)); got != "2026-02-28" {
			t.Fatalf("business date %s", got)
		}
		if err := desk.CheckShop(s.ID); err != nil {
			t.Fatal(err)
		}
		if err := desk.CheckShop(m.ID); !errors.Is(err, tenant.ErrRegisterShop) {
			t.Fatal(err)
		}
		// another merchant's register does not exist, and a used Desk is emptied
		if err := d.Batch(ctx, tenant.AskDesk(other.ID, r.ID, &desk)); err != nil {
			t.Fatal(err)
		}
		if err := desk.CheckShop(s.ID); !errors.Is(err, tenant.ErrRegisterNotFound) || !desk.Merchant.ID.IsNone() {
			t.Fatalf("%v %+v", err, desk)
		}
		inTx(t, d, func(ctx context.Context, tx *db.Tx) error { return tenant.ArchiveRegister(ctx, tx, m.ID, r.ID, true) })
		if err := d.Batch(ctx, tenant.AskDesk(m.ID, r.ID, &desk)); err != nil || !errors.Is(desk.Check(), tenant.ErrRegisterNotFound) {
			t.Fatalf("an archived register is in use: %v", err)
		}
		if g, err := tenant.GetRegister(ctx, d, m.ID, r.ID); err != nil || !g.Archived {
			t.Fatalf("%+v %v", g, err)
		}
	})
}

func TestSeriesAreGivenPerShopAndUniquePerMerchant(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := makeMerchant(t, d, "lily")
		first, second := makeShop(t, d, m.ID), makeShop(t, d, m.ID)
		for _, c := range []struct {
			shop        id.ID
			given, want string
		}{{first.ID, "", "A1"}, {first.ID, "A2", "A2"}, {first.ID, "", "A3"}, {second.ID, "", "B1"}} {
			if r, err := makeRegister(t, d, m.ID, c.shop, c.given); err != nil || r.Series != c.want {
				t.Fatalf("want %s, got %+v %v", c.want, r, err)
			}
		}
		if _, err := makeRegister(t, d, m.ID, second.ID, "A2"); !errors.Is(err, tenant.ErrSeriesTaken) {
			t.Fatal(err)
		}
		if _, err := makeRegister(t, d, m.ID, second.ID, "a-2"); !errors.Is(err, tenant.ErrSeries) {
			t.Fatal(err)
		}
		if _, err := makeRegister(t, d, m.ID, m.ID, ""); !errors.Is(err, tenant.ErrShopNotFound) {
			t.Fatal(err)
		}
		rose := makeMerchant(t, d, "rose")
		if _, err := makeRegister(t, d, rose.ID, first.ID, ""); !errors.Is(err, tenant.ErrShopNotFound) {
			t.Fatalf("a register in another merchant's shop: %v", err)
		}
		if r, err := makeRegister(t, d, rose.ID, makeShop(t, d, rose.ID).ID, "A2"); err != nil || r.Series != "A2" {
			t.Fatalf("another merchant's series: %v", err)
		}
		list, err := tenant.ListRegisters(ctx, d, m.ID)
		if err != nil || len(list) != 4 || list[3].Series != "B1" {
			t.Fatalf("%+v %v", list, err)
		}
	})
}

func TestRegistersMadeAtOnceGetDifferentSeries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := makeMerchant(t, d, "lily")
		s := makeShop(t, d, m.ID)
		errs := make(chan error, 8)
		for range 8 {
			go func() {
				_, err := makeRegister(t, d, m.ID, s.ID, "")
				errs <- err
			}()
		}
		for range 8 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		list, err := tenant.ListRegisters(ctx, d, m.ID)
		if err != nil || len(list) != 8 || list[7].Series != "A8" {
			t.Fatalf("%+v %v", list, err)
		}
	})
}

func TestMerchantsAndShopsAreValidated(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		good := tenant.NewMerchant{Handle: "lily", Name: "Lily", Currency: "CNY"}
		for want, change := range map[error]func(*tenant.NewMerchant){
			tenant.ErrHandle:  func(n *tenant.NewMerchant) { n.Handle = "Lily" },
			tenant.ErrName:    func(n *tenant.NewMerchant) { n.Name = "  " },
			tenant.ErrEdition: func(n *tenant.NewMerchant) { n.Edition = "a b" },
			tenant.ErrLocale:  func(n *tenant.NewMerchant) { n.Locale = "chinese!" },
			money.ErrCurrency: func(n *tenant.NewMerchant) { n.Currency = "XXX" },
		} {
			in := good
			change(&in)
			if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { _, err := tenant.CreateMerchant(tx, in); return err }); !errors.Is(err, want) {
				t.Errorf("want %v, got %v", want, err)
			}
		}
		m := makeMerchant(t, d, "lily")
		err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { _, err := tenant.CreateMerchant(tx, good); return err })
		if !errors.Is(err, tenant.ErrHandleTaken) {
			t.Fatal(err)
		}
		for want, in := range map[error]tenant.NewShop{
			tenant.ErrCutOff:  {Name: "S", TimeZone: "UTC", CutOff: 1440},
			clock.ErrZone:     {Name: "S", TimeZone: "Asia/Nowhere"},
			tenant.ErrName:    {TimeZone: "UTC"},
			tenant.ErrAddress: {Name: "S", TimeZone: "UTC", Address: fmt.Sprintf("%0500d", 1)},
		} {
			if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { _, err := tenant.CreateShop(ctx, tx, m.ID, in); return err }); !errors.Is(err, want) {
				t.Errorf("want %v, got %v", want, err)
			}
		}
		err = d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tenant.CreateShop(ctx, tx, id.New(7), tenant.NewShop{Name: "S", TimeZone: "UTC"})
			return err
		})
		if !errors.Is(err, tenant.ErrMerchantNotFound) {
			t.Fatal(err)
		}
	})
}

func TestFindListAndChange(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		a, b := makeMerchant(t, d, "lily"), makeMerchant(t, d, "rose")
		s := makeShop(t, d, a.ID)
		inTx(t, d, func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(tenant.RenameMerchant(ctx, tx, a.ID, "Lily & Co"), tenant.SetEdition(ctx, tx, a.ID, "salon"),
				tenant.UpdateShop(ctx, tx, a.ID, s.ID, tenant.NewShop{Name: "East", TimeZone: "Asia/Taipei"}))
		})
		got, err := tenant.FindMerchantByHandle(ctx, d, "lily")
		if err != nil || got.Name != "Lily & Co" || got.Edition != "salon" {
			t.Fatalf("%+v %v", got, err)
		}
		if _, err := tenant.FindMerchantByHandle(ctx, d, "nobody"); !errors.Is(err, tenant.ErrMerchantNotFound) {
			t.Fatal(err)
		}
		all, err := tenant.ListMerchants(ctx, d)
		if err != nil || len(all) != 2 || all[1] != b {
			t.Fatalf("%+v %v", all, err)
		}
		shops, err := tenant.ListShops(ctx, d, a.ID)
		if err != nil || len(shops) != 1 || shops[0].Name != "East" || shops[0].TimeZone() != "Asia/Taipei" {
			t.Fatalf("%+v %v", shops, err)
		}
		if none, err := tenant.ListShops(ctx, d, b.ID); err != nil || len(none) != 0 {
			t.Fatalf("%+v %v", none, err)
		}
		err = d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return tenant.RenameMerchant(ctx, tx, s.ID, "x") })
		if !errors.Is(err, tenant.ErrMerchantNotFound) {
			t.Fatal(err)
		}
	})
}
