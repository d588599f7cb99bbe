package report_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/till"
)

// tied fails where a figure of the span differs between two rooms of the books.
func (s *market) tied(shop id.ID, from, to clock.Date) {
	s.t.Helper()
	bad, err := report.TieOut(s.ctx, s.db, s.m.ID, shop, from, to)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, v := range bad {
		s.t.Errorf("%s to %s: %s: documents %d, books %d", from, to, v.Name, v.Documents, v.Books)
	}
}

func (s *market) daily(shop id.ID, from, to clock.Date) ([]report.DayReport, report.DayReport) {
	s.t.Helper()
	days, total, err := report.Daily(s.ctx, s.db, s.m.ID, report.Span{Shop: shop, From: from, To: to})
	if err != nil {
		s.t.Fatal(err)
	}
	return days, total
}

// TestADayByItsFigures: each of them worked out by hand.
func TestADayByItsFigures(t *testing.T) {
	eachMarket(t, func(t *testing.T, s *market) {
		const day = clock.Date("2026-05-20")
		// A top-up of 500 with 100 given, a card of 10 + 2 visits for 1,000.
		s.sell(s.basket(0, checkout.LineIn{Kind: sale.LineTopUp, Amount: 500_00}, checkout.LineIn{Kind: sale.LinePunchCard, SKU: s.cut, Amount: 1000_00, Visits: 10, FreeVisits: 2}))
		// 10 teas: 85.70 less a tenth = 77.13, of them tax 8.87; 60 from the wallet (50 paid, 10 given).
		tea := s.sell(s.basket(0, checkout.LineIn{SKU: s.tea, Quantity: units(10)}), checkout.TenderIn{Type: sale.TenderStoredValue, Amount: 60_00})
		one := s.sell(s.basket(0, checkout.LineIn{SKU: s.tea, Quantity: units(1)}), checkout.TenderIn{Type: sale.TenderCard, Amount: 5_00}) // 7.71, tax 0.89
		half := s.refund(tea, checkout.RefundLine{Line: tea.Lines[0].ID, Quantity: units(5)})                                               // 38.57
		s.void(s.sell(s.basket(0, checkout.LineIn{SKU: s.tea, Quantity: units(2)})))                                                        // 15.43
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := till.Pay(ctx, tx, s.m.ID, s.registers[0].ID, till.Move{Amount: -30_00, Category: till.OutSupplies, Reason: "bags", Actor: s.staff})
			return err
		})
		s.close(0, -1_00)
		days, d := s.daily(s.shops[0].ID, day, day)
		if len(days) != 1 || days[0].From != day || days[0].Document(sale.KindSale) != d.Document(sale.KindSale) {
			t.Fatalf("%+v", days)
		}
		sold, back, void := d.Document(sale.KindSale), d.Document(sale.KindRefund), d.Document(sale.KindVoid)
		if sold.Count != 4 || sold.Total != 500_00+1000_00+77_13+7_71+15_43 || back.Count != 1 || back.Total != 38_57 || void.Count != 1 || void.Total != 15_43 || sold.Discount != 8_57+86+1_71 {
			t.Errorf("documents %+v", d.Documents)
		}
		if d.Receipts != 3 || d.Average != (500_00+1000_00+77_13+7_71)/3 {
			t.Errorf("%d receipts of %d", d.Receipts, d.Average)
		}
		tax := money.Amount(8_87 + 89 - 4_44)
		if len(d.Taxes) != 1 || d.Taxes[0].Rate != 130_000 || d.Taxes[0].Tax != tax || d.Taxes[0].Base != 77_13+7_71-38_57-tax || d.Revenue != d.Taxes[0].Base {
			t.Errorf("tax %+v, revenue %d", d.Taxes, d.Revenue)
		}
		if len(d.Prepaid) != 2 || d.Prepaid[0] != (report.PrepaidSum{Kind: sale.LinePunchCard, Count: 1, Sold: 1000_00, Visits: 12}) || d.Prepaid[1] != (report.PrepaidSum{Kind: sale.LineTopUp, Count: 1, Sold: 500_00, Bonus: 100_00}) {
			t.Errorf("prepaid %+v", d.Prepaid)
		}
		if got := d.Stored.Principal + d.Stored.Bonus; got != 30_00 || d.Stored.Principal != 25_00 {
			t.Errorf("stored value %+v", d.Stored)
		}
		if d.Points != (report.PointsUse{Earned: tea.Points + one.Points - half.Points}) || one.Points != 40 || half.Points == 0 { // the void takes all of its sale's
			t.Errorf("points %+v", d.Points)
		}
		if d.Shifts != (report.ShiftSum{Closed: 1, PaidOut: 30_00, OverShort: -1_00}) {
			t.Errorf("shifts %+v", d.Shifts)
		}
		for _, v := range d.Tenders {
			if v.Type == sale.TenderCard && (v.In != 5_00 || v.Out != 0 || v.Count != 1) || v.Type == sale.TenderStoredValue && (v.In != 60_00 || v.Out != 30_00) {
				t.Errorf("%+v", v)
			}
		}
		s.tied(s.shops[0].ID, day, day)
		s.tied(id.None, day, day)
		if _, other := s.daily(s.shops[1].ID, day, day); !other.Empty() {
			t.Errorf("the other shop has %+v", other)
		}
	})
}

