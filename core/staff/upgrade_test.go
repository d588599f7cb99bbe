package staff_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/staff"
)

// TestOldBooksBecomeRows runs the part of the migration that takes what was booked
// before it over: the parts in lines, and claw-backs with what they reverse.
func TestOldBooksBecomeRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		file, err := os.ReadFile("../db/migrations/" + d.Dialect().String() + "/0009_commission.tx.up.sql")
		if err != nil {
			t.Fatal(err)
		}
		var again []string
		for _, s := range strings.Split(string(file), ";\n") {
			if i := strings.Index(s, "update commission_entries"); i >= 0 {
				again = append(again, s[i:])
			}
			if i := strings.Index(s, "insert into sale_line_staff"); i >= 0 {
				again = append(again, s[i:])
			}
		}
		if len(again) != 4 {
			t.Fatalf("%d statements take over", len(again))
		}
		m, shop, register, ann := fake(1), fake(2), fake(3), fake(4)
		sold, back, soldLine, backLine := fake(10), fake(11), fake(12), fake(13)
		err = d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`insert into merchants (merchant_id, handle, name, edition, currency, locale, created_at) values ($1, 'one', 'One', '', 'CNY', 'en', 1)`, m)
			tx.Queue(`insert into shops (merchant_id, id, name, time_zone, cut_off) values ($1, $2, 'Shop', 'UTC', 0)`, m, shop)
			tx.Queue(`insert into registers (merchant_id, id, shop_id, name, series) values ($1, $2, $3, 'till', 'A1')`, m, register, shop)
			for _, s := range []struct {
				id, line, of, ofLine id.ID
				kind, date           string
				net                  int64
			}{{sold, soldLine, id.None, id.None, "sale", "2026-05-01", 10_000}, {back, backLine, sold, soldLine, "refund", "2026-06-01", 5000}} {
				tx.Queue(`insert into sales (merchant_id, id, kind, state, of_sale_id, shop_id, register_id, series, currency, subtotal, discount, tax, total, paid, change_given, points_earned, commission, business_date, occurred_at, recorded_at, origin)
					values ($1, $2, $3, 'completed', $4, $5, $6, 'A1', 'CNY', $7, 0, 0, $7, $7, 0, 0, 0, $8, 1, 1, 'till')`, m, s.id, s.kind, s.of, shop, register, s.net, s.date)
				tx.Queue(`insert into sale_lines (merchant_id, sale_id, id, no, kind, sku_code, name, category, quantity, unit_price, gross, net, staff_id, of_line_id)
					values ($1, $2, $3, 1, 'service', 'cut', 'Cut', 'hair', $4, 100, $4, $4, $5, $6)`, m, s.id, s.line, s.net, ann, s.ofLine)
			}
			old := `insert into commission_entries (merchant_id, id, staff_id, sale_id, line_id, amount, basis, rate, pack_id, pack_version, code, business_date, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11, 1)`
			tx.Queue(old, m, fake(20), ann, sold, soldLine, 1000, 10_000, 100_000, "salon", "by_level", "2026-05-01")
			tx.Queue(old, m, fake(21), ann, back, backLine, -500, -5000, 0, "", "claw_back", "2026-06-01")
			for _, s := range again {
				tx.Queue(s)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		entries, err := staff.CommissionOfSale(ctx, d, m, sold)
		if err != nil || len(entries) != 2 || entries[1].Kind != staff.KindClawBack || entries[1].OfEntry != fake(20) || entries[1].OfSale != sold || entries[1].Metric != staff.MetricAmount || entries[1].Quantity != -5000 ||
			entries[0].Kind != staff.KindSale || entries[0].LineKind != "service" || entries[0].Category != "hair" || entries[0].Shop != shop || entries[0].Quantity != 10_000 {
			t.Fatalf("%+v %v", entries, err)
		}
		rows, err := staff.LineStaffOfSale(ctx, d, m, sold)
		if err != nil || len(rows) != 2 || rows[0].Net != 10_000 || rows[1].Net != -5000 || rows[1].OfDate != "2026-05-01" || rows[1].OfLine != soldLine || rows[0].Share.Share != 1_000_000 {
			t.Fatalf("%+v %v", rows, err)
		}
		// What is left is taken back as if both had been booked today.
		r := staff.Returned{Work: staff.Work{Sale: fake(30), Line: fake(31)}, OfSale: sold, OfLine: soldLine, To: 10_000, Of: 10_000}
		r.Net, r.Quantity = 5000, 5000
		if got := staff.ClawBack(entries, r); len(got) != 1 || got[0].Amount != -500 {
			t.Fatalf("%+v", got)
		}
		if got := staff.WorkBack(rows, r); len(got) != 1 || got[0].Net != -5000 {
			t.Fatalf("%+v", got)
		}
	})
}
