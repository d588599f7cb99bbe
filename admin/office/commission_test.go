package office_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/staff"
)

// stylistServed books lines of the stylist as checkout does, at 10 %, last month.
func (s *shop) stylistServed(on clock.Date, net money.Amount) {
	s.tx(func(_ context.Context, tx *db.Tx) error {
		w := staff.Work{Sale: tx.NewID(), Line: tx.NewID(), Shop: s.shop.ID, LineKind: "service", SKUCode: "cut", Category: "hair", BusinessDate: on, Quantity: money.One, Gross: net, Net: net}
		shares := staff.Alone(s.stylist, "senior")
		staff.QueueLineStaff(tx, s.m.ID, w.Rows(shares)...)
		for _, e := range staff.Entries(w, shares, staff.Proposal{Amount: net / 10, Basis: net, Rate: 100_000, PackID: "salon", PackVersion: "1.0.0"}) {
			staff.QueueCommission(tx, s.m.ID, e)
		}
		return nil
	})
}

func TestCommissionFromPlanToClosedPeriod(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		s.stylistServed("2026-04-10", 150_000)
		page := b.get("/office/commission?from=2026-04-01&to=2026-04-30").want(t, 200, "Wang Li", "150.00", "1,500.00")
		b.get("/office/commission?from=2026-04-01&to=2026-04-30&view=sums").want(t, 200, "Services", "hair", "150.00")
		b.get("/office/commission?from=2026-04-01&to=2026-04-30&view=detail&metric=amount").want(t, 200, "Performer", "10")
		if got := b.get("/office/commission?from=2026-04-01&to=2026-04-30&view=detail&metric=count"); strings.Contains(got.body, "Performer") {
			t.Error("what goes by amount is listed by count")
		}
		file := b.get("/office/commission/export?from=2026-04-01&to=2026-04-30").want(t, 200, "staff_id", ",150.00,CNY")
		if !strings.HasPrefix(file.body, "\ufeff") {
			t.Error("a spreadsheet takes the file for another encoding")
		}
		b.get("/office/commission/export?from=2026-04-01&to=2026-04-30&view=sums").want(t, 200, ",150.00,CNY")

		// A plan, written and read back as a form.
		form := fieldsOf(t, b.get("/office/commission/plans/new").want(t, 200).body, "/office/commission/plans/new")
		form.Set("name", "Seniors")
		form.Set("mode", staff.Retroactive)
		form.Set("valid_from", "2026-03-01")
		form.Set("line:service", "true")
		form.Set("staff:"+s.stylist.String(), "true")
		form.Set("levels", "senior，master")
		form.Set("step_value_0", "10")
		form.Set("step_from_1", "1,000")
		form.Set("step_value_1", "ten")
		b.postForm("/office/commission/plans/new", form).want(t, 400, "money.malformed", "Seniors")
		form.Set("step_value_1", "20")
		b.postForm("/office/commission/plans/new", form).want(t, 200, "Seniors", "20", "1,000.00")
		plans, err := staff.Plans(context.Background(), s.db, s.m.ID)
		if err != nil || len(plans) != 1 || len(plans[0].Steps) != 2 || plans[0].Steps[1] != (staff.Step{From: 100_000, Rate: 200_000}) || len(plans[0].Levels) != 2 || len(plans[0].Staff) != 1 || plans[0].LineKinds[0] != "service" {
			t.Fatalf("%+v %v", plans, err)
		}
		path := "/office/commission/plans/" + plans[0].ID.String()
		again := fieldsOf(t, b.get(path).want(t, 200, "Seniors").body, path)
		b.postForm(path, again).want(t, 200)
		same, err := staff.GetPlan(context.Background(), s.db, s.m.ID, plans[0].ID)
		same.UpdatedAt = plans[0].UpdatedAt
		if err != nil || same.Steps[1] != plans[0].Steps[1] || same.Mode != staff.Retroactive || len(same.Levels) != 2 || same.Name != "Seniors" {
			t.Fatalf("the form changed the plan: %+v %v", same, err)
		}

		// The settlement of April: computed, closed, and closed once.
		run := b.post("/office/commission/settlements", "period", "month", "date", "2026-04-30").want(t, 200, "Seniors", "300.00", "Draft")
		b.post(run.path+"/finalise").want(t, 200, "Closed")
		b.post(run.path+"/finalise").want(t, 200, "Closed")
		if n := s.audited("commission_settlement.finalised"); n != 1 {
			t.Errorf("closed %d times", n)
		}
		b.get("/office/commission?from=2026-04-01&to=2026-04-30").want(t, 200, "300.00")
		b.get("/office/commission?from=2026-04-01&to=2026-04-30&view=detail").want(t, 200, "Settlement: Seniors")
		b.get("/office/staff/"+s.stylist.String()+"?from=2026-04-01&to=2026-04-30").want(t, 200, "300.00", "Settlement")
		today := string(clock.Of(s.clock.Now().Time().In(time.FixedZone("", 8*3600))).Time().Format("2006-01-02"))
		b.post("/office/commission/settlements", "period", "month", "date", today).want(t, 200, "Draft")
		open := b.post("/office/commission/settlements", "period", "month", "date", today)
		b.post(open.path+"/finalise").want(t, 409, "commission.period_not_over")
		b.post("/office/commission/settlements", "period", "month", "date", "soon").want(t, 400, "commission.period_malformed")

		// By hand: in an open period, once, with a reason.
		manual := fieldsOf(t, page.body, "/office/commission/manual")
		manual.Set("staff_id", s.stylist.String())
		manual.Set("amount", "-12.50")
		manual.Set("reason", "a vase")
		manual.Set("date", "2026-04-30")
		b.postForm("/office/commission/manual", manual).want(t, 409, "commission.period_settled", "a vase")
		manual.Set("date", today)
		b.postForm("/office/commission/manual", manual).want(t, 200)
		b.postForm("/office/commission/manual", manual).want(t, 200)
		if sum, err := staff.Summary(context.Background(), s.db, s.m.ID, s.stylist, clock.Date(today), clock.Date(today)); err != nil || len(sum) == 0 || sum[0].Manual != -1250 {
			t.Fatalf("%+v %v", sum, err)
		}
		b.post(path+"/archive").want(t, 200, "Out of use")

		// Every page in every language.
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, at := range []string{"/office/commission", "/office/commission?view=sums", "/office/commission?view=detail&from=2026-04-01&to=2027-12-31", "/office/commission/plans", "/office/commission/plans/new", path, "/office/commission/settlements", run.path} {
				got := b.get(at)
				if got.status != http.StatusOK {
					t.Errorf("%s %s: %d %s", lang, at, got.status, textOf(t, got.body))
					continue
				}
				checkPage(t, lang+" "+at, got.body, lang)
				if strings.Contains(got.body, "office.commission.") {
					t.Errorf("%s %s shows a key", lang, at)
				}
			}
		}
	})
}

func TestCommissionIsNotForEverybody(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		s.stylistServed("2026-04-10", 10_000)
		cashier, finance := s.signIn("cashier"), s.signIn("finance")
		for _, path := range []string{"/office/commission", "/office/commission/export", "/office/commission/plans", "/office/commission/settlements"} {
			if got := cashier.get(path); got.status != http.StatusForbidden {
				t.Errorf("a cashier sees %s: %d", path, got.status)
			}
			finance.get(path).want(t, 200)
		}
		for _, path := range []string{"/office/commission/manual", "/office/commission/plans/new", "/office/commission/settlements"} {
			if got := finance.post(path, "period", "month", "date", "2026-04-30"); got.status != http.StatusForbidden {
				t.Errorf("finance changes by %s: %d", path, got.status)
			}
		}
		if body := finance.get("/office/commission").body; strings.Contains(body, "/office/commission/manual") {
			t.Error("finance is offered what it may not do")
		}
	})
}
