package message_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
)

// noon in Shanghai, where the shop is.
var (
	ctx  = context.Background()
	noon = time.Date(2026, 5, 10, 4, 0, 0, 0, time.UTC)
)

// provider is a connector that keeps a book of what was really sent.
type provider struct {
	id id.ID

	mu    sync.Mutex
	sent  []message.Parcel
	asked int
	say   func(message.Parcel) (message.Answer, error)
	tell  func(message.Question) (message.Answer, error)
}

func (p *provider) ID() id.ID   { return p.id }
func (p *provider) App() string { return "wx1" }

func (p *provider) Send(_ context.Context, m message.Parcel) (message.Answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, m)
	if p.say != nil {
		return p.say(m)
	}
	return message.Answer{State: message.AnswerAccepted, Provider: "p-" + m.Key}, nil
}

func (p *provider) Ask(_ context.Context, q message.Question) (message.Answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.tell != nil {
		return p.tell(q)
	}
	return message.Answer{State: message.AnswerDelivered}, nil
}

type bench struct {
	t      *testing.T
	d      *db.DB
	v      *member.Vault
	c      *clock.Manual
	m      id.ID
	shop   id.ID
	mb     id.ID
	p      *provider
	away   bool
	sms    *message.Courier
	origin int
}

func (b *bench) For(_, _ id.ID, channel string) (message.Connector, bool) {
	return b.p, !b.away && channel == message.ChannelSMS
}
func (b *bench) Running(k id.ID) (message.Connector, bool) { return b.p, !b.away && k == b.p.id }

func each(t *testing.T, f func(b *bench)) {
	c := clock.NewManual(noon)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(noon)
		v, err := member.NewVault([]byte("0123456789abcdef0123456789abcdef"))
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{t: t, d: d, v: v, c: c, p: &provider{id: id.New(7)}}
		b.sms = &message.Courier{DB: d, Vault: v, Connectors: b, Log: slog.New(slog.DiscardHandler)}
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			m, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "lily", Name: "Lily", Edition: "base", Currency: "CNY", Locale: "en"})
			if err != nil {
				return err
			}
			b.m = m.ID
			s, err := tenant.CreateShop(ctx, tx, m.ID, tenant.NewShop{Name: "West", TimeZone: "Asia/Shanghai"})
			b.shop = s.ID
			return err
		})
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			mb, err := member.Create(ctx, tx, v, member.In{Merchant: b.m, Name: "Ann", Phone: "13800000001"})
			b.mb = mb.ID
			return err
		})
		for _, p := range []string{member.PurposeMessages, member.PurposeMarketing} {
			b.consent(p, true)
		}
		b.set("message.kinds", "money, points,birthday,verification,campaign")
		b.set("message.sms_price", "5")
		f(b)
	}, dbtest.WithClock(c))
}

func (b *bench) tx(f func(context.Context, *db.Tx) error) {
	b.t.Helper()
	if err := b.d.InTx(ctx, f); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) set(key, value string) {
	b.t.Helper()
	b.tx(func(_ context.Context, tx *db.Tx) error {
		return setting.Set(tx, setting.Place{Merchant: b.m}, key, value)
	})
}

func (b *bench) consent(purpose string, yes bool) {
	b.t.Helper()
	b.c.Advance(time.Millisecond)
	b.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := member.RecordConsent(ctx, tx, b.m, b.mb, purpose, yes, member.SourceRegister)
		return err
	})
}

// queue writes a message of its own origin.
func (b *bench) queue(kind string) (mid id.ID) {
	b.t.Helper()
	b.origin++
	b.tx(func(_ context.Context, tx *db.Tx) error {
		mid = message.Queue(tx, message.New{Merchant: b.m, Member: b.mb, Shop: b.shop, Kind: kind, Origin: strings.Repeat("x", b.origin), Params: map[string]string{"amount": "+10.00", "balance": "88.00", "text": "Sale!"}})
		return nil
	})
	return mid
}

