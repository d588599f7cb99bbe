package notice_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/notice"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

var (
	ctx  = context.Background()
	noon = time.Date(2026, 5, 10, 4, 0, 0, 0, time.UTC)
)

type bench struct {
	t      *testing.T
	d      *db.DB
	c      *clock.Manual
	r      *notice.Reader
	m, mb  id.ID
	events *event.Dispatcher
}

func (b *bench) tx(f func(context.Context, *db.Tx) error) {
	b.t.Helper()
	if err := b.d.InTx(ctx, f); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) set(kinds string) {
	b.t.Helper()
	b.tx(func(_ context.Context, tx *db.Tx) error {
		return setting.Set(tx, setting.Place{Merchant: b.m}, "message.kinds", kinds)
	})
}

// happen emits an event, publishes it and lets the reader read.
func (b *bench) happen(kind string, data any) {
	b.t.Helper()
	b.c.Advance(10 * time.Millisecond)
	b.tx(func(_ context.Context, tx *db.Tx) error {
		event.Emit(tx, event.Event{Merchant: b.m, Type: kind, Data: event.JSON(data)})
		return nil
	})
	wait, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := b.events.Wait(wait, b.m, int64(b.rows("events")-1)); err != nil {
		b.t.Fatal(err)
	}
	b.read()
}

func (b *bench) read() {
	b.t.Helper()
	for {
		n, err := b.r.Follow(ctx, b.m, 10)
		if err != nil {
			b.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (b *bench) list() []message.Message {
	b.t.Helper()
	l, _, err := message.List(ctx, b.d, b.m, message.Filter{}, db.Page{})
	if err != nil {
		b.t.Fatal(err)
	}
	return l
}

func (b *bench) rows(table string) int {
	b.t.Helper()
	n, err := db.Value[int](ctx, b.d, `select count(*) from `+table)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func each(t *testing.T, f func(b *bench)) {
	c := clock.NewManual(noon)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(noon)
		v, err := member.NewVault([]byte("0123456789abcdef0123456789abcdef"))
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{t: t, d: d, c: c, r: &notice.Reader{DB: d, Vault: v, Log: slog.New(slog.DiscardHandler)}}
		b.events = event.New(d, event.Options{Log: slog.New(slog.DiscardHandler)})
		b.events.Start()
		defer func() { _ = b.events.Stop(ctx) }()
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			m, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "lily", Name: "Lily", Edition: "base", Currency: "CNY", Locale: "en"})
			if err != nil {
				return err
			}
			b.m = m.ID
			_, err = tenant.CreateShop(ctx, tx, m.ID, tenant.NewShop{Name: "West", TimeZone: "Asia/Shanghai"})
			return err
		})
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			for _, t := range []member.Tier{{Code: "silver", Name: "Silver", Rank: 1}, {Code: "gold", Name: "Gold", Rank: 2}} {
				if err := member.CreateTier(ctx, tx, b.m, t); err != nil {
					return err
				}
			}
			mb, err := member.Create(ctx, tx, v, member.In{Merchant: b.m, Name: "Ann", Phone: "13800000001", Birthday: "1990-05-11"})
			b.mb = mb.ID
			return err
		})
		f(b)
	}, dbtest.WithClock(c))
}

func (b *bench) rise(from, to string) {
	b.happen("member.tier_changed.v1", map[string]string{"member_id": b.mb.String(), "from": from, "to": to, "reason": "x"})
}

func TestOffIsOff(t *testing.T) {
	each(t, func(b *bench) {
		b.rise("silver", "gold")
		if b.rows("messages") != 0 || b.rows("message_cursors") != 0 || b.rows("card_updates") != 0 {
			b.t.Fatal("something was written")
		}
		// Switched on, it begins with what happens from then on; off and on again, too.
		b.set("tier")
		b.read()
		if b.rise("silver", "gold"); b.rows("messages") != 1 {
			b.t.Fatal(b.list())
		}
		b.set("")
		b.rise("silver", "gold")
		b.set("tier")
		b.read()
		if b.rise("silver", "gold"); b.rows("messages") != 2 {
			b.t.Fatal(b.list())
		}
	})
}

