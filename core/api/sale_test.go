package api_test

import (
	"bytes"
	"image/png"
	"net/http"
	"strings"
	"sync"
	"testing"
)

func (s *shop) member0() string { return "/api/v1/members/" + s.member.String() }

func (s *shop) here() string {
	return `"shop_id":"` + s.shop.String() + `","register_id":"` + s.register.String() + `"`
}

func TestQuoteAndSale(t *testing.T) {
	each(t, func(s *shop) {
		before := s.books()
		q := s.want(200, s.call("POST", "/api/v1/quotes", s.sale("2", "5.00"), "Accept-Language: zh-CN"))
		if s.books() != before {
			t.Error("a quote wrote something")
		}
		for path, want := range map[string]string{"currency": "CNY", "subtotal": "17.00", "discount": "1.70", "total": "15.30", "points_earned": "3", "lines.0.net": "15.30", "lines.0.quantity": "2",
			"lines.0.unit_price": "8.50", "adjustments.0.amount": "-1.70", "adjustments.0.explanation": "全场 10% 优惠", "tenders.0.amount": "5.00", "tenders.1.amount": "10.30", "member.tier": "", "fallbacks": "[]"} {
			s.is(q, path, want)
		}
		if q.text("adjustments.0.line_id") != q.text("lines.0.id") || q.text("id") != q.text("quote_ref") {
			t.Error(q.raw)
		}
		body := strings.TrimSuffix(s.sale("2", "20.00"), "}") + `,"quote_ref":"` + q.text("quote_ref") + `","expected_total":"15.30"}`
		a := s.post("/api/v1/sales", body)
		for path, want := range map[string]string{"state": "completed", "kind": "sale", "number": "A1-000001", "total": "15.30", "paid": "20.00", "change": "4.70", "tenders.0.type": "cash", "tenders.0.amount": "15.30",
			"tenders.0.tendered": "20.00", "business_date": "2026-05-04", "origin": "api", "points_earned": "3", "occurred_at": "2026-05-04T03:00:00.000000Z"} {
			s.is(a, path, want)
		}
		if a.header.Get("Location") != "/api/v1/sales/"+a.text("id") || a.header.Get("X-Request-Id") == "" {
			t.Error(a.header)
		}
		got := s.get("/api/v1/sales/" + a.text("id"))
		s.is(got, "lines.0.refunded_quantity", "0")
		if len(got.doc["lines"].([]any)) != 1 || got.text("lines.0.id") != a.text("lines.0.id") || got.text("total") != "15.30" {
			t.Error(got.raw)
		}
		s.is(s.get("/api/v1/sales?kind=sale&member_id="+s.member.String()), "items.0.id", a.text("id"))
		s.is(s.get("/api/v1/sales?from=2026-05-05"), "items", "[]")
		s.is(s.get("/api/v1/stock?sku_id="+s.tea.String()), "items.0.on_hand", "998")
	})
}

func TestRefundAndVoid(t *testing.T) {
	each(t, func(s *shop) {
		a := s.post("/api/v1/sales", s.sale("4", "40.00"))
		path := "/api/v1/sales/" + a.text("id")
		r := s.post(path+"/refunds", `{"reason":"broken","lines":[{"line_id":"`+a.text("lines.0.id")+`","quantity":"1"}]}`)
		for p, want := range map[string]string{"kind": "refund", "of_sale_id": a.text("id"), "total": "7.65", "reason": "broken", "lines.0.quantity": "1", "lines.0.of_line_id": a.text("lines.0.id")} {
			s.is(r, p, want)
		}
		s.is(s.get(path), "lines.0.refunded_quantity", "1")
		s.is(s.want(409, s.call("POST", path+"/void", `{"reason":"x"}`, "Idempotency-Key: v1")), "code", "checkout.void_after_refund")
		rest := s.post(path+"/refunds", `{"reason":"all"}`)
		s.is(rest, "total", "22.95")
		s.is(s.want(409, s.call("POST", path+"/refunds", `{"reason":"more"}`, "Idempotency-Key: r9")), "code", "checkout.nothing_left_to_refund")
		s.is(s.get("/api/v1/stock?shop_id="+s.shop.String()), "items.0.on_hand", "1000")
		b := s.post("/api/v1/sales", s.sale("1", "10.00"))
		v := s.post("/api/v1/sales/"+b.text("id")+"/void", `{"reason":"typo"}`)
		s.is(v, "kind", "void")
		s.is(v, "total", "7.65")
	})
}

func TestTopUpAndPunchCard(t *testing.T) {
	each(t, func(s *shop) {
		top := s.post(s.member0()+"/top-ups", `{`+s.here()+`,"amount":"500.00","tender":"cash"}`)
		for p, want := range map[string]string{"amount": "500.00", "bonus": "100.00", "total": "500.00", "change": "0.00", "tenders.0.type": "cash"} {
			s.is(top, p, want)
		}
		if top.text("id") != top.text("sale_id") {
			t.Error(top.raw)
		}
		s.is(s.get("/api/v1/sales/"+top.text("sale_id")), "lines.0.kind", "top_up")
		card := s.post(s.member0()+"/punch-cards", `{`+s.here()+`,"service_sku_id":"`+s.haircut.String()+`","visits":10,"free_visits":2,"amount":"800.00","tender":{"type":"cash","amount":"1000.00"}}`)
		s.is(card, "visits", "12")
		s.is(card, "change", "200.00")
		w := s.get(s.member0() + "/wallet")
		for p, want := range map[string]string{"balance": "600.00", "available": "600.00", "principal": "500.00", "bonus": "100.00", "held": "0.00", "punch_cards.0.remaining": "12",
			"punch_cards.0.service_sku_id": s.haircut.String(), "lots.0.class": "principal", "lots.0.remaining": "500.00"} {
			s.is(w, p, want)
		}
		spent := s.post("/api/v1/sales", strings.Replace(s.sale("2", "15.30"), `"cash"`, `"stored_value"`, 1))
		s.is(spent, "tenders.0.type", "stored_value")
		s.is(s.get(s.member0()+"/wallet"), "available", "584.70")
	})
}

