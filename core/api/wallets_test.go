package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/wallet"
)

// TestWalletOperations: adjustments, a transfer, a freeze, each booked once and
// noted in the audit log without the reason's words.
func TestWalletOperations(t *testing.T) {
	each(t, func(s *shop) {
		other := s.post("/api/v1/members", `{"name":"Zhao Min","phone":"13800000009"}`).text("id")
		end := s.d.Now().Add(16 * 24 * time.Hour)
		shop := `"shop_id":"` + s.shop.String() + `"`
		path := s.member0()
		s.is(s.again(path+"/point-adjustments", `{`+shop+`,"points":120,"reason":"complaint","expires_at":"`+end.String()+`"}`), "points", "120")
		s.is(s.want(409, s.call("POST", path+"/point-adjustments", `{`+shop+`,"points":-121,"reason":"mistake"}`, "Idempotency-Key: p1")), "code", "wallet.insufficient_points")
		s.is(s.post(path+"/bonus-adjustments", `{`+shop+`,"amount":"30.00","reason":"complaint"}`), "bonus", "30.00")
		s.post(path+"/top-ups", `{`+shop+`,"register_id":"`+s.register.String()+`","amount":"100.00","tender":{"type":"cash"}}`)

		moved := s.again(path+"/transfers", `{`+shop+`,"to_member_id":"`+other+`","amount":"65.00","points":20}`)
		for p, want := range map[string]string{"points": "20", "from_member_id": s.member.String(), "to_member_id": other, "currency": "CNY"} {
			s.is(moved, p, want)
		}
		w := s.get(path + "/wallet")
		for p, want := range map[string]string{"balance": "85.00", "available": "85.00", "points": "100", "frozen": "false", "expiring.0.class": "points", "expiring.0.amount": "100", "expiring.0.first_at": end.String()} {
			s.is(w, p, want)
		}
		for i := range 2 {
			if l, ok := w.at("lots." + string(rune('0'+i))).(map[string]any); !ok || l["state"] != "active" {
				t.Fatal(w.raw)
			}
		}
		s.is(s.get("/api/v1/members/"+other+"/wallet"), "balance", "65.00")
		s.is(s.want(404, s.call("POST", path+"/transfers", `{`+shop+`,"to_member_id":"`+s.shop.String()+`","amount":"1.00"}`, "Idempotency-Key: t2")), "param", "to_member_id")
		s.is(s.want(400, s.call("POST", path+"/transfers", `{`+shop+`,"to_member_id":"`+s.member.String()+`","amount":"1.00"}`, "Idempotency-Key: t3")), "code", "wallet.transfer_to_self")

		s.is(s.want(200, s.call("POST", path+"/freeze", `{"reason":"card lost"}`, "Idempotency-Key: f1")), "frozen", "true")
		s.is(s.want(200, s.call("POST", path+"/freeze", `{"reason":"card lost"}`, "Idempotency-Key: f1")), "frozen", "true")
		s.is(s.want(409, s.call("POST", path+"/freeze", `{"reason":"again"}`)), "code", "wallet.already_frozen")
		s.is(s.want(409, s.call("POST", path+"/transfers", `{`+shop+`,"to_member_id":"`+other+`","amount":"1.00"}`, "Idempotency-Key: t4")), "code", "wallet.frozen")
		s.is(s.want(200, s.call("POST", path+"/restore", `{"reason":"found"}`)), "restore_reason", "found")
		s.is(s.want(409, s.call("POST", path+"/restore", `{"reason":"found"}`)), "code", "wallet.not_frozen")

		s.clock.Advance(16 * 24 * time.Hour)
		w = s.get(path + "/wallet")
		s.is(w, "points", "0")
		s.is(w, "points_expired", "100")
		for action, n := range map[string]int{"wallet.points_adjusted": 1, "wallet.bonus_adjusted": 1, "wallet.transferred": 1, "wallet.frozen": 1, "wallet.restored": 1} {
			log, _, err := auth.ListAudit(context.Background(), s.d, s.merchant, auth.AuditFilter{Action: action}, db.Page{})
			if err != nil || len(log) != n {
				t.Errorf("%d records of %s %v", len(log), action, err)
			}
		}
		if _, err := ledger.Verify(context.Background(), s.d, s.merchant, func(check, subject string, want, got int64) { t.Error(check, subject, want, got) }); err != nil {
			t.Fatal(err)
		}
	})
}

func TestGiftCardsAreFoundBlockedAndExtended(t *testing.T) {
	each(t, func(s *shop) {
		end := s.d.Now().Add(24 * time.Hour)
		c := wallet.GiftCard{Merchant: s.merchant, Number: "GIFT000001", Currency: "CNY", Face: 10000, Price: 9000, Shop: s.shop, Buyer: s.member, ExpiresAt: end}
		s.tx(func(_ context.Context, tx *db.Tx) error {
			e := ledger.Entry{Shop: s.shop, BusinessDate: "2026-05-04", Kind: "sale"}
			p, err := wallet.QueueIssueGiftCard(tx, &e, &c)
			if err != nil {
				return err
			}
			h := ledger.House(s.merchant, s.shop, "CNY", "tender:cash")
			e.Add(&h, -c.Price, nil)
			if err := new(ledger.Book).Post(tx, s.merchant, &e); err != nil {
				return err
			}
			p.Queue(tx)
			return nil
		})
		path := "/api/v1/gift-cards/" + c.ID.String()
		found := s.get("/api/v1/gift-cards?number=gift-000001")
		for p, want := range map[string]string{"items.0.id": c.ID.String(), "items.0.face": "100.00", "items.0.price": "90.00", "items.0.balance": "100.00", "items.0.available": "100.00", "items.0.has_pin": "false"} {
			s.is(found, p, want)
		}
		if s.get("/api/v1/gift-cards?number=GIFT000002").at("items.0") != nil || s.get("/api/v1/gift-cards?state=void").at("items.0") != nil {
			t.Error("a card that is none of them")
		}
		s.is(s.get("/api/v1/gift-cards?buyer_member_id="+s.member.String()), "items.0.number", "GIFT000001")
		s.is(s.get(path), "movements.0.amount", "100.00")
		blocked := s.want(200, s.call("PUT", path+"/block", `{"reason":"lost"}`))
		s.is(blocked, "state", "blocked")
		s.is(blocked, "available", "0.00")
		s.is(s.want(200, s.call("DELETE", path+"/block", "")), "state", "active")
		s.clock.Advance(24 * time.Hour)
		s.is(s.get(path), "available", "0.00")
		s.is(s.want(400, s.call("PUT", path+"/end", `{"expires_at":"`+end.String()+`"}`)), "code", "wallet.gift_card_end_earlier")
		s.is(s.want(200, s.call("PUT", path+"/end", `{}`)), "available", "100.00")
		s.want(404, s.call("GET", "/api/v1/gift-cards/"+s.shop.String(), ""))
	})
}
