package storefront_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/storefront"
	"github.com/shopwright/shopwright/core/tenant"
)

func within(t *testing.T, d *db.DB, f func(context.Context, *db.Tx) error) error {
	t.Helper()
	return d.InTx(context.Background(), f)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// merchant makes a merchant with a channel.
func merchant(t *testing.T, d *db.DB) (m, channel id.ID) {
	t.Helper()
	must(t, within(t, d, func(ctx context.Context, tx *db.Tx) error {
		v, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "m" + tx.NewID().String()[24:], Name: "M", Currency: "CNY"})
		m, channel = v.ID, tx.NewID()
		return err
	}))
	must(t, within(t, d, func(ctx context.Context, tx *db.Tx) error {
		return storefront.Save(ctx, tx, storefront.Channel{Merchant: m, ID: channel, Code: " Mall-1 ", Shop: tx.NewID(), Register: tx.NewID()})
	}))
	return m, channel
}

func TestChannels(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m, channel := merchant(t, d)
		got, err := storefront.GetChannel(context.Background(), d, m, channel)
		if err != nil || got.Code != "mall-1" || got.Tender() != "online:mall-1" || !got.Resync || !storefront.IsTender(got.Tender()) {
			t.Fatal(got, err)
		}
		for want, bad := range map[error]storefront.Channel{storefront.ErrCode: {Code: "a b"}, storefront.ErrBuffer: {Code: "x", Buffer: -1}, storefront.ErrCodeTaken: {Code: "mall-1", Shop: channel, Register: channel}} {
			bad.Merchant, bad.ID = m, id.Derived(bad.Code)
			if err := within(t, d, func(ctx context.Context, tx *db.Tx) error { return storefront.Save(ctx, tx, bad) }); !errors.Is(err, want) {
				t.Errorf("%v: %v", want, err)
			}
		}
		lease := func(by string) (ok bool) {
			must(t, within(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
				ok, err = storefront.Lease(ctx, tx, m, channel, by, time.Minute)
				return err
			}))
			return ok
		}
		if !lease("a") || lease("b") || !lease("a") {
			t.Error("two programs look after one channel")
		}
		c.Set(c.Now().Time().Add(2 * time.Minute))
		if !lease("b") || lease("a") {
			t.Error("a program that is gone keeps its channel")
		}
		must(t, within(t, d, func(_ context.Context, tx *db.Tx) error {
			storefront.QueuePolled(tx, m, channel, "gone\x00 "+strings.Repeat("x", 500))
			return nil
		}))
		if got, err = storefront.GetChannel(context.Background(), d, m, channel); err != nil || !strings.HasPrefix(got.Failure, "gone x") || len(got.Failure) != 200 {
			t.Error(got.Failure, err)
		}
		if _, err := storefront.GetChannel(context.Background(), d, m, m); !errors.Is(err, storefront.ErrChannel) {
			t.Error(err)
		}
	}, dbtest.WithClock(c))
}

func TestAPageIsKeptWholeOrNotAtAll(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m, channel := merchant(t, d)
		one := storefront.Incoming{OrderNo: "1", Version: 3, Told: storefront.Paid, Currency: "CNY", Paid: 100, Buyer: "somebody", PlacedAt: d.Now(), Lines: []storefront.IncomingLine{{Ref: "a", Code: "x", Name: "X", Quantity: money.One, UnitPrice: 100}}}
		stop := errors.New("the program ends here")
		if err := within(t, d, func(ctx context.Context, tx *db.Tx) error {
			if _, err := storefront.Receive(ctx, tx, m, channel, "", "7", []storefront.Incoming{one}); err != nil {
				return err
			}
			return stop
		}); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		if c, err := storefront.GetChannel(context.Background(), d, m, channel); err != nil || c.Cursor != "" {
			t.Error(c.Cursor, err)
		}
		must(t, within(t, d, func(ctx context.Context, tx *db.Tx) error {
			k, err := storefront.Receive(ctx, tx, m, channel, "", "7", []storefront.Incoming{one, one, {Version: 1}})
			if k.New != 1 || k.Known != 2 {
				t.Errorf("%+v", k)
			}
			return err
		}))
		o, err := storefront.FindByNo(context.Background(), d, m, channel, "1")
		if err != nil || o.Buyer == "" || strings.Contains(o.Buyer, "somebody") || !o.Due {
			t.Fatal(o, err)
		}
		older := one
		older.Version, older.Told, older.Paid = 2, storefront.Cancelled, 1
		must(t, within(t, d, func(ctx context.Context, tx *db.Tx) error {
			_, err := storefront.Receive(ctx, tx, m, channel, "7", "8", []storefront.Incoming{older})
			return err
		}))
		if v, err := storefront.Get(context.Background(), d, m, o.ID); err != nil || v.Version != 3 || v.Paid != 100 || v.Told != storefront.Paid {
			t.Error(v, err)
		}
		for _, err := range []error{
			within(t, d, func(ctx context.Context, tx *db.Tx) error { return storefront.Pack(ctx, tx, m, o.ID) }),
			within(t, d, func(ctx context.Context, tx *db.Tx) error { return storefront.Ship(ctx, tx, m, o.ID, "SF", "1") }),
		} {
			if !errors.Is(err, storefront.ErrNotBooked) {
				t.Error(err)
			}
		}
		if err := within(t, d, func(ctx context.Context, tx *db.Tx) error { return storefront.Refuse(ctx, tx, m, o.ID) }); !errors.Is(err, storefront.ErrNoRequest) {
			t.Error(err)
		}
		if err := within(t, d, func(ctx context.Context, tx *db.Tx) error { return storefront.Ship(ctx, tx, m, o.ID, "SF", "a\nb") }); !errors.Is(err, storefront.ErrTracking) {
			t.Error(err)
		}
		_, attention, err := storefront.Counts(context.Background(), d, m)
		if err != nil || attention != 0 {
			t.Error(attention, err)
		}
		list, next, err := storefront.List(context.Background(), d, m, storefront.Filter{Channel: channel, Stage: storefront.Received, OrderNo: "1"}, db.Page{})
		if err != nil || len(list) != 1 || next != "" {
			t.Error(list, next, err)
		}
	})
}

func TestWordsOfAttention(t *testing.T) {
	a := storefront.With(storefront.With(storefront.With("", storefront.Oversold), storefront.Differs), storefront.Oversold)
	if a != "differs,oversold" || storefront.Without(a, storefront.Differs) != "oversold" || storefront.Without("oversold", storefront.Oversold) != "" {
		t.Error(a)
	}
	if o := (storefront.Order{}); o.Attends() != nil {
		t.Error(o.Attends())
	}
}
