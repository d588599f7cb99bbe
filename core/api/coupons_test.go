package api_test

import (
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
)

// post2 sends a request that answers 200.
func (s *shop) post2(path, body string) *answer {
	s.t.Helper()
	return s.want(200, s.call("POST", path, body))
}

func (s *shop) audits(action string) int {
	s.t.Helper()
	log, _, err := auth.ListAudit(s.t.Context(), s.d, s.merchant, auth.AuditFilter{Action: action}, db.Page{})
	if err != nil {
		s.t.Fatal(err)
	}
	return len(log)
}

func TestCouponDefinitions(t *testing.T) {
	each(t, func(s *shop) {
		full := `{"name":"Night","kind":"cash","amount":"5.00","min_spend":"20.00","uses":2,"per_member":3,"transferable":false,"shop_ids":["` + s.shop.String() + `"],"weekdays":[5,6],
			"slots":["22:00-02:00"],"valid_after_days":1,"valid_days":30,"from_date":"2026-05-01","until_date":"2026-12-31","remind_days":3,"issue_limit":50,
			"claim":{"code":"night","from":"2026-05-01T00:00:00Z","until":"2026-06-01T00:00:00Z","limit":10}}`
		a := s.again("/api/v1/coupon-definitions", full)
		want := map[string]string{"kind": "cash", "amount": "5.00", "version": "1", "per_member": "3", "transferable": "false", "shop_ids.0": s.shop.String(), "weekdays.1": "6", "slots.0": "22:00-02:00", "valid_after_days": "1",
			"from_date": "2026-05-01", "until_date": "2026-12-31", "remind_days": "3", "issue_limit": "50", "claim.code": "NIGHT", "claim.limit": "10", "claim.per_member": "1", "archived": "false"}
		for p, v := range want {
			s.is(a, p, v)
		}
		path := "/api/v1/coupon-definitions/" + a.text("id")
		got := s.get(path)
		for p, v := range want {
			s.is(got, p, v)
		}
		s.is(got, "figures.issued", "0")
		s.is(s.get("/api/v1/coupon-definitions"), "items.0.id", a.text("id"))

		old := s.post("/api/v1/coupons", `{"definition_id":"`+a.text("id")+`"}`)
		changed := s.want(200, s.call("PUT", path, strings.Replace(full, `"amount":"5.00"`, `"amount":"6.00"`, 1)))
		s.is(changed, "version", "2")
		s.is(changed, "amount", "6.00")
		s.is(s.get("/api/v1/coupons/"+old.text("id")), "definition.amount", "5.00")
		for _, bad := range []struct{ from, to, code, at string }{
			{`"22:00-02:00"`, `"22-2"`, "coupon.bad_definition", "slots[0]"}, {`[5,6]`, `[7]`, "coupon.bad_definition", "weekdays[0]"},
			{s.shop.String(), "00000000-0000-7000-8000-000000000001", "tenant.shop_not_found", "shop_ids[0]"}, {`"issue_limit":50`, `"issue_limit":-1`, "coupon.bad_definition", "issue_limit"},
			{`"kind":"cash"`, `"kind":"percent","rate":"0.1"`, "coupon.bad_definition", "kind"},
		} {
			r := s.call("PUT", path, strings.Replace(full, bad.from, bad.to, 1))
			s.is(r, "code", bad.code)
			s.is(r, "param", bad.at)
		}
		s.is(s.call("POST", "/api/v1/coupon-definitions", full), "code", "coupon.claim_code_taken")
		s.is(s.post2(path+"/archive", ""), "archived", "true")
		s.is(s.get("/api/v1/coupon-definitions?archived=true"), "items.0.id", a.text("id"))
		s.is(s.want(409, s.call("POST", "/api/v1/coupons", `{"definition_id":"`+a.text("id")+`"}`)), "code", "coupon.definition_archived")
		s.is(s.post2(path+"/restore", ""), "archived", "false")
		for _, action := range []string{"coupon.defined", "coupon.definition_changed", "coupon.archived", "coupon.restored"} {
			if n := s.audits(action); n != 1 {
				t.Errorf("%s: %d records", action, n)
			}
		}
	})
}