// TestTheDayTiesOut: whatever is sold and given back through the checkout, with
// tax in the price or on top of it, the documents, the accounts and the drawers
// agree, for each shop and date and for all of them.
func TestTheDayTiesOut(t *testing.T) {
	eachMarket(t, func(t *testing.T, s *market) {
		s.set(0, "cash.rounding_step", "10")
		for shop := range s.shops {
			s.sell(s.basket(shop, checkout.LineIn{Kind: sale.LineTopUp, Amount: 9_000_00}, checkout.LineIn{Kind: sale.LinePunchCard, SKU: s.cut, Amount: 1000_00, Visits: 200, FreeVisits: 7}))
		}
		// Chance alone may not bring each of these.
		s.sell(s.basket(0, checkout.LineIn{SKU: s.cut, Quantity: units(1)}))
		s.sell(s.basket(0, checkout.LineIn{SKU: s.tea, Quantity: units(1)}), checkout.TenderIn{Type: sale.TenderQR, Amount: 100}, checkout.TenderIn{Type: sale.TenderCard, Amount: 103})
		s.sell(s.basket(0, checkout.LineIn{SKU: s.tea, Quantity: units(1)}), checkout.TenderIn{Type: sale.TenderPoints, Amount: 10}, checkout.TenderIn{Type: sale.TenderStoredValue, Amount: 100})
		checks, day := 0, s.shops[0].Zone.BusinessDate(s.db.Now())
		first := day
		rapid.Check(t, func(rt *rapid.T) {
			checks++
			if (rapid.IntRange(0, 3).Draw(rt, "next day") == 0 || checks == 2) && day < first.AddDays(200) {
				for shop := range s.shops {
					if _, err := till.OpenShift(s.ctx, s.db, s.m.ID, s.registers[shop].ID); err == nil {
						s.close(shop, 0)
					}
				}
				s.clock.Advance(24 * time.Hour)
				day = day.AddDays(1)
			}
			shop := rapid.IntRange(0, 1).Draw(rt, "shop")
			var lines []checkout.LineIn
			for range rapid.IntRange(1, 3).Draw(rt, "lines") {
				switch rapid.IntRange(0, 5).Draw(rt, "kind") {
				case 0:
					lines = append(lines, checkout.LineIn{Kind: sale.LineTopUp, Amount: money.Amount(rapid.IntRange(1, 99999).Draw(rt, "top-up"))})
				case 1:
					lines = append(lines, checkout.LineIn{SKU: s.cut, Quantity: units(1)})
				default:
					lines = append(lines, checkout.LineIn{SKU: s.tea, Quantity: money.Quantity(rapid.IntRange(1, 5000).Draw(rt, "quantity"))})
				}
			}
			b := s.basket(shop, lines...)
			q, err := s.desk.Quote(s.ctx, b)
			if err != nil {
				rt.Fatal(err)
			}
			var tenders []checkout.TenderIn
			rest := q.Total
			for _, kind := range []string{sale.TenderStoredValue, sale.TenderCard, sale.TenderPoints} {
				most := rest
				switch kind {
				case sale.TenderStoredValue:
					most = min(rest, q.Wallet.StoredValue())
				case sale.TenderPoints:
					most = min(rest, q.PointsWorth(q.Wallet.Points))
				}
				for _, l := range lines {
					if l.Kind == sale.LineTopUp && kind != sale.TenderCard { // is not paid from a wallet
						most = 0
					}
				}
				if most > 0 && rapid.Bool().Draw(rt, kind) {
					a := money.Amount(rapid.Int64Range(1, int64(most)).Draw(rt, kind+" amount"))
					tenders = append(tenders, checkout.TenderIn{Type: kind, Amount: a})
					rest -= a
				}
			}
			got := s.sell(b, tenders...)
			switch rapid.IntRange(0, 4).Draw(rt, "afterwards") {
			case 0:
				s.void(got)
			case 1:
				l := got.Lines[rapid.IntRange(0, len(got.Lines)-1).Draw(rt, "line")]
				s.refund(got, checkout.RefundLine{Line: l.ID, Quantity: l.Quantity})
			}
		})
		if checks < 20 {
			t.Fatalf("only %d checks", checks)
		}
		for _, shop := range []id.ID{id.None, s.shops[0].ID, s.shops[1].ID} {
			days, total := s.daily(shop, first, day)
			var sum report.DocumentSum
			var revenue money.Amount
			for _, d := range days {
				s.tied(shop, d.From, d.From)
				sum.Count += d.Document(sale.KindSale).Count
				sum.Total += d.Document(sale.KindSale).Total
				revenue += d.Revenue
			}
			if got := total.Document(sale.KindSale); got.Count != sum.Count || got.Total != sum.Total || revenue != total.Revenue || len(days) < 2 {
				t.Errorf("%d dates come to %+v, the span to %+v", len(days), sum, got)
			}
			s.tied(shop, first, day)
		}
		moved := map[string]bool{"gift_card": true, "shift:date": true} // not in this shop
		var ties []report.Tie
		for d := first; d <= day; d = d.AddDays(1) { // over all dates what was sold may have been given back
			var err error
			if ties, err = report.Ties(s.ctx, s.db, s.m.ID, report.Span{From: d, To: d}); err != nil {
				t.Fatal(err)
			}
			for _, v := range ties {
				moved[v.Name] = moved[v.Name] || v.Books != 0
			}
		}
		for _, v := range ties {
			if !moved[v.Name] {
				t.Errorf("%s was never moved: it proves nothing", v.Name)
			}
		}
	})
}