func (b *bench) work() int {
	b.t.Helper()
	n, err := b.sms.Once(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *bench) want(mid id.ID, state message.State, why string) message.Message {
	b.t.Helper()
	v, err := message.Get(ctx, b.d, b.m, mid)
	if err != nil {
		b.t.Fatal(err)
	}
	if got, _, _ := strings.Cut(v.Reason, ": "); v.State != state || got != why {
		b.t.Fatalf("it is %s (%s), not %s (%s)", v.State, v.Reason, state, why)
	}
	return v
}

func TestAMessageIsSentOnceAndItsDeliveryIsKnown(t *testing.T) {
	each(t, func(b *bench) {
		mid := b.queue(message.KindMoney)
		b.work()
		v := b.want(mid, message.Accepted, "")
		if len(b.p.sent) != 1 || b.p.sent[0].Recipient != "+8613800000001" || b.p.sent[0].Key != mid.String() || b.p.sent[0].Attempt != 1 || !strings.Contains(b.p.sent[0].Text, "+10.00") || b.p.sent[0].Sender != "Lily" {
			b.t.Fatalf("%+v", b.p.sent)
		}
		if v.Segments != 1 || v.Cost != 5 || v.Provider != "p-"+mid.String() || v.Channel != message.ChannelSMS {
			b.t.Fatalf("%+v", v)
		}
		if b.work() != 0 {
			b.t.Fatal("it is asked at once")
		}
		b.c.Advance(10 * time.Second)
		b.work()
		b.want(mid, message.Delivered, "")
		b.c.Advance(48 * time.Hour)
		if b.work() != 0 || len(b.p.sent) != 1 || b.p.asked != 1 {
			b.t.Fatal("what has arrived is still busy")
		}
		// Neither the number nor the words stand in the row.
		n, err := db.Value[int](ctx, b.d, `select count(*) from messages where params like '%138%' or reason like '%138%' or params like '%Ann%'`)
		if err != nil || n != 0 {
			b.t.Fatal(n, err)
		}
	})
}

func TestTheSameOriginIsWrittenOnce(t *testing.T) {
	each(t, func(b *bench) {
		for range 3 {
			b.tx(func(_ context.Context, tx *db.Tx) error {
				message.Queue(tx, message.New{Merchant: b.m, Member: b.mb, Kind: message.KindMoney, Origin: "sale:1"})
				return nil
			})
		}
		if b.work() != 1 || len(b.p.sent) != 1 {
			b.t.Fatalf("%d", len(b.p.sent))
		}
	})
}

func TestWhatMayHaveBeenSentIsAskedAndNotSentAgain(t *testing.T) {
	each(t, func(b *bench) {
		b.p.say = func(message.Parcel) (message.Answer, error) { return message.Answer{}, errors.New("the line was cut") }
		b.p.tell = func(message.Question) (message.Answer, error) {
			return message.Answer{State: message.AnswerUnknown}, nil
		}
		mid := b.queue(message.KindMoney)
		b.work()
		if v := b.want(mid, message.Uncertain, message.WhyNoAnswer); v.Cost != 5 || v.SentAt == 0 {
			b.t.Fatalf("%+v", v) // it may have been sent, so it may cost
		}
		for range 20 {
			b.c.Advance(12 * time.Hour)
			b.work()
		}
		b.want(mid, message.Uncertain, message.WhyNoAnswer)
		if len(b.p.sent) != 1 || b.p.asked == 0 || b.p.asked > 8 {
			b.t.Fatalf("sent %d times, asked %d times", len(b.p.sent), b.p.asked)
		}
		// A late notice still counts, and only once.
		for range 2 {
			if met, err := b.sms.Notice(ctx, b.m, b.p.id, mid.String(), message.Answer{State: message.AnswerDelivered}); err != nil || !met {
				b.t.Fatal(met, err)
			}
		}
		b.want(mid, message.Delivered, "")
	})
}

func TestAProviderThatNeverHeardOfItGetsItAgain(t *testing.T) {
	each(t, func(b *bench) {
		b.p.say = func(message.Parcel) (message.Answer, error) {
			return message.Answer{}, errors.New("refused to connect")
		}
		b.p.tell = func(message.Question) (message.Answer, error) { return message.Answer{State: message.AnswerNone}, nil }
		mid := b.queue(message.KindMoney)
		b.work()
		b.c.Advance(10 * time.Second)
		b.work() // too early to believe it
		b.want(mid, message.Uncertain, message.WhyNoAnswer)
		b.p.say = nil
		for range 4 {
			b.c.Advance(time.Minute)
			b.work()
		}
		if v, _ := message.Get(ctx, b.d, b.m, mid); v.State != message.Accepted || v.Attempt != 2 || len(b.p.sent) != 2 || b.p.sent[1].Key != mid.String() {
			b.t.Fatalf("%+v", v)
		}
	})
}

func TestAWorkerThatDiedAfterTheCallIsFollowedByAQuestion(t *testing.T) {
	each(t, func(b *bench) {
		dead, cancel := context.WithCancel(ctx)
		b.p.say = func(message.Parcel) (message.Answer, error) {
			cancel()
			panic("the process dies here")
		}
		mid := b.queue(message.KindMoney)
		func() {
			defer func() { _ = recover() }()
			b.p.mu = sync.Mutex{}
			_, _ = b.sms.Once(dead)
		}()
		b.want(mid, message.Sending, "")
		b.p.tell = func(message.Question) (message.Answer, error) {
			return message.Answer{State: message.AnswerAccepted, Provider: "late"}, nil
		}
		if b.work() != 0 {
			b.t.Fatal("the lease is not kept")
		}
		b.c.Advance(3 * time.Minute)
		b.work()
		if v := b.want(mid, message.Accepted, ""); v.Provider != "late" || len(b.p.sent) != 1 {
			b.t.Fatalf("%+v", v)
		}
	})
}

func TestRefusalsRestAndEnd(t *testing.T) {
	each(t, func(b *bench) {
		b.p.say = func(message.Parcel) (message.Answer, error) {
			return message.Answer{State: message.AnswerRefused, Again: true, Reason: "limit"}, nil
		}
		mid := b.queue(message.KindMoney)
		b.work()
		if v := b.want(mid, message.Queued, message.WhyRefused); v.Cost != 0 || v.SentAt != 0 {
			b.t.Fatalf("%+v", v)
		}
		if b.work() != 0 {
			b.t.Fatal("it does not rest")
		}
		for range 10 {
			b.c.Advance(2 * time.Hour)
			b.work()
		}
		b.want(mid, message.Failed, message.WhyRefused)
		if n := len(b.p.sent); n != 6 {
			b.t.Fatalf("%d attempts", n)
		}
		b.p.say = func(message.Parcel) (message.Answer, error) {
			return message.Answer{State: message.AnswerRefused, Reason: "no such template"}, nil
		}
		mid = b.queue(message.KindMoney)
		b.work()
		b.want(mid, message.Failed, message.WhyRefused)
		// Somebody has mended it and sends it again: another message, once.
		b.p.say = nil
		for range 2 {
			b.tx(func(ctx context.Context, tx *db.Tx) error {
				_, err := message.Resend(ctx, tx, b.m, mid)
				return err
			})
		}
		if b.work() != 1 {
			b.t.Fatal("not once")
		}
		list, _, err := message.List(ctx, b.d, b.m, message.Filter{Member: b.mb}, db.Page{})
		if err != nil || len(list) != 3 || list[0].State != message.Accepted {
			b.t.Fatalf("%+v %v", list, err)
		}
	})
}

func TestWhatKeepsAMessageFromBeingSent(t *testing.T) {
	each(t, func(b *bench) {
		now := func(kind string, state message.State, why string) message.Message {
			b.t.Helper()
			mid := b.queue(kind)
			b.work()
			return b.want(mid, state, why)
		}
		out := func(subject string, yes bool) {
			b.tx(func(_ context.Context, tx *db.Tx) error { return message.OptOut(tx, b.m, b.mb, subject, yes) })
		}
		now(message.KindTier, message.Skipped, message.WhyOff)
		for _, subject := range []string{message.SubjectAll, message.SubjectTransactional, message.KindMoney} {
			out(subject, true)
			now(message.KindMoney, message.Skipped, message.WhyOptedOut)
			out(subject, false)
		}
		out(message.SubjectMarketing, true)
		now(message.KindBirthday, message.Skipped, message.WhyOptedOut)
		now(message.KindMoney, message.Accepted, "")
		out(message.SubjectMarketing, false)
		b.consent(member.PurposeMarketing, false)
		now(message.KindBirthday, message.Skipped, message.WhyNoConsent)
		b.consent(member.PurposeMarketing, true)
		b.consent(member.PurposeMessages, false)
		now(message.KindMoney, message.Skipped, message.WhyNoConsent)
		b.consent(member.PurposeMessages, true)

		// The cap of offers; notices go on.
		b.set("message.marketing_cap", "2")
		now(message.KindBirthday, message.Accepted, "")
		now(message.KindCampaign, message.Accepted, "")
		now(message.KindCampaign, message.Skipped, message.WhyCap)
		now(message.KindMoney, message.Accepted, "")
		b.set("message.marketing_cap", "0")

		// The month's limit: four messages of five were sent.
		b.set("message.month_limit", "24")
		now(message.KindMoney, message.Skipped, message.WhyLimit)
		b.set("message.month_limit", "25")
		now(message.KindMoney, message.Accepted, "")
		from, to := message.MonthOf(b.d.Now(), clock.Zone{Loc: time.UTC})
		rows, err := message.Month(ctx, b.d, b.m, from, to)
		if err != nil || len(rows) != 3 || rows[0].Kind != message.KindBirthday || rows[2].Cost != 15 || rows[2].Messages != 3 {
			b.t.Fatalf("%+v %v", rows, err)
		}
		b.set("message.month_limit", "0")

		// Nobody to carry it: it waits, and is given up in a day.
		b.away = true
		mid := b.queue(message.KindMoney)
		b.work()
		b.want(mid, message.Queued, message.WhyNoConnector)
		b.c.Advance(25 * time.Hour)
		b.work()
		b.want(mid, message.Skipped, message.WhyNoConnector)
		b.away = false

		// A way that the member cannot be reached by.
		b.set("message.channels", "wechat")
		now(message.KindMoney, message.Skipped, message.WhyNoWay)
		b.set("message.channels", "wechat_then_sms")
		now(message.KindMoney, message.Accepted, "")

		// Who is gone is not told; an erased one's number cannot be read.
		mid = b.queue(message.KindMoney)
		b.tx(func(ctx context.Context, tx *db.Tx) error { return member.Erase(ctx, tx, b.m, b.mb) })
		b.work()
		b.want(mid, message.Skipped, message.WhyGone)
	})
}

func TestOffersWaitForTheDay(t *testing.T) {
	each(t, func(b *bench) {
		b.c.Set(time.Date(2026, 5, 10, 13, 30, 0, 0, time.UTC)) // half past nine in the evening
		offer, notice := b.queue(message.KindBirthday), b.queue(message.KindMoney)
		b.work()
		b.want(offer, message.Held, message.WhyQuiet)
		b.want(notice, message.Accepted, "")
		b.c.Set(time.Date(2026, 5, 11, 0, 59, 0, 0, time.UTC))
		b.work()
		b.want(offer, message.Held, message.WhyQuiet)
		b.c.Set(time.Date(2026, 5, 11, 1, 0, 0, 0, time.UTC))
		b.work()
		b.want(offer, message.Accepted, "")
	})
}

func TestCodes(t *testing.T) {
	each(t, func(b *bench) {
		ask := func() (code id.ID, err error) {
			err = b.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				v, err := setting.All(ctx, tx, b.m, id.None, id.None)
				if err == nil {
					code, err = message.AskCode(ctx, tx, message.PolicyOf(v), b.m, b.shop, b.mb, "sign_in")
				}
				return err
			})
			return code, err
		}
		check := func(typed string) (answer error) {
			b.tx(func(ctx context.Context, tx *db.Tx) error {
				answer = message.CheckCode(ctx, tx, b.v, b.m, b.mb, "sign_in", typed)
				return nil
			})
			return answer
		}
		wants := func(err, want error) {
			b.t.Helper()
			if !errors.Is(err, want) {
				b.t.Fatalf("want %v, got %v", want, err)
			}
		}
		wants(check("123456"), message.ErrCode)
		b.tx(func(_ context.Context, tx *db.Tx) error {
			return message.OptOut(tx, b.m, b.mb, message.SubjectAll, true)
		})
		code, err := ask()
		wants(err, nil)
		_, err = ask()
		wants(err, message.ErrCodeSoon)
		b.work()
		right := b.v.Code(b.m, code)
		if len(b.p.sent) != 1 || !strings.Contains(b.p.sent[0].Text, right) {
			b.t.Fatalf("%+v", b.p.sent) // whoever asks for a code gets it, opted out or not
		}
		wants(check("000000x"), message.ErrCode)
		wants(check(right), nil)
		wants(check(right), message.ErrCode)
		b.c.Advance(time.Minute)
		code, _ = ask()
		for range 5 {
			wants(check("wrong"), message.ErrCode)
		}
		wants(check(b.v.Code(b.m, code)), message.ErrCode) // five wrong ones end it
		b.c.Advance(time.Minute)
		code, _ = ask()
		b.c.Advance(5 * time.Minute)
		wants(check(b.v.Code(b.m, code)), message.ErrCodeOld)
		for range 2 {
			_, err = ask()
			wants(err, nil)
			b.c.Advance(time.Minute)
		}
		_, err = ask()
		wants(err, message.ErrCodeMany)
	})
}

