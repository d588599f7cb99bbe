package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/db"
)

// path0 is the address of a document.
func path0(a *answer) string { return "/api/v1/sales/" + a.text("id") }

// paidBy makes a sale of four teas, 30.60, paid by these tenders.
func (s *shop) paidBy(tenders string) *answer {
	s.t.Helper()
	return s.post("/api/v1/sales", strings.Replace(s.sale("4", "X"), `{"type":"cash","amount":"X"}`, tenders, 1))
}

// gives compares what a refund gave back by which tender, "card 5.00, cash 10.30".
func (s *shop) gives(a *answer, want string) {
	s.t.Helper()
	var got []string
	list, _ := a.doc["tenders"].([]any)
	for _, v := range list {
		t := v.(map[string]any)
		got = append(got, t["type"].(string)+" "+t["amount"].(string))
	}
	if g := strings.Join(got, ", "); g != want {
		s.t.Errorf("gave %q, want %q: %s", g, want, a.raw)
	}
}

// TestRefundGoesWhereItIsSaid: in proportion, in an order, and as stated.
func TestRefundGoesWhereItIsSaid(t *testing.T) {
	each(t, func(s *shop) {
		sell := func() (sold *answer, two string) {
			sold = s.paidBy(`{"type":"cash","amount":"20.40"},{"type":"card","amount":"10.20"}`)
			return sold, `"lines":[{"line_id":"` + sold.text("lines.0.id") + `","quantity":"2"}]`
		}
		a, two := sell()
		s.gives(s.again(path0(a)+"/refunds", `{"reason":"x",`+two+`}`), "card 5.10, cash 10.20")
		s.gives(s.post(path0(a)+"/refunds", `{"reason":"the rest"}`), "card 5.10, cash 10.20")

		a, two = sell()
		s.gives(s.post(path0(a)+"/refunds", `{"reason":"x",`+two+`,"tender_order":["card","cash"]}`), "card 10.20, cash 5.10")
		s.gives(s.post(path0(a)+"/refunds", `{"reason":"the rest"}`), "cash 15.30")

		a, two = sell()
		for _, c := range []struct{ plan, code, param string }{
			{`"tenders":[{"type":"cash","amount":"15.00"}]`, "checkout.bad_refund_plan", "tenders"},
			{`"tender_order":["gold"]`, "checkout.bad_refund_plan", "tender_order[0]"},
			{`"tenders":[{"type":"card","amount":"15.30"}]`, "checkout.bad_refund_plan", "tenders[0]"},
			{`"tenders":[{"type":"points","amount":"15.30"}]`, "checkout.bad_refund_plan", "tenders[0]"},
			{`"tenders":[{"type":"cash","amount":"15.301"}]`, "money.malformed", "tenders[0].amount"},
			{`"on_short_points":"later"`, "request.validation", "on_short_points"},
			{`"prepaid":{"case":"mercy"}`, "request.validation", "prepaid.case"},
			{`"prepaid":{"case":"agreement","share":"much"}`, "money.malformed", "prepaid.share"},
			{`"prepaid":{"case":"agreement","amount":"1.234"}`, "money.malformed", "prepaid.amount"},
			{`"prepaid":{"case":"consumer","used_at_list":"1.234"}`, "money.malformed", "prepaid.used_at_list"},
		} {
			b := s.call("POST", path0(a)+"/refunds", `{"reason":"x",`+two+`,`+c.plan+`}`, "Idempotency-Key: bad")
			if b.status != 400 || b.text("code") != c.code || b.text("param") != c.param {
				t.Errorf("%s: %d %q %q: %.300s", c.plan, b.status, b.text("code"), b.text("param"), b.raw)
			}
		}
		s.gives(s.post(path0(a)+"/refunds", `{"reason":"x",`+two+`,"tenders":[{"type":"cash","amount":"10.30"},{"type":"card","amount":"5.00"}]}`), "card 5.00, cash 10.30")
		s.gives(s.post(path0(a)+"/refunds", `{"reason":"the rest"}`), "card 5.20, cash 10.10")
		s.refused(409, "checkout.nothing_left_to_refund", s.call("POST", path0(a)+"/refunds", `{"reason":"more"}`, "Idempotency-Key: more"))
	})
}

