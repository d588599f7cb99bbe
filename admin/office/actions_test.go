package office_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/stock"
)

// want fails the test where the page is not as expected.
func (a answer) want(t *testing.T, status int, texts ...string) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d instead of %d at %s: %s", a.status, status, a.path, textOf(t, a.body))
	}
	for _, s := range texts {
		if !strings.Contains(a.body, s) {
			t.Errorf("%s does not say %q: %s", a.path, s, textOf(t, a.body))
		}
	}
	return a
}

func (s *shop) proven() {
	s.t.Helper()
	p, err := report.Prove(context.Background(), s.db, s.m)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range p.Differences {
		s.t.Errorf("the books do not prove: %+v", d)
	}
}

// audited answers how many records of an action there are.
func (s *shop) audited(action string) int {
	s.t.Helper()
	items, _, err := auth.ListAudit(context.Background(), s.db, s.m.ID, auth.AuditFilter{Action: action}, db.Page{Limit: 200})
	if err != nil {
		s.t.Fatal(err)
	}
	return len(items)
}

// fields answers what a form would send as it is shown: the form whose action is
// given, with its controls' values.
func fieldsOf(t *testing.T, body, action string) url.Values {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var out url.Values
	var walk func(n *html.Node, in bool)
	walk = func(n *html.Node, in bool) {
		if n.Type == html.ElementNode {
			if a, _ := attr(n, "action"); n.Data == "form" && a == action {
				in, out = true, url.Values{}
			}
			name, _ := attr(n, "name")
			if in && name != "" {
				value, _ := attr(n, "value")
				kind, _ := attr(n, "type")
				_, checked := attr(n, "checked")
				switch {
				case n.Data == "input" && (kind != "checkbox" || checked):
					out.Add(name, value)
				case n.Data == "textarea":
					out.Add(name, strings.TrimPrefix(allText(n), "\n"))
				case n.Data == "select":
					out.Add(name, selected(n))
				}
			}
		}
		if n.Data == "template" {
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, in)
		}
		if n.Data == "form" && in {
			in = false
		}
	}
	walk(doc, false)
	if out == nil {
		t.Fatalf("no form for %s", action)
	}
	return out
}

func selected(n *html.Node) string {
	first, some := "", false
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Data != "option" {
			continue
		}
		v, _ := attr(c, "value")
		if !some { // "" too: that is what a browser takes
			first, some = v, true
		}
		if _, on := attr(c, "selected"); on {
			return v
		}
	}
	return first
}

func TestMembersAreEnrolledAndChanged(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("manager")
		b.post("/office/members/new", "name", "", "phone", "13911112222").want(t, http.StatusBadRequest, "member.name_required", `value="13911112222"`)
		b.post("/office/members/new", "name", "Zhao", "phone", "138 0000 0001").want(t, http.StatusConflict, "member.phone_taken", `id="phone-error"`)
		made := b.post("/office/members/new", "name", "Zhao Min", "phone", "13911112222", "birthday", "1991-02-03", "card", "C-77").want(t, http.StatusOK, "Zhao Min", "is enrolled")
		edit := made.path + "/edit"
		v := fieldsOf(t, b.get(edit).body, edit)
		v.Set("name", "Zhao Minmin")
		b.postForm(edit, v).want(t, http.StatusOK, "Zhao Minmin")
		b.postForm(edit, v).want(t, http.StatusConflict, "member.version_stale") // somebody changed it meanwhile: the form is old now
		b.post(made.path+"/status", "status", "frozen").want(t, http.StatusOK, "Frozen")
		b.post(made.path+"/cards", "card", "C-000001").want(t, http.StatusConflict, "member.card_taken")
		b.post(made.path+"/cards", "do", "block", "card", "C-77").want(t, http.StatusOK, "Lost")
		b.post(made.path+"/tier/set", "tier", "gold", "reason", "a good client").want(t, http.StatusOK, "Gold", "a good client")
		b.post(made.path+"/erase").want(t, http.StatusForbidden)
		s.signIn("owner").post(made.path+"/erase").want(t, http.StatusOK, "(erased)")
		for action, n := range map[string]int{"member.created": 1, "member.updated": 1, "member.status_set": 1, "member.card_blocked": 1, "member.tier_set": 1, "member.erased": 1} {
			if got := s.audited(action); got != n {
				t.Errorf("%d records of %s", got, action)
			}
		}
	})
}

