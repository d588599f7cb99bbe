package office_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/setting"
)

func (s *shop) setting(key, value string) {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return setting.Set(tx, setting.Place{Merchant: s.m.ID, Shop: s.shop.ID}, key, value)
	})
}

func TestTheDaysInEveryLanguage(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		day := "/office/days/" + string(s.sales[4].BusinessDate)
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range []string{"/office/days", "/office/days?at=all&from=2026-05-18&to=2026-05-30", "/office/days?from=2026-01-01&to=2026-01-02", day, day + "?at=all&type=cash", day + "?shift=" + s.sales[4].Shift.String() + "&register=" + s.register.ID.String() + "&staff=" + s.stylist.String()} {
				got := b.get(path)
				if got.status != http.StatusOK {
					t.Errorf("%s %s: %d %s", lang, path, got.status, textOf(t, got.body))
					continue
				}
				checkPage(t, lang+" "+path, got.body, lang)
			}
		}
		b.lang = "en"
		b.get(day).want(t, http.StatusOK, "The day ties out", "Top-ups", "Punch cards", s.sales[4].ReceiptNumber())
		b.get("/office/days?from=2026-05-30&to=2026-05-18").want(t, http.StatusBadRequest, "report.bad_span")
		b.get("/office/days/yesterday").want(t, http.StatusNotFound)
		b.get(day+"?after=x").want(t, http.StatusBadRequest, "page.bad_cursor")
		s.signIn("cashier").get(day).want(t, http.StatusForbidden, "auth.denied")
		s.signIn("finance").get(day).want(t, http.StatusOK, "The day ties out")

		// A figure that is wrong by one is named on the page.
		s.tx(func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update sale_tenders set amount = amount + 1 where merchant_id = $1 and sale_id = $2 and type = 'cash'`, s.m.ID, s.sales[4].ID)
			return nil
		})
		b.get(day).want(t, http.StatusOK, "1 figures do not agree")
	})
}

func TestDownloads(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		s.tx(func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update sale_tenders set reference = '=1+1' where merchant_id = $1 and sale_id = $2`, s.m.ID, s.sales[0].ID)
			return nil
		})
		const span = "?at=all&from=2026-05-01&to=2026-05-31"
		rows := csvOf(t, b.get("/office/days/export/payments.csv"+span))
		sum, tenders, guarded := 0, 0, false
		for _, r := range rows[1:] {
			tenders++
			guarded = guarded || r[len(r)-1] == "'=1+1"
			if strings.HasPrefix(r[9], "-") {
				sum++
			}
		}
		if want := len(s.sales); tenders < want || sum == 0 || !guarded {
			t.Errorf("%d tenders of %d documents, %d given back, guarded %v", tenders, want, sum, guarded)
		}
		if only := csvOf(t, b.get("/office/days/export/payments.csv"+span+"&type=stored_value")); len(only) >= len(rows) || len(only) < 2 {
			t.Errorf("%d of %d", len(only), len(rows))
		}
		if days := csvOf(t, b.get("/office/days/export/days.csv"+span)); len(days) != 2 || days[1][0] != string(s.sales[4].BusinessDate) {
			t.Errorf("%v", days)
		}
		b.get("/office/days/export/payments.csv?from=2026-05-31&to=2026-05-01").want(t, http.StatusBadRequest)
	})
}

func csvOf(t *testing.T, a answer) [][]string {
	t.Helper()
	text, marked := strings.CutPrefix(a.body, "\xef\xbb\xbf")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || a.status != http.StatusOK || len(rows) == 0 {
		t.Fatalf("%d %v %.200s", a.status, err, a.body)
	}
	return rows
}

func TestAShiftIsCountedAndClosedInTheOffice(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		s.setting("till.over_short_tolerance", "100")
		s.setting("till.blind_count", "true")
		path := "/office/shifts/" + s.sales[0].Shift.String()
		b, cashier := s.signIn("manager"), s.signIn("cashier")
		b.get("/office/shifts").want(t, http.StatusOK, "Overdue") // opened on a date that is over
		open := b.get(path)
		open.want(t, http.StatusOK, "Overdue", "Expected in the drawer")
		checkPage(t, path, open.body, "en")
		if got := cashier.get(path); got.status != http.StatusOK || strings.Contains(textOf(t, got.body), "Expected in the drawer") {
			t.Errorf("%d: a blind count shows what is expected", got.status)
		}
		b.post(path+"/cash", "direction", "out", "category", "fun", "amount", "20", "reason", "stamps").want(t, http.StatusBadRequest, "till.unknown_category")
		b.post(path+"/cash", "direction", "out", "category", "supplies", "amount", "20", "reason", "stamps").want(t, http.StatusOK, "Supplies", "stamps")
		cashier.post(path+"/close", "n10000", "x").want(t, http.StatusBadRequest, "till.bad_pieces")
		cashier.post(path+"/close", "n10000", "2", "n10", "3").want(t, http.StatusBadRequest, "till.over_short_reason_required")
		cashier.post(path+"/close", "n10000", "2", "counted_cash", "1").want(t, http.StatusBadRequest, "till.count_mismatch")
		done := cashier.post(path+"/close", "n10000", "2", "n10", "3", "reason_off", "the rest is in the safe")
		done.want(t, http.StatusOK, "Z report", "Expected in the drawer", "× 2", "the rest is in the safe", "¥200.30")
		checkPage(t, path, done.body, "en")
		s.clock.Advance(time.Minute)
		b.post(path+"/cash", "direction", "in", "amount", "1", "reason", "late").want(t, http.StatusConflict, "till.shift_closed")
	})
}
