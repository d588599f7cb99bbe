package api_test

import (
	"context"
	"testing"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/setting"
)

func TestCheckInsReferralsPrizesAndDraws(t *testing.T) {
	each(t, func(s *shop) {
		path := s.member0()
		body := `{"shop_id":"` + s.shop.String() + `"}`
		got := s.want(201, s.call("POST", path+"/check-ins", body))
		s.is(got, "streak", "1")
		s.refused(409, "campaign.checked_in_today", s.call("POST", path+"/check-ins", body))
		s.is(s.get(path+"/check-ins"), "items.0.streak", "1")
		s.refused(404, "checkout.unknown_member", s.call("POST", "/api/v1/members/"+unknown+"/check-ins", body))
		s.refused(404, "tenant.shop_not_found", s.call("POST", path+"/check-ins", `{"shop_id":"`+unknown+`"}`))

		brought := s.post("/api/v1/members", `{"name":"Brought","referrer_id":"`+s.member.String()+`"}`)
		s.is(s.get(path+"/referrals"), "items.0.member_id", brought.text("id"))
		other := "/api/v1/members/" + brought.text("id")
		s.refused(409, "campaign.referred_before", s.call("PUT", other+"/referrer", `{"referrer_id":"`+s.member.String()+`"}`))
		s.refused(400, "campaign.bad_referrer", s.call("PUT", path+"/referrer", `{"referrer_id":"`+brought.text("id")+`"}`))
		s.refused(404, "member.not_found", s.call("PUT", path+"/referrer", `{"referrer_id":"`+unknown+`"}`))
		s.refused(404, "member.not_found", s.call("POST", "/api/v1/members", `{"name":"x","referrer_id":"`+unknown+`"}`))

		prize := s.want(200, s.call("PUT", "/api/v1/prizes", `{"shop_id":"`+s.shop.String()+`","pack_id":"wheel","code":"cup","stock":3}`))
		for p, want := range map[string]string{"code": "cup", "stock": "3", "drawn": "0", "id": "wheel/cup"} {
			s.is(prize, p, want)
		}
		s.is(s.get("/api/v1/prizes?shop_id="+s.shop.String()), "items.0.code", "cup")
		s.refused(400, "campaign.bad_prize", s.call("PUT", "/api/v1/prizes", `{"shop_id":"`+s.shop.String()+`","pack_id":"wheel","code":"a b","stock":3}`))
		s.refused(404, "tenant.shop_not_found", s.call("PUT", "/api/v1/prizes", `{"shop_id":"`+unknown+`","pack_id":"wheel","code":"cup","stock":3}`))
		s.refused(403, "auth.denied", s.call("PUT", "/api/v1/prizes", `{"shop_id":"`+s.shop.String()+`","pack_id":"wheel","code":"cup","stock":3}`, s.clerk()))
		s.want(200, s.call("PUT", "/api/v1/prizes", `{"shop_id":"`+s.shop.String()+`","pack_id":"ten-off","code":"cup","stock":1}`))
		chance := s.again(path+"/chances", `{"shop_id":"`+s.shop.String()+`","pack_id":"ten-off","count":2,"reason":"opening"}`)
		s.is(s.get(path+"/grants?open=true"), "items.0.id", chance.text("id"))
		drawn := s.again("/api/v1/draws", `{"chance_id":"`+chance.text("id")+`"}`)
		for p, want := range map[string]string{"prize": "cup", "pack_id": "ten-off", "grants.0.kind": "points", "grants.0.count": "3", "chance_id": chance.text("id")} {
			s.is(drawn, p, want)
		}
		s.is(s.get("/api/v1/draws/"+drawn.text("id")), "seed", drawn.text("seed"))
		s.is(s.get("/api/v1/draws?member_id="+s.member.String()), "items.0.id", drawn.text("id"))
		s.refused(409, "campaign.no_prizes", s.call("POST", "/api/v1/draws", `{"chance_id":"`+chance.text("id")+`"}`))
		s.refused(404, "campaign.no_draw", s.call("POST", path+"/chances", `{"shop_id":"`+s.shop.String()+`","pack_id":"wheel","count":1,"reason":"opening"}`))
		s.refused(404, "campaign.grant_not_found", s.call("POST", "/api/v1/draws", `{"chance_id":"`+unknown+`"}`))
		s.refused(404, "campaign.draw_not_found", s.call("GET", "/api/v1/draws/"+unknown, ""))
		s.is(s.get("/api/v1/trigger-runs?member_id="+s.member.String()), "next_cursor", "")
		log, _, err := auth.ListAudit(context.Background(), s.d, s.merchant, auth.AuditFilter{Action: "campaign."}, db.Page{})
		if err != nil || len(log) != 4 {
			t.Error(log, err)
		}
	})
}

func TestAQuoteSaysWhatPointsMayPay(t *testing.T) {
	each(t, func(s *shop) {
		basket := `"shop_id":"` + s.shop.String() + `","register_id":"` + s.register.String() + `","member_id":"` + s.member.String() + `","lines":[{"sku_id":"` + s.tea.String() + `","quantity":"1"}]`
		q := s.want(200, s.call("POST", "/api/v1/quotes", `{`+basket+`}`))
		if n := len(q.doc["tender_limits"].([]any)); n != 0 {
			t.Fatal(q.raw)
		}
		s.tx(func(_ context.Context, tx *db.Tx) error {
			if err := setting.Set(tx, setting.Place{Merchant: s.merchant}, "points.tender_rate", "500000"); err != nil {
				return err
			}
			return setting.Set(tx, setting.Place{Merchant: s.merchant}, "points.tender_step", "100")
		})
		q = s.want(200, s.call("POST", "/api/v1/quotes", `{`+basket+`}`))
		for p, want := range map[string]string{"tender_limits.0.type": "points", "tender_limits.0.step": "1.00"} {
			s.is(q, p, want)
		}
		if most := q.text("tender_limits.0.most"); q.text("tender_limits.0.text") != "points may pay up to "+most {
			t.Error(q.raw)
		}
		s.refused(409, "checkout.tender_not_allowed", s.call("POST", "/api/v1/sales", `{`+basket+`,"tenders":[{"type":"points","amount":"`+q.text("total")+`"}]}`, "Idempotency-Key: limit-1"))
	})
}