func TestRefundAndVoid(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("manager")
		sold := s.sales[4]
		page := "/office/sales/" + sold.ID.String()
		b.get(page).want(t, http.StatusOK, page+"/refund")
		v := fieldsOf(t, b.get(page+"/refund").body, page+"/refund")
		line := "line:" + sold.Lines[1].ID.String()
		b.postForm(page+"/refund", v).want(t, http.StatusBadRequest, "checkout.empty_basket")
		v.Set(line, "x")
		v.Set("reason", "colour reaction")
		b.postForm(page+"/refund", v).want(t, http.StatusBadRequest, "money.malformed", `value="x"`)
		v.Set(line, "2")
		b.postForm(page+"/refund", v).want(t, http.StatusConflict, "sale.refund_exceeds_rest")
		v.Set(line, "1")
		v.Set("reason", "")
		b.postForm(page+"/refund", v).want(t, http.StatusBadRequest, "checkout.reason_required", `id="reason-error"`)
		v.Set("reason", "colour reaction")
		v = s.workedOut(b, page, v)
		first := b.postForm(page+"/refund", v).want(t, http.StatusOK, "Refunded with", "colour reaction")
		again := b.postForm(page+"/refund", v).want(t, http.StatusOK)
		if first.path != again.path {
			t.Errorf("the same form was booked twice: %s and %s", first.path, again.path)
		}
		v = fieldsOf(t, b.get(page+"/refund").body, page+"/refund")
		v.Set("all", "true")
		v.Set("reason", "the rest")
		b.postForm(page+"/refund", s.workedOut(b, page, v)).want(t, http.StatusOK, "Refunded with")
		if got := b.get(page); strings.Contains(got.body, page+"/refund") {
			t.Error("a sale that was taken back whole still offers a refund")
		}
		// void, within the shift
		last := "/office/sales/" + s.sales[6].ID.String()
		b.post(last+"/void").want(t, http.StatusBadRequest, "checkout.reason_required")
		b.post(last+"/void", "reason", "wrong item", "key", "k1").want(t, http.StatusOK, "Reversed with", "Void")
		if n := s.audited("sale.refunded"); n < 2 {
			t.Errorf("%d refunds were audited", n)
		}
		s.proven()
	})
}

