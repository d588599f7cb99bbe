package tour

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules"
)

// TestTheBrokenRuleIsStopped: the module is a rule that the host accepts, and
// whose call ends without an answer.
func TestTheBrokenRuleIsStopped(t *testing.T) {
	b, err := BrokenBundle()
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	h, err := rules.New(ctx, rules.Options{CacheDir: t.TempDir(), Load: func(string) ([]byte, error) { return b.Module(), nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(ctx) //nolint:errcheck // the test is over
	config, err := b.CheckConfig([]byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	in := promotion.Input{Hook: promotion.HookBenefit, Lines: []promotion.LineView{{ID: 1, Kind: promotion.KindGoods, SKU: "A", Quantity: 1000, Unit: 10000, Gross: 100, Net: 100}}}
	in.Currency.Code, in.Currency.Digits = "CNY", 2
	if a, err := h.Evaluate(ctx, b.Ref(config, 0), &in); !errors.Is(err, rules.ErrOutOfFuel) {
		t.Errorf("%+v %v, want %s", a, err, rules.ErrOutOfFuel.Reason)
	}
}

// still is a tour without a shop behind it, all roles begun.
func still() *Tour {
	t := &Tour{state: map[string]*progress{}, o: Options{Merchants: map[string]Merchant{"retail": {Scans: []Scan{{"111", "a"}, {"222", "b"}, {"333", "c"}}, Member: Scan{"138", "m"}}}}}
	for _, r := range roles {
		t.state[r.key] = &progress{since: 1, done: map[string]bool{}, scans: map[string]bool{}}
	}
	return t
}

func TestObserve(t *testing.T) {
	tr := still()
	status := http.StatusOK
	var body string
	h := tr.Observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		body = string(b)
		w.WriteHeader(status)
	}))
	ask := func(role, method, path string, form url.Values) {
		r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		r.AddCookie(&http.Cookie{Name: roleCookie, Value: role})
		h.ServeHTTP(httptest.NewRecorder(), r)
		if body != form.Encode() {
			t.Errorf("%s %s: the body became %q", method, path, body)
		}
	}
	check := func(role, step string, want bool) {
		t.Helper()
		if tr.has(role, step) != want {
			t.Errorf("%s.%s is %v, want %v", role, step, !want, want)
		}
	}
	for _, code := range []string{"111", "111", "222"} { // twice the same is one
		ask("cashier", "POST", "/pos/1", url.Values{"code": {code}})
	}
	check("cashier", "scan", false)
	status = http.StatusConflict
	ask("cashier", "POST", "/pos/1", url.Values{"code": {"333"}})
	check("cashier", "scan", false) // it was refused
	status = http.StatusOK
	ask("owner", "POST", "/pos/1", url.Values{"code": {"333"}})
	check("cashier", "scan", false) // somebody else
	ask("cashier", "POST", "/pos/1", url.Values{"code": {"333"}, "do": {"code"}})
	check("cashier", "scan", true)
	check("cashier", "member", false)
	ask("cashier", "POST", "/pos/1", url.Values{"code": {"138"}})
	check("cashier", "member", true)
	ask("cashier", "GET", "/pos/1/sales", nil)
	check("cashier", "paper", false)
	ask("cashier", "GET", "/pos/1/sales/2", nil)
	check("cashier", "paper", true)
	ask("owner", "GET", "/office/proof", nil)
	check("owner", "prove", false) // opened, not proved
	ask("owner", "POST", "/office/proof", url.Values{"x": {strings.Repeat("y", 2*maxForm)}})
	check("owner", "prove", true)
	ask("reseller", "GET", "/office", nil)
	check("reseller", "look", true)
	check("reseller", "brand", false) // nothing was switched
	tr.tick("reseller", "switch")
	ask("reseller", "GET", "/office", nil)
	check("reseller", "brand", true)

	tr.state["vendor"].since = 0
	ask("vendor", "GET", "/office/devices", nil)
	check("vendor", "devices", false) // nobody has chosen the role
}

// TestAlso: what stands beside the steps leads to what a role may see.
func TestAlso(t *testing.T) {
	m := Merchant{Edition: "retail", APIKey: "sw_key", GiftCard: Scan{"6688", "gift card"}}
	page := func(key string, m Merchant) string {
		v := &view{Page: &shell.Page{Ctx: ui.Ctx{Translate: func(key string, _ map[string]any) string { return key }, Locale: "en"}}, role: roleOf(key), m: m, host: "shop.test"}
		var b strings.Builder
		if err := alsoCard(v).Render(context.Background(), &b); err != nil {
			t.Fatal(key, err)
		}
		return b.String()
	}
	for key, wants := range map[string][]string{
		"cashier": {"tour.also.cashier", "gift card", "6688"}, "owner": {"tour.also.owner", `href="/office/liabilities"`, `href="/office/proof"`},
		"integrator": {"tour.also.integrator", "Bearer sw_key", "http://shop.test/api/v1/refund-requests"},
	} {
		for _, want := range wants {
			if got := page(key, m); !strings.Contains(got, want) {
				t.Errorf("%s: no %s in %s", key, want, got)
			}
		}
	}
	if got := page("vendor", m) + page("reseller", m) + page("cashier", Merchant{}); got != "" {
		t.Errorf("there is nothing to show: %s", got)
	}
}

// TestEveryStepHasItsWords: five steps a role, each with a title and a text in
// every language.
func TestEveryStepHasItsWords(t *testing.T) {
	for _, tag := range i18n.Tags() {
		l := i18n.Must(tag)
		for _, r := range roles {
			keys := []string{"tour.role." + r.key, "tour.role." + r.key + ".text", "tour.be." + r.key, "tour.trade." + r.edition}
			for _, s := range r.steps {
				keys = append(keys, "tour."+r.key+"."+s, "tour."+r.key+"."+s+".text")
			}
			for _, k := range keys {
				if !l.Has(k) {
					t.Errorf("%s has no %s", tag, k)
				}
			}
			for _, k := range []string{"tour.also", "tour.also.cashier", "tour.also.owner", "tour.also.integrator", "tour.also.liabilities", "tour.also.proof"} {
				if !l.Has(k) {
					t.Errorf("%s has no %s", tag, k)
				}
			}
			if len(r.steps) != 5 {
				t.Errorf("%s has %d steps", r.key, len(r.steps))
			}
		}
	}
}
