package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/staff"
)

// serve books a line of Mei's as checkout does, at 10 %.
func (s *shop) serve(on clock.Date, net money.Amount) staff.Work {
	s.t.Helper()
	var w staff.Work
	s.tx(func(_ context.Context, tx *db.Tx) error {
		w = staff.Work{Sale: tx.NewID(), Line: tx.NewID(), Shop: s.shop, LineKind: "service", SKUCode: "cut", Category: "hair", BusinessDate: on, Quantity: 2000, Gross: net, Net: net}
		staff.QueueLineStaff(tx, s.merchant, w.Rows(staff.Alone(s.staff, "senior"))...)
		for _, e := range staff.Entries(w, staff.Alone(s.staff, "senior"), staff.Proposal{Amount: net / 10, Basis: net, Rate: 100_000, PackID: "salon", PackVersion: "1.0.0", Code: "by_level"}) {
			staff.QueueCommission(tx, s.merchant, e)
		}
		return nil
	})
	return w
}

// takeBack books the refund of all of it.
func (s *shop) takeBack(on clock.Date, w staff.Work) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		var entries []staff.CommissionEntry
		var rows []staff.LineStaff
		tx.AskAll(staff.AskCommissionOfSale(s.merchant, w.Sale, &entries), staff.AskLineStaffOfSale(s.merchant, w.Sale, &rows))
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		r := staff.Returned{Work: w, OfSale: w.Sale, OfLine: w.Line, To: w.Quantity, Of: w.Quantity}
		r.Sale, r.Line, r.BusinessDate = tx.NewID(), tx.NewID(), on
		staff.QueueLineStaff(tx, s.merchant, staff.WorkBack(rows, r)...)
		for _, e := range staff.ClawBack(entries, r) {
			staff.QueueCommission(tx, s.merchant, e)
		}
		return nil
	})
}

const seniors = `{"name":"Seniors","period":"month","metric":"amount","line_kinds":["service"],"levels":["senior"],"mode":"retroactive",` +
	`"steps":[{"from":"0","rate":"0.1"},{"from":"1000.00","rate":"0.2"}],"valid_from":"2026-03-01"}`

func TestA20_CommissionOverTheAPI(t *testing.T) {
	each(t, func(s *shop) {
		s.clock.Set(time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC))
		mei := s.staff.String()
		plan := s.again("/api/v1/commissions/plans", seniors)
		s.is(plan, "steps.1.from", "1000.00")
		s.is(plan, "combination", "replace")
		s.is(s.get("/api/v1/commissions/plans"), "items.0.id", plan.text("id"))
		w := s.serve("2026-04-10", 150_000)

		april := s.again("/api/v1/commissions/settlements", `{"period":"month","date":"2026-04-30"}`)
		for p, want := range map[string]string{"state": "draft", "first": "2026-04-01", "results.0.figure": "1500.00", "results.0.amount": "300.00", "results.0.booked": "150.00", "results.0.difference": "150.00", "staff.0.total": "300.00",
			"plans.0.name": "Seniors", "staff.0.groups.0.amount": "150.00"} {
			s.is(april, p, want)
		}
		path := "/api/v1/commissions/settlements/" + april.text("id")
		final := s.want(200, s.call("POST", path+"/finalise", "", "Idempotency-Key: f"))
		s.is(final, "state", "final")
		if again := s.want(200, s.call("POST", path+"/finalise", "", "Idempotency-Key: f")); again.raw != final.raw || again.header.Get("Idempotency-Replayed") != "true" {
			t.Error(again.raw)
		}
		if again := s.want(200, s.call("POST", path+"/finalise", "", "Idempotency-Key: f2")); again.raw != final.raw {
			t.Error(again.raw)
		}
		s.is(s.post("/api/v1/commissions/settlements", `{"period":"month","date":"2026-04-01"}`), "state", "final")
		statement := "/api/v1/commissions/statements?from=2026-04-01&to=2026-04-30"
		before := s.get(statement)
		for p, want := range map[string]string{"items.0.staff_id": mei, "items.0.earned": "150.00", "items.0.settled": "150.00", "items.0.total": "300.00", "items.0.turnover": "1500.00", "items.0.quantity": "2"} {
			s.is(before, p, want)
		}

		// The refund is May's, as a line of its own, and takes all that April paid.
		s.takeBack("2026-05-02", w)
		if after := s.get(statement); after.raw != before.raw {
			t.Error("April moved: " + after.raw)
		}
		may := s.get("/api/v1/commissions?from=2026-05-01&to=2026-05-31&staff_id=" + mei)
		for p, want := range map[string]string{"items.0.kind": "claw_back", "items.0.amount": "-150.00", "items.0.rate": "0.1", "items.0.of_sale_id": w.Sale.String(), "items.0.business_date": "2026-05-02"} {
			s.is(may, p, want)
		}
		s.is(s.want(409, s.call("POST", "/api/v1/commissions/settlements/"+s.post("/api/v1/commissions/settlements", `{"period":"month","date":"2026-05-04"}`).text("id")+"/finalise", "", "Idempotency-Key: g")), "code", "commission.period_not_over")
		s.clock.Set(time.Date(2026, 6, 1, 3, 0, 0, 0, time.UTC))
		draft := s.post("/api/v1/commissions/settlements", `{"period":"month","date":"2026-05-04"}`)
		s.is(draft, "results.0.back", "-300.00")
		s.is(draft, "recomputed.0.would_be", "0.00")
		s.is(s.want(200, s.call("POST", "/api/v1/commissions/settlements/"+draft.text("id")+"/finalise", "", "Idempotency-Key: h")), "staff.0.total", "-300.00")
		s.is(s.get("/api/v1/commissions/statements?from=2026-04-01&to=2026-05-31"), "items.0.total", "0.00")
		s.is(s.get("/api/v1/commissions?sale_id="+w.Sale.String()), "items.1.kind", "claw_back")
		s.is(s.get("/api/v1/commissions/summary?from=2026-05-01&to=2026-05-31&kind=settlement"), "items.0.amount", "-150.00")
		s.is(s.get("/api/v1/commissions/settlements?limit=1"), "items.0.first", "2026-05-01")
		s.is(s.get(path), "results.0.bands.0.amount", "300.00")
	})
}

