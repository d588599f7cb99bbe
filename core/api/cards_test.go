package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/member"
)

// clerk is the head of a request by a cashier.
func (s *shop) clerk() string {
	s.t.Helper()
	var key string
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		_, key, err = auth.CreateKey(ctx, tx, s.merchant, auth.NewKey{Name: "till", Role: auth.Cashier})
		return err
	})
	return "Authorization: Bearer " + key
}

// refused wants an answer with this code.
func (s *shop) refused(status int, code string, a *answer) {
	s.t.Helper()
	s.is(s.want(status, a), "code", code)
}

func TestCardsOfDesigns(t *testing.T) {
	each(t, func(s *shop) {
		d := s.again("/api/v1/card-designs", `{"name":"Gold","kind":"stored_value","class":"VIP","prefix":"G","digits":4,"pin_required":true,"valid_days":365,"colour":"#C0A020"}`)
		for path, want := range map[string]string{"points_enabled": "true", "pin_required": "true", "colour": "#c0a020", "next_number": "1", "archived": "false"} {
			s.is(d, path, want)
		}
		design := d.text("id")
		s.refused(409, "member.card_design_taken", s.call("POST", "/api/v1/card-designs", `{"name":"Gold"}`))
		s.is(s.want(400, s.call("POST", "/api/v1/card-designs", `{"name":"x","prefix":"a b"}`)), "param", "prefix")
		s.is(s.want(200, s.call("PATCH", "/api/v1/card-designs/"+design, `{"points_enabled":false}`)), "class", "VIP")
		cards := s.member0() + "/cards"
		c := s.again(cards, `{"design_id":"`+design+`"}`)
		for path, want := range map[string]string{"number": "G0001", "status": "active", "design_name": "Gold", "earns_points": "false", "pin_required": "true", "points": "design", "expires_at": "2027-05-04T03:00:00.000000Z"} {
			s.is(c, path, want)
		}
		batch := s.again("/api/v1/card-designs/"+design+"/batches", `{"count":3}`)
		for path, want := range map[string]string{"count": "3", "left": "3", "first_number": "G0002", "last_number": "G0004"} {
			s.is(batch, path, want)
		}
		s.refused(409, "member.card_blank", s.call("GET", "/api/v1/cards?number=G0002", ""))
		s.is(s.post(cards, `{"number":"G0002","points":"on"}`), "earns_points", "true")
		got := s.get("/api/v1/card-batches/" + batch.text("id"))
		s.is(got, "left", "2")
		s.is(got, "cards.0.member_id", s.member.String())
		s.is(got, "cards.1.status", "blank")
		s.is(s.get("/api/v1/card-batches"), "items.0.id", batch.text("id"))

		first := cards + "/" + c.text("id")
		s.is(s.want(200, s.call("PATCH", first, `{"points":"on","no_end":true}`)), "earns_points", "true")
		s.is(s.want(200, s.call("PUT", first+"/loss", "")), "status", "lost")
		s.refused(409, "member.card_blocked", s.call("GET", "/api/v1/cards?number=G0001", ""))
		s.is(s.want(200, s.call("DELETE", first+"/loss", "")), "status", "active")
		s.refused(404, "member.card_not_found", s.call("DELETE", first+"/loss", ""))
		fresh := s.again(first+"/replacement", `{}`)
		s.is(fresh, "number", "G0005")
		s.is(fresh, "points", "on")
		list := s.get(cards)
		if !strings.Contains(list.raw, `"replaced_by":"G0005"`) || strings.Count(list.raw, `"id"`) != 3 {
			t.Error(list.raw)
		}
		s.is(s.get("/api/v1/cards?number=G0005"), "member.id", s.member.String())
		byPhone := s.get("/api/v1/cards?number=13800000001")
		if s.is(byPhone, "member.id", s.member.String()); byPhone.at("card") != nil {
			t.Error(byPhone.raw)
		}
		// A document's number is nowhere.
		doc := s.post(cards, `{"number":"E12345678","kind":"document"}`)
		if s.is(doc, "number", ""); strings.Contains(doc.raw, "doc:") {
			t.Error(doc.raw)
		}
		s.is(s.get("/api/v1/cards?number=e12345678"), "card.id", doc.text("id"))
		s.refused(400, "member.card_required", s.call("POST", cards, `{}`))
		// What a cashier may not.
		clerk := s.clerk()
		s.refused(403, "auth.denied", s.call("PATCH", first, `{"points":"off"}`, clerk))
		s.refused(403, "auth.denied", s.call("POST", "/api/v1/card-designs", `{"name":"mine"}`, clerk))
		s.want(201, s.call("POST", cards, `{"design_id":"`+design+`"}`, clerk))
		// Another merchant sees none of it.
		other := s.stranger()
		strangers := "Authorization: Bearer " + other.key
		s.refused(404, "member.card_design_not_found", s.call("PATCH", "/api/v1/card-designs/"+design, `{"name":"x"}`, strangers))
		s.refused(404, "member.card_not_found", s.call("PUT", first+"/loss", "", strangers))
		s.refused(404, "member.not_found", s.call("GET", cards, "", strangers))
		s.refused(404, "member.card_not_found", s.call("GET", "/api/v1/cards?number=G0005", "", strangers))
		log, _, err := auth.ListAudit(context.Background(), s.d, s.merchant, auth.AuditFilter{}, db.Page{Limit: 200})
		if err != nil || len(log) < 8 {
			t.Fatal(len(log), err)
		}
		for _, e := range log {
			if strings.Contains(string(e.Detail)+e.SubjectID, "G000") || strings.Contains(string(e.Detail), "E1234") {
				t.Errorf("a card number is in the audit log: %+v", e)
			}
		}
	})
}

