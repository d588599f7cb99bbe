package member_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/promotion"
)

func TestTiers(t *testing.T) {
	each(t, func(h *house) {
		h.must(func(ctx context.Context, tx *db.Tx) error {
			for i, c := range []string{"gold", "silver"} {
				if err := member.CreateTier(ctx, tx, h.m, member.Tier{Code: c, Name: c, Rank: 20 - 10*i}); err != nil {
					return err
				}
			}
			return nil
		})
		try := func(f func(ctx context.Context, tx *db.Tx) error) error { return h.d.InTx(ctx, f) }
		h.wantErr(try(func(ctx context.Context, tx *db.Tx) error {
			return member.CreateTier(ctx, tx, h.m, member.Tier{Code: "gold", Name: "x"})
		}), member.ErrTierTaken)
		h.wantErr(try(func(ctx context.Context, tx *db.Tx) error {
			return member.CreateTier(ctx, tx, h.m, member.Tier{Code: "a b", Name: "x"})
		}), member.ErrTier)
		h.wantErr(try(func(ctx context.Context, tx *db.Tx) error {
			return member.UpdateTier(ctx, tx, h.m, member.Tier{Code: "none", Name: "x"})
		}), member.ErrTierNotFound)
		h.must(func(ctx context.Context, tx *db.Tx) error {
			return member.UpdateTier(ctx, tx, h.m, member.Tier{Code: "silver", Name: "银卡", Rank: 1})
		})
		var asked []member.Tier
		listed, err := member.ListTiers(ctx, h.d, h.m)
		if err2 := h.d.Batch(ctx, member.AskTiers(h.m, &asked)); err != nil || err2 != nil || fmt.Sprint(asked) != "[{silver 银卡 1} {gold gold 20}]" || fmt.Sprint(listed) != fmt.Sprint(asked) {
			h.t.Fatal(asked, listed, err, err2)
		}
		mb := h.mustCreate(member.In{Name: "Ann"})
		sale := fake(3)
		h.c.Set(start.Add(time.Hour))
		defer h.c.Set(start)
		move := func(from, to string) {
			h.t.Helper()
			h.must(func(_ context.Context, tx *db.Tx) error {
				member.QueueTier(tx, h.m, mb.ID, from, to, sale, "salon.tier", "reached")
				return nil
			})
		}
		move("", "silver")
		move("", "gold") // decided on what is past: nothing is written
		move("silver", "silver")
		got, err := member.Get(ctx, h.d, h.v, h.m, mb.ID)
		if err != nil || got.Tier != "silver" || got.TierSince != clock.Of(start.Add(time.Hour)) || got.Version != 1 {
			h.t.Fatalf("%+v %v", got, err)
		}
		hist, next, err := member.ListTierHistory(ctx, h.d, h.m, mb.ID, db.Page{})
		if err != nil || next != "" || len(hist) != 1 || hist[0].From != "" || hist[0].To != "silver" || hist[0].Sale != sale || hist[0].Pack != "salon.tier" || hist[0].Reason != "reached" || !hist[0].Actor.IsNone() || hist[0].HeldUntil != "" {
			h.t.Fatalf("%+v %v", hist, err)
		}
		h.must(func(_ context.Context, tx *db.Tx) error {
			member.QueueTierMove(tx, h.m, member.TierMove{Member: mb.ID, From: "silver", To: "silver", Reason: "a guest of honour", Actor: fake(7), HeldUntil: "2026-12-31"})
			return nil
		})
		hist, _, err = member.ListTierHistory(ctx, h.d, h.m, mb.ID, db.Page{})
		if err != nil || len(hist) != 2 || hist[0].From != "silver" || hist[0].To != "silver" || hist[0].Actor != fake(7) || hist[0].HeldUntil != "2026-12-31" {
			h.t.Fatalf("a hold is in the history: %+v %v", hist, err)
		}
		items, _, err := member.List(ctx, h.d, h.v, h.m, member.Filter{Tier: "silver"}, db.Page{})
		if err != nil || len(items) != 1 {
			h.t.Fatalf("%+v %v", items, err)
		}
	})
}

