package api_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
)

// again sends a request twice with one key and wants the same answer, marked.
func (s *shop) again(path, body string) *answer {
	s.t.Helper()
	first := s.want(201, s.call("POST", path, body, "Idempotency-Key: again "+path))
	before := s.books()
	second := s.want(201, s.call("POST", path, body, "Idempotency-Key: again "+path))
	if second.raw != first.raw || second.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" || second.header.Get("Location") != first.header.Get("Location") {
		s.t.Errorf("%s: %v %s\nfirst %v %s", path, second.header, second.raw, first.header, first.raw)
	}
	if after := s.books(); after != before {
		s.t.Errorf("%s: a repetition wrote: %s, before %s", path, after, before)
	}
	return first
}

func TestMembers(t *testing.T) {
	each(t, func(s *shop) {
		a := s.again("/api/v1/members", `{"name":"Wang Fang","phone":"138 0000 1234","birthday":"1990-05-17","tier":"gold","shop_id":"`+s.shop.String()+`"}`)
		s.is(a, "phone", "13800001234")
		path := "/api/v1/members/" + a.text("id")
		p := s.want(200, s.call("PATCH", path, `{"note":"tea","version":1}`))
		s.is(p, "note", "tea")
		s.is(p, "version", "2")
		s.is(s.want(409, s.call("PATCH", path, `{"note":"x","version":1}`)), "code", "member.version_stale")
		s.is(s.get(path), "birthday", "1990-05-17")
		for _, q := range []string{"13800001234", "1234", "wang"} {
			s.is(s.get("/api/v1/members?q="+q), "items.0.id", a.text("id"))
		}
		page := s.get("/api/v1/members?limit=1")
		s.is(page, "items.0.id", a.text("id"))
		s.is(s.get("/api/v1/members?limit=1&cursor="+page.text("next_cursor")), "items.0.id", s.member.String())
		s.is(s.get("/api/v1/members?q=nobody"), "next_cursor", "")
		s.is(s.get("/api/v1/tiers"), "items.0.code", "gold")
		log, _, err := auth.ListAudit(context.Background(), s.d, s.merchant, auth.AuditFilter{Action: "member.updated"}, db.Page{})
		if err != nil || len(log) != 1 || string(log[0].Detail) != `{"fields":["note"]}` {
			t.Error(log, err)
		}
	})
}

func TestCatalogueAndStock(t *testing.T) {
	each(t, func(s *shop) {
		a := s.again("/api/v1/skus", `{"code":"rice","name":"Rice","unit_price":"1.2345","cost":"0.80","barcodes":["4006381333931"]}`)
		for p, want := range map[string]string{"unit_price": "1.2345", "cost": "0.80", "stocked": "true", "kind": "goods", "barcodes.0": "4006381333931", "currency": "CNY"} {
			s.is(a, p, want)
		}
		sku := a.text("id")
		s.is(s.get("/api/v1/skus?barcode=4006381333931"), "items.0.id", sku)
		s.is(s.get("/api/v1/skus?q=ric&limit=1"), "items.0.id", sku)
		s.is(s.get("/api/v1/skus/"+sku), "code", "rice")
		m := s.again("/api/v1/stock/movements", `{"shop_id":"`+s.shop.String()+`","kind":"goods_receipt","reason":"delivery","lines":[{"sku_id":"`+sku+`","quantity":"12.5","unit_cost":"0.80"}]}`)
		s.is(m, "lines.0.quantity", "12.5")
		one := s.again("/api/v1/stock/movements?lang=en", `{"shop_id":"`+s.shop.String()+`","kind":"waste","sku_id":"`+sku+`","quantity":"-0.5"}`)
		s.is(one, "lines.0.sku_id", sku)
		s.is(s.get("/api/v1/stock?sku_id="+sku), "items.0.on_hand", "12")
		s.is(s.get("/api/v1/stock/movements?sku_id="+sku), "items.0.kind", "waste")
		page := s.get("/api/v1/stock?limit=1")
		if page.text("next_cursor") == "" || s.get("/api/v1/stock?limit=1&cursor="+page.text("next_cursor")).text("items.0.sku_id") == page.text("items.0.sku_id") {
			t.Error(page.raw)
		}
		s.is(s.want(409, s.call("POST", "/api/v1/stock/movements", `{"shop_id":"`+s.shop.String()+`","kind":"waste","sku_id":"`+sku+`","quantity":"-13"}`, "Idempotency-Key: w")), "code", "stock.insufficient")
	})
}