// TestRefundOfPointsThatAreSpent: a debt, or no refund.
func TestRefundOfPointsThatAreSpent(t *testing.T) {
	each(t, func(s *shop) {
		a := s.post("/api/v1/sales", s.sale("4", "40.00")) // earns three points
		s.post(s.member0()+"/point-adjustments", `{"shop_id":"`+s.shop.String()+`","points":-2,"reason":"spent"}`)
		s.refused(409, "checkout.points_spent", s.call("POST", path0(a)+"/refunds", `{"reason":"x","on_short_points":"refuse"}`, "Idempotency-Key: r"))
		s.is(s.post(path0(a)+"/refunds", `{"reason":"x","on_short_points":"negative"}`), "points_earned", "3")
		s.is(s.get(s.member0()+"/wallet"), "points", "-2")
	})
}

// TestCasesOfPrepaidValue: 500 paid with 100 on top, of which 90 is spent; each
// case of the law by the quote, one of them by the refund of the top-up.
func TestCasesOfPrepaidValue(t *testing.T) {
	each(t, func(s *shop) {
		top := s.post(s.member0()+"/top-ups", `{`+s.here()+`,"amount":"500.00","tender":"cash"}`)
		quote := func(prepaid string) *answer {
			return s.call("POST", s.member0()+"/cash-out-quotes", `{"register_id":"`+s.register.String()+`","prepaid":`+prepaid+`}`)
		}
		s.is(s.want(200, quote(`{"case":"withdrawal"}`)), "total", "500.00")
		s.post("/api/v1/sales", `{`+s.here()+`,"member_id":"`+s.member.String()+`","lines":[{"sku_id":"`+s.haircut.String()+`","quantity":"1"}],"tenders":[{"type":"stored_value","amount":"90.00"}]}`)
		s.is(s.get(s.member0()+"/wallet"), "principal", "425.00")
		for _, c := range []struct{ prepaid, total, counted, withheld string }{
			{`{"case":"policy"}`, "425.00", "75.00", "0.00"},
			{`{"case":"merchant"}`, "425.00", "75.00", "0.00"},
			{`{"case":"consumer"}`, "410.00", "90.00", "15.00"},
			{`{"case":"consumer","used_at_list":"100.00"}`, "400.00", "100.00", "25.00"},
			{`{"case":"agreement","used_at_list":"100.00","share":"0.98"}`, "416.50", "83.50", "8.50"},
			{`{"case":"agreement","used_at_list":"100.00","amount":"450.00"}`, "450.00", "50.00", "-25.00"},
			{`{"case":"agreement","used_at_list":"100.00","amount":"1.00"}`, "400.00", "100.00", "25.00"},
		} {
			a := s.want(200, quote(c.prepaid))
			for path, want := range map[string]string{"total": c.total, "currency": "CNY", "parts.0.refund": c.total, "parts.0.used_counted_at": c.counted, "parts.0.withheld": c.withheld, "parts.0.left": "425.00", "parts.0.bonus_left": "85.00",
				"parts.0.paid": "500.00", "parts.0.sale_id": top.text("id")} {
				s.is(a, path, want)
			}
		}
		s.refused(409, "wallet.withdrawal_used", quote(`{"case":"withdrawal"}`))
		s.refused(400, "wallet.agreement_invalid", quote(`{"case":"agreement","share":"1.5"}`))

		s.refused(409, "checkout.prepaid_used", s.call("POST", path0(top)+"/refunds", `{"reason":"moves away"}`, "Idempotency-Key: r0"))
		back := s.again(path0(top)+"/refunds", `{"reason":"moves away","prepaid":{"case":"consumer","used_at_list":"100.00"}}`)
		for path, want := range map[string]string{"total": "400.00", "lines.0.withheld": "25.00"} {
			s.is(back, path, want)
		}
		s.is(s.get(s.member0()+"/wallet"), "balance", "0.00")
		s.refused(409, "checkout.nothing_left_to_refund", s.call("POST", s.member0()+"/cash-outs", `{"register_id":"`+s.register.String()+`","reason":"x","prepaid":{"case":"policy"}}`, "Idempotency-Key: c0"))
	})
}