func TestFactsCountDaysAndWindows(t *testing.T) {
	each(t, func(h *house) {
		mb := h.mustCreate(member.In{Name: "Ann"})
		never := h.mustCreate(member.In{Name: "Ben"})
		a, b := fake(4), fake(5)
		h.must(func(_ context.Context, tx *db.Tx) error {
			member.QueueDay(tx, h.m, mb.ID, "2026-05-01", a, 10000, 1, 100)
			member.QueueDay(tx, h.m, mb.ID, "2026-05-01", a, 500, 1, 5)   // the same shop again
			member.QueueDay(tx, h.m, mb.ID, "2026-05-01", b, 2000, 1, 20) // another shop, the same day
			member.QueueDay(tx, h.m, mb.ID, "2026-04-11", a, 3000, 1, 30) // 30 days to 05-10 begin here
			member.QueueDay(tx, h.m, mb.ID, "2026-04-10", a, 700, 1, 7)
			member.QueueDay(tx, h.m, mb.ID, "2026-05-08", a, 900, 1, 9)
			member.QueueDay(tx, h.m, mb.ID, "2026-05-08", a, -900, -1, -9) // refunded whole
			member.QueueDay(tx, h.m, mb.ID, "2026-05-11", a, 1, 1, 1)      // after the day asked for
			member.QueueDay(tx, h.m, never.ID, "2026-05-01", a, 1, 1, 1)
			return nil
		})
		h.must(func(_ context.Context, tx *db.Tx) error {
			member.QueueDay(tx, h.m, never.ID, "2026-05-01", a, -1, -1, -1)
			return nil
		})
		refs := []promotion.FactRef{
			{Kind: promotion.FactSpend}, {Kind: promotion.FactSpend, WindowDays: 30}, {Kind: promotion.FactVisits}, {Kind: promotion.FactVisits, WindowDays: 30},
			{Kind: promotion.FactPoints, WindowDays: 31}, {Kind: promotion.FactLastVisit}, {Kind: promotion.FactLastVisit, WindowDays: 5}, {Kind: promotion.FactVisits, WindowDays: 1},
		}
		read := func(who id.ID, today clock.Date) (out []int64) {
			h.t.Helper()
			var got []promotion.FactValue
			if err := h.d.Batch(ctx, member.AskFacts(h.m, who, today, refs, &got)...); err != nil {
				h.t.Fatal(err)
			}
			for i, v := range got {
				if v.FactRef != refs[i] {
					h.t.Fatal("out of order", got)
				}
				out = append(out, v.Value)
			}
			return out
		}
		if got := fmt.Sprint(read(mb.ID, "2026-05-10")); got != "[16200 15500 3 2 162 9 -1 0]" {
			h.t.Fatal(got)
		}
		if got := fmt.Sprint(read(mb.ID, "2026-05-11")); got != "[16201 12501 4 2 156 0 0 1]" {
			h.t.Fatal(got)
		}
		if got := fmt.Sprint(read(never.ID, "2026-05-11")); got != "[0 0 0 0 0 -1 -1 0]" {
			h.t.Fatal(got)
		}
		if got := fmt.Sprint(read(fake(9), "2026-05-11")); got != "[0 0 0 0 0 -1 -1 0]" {
			h.t.Fatal(got)
		}
		if asks := member.AskFacts(h.m, mb.ID, "2026-05-11", nil, new([]promotion.FactValue)); len(asks) != 0 {
			h.t.Fatal("a read for no facts")
		}
	})
}