func TestPINsByTheAPI(t *testing.T) {
	each(t, func(s *shop) {
		pin, clerk := s.member0()+"/pin", s.clerk()
		s.is(s.get(pin), "set", "false")
		s.refused(409, "member.pin_not_set", s.call("PUT", pin+"/check", `{"pin":"2580"}`))
		s.is(s.want(400, s.call("PUT", pin, `{"pin":"1234"}`, clerk)), "code", "member.pin_weak")
		s.is(s.want(200, s.call("PUT", pin, `{"pin":"2580"}`, clerk)), "set", "true")
		// A cashier changes it with the old one alone, a manager without.
		a := s.want(403, s.call("PUT", pin, `{"pin":"9630"}`, clerk))
		s.is(a, "code", "member.pin_required")
		s.is(a, "param", "current")
		s.is(s.want(200, s.call("PUT", pin, `{"pin":"9630","current":"2580"}`, clerk)), "set", "true")
		s.want(200, s.call("PUT", pin+"/check", `{"pin":"9630"}`, clerk))
		for range 5 {
			s.refused(403, "member.pin_wrong", s.call("PUT", pin+"/check", `{"pin":"0000"}`, clerk))
		}
		s.refused(403, "member.pin_locked", s.call("PUT", pin+"/check", `{"pin":"9630"}`, clerk))
		s.refused(403, "member.pin_locked", s.call("PUT", pin, `{"pin":"2580","current":"9630"}`, clerk))
		if s.get(pin).text("locked_until") == "" {
			t.Error("no end of the lock")
		}
		s.refused(403, "auth.denied", s.call("DELETE", pin, "", clerk))
		s.is(s.want(200, s.call("DELETE", pin, "")), "set", "false")
		s.want(200, s.call("PUT", pin, `{"pin":"2580"}`))
		s.is(s.want(200, s.call("PUT", pin, `{"pin":"8520"}`)), "set", "true")
		s.clock.Advance(time.Minute)
		s.want(200, s.call("PUT", pin+"/check", `{"pin":"8520"}`))
		s.refused(404, "member.not_found", s.call("PUT", "/api/v1/members/"+unknown+"/pin", `{"pin":"2580"}`))
	})
}

func TestConsentsFamiliesExportErasureByTheAPI(t *testing.T) {
	each(t, func(s *shop) {
		path := s.member0()
		c := s.again(path+"/consents", `{"purpose":"marketing","granted":true,"source":"paper"}`)
		s.is(c, "in_force", "true")
		s.post(path+"/consents", `{"purpose":"marketing","granted":false}`)
		list := s.get(path + "/consents")
		for p, want := range map[string]string{"items.0.granted": "false", "items.0.in_force": "true", "items.0.source": "api", "items.1.in_force": "false"} {
			s.is(list, p, want)
		}
		s.refused(400, "request.validation", s.call("POST", path+"/consents", `{"purpose":"everything","granted":true}`))

		kid := s.post("/api/v1/members", `{"name":"Li Bao","document_kind":"passport","document":"e 998877","occupation":"pupil"}`)
		s.is(kid, "document", "E998877")
		s.is(s.get("/api/v1/members?q=E998877"), "items.0.occupation", "pupil")
		fam := s.again(path+"/family", `{"member_id":"`+kid.text("id")+`"}`)
		s.is(fam, "items.0.head", "true")
		s.is(fam, "items.1.member_id", kid.text("id"))
		s.refused(409, "member.family_taken", s.call("POST", path+"/family", `{"member_id":"`+kid.text("id")+`"}`))

		sold := s.post("/api/v1/sales", s.sale("2", "20.00"))
		s.post(path+"/cards", `{"number":"C-1"}`)
		x := s.get(path + "/export")
		for p, want := range map[string]string{"format": "shopwright.person.v1", "profile.name": "Li Na", "profile.phone": "13800000001", "profile.family": "2", "profile.family_head": "true", "cards.0.number": "C-1",
			"consents.1.source": "paper", "sales.0.id": sold.text("id"), "sales.0.lines.0.quantity": "2", "sales.0.tenders.0.type": "cash", "sales.0.total": "15.30", "wallet.points": "3", "movements.0.amount": "3", "audit.0.action": "member.exported"} {
			s.is(x, p, want)
		}
		if strings.Contains(x.raw, "Li Bao") || strings.Contains(x.raw, "E998877") {
			t.Error("another person is in the export: " + x.raw)
		}
		s.refused(403, "auth.denied", s.call("GET", path+"/export", "", s.clerk()))
		s.refused(404, "member.not_found", s.call("GET", "/api/v1/members/"+unknown+"/export", ""))

		s.tx(func(_ context.Context, tx *db.Tx) error {
			member.QueueRetain(tx, s.merchant, s.member, member.RetainUntil(tx.Now))
			return nil
		})
		s.is(s.get(path), "retain_until", "2031-05-04T03:00:00.000000Z")
		a := s.want(409, s.call("DELETE", path, ""))
		s.is(a, "code", "member.retained")
		if !strings.Contains(a.text("detail"), "2031-05-04") {
			t.Error(a.raw)
		}
		s.want(200, s.call("DELETE", path+"/family", ""))
		s.refused(404, "member.family_not_found", s.call("DELETE", path+"/family", ""))
		gone := s.want(200, s.call("DELETE", "/api/v1/members/"+kid.text("id"), ""))
		s.is(gone, "status", "erased")
		s.is(gone, "name", "")
		s.is(s.get("/api/v1/members/"+kid.text("id")+"/export"), "profile.document", "")
	})
}
