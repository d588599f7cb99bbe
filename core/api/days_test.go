package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/setting"
)

func (s *shop) setting(key, value string) {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return setting.Set(tx, setting.Place{Merchant: s.merchant, Shop: s.shop}, key, value)
	})
}

// bearer is an API key of a role, as a header.
func (s *shop) bearer(role auth.Role) string { return "Authorization: Bearer " + s.keyOf(role) }

func TestCashMovesAndTheCount(t *testing.T) {
	each(t, func(s *shop) {
		open := s.post("/api/v1/shifts", `{"register_id":"`+s.register.String()+`","float":"100.00"}`)
		path := "/api/v1/shifts/" + open.text("id")
		a := s.again(path+"/cash", `{"kind":"out","amount":"12.50","category":"supplies","reason":"stamps"}`)
		for p, want := range map[string]string{"kind": "out", "amount": "12.50", "category": "supplies", "currency": "CNY", "shift_id": open.text("id")} {
			s.is(a, p, want)
		}
		s.post(path+"/cash", `{"kind":"in","amount":"2.50","reason":"found"}`)
		list := s.get(path + "/cash")
		s.is(list, "items.0.id", a.text("id"))
		s.is(list, "items.1.kind", "in")
		for _, c := range []struct{ path, body, code, param string }{
			{"/cash", `{"kind":"out","amount":"-1.00","reason":"x"}`, "till.bad_amount", "amount"},
			{"/cash", `{"kind":"out","amount":"1.00","reason":" "}`, "till.reason_required", "reason"},
			{"/close", `{}`, "till.bad_amount", "counted_cash"},
			{"/close", `{"counts":[{"value":"3.00","pieces":1}]}`, "till.unknown_denomination", "counts"},
			{"/close", `{"counts":[{"value":"50.00","pieces":1}],"counted_cash":"51.00"}`, "till.count_mismatch", "counted_cash"},
		} {
			s.n++
			bad := s.want(400, s.call("POST", path+c.path, c.body, "Idempotency-Key: bad "+c.path+c.body))
			s.is(bad, "code", c.code)
			s.is(bad, "param", c.param)
		}
		s.is(s.want(404, s.call("POST", "/api/v1/shifts/"+s.shop.String()+"/cash", `{"kind":"in","amount":"1.00","reason":"x"}`, "Idempotency-Key: none")), "code", "till.shift_not_found")
		s.is(s.want(404, s.call("GET", "/api/v1/shifts/"+s.shop.String()+"/cash", "")), "code", "till.shift_not_found")
		x := s.get(path + "/x")
		s.is(x, "expected_cash", "90.00")
		s.is(x, "paid_out_for.0.amount", "12.50")
		s.is(x, "open_sales", "0")
		z := s.want(200, s.call("POST", path+"/close", `{"counts":[{"value":"50.00","pieces":1},{"value":"20.00","pieces":2}],"counted_cash":"90.00"}`, "Idempotency-Key: z"))
		s.is(z, "over_short", "0.00")
		s.is(z, "counts.1.pieces", "2")
		s.is(s.get("/api/v1/registers/"+s.register.String()+"/z/1"), "counts.0.value", "50.00")
		s.is(s.want(404, s.call("GET", "/api/v1/registers/"+s.register.String()+"/z/2", "")), "code", "till.shift_not_found")
		s.is(s.want(409, s.call("POST", path+"/cash", `{"kind":"in","amount":"1.00","reason":"late"}`, "Idempotency-Key: late")), "code", "till.shift_closed")
		s.is(s.get("/api/v1/denominations"), "items.0.value", "100.00")
		log, _, err := auth.ListAudit(context.Background(), s.d, s.merchant, auth.AuditFilter{Action: "shift."}, db.Page{})
		if err != nil || len(log) != 4 || log[0].Action != "shift.closed" || !strings.Contains(string(log[0].Detail), `"over_short":0`) {
			t.Error(log, err)
		}
	})
}

// running is the path of the newest shift.
func (s *shop) running() string {
	return "/api/v1/shifts/" + s.get("/api/v1/shifts").text("items.0.id")
}