// TestA21_WindowsEndOnTheDay: a window takes its first and its last day, and not
// the days beside them; a refund lowers the day of its sale.
func TestA21_WindowsEndOnTheDay(t *testing.T) {
	each(t, func(h *house) {
		mb := h.mustCreate(member.In{Name: "Li Na"}) // joined on 10 May 2026, in Shanghai the same day
		a, b := fake(1), fake(2)
		h.must(func(_ context.Context, tx *db.Tx) error {
			for i, d := range []clock.Date{"2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01", "2026-12-31", "2027-01-01"} {
				member.QueueDay(tx, h.m, mb.ID, d, a, 1<<i, 1, 1<<i)
			}
			member.QueueDay(tx, h.m, mb.ID, "2027-01-01", b, 1<<8, 1, 0) // a second shop on the day: one visit
			member.QueueDay(tx, h.m, mb.ID, "2026-12-31", b, 1<<9, 1, 0)
			return nil
		})
		sum := func(bits ...int) (n int64) {
			for _, x := range bits {
				n += 1 << x
			}
			return n
		}
		zone, err := clock.LoadZone("Asia/Shanghai", 240)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, c := range []struct {
			today         clock.Date
			window        int
			spend, visits int64
		}{
			{"2026-12-31", promotion.WindowMonth, sum(4, 9), 1}, {"2027-01-01", promotion.WindowMonth, sum(5, 8), 1},
			{"2026-06-30", promotion.WindowQuarter, sum(2), 1}, {"2026-07-01", promotion.WindowQuarter, sum(3), 1},
			{"2026-12-31", promotion.WindowYear, sum(1, 2, 3, 4, 9), 4}, {"2027-01-01", promotion.WindowYear, sum(5, 8), 1},
			{"2026-12-31", promotion.WindowLastYear, sum(0), 1}, {"2027-01-01", promotion.WindowLastYear, sum(1, 2, 3, 4, 9), 4},
			{"2026-12-30", promotion.WindowMonths + 6, sum(3), 1}, {"2026-12-29", promotion.WindowMonths + 6, sum(2, 3), 2}, {"2026-12-31", promotion.WindowMonths + 6, sum(3, 4, 9), 2},
			{"2027-05-09", promotion.WindowMembershipYear, sum(2, 3, 4, 5, 8, 9), 4}, {"2027-05-10", promotion.WindowMembershipYear, 0, 0},
		} {
			refs := []promotion.FactRef{{Kind: promotion.FactSpend, WindowDays: c.window}, {Kind: promotion.FactVisits, WindowDays: c.window}, {Kind: promotion.FactSpend}}
			var got []promotion.FactValue
			if err := h.d.Batch(ctx, member.AskFactsIn(zone, h.m, mb.ID, c.today, refs, &got)...); err != nil {
				h.t.Fatal(err)
			}
			if got[0].Value != c.spend || got[1].Value != c.visits {
				h.t.Errorf("%s %d: %d in %d visits, want %d in %d", c.today, c.window, got[0].Value, got[1].Value, c.spend, c.visits)
			}
		}
		// A refund in the new year of a sale of the old one.
		h.must(func(_ context.Context, tx *db.Tx) error {
			member.QueueDay(tx, h.m, mb.ID, "2026-12-31", b, -(1 << 9), -1, 0)
			return nil
		})
		var got []promotion.FactValue
		refs := []promotion.FactRef{{Kind: promotion.FactSpend, WindowDays: promotion.WindowYear}, {Kind: promotion.FactSpend, WindowDays: promotion.WindowLastYear},
			{Kind: promotion.FactVisits, WindowDays: promotion.WindowLastYear}, {Kind: promotion.FactLastVisit, WindowDays: promotion.WindowMembershipYear}}
		if err := h.d.Batch(ctx, member.AskFactsIn(zone, h.m, mb.ID, "2027-01-03", refs, &got)...); err != nil {
			h.t.Fatal(err)
		}
		if got[0].Value != sum(5, 8) || got[1].Value != sum(1, 2, 3, 4) || got[2].Value != 4 || got[3].Value != 2 {
			h.t.Fatal(got)
		}
		// Before the cut-off in New York the day of joining is the day before: so is
		// the anniversary.
		west, err := clock.LoadZone("America/New_York", 360)
		if err != nil {
			h.t.Fatal(err)
		}
		first := clock.Date("2026-05-09")
		if err := h.d.Batch(ctx, member.AskFactsIn(west, h.m, mb.ID, first.AddDays(-1).AddMonths(12), refs[3:], &got)...); err != nil || got[0].Value < 0 {
			h.t.Fatal(got, err)
		}
		if err := h.d.Batch(ctx, member.AskFactsIn(west, h.m, mb.ID, first.AddMonths(12), refs[3:], &got)...); err != nil || got[0].Value != -1 {
			h.t.Fatal(got, err)
		}
	})
}

// A move that comes after another one, in a transaction that began before it, is the
// later one in the history too.
func TestTheHistoryOfTiersEndsWhereTheMemberStands(t *testing.T) {
	each(t, func(h *house) {
		mb := h.mustCreate(member.In{Name: "Ann"})
		now := h.c.Now()
		move := func(from, to string) {
			h.must(func(_ context.Context, tx *db.Tx) error {
				member.QueueTier(tx, h.m, mb.ID, from, to, fake(9), "salon.tier", "reached")
				return nil
			})
		}
		move("", "silver")
		h.c.Set(now.Add(time.Hour).Time())
		move("silver", "gold")
		h.c.Set(now.Time()) // it began before
		move("gold", "silver")
		hist, _, err := member.ListTierHistory(context.Background(), h.d, h.m, mb.ID, db.Page{})
		if err != nil || len(hist) != 3 {
			h.t.Fatalf("%+v %v", hist, err)
		}
		last := hist[0]
		for _, c := range hist {
			if c.At > last.At {
				last = c
			}
		}
		if last.To != "silver" || last.From != "gold" {
			h.t.Errorf("the last is %+v", last)
		}
	})
}
