package staff_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/staff"
)

func TestCommissionIsBookedListedAndSummed(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 10, 9, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		m, other := fake(1), fake(2)
		ann, ben := fake(10), fake(11)
		s1, s2, s3, line := fake(21), fake(22), fake(23), fake(31)
		var first staff.CommissionEntry
		book := func(m, who, sale id.ID, amount, basis int64, date clock.Date) staff.CommissionEntry {
			t.Helper()
			var e staff.CommissionEntry
			err := d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
				e = staff.QueueCommission(tx, m, staff.CommissionEntry{Staff: who, Sale: sale, Line: line, Amount: money.Amount(amount), Basis: money.Amount(basis),
					Rate: 100_000, PackID: "salon", PackVersion: "1.0.0", Code: "by_level", BusinessDate: date})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		first = book(m, ann, s1, 300, 3000, "2026-05-01")
		book(m, ann, s1, 200, 2000, "2026-05-01")
		book(m, ann, s2, 100, 1000, "2026-05-31")
		book(m, ann, s3, -300, -3000, "2026-06-01") // a refund in the next month
		book(m, ben, s2, 50, 1000, "2026-05-31")
		book(other, ann, s1, 9999, 9999, "2026-05-01")

		sum, err := staff.Summary(ctx, d, m, id.None, "2026-05-01", "2026-05-31")
		want := []staff.Statement{{Staff: ann, Earned: 600, Amount: 600, Basis: 6000, Entries: 3, Sales: 2}, {Staff: ben, Earned: 50, Amount: 50, Basis: 1000, Entries: 1, Sales: 1}}
		if err != nil || fmt.Sprint(sum) != fmt.Sprint(want) {
			t.Fatal(sum, err)
		}
		if sum, err = staff.Summary(ctx, d, m, ann, "2026-05-31", "2026-06-30"); err != nil || len(sum) != 1 || sum[0].Amount != -200 || sum[0].Sales != 2 {
			t.Fatal(sum, err)
		}
		items, next, err := staff.ListCommission(ctx, d, m, ann, "2026-05-01", "2026-06-30", db.Page{Limit: 3})
		if err != nil || len(items) != 3 || next == "" || items[0] != first || items[0].At != c.Now() || items[0].Rate != 100_000 {
			t.Fatalf("%+v %q %v", items, next, err)
		}
		after, err := db.ParseCursor(next)
		if err != nil {
			t.Fatal(err)
		}
		items, next, err = staff.ListCommission(ctx, d, m, ann, "2026-05-01", "2026-06-30", db.Page{Limit: 3, After: after})
		if err != nil || len(items) != 1 || next != "" || items[0].Amount != -300 {
			t.Fatalf("%+v %q %v", items, next, err)
		}
		if items, _, err = staff.ListCommission(ctx, d, m, id.None, "2026-05-31", "2026-05-31", db.Page{}); err != nil || len(items) != 2 {
			t.Fatalf("%+v %v", items, err)
		}
		var asked []staff.CommissionEntry
		err = d.Batch(ctx, staff.AskCommissionOfSale(m, s2, &asked))
		of, err2 := staff.CommissionOfSale(ctx, d, m, s2)
		if err != nil || err2 != nil || len(of) != 2 || fmt.Sprint(of) != fmt.Sprint(asked) {
			t.Fatal(of, asked, err, err2)
		}
	}, dbtest.WithClock(c))
}

// fake is an id in the order of n. The generator's own ids would begin anew at
// its instant and so spoil the order of those that the database's clock gives.
func fake(n int) id.ID { return id.ID{13: 0xfa, 14: byte(n >> 8), 15: byte(n)} }
