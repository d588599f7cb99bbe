package member_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// packFacts are the 31 facts that the three packs of the house declare together.
func packFacts() (out []promotion.FactRef) {
	for _, k := range []promotion.FactKind{promotion.FactSpend, promotion.FactVisits, promotion.FactPoints} {
		for _, days := range []int{
			0, 90, 180, 365, promotion.WindowMonth, promotion.WindowQuarter, promotion.WindowYear, promotion.WindowLastYear, promotion.WindowMembershipYear, promotion.WindowMonths + 12,
		} {
			out = append(out, promotion.FactRef{Kind: k, WindowDays: days})
		}
	}
	return append(out, promotion.FactRef{Kind: promotion.FactLastVisit})
}

// BenchmarkFacts reads all facts of the packs for a member with 99 days behind
// them, and for one who came daily for six years.
func BenchmarkFacts(b *testing.B) {
	c := clock.NewManual(start)
	dialects := map[string]func(b *testing.B) *db.DB{
		"sqlite": func(b *testing.B) *db.DB {
			d, err := db.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "shop.db"), db.Options{Clock: c, NoSync: true})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = d.Close() })
			if _, err := d.Migrate(ctx); err != nil {
				b.Fatal(err)
			}
			return d
		},
		"postgres": func(b *testing.B) *db.DB { return dbtest.Postgres(b, dbtest.WithClock(c)) },
	}
	const today = clock.Date("2026-05-10")
	refs := packFacts()
	for _, dialect := range []string{"sqlite", "postgres"} {
		b.Run(dialect, func(b *testing.B) {
			d := dialects[dialect](b)
			v, err := member.NewVault([]byte("0123456789abcdef0123456789abcdef"))
			if err != nil {
				b.Fatal(err)
			}
			h := &house{&testing.T{}, d, v, fake(1), c}
			h.merchant(h.m)
			for _, days := range []int{99, 6 * 365} {
				who := h.mustCreate(member.In{Name: "Ann"}).ID
				daily(b, d, who, today, days)
				b.Run(fmt.Sprint(days), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						var got []promotion.FactValue
						if err := d.Batch(ctx, member.AskFacts(fake(1), who, today, refs, &got)...); err != nil {
							b.Fatal(err)
						}
						if len(got) != len(refs) || got[10].Value != int64(days) {
							b.Fatal(got)
						}
					}
				})
			}
		})
	}
}

// daily books a visit on each of the last days.
func daily(b *testing.B, d *db.DB, who id.ID, today clock.Date, days int) {
	err := d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		for i := range days {
			member.QueueDay(tx, fake(1), who, today.AddDays(-i), fake(2), money.Amount(1000+i), 1, 10)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