func TestReceiptInFourForms(t *testing.T) {
	each(t, func(s *shop) {
		path := "/api/v1/sales/" + s.post("/api/v1/sales", s.sale("1", "10.00")).text("id") + "/receipt"
		doc := s.get(path)
		s.is(doc, "blocks.0.text", "Total 7.65 <b>")
		s.is(doc, "blocks.3.type", "cut")
		if a := s.get(path, "Accept: text/plain"); !strings.Contains(a.raw, "Total 7.65") || a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Error(a.raw)
		}
		if a := s.get(path, "Accept: text/html,*/*;q=0.1"); !strings.Contains(a.raw, "&lt;b&gt;") || strings.Contains(a.raw, "<b>") || !strings.Contains(a.raw, `href="/docs/receipt.css"`) {
			t.Error(a.raw)
		}
		a := s.get(path, "Accept: image/png")
		if img, err := png.Decode(bytes.NewReader([]byte(a.raw))); err != nil || img.Bounds().Dx() != 576 {
			t.Error(err)
		}
		if a := s.call("GET", "/docs/receipt.css", ""); a.status != 200 || a.header.Get("Content-Type") != "text/css; charset=utf-8" {
			t.Error(a.status)
		}
	})
}

func TestExplanation(t *testing.T) {
	each(t, func(s *shop) {
		saleID := s.post("/api/v1/sales", s.sale("1", "10.00")).text("id")
		e := s.get("/api/v1/sales/" + saleID + "/explanation")
		for p, want := range map[string]string{"id": saleID, "adjustments.0.explanation": "10% off for everybody", "lost.0.code": "big", "lost.0.why": "threshold", "grants.0.kind": "points", "grants.0.points": "3",
			"rules.0.hook": "benefit", "rules.0.pack_name": "Ten off", "rules.0.outcome": "ok", "rules.0.fuel": "7", "rules.0.input": "aW4gYmVuZWZpdA=="} {
			s.is(e, p, want)
		}
		if strings.Contains(e.text("lost.0.why_text"), "promotion.why") {
			t.Error("a reason without its text: " + e.raw)
		}
		s.is(s.get("/api/v1/sales/"+saleID+"/explanation?lang=zh-Hans"), "adjustments.0.explanation", "全场 10% 优惠")
		s.rules.broken = true
		defer func() { s.rules.broken = false }()
		b := s.post("/api/v1/sales", s.sale("1", "10.00")) // a failed rule does not stop a sale
		s.is(b, "total", "8.50")
		s.is(b, "fallbacks.0", "ten-off")
	})
}

func TestSameKeyAtOnceIsOneSale(t *testing.T) {
	each(t, func(s *shop) {
		const n = 100
		body := s.sale("1", "10.00")
		answers := make([]*answer, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { answers[i] = s.call("POST", "/api/v1/sales", body, "Idempotency-Key: one") })
		}
		wg.Wait()
		fresh := 0
		for _, a := range answers {
			if a.status != http.StatusCreated || a.raw != answers[0].raw {
				t.Fatalf("%d %s\nwant %s", a.status, a.raw, answers[0].raw)
			}
			if a.header.Get("Idempotency-Replayed") == "" {
				fresh++
			}
		}
		if fresh != 1 {
			t.Errorf("%d answers claim to be the first", fresh)
		}
		if list := s.get("/api/v1/sales"); len(list.doc["items"].([]any)) != 1 {
			t.Error(list.raw)
		}
		s.is(s.want(409, s.call("POST", "/api/v1/sales", s.sale("2", "20.00"), "Idempotency-Key: one")), "code", "idempotency.key_reused")
		s.is(s.want(409, s.call("POST", "/api/v1/shifts", `{"register_id":"`+s.register.String()+`"}`, "Idempotency-Key: one")), "code", "idempotency.key_reused")
	})
}

func TestPriceMovedGivesTheNewQuote(t *testing.T) {
	each(t, func(s *shop) {
		before := s.books()
		a := s.want(409, s.call("POST", "/api/v1/sales", strings.TrimSuffix(s.sale("2", "20.00"), "}")+`,"expected_total":"17.00"}`, "Idempotency-Key: p"))
		s.is(a, "code", "checkout.total_changed")
		s.is(a, "quote.total", "15.30")
		if s.books() != before {
			t.Error("a refused sale left a trace")
		}
		s.post("/api/v1/sales", strings.TrimSuffix(s.sale("2", "20.00"), "}")+`,"expected_total":"15.30","quote_ref":"`+a.text("quote.quote_ref")+`"}`)
	})
}