func TestCouponsAndTheirUse(t *testing.T) {
	each(t, func(s *shop) {
		a := s.again("/api/v1/coupons", `{"name":"Five off","kind":"cash","amount":"5.00","min_spend":"10.00","code":"five","member_id":"`+s.member.String()+`"}`)
		for p, want := range map[string]string{"code": "FIVE", "uses": "1", "used": "0", "definition.amount": "5.00", "definition.min_spend": "10.00"} {
			s.is(a, p, want)
		}
		b := s.post("/api/v1/coupons", `{"definition_id":"`+a.text("definition.id")+`"}`)
		if len(b.text("code")) != 12 || b.text("definition.id") != a.text("definition.id") {
			t.Error(b.raw)
		}
		s.is(s.get("/api/v1/coupons?code=five"), "items.0.id", a.text("id"))
		body := strings.Replace(s.sale("2", "20.00"), `"tenders"`, `"coupons":["five"],"tenders"`, 1)
		s.is(s.post("/api/v1/sales", body), "total", "10.30")
		s.is(s.get("/api/v1/coupons?member_id="+s.member.String()), "items.0.used", "1")
		s.is(s.want(409, s.call("POST", "/api/v1/sales", body, "Idempotency-Key: c2")), "code", "coupon.already_used")
	})
}

func TestShopsRegistersStaffShifts(t *testing.T) {
	each(t, func(s *shop) {
		s.is(s.get("/api/v1/shops"), "items.0.time_zone", "Asia/Shanghai")
		r := s.again("/api/v1/registers", `{"shop_id":"`+s.shop.String()+`","name":"second"}`)
		s.is(r, "series", "A2")
		s.is(s.get("/api/v1/registers?shop_id="+s.shop.String()), "items.1.id", r.text("id"))
		s.is(s.get("/api/v1/staff"), "items.0.login", "mei")
		open := s.again("/api/v1/shifts", `{"register_id":"`+s.register.String()+`","float":"100.00"}`)
		s.is(open, "state", "open")
		path := "/api/v1/shifts/" + open.text("id")
		s.is(s.want(409, s.call("POST", "/api/v1/shifts", `{"register_id":"`+s.register.String()+`"}`, "Idempotency-Key: o2")), "code", "till.shift_already_open")
		s.post("/api/v1/sales", s.sale("2", "20.00"))
		x := s.get(path + "/x")
		s.is(x, "expected_cash", "115.30")
		s.is(x, "tenders.0.amount", "15.30")
		s.is(x, "final", "false")
		first := s.want(200, s.call("POST", path+"/close", `{"counted_cash":"115.00"}`, "Idempotency-Key: z"))
		s.is(first, "over_short", "-0.30")
		if again := s.want(200, s.call("POST", path+"/close", `{"counted_cash":"115.00"}`, "Idempotency-Key: z")); again.raw != first.raw || again.header.Get("Idempotency-Replayed") != "true" {
			t.Error(again.raw)
		}
		s.is(s.want(409, s.call("POST", path+"/close", `{"counted_cash":"115.00"}`, "Idempotency-Key: z2")), "code", "till.shift_closed")
		s.is(s.get("/api/v1/shifts?register_id="+s.register.String()), "items.0.counted_cash", "115.00")
		if again := s.want(201, s.call("POST", "/api/v1/shifts", `{"register_id":"`+s.register.String()+`","float":"100.00"}`, "Idempotency-Key: again /api/v1/shifts")); again.raw != open.raw {
			t.Error("the repetition of an opening shows the closed shift: " + again.raw)
		}
	})
}