func TestWhatIsTold(t *testing.T) {
	each(t, func(b *bench) {
		b.set("tier,rule,expiring,coupon,coupon_expiring,birthday")
		b.read()
		told := func(kind string, params map[string]string) message.Message {
			b.t.Helper()
			l := slices.DeleteFunc(b.list(), func(v message.Message) bool { return v.Kind != kind || v.Member != b.mb })
			if len(l) != 1 {
				b.t.Fatalf("%d of %s", len(l), kind)
			}
			for k, v := range params {
				if l[0].Params[k] != v {
					b.t.Errorf("%s: %s is %q, not %q", kind, k, l[0].Params[k], v)
				}
			}
			return l[0]
		}
		b.rise("gold", "silver")
		if len(b.list()) != 0 {
			b.t.Fatal("a fall is told")
		}
		b.rise("silver", "gold")
		told(message.KindTier, map[string]string{"tier": "Gold"})
		grant := id.New(3)
		for range 2 { // a grant that is told twice is one message
			b.happen(campaign.EventMessageDue, campaign.MessageDue{Member: b.mb, Template: "thanks", Arg: 7, Money: 1050, Label: "tea", Grant: grant})
		}
		if v := told(message.KindRule, map[string]string{"arg": "7", "money": "10.50", "label": "tea"}); v.Code != "thanks" || len(b.list()) != 2 {
			b.t.Errorf("%+v", b.list())
		}
		b.happen(wallet.EventExpiring, map[string]any{"member_id": b.mb, "class": "bonus", "unit": "CNY", "amount": 8800, "expires_at": clock.Of(time.Date(2026, 5, 31, 16, 0, 0, 0, time.UTC)).String()})
		told(message.KindExpiring, map[string]string{"amount": "88.00", "until": "2026-05-31"})
		var design coupon.Definition
		b.tx(func(_ context.Context, tx *db.Tx) error {
			design = coupon.Definition{Name: "Ten off", Kind: coupon.KindCash, Amount: 1000, Uses: 1, ValidDays: 30}
			return coupon.Define(tx, b.m, &design)
		})
		b.happen(coupon.EventExpiring, coupon.Expiring{Coupon: id.New(4), Definition: design.ID, Member: b.mb, UntilDate: "2026-06-01"})
		told(message.KindCouponExpiring, map[string]string{"coupon": "Ten off", "until": "2026-06-01"})

		// Coupons are found by themselves, once, whoever has issued them.
		b.tx(func(_ context.Context, tx *db.Tx) error {
			for range 3 {
				coupon.Issue(tx, b.m, &design, b.mb, "", 0)
			}
			return nil
		})
		n := len(b.list())
		for range 10 {
			b.c.Advance(40 * time.Second)
			b.read()
		}
		told(message.KindCoupon, map[string]string{"coupon": "Ten off", "count": "3"})
		if len(b.list()) != n+1 {
			b.t.Errorf("%d messages of three coupons", len(b.list())-n)
		}

		// The birthday is tomorrow.
		birthdays := func() {
			b.t.Helper()
			if err := b.r.Birthdays(ctx, b.m); err != nil {
				b.t.Fatal(err)
			}
		}
		n = len(b.list())
		birthdays()
		if len(b.list()) != n {
			b.t.Fatal("too early")
		}
		b.c.Advance(24 * time.Hour)
		birthdays()
		birthdays()
		told(message.KindBirthday, nil)
		if len(b.list()) != n+1 {
			b.t.Fatal("twice")
		}
	})
}

func TestCardsAreKeptUpToDateWithoutAnyMessage(t *testing.T) {
	each(t, func(b *bench) {
		b.r.Cards = func(id.ID) bool { return true }
		b.read()
		b.rise("silver", "gold")
		b.rise("gold", "silver")
		if b.rows("messages") != 0 || b.rows("card_updates") != 1 {
			b.t.Fatal(b.rows("messages"), b.rows("card_updates"))
		}
		v, err := b.r.CardView(ctx, b.m, b.mb, "wx1")
		if err != nil || v.Subject != "" || v.Balance != money.MustCurrency("CNY").Format(0) {
			b.t.Fatalf("%+v %v", v, err)
		}
	})
}
