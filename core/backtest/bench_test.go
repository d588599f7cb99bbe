package backtest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// BenchmarkBacktest tries the salon pack on many sales that were made under the
// retail pack, on SQLite. SHOPWRIGHT_BACKTEST_SALES says on how many; 2,000 where
// it is not set. It prints sales a second, and a second of
// processor time: the rate of a core that nobody else uses.
func BenchmarkBacktest(b *testing.B) {
	n := 2_000
	if v, err := strconv.Atoi(os.Getenv("SHOPWRIGHT_BACKTEST_SALES")); err == nil && v > 0 {
		n = v
	}
	c := clock.NewManual(start)
	d, err := db.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "shop.db"), db.Options{Clock: c, NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	s := newShop(b, d, c, "retail")
	r := rand.New(rand.NewPCG(1, 1))
	var made []id.ID
	for range min(n, 400) {
		made = append(made, s.sell(s.basket(r)).ID)
	}
	s.multiply(made, n-len(made))
	for _, workers := range []int{1, runtime.GOMAXPROCS(0)} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			one := *s.service
			one.Workers = workers
			spec := s.spec("salon", "")
			var took, used time.Duration
			for b.Loop() {
				run := s.create(spec)
				began, cpu := time.Now(), cpuTime()
				if err := one.Run(s.ctx, s.m.ID, run.ID); err != nil {
					b.Fatal(err)
				}
				took, used = took+time.Since(began), used+cpuTime()-cpu
				if got := s.report(run.ID); got.Sales != int64(n) || got.Unavailable != 0 || got.Changed == 0 {
					b.Fatalf("%d sales, %d not available, %d changed", got.Sales, got.Unavailable, got.Changed)
				}
			}
			rate := float64(n) * float64(b.N) / took.Seconds()
			b.ReportMetric(rate, "sales/s")
			if used > 0 {
				b.ReportMetric(float64(n)*float64(b.N)/used.Seconds(), "sales/cpu-s")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// multiply copies sales under new ids, over forty business days.
func (s *shop) multiply(from []id.ID, n int) {
	s.t.Helper()
	columns := func(table string) (out []string) {
		out, err := db.All(s.ctx, s.db, func(r db.Row, v *string) error { return r.Scan(v) }, `select name from pragma_table_info('`+table+`')`)
		if err != nil {
			s.t.Fatal(err)
		}
		return out
	}
	// copyOf makes the statement that copies the rows of a sale ($2) as those of another ($3).
	copyOf := func(table, key string, set map[string]string) string {
		names := columns(table)
		values := make([]string, len(names))
		for i, name := range names {
			values[i] = name
			if v, ok := set[name]; ok {
				values[i] = v
			}
		}
		return "insert into " + table + " (" + strings.Join(names, ", ") + ") select " + strings.Join(values, ", ") + " from " + table + " where merchant_id = $1 and " + key + " = $2"
	}
	head := copyOf("sales", "id", map[string]string{"id": "$3", "number": "number + $4", "business_date": "$5"})
	var parts []string
	for _, table := range []string{"sale_lines", "sale_adjustments", "sale_tenders", "sale_rules", "sale_rule_inputs"} {
		parts = append(parts, copyOf(table, "sale_id", map[string]string{"sale_id": "$3"}))
	}
	for i := 0; i < n; {
		s.tx(func(_ context.Context, tx *db.Tx) error {
			for end := min(i+500, n); i < end; i++ {
				old, fresh := from[i%len(from)], tx.NewID()
				tx.Queue(head, s.m.ID, old, fresh, (i/len(from)+1)*len(from), string(clock.Date("2026-05-01").AddDays(i*40/n)))
				for _, q := range parts {
					tx.Queue(q, s.m.ID, old, fresh)
				}
			}
			return nil
		})
	}
}
