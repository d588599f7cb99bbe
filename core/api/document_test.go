package api_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/shopwright/shopwright/core/db/dbtest"
)

// needsKey are the operations that book.
var needsKey = []string{"POST /api/v1/backtests", "POST /api/v1/packs", "POST /api/v1/members/{id}/transfers", "POST /api/v1/members/{id}/point-adjustments", "POST /api/v1/members/{id}/bonus-adjustments", "POST /api/v1/sales", "POST /api/v1/sales/{id}/refunds", "POST /api/v1/sales/{id}/void", "POST /api/v1/sales/{id}/refund-requests", "POST /api/v1/sales/{id}/exchanges", "POST /api/v1/refund-requests/{id}/decision", "POST /api/v1/members/{id}/cash-outs", "POST /api/v1/members/{id}/top-ups", "POST /api/v1/members/{id}/punch-cards",
	"POST /api/v1/stock/movements", "POST /api/v1/labels", "POST /api/v1/shifts", "POST /api/v1/shifts/{id}/close", "POST /api/v1/shifts/{id}/cash",
	"POST /api/v1/commissions", "POST /api/v1/commissions/settlements", "POST /api/v1/commissions/settlements/{id}/finalise"}

// promised are the operations that the product's documents name.
var promised = append([]string{"GET /api/v1/members", "POST /api/v1/members", "PATCH /api/v1/members/{id}", "GET /api/v1/members/{id}", "GET /api/v1/members/{id}/wallet", "GET /api/v1/skus", "POST /api/v1/skus",
	"GET /api/v1/skus/{id}", "GET /api/v1/stock", "POST /api/v1/quotes", "GET /api/v1/sales", "GET /api/v1/sales/{id}", "GET /api/v1/sales/{id}/receipt", "GET /api/v1/sales/{id}/explanation", "GET /api/v1/packs",
	"PUT /api/v1/packs/{id}", "GET /api/v1/coupons", "POST /api/v1/coupons", "GET /api/v1/registers", "POST /api/v1/registers", "GET /api/v1/shops", "GET /api/v1/shifts", "GET /api/v1/shifts/{id}/x", "GET /api/v1/events",
	"GET /api/v1/tiers", "GET /api/v1/staff"}, needsKey...)

