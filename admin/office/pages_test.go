package office_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/i18n"
)

// pages are the addresses of everything that can be looked at.
func (s *shop) pages() []string {
	sold := "/office/sales/" + s.sales[4].ID.String()
	last := len(s.sales) - 1
	who := "/office/members/" + s.members[1].String()
	return append(s.trialPages(), []string{
		who + "/wallet", who + "/tier", who + "/statement", who + "/cash-out", "/office/cards", "/office/cards/new", "/office/gift-cards", "/office/gifts", "/office/gifts/new", "/office/tiers", "/office/campaigns", "/office/campaigns/draws", who + "/campaign",
		"/office/liabilities", "/office/days", "/office/days/2026-05-18", "/office/statement", "/office/tax", "/office/plans", "/office/plans/new", "/office/refund-requests", sold + "/refund",
		"/office/commission", "/office/commission/plans", "/office/commission/plans/new", "/office/commission/settlements",
		"/office", "/office/members", "/office/members?q=欧阳", "/office/members?q=nobody", "/office/members/new", "/office/members/" + s.members[0].String(), "/office/members/" + s.members[1].String(),
		"/office/members/" + s.members[2].String(), "/office/members/" + s.members[1].String() + "/edit", "/office/catalog", "/office/catalog?q=oil", "/office/catalog?q=6901234567892", "/office/catalog/new",
		"/office/catalog/" + s.skus["oil"].ID.String(), "/office/catalog/" + s.skus["xss"].ID.String(), "/office/catalog/" + s.skus["cut"].ID.String(), "/office/stock", "/office/stock?low=true",
		"/office/sales", "/office/sales?from=2026-05-18&to=2026-05-30&kind=refund", "/office/sales?member=" + s.members[1].String(), sold, sold + "/why",
		"/office/sales/" + s.sales[3].ID.String(), "/office/sales/" + s.sales[3].ID.String() + "/why", "/office/sales/" + s.sales[last].ID.String(), "/office/packs", "/office/packs/salon", "/office/packs/retail", "/office/packs/catering",
		"/office/packs/salon/versions", "/office/packs/salon/meet", "/office/packs/retail/meet?priority=7", "/office/packs/salon/preview", "/office/packs/salon/preview?sku=oil&quantity=2&sku=colour&member=13800000001", "/office/packs/-/keys", "/office/packs/-/install",
		"/office/devices", "/office/devices/new", "/office/devices/" + s.printer.String(), "/office/staff", "/office/staff/new", "/office/staff/" + s.stylist.String(), "/office/shifts", "/office/shifts/" + s.sales[0].Shift.String(),
		"/office/proof", "/office/coupons", "/office/coupons/new", "/office/settings", "/office/settings?of=shop", "/office/settings/receipts", "/office/stations", "/office/catalog/labels", "/office/catalog/labels?q=oil", "/office/edition", "/office/edition?look=retail", "/office/audit", "/office/audit?action=staff.", "/office/keys",
	}...)
}

func TestEveryPageInEveryLanguage(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range s.pages() {
				got := b.get(path)
				if got.status != http.StatusOK {
					t.Errorf("%s %s: %d %s", lang, path, got.status, textOf(t, got.body))
					continue
				}
				checkPage(t, lang+" "+path, got.body, lang)
			}
		}
	})
}

// key looks like a key of the catalogue that was shown instead of its text.
var key = regexp.MustCompile(`\b(office|shell|ui|setting|tender|device|promotion|term|receipt|auth|member|catalog|stock|coupon|till|checkout|pack|edition)\.[a-z_]+(\.[a-z_]+)*\b`)

func checkPage(t *testing.T, name, body, lang string) {
	t.Helper()
	if strings.Contains(body, "<script>alert") {
		t.Errorf("%s: a name became markup", name)
	}
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	v := &looker{t: t, name: name, ids: map[string]int{}, labels: map[string]bool{}}
	v.walk(doc, false)
	if v.h1 != 1 {
		t.Errorf("%s: %d main headings", name, v.h1)
	}
	if v.lang != lang {
		t.Errorf("%s: the page says it is in %q", name, v.lang)
	}
	for id, n := range v.ids {
		if n > 1 {
			t.Errorf("%s: id %q %d times", name, id, n)
		}
	}
	for _, c := range v.controls {
		if !v.labels[c] {
			t.Errorf("%s: the control %q has no label", name, c)
		}
	}
	for _, r := range v.refs {
		if v.ids[r] == 0 {
			t.Errorf("%s: something names %q, which is nowhere", name, r)
		}
	}
}