func TestCommissionPlansAndEntriesByHand(t *testing.T) {
	each(t, func(s *shop) {
		s.clock.Set(time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC))
		plan := s.post("/api/v1/commissions/plans", seniors)
		path := "/api/v1/commissions/plans/" + plan.text("id")
		counted := strings.Replace(strings.Replace(seniors, `"metric":"amount"`, `"metric":"count"`, 1), `{"from":"0","rate":"0.1"},{"from":"1000.00","rate":"0.2"}`, `{"from":"1.5","each":"8.00"}`, 1)
		s.is(s.want(200, s.call("PUT", path, counted)), "steps.0.from", "1.5")
		s.is(s.get(path), "steps.0.each", "8.00")
		for body, code := range map[string]string{
			strings.Replace(seniors, `"name":"Seniors"`, `"name":""`, 1):                             "commission.plan_name_malformed",
			strings.Replace(seniors, `"rate":"0.1"`, `"rate":"0.1","fixed":"1.00"`, 1):               "commission.plan_steps_malformed",
			strings.Replace(seniors, `"from":"1000.00"`, `"from":"0"`, 1):                            "commission.plan_steps_malformed",
			strings.Replace(seniors, `"from":"1000.00"`, `"from":"1000.001"`, 1):                     "money.malformed",
			strings.Replace(seniors, `"2026-03-01"}`, `"2026-03-01","valid_until":"2026-02-01"}`, 1): "commission.plan_dates_malformed",
		} {
			if a := s.call("POST", "/api/v1/commissions/plans", body); a.status != 400 || a.text("code") != code {
				t.Errorf("%s: %s", body, a.raw)
			}
		}
		s.is(s.want(200, s.call("DELETE", path, "")), "archived", "true")
		if a := s.get("/api/v1/commissions/plans"); len(a.at("items").([]any)) != 0 {
			t.Error(a.raw)
		}
		s.is(s.get("/api/v1/commissions/plans?archived=true"), "items.0.valid_until", "2026-02-28")
		s.is(s.want(404, s.call("GET", "/api/v1/commissions/plans/"+s.shop.String(), "")), "code", "commission.plan_not_found")

		by := s.again("/api/v1/commissions", `{"staff_id":"`+s.staff.String()+`","amount":"-5.00","reason":"a broken vase","date":"2026-05-04"}`)
		s.is(by, "kind", "manual")
		s.is(by, "staff", "Mei")
		s.is(s.get("/api/v1/commissions"), "items.0.reason", "a broken vase")
		s.is(s.get("/api/v1/commissions/statements"), "items.0.manual", "-5.00")
		for body, code := range map[string]string{
			`{"staff_id":"` + s.staff.String() + `","amount":"0","reason":"x","date":"2026-05-04"}`:    "commission.amount_malformed",
			`{"staff_id":"` + s.staff.String() + `","amount":"1.00","reason":" ","date":"2026-05-04"}`: "commission.reason_required",
		} {
			if a := s.call("POST", "/api/v1/commissions", body, "Idempotency-Key: bad"); a.status != 400 || a.text("code") != code {
				t.Errorf("%s: %s", body, a.raw)
			}
		}
		if a := s.call("POST", "/api/v1/commissions", `{"staff_id":"`+id.MustParse("01900000-0000-7000-8000-000000000001").String()+`","amount":"1.00","reason":"x","date":"2026-05-04"}`, "Idempotency-Key: who"); a.status != 404 {
			t.Error(a.raw)
		}
	})
}
