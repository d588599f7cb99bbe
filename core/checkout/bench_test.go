package checkout_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
)

// BenchmarkCheckout sells baskets of 3 and 20 lines to a member under two packs,
// quote included, through the flow alone. SQLite syncs each commit here.
func BenchmarkCheckout(b *testing.B) {
	c := clock.NewManual(time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC))
	for _, lines := range []int{3, 20} {
		b.Run(fmt.Sprintf("sqlite/%d", lines), func(b *testing.B) {
			d, err := db.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "shop.db"), db.Options{Clock: c})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			if _, err := d.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			sellMany(b, d, c, lines)
		})
		b.Run(fmt.Sprintf("postgres/%d", lines), func(b *testing.B) {
			sellMany(b, dbtest.Postgres(b, dbtest.WithClock(c)), c, lines)
		})
	}
}

func sellMany(b *testing.B, d *db.DB, c *clock.Manual, lines int) {
	s := newShop(b, d, c, 1, "retail", "catering")
	for code := range s.skus {
		if s.skus[code].Stocked {
			s.stockUp(code, 100_000_000)
		}
	}
	var ls []checkout.LineIn
	for i := range lines {
		ls = append(ls, s.line([]string{"tea", "soap", "rice"}[i%3], "1"))
	}
	s.sell(s.basket(0, true, ls...), cash(1_000_000))
	b.ReportAllocs()
	for b.Loop() {
		s.sell(s.basket(0, true, ls...), cash(1_000_000))
	}
}
