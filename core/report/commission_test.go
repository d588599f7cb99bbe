package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/staff"
)

// commissioned books a line of the market's staff by hand, at 10 %: the pack of
// these tests gives none.
func (s *market) commissioned(w staff.Work) {
	s.tx(func(_ context.Context, tx *db.Tx) error {
		staff.QueueLineStaff(tx, s.m.ID, w.Rows(staff.Alone(s.staff, ""))...)
		for _, e := range staff.Entries(w, staff.Alone(s.staff, ""), staff.Proposal{Amount: w.Net / 10, Basis: w.Net, Rate: 100_000, PackID: "salon", PackVersion: "1.0.0"}) {
			staff.QueueCommission(tx, s.m.ID, e)
		}
		return nil
	})
}

func TestCommissionDetailAndItsFile(t *testing.T) {
	eachMarket(t, func(t *testing.T, s *market) {
		var number string
		s.tx(func(_ context.Context, tx *db.Tx) error { // a document to be named by its number
			sale, line := tx.NewID(), tx.NewID()
			tx.Queue(`insert into sales (merchant_id, id, kind, state, shop_id, register_id, series, number, currency, subtotal, discount, tax, total, paid, change_given, points_earned, commission, business_date, occurred_at, recorded_at, origin)
				values ($1, $2, 'sale', 'completed', $3, $4, 'ZZ', 42, 'CNY', 10000, 0, 0, 10000, 10000, 0, 0, 1000, '2026-05-20', 1, 1, 'till')`, s.m.ID, sale, s.shops[0].ID, s.registers[0].ID)
			tx.Queue(`insert into sale_lines (merchant_id, sale_id, id, no, kind, name, category, quantity, unit_price, gross, net) values ($1, $2, $3, 1, 'service', '=Haircut', 'hair', 1000, 1000000, 10000, 10000)`, s.m.ID, sale, line)
			number = sale.String() + line.String()
			return nil
		})
		sale, line := number[:36], number[36:]
		w := staff.Work{Sale: id.MustParse(sale), Line: id.MustParse(line), Shop: s.shops[0].ID, LineKind: "service", Category: "hair", BusinessDate: "2026-05-20", Quantity: money.One, Gross: 10_000, Net: 10_000, Cost: 4000}
		s.commissioned(w)
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := staff.AddManual(ctx, tx, s.m.ID, staff.Manual{Staff: s.staff, Amount: -300, Reason: "+1 broken vase", Date: "2026-05-21"})
			return err
		})
		f := staff.Filter{From: "2026-05-01", To: "2026-05-31"}
		lines, next, err := report.CommissionDetail(s.ctx, s.db, s.m.ID, f, db.Page{})
		if err != nil || next != "" || len(lines) != 2 || lines[0].Number != "ZZ-000042" || lines[0].Name != "=Haircut" || lines[0].StaffName == "" || lines[1].Number != "" || lines[1].Reason != "+1 broken vase" {
			t.Fatalf("%+v %q %v", lines, next, err)
		}
		compare, err := report.CommissionCompare(s.ctx, s.db, s.m.ID, f)
		if err != nil || len(compare) != 1 || compare[0].Amount != 700 || compare[0].Manual != -300 || compare[0].Work.Net != 10_000 || compare[0].Work.Margin != 6000 || compare[0].Work.Lines != 1 || compare[0].Name != lines[0].StaffName {
			t.Fatalf("%+v %v", compare, err)
		}
		for i := range 450 { // more than two pages of the file
			s.commissioned(staff.Work{Sale: w.Sale, Line: id.New(int64(clock.Of(opening)) + int64(i)), Shop: s.shops[0].ID, LineKind: "service", BusinessDate: "2026-05-20", Quantity: money.One, Gross: 100, Net: 100})
		}
		var out bytes.Buffer
		if err := report.WriteCommissions(s.ctx, s.db, s.m.ID, f, s.m.Currency, &out); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != 1+2+450 {
			t.Fatal(len(rows), err)
		}
		seen := map[string]bool{}
		var sum float64
		for _, r := range rows[1:] {
			v, err := strconv.ParseFloat(r[15], 64)
			if err != nil {
				t.Fatal(r)
			}
			sum += v
			seen[r[7]], seen[r[18]] = true, true
		}
		if sum < 51.99 || sum > 52.01 || !seen["'=Haircut"] || !seen["'+1 broken vase"] { // 10.00 - 3.00 + 450 x 0.10, and no formula
			t.Fatal(sum, rows[:3])
		}
		out.Reset()
		if err := report.WriteCommissionSummary(s.ctx, s.db, s.m.ID, f, s.m.Currency, &out); err != nil {
			t.Fatal(err)
		}
		if rows, err = csv.NewReader(&out).ReadAll(); err != nil || len(rows) != 4 || rows[3][11] != "10.00" && rows[2][11] != "10.00" {
			t.Fatalf("%v %v", rows, err)
		}
	})
}
