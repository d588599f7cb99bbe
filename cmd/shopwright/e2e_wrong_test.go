package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
)

// books counts what a refused request must not change.
func (s *server) books() string {
	s.t.Helper()
	d, err := db.Open(context.Background(), s.db, db.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer d.Close()
	var out []string
	for _, table := range []string{"sales", "sale_lines", "sale_tenders", "entries", "postings", "accounts", "lots", "holds", "stock_movements", "stock_reservations", "coupon_uses", "shifts", "members", "member_private",
		"skus", "coupons", "registers", "events", "idempotency", "pack_activations", "print_jobs", "commission_entries"} {
		n, err := db.Value[int64](context.Background(), d, "select count(*) from "+table)
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s=%d", table, n))
	}
	return strings.Join(out, " ")
}

// keyOf makes an API key, and lets the caller end it.
func (s *server) keyOf(role auth.Role, life time.Duration, revoked bool) (secret string) {
	s.t.Helper()
	err := s.open().InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		in := auth.NewKey{Name: "test", Role: role}
		if life > 0 {
			in.Expires = tx.Now.Add(life)
		}
		k, made, err := auth.CreateKey(ctx, tx, s.Merchant, in)
		secret = made
		if err == nil && revoked {
			err = auth.RevokeKey(ctx, tx, s.Merchant, k.ID)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// TestWrongInputLeavesNoTrace sends what must not be booked. Another merchant's
// books lie in the same database.
func TestWrongInputLeavesNoTrace(t *testing.T) {
	each(t, "retail", func(s *server) {
		tea, mei := s.sku("tea", "goods", "8.50", "100"), s.member("Lin Mei", "13800001234")
		good := s.here().with("member_id", mei).with("lines", []body{line(tea, "2")}).with("tenders", []body{tender("cash", "20.00")})
		done := s.post("/sales", good)

		them := &server{t: s.t, db: s.db, data: s.data, url: s.url, http: s.http}
		them.access = them.setup("two", "retail")
		theirTea, theirMember := them.sku("tea", "goods", "8.50", "100"), them.member("Chen Bo", "13900001234")
		theirSale := them.post("/sales", them.here().with("lines", []body{line(theirTea, "1")}).with("tenders", []body{tender("cash", "8.50")}))
		expiring, revoked := s.keyOf(auth.Owner, 200*time.Millisecond, false), s.keyOf(auth.Owner, 0, true)
		cashier := s.keyOf(auth.Cashier, 0, false)
		time.Sleep(250 * time.Millisecond)

		const sales = "POST /sales"
		saleID, theirs := "/sales/"+done.text("id"), "/sales/"+theirSale.text("id")
		text := func(old, to string) string {
			raw := `{"shop_id":"` + s.Shop.String() + `","register_id":"` + s.Register.String() + `","lines":[{"sku_id":"` + tea + `","quantity":"2"}],"tenders":[{"type":"cash","amount":"20.00"}]}`
			out := strings.Replace(raw, old, to, 1)
			if out == raw {
				s.t.Fatalf("%q is not in the body", old)
			}
			return out
		}
		quantity := func(q string) body { return good.with("lines", []body{line(tea, q)}) }
		bearer := func(key string) string { return "Authorization: Bearer " + key }
		unknown := "018f0000-0000-7000-8000-000000000000"
		for _, c := range []struct {
			name, route string
			body        any
			header      string
			status      int
			code        string
		}{
			{"an unknown SKU", sales, good.with("lines", []body{line(unknown, "1")}), "", 404, "checkout.unknown_sku"},
			{"an unknown bar code", sales, good.with("lines", []body{{"barcode": "12345", "quantity": "1"}}), "", 404, "checkout.unknown_sku"},
			{"a negative quantity", sales, quantity("-1"), "", 400, "checkout.bad_quantity"},
			{"nothing of something", sales, quantity("0"), "", 400, "checkout.bad_quantity"},
			{"NaN", sales, quantity("NaN"), "", 400, "money.malformed"},
			{"NaN without quotes", sales, text(`"2"`, `NaN`), "", 400, "request.malformed"},
			{"1e3", sales, quantity("1e3"), "", 400, "money.malformed"},
			{"infinity", sales, quantity("Infinity"), "", 400, "money.malformed"},
			{"hexadecimal", sales, quantity("0x10"), "", 400, "money.malformed"},
			{"a number where a text must be", sales, text(`"20.00"`, `20.00`), "", 400, "request.validation"},
			{"more than there is", sales, quantity("101").with("tenders", []body{tender("cash", "1000.00")}), "", 409, "stock.insufficient"},
			{"more than fits", sales, quantity("9999999999999999"), "", 400, "money.overflow"},
			{"too little money", sales, good.with("tenders", []body{tender("cash", "16.99")}), "", 400, "checkout.underpaid"},
			{"money that is not there", sales, good.with("tenders", []body{tender("stored_value", "17.00")}), "", 409, "wallet.insufficient_funds"},
			{"a negative tender", sales, good.with("tenders", []body{tender("cash", "-17.00")}), "", 400, "checkout.bad_tender"},
			{"half a body", sales, text(`"}]}`, ``), "", 400, "request.malformed"},
			{"an unknown field", sales, good.with("discount", "5.00"), "", 400, "request.unknown_field"},
			{"another merchant in the body", sales, good.with("merchant_id", them.Merchant), "", 400, "request.unknown_field"},
			{"1 MB of name", "POST /members", body{"name": strings.Repeat("a", 1<<20)}, "", 413, "request.too_large"},
			{"a name of 100 kB", "POST /members", body{"name": strings.Repeat("a", 100_000)}, "", 400, "member.name_too_long"},
			{"the wrong price", sales, good.with("expected_total", "1.00"), "", 409, "checkout.total_changed"},
			{"no idempotency key", sales, good, "Idempotency-Key: ", 400, "idempotency.key_required"},

			{"no key", sales, good, "Authorization: ", 401, "auth.unauthenticated"},
			{"a made-up key", sales, good, bearer("swk_0000"), 401, "auth.unauthenticated"},
			{"an expired key", sales, good, bearer(expiring), 401, "auth.key_expired"},
			{"a revoked key", sales, good, bearer(revoked), 401, "auth.key_revoked"},
			{"a cashier on prices", "POST /skus", body{"code": "a", "name": "a", "unit_price": "1.00"}, bearer(cashier), 403, "auth.denied"},
			{"a cashier on stock", "POST /stock/movements", body{"shop_id": s.Shop, "kind": "goods_receipt", "sku_id": tea, "quantity": "1"}, bearer(cashier), 403, "auth.denied"},

			{"another merchant's SKU", sales, good.with("lines", []body{line(theirTea, "1")}), "", 404, "checkout.unknown_sku"},
			{"another merchant's member", sales, good.with("member_id", theirMember), "", 404, "checkout.unknown_member"},
			{"another merchant's register", sales, good.with("register_id", them.Register), "", 404, "tenant.register_not_found"},
			{"another merchant's shop", sales, good.with("shop_id", them.Shop), "", 409, "tenant.register_in_other_shop"},
			{"another merchant's sale", "GET " + theirs, nil, "", 404, "sale.not_found"},
			{"another merchant's receipt", "GET " + theirs + "/receipt", nil, "", 404, "sale.not_found"},
			{"another merchant's explanation", "GET " + theirs + "/explanation", nil, "", 404, "sale.not_found"},
			{"another merchant's refund", "POST " + theirs + "/refunds", body{"reason": "mine"}, "", 404, "sale.not_found"},
			{"another merchant's void", "POST " + theirs + "/void", body{"reason": "mine"}, "", 404, "sale.not_found"},
			{"another merchant's shift", "POST /shifts/" + theirSale.text("shift_id") + "/close", body{"counted_cash": "0.00"}, "", 404, "till.shift_not_found"},
			{"another merchant's wallet", "GET /members/" + theirMember + "/wallet", nil, "", 404, "member.not_found"},
			{"another merchant's top-up", "POST /members/" + theirMember + "/top-ups", s.here().with("amount", "5.00").with("tender", "cash"), "", 404, "checkout.unknown_member"},
			{"another merchant's stock", "POST /stock/movements", body{"shop_id": s.Shop, "kind": "goods_receipt", "sku_id": theirTea, "quantity": "1"}, "", 404, "catalog.not_found"},
			{"a key for another merchant's sale", "GET " + saleID, nil, bearer(them.APIKey), 404, "sale.not_found"},

			{"a refund of too much", "POST " + saleID + "/refunds", body{"reason": "x", "lines": []body{{"line_id": done.text("lines.0.id"), "quantity": "2.001"}}}, "", 409, "sale.refund_exceeds_rest"},
			{"a refund of less than nothing", "POST " + saleID + "/refunds", body{"reason": "x", "lines": []body{{"line_id": done.text("lines.0.id"), "quantity": "-1"}}}, "", 400, "checkout.bad_quantity"},
			{"a refund of another sale's line", "POST " + saleID + "/refunds", body{"reason": "x", "lines": []body{{"line_id": theirSale.text("lines.0.id"), "quantity": "1"}}}, "", 404, "sale.line_not_found"},
			{"a sale's id for another basket", sales, quantity("1").with("id", done.text("id")), "", 409, "sale.id_taken"},
			{"the wrong method", "DELETE " + saleID, nil, "", 405, "request.method_not_allowed"},
			{"no such path", "GET /nothing/here", nil, "", 404, "request.no_such_route"},
			{"an id that is none", "GET /sales/1", nil, "", 400, "id.malformed"},
			{"a path that climbs out", "GET /sales/../../v2/sales", nil, "", 404, "request.no_such_route"},
		} {
			before := s.books()
			method, path, _ := strings.Cut(c.route, " ")
			headers := []string{"Idempotency-Key: " + newKey()}
			if c.header != "" {
				headers = append(headers, c.header)
			}
			a := s.call(method, path, c.body, headers...)
			if a.status != c.status || a.text("code") != c.code {
				s.t.Errorf("%s: %d %q, want %d %q: %.300s", c.name, a.status, a.text("code"), c.status, c.code, a.raw)
				continue
			}
			if a.text("detail") == "" || a.text("request_id") == "" || a.text("request_id") != a.header.Get("X-Request-Id") || a.header.Get("Content-Type") != "application/problem+json" {
				s.t.Errorf("%s: not a whole problem document: %v %.300s", c.name, a.header, a.raw)
			}
			if after := s.books(); after != before {
				s.t.Errorf("%s left a trace\nbefore %s\nafter  %s", c.name, before, after)
			}
		}
		s.priceMoves(good, tea)
		s.mustVerify()
	})
}

// priceMoves quotes, changes a rule and sells: the customer does not pay what the
// screen did not show, and the answer says what it costs now.
func (s *server) priceMoves(good body, tea string) {
	s.t.Helper()
	s.is(s.want(http.StatusOK, s.call("POST", "/quotes", good)), map[string]string{"total": "17.00"})
	s.want(http.StatusOK, s.call("PUT", "/packs/retail", body{"config": body{"buy_get_on": true, "buy_get": []body{{"sku": "tea", "buy": 1, "free": 1}}}}))
	before := s.books()
	moved := s.want(http.StatusConflict, s.call("POST", "/sales", good.with("expected_total", "17.00"), "Idempotency-Key: "+newKey()))
	s.is(moved, map[string]string{"code": "checkout.total_changed", "quote.total": "8.50", "quote.discount": "8.50", "quote.lines.0.sku_id": tea})
	if after := s.books(); after != before {
		s.t.Errorf("a refused sale left a trace\nbefore %s\nafter  %s", before, after)
	}
	sold := s.post("/sales", good.with("expected_total", "8.50").with("quote_ref", moved.text("quote.quote_ref")))
	s.is(sold, map[string]string{"total": "8.50", "change": "11.50"})
}