// TestPacksTakeEffectAtTheNextQuote: toggle, settings, history and the way back.
func TestPacksTakeEffectAtTheNextQuote(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		quote := func() money.Amount {
			t.Helper()
			q, err := s.desk.Quote(context.Background(), checkout.Basket{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.register.ID, Member: s.members[0],
				Lines: []checkout.LineIn{{SKU: s.skus["colour"].ID, Quantity: money.One}}})
			if err != nil {
				t.Fatal(err)
			}
			return q.Total
		}
		const page = "/office/packs/salon"
		before := quote() // birthday month: 20 % off
		if before != 310_40 {
			t.Fatalf("the quote is %d", before)
		}
		v := fieldsOf(t, b.get(page).body, page)
		v.Set("/birthday_percent", "many")
		b.postForm(page, v).want(t, http.StatusBadRequest, "ui.field_not_a_number", `value="many"`)
		v.Set("/birthday_percent", "500")
		b.postForm(page, v).want(t, http.StatusBadRequest)
		if quote() != before {
			t.Fatal("a refused form changed the price")
		}
		v.Set("/birthday_percent", "50")
		v.Set("pack.reason", "birthday week")
		b.postForm(page, v).want(t, http.StatusOK, "from the next quote", "birthday week", "birthday_percent")
		if got := quote(); got != 194_00 {
			t.Errorf("after the change the quote is %d", got)
		}
		record := regexp.MustCompile(`name="record" value="([0-9a-f-]{36})"`).FindStringSubmatch(b.get(page).body)
		if record == nil {
			t.Fatal("the history offers no way back")
		}
		b.post(page+"/back", "record", record[1]).want(t, http.StatusOK, "As it was on")
		if got := quote(); got != before {
			t.Errorf("after going back the quote is %d", got)
		}
		b.post(page+"/toggle", "enabled", "false").want(t, http.StatusOK, "is off from the next quote")
		if got := quote(); got != 388_00 {
			t.Errorf("without the pack the quote is %d", got)
		}
		b.post(page+"/toggle", "enabled", "true", "from", "pack").want(t, http.StatusOK, "is on from the next quote")
		if got := quote(); got != before {
			t.Errorf("switched on again the quote is %d", got)
		}
		b.post(page+"/back", "record", s.members[0].String()).want(t, http.StatusNotFound)
		b.get("/office/packs/nothing").want(t, http.StatusNotFound)
		if n, back := s.audited("pack.set"), s.audited("pack.rolled_back"); n != 3 || back != 1 {
			t.Errorf("%d records, %d of going back", n, back)
		}
	})
}

func TestEditionChangesNameColoursAndWordsAtOnce(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		b.get("/office/members").want(t, http.StatusOK, "Clients", "Shopwright Salon")
		css := b.get("/edition.css").want(t, http.StatusOK, "--brand:#8d2b5e")
		b.post("/office/edition", "edition", "retail").want(t, http.StatusOK, "Shopwright Retail")
		b.get("/office/members").want(t, http.StatusOK, "Members", "Shopwright Retail")
		if now := b.get("/edition.css").want(t, http.StatusOK); now.body == css.body {
			t.Error("the colours are the old ones")
		}
		b.get("/edition/logo/retail").want(t, http.StatusOK, "<svg")
		b.post("/office/edition", "edition", "../secret").want(t, http.StatusNotFound, "edition.unknown")
		b.lang = "zh-Hans"
		b.get("/office/members").want(t, http.StatusOK, "会员", `lang="zh-Hans"`)
	})
}

func TestCatalogueAndStock(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("manager")
		b.post("/office/catalog/new", "name", "Comb", "code", "comb", "unit_price", "12,5x", "kind", "goods").want(t, http.StatusBadRequest, "money.malformed", `id="unit_price-error"`)
		b.post("/office/catalog/new", "name", "Comb", "code", "comb", "unit_price", "12.50", "kind", "goods", "barcodes", "6901234567892").want(t, http.StatusConflict, "catalog.barcode_taken")
		made := b.post("/office/catalog/new", "name", "Comb", "code", "comb", "unit_price", "12.50", "kind", "goods", "stocked", "true", "barcodes", "6901234567908").want(t, http.StatusOK, "Comb")
		b.post(made.path+"/stock", "kind", "goods_receipt", "quantity", "8", "reason", "delivery").want(t, http.StatusOK, "Booked", "+8")
		b.post(made.path+"/stock", "kind", "waste", "quantity", "9", "reason", "broken").want(t, http.StatusConflict, "stock.insufficient")
		b.post(made.path+"/stock", "kind", "count", "quantity", "5", "reason", "stock take").want(t, http.StatusOK, "\u22123")
		b.post(made.path+"/low", "low_at", "6").want(t, http.StatusOK)
		b.get("/office/stock?low=true").want(t, http.StatusOK, "Comb")
		v := fieldsOf(t, b.get(made.path).body, made.path)
		v.Set("unit_price", "13")
		b.postForm(made.path, v).want(t, http.StatusOK, `value="13.00"`)
		b.postForm(made.path, v).want(t, http.StatusConflict, "catalog.stale")
		b.post(made.path+"/archive", "archived", "true").want(t, http.StatusOK, "Take back into sale")
		levels, err := stock.List(context.Background(), s.db, s.m.ID, stock.Floor(s.m.ID, s.shop.ID), true, db.Page{Limit: 200})
		if err != nil || len(levels) == 0 {
			t.Fatal(levels, err)
		}
		s.proven()
	})
}