func TestDocument(t *testing.T) {
	s := newShop(t, dbtest.SQLite(t), nil)
	a := s.get("/openapi.json", "Authorization: ")
	s.is(a, "openapi", "3.1.0")
	found, ids := map[string]bool{}, map[string]bool{}
	for path, item := range a.doc["paths"].(map[string]any) {
		for method, v := range item.(map[string]any) {
			op := v.(map[string]any)
			name := strings.ToUpper(method) + " " + path
			found[name] = true
			opID, _ := op["operationId"].(string)
			if opID == "" || ids[opID] {
				t.Errorf("%s: operationId %q is missing or there twice", name, opID)
			}
			ids[opID] = true
			if sec, _ := op["security"].([]any); len(sec) != 2 || op["summary"] == "" || op["tags"] == nil {
				t.Errorf("%s: no security, summary or tags", name)
			}
			responses := op["responses"].(map[string]any)
			for _, code := range []string{"400", "401", "403", "404", "500", "503"} {
				r, _ := json.Marshal(responses[code])
				if !strings.Contains(string(r), `"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}`) {
					t.Errorf("%s: %s is no problem document: %s", name, code, r)
				}
			}
			if _, unprocessable := responses["422"]; unprocessable {
				t.Errorf("%s: 422 is never answered", name)
			}
			params, _ := json.Marshal(op["parameters"])
			required := regexp.MustCompile(`"name":"Idempotency-Key","required":true`).Match(params)
			if want := contains(needsKey, name); required != want {
				t.Errorf("%s: Idempotency-Key required: %v, want %v", name, required, want)
			}
			if strings.HasPrefix(name, "POST") && name != "POST /api/v1/quotes" && !strings.HasSuffix(name, "-quotes") && !strings.Contains(string(params), "Idempotency-Key") {
				t.Errorf("%s takes no Idempotency-Key", name)
			}
		}
	}
	for _, name := range promised {
		if !found[name] {
			t.Error(name + " is missing")
		}
	}
	components, _ := a.at("components.schemas").(map[string]any)
	for _, ref := range regexp.MustCompile(`"\$ref":"([^"]+)"`).FindAllStringSubmatch(a.raw, -1) {
		name, ok := strings.CutPrefix(ref[1], "#/components/schemas/")
		if _, there := components[name]; !ok || !there {
			t.Error("a reference to nowhere: " + ref[1])
		}
	}
	if y := s.get("/openapi.yaml", "Authorization: "); !strings.Contains(y.raw, "openapi: 3.1.0") {
		t.Error("no YAML")
	}
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// TestAnswersAreAsDescribed holds real answers against the document's schemas.
func TestAnswersAreAsDescribed(t *testing.T) {
	s := newShop(t, dbtest.SQLite(t), nil)
	doc := s.get("/openapi.json", "Authorization: ")
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("https://shopwright.test/openapi.json", doc.doc); err != nil {
		t.Fatal(err)
	}
	for name := range doc.at("components.schemas").(map[string]any) {
		if _, err := c.Compile("https://shopwright.test/openapi.json#/components/schemas/" + name); err != nil {
			t.Errorf("%s is no JSON Schema 2020-12: %v", name, err)
		}
	}
	sold := s.post("/api/v1/sales", s.sale("2", "20.00"))
	saleID := sold.text("id")
	top := s.post(s.member0()+"/top-ups", `{`+s.here()+`,"amount":"500.00","tender":"cash"}`)
	open := s.get("/api/v1/shifts").text("items.0.id")
	check := func(schema string, a *answer) {
		t.Helper()
		sch, err := c.Compile("https://shopwright.test/openapi.json#/components/schemas/" + schema)
		if err != nil {
			t.Error(err)
			return
		}
		if err := sch.Validate(map[string]any(a.doc)); err != nil {
			t.Errorf("%s: %v: %.600s", schema, err, a.raw)
		}
	}
	check("Sale", sold)
	check("Prepaid", top)
	check("Quote", s.want(200, s.call("POST", "/api/v1/quotes", s.sale("1", "1.00"))))
	check("Sale", s.post("/api/v1/sales/"+saleID+"/refunds", `{"reason":"x"}`))
	check("Coupon", s.post("/api/v1/coupons", `{"name":"ten","kind":"percent","rate":"0.1"}`))
	check("Problem", s.want(409, s.call("POST", "/api/v1/sales", strings.TrimSuffix(s.sale("2", "20.00"), "}")+`,"expected_total":"17.00"}`, "Idempotency-Key: p")))
	for path, schema := range map[string]string{
		"/sales": "ListSale", "/sales/" + saleID: "Sale", "/sales/" + saleID + "/explanation": "Explanation", "/sales/" + saleID + "/receipt": "ReceiptDocument", "/members": "ListMember",
		"/members/" + s.member.String(): "Member", "/members/" + s.member.String() + "/wallet": "Wallet", "/skus": "ListSKU", "/skus/" + s.tea.String(): "SKU", "/stock": "ListStockLevel",
		"/stock/movements": "ListStockMovement", "/packs": "ListPack", "/coupons": "ListCoupon", "/shops": "ListShop", "/registers": "ListRegister", "/shifts": "ListShift", "/shifts/" + open + "/x": "ShiftReport",
		"/tiers": "ListTier", "/staff": "ListStaffMember", "/events": "ListEvent",
	} {
		check(schema, s.get("/api/v1"+path))
	}
}

func TestDocsPageNeedsNothingFromElsewhere(t *testing.T) {
	s := newShop(t, dbtest.SQLite(t), nil)
	a := s.get("/docs", "Authorization: ")
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'self'") {
		t.Error(a.header)
	}
	for _, bad := range []string{"<script", "<style", " style=", "onclick", "http://", "<no value>"} {
		if strings.Contains(a.raw, bad) {
			t.Error("the page has " + bad)
		}
	}
	for _, good := range []string{`id="complete-sale"`, "/api/v1/sales/{id}/refunds", `id="error-checkout.total_changed"`, "expected_total", "Idempotency-Key", `href="/docs/docs.css"`, "decimal string"} {
		if !strings.Contains(a.raw, good) {
			t.Error("the page lacks " + good)
		}
	}
	if css := s.get("/docs/docs.css"); css.header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Error(css.header)
	}
	if r := s.call(http.MethodPost, "/docs", ""); r.status != http.StatusMethodNotAllowed {
		t.Error(r.status)
	}
}
