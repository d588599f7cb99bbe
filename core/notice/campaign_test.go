package notice_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/notice"
	"github.com/shopwright/shopwright/core/setting"
)

// A campaign reaches its audience once, also where it breaks off and begins again;
// who joins afterwards is not of it.
func TestACampaignIsWrittenOncePerMember(t *testing.T) {
	each(t, func(b *bench) {
		for i := range 450 { // three pieces
			b.tx(func(ctx context.Context, tx *db.Tx) error {
				in := member.In{Merchant: b.m, Name: "M", Tier: "silver"}
				if i%3 == 0 {
					in.Tier, in.Birthday = "gold", "1980-08-01"
				}
				_, err := member.Create(ctx, tx, b.r.Vault, in)
				return err
			})
		}
		c := notice.Campaign{ID: id.New(int64(b.d.Now())), Text: "  New \t tea is in. ", Audience: member.Audience{Tier: "gold", Month: 8}}
		queue := func(c notice.Campaign) error {
			return b.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return notice.QueueCampaign(ctx, tx, b.m, c) })
		}
		if err := queue(c); !errors.Is(err, notice.ErrCampaignOff) {
			b.t.Fatal(err)
		}
		b.tx(func(_ context.Context, tx *db.Tx) error {
			return setting.Set(tx, setting.Place{Merchant: b.m}, "message.kinds", message.KindCampaign)
		})
		for _, wrong := range []notice.Campaign{{Text: " "}, {Text: strings.Repeat("x", notice.MaxCampaign+1)}, {Text: "a\u0007"}} {
			if err := queue(wrong); !errors.Is(err, notice.ErrCampaignText) {
				b.t.Errorf("%q: %v", wrong.Text, err)
			}
		}
		for _, wrong := range []member.Audience{{Month: 13}, {Month: -1}, {Away: -1}, {Away: 4000}} {
			if err := queue(notice.Campaign{Text: "x", Audience: wrong}); !errors.Is(err, member.ErrAudience) {
				b.t.Errorf("%+v: %v", wrong, err)
			}
		}
		for range 2 {
			if err := queue(c); err != nil {
				b.t.Fatal(err)
			}
		}
		if n := b.rows("jobs"); n != 1 {
			b.t.Fatalf("%d jobs", n)
		}
		if err := c.Check(); err != nil || c.Text != "New tea is in." {
			b.t.Fatal(c.Text, err)
		}
		c.At = b.d.Now()
		broken, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := b.r.Broadcast(broken, b.m, c); err == nil {
			b.t.Fatal("a context that has ended")
		}
		for range 2 {
			if n, err := b.r.Broadcast(ctx, b.m, c); err != nil || n != 150 {
				b.t.Fatal(n, err)
			}
		}
		if n := b.rows("messages"); n != 150 {
			b.t.Fatalf("%d messages", n)
		}
		all, yes, err := member.CountAudience(ctx, b.d, b.m, c.Audience, b.d.Now(), member.PurposeMarketing)
		if err != nil || all != 150 || yes != 0 {
			b.t.Fatal(all, yes, err)
		}
		// Nobody has bought anything in the last month; the erased and the blocked are of no audience.
		b.c.Advance(31 * 24 * time.Hour)
		all, _, err = member.CountAudience(ctx, b.d, b.m, member.Audience{Away: 30}, b.d.Now(), member.PurposeMarketing)
		if err != nil || all != 451 {
			b.t.Fatal(all, err)
		}
		b.tx(func(ctx context.Context, tx *db.Tx) error {
			if _, err := member.RecordConsent(ctx, tx, b.m, b.mb, member.PurposeMarketing, true, member.SourcePaper); err != nil {
				return err
			}
			return nil
		})
		if _, yes, err = member.CountAudience(ctx, b.d, b.m, member.Audience{}, b.d.Now(), member.PurposeMarketing); err != nil || yes != 1 {
			b.t.Fatal(yes, err)
		}
		b.tx(func(ctx context.Context, tx *db.Tx) error { return member.Erase(ctx, tx, b.m, b.mb) })
		if all, _, err = member.CountAudience(ctx, b.d, b.m, member.Audience{}, b.d.Now(), member.PurposeMarketing); err != nil || all != 450 {
			b.t.Fatal(all, err)
		}
	})
}