// TestCashOutIsItsQuote: what was shown is what is paid out, once.
func TestCashOutIsItsQuote(t *testing.T) {
	each(t, func(s *shop) {
		s.post(s.member0()+"/top-ups", `{`+s.here()+`,"amount":"500.00","tender":"cash"}`)
		s.post(s.member0()+"/punch-cards", `{`+s.here()+`,"service_sku_id":"`+s.haircut.String()+`","visits":10,"amount":"800.00","tender":"cash"}`)
		body := func(more string) string {
			return `{"register_id":"` + s.register.String() + `","reason":"moves away","prepaid":{"case":"policy"}` + more + `}`
		}
		outs, quotes, clerk := s.member0()+"/cash-outs", s.member0()+"/cash-out-quotes", s.clerk()
		before := s.books()
		q := s.want(200, s.call("POST", quotes, body(""), clerk))
		if s.books() != before {
			t.Error("a quote wrote something")
		}
		for path, want := range map[string]string{"total": "1300.00", "parts.0.left": "500.00", "parts.1.left": "10", "parts.1.refund": "800.00"} {
			s.is(q, path, want)
		}
		one := s.want(200, s.call("POST", quotes, body(`,"line_id":"`+q.text("parts.1.line_id")+`"`)))
		s.is(one, "total", "800.00")
		s.refused(403, "auth.denied", s.call("POST", outs, body(""), clerk, "Idempotency-Key: o1"))
		s.refused(409, "checkout.total_changed", s.call("POST", outs, body(`,"expected_total":"1299.99"`), "Idempotency-Key: o1"))
		s.is(s.want(400, s.call("POST", outs, body(`,"expected_total":"1.999"`), "Idempotency-Key: o1")), "param", "expected_total")
		s.is(s.want(400, s.call("POST", outs, strings.Replace(body(""), "moves away", " ", 1), "Idempotency-Key: o1")), "param", "reason")
		s.is(s.want(400, s.call("POST", outs, body(`,"tender":"points"`), "Idempotency-Key: o1")), "param", "tender")
		s.refused(400, "idempotency.key_required", s.call("POST", outs, body("")))
		stranger := "Authorization: Bearer " + s.stranger().key
		before = s.books()
		for _, path := range []string{outs, quotes} {
			if a := s.call("POST", path, body(""), stranger, "Idempotency-Key: o1"); a.status != 404 && a.status != 409 || strings.Contains(a.raw, "1300") {
				t.Errorf("%s: %d %s", path, a.status, a.raw)
			}
		}
		if s.books() != before {
			t.Error("a refused cash-out left a trace")
		}
		part := s.post(outs, body(`,"line_id":"`+q.text("parts.1.line_id")+`","expected_total":"800.00","tender":"card"`))
		for path, want := range map[string]string{"kind": "cash_out", "total": "800.00", "lines.0.kind": "cash_out", "lines.0.visits": "10", "tenders.0.type": "card", "reason": "moves away"} {
			s.is(part, path, want)
		}
		done := s.again(outs, body(`,"expected_total":"500.00"`))
		for path, want := range map[string]string{"kind": "cash_out", "total": "500.00", "tenders.0.type": "cash"} {
			s.is(done, path, want)
		}
		w := s.get(s.member0() + "/wallet")
		s.is(w, "balance", "0.00")
		s.is(w, "punch_cards", "[]")
		s.is(s.get("/api/v1/sales?kind=cash_out"), "items.0.id", done.text("id"))
		s.refused(409, "idempotency.key_reused", s.call("POST", outs, body(`,"expected_total":"1.00"`), "Idempotency-Key: again "+outs))
	})
}

