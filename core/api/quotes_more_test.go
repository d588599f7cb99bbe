package api_test

import (
	"context"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
)

// everything is a basket with each kind of line and each input of a sale; the
// member has 500 points, a card that earns none, and the second of two barbers.
func (s *shop) everything() (basket string) {
	s.t.Helper()
	var second string
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		st, err := auth.CreateStaff(ctx, tx, s.merchant, auth.NewStaff{Profile: auth.Profile{Name: "Bo", Role: auth.Cashier}, Login: "bo"})
		second = st.ID.String()
		return err
	})
	s.post(s.member0()+"/point-adjustments", `{"shop_id":"`+s.shop.String()+`","points":500,"reason":"welcome"}`)
	s.post(s.member0()+"/cards", `{"number":"C-1","points":"off"}`)
	gift := s.post("/api/v1/gifts", `{"name":"Mug","points":120,"on_hand":5,"per_member":2}`).text("id")
	plan := s.post("/api/v1/punch-plans", `{"name":"Ten cuts","sku_ids":["`+s.haircut.String()+`"],"price":"800.00","visits":10,"free_visits":1}`).text("id")
	return `{` + s.here() + `,"member_id":"` + s.member.String() + `","card":"C-1","lines":[` + strings.Join([]string{
		`{"sku_id":"` + s.tea.String() + `","quantity":"2","staff_id":"` + s.staff.String() + `"}`,
		`{"sku_id":"` + s.haircut.String() + `","quantity":"1","splits":[{"staff_id":"` + s.staff.String() + `","role":"performer","share":"0.6"},{"staff_id":"` + second + `","role":"assistant","share":"0.4"}]}`,
		`{"kind":"top_up","amount":"200.00"}`,
		`{"kind":"gift_card","amount":"90.00","face":"100.00","card_number":"gift-000 001"}`,
		`{"kind":"punch_card","plan_id":"` + plan + `","amount":"800.00"}`,
		`{"kind":"gift","gift_id":"` + gift + `","quantity":"2"}`,
	}, ",") + `],"discounts":[{"line":2,"rate":"0.1","reason":"late"},{"amount":"5.30","reason":"friend"}],"drop":"0.50"`
}

// TestEveryInputOfASale sells all that can be sold in one document, at the total of
// its quote, and once.
func TestEveryInputOfASale(t *testing.T) {
	each(t, func(s *shop) {
		basket := s.everything()
		before := s.books()
		q := s.want(200, s.call("POST", "/api/v1/quotes", basket+`}`))
		if s.books() != before {
			t.Error("a quote wrote something")
		}
		// 15.30 of tea and 81.00 of the haircut, less 5.30 and 0.50; 200, 90, 800 and two mugs.
		for path, want := range map[string]string{"total": "1180.50", "cash_due": "1180.50", "asks_pin": "false", "warnings": "[]", "points_earned": "0",
			"lines.2.kind": "top_up", "lines.2.net": "200.00", "lines.2.bonus": "40.00", "lines.3.kind": "gift_card", "lines.3.net": "90.00", "lines.3.face": "100.00",
			"lines.4.kind": "punch_card", "lines.4.net": "800.00", "lines.4.visits": "11", "lines.5.kind": "gift", "lines.5.net": "0.00", "lines.5.points_cost": "240"} {
			s.is(q, path, want)
		}
		kinds := map[string]bool{}
		for _, a := range q.doc["adjustments"].([]any) {
			kinds[a.(map[string]any)["kind"].(string)] = true
		}
		if !kinds["percent"] || !kinds["manual"] || !kinds["drop"] || !strings.Contains(q.raw, "Discount: late") || !strings.Contains(q.raw, "Rounded down") {
			t.Error(q.raw)
		}
		sold := s.again("/api/v1/sales", basket+`,"quote_ref":"`+q.text("quote_ref")+`","expected_total":"1180.50","tenders":[{"type":"card","amount":"1000.00","reference":"T-77"},{"type":"cash","amount":"200.00"}]}`)
		for path, want := range map[string]string{"total": "1180.50", "paid": "1200.00", "change": "19.50", "cash_rounding": "0.00", "tenders.0.reference": "T-77", "lines.3.gift_card": "GIFT000001"} {
			s.is(sold, path, want)
		}
		w := s.get(s.member0() + "/wallet")
		for path, want := range map[string]string{"principal": "200.00", "bonus": "40.00", "points": "260", "punch_cards.0.remaining": "11"} {
			s.is(w, path, want)
		}
		card := s.get("/api/v1/gift-cards?sale_id=" + sold.text("id"))
		for path, want := range map[string]string{"items.0.number": "GIFT000001", "items.0.balance": "100.00", "items.0.price": "90.00", "items.0.buyer_member_id": s.member.String()} {
			s.is(card, path, want)
		}
		s.is(s.get("/api/v1/gift-redemptions"), "items.0.quantity", "2")

		// The card pays, and stored value with the member's PIN.
		s.want(200, s.call("PUT", s.member0()+"/pin", `{"pin":"2580"}`))
		s.is(s.want(200, s.call("POST", "/api/v1/quotes", s.sale("2", "1.00"))), "asks_pin", "true")
		pays := func(tenders string) string {
			return strings.Replace(s.sale("2", "X"), `{"type":"cash","amount":"X"}`, tenders, 1)
		}
		s.refused(403, "member.pin_required", s.call("POST", "/api/v1/sales", pays(`{"type":"stored_value","amount":"15.30"}`), "Idempotency-Key: pin0"))
		s.refused(403, "member.pin_wrong", s.call("POST", "/api/v1/sales", pays(`{"type":"stored_value","amount":"15.30","pin":"1111"}`), "Idempotency-Key: pin1"))
		paid := s.post("/api/v1/sales", pays(`{"type":"gift_card","amount":"10.00","reference":"GIFT 000001"},{"type":"stored_value","amount":"5.30","pin":"2580"}`))
		s.is(paid, "tenders.0.type", "gift_card")
		if strings.Contains(paid.raw, "2580") || strings.Contains(paid.text("tenders.0.reference"), "GIFT0") {
			t.Error("a secret is in the answer: " + paid.raw)
		}
		s.is(s.get("/api/v1/gift-cards?number=GIFT000001"), "items.0.balance", "90.00")
	})
}