// cards is a provider of cards.
type cards struct {
	again, refuse bool
	err           error
	seen          []int64
}

func (c *cards) App() string { return "wx1" }
func (c *cards) Update(_ context.Context, v message.CardView, seq int64) (bool, bool, string, error) {
	c.seen = append(c.seen, seq)
	return !c.refuse, c.again, "because", c.err
}

func TestOnlyTheNewestIsToldToACard(t *testing.T) {
	each(t, func(b *bench) {
		k := &cards{}
		desk := &message.Cards{DB: b.d, Log: slog.New(slog.DiscardHandler), Connector: func(id.ID) (message.CardConnector, bool) { return k, !b.away },
			View: func(context.Context, id.ID, id.ID, string) (message.CardView, error) {
				return message.CardView{Subject: "o1", Code: "c1"}, nil
			}}
		change := func(seq int64) {
			b.tx(func(_ context.Context, tx *db.Tx) error { message.QueueCard(tx, b.m, b.mb, seq); return nil })
		}
		work := func() {
			b.t.Helper()
			if _, err := desk.Once(ctx); err != nil {
				b.t.Fatal(err)
			}
		}
		for _, seq := range []int64{3, 5, 4} {
			change(seq)
		}
		work()
		work()
		if len(k.seen) != 1 || k.seen[0] != 5 {
			b.t.Fatal(k.seen)
		}
		change(6)
		k.err = errors.New("no answer")
		work()
		b.c.Advance(30 * time.Second)
		k.err, k.refuse, k.again = nil, true, true
		work()
		b.c.Advance(2 * time.Minute)
		k.refuse = false
		work()
		work()
		if len(k.seen) != 4 || k.seen[3] != 6 {
			b.t.Fatal(k.seen)
		}
		b.away = true
		change(7)
		work()
		b.away = false
		b.c.Advance(time.Minute)
		k.refuse, k.again = true, false // for good: it is not told again until something changes
		work()
		b.c.Advance(24 * time.Hour)
		work()
		if len(k.seen) != 5 {
			b.t.Fatal(k.seen)
		}
	})
}