func TestPacks(t *testing.T) {
	each(t, func(s *shop) {
		p := s.get("/api/v1/packs")
		for path, want := range map[string]string{"items.0.id": "ten-off", "items.0.name": "Ten off", "items.0.version": "1.0.0", "items.0.shops.0.enabled": "true", "items.0.shops.0.config.rate": "0.1"} {
			s.is(p, path, want)
		}
		off := s.want(200, s.call("PUT", "/api/v1/packs/ten-off", `{"enabled":false}`))
		s.is(off, "shops.0.enabled", "false")
		s.is(off, "shops.0.config.rate", "0.1")
		s.is(s.want(200, s.call("POST", "/api/v1/quotes", s.sale("2", "20.00"))), "total", "17.00")
		on := s.want(200, s.call("PUT", "/api/v1/packs/ten-off", `{"shop_id":"`+s.shop.String()+`","enabled":true,"config":{"rate":0.2},"priority":3}`))
		s.is(on, "shops.0.config.rate", "0.2")
		s.is(on, "shops.0.priority", "3")
		s.is(s.want(200, s.call("POST", "/api/v1/quotes", s.sale("2", "20.00"))), "total", "15.30")
		before := s.books()
		bad := s.want(400, s.call("PUT", "/api/v1/packs/ten-off", `{"config":{"rate":"high"}}`))
		s.is(bad, "code", "pack.config_invalid")
		s.is(bad, "errors.0.param", "/rate")
		s.is(s.want(404, s.call("PUT", "/api/v1/packs/ten-off", `{"version":"9.9.9"}`)), "code", "pack.not_installed")
		s.is(s.want(404, s.call("PUT", "/api/v1/packs/nothing", `{"enabled":true}`)), "code", "pack.not_installed")
		if s.books() != before {
			t.Error("a refused change left a trace")
		}
	})
}

func TestEvents(t *testing.T) {
	each(t, func(s *shop) {
		saleID := s.post("/api/v1/sales", s.sale("1", "10.00")).text("id")
		dispatcher := event.New(s.d, event.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		dispatcher.Start()
		if err := dispatcher.Wait(context.Background(), s.merchant, 1); err != nil {
			t.Fatal(err)
		}
		if err := dispatcher.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		e := s.get("/api/v1/events?after=0")
		s.is(e, "items.0.type", "member.joined.v1")
		s.is(e, "items.1.type", "pack.changed.v1")
		s.is(e, "items.2.type", "sale.completed.v1")
		s.is(e, "items.2.data.sale_id", saleID)
		s.is(s.get("/api/v1/events?cursor="+e.text("next_cursor")), "items", "[]")
	})
}

func TestSessionsMayUseTheAPI(t *testing.T) {
	each(t, func(s *shop) {
		var in auth.SignedIn
		s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			in, err = s.sessions.IssueSession(ctx, tx, s.merchant, s.staff)
			return err
		})
		cookie := "Cookie: sw_session=" + in.Token
		s.is(s.get("/api/v1/skus/"+s.tea.String(), "Authorization: ", cookie), "code", "tea")
		if a := s.get("/api/v1/skus/"+s.tea.String(), "Authorization: ", cookie); a.at("cost") != nil {
			t.Error("a cashier sees what things cost: " + a.raw)
		}
		s.is(s.want(403, s.call("POST", "/api/v1/skus", `{"code":"a","name":"a","unit_price":"1.00"}`, "Authorization: ", cookie)), "code", "auth.denied")
		a := s.want(201, s.call("POST", "/api/v1/sales", s.sale("1", "10.00"), "Authorization: ", cookie, "Idempotency-Key: s", "Sec-Fetch-Site: same-origin"))
		s.is(a, "actor_id", s.staff.String())
		s.is(s.want(403, s.call("POST", "/api/v1/sales", s.sale("1", "10.00"), "Authorization: ", cookie, "Idempotency-Key: t", "Sec-Fetch-Site: cross-site")), "code", "request.cross_origin")
		s.want(201, s.call("POST", "/api/v1/sales", s.sale("1", "10.00"), "Idempotency-Key: u", "Sec-Fetch-Site: cross-site")) // a key may
	})
}