// TestRefundRequests: a cashier asks, somebody else decides; what the refund will
// take is held meanwhile, and every repetition answers the same.
func TestRefundRequests(t *testing.T) {
	each(t, func(s *shop) {
		top := s.post(s.member0()+"/top-ups", `{`+s.here()+`,"amount":"500.00","tender":"cash"}`)
		clerk := s.clerk()
		requests := path0(top) + "/refund-requests"
		ask := func(key string) *answer {
			return s.call("POST", requests, `{"reason":"moves away"}`, clerk, "Idempotency-Key: "+key)
		}
		s.is(s.want(400, s.call("POST", requests, `{"reason":" "}`, clerk, "Idempotency-Key: q0")), "param", "reason")
		req := s.want(201, ask("q1"))
		for path, want := range map[string]string{"state": "pending", "total": "500.00", "currency": "CNY", "short_points": "0", "sale_id": top.text("id"), "member_id": s.member.String(), "reason": "moves away"} {
			s.is(req, path, want)
		}
		before := s.books()
		if twice := s.want(201, ask("q1")); twice.raw != req.raw || s.books() != before {
			t.Errorf("a repetition answers %s\nfirst %s", twice.raw, req.raw)
		}
		s.is(s.get(s.member0()+"/wallet"), "available", "0.00")
		s.is(s.get(s.member0()+"/wallet"), "held", "600.00")
		s.refused(409, "sale.refund_request_pending", ask("q2"))
		s.refused(409, "sale.refund_request_pending", s.call("POST", path0(top)+"/refunds", `{"reason":"at once"}`, "Idempotency-Key: q3"))
		path := "/api/v1/refund-requests/" + req.text("id")
		decision := path + "/decision"
		s.is(s.want(200, s.call("GET", "/api/v1/refund-requests?state=pending", "", clerk)), "items.0.id", req.text("id"))
		s.refused(403, "auth.denied", s.call("POST", decision, `{"approve":true}`, clerk, "Idempotency-Key: d0"))
		s.refused(400, "request.validation", s.call("POST", decision, `{"note":"?"}`, "Idempotency-Key: d0"))
		stranger := "Authorization: Bearer " + s.stranger().key
		s.refused(404, "sale.refund_request_not_found", s.call("GET", path, "", stranger))
		s.refused(404, "sale.refund_request_not_found", s.call("POST", decision, `{"approve":true}`, stranger, "Idempotency-Key: d0"))
		s.refused(404, "sale.not_found", s.call("POST", requests, `{"reason":"mine"}`, stranger, "Idempotency-Key: d0"))
		s.is(s.want(200, s.call("GET", "/api/v1/refund-requests", "", stranger)), "items", "[]")

		decide := func(key, body string) *answer { return s.call("POST", decision, body, "Idempotency-Key: "+key) }
		no := s.want(201, decide("d1", `{"approve":false,"note":"stays"}`))
		for p, want := range map[string]string{"state": "refused", "note": "stays"} {
			s.is(no, p, want)
		}
		if no.text("refund_id") != "" || s.want(201, decide("d1", `{"approve":false,"note":"stays"}`)).raw != no.raw {
			t.Error(no.raw)
		}
		s.refused(409, "sale.refund_request_decided", decide("d2", `{"approve":true}`))
		s.is(s.get(s.member0()+"/wallet"), "available", "600.00")

		req = s.want(201, ask("q4"))
		path = "/api/v1/refund-requests/" + req.text("id")
		decision = path + "/decision"
		s.clock.Advance(time.Minute)
		yes := s.want(201, decide("d3", `{"approve":true,"note":"fine"}`))
		s.is(yes, "state", "approved")
		before = s.books()
		if s.want(201, decide("d3", `{"approve":true,"note":"fine"}`)).raw != yes.raw || s.books() != before {
			t.Error("a repetition of the decision is another")
		}
		s.refused(409, "sale.refund_request_decided", decide("d4", `{"approve":false}`))
		doc := s.get("/api/v1/sales/" + yes.text("refund_id"))
		for p, want := range map[string]string{"kind": "refund", "total": "500.00", "of_sale_id": top.text("id"), "reason": "moves away"} {
			s.is(doc, p, want)
		}
		s.is(s.get(path), "refund_id", doc.text("id"))
		w := s.get(s.member0() + "/wallet")
		s.is(w, "balance", "0.00")
		s.is(w, "held", "0.00")
		s.is(s.get("/api/v1/refund-requests?state=refused"), "items.0.note", "stays")
		s.is(s.get("/api/v1/sales?kind=refund"), "items.0.id", doc.text("id"))
	})
}

// TestARequestKeepsNoPIN: a stated tender may name one, and nobody needs it.
func TestARequestKeepsNoPIN(t *testing.T) {
	each(t, func(s *shop) {
		a := s.paidBy(`{"type":"cash","amount":"30.60"}`)
		s.post(path0(a)+"/refund-requests", `{"reason":"x","tenders":[{"type":"cash","amount":"30.60","pin":"97531"}]}`)
		body, err := db.Value[string](context.Background(), s.d, "select body from refund_requests")
		if err != nil || !strings.Contains(body, "3060") || strings.Contains(body, "97531") {
			t.Error(body, err)
		}
	})
}