// TestWrongInputsOfASale: each of the newer inputs, wrong, has its stable code and
// names the input, and leaves no trace.
func TestWrongInputsOfASale(t *testing.T) {
	each(t, func(s *shop) {
		basket := s.everything() + `}`
		clerk := s.clerk()
		tea := `{` + s.here() + `,"member_id":"` + s.member.String() + `","lines":[{"barcode":"` + teaBarcode + `","quantity":"2"}]`
		one := func(line string) string {
			return `{` + s.here() + `,"member_id":"` + s.member.String() + `","lines":[` + line + `]}`
		}
		staff := s.staff.String()
		before := s.books()
		for _, c := range []struct {
			name, body, header string
			status             int
			code, param        string
		}{
			{"a kind of line that is not there", one(`{"kind":"voucher","amount":"5.00"}`), "", 400, "request.validation", "lines[0].kind"},
			{"a top-up without an amount", one(`{"kind":"top_up"}`), "", 400, "checkout.bad_line", "lines[0].amount"},
			{"a top-up for nobody", `{` + s.here() + `,"lines":[{"kind":"top_up","amount":"5.00"}]}`, "", 400, "checkout.member_required", "member_id"},
			{"money with three digits in a line", one(`{"kind":"top_up","amount":"5.001"}`), "", 400, "money.malformed", "lines[0].amount"},
			{"a gift card's number with signs", one(`{"kind":"gift_card","amount":"5.00","card_number":"*?*?*?*?*"}`), "", 400, "wallet.gift_card_number_invalid", "lines[0].card_number"},
			{"a face below nothing", one(`{"kind":"gift_card","amount":"5.00","face":"-1.00"}`), "", 400, "checkout.bad_line", "lines[0].face"},
			{"a punch card without visits", one(`{"kind":"punch_card","sku_id":"` + s.haircut.String() + `","amount":"5.00"}`), "", 400, "checkout.bad_line", "lines[0].visits"},
			{"a plan that is not there", one(`{"kind":"punch_card","plan_id":"` + unknown + `","amount":"5.00"}`), "", 404, "catalog.plan_not_found", "lines[0].plan_id"},
			{"a gift that is not named", one(`{"kind":"gift"}`), "", 400, "checkout.bad_line", "lines[0].gift_id"},
			{"half a gift", one(`{"kind":"gift","gift_id":"` + unknown + `","quantity":"0.5"}`), "", 400, "checkout.bad_quantity", "lines[0].quantity"},
			{"a gift that is not there", one(`{"kind":"gift","gift_id":"` + unknown + `"}`), "", 404, "loyalty.gift_not_found", "lines[0].gift_id"},
			{"more gifts than one may take", strings.Replace(basket, `","quantity":"2"}],"disc`, `","quantity":"3"}],"disc`, 1), "", 409, "loyalty.gift_limit", "lines[5].gift_id"},
			{"shares that are not whole", one(`{"barcode":"` + teaBarcode + `","quantity":"1","splits":[{"staff_id":"` + staff + `","role":"seller","share":"0.9"}]}`), "", 400, "staff.shares_not_whole", "lines[0].splits"},
			{"a person twice", one(`{"barcode":"` + teaBarcode + `","quantity":"1","splits":[{"staff_id":"` + staff + `","role":"seller","share":"0.5"},{"staff_id":"` + staff + `","role":"seller","share":"0.5"}]}`), "", 400, "staff.named_twice", "lines[0].splits"},
			{"a share that is no number", one(`{"barcode":"` + teaBarcode + `","quantity":"1","splits":[{"staff_id":"` + staff + `","role":"seller","share":"half"}]}`), "", 400, "money.malformed", "lines[0].splits[0].share"},
			{"a person that is not there", one(`{"barcode":"` + teaBarcode + `","quantity":"1","splits":[{"staff_id":"` + unknown + `","role":"seller","share":"1"}]}`), "", 404, "checkout.unknown_staff", "lines[0].splits[0].staff_id"},
			{"a discount of both kinds", tea + `,"discounts":[{"rate":"0.1","amount":"1.00","reason":"x"}]}`, "", 400, "checkout.bad_discount", "discounts[0].amount"},
			{"a discount of more than there is", tea + `,"discounts":[{"amount":"100.00","reason":"x"}]}`, "", 400, "checkout.bad_discount", "discounts[0].amount"},
			{"a discount of a line that is not there", tea + `,"discounts":[{"line":2,"amount":"1.00","reason":"x"}]}`, "", 400, "checkout.bad_discount", "discounts[0].line"},
			{"a discount without a reason", tea + `,"discounts":[{"amount":"1.00","reason":" "}]}`, "", 400, "checkout.reason_required", "discounts[0].reason"},
			{"a discount that is no number", tea + `,"discounts":[{"rate":"ten","reason":"x"}]}`, "", 400, "money.malformed", "discounts[0].rate"},
			{"a cashier's discount", tea + `,"discounts":[{"rate":"0.1","reason":"x"}]}`, clerk, 403, "checkout.discount_needs_manager", "discounts[0]"},
			{"a drop of more than there is", tea + `,"drop":"99.00"}`, "", 400, "checkout.bad_discount", "drop"},
			{"a drop below nothing", tea + `,"drop":"-1.00"}`, "", 400, "checkout.bad_discount", "drop"},
			{"a cashier's drop", tea + `,"drop":"2.00"}`, clerk, 403, "checkout.discount_needs_manager", "drop"},
			{"too long a card", tea + `,"card":"` + strings.Repeat("9", 81) + `"}`, "", 400, "request.validation", "card"},
		} {
			t.Run(c.name, func(t *testing.T) {
				s := &shop{t: t, d: s.d, server: s.server, key: s.key}
				headers := []string{}
				if c.header != "" {
					headers = append(headers, c.header)
				}
				a := s.call("POST", "/api/v1/quotes", c.body, headers...)
				if a.status != c.status || a.text("code") != c.code || a.text("param") != c.param {
					t.Errorf("%d %q %q, want %d %q %q: %.400s", a.status, a.text("code"), a.text("param"), c.status, c.code, c.param, a.raw)
				}
			})
		}
		// A cashier gives up to the shop's limits.
		s.is(s.want(200, s.call("POST", "/api/v1/quotes", tea+`,"drop":"0.30"}`, clerk)), "total", "15.00")
		for _, c := range []struct {
			name, tender, code, param string
			status                    int
		}{
			{"a gift card that is not there", `{"type":"gift_card","amount":"15.30","reference":"GIFT777777"}`, "wallet.gift_card_not_found", "tenders[0].reference", 404},
			{"a tender that is not there", `{"type":"gold","amount":"15.30"}`, "request.validation", "tenders[0].type", 400},
			{"too long a PIN", `{"type":"stored_value","amount":"15.30","pin":"1234567890123"}`, "request.validation", "tenders[0].pin", 400},
		} {
			a := s.call("POST", "/api/v1/sales", tea+`,"tenders":[`+c.tender+`]}`, "Idempotency-Key: "+strings.ReplaceAll(c.name, " ", "-"))
			if a.status != c.status || a.text("code") != c.code || a.text("param") != c.param {
				t.Errorf("%s: %d %q %q: %.400s", c.name, a.status, a.text("code"), a.text("param"), a.raw)
			}
		}
		if after := s.books(); after != before {
			t.Errorf("left a trace: %s\nbefore: %s", after, before)
		}
	})
}
