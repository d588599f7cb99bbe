package office_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/i18n"
)

var (
	designLink = regexp.MustCompile(`/office/coupons/design/[0-9a-f-]{36}`)
	batchLink  = regexp.MustCompile(`/office/coupons/batch/[0-9a-f-]{36}`)
	couponLink = regexp.MustCompile(`/office/coupons/one/[0-9a-f-]{36}`)
)

func TestACouponDesignFromItsFormToItsPage(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		shopField := "shop:" + s.shop.ID.String()
		got := b.post("/office/coupons/new", "name", "Night owl", "kind", "cash", "amount", "12", "min_spend", "100", "uses", "2", "per_member", "3", "from_date", "2026-05-01", "until_date", "2026-12-31",
			"slots", "22:00-02:00， 11:00-14:00", "day:5", "true", "day:6", "true", shopField, "true", "issue_limit", "50", "remind_days", "3", "claim_code", "night", "claim_from", "2026-05-01T08:00", "claim_until", "2026-06-01T08:00",
			"claim_limit", "10", "claim_per_member", "1", "personal", "true")
		got.want(t, http.StatusOK, "Night owl", "22:00-02:00, 11:00-14:00", "Friday, Saturday", s.shop.Name, "NIGHT", "12.00 off")
		page := designLink.FindString(got.body)
		form := fieldsOf(t, b.get(page+"/edit").body, page+"/edit")
		for name, want := range map[string]string{"amount": "12.00", "min_spend": "100.00", "uses": "2", "per_member": "3", "slots": "22:00-02:00, 11:00-14:00", "day:5": "true", "day:1": "", shopField: "true", "claim_code": "NIGHT",
			"claim_from": "2026-05-01T08:00", "claim_until": "2026-06-01T08:00", "from_date": "2026-05-01", "until_date": "2026-12-31", "personal": "true", "remind_days": "3"} {
			if form.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, form.Get(name), want)
			}
		}
		form.Set("category", "") // the choice of all, which a browser sends as it stands
		var pairs []string
		for name := range form {
			pairs = append(pairs, name, form.Get(name))
		}
		b.post(page+"/edit", pairs...).want(t, http.StatusOK, "Night owl is changed")
		if got := b.get(page).body; !regexp.MustCompile(`Version of the terms</dt>\s*<dd>\s*1\s*</dd>`).MatchString(got) {
			t.Error("what was sent back as it was became another version", textOf(t, got))
		}
		for field, wrong := range map[string]string{"slots": "25:00-26:00", "uses": "many", "claim_from": "soon", "until_date": "2026-01-01"} {
			form := fieldsOf(t, b.get(page+"/edit").body, page+"/edit")
			form.Set(field, wrong)
			var pairs []string
			for name := range form {
				pairs = append(pairs, name, form.Get(name))
			}
			got := b.post(page+"/edit", pairs...).want(t, http.StatusBadRequest, "coupon.bad_definition", wrong)
			checkPage(t, "a wrong "+field, got.body, "en")
		}
		b.post(page+"/archive", "archived", "true").want(t, http.StatusOK, "was ended")
		b.get("/office/coupons?archived=true").want(t, http.StatusOK, "Night owl")
		b.post(page+"/archive", "archived", "false").want(t, http.StatusOK, "can be issued again")
		if s.audited("coupon.defined") != 1 || s.audited("coupon.definition_changed") != 1 || s.audited("coupon.archived") != 1 || s.audited("coupon.restored") != 1 {
			t.Error("not all of it is in the audit log")
		}
		b.get("/office/coupons/design/00000000-0000-7000-8000-000000000001").want(t, http.StatusNotFound)
	})
}

func TestCouponsAreIssuedManyAtOnceGivenAndMadeVoid(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		page := designLink.FindString(b.get("/office/coupons").body)
		made := b.post(page+"/batch", "count", "3", "prefix", "sp-", "note", "spring", "until", "2026-12-31").want(t, http.StatusOK, "SP-", "spring", "3 / 3")
		batch := batchLink.FindString(made.body)
		if csv := b.get(batch + "/codes.csv"); csv.status != http.StatusOK || strings.Count(csv.body, "\nSP-") != 3 {
			t.Error(csv.body)
		}
		b.post(page+"/batch", "members", "13800000001\nnobody at all").want(t, http.StatusNotFound, "nobody at all", "coupon.unknown_recipient")
		b.post(page+"/batch", "count", "0").want(t, http.StatusBadRequest, "coupon.batch_count")
		b.post(page+"/batch", "members", "13800000001\r\n\r\n13800000001").want(t, http.StatusOK, "1 / 1") // named twice, issued once
		one := couponLink.FindString(b.get(batch).body)
		b.post(one+"/assign", "member", "").want(t, http.StatusNotFound, "member.not_found")
		b.post(one+"/assign", "member", "13800000001", "note", "sorry").want(t, http.StatusOK, "sorry", "Given by staff")
		b.post(one+"/assign", "member", "13800000001").want(t, http.StatusConflict, "coupon.same_member")
		b.post(one+"/void", "reason", "").want(t, http.StatusBadRequest, "coupon.reason_needed")
		b.post(one+"/void", "reason", "misprint").want(t, http.StatusOK, "misprint", "is void")
		b.post(one+"/void", "reason", "again").want(t, http.StatusConflict, "coupon.void")
		b.post(batch+"/void", "reason", "").want(t, http.StatusBadRequest, "coupon.reason_needed")
		b.post(batch+"/void", "reason", "recalled").want(t, http.StatusOK, "Coupons made void: 2")
		if s.audited("coupon.batch_issued") != 2 || s.audited("coupon.moved") != 1 || s.audited("coupon.voided") != 1 || s.audited("coupon.batch_voided") != 1 {
			t.Error("not all of it is in the audit log")
		}
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range []string{page, page + "/edit", batch, one, "/office/coupons?archived=true"} {
				got := b.get(path)
				if got.status != http.StatusOK {
					t.Errorf("%s %s: %d", lang, path, got.status)
				}
				checkPage(t, lang+" "+path, got.body, lang)
			}
		}
		b = s.signIn("cashier")
		for _, path := range []string{page, batch, batch + "/codes.csv", one} {
			b.get(path).want(t, http.StatusForbidden)
		}
	})
}