func TestStaffKeysAndRoles(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		owner := s.signIn("owner")
		owner.post("/office/staff/new", "name", "Mei", "login", "mei", "role", "cashier", "password", "short").want(t, http.StatusBadRequest, "auth.weak_password")
		owner.post("/office/staff/new", "name", "Mei", "login", "wang", "role", "cashier").want(t, http.StatusConflict, "auth.login_taken", `id="login-error"`)
		made := owner.post("/office/staff/new", "name", "Mei", "login", "mei", "role", "cashier", "level", "junior", "password", password).want(t, http.StatusOK, "mei@lily")
		mei := s.signIn("mei")
		mei.get("/office").want(t, http.StatusOK, "Li Na") // a cashier's office is the members' desk
		for _, path := range []string{"/office/sales", "/office/packs", "/office/staff", "/office/audit", "/office/proof", "/office/settings", "/office/keys", "/office/devices", "/office/edition"} {
			mei.get(path).want(t, http.StatusForbidden, "auth.denied")
		}
		mei.post("/office/packs/salon/toggle", "enabled", "false").want(t, http.StatusForbidden)
		s.signIn("manager").post("/office/staff/new", "name", "X", "login", "x", "role", "owner").want(t, http.StatusForbidden, "auth.role_too_high")
		owner.post(made.path+"/active", "active", "false").want(t, http.StatusOK, "Let sign in again")
		mei.get("/office/members").want(t, http.StatusOK, `name="password"`) // the session has ended

		got := owner.post("/office/keys", "name", "mall", "role", "manager").want(t, http.StatusOK, "swk_")
		secret := regexp.MustCompile(`swk_[A-Za-z0-9_-]+`).FindString(got.body)
		if again := owner.get("/office/keys"); strings.Contains(again.body, secret) {
			t.Error("the secret is shown a second time")
		}
		revoke := regexp.MustCompile(`/office/keys/[0-9a-f-]{36}/revoke`).FindString(got.body)
		owner.post(revoke).want(t, http.StatusOK, "no longer opens anything", "Revoked")
		owner.post(revoke).want(t, http.StatusNotFound, "auth.key_not_found")
	})
}

