package api_test

import (
	"context"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
)

func TestTaxCategoriesAndRates(t *testing.T) {
	each(t, func(s *shop) {
		s.is(s.want(200, s.call("PUT", "/api/v1/tax-categories/food", `{"name":"Food"}`)), "code", "food")
		s.is(s.want(200, s.call("PUT", "/api/v1/tax-categories/food", `{"name":"Food and drink"}`)), "name", "Food and drink")
		s.is(s.get("/api/v1/tax-categories"), "items.0.name", "Food and drink")
		s.is(s.want(400, s.call("PUT", "/api/v1/tax-categories/a%20b", `{"name":"x"}`)), "code", "tax.category_invalid")
		a := s.again("/api/v1/tax-rates", `{"category":"food","name":"VAT","rate":"0.09"}`)
		s.is(a, "rate", "0.09")
		own := s.post("/api/v1/tax-rates", `{"category":"food","name":"VAT","rate":"0.05","from":"2026-05-01","until":"2026-05-31","shop_id":"`+s.shop.String()+`"}`)
		s.is(own, "until", "2026-05-31")
		list := s.get("/api/v1/tax-rates?category=food")
		s.is(list, "items.0.id", own.text("id")) // the shop's own goes first
		s.is(list, "items.1.id", a.text("id"))
		s.is(s.get("/api/v1/tax-rates?category=none"), "items", "[]")
		for body, code := range map[string]string{
			`{"category":"none","name":"VAT","rate":"0.09"}`:                                                 "404 tax.category_not_found",
			`{"category":"food","name":"VAT","rate":"0.09"}`:                                                 "409 tax.rate_taken",
			`{"category":"food","name":"VAT","rate":"1.5","from":"2027-01-01"}`:                              "400 tax.rate_invalid",
			`{"category":"food","name":"VAT","rate":"0.1","from":"2027-02-30"}`:                              "400 tax.validity_invalid",
			`{"category":"food","name":"VAT","rate":"0.1","shop_id":"0196a1e0-0000-7000-8000-000000000001"}`: "404 tenant.shop_not_found",
			`{"category":"food","name":"` + strings.Repeat("n", 41) + `","rate":"0.1","from":"2027-01-01"}`:  "400 tax.name_invalid",
			`{"category":"food","name":"VAT","rate":"0.1","from":"2027-01-02","until":"2027-01-01"}`:         "400 tax.validity_invalid",
		} {
			status, reason, _ := strings.Cut(code, " ")
			got := s.call("POST", "/api/v1/tax-rates", body, "Idempotency-Key: wrong "+body[:40]+reason)
			if got.text("code") != reason || !strings.HasPrefix(status, string('0'+rune(got.status/100))) {
				t.Errorf("%s: %d %s", body, got.status, got.raw)
			}
		}
		path := "/api/v1/tax-rates/" + own.text("id")
		s.is(s.want(200, s.call("PUT", path, `{"category":"food","name":"VAT","rate":"0.06","from":"2026-05-01"}`)), "rate", "0.06")
		s.want(204, s.call("DELETE", path, ""))
		s.is(s.want(404, s.call("DELETE", path, "")), "code", "tax.rate_not_found")
		s.is(s.want(404, s.call("PUT", path, `{"category":"food","name":"VAT","rate":"0.06","from":"2026-07-01"}`)), "code", "tax.rate_not_found")
		log, _, err := auth.ListAudit(context.Background(), s.d, s.merchant, auth.AuditFilter{Action: "tax_rate."}, db.Page{})
		if err != nil || len(log) != 4 {
			t.Error(len(log), err)
		}
	})
}

func TestSKUsHaveATaxCategory(t *testing.T) {
	each(t, func(s *shop) {
		s.is(s.want(404, s.call("POST", "/api/v1/skus", `{"code":"milk","name":"Milk","unit_price":"3.00","tax_category":"food"}`)), "code", "tax.category_not_found")
		s.want(200, s.call("PUT", "/api/v1/tax-categories/food", `{"name":"Food"}`))
		milk := s.post("/api/v1/skus", `{"code":"milk","name":"Milk","unit_price":"3.00","tax_category":"food"}`)
		s.is(milk, "tax_category", "food")
		path := "/api/v1/skus/" + s.tea.String()
		seen := s.get(path).text("updated_at")
		tea := s.want(200, s.call("PATCH", path, `{"tax_category":"food","unit_price":"9.1234","seen":"`+seen+`"}`))
		s.is(tea, "tax_category", "food")
		s.is(tea, "unit_price", "9.1234")
		s.is(tea, "name", "Tea")
		s.is(tea, "barcodes.0", teaBarcode)
		s.is(s.want(409, s.call("PATCH", path, `{"name":"late","seen":"`+seen+`"}`)), "code", "catalog.stale")
		s.is(s.want(404, s.call("PATCH", path, `{"tax_category":"none"}`)), "code", "tax.category_not_found")
		s.is(s.want(200, s.call("PATCH", path, `{"tax_category":""}`)), "tax_category", "")
		s.is(s.want(404, s.call("PATCH", "/api/v1/skus/"+s.shop.String(), `{}`)), "code", "catalog.not_found")
	})
}

func TestPunchPlans(t *testing.T) {
	each(t, func(s *shop) {
		body := `{"name":"Cut x10","price":"1000.00","visits":10,"free_visits":2,"valid_days":365,"shareable":true,"sku_ids":["` + s.haircut.String() + `"]}`
		a := s.again("/api/v1/punch-plans", body)
		for p, want := range map[string]string{"per_visit": "83.33", "price": "1000.00", "currency": "CNY", "sku_ids.0": s.haircut.String(), "shareable": "true"} {
			s.is(a, p, want)
		}
		path := "/api/v1/punch-plans/" + a.text("id")
		s.is(s.get(path), "valid_days", "365")
		now := s.want(200, s.call("PATCH", path, `{"price":"900.00","seen":"`+a.text("updated_at")+`"}`))
		s.is(now, "per_visit", "75.00")
		s.is(now, "visits", "10")
		s.is(s.want(409, s.call("PATCH", path, `{"price":"1.00","seen":"`+a.text("updated_at")+`"}`)), "code", "catalog.stale")
		s.is(s.want(400, s.call("PATCH", path, `{"sku_ids":[]}`)), "code", "catalog.plan_services_invalid")
		wrong := s.want(400, s.call("POST", "/api/v1/punch-plans", strings.Replace(body, s.haircut.String(), s.tea.String(), 1), "Idempotency-Key: goods"))
		s.is(wrong, "code", "catalog.plan_services_invalid")
		s.want(200, s.call("PATCH", path, `{"archived":true}`))
		s.is(s.get("/api/v1/punch-plans"), "items", "[]")
		s.is(s.get("/api/v1/punch-plans?archived=true"), "items.0.id", a.text("id"))
		s.is(s.want(404, s.call("GET", "/api/v1/punch-plans/"+s.shop.String(), "")), "code", "catalog.plan_not_found")
	})
}
