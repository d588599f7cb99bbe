package office_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tax"
)

func TestTaxPages(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		b.get("/office/tax").want(t, http.StatusOK, "Add a tax category first", "No tax rates yet")
		b.post("/office/tax/categories", "code", "a b", "title", "x").want(t, http.StatusBadRequest, "tax.category_invalid", `id="category-code-error"`)
		b.post("/office/tax/categories", "code", "food", "title", "").want(t, http.StatusBadRequest, "tax.name_invalid", `id="category-title-error"`)
		b.post("/office/tax/categories", "code", "food", "title", "Food "+hostile).want(t, http.StatusOK, "No rate: default")
		b.post("/office/tax", "category", "food", "name", "VAT", "rate", "900").want(t, http.StatusBadRequest, "tax.rate_invalid", `id="rate-error"`)
		b.post("/office/tax", "category", "food", "name", "VAT", "rate", "13").want(t, http.StatusOK, "13\u00a0%", "In force")
		b.post("/office/tax", "category", "food", "name", "VAT", "rate", "9").want(t, http.StatusConflict, "tax.rate_taken", `id="from-error"`)
		b.post("/office/tax", "category", "food", "name", "VAT", "rate", "9", "shop", id.New(1).String(), "from", "2026-01-01").want(t, http.StatusNotFound, "tenant.shop_not_found")
		b.post("/office/tax", "category", "food", "name", "Later", "rate", "9", "from", "2099-01-01", "until", "2098-01-01").want(t, http.StatusBadRequest, "tax.validity_invalid", `id="until-error"`)
		b.post("/office/tax", "category", "food", "name", "Later", "rate", "9", "from", "2099-01-01", "shop", s.shop.ID.String()).want(t, http.StatusOK, "9\u00a0%", "Later")

		// What 113.00 contains: 13.00 today, 9.33 when the later rate holds.
		b.get("/office/tax?amount=113").want(t, http.StatusOK, "¥100.00", "¥13.00")
		b.get("/office/tax?amount=113&on=2099-06-01").want(t, http.StatusOK, "¥103.67", "¥9.33")
		b.get("/office/tax?amount=1.234").want(t, http.StatusOK, `id="preview-amount-error"`)

		rates, err := tax.ListRates(context.Background(), s.db, s.m.ID)
		if err != nil || len(rates) != 2 {
			t.Fatal(rates, err)
		}
		edit := "/office/tax?rate=" + rates[1].ID.String()
		v := fieldsOf(t, b.get(edit).body, "/office/tax")
		if v.Get("rate") != "13" || v.Get("name") != "VAT" {
			t.Fatal(v)
		}
		v.Set("rate", "6.5")
		v.Set("shop", "")
		b.postForm("/office/tax", v).want(t, http.StatusOK, "6.5\u00a0%")
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range []string{"/office/tax", edit, "/office/tax?amount=x", "/office/catalog/new", "/office/catalog/" + s.skus["oil"].ID.String()} {
				checkPage(t, lang+" "+path, b.get(path).want(t, http.StatusOK).body, lang)
			}
		}
		b.lang = "en"

		oil := "/office/catalog/" + s.skus["oil"].ID.String()
		v = fieldsOf(t, b.get(oil).body, oil)
		v.Set("tax_category", "none")
		b.postForm(oil, v).want(t, http.StatusNotFound, "tax.category_not_found", `id="tax_category-error"`)
		v.Set("tax_category", "food")
		b.postForm(oil, v).want(t, http.StatusOK, "Saved")
		if got, err := catalog.Get(context.Background(), s.db, s.m.ID, s.skus["oil"].ID); err != nil || got.TaxCategory != "food" {
			t.Fatal(got, err)
		}
		b.post("/office/tax/categories", "code", "food", "title", "Food", "archived", "true").want(t, http.StatusOK)
		if page := b.get("/office/catalog/new").body; strings.Contains(page, `value="food"`) {
			t.Error("an archived category is offered")
		}
		if v := fieldsOf(t, b.get(oil).body, oil); v.Get("tax_category") != "food" {
			t.Error("a SKU has lost its archived category", v)
		}
		remove := "/office/tax/" + rates[0].ID.String() + "/remove"
		b.post(remove).want(t, http.StatusOK, "past sales keep it")
		b.post(remove).want(t, http.StatusNotFound, "tax.rate_not_found")
		s.signIn("wang").get("/office/tax").want(t, http.StatusForbidden)
	})
}

func TestPunchPlanPages(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		cut := "service." + s.skus["cut"].ID.String()
		b.get("/office/plans").want(t, http.StatusOK, "No punch plans yet")
		b.post("/office/plans/new", "name", "x", "price", "10", "visits", "1").want(t, http.StatusBadRequest, "catalog.plan_services_invalid")
		b.post("/office/plans/new", "name", "x", "price", "1.234", "visits", "1", cut, "true").want(t, http.StatusBadRequest, "money.malformed", `id="price-error"`)
		b.post("/office/plans/new", "name", "x", "price", "10", "visits", "0", cut, "true").want(t, http.StatusBadRequest, "catalog.plan_invalid", `id="visits-error"`)
		got := b.post("/office/plans/new", "name", "Cut x10 "+hostile, "price", "1,000", "visits", "10", "free_visits", "2", "valid_days", "365", "shareable", "true", cut, "true")
		got.want(t, http.StatusOK, "10 + 2", "¥1,000.00", "¥83.33", "365 days", "can be sold now", "Family")
		path := regexp.MustCompile(`/office/plans/[0-9a-f-]{36}`).FindString(got.body)
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, p := range []string{"/office/plans", "/office/plans?archived=true", "/office/plans/new", path} {
				checkPage(t, lang+" "+p, b.get(p).want(t, http.StatusOK).body, lang)
			}
		}
		b.lang = "en"
		v := fieldsOf(t, b.get(path).body, path)
		stale := v.Get("seen")
		v.Set("price", "900")
		b.postForm(path, v).want(t, http.StatusOK, "¥75.00", "Saved")
		v.Set("seen", stale)
		b.postForm(path, v).want(t, http.StatusConflict, "catalog.stale")
		u, err := id.Parse(strings.TrimPrefix(path, "/office/plans/"))
		if err != nil {
			t.Fatal(err)
		}
		if plan, err := catalog.GetPlan(context.Background(), s.db, s.m.ID, u); err != nil || plan.Price != 90000 || !plan.Shareable || !plan.Covers(s.skus["cut"].ID) {
			t.Fatal(plan, err)
		}
		b.post(path+"/archive", "archived", "true").want(t, http.StatusOK)
		b.get("/office/plans").want(t, http.StatusOK, "No punch plans yet")
		b.get("/office/plans?archived=true").want(t, http.StatusOK, "Archived")
		b.post(path+"/archive", "archived", "false").want(t, http.StatusOK)
		b.get("/office/plans/"+id.New(1).String()).want(t, http.StatusNotFound, "catalog.plan_not_found")
		s.signIn("wang").get("/office/plans").want(t, http.StatusForbidden)
	})
}