func TestShiftsCouponsSettingsDevices(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		shift := "/office/shifts/" + s.sales[0].Shift.String()
		b.post(shift+"/close").want(t, http.StatusBadRequest, "till.bad_amount")
		b.post(shift+"/cash", "direction", "out", "amount", "20", "reason", "").want(t, http.StatusBadRequest, "till.reason_required")
		b.post(shift+"/cash", "direction", "out", "amount", "20", "reason", "stamps").want(t, http.StatusOK)
		b.post(shift+"/close", "counted_cash", "1,000.00").want(t, http.StatusOK, "Z report", "The shift is closed")
		b.post(shift+"/close", "counted_cash", "1").want(t, http.StatusConflict, "till.shift_closed")
		b.post("/office/shifts", "register", s.register.ID.String(), "float", "200").want(t, http.StatusOK, "¥200.00")
		b.post("/office/shifts", "register", s.register.ID.String(), "float", "200").want(t, http.StatusConflict, "till.shift_already_open")

		b.post("/office/coupons/new", "name", "Half", "kind", "percent", "rate", "150", "uses", "1").want(t, http.StatusBadRequest, "coupon.bad_definition")
		b.post("/office/coupons/new", "name", "Free oil", "kind", "product", "sku_id", "6901234567892", "uses", "1").want(t, http.StatusOK, "Free oil", "oil free")
		def := fieldsOf(t, b.get("/office/coupons").body, "/office/coupons/issue").Get("definition")
		b.post("/office/coupons/issue", "definition", def, "member", "nobody at all").want(t, http.StatusNotFound, "member.not_found")
		b.post("/office/coupons/issue", "definition", def, "member", "13800000001", "code", "free-1").want(t, http.StatusOK, "FREE-1")
		b.post("/office/coupons/issue", "definition", def, "code", "free-1").want(t, http.StatusConflict, "coupon.code_taken")

		v := fieldsOf(t, b.get("/office/settings?of=shop").body, "/office/settings?of=shop")
		v.Set("tax.rate", "6")
		v.Set("tax.name", "VAT")
		v.Set("till.strict_shift", "true")
		b.postForm("/office/settings?of=shop", v).want(t, http.StatusOK, "Set here", `value="VAT"`)
		values, err := setting.All(context.Background(), s.db, s.m.ID, s.shop.ID, s.register.ID)
		if err != nil || setting.TaxRate.In(values) != 60_000 || !setting.StrictShift.In(values) {
			t.Errorf("%+v %v", values, err)
		}
		v.Set("tax.rate", "600")
		b.postForm("/office/settings?of=shop", v).want(t, http.StatusBadRequest, "setting.bad_value", `id="tax-rate-error"`)

		printer := "/office/devices/" + s.printer.String()
		b.post(printer+"/test").want(t, http.StatusOK, "A test page was sent")
		b.post(printer+"/kill").want(t, http.StatusOK)
		if len(s.devices.asked) != 2 {
			t.Errorf("asked of the host: %v", s.devices.asked)
		}
		jobs, _, err := device.ListJobs(context.Background(), s.db, s.m.ID, device.JobFilter{Sale: s.sales[4].ID}, db.Page{})
		if err != nil || len(jobs) != 1 {
			t.Fatal(jobs, err)
		}
		b.post("/office/sales/"+s.sales[4].ID.String()+"/print").want(t, http.StatusOK, "duplicate is on its way")
		jobs, _, err = device.ListJobs(context.Background(), s.db, s.m.ID, device.JobFilter{Sale: s.sales[4].ID}, db.Page{})
		if err != nil || len(jobs) != 2 || jobs[0].Attempt != 2 {
			t.Errorf("%+v %v", jobs, err)
		}
		b.post("/office/proof").want(t, http.StatusOK, "Everything follows from its entries")
	})
}

func TestNothingOfAnotherMerchant(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		other := newShopBeside(t, s)
		b := s.signIn("owner")
		for _, path := range []string{"/office/members/" + other.members[0].String(), "/office/sales/" + other.sales[0].ID.String(), "/office/sales/" + other.sales[0].ID.String() + "/why", "/office/catalog/" + other.skus["oil"].ID.String(),
			"/office/staff/" + other.stylist.String(), "/office/devices/" + other.printer.String(), "/office/shifts/" + other.sales[0].Shift.String()} {
			b.get(path).want(t, http.StatusNotFound)
		}
		b.post("/office/sales/"+other.sales[4].ID.String()+"/refund", "all", "true", "reason", "x").want(t, http.StatusNotFound)
		b.get("/office/sales/not-an-id").want(t, http.StatusNotFound)
		b.get("/office/nowhere").want(t, http.StatusNotFound)
		if got := b.get("/office/sales?after=zzz"); got.status != http.StatusBadRequest {
			t.Errorf("a bad cursor: %d", got.status)
		}
		if back, err := sale.List(context.Background(), s.db, other.m.ID, sale.Filter{Kind: sale.KindRefund}, db.Page{}); err != nil || len(back) != 1 {
			t.Errorf("%d refunds %v", len(back), err)
		}
	})
}
