package api_test

import (
	"context"
	"testing"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
)

func TestGifts(t *testing.T) {
	each(t, func(s *shop) {
		a := s.again("/api/v1/gifts", `{"name":"Mug","points":500,"money":"9.90","on_hand":3,"per_member":2,"valid_until":"2026-12-31T16:00:00Z"}`)
		for p, want := range map[string]string{"name": "Mug", "points": "500", "money": "9.90", "currency": "CNY", "on_hand": "3", "per_member": "2", "valid_until": "2026-12-31T16:00:00.000000Z", "archived": "false", "taken": "0", "version": "1"} {
			s.is(a, p, want)
		}
		path := "/api/v1/gifts/" + a.text("id")
		tea := s.post("/api/v1/gifts", `{"name":"Tea","points":100,"sku_id":"`+s.tea.String()+`"}`)
		s.is(tea, "sku_id", s.tea.String())
		s.is(tea, "on_hand", "null")
		s.is(s.get("/api/v1/gifts"), "items.0.name", "Tea")
		s.is(s.get(path), "name", "Mug")
		got := s.want(200, s.call("PUT", path, `{"name":"Big mug","points":600,"on_hand":5,"version":1}`))
		for p, want := range map[string]string{"name": "Big mug", "points": "600", "money": "0.00", "on_hand": "5", "per_member": "0", "valid_until": "null", "version": "2"} {
			s.is(got, p, want)
		}
		s.refused(409, "loyalty.gift_changed", s.call("PUT", path, `{"name":"Big mug","points":1,"version":1}`))
		s.refused(400, "loyalty.bad_gift", s.call("PUT", path, `{"name":" ","points":1}`))
		s.refused(404, "catalog.not_found", s.call("POST", "/api/v1/gifts", `{"name":"x","points":1,"sku_id":"`+unknown+`"}`))
		s.refused(404, "loyalty.gift_not_found", s.call("PUT", "/api/v1/gifts/"+unknown, `{"name":"x","points":1}`))
		s.refused(404, "loyalty.gift_not_found", s.call("GET", path, "", "Authorization: Bearer "+s.stranger().key))
		s.refused(403, "auth.denied", s.call("POST", "/api/v1/gifts", `{"name":"x","points":1}`, s.clerk()))
		s.want(200, s.call("GET", path, "", s.clerk()))
		gift, _ := id.Parse(a.text("id"))
		s.tx(func(_ context.Context, tx *db.Tx) error {
			loyalty.QueueGiftTaken(tx, s.merchant, loyalty.Taking{Gift: &loyalty.Gift{ID: gift, Points: 600}, Member: s.member, Sale: id.New(1), Line: id.New(1), Quantity: 2})
			return nil
		})
		list := s.get("/api/v1/gift-redemptions?gift_id=" + gift.String())
		for p, want := range map[string]string{"items.0.quantity": "2", "items.0.points": "1200", "items.0.back": "0", "items.0.member_id": s.member.String(), "next_cursor": ""} {
			s.is(list, p, want)
		}
		s.is(s.get(path), "on_hand", "3")
		s.want(200, s.call("PUT", path, `{"name":"Big mug","points":600,"on_hand":5,"archived":true}`))
		if n := len(s.get("/api/v1/gifts").doc["items"].([]any)); n != 1 {
			t.Error("an archived gift is offered", n)
		}
		s.is(s.get("/api/v1/gifts?archived=true"), "items.1.name", "Big mug")
		log, _, err := auth.ListAudit(context.Background(), s.d, s.merchant, auth.AuditFilter{Action: "gift."}, db.Page{})
		if err != nil || len(log) != 4 {
			t.Error(log, err)
		}
	})
}

func TestTiersAndTheirMembers(t *testing.T) {
	each(t, func(s *shop) {
		a := s.again("/api/v1/tiers", `{"code":"diamond","name":"Diamond","rank":90}`)
		s.is(a, "id", "diamond")
		s.refused(409, "member.tier_taken", s.call("POST", "/api/v1/tiers", `{"code":"diamond","name":"x","rank":1}`))
		s.is(s.want(200, s.call("PUT", "/api/v1/tiers/diamond", `{"name":"Brilliant","rank":91}`)), "name", "Brilliant")
		s.refused(404, "member.tier_not_found", s.call("PUT", "/api/v1/tiers/none", `{"name":"x","rank":1}`))
		s.refused(403, "auth.denied", s.call("PUT", "/api/v1/tiers/diamond", `{"name":"x","rank":1}`, s.clerk()))

		path := s.member0() + "/tier"
		s.is(s.get(path), "tier", "")
		got := s.want(200, s.call("PUT", path, `{"tier":"diamond","until":"2026-12-31","reason":"opened with us"}`))
		for p, want := range map[string]string{"tier": "diamond", "held_until": "2026-12-31", "review_on": "2027-01-01", "deserved_known": "false", "history.0.to": "diamond", "history.0.reason": "opened with us", "history.0.held_until": "2026-12-31"} {
			s.is(got, p, want)
		}
		if got.text("history.0.actor_id") == "" {
			t.Error("nobody did it: " + got.raw)
		}
		s.refused(400, "loyalty.bad_until", s.call("PUT", path, `{"tier":"diamond","until":"2020-01-01","reason":"x"}`))
		s.refused(400, "checkout.reason_required", s.call("PUT", path, `{"tier":"diamond","reason":" "}`))
		s.refused(404, "member.tier_not_found", s.call("PUT", path, `{"tier":"none","reason":"x"}`))
		s.refused(403, "auth.denied", s.call("PUT", path, `{"tier":"gold","reason":"x"}`, s.clerk()))
		s.refused(404, "checkout.unknown_member", s.call("GET", "/api/v1/members/"+unknown+"/tier", ""))
		s.is(s.get(path, s.clerk()), "tier", "diamond")
	})
}