type looker struct {
	t              *testing.T
	name, lang     string
	h1             int
	ids            map[string]int
	labels         map[string]bool
	controls, refs []string
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func (v *looker) walk(n *html.Node, code bool) {
	if n.Type == html.TextNode && !code {
		if k := key.FindString(n.Data); k != "" {
			v.t.Errorf("%s: a key is shown: %q", v.name, k)
		}
		if strings.Contains(n.Data, "…") && strings.TrimSpace(n.Data) != "…" && !strings.Contains(n.Data, "Loading") {
			v.t.Errorf("%s: a text lacks an argument: %q", v.name, n.Data)
		}
	}
	if n.Type == html.ElementNode {
		v.element(n)
		code = code || n.Data == "code" || n.Data == "script" || n.Data == "pre"
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		v.walk(c, code)
	}
}

func (v *looker) element(n *html.Node) {
	for _, a := range n.Attr {
		switch {
		case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
			v.t.Errorf("%s: attribute %s=%q", v.name, a.Key, a.Val)
		case a.Key == "id":
			v.ids[a.Val]++
		case a.Key == "aria-describedby" || a.Key == "aria-labelledby":
			v.refs = append(v.refs, strings.Fields(a.Val)...)
		case a.Key == "for":
			v.labels[a.Val] = true
			v.refs = append(v.refs, a.Val)
		case (a.Key == "title" || a.Key == "alt" || a.Key == "placeholder" || a.Key == "aria-label") && key.MatchString(a.Val):
			v.t.Errorf("%s: a key is shown: %q", v.name, a.Val)
		}
	}
	switch n.Data {
	case "h1":
		v.h1++
	case "html":
		v.lang, _ = attr(n, "lang")
	case "style":
		v.t.Errorf("%s: an inline style sheet", v.name)
	case "script":
		if n.FirstChild != nil {
			v.t.Errorf("%s: an inline script", v.name)
		}
	case "img":
		if _, ok := attr(n, "alt"); !ok {
			v.t.Errorf("%s: a picture without alt", v.name)
		}
	case "input", "select", "textarea":
		if kind, _ := attr(n, "type"); kind == "hidden" {
			return
		}
		for p := n.Parent; p != nil; p = p.Parent {
			if p.Data == "label" {
				return
			}
		}
		id, _ := attr(n, "id")
		v.controls = append(v.controls, id)
	case "button":
		if label, _ := attr(n, "aria-label"); label == "" && strings.TrimSpace(allText(n)) == "" {
			v.t.Errorf("%s: a button without a name", v.name)
		}
	}
}

func allText(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(allText(c))
	}
	return b.String()
}

func textOf(t *testing.T, body string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(allText(doc)), " ")
}

var source = regexp.MustCompile(`"((?:office|shell)\.[a-z_]+(?:\.[a-z_]+)*)"`)

// TestEveryKeyHasAText: keys that no page of the test shows, too.
func TestEveryKeyHasAText(t *testing.T) {
	n := 0
	for _, dir := range []string{".", "../shell"} {
		files, err := filepath.Glob(dir + "/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range source.FindAllStringSubmatch(string(b), -1) {
				n++
				if !i18n.Must(i18n.English).Has(m[1]) && !(strings.HasSuffix(m[1], "_") && known(m[1])) {
					t.Errorf("%s: no text for %s", name, m[1])
				}
			}
		}
	}
	if n < 300 {
		t.Fatalf("only %d keys were found: the pattern is broken", n)
	}
}

// known reports whether a text's key begins so: the code completes it with a value.
func known(prefix string) bool {
	b, err := os.ReadFile("../../core/i18n/locales/en.json")
	return err == nil && strings.Contains(string(b), `"`+prefix)
}

// TestANewMerchantHasEmptyPagesNotBrokenOnes: nothing was ever sold, and then not
// even a shop is there.
func TestANewMerchantHasEmptyPagesNotBrokenOnes(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		for handle, shops := range map[string]int{"fresh": 1, "bare": 0} {
			s.newcomer(handle, shops)
			b := (&shop{t: t, db: s.db, srv: s.srv, handle: handle}).signIn("owner")
			for _, path := range []string{"/office", "/office/members", "/office/catalog", "/office/stock", "/office/sales", "/office/coupons", "/office/packs", "/office/packs/retail", "/office/packs/retail/versions", "/office/packs/retail/preview", "/office/packs/-/keys", "/office/devices", "/office/devices/new",
				"/office/staff", "/office/shifts", "/office/proof", "/office/settings", "/office/settings?of=shop", "/office/edition", "/office/audit", "/office/keys"} {
				got := b.get(path)
				if got.status != http.StatusOK {
					t.Errorf("%s %s: %d %s", handle, path, got.status, textOf(t, got.body))
					continue
				}
				checkPage(t, handle+" "+path, got.body, "en")
			}
			b.post("/office/proof").want(t, http.StatusOK, "Everything follows from its entries")
		}
	})
}