// TestADifferenceIsNamed: whichever room of the books is wrong by one.
func TestADifferenceIsNamed(t *testing.T) {
	eachMarket(t, func(t *testing.T, s *market) {
		const day = clock.Date("2026-05-20")
		s.sell(s.basket(0, checkout.LineIn{Kind: sale.LineTopUp, Amount: 500_00}, checkout.LineIn{Kind: sale.LinePunchCard, SKU: s.cut, Amount: 1000_00, Visits: 10}))
		s.sell(s.basket(0, checkout.LineIn{SKU: s.tea, Quantity: units(3)}, checkout.LineIn{SKU: s.cut, Quantity: units(1)}), checkout.TenderIn{Type: sale.TenderStoredValue, Amount: 20_00})
		s.close(0, 0)
		s.tied(id.None, day, day)
		account := func(class string) string {
			return `update postings set amount = amount + $1 where merchant_id = $2 and account_id in (select id from accounts where owner_kind = 'house' and class = '` + class + `')`
		}
		for name, q := range map[string]string{
			"tender:cash":      account("tender:cash"),
			"tax":              account("tax"),
			"sales":            account("sales"),
			"deferred:punches": account("deferred:punches"),
			"bonus_granted":    account("bonus_granted"),
			"points_issued":    account("points_issued"),
			"stored_value":     `update sale_tenders set amount = amount + $1 where merchant_id = $2 and type = 'stored_value'`,
			"cash_rounding":    `update sales set cash_rounding = cash_rounding + $1 where merchant_id = $2`,
			"top_up":           `update sale_lines set net = net + $1 where merchant_id = $2 and kind = 'top_up'`,
			"shift:drawer":     `update shifts set expected_cash = expected_cash + $1 where merchant_id = $2`,
			"shift:date":       `update entries set shop_id = case when $1 > 0 then id else (select shop_id from sales where sales.id = sale_id) end where merchant_id = $2`,
		} {
			change := func(by int) {
				s.tx(func(_ context.Context, tx *db.Tx) error { tx.Queue(q, by, s.m.ID); return nil })
			}
			change(1)
			bad, err := report.TieOut(s.ctx, s.db, s.m.ID, id.None, day, day)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, v := range bad {
				found = found || v.Name == name
			}
			if !found {
				t.Errorf("%s: the difference is not found: %+v", name, bad)
			}
			change(-1)
		}
		s.tied(id.None, day, day)
		// Nothing but a document may move a tender's account.
		s.tx(func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update entries set sale_id = null where merchant_id = $1 and sale_id = (select id from sales where merchant_id = $1 order by id limit 1)`, s.m.ID)
			return nil
		})
		bad, err := report.TieOut(s.ctx, s.db, s.m.ID, id.None, day, day)
		if err != nil || len(bad) == 0 {
			t.Errorf("an entry without its document goes unseen: %+v %v", bad, err)
		}
	})
}

// TestA30_TheReportIsTheShiftsClose: at 23:59, 00:01 and 03:59 a day's figures are
// the sum of its Z reports.
func TestA30_TheReportIsTheShiftsClose(t *testing.T) {
	eachMarket(t, func(t *testing.T, s *market) {
		const day = clock.Date("2026-05-20")
		var z []till.Report
		for _, at := range []time.Time{time.Date(2026, 5, 20, 15, 59, 0, 0, time.UTC), time.Date(2026, 5, 20, 16, 1, 0, 0, time.UTC), time.Date(2026, 5, 20, 19, 59, 0, 0, time.UTC), time.Date(2026, 5, 20, 20, 0, 0, 0, time.UTC)} {
			s.clock.Set(at)
			for shop := range s.shops {
				s.sell(s.basket(shop, checkout.LineIn{SKU: s.tea, Quantity: units(2)}), checkout.TenderIn{Type: sale.TenderCard, Amount: 3_00})
				z = append(z, s.close(shop, 0))
			}
		}
		for d, want := range map[clock.Date]int64{day: 6, day.AddDays(1): 2} {
			_, total := s.daily(id.None, d, d)
			byTender := map[string]money.Amount{}
			var docs int64
			for _, rep := range z {
				if rep.Date == d {
					for _, v := range rep.Tenders {
						byTender[v.Tender] += v.Signed()
					}
					for _, v := range rep.Summaries {
						docs += v.Count
					}
				}
			}
			if docs != want || total.Document(sale.KindSale).Count != want || total.Shifts.Closed != want {
				t.Errorf("%s: %d in the Z reports, %+v in the day's, want %d", d, docs, total.Documents, want)
			}
			for _, v := range total.Tenders {
				if v.Net() != byTender[v.Type] || v.Net() == 0 {
					t.Errorf("%s %s: %d, the Z reports have %d", d, v.Type, v.Net(), byTender[v.Type])
				}
			}
			s.tied(id.None, d, d)
		}
	})
}

func TestPaymentsPageByPage(t *testing.T) {
	eachMarket(t, func(t *testing.T, s *market) {
		const day = clock.Date("2026-05-20")
		for range 4 {
			s.sell(s.basket(0, checkout.LineIn{SKU: s.tea, Quantity: units(3)}), checkout.TenderIn{Type: sale.TenderCard, Amount: 3_00, Reference: "slip"}) // card and cash
		}
		s.refund(s.sell(s.basket(1, checkout.LineIn{SKU: s.tea, Quantity: units(1)})))
		var all []report.Payment
		if err := report.EachPayment(s.ctx, s.db, s.m.ID, report.PaymentFilter{}, func(p *report.Payment) error { all = append(all, *p); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(all) != 10 || all[0].Kind != sale.KindRefund || all[0].Amount >= 0 || all[0].Of != all[1].Sale || all[2].Reference != "slip" || all[2].Staff != s.staff || all[2].Shift.IsNone() || all[2].ShiftNo != 1 || all[2].Receipt() == "" {
			t.Fatalf("%+v", all)
		}
		for _, limit := range []int{1, 3, 10} { // a page may end in the middle of a document
			var got []report.Payment
			for cursor := ""; ; {
				page, err := report.ParsePaymentCursor(cursor, limit)
				if err != nil {
					t.Fatal(err)
				}
				items, next, err := report.Payments(s.ctx, s.db, s.m.ID, report.PaymentFilter{}, page)
				if err != nil || len(items) > limit {
					t.Fatal(len(items), err)
				}
				got = append(got, items...)
				if cursor = next; next == "" {
					break
				}
			}
			if len(got) != len(all) {
				t.Fatalf("%d at a time: %d of %d", limit, len(got), len(all))
			}
			for i := range got {
				if got[i] != all[i] {
					t.Errorf("%d at a time: row %d is %+v, want %+v", limit, i, got[i], all[i])
				}
			}
		}
		for name, c := range map[string]struct {
			f    report.PaymentFilter
			want int
		}{
			"type": {report.PaymentFilter{Type: sale.TenderCard}, 4}, "kind": {report.PaymentFilter{Kind: sale.KindRefund}, 1}, "shop": {report.PaymentFilter{Shop: s.shops[1].ID}, 2},
			"register": {report.PaymentFilter{Register: s.registers[0].ID}, 8}, "shift": {report.PaymentFilter{Shift: all[2].Shift}, 8}, "staff": {report.PaymentFilter{Staff: id.New(1)}, 0},
			"from": {report.PaymentFilter{From: day.AddDays(1)}, 0}, "to": {report.PaymentFilter{From: day, To: day}, 10},
		} {
			items, _, err := report.Payments(s.ctx, s.db, s.m.ID, c.f, report.PaymentPage{})
			if err != nil || len(items) != c.want {
				t.Errorf("%s: %d, want %d (%v)", name, len(items), c.want, err)
			}
		}
		for _, bad := range []string{"x", s.m.ID.String(), s.m.ID.String() + ".x", s.m.ID.String() + ".-1", ".1"} {
			if _, err := report.ParsePaymentCursor(bad, 10); !errors.Is(err, db.ErrBadCursor) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		from, to clock.Date
		ok       bool
	}{{"2026-05-20", "2026-05-20", true}, {"2026-01-01", "2027-02-05", true}, {"2026-01-01", "2027-02-06", false}, {"2026-05-21", "2026-05-20", false}, {"", "2026-05-20", false}, {"2026-5-1", "2026-05-20", false}, {"2026-02-30", "2026-05-20", false}} {
		if err := (report.Span{From: c.from, To: c.to}).Check(); (err == nil) != c.ok || err != nil && !errors.Is(err, report.ErrSpan) {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
		}
	}
}