func TestCouponsChangeHands(t *testing.T) {
	each(t, func(s *shop) {
		friend := s.post("/api/v1/members", `{"name":"Friend","phone":"13811112222"}`).text("id")
		c := s.post("/api/v1/coupons", `{"name":"Five off","kind":"cash","amount":"5.00","code":"five"}`)
		path := "/api/v1/coupons/" + c.text("id")
		claimed := s.again("/api/v1/coupons/claim", `{"code":"five","member_id":"`+s.member.String()+`"}`)
		s.is(claimed, "member_id", s.member.String())
		s.is(claimed, "claimed", "true")
		s.is(s.want(409, s.call("POST", "/api/v1/coupons/claim", `{"code":"FIVE","member_id":"`+friend+`"}`)), "code", "coupon.belongs_to_someone")
		s.is(s.want(404, s.call("POST", "/api/v1/coupons/claim", `{"code":"NONE","member_id":"`+friend+`"}`)), "code", "coupon.not_found")
		s.is(s.want(403, s.call("POST", path+"/transfer", `{"from_member_id":"`+friend+`","to_member_id":"`+friend+`"}`)), "code", "coupon.belongs_to_another_member")
		s.is(s.want(404, s.call("POST", path+"/transfer", `{"from_member_id":"`+s.member.String()+`","to_member_id":"00000000-0000-7000-8000-000000000001"}`)), "code", "member.not_found")
		s.is(s.post2(path+"/transfer", `{"from_member_id":"`+s.member.String()+`","to_member_id":"`+friend+`","note":"for you"}`), "member_id", friend)
		h := s.get(path)
		for p, v := range map[string]string{"move_history.0.kind": "claim", "move_history.1.kind": "transfer", "move_history.1.to_member_id": friend, "move_history.1.note": "for you"} {
			s.is(h, p, v)
		}
		s.is(s.post2(path+"/transfer", `{"to_member_id":"`+s.member.String()+`"}`), "member_id", s.member.String())
		s.is(s.want(400, s.call("POST", path+"/void", `{"reason":" "}`)), "code", "coupon.reason_needed")
		s.is(s.post2(path+"/void", `{"reason":"misprint"}`), "state", "void")
		s.is(s.get(path), "void_reason", "misprint")
		body := strings.Replace(s.sale("2", "20.00"), `"tenders"`, `"coupons":["FIVE"],"tenders"`, 1)
		s.is(s.want(409, s.call("POST", "/api/v1/sales", body, "Idempotency-Key: void")), "code", "coupon.void")

		s.post("/api/v1/coupon-definitions", `{"name":"Gift","kind":"cash","amount":"1.00","claim":{"code":"GIFT","limit":1,"per_member":0}}`)
		s.is(s.again("/api/v1/coupons/claim?lang=en", `{"code":"gift","member_id":"`+friend+`"}`), "definition.name", "Gift")
		s.is(s.want(409, s.call("POST", "/api/v1/coupons/claim", `{"code":"gift","member_id":"`+friend+`"}`)), "code", "coupon.claimed_out")
		// The same transfer sent twice under its key happens once.
		d := s.post("/api/v1/coupons", `{"name":"One off","kind":"cash","amount":"1.00","member_id":"`+s.member.String()+`"}`)
		for i := range 2 {
			r := s.want(200, s.call("POST", "/api/v1/coupons/"+d.text("id")+"/transfer", `{"from_member_id":"`+s.member.String()+`","to_member_id":"`+friend+`"}`, "Idempotency-Key: give"))
			if s.is(r, "member_id", friend); (r.header.Get("Idempotency-Replayed") == "true") != (i == 1) {
				t.Error(i, r.header)
			}
		}
		if s.audits("coupon.moved") != 3 || s.audits("coupon.voided") != 1 {
			t.Error(s.audits("coupon.moved"), s.audits("coupon.voided"))
		}
	})
}

func TestCouponBatches(t *testing.T) {
	each(t, func(s *shop) {
		d := s.post("/api/v1/coupon-definitions", `{"name":"Spring","kind":"cash","amount":"1.00"}`).text("id")
		b := s.again("/api/v1/coupon-batches", `{"definition_id":"`+d+`","count":3,"prefix":"sp-","note":"spring"}`)
		for p, v := range map[string]string{"issued": "3", "state": "done", "kind": "bearer", "prefix": "SP-", "note": "spring"} {
			s.is(b, p, v)
		}
		path := "/api/v1/coupon-batches/" + b.text("id")
		out := s.get(path + "/export")
		if lines := strings.Split(strings.TrimSpace(out.raw), "\n"); len(lines) != 4 || !strings.HasPrefix(lines[1], "SP-") || !strings.HasPrefix(out.header.Get("Content-Type"), "text/csv") {
			t.Error(out.header, out.raw)
		}
		first := s.get("/api/v1/coupons?batch_id=" + b.text("id")).text("items.0.code")
		s.want(201, s.call("POST", "/api/v1/sales", strings.Replace(s.sale("2", "20.00"), `"tenders"`, `"coupons":["`+first+`"],"tenders"`, 1), "Idempotency-Key: use"))
		v := s.post2(path+"/void", `{"reason":"recalled"}`)
		s.is(v, "voided", "2")
		s.is(v, "used", "1")
		s.is(v, "state", "stopped")
		to := s.again("/api/v1/coupon-batches?lang=en", `{"definition_id":"`+d+`","member_ids":["`+s.member.String()+`"]}`)
		s.is(to, "kind", "members")
		s.is(s.get("/api/v1/coupons?member_id="+s.member.String()), "items.0.batch_id", to.text("id"))
		r := s.want(404, s.call("POST", "/api/v1/coupon-batches", `{"definition_id":"`+d+`","member_ids":["00000000-0000-7000-8000-000000000001"]}`))
		s.is(r, "param", "member_ids[0]")
		s.is(s.want(400, s.call("POST", "/api/v1/coupon-batches", `{"definition_id":"`+d+`","count":100001}`)), "code", "coupon.batch_count")
		big := s.post("/api/v1/coupon-batches", `{"definition_id":"`+d+`","count":100000}`)
		s.is(big, "state", "running")
		s.is(s.get("/api/v1/coupon-batches?definition_id="+d+"&limit=1"), "items.0.id", big.text("id"))
		f := s.get("/api/v1/coupon-definitions/" + d)
		for p, v := range map[string]string{"figures.issued": "4", "figures.open": "1", "figures.used_up": "1", "figures.void": "2"} {
			s.is(f, p, v)
		}
	})
}