func TestABlindCountOverTheAPI(t *testing.T) {
	each(t, func(s *shop) {
		s.setting("till.blind_count", "true")
		s.setting("till.over_short_tolerance", "100")
		s.post("/api/v1/sales", s.sale("2", "20.00"))
		cashier := s.bearer(auth.Cashier)
		x := s.get(s.running()+"/x", cashier)
		s.is(x, "blind", "true")
		for _, secret := range []string{"15.30", `"expected_cash"`, `"cash"`} {
			if strings.Contains(x.raw, secret) {
				t.Errorf("a blind count shows %s: %s", secret, x.raw)
			}
		}
		s.is(s.get(s.running()+"/x"), "expected_cash", "15.30") // the owner sees it
		bad := s.want(400, s.call("POST", s.running()+"/close", `{"counted_cash":"10.00"}`, cashier, "Idempotency-Key: a"))
		s.is(bad, "code", "till.over_short_reason_required")
		if strings.Contains(bad.raw, "15.30") || strings.Contains(bad.raw, "5.30") {
			t.Error("the refusal gives the figure away: " + bad.raw)
		}
		z := s.want(200, s.call("POST", s.running()+"/close", `{"counted_cash":"10.00","reason":"a wrong note"}`, cashier, "Idempotency-Key: b"))
		s.is(z, "expected_cash", "15.30")
		s.is(z, "over_short_reason", "a wrong note")
		s.is(s.get("/api/v1/shifts?state=closed&from=2026-05-04&to=2026-05-04&shop_id="+s.shop.String()), "items.0.over_short_reason", "a wrong note")
	})
}

func TestA30_AnOverdueShiftSaysSo(t *testing.T) {
	each(t, func(s *shop) {
		s.post("/api/v1/shifts", `{"register_id":"`+s.register.String()+`"}`)
		if a := s.get("/api/v1/shifts?state=open"); a.at("items.0.overdue") != nil {
			t.Error(a.raw)
		}
		morning := s.clock.Now().Time()
		defer s.clock.Set(morning) // the other database begins there too
		s.clock.Advance(24 * time.Hour)
		s.is(s.get("/api/v1/shifts?state=open"), "items.0.overdue", "true")
		s.post("/api/v1/sales", s.sale("1", "20.00"))
		s.is(s.get("/api/v1/days/2026-05-04"), "receipts", "1") // the shift keeps its date
		s.is(s.get("/api/v1/days/2026-05-04"), "shifts.0.overdue", "true")
		s.is(s.get("/api/v1/days/2026-05-05"), "receipts", "0")
	})
}

func TestDaysAndPayments(t *testing.T) {
	each(t, func(s *shop) {
		s.post(s.member0()+"/top-ups", `{`+s.here()+`,"amount":"500.00","tender":"cash"}`)
		sold := s.post("/api/v1/sales", s.sale("2", "20.00"))
		s.post("/api/v1/sales/"+sold.text("id")+"/refunds", `{"reason":"x"}`)
		s.post("/api/v1/sales", s.sale("1", "10.00"))
		d := s.get("/api/v1/days/2026-05-04?shop_id=" + s.shop.String())
		for p, want := range map[string]string{"ties_out": "true", "receipts": "3", "revenue": "7.65", "prepaid.0.kind": "top_up", "prepaid.0.sold": "500.00", "prepaid.0.bonus": "100.00", "documents.1.kind": "refund", "tenders.0.type": "cash",
			"tenders.0.net": "507.65", "tenders.0.out": "15.30", "shifts.0.no": "1", "open_shifts": "1"} {
			s.is(d, p, want)
		}
		list := s.get("/api/v1/days?from=2026-05-01&to=2026-05-31")
		s.is(list, "items.0.from", "2026-05-04")
		s.is(list, "total.revenue", "7.65")
		page := s.get("/api/v1/payments?limit=3&type=cash")
		s.is(page, "items.0.amount", "7.65")
		s.is(page, "items.1.amount", "-15.30")
		s.is(page, "items.1.of_sale_id", sold.text("id"))
		s.is(s.get("/api/v1/payments?limit=3&cursor="+page.text("next_cursor")), "items.0.amount", "500.00")
		s.is(s.get("/api/v1/payments?kind=refund&from=2026-05-04&to=2026-05-04"), "items.0.kind", "refund")
		s.is(s.want(400, s.call("GET", "/api/v1/days?from=2026-05-02&to=2026-05-01", "")), "code", "report.bad_span")
		s.is(s.want(400, s.call("GET", "/api/v1/payments?cursor=x", "")), "code", "page.bad_cursor")
		s.is(s.want(404, s.call("GET", "/api/v1/days/2026-05-04?shop_id="+s.register.String(), "")), "code", "tenant.shop_not_found")
		cashier := s.bearer(auth.Cashier)
		for _, path := range []string{"/api/v1/days?from=2026-05-01&to=2026-05-31", "/api/v1/days/2026-05-04", "/api/v1/payments"} {
			s.is(s.want(403, s.call("GET", path, "", cashier)), "code", "auth.denied")
		}
		_, _, _, other := s.newMerchant("two")
		s.is(s.get("/api/v1/days/2026-05-04", "Authorization: Bearer "+other), "receipts", "0")
		s.is(s.get("/api/v1/payments", "Authorization: Bearer "+other), "next_cursor", "")
	})
}
